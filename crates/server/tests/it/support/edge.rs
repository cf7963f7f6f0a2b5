//! The pages behind real sockets, with people and others who connect.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use regain::edge::Edge;
use regain::web;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Engine;
use super::app::TestApp;
use super::visitor::Visitor;

/// Who completes a reset while others misbehave.
pub(crate) const HONEST: &str = "robin.khan@example.org";

/// What no test waits for: it is broken then.
const BROKEN: Duration = Duration::from_secs(60);

/// The service, listening.
pub(crate) struct Served {
    pub(crate) test: TestApp,
    pub(crate) address: SocketAddr,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) running: JoinHandle<()>,
}

impl Served {
    /// With these lines in `[server]`, and the sections that follow them.
    pub(crate) async fn start(settings: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its number");
        let settings = format!("[server]\npublic_url = 'http://{address}'\n{settings}");
        let test = TestApp::open(&Engine::sqlite(), &settings).await;
        let router = web::router(Arc::clone(&test.app)).expect("the pages open");
        let (stop, told) = watch::channel(false);
        let edge = Edge::new(listener, router, &test.app.settings.server, None);
        Self { test, address, stop, running: tokio::spawn(edge.serve(told)) }
    }

    /// A connection on which nothing was said yet.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// Somebody at a browser.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(&format!("http://{}", self.address))
    }

    /// Sends these bytes, with `HOST` written out, and gives all that comes until the connection ends.
    pub(crate) async fn say(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        let bytes = String::from_utf8_lossy(bytes).replace("HOST", &self.address.to_string());
        // The answer may be there, and the connection at its end, before all is sent.
        drop(stream.write_all(bytes.as_bytes()).await);
        heard(&mut stream).await
    }

    /// Somebody resets their password from the first page to the last, and signs in with it.
    pub(crate) async fn honest_reset(&self, password: &str) {
        let mut visitor = self.visitor();
        let page = visitor.open("/reset").await.expect("the page comes");
        let page = visitor.submit(&page, "/reset", &[("user_id", HONEST)]).await.expect("the ways come");
        let page = visitor.submit(&page, "/reset/choose", &[("option", "0")]).await.expect("the box comes");
        assert!(page.body.contains("Enter your verification code"), "{}", page.body);
        let code = self.test.code().await;
        let page = visitor.submit(&page, "/reset/code", &[("code", &code)]).await.expect("the next page comes");
        let fields = [("password", password), ("again", password)];
        let page = visitor.submit(&page, "/reset/password", &fields).await.expect("the last page comes");
        assert!(page.body.contains("You have a new password"), "{}", page.body);
        assert!(self.test.signs_in(HONEST, password).await);
    }
}

/// All that comes until the connection ends, one way or the other.
pub(crate) async fn heard(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut part = [0; 4096];
    let read = async {
        while let Ok(count @ 1..) = stream.read(&mut part).await {
            all.extend_from_slice(&part[..count]);
        }
    };
    tokio::time::timeout(BROKEN, read).await.expect("the connection is ended");
    String::from_utf8_lossy(&all).into_owned()
}

/// The status of each answer in what was heard.
pub(crate) fn statuses(heard: &str) -> Vec<u16> {
    let lines = heard.match_indices("HTTP/1.").filter_map(|(at, _)| heard[at..].split(' ').nth(1));
    lines.filter_map(|status| status.parse().ok()).collect()
}
