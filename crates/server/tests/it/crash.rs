//! The power fails at every numbered point of a reset, one after the other; the person goes on after the restart.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use regain::clock;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::support::Engine;
use crate::support::app::{NEW, OLD, TestApp, code_in};
use crate::support::slapd::{SUFFIX, Setup, Slapd, person};
use crate::support::visitor::{Page, Visitor};

const JO: &str = "jo.bloggs@example.org";
const EMBEDDED: &str = "[directory]\nargon2_memory_kib = 8\nargon2_passes = 1\n";

/// The newest text that arrived at the provider.
type Texts = Arc<watch::Sender<Option<String>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_survives_a_power_cut_at_every_point() {
    let (provider, texts) = provider().await;
    for engine in [Some(Engine::sqlite()), Engine::postgres().await].into_iter().flatten() {
        let app = TestApp::open(&engine, "").await;
        let mut survived = 0;
        let mut current = OLD.to_owned();
        for n in 1.. {
            let service = Service::new(&engine, &app, &provider, EMBEDDED);
            if !journey(&service, &app, &texts, &n.to_string(), &mut current).await.killed {
                break;
            }
            survived += 1;
        }
        println!("{}: {survived} power cuts", engine.name);
        assert!(survived > 20, "{}: only {survived} points were found", engine.name);
    }
}

/// Where an embedded directory is followed by a server: the power fails also between and while the two are written to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_in_two_directories_survives_a_power_cut_at_every_point() {
    let Some(server) = Slapd::start(&Setup::default()) else { return };
    let dn = format!("uid=jo,ou=people,{SUFFIX}");
    server.add(&person("jo", "Jo Bloggs", &format!("mail: {JO}\nuserPassword: first kettle 94")));
    let mut section = server.section("");
    section.insert("name".into(), "Library".into());
    section.insert("link".into(), "user_id".into());
    let directories = format!("{}\n[[directory]]\n{section}", EMBEDDED.replace("[directory]", "[[directory]]"));
    let (provider, texts) = provider().await;
    let engine = Engine::sqlite();
    let app = TestApp::open(&engine, "").await;
    let (mut current, mut survived) = (OLD.to_owned(), 0);
    // What goes on beside a reset passes points, too, so not every number is met in every run: these two are, first.
    let between = ["2 directory.reset.before", "2 directory.reset.after"];
    for at in between.map(str::to_owned).into_iter().chain((1..).map(|n: i64| n.to_string())) {
        let service = Service::new(&engine, &app, &provider, &directories);
        let Journey { killed, ended, tried_again, password } = journey(&service, &app, &texts, &at, &mut current).await;
        let both = ended.contains("<h1>You have a new password</h1>");
        assert_eq!(server.lets_in(&dn, &password), both, "point {at}: {ended}");
        assert!(tried_again || !between.contains(&at.as_str()), "{at}: the first directory has it, the other may not");
        survived += usize::from(killed);
        if !killed {
            break;
        }
    }
    assert!(survived > 20, "only {survived} points were found");
}

/// What became of a reset.
struct Journey {
    /// Whether it came as far as the power cut.
    killed: bool,
    /// The last page.
    ended: String,
    /// Whether a password had to be typed for a further directory alone.
    tried_again: bool,
    password: String,
}

/// One reset with a power cut at this point, of an account whose password is `current`.
async fn journey(service: &Service, app: &TestApp, texts: &Texts, at: &str, current: &mut String) -> Journey {
    texts.send_replace(None);
    let password = format!("{NEW} {at}");
    let jo = app.app.directory.find(JO).await.expect("the directory answers").expect("Jo exists");
    let before = changes(app, &jo.id.0).await;
    let mut running = Some(service.start(at).await);
    let mut visitor = Visitor::new(&service.url);
    let mut killed = false;
    let mut page = None;
    let mut tried_again = false;
    let ended = loop {
        let next = match &page {
            None => visitor.open("/reset").await,
            Some(page) => go_on(&mut visitor, page, texts, &password).await,
        };
        page = match next {
            Some(page) if page.status.is_server_error() => panic!("point {at}: a fault shown: {}", page.body),
            Some(page) if page.has_form("/reset/again") => break page,
            Some(page) => {
                tried_again |= page.body.contains("What you type here goes to");
                Some(page)
            }
            None => {
                assert!(!killed, "point {at}: it stopped a second time");
                killed = true;
                if let Some(mut dead) = running.take() {
                    dead.wait().expect("it is dead");
                }
                running = Some(service.start("0").await);
                None
            }
        };
    };
    if let Some(mut running) = running {
        killed |= running.try_wait().expect("its state").is_some_and(|status| !status.success());
        running.kill().expect("it can be stopped");
        running.wait().expect("and stops");
    }
    let written = changes(app, &jo.id.0).await - before;
    let is_new = app.signs_in(JO, &password).await;
    assert_eq!(is_new, written == 1, "point {at}: the page said {}", ended.body);
    assert!(written <= 1, "point {at}: the password was set {written} times");
    let says_done = ended.body.contains("You have a new password");
    let says_unknown = ended.body.contains("Your new password may work already");
    assert!(says_done && is_new || says_unknown, "point {at}: set {written} times, and the page says {}", ended.body);
    assert_eq!(app.signs_in(JO, current).await, !is_new, "point {at}: one password works, the old or the new");
    assert_eq!(proved(app).await, 1, "point {at}: Jo's one step is passed once in a flow, whatever is posted twice");
    if is_new {
        current.clone_from(&password);
    }
    Journey { killed, ended: ended.body, tried_again, password }
}

/// Does what the page asks for.
async fn go_on(visitor: &mut Visitor, page: &Page, texts: &Texts, password: &str) -> Option<Page> {
    if page.has_form("/reset") {
        return visitor.submit(page, "/reset", &[("user_id", JO)]).await;
    }
    if page.has_form("/reset/choose") {
        let option = option_of(page, "Send a text to my mobile phone number");
        return visitor.submit(page, "/reset/choose", &[("option", &option)]).await;
    }
    if page.has_form("/reset/code") {
        if page.body.contains("not the code we sent") {
            // A text of an earlier reset came late: ask for a new one, as the page suggests.
            texts.send_replace(None);
            return visitor.submit(page, "/reset/resend", &[]).await;
        }
        return match arrived(visitor, page, texts).await {
            Some(code) => {
                let next = visitor.submit(page, "/reset/code", &[("code", &code)]).await?;
                // The same code again, as an impatient finger would: it opens nothing more.
                visitor.submit(page, "/reset/code", &[("code", &code)]).await.map(|_| next)
            }
            None => None,
        };
    }
    if let Some(form) = ["/reset/password", "/reset/once-more"].into_iter().find(|form| page.has_form(form)) {
        return visitor.submit(page, form, &[("password", password), ("again", password)]).await;
    }
    if page.has_form("/reset/resume") {
        return visitor.submit(page, "/reset/resume", &[]).await;
    }
    panic!("a page with nothing to do: {}", page.body);
}

/// The place of the option with this label.
fn option_of(page: &Page, label: &str) -> String {
    let before = page.body.split_once(label).expect("the way is offered").0;
    let value = before.rsplit_once("name=\"option\" value=\"").expect("a radio button stands before its label").1;
    value.split('"').next().expect("it has a value").to_owned()
}

/// Waits for the newest text, as long as the service is up. What a power cut has stopped on its way comes later: whoever
/// waits in vain asks for another code.
async fn arrived(visitor: &mut Visitor, page: &Page, texts: &Texts) -> Option<String> {
    let mut newest = texts.subscribe();
    for round in 1..200 {
        // The time-out is for looking whether the service is still there; the text itself wakes this up.
        if let Ok(text) = timeout(Duration::from_millis(50), newest.wait_for(Option::is_some)).await {
            return text.expect("the provider is there").as_deref().map(code_in);
        }
        if round % 20 == 0 {
            visitor.submit(page, "/reset/resend", &[]).await?;
        }
        visitor.open("/healthz").await?;
    }
    panic!("no text arrived");
}

/// How often a step was passed in one flow, at most.
async fn proved(app: &TestApp) -> i64 {
    let sql = "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM audit WHERE act = 'proved' GROUP BY flow) AS flows";
    app.app.store.db().read(sql, vec![]).await.expect("the store answers")[0].int(0).expect("a number")
}

/// How often the password of an account was set.
async fn changes(app: &TestApp, account: &str) -> i64 {
    let sql = "SELECT version FROM account WHERE id = $1";
    let rows = app.app.store.db().read(sql, vec![account.into()]).await.expect("the store answers");
    rows[0].int(0).expect("a number")
}

/// The program as a process of its own.
struct Service {
    url: String,
    config: tempfile::NamedTempFile,
}

impl Service {
    fn new(engine: &Engine, app: &TestApp, provider: &str, directory: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let url = format!("http://127.0.0.1:{port}");
        let text = format!(
            r#"
            [server]
            listen = "127.0.0.1:{port}"
            public_url = "{url}"
            pad_milliseconds = 0
            [store]
            url = "{store}"
            key_file = "{key}"
            {directory}
            [captcha]
            kind = "off"
            [policy]
            resend_seconds = 0
            write_seconds = 1
            [throttle]
            failed_proofs = 100
            failed_proofs_per_network = []
            sends = []
            sends_per_account = []
            sends_per_network = []
            resets_per_user_id = []
            resets_per_network = []
            [budget]
            number_range = []
            [care_team]
            mail = "care@example.org"
            [[delivery.text.gateway]]
            kind = "http"
            method = "POST"
            url = "{provider}"
            headers = {{ Content-Type = "application/json" }}
            body = '{{"to": "{{to}}", "text": "{{text}}"}}'
            "#,
            store = engine.url,
            key = app.key.display(),
        );
        let config = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
        std::fs::write(config.path(), text).expect("it can be written");
        Self { url, config }
    }

    /// Starts it; the power fails at the n-th point from now (0: never).
    async fn start(&self, at: &str) -> Child {
        let mut child = spawn(self.config.path(), at);
        let mut visitor = Visitor::new(&self.url);
        for _ in 0..2_000 {
            if visitor.open("/healthz").await.is_some() {
                return child;
            }
            if child.try_wait().expect("its state").is_some() {
                assert!(at != "0", "the service does not start");
                return child;
            }
            clock::wait(Duration::from_millis(5)).await;
        }
        panic!("the service does not answer");
    }
}

fn spawn(config: &Path, at: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regain"));
    command.args(["serve", "--config"]).arg(config).env("REGAIN_FAULT_KILL_AT", at).env("REGAIN_LOG", "off");
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

/// A provider of text messages.
async fn provider() -> (String, Texts) {
    let texts = Texts::new(watch::Sender::new(None));
    let take = |State(texts): State<Texts>, body: String| async move {
        // The notice at the end comes the same way, and has no code in it.
        if body.contains("verification code") {
            texts.send_replace(Some(body));
        }
        "accepted"
    };
    let router = Router::new().route("/", post(take)).with_state(Arc::clone(&texts));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("its number"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, texts)
}
