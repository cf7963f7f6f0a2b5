//! Many guesses at the same moment, over real connections to a listening server.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

use crate::support::Engine;
use crate::support::app::TestApp;
use crate::support::browser::Browser;

const JO: &str = "jo.bloggs@example.org";
const CONNECTIONS: usize = 10;
const EACH: usize = 5;
const TRIES: i64 = 5;

/// What one browser sends with every guess.
struct Guesser {
    at: SocketAddr,
    host: String,
    cookie: String,
    csrf: String,
}

impl Guesser {
    /// One form with a guess; `seen` is what the page knew of, which whoever guesses may make up or leave out.
    fn form(&self, code: &str, seen: Option<usize>, last: bool) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf).append_pair("code", code);
        if let Some(seen) = seen {
            form.append_pair("seen", &seen.to_string());
        }
        let body = form.finish();
        let connection = if last { "close" } else { "keep-alive" };
        format!(
            "POST /reset/code HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nConnection: {connection}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            self.cookie,
            body.len()
        )
    }

    /// Posts all these on one connection, without waiting for an answer in between; gives the answers.
    async fn post(&self, forms: &[String], start: &Barrier) -> String {
        let mut stream = TcpStream::connect(self.at).await.expect("the server listens");
        start.wait().await;
        stream.write_all(forms.concat().as_bytes()).await.expect("it takes them");
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.expect("it answers");
        answers
    }

    /// All connections at once. Every guess is another one, and wrong.
    async fn rush(self: &Arc<Self>, code: &str) {
        let right: usize = code.parse().expect("a number");
        let start = Arc::new(Barrier::new(CONNECTIONS));
        let connection = |place: usize| {
            let guess = |n: usize| format!("{:06}", (right + 1 + place * EACH + n) % 1_000_000);
            let seen = |n: usize| (place % 2 == 1).then_some(n);
            let forms: Vec<String> = (0..EACH).map(|n| self.form(&guess(n), seen(n), n + 1 == EACH)).collect();
            let (guesser, start) = (Arc::clone(self), Arc::clone(&start));
            tokio::spawn(async move { guesser.post(&forms, &start).await })
        };
        let running: Vec<_> = (0..CONNECTIONS).map(connection).collect();
        for answers in running {
            let answers = answers.await.expect("nobody panicked");
            assert_eq!(
                answers.matches("HTTP/1.1 303").count(),
                EACH,
                "each is answered by the way to the page: {answers}"
            );
        }
    }
}

/// A listening server and a browser that waits for a code.
async fn waiting(engine: &Engine, more: &str) -> (TestApp, Browser, Arc<Guesser>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("its number");
    let app = TestApp::open(engine, &format!("[server]\npublic_url = 'http://{at}'\n{more}")).await;
    let router = regain::web::router(Arc::clone(&app.app)).expect("the pages open");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    let mut browser = Browser::new(&app.app);
    browser.get("/reset").await;
    let page = browser.submit("/reset", &[("user_id", JO)]).await.text();
    let option = page.split("name=\"option\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let page = browser.submit("/reset/choose", &[("option", option.expect("a way"))]).await;
    assert!(page.text().contains("Enter your verification code"));
    let (host, cookie) = (at.to_string(), browser.cookie.clone().expect("a cookie"));
    let guesser = Guesser { at, host, cookie, csrf: browser.csrf.clone() };
    (app, browser, Arc::new(guesser))
}

/// How many wrong codes are written down for the one flow there is.
async fn wrong(app: &TestApp) -> i64 {
    let rows =
        app.app.store.db().read("SELECT DISTINCT reference FROM audit", vec![]).await.expect("the store answers");
    assert_eq!(rows.len(), 1, "one flow");
    let reference = rows[0].text(0).expect("a reference");
    app.app.store.count_audit(reference, "code_wrong").await.expect("the store answers")
}

/// Guesses until the flow is over; gives the page on which it ended.
async fn on_to_the_end(browser: &mut Browser, code: &str) -> String {
    let guess = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..=TRIES {
        let page = browser.get("/reset").await;
        let page = browser.follow(page).await.text();
        if !page.contains("action=\"/reset/code\"") {
            return page;
        }
        browser.submit("/reset/code", &[("code", guess)]).await;
    }
    panic!("one can guess for ever");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_wrong_codes_at_once_are_five_tries() {
    for engine in Engine::both().await {
        // The tries of one flow are what is tested: the limit over all flows of an account is out of the way.
        let (app, mut browser, guesser) = waiting(&engine, "[throttle]\nfailed_proofs = 100").await;
        let code = app.code().await;
        guesser.rush(&code).await;
        let at_once = wrong(&app).await;
        println!("{}: {at_once} of {} guesses were looked at", engine.name, CONNECTIONS * EACH);
        assert!((1..=TRIES).contains(&at_once), "{}: {at_once} tries", engine.name);
        let page = on_to_the_end(&mut browser, &code).await;
        assert!(page.contains("start again") || page.contains("Start again"), "{page}");
        assert_eq!(wrong(&app).await, TRIES, "{}", engine.name);
        guesser.rush(&code).await;
        assert_eq!(wrong(&app).await, TRIES, "{}: it stays over", engine.name);
        let page = browser.submit("/reset/code", &[("code", &code)]).await.text();
        assert!(!page.contains("Enter new password"), "{}: the right code comes too late", engine.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_wrong_codes_at_once_come_to_rest() {
    for engine in Engine::both().await {
        let (app, mut browser, guesser) = waiting(&engine, "").await;
        let code = app.code().await;
        guesser.rush(&code).await;
        // The sixth may find the account's counter full before any of the five that filled it is decided: then the flow
        // rests, and none of them is looked at.
        assert!(wrong(&app).await <= TRIES, "{}", engine.name);
        let page = on_to_the_end(&mut browser, &code).await;
        assert!(!page.contains("Enter your verification code"), "{}: it is over: {page}", engine.name);
        assert!(wrong(&app).await <= TRIES, "{}", engine.name);
        let page = browser.submit("/reset/code", &[("code", &code)]).await.text();
        assert!(!page.contains("Enter new password"), "{}: the right code comes too late", engine.name);
    }
}
