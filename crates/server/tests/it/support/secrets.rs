//! What is secret in a test, looked for where it must not be: in every row and every log line of the program, on every page
//! and among the figures. Every test that opens the program is looked at when it ends.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use memchr::memmem::find;
use regain::delivery::Inbox;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::app::{NEW, OLD};

/// All that was logged in this run, as `REGAIN_LOG=trace` would have it, and all passwords that were typed.
static LOG: Sink = Sink(Mutex::new(Vec::new()));
static TYPED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Looks when it is dropped.
pub(crate) struct Secrets {
    /// `store.url`.
    url: String,
    key: PathBuf,
    inbox: Inbox,
    /// Where the log began.
    since: usize,
}

impl Secrets {
    /// From now on.
    pub(crate) fn watch(url: &str, key: &Path, inbox: &Inbox) -> Self {
        static LISTEN: Once = Once::new();
        LISTEN.call_once(|| {
            let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new("warn,regain=trace")).with_ansi(false);
            // Another test may have been quicker with a listener of its own.
            let _ = log.with_writer(&LOG).try_init();
        });
        Self { url: url.to_owned(), key: key.to_owned(), inbox: inbox.clone(), since: LOG.bytes().len() }
    }

    /// Fails if a secret is found, or one of these.
    fn look(&self, more: &[&str]) {
        let codes: BTreeSet<String> =
            self.inbox.messages().iter().flat_map(|message| codes(message.text.as_bytes())).collect();
        let mut words: Vec<String> = typed().iter().cloned().chain([OLD.to_owned(), NEW.to_owned()]).collect();
        words.extend(more.iter().map(|word| (*word).to_owned()));
        words.extend(fs::read_to_string(&self.key).ok().map(|key| key.trim().to_owned()));
        let log = LOG.bytes().get(self.since..).unwrap_or_default().to_vec();
        let figures = regain::metrics::text(0, 0).expect("figures are written").into_bytes();
        for (place, bytes) in rows(&self.url).into_iter().chain([("the log", log), ("the figures", figures)]) {
            for word in &words {
                assert!(find(&bytes, word.as_bytes()).is_none(), "\"{word}\" stands in {place}");
            }
            // Of other tests that run at the same moment the log has their numbers, too; a row is this test's own.
            if place == "a row" {
                let found: Vec<String> = self::codes(&bytes).filter(|code| codes.contains(code)).collect();
                assert!(found.is_empty(), "codes stand in {place}: {found:?}");
            }
        }
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.look(&[]);
        }
    }
}

/// Takes note of what somebody types, and looks at the page that comes of it.
pub(crate) fn page(sent: &[u8], answer: &[u8]) {
    for (name, value) in form_urlencoded::parse(sent) {
        // What else tests type as a password are names and words that stand everywhere.
        let like_ours = value.contains(' ') && value.contains(|c: char| c.is_ascii_digit());
        if matches!(name.as_ref(), "password" | "again" | "old") && like_ours {
            assert!(find(answer, value.as_bytes()).is_none(), "\"{value}\" stands on a page");
            typed().insert(value.into_owned());
        }
    }
}

fn typed() -> MutexGuard<'static, BTreeSet<String>> {
    TYPED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The files of this store as they are, also when they were deleted under the running program. PostgreSQL has the same
/// statements, and so the same rows.
fn rows(url: &str) -> Vec<(&'static str, Vec<u8>)> {
    let Some(path) = url.strip_prefix("sqlite:") else { return Vec::new() };
    let open = fs::read_dir("/proc/self/fd").expect("Linux").filter_map(Result::ok);
    let of_ours =
        |entry: &fs::DirEntry| fs::read_link(entry.path()).is_ok_and(|to| to.to_string_lossy().starts_with(path));
    open.filter(of_ours).filter_map(|entry| fs::read(entry.path()).ok()).map(|bytes| ("a row", bytes)).collect()
}

/// Runs of six digits that stand alone.
fn codes(bytes: &[u8]) -> impl Iterator<Item = String> {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_';
    let runs = bytes.split(move |byte| !part(byte));
    let six = |run: &&[u8]| run.len() == 6 && run.iter().all(u8::is_ascii_digit);
    runs.filter(six).map(|run| String::from_utf8_lossy(run).into_owned())
}

struct Sink(Mutex<Vec<u8>>);

impl Sink {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for &Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for &'static Sink {
    type Writer = &'static Sink;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

/// Each place is really looked at.
#[tokio::test]
async fn a_secret_that_gets_out_is_noticed_wherever_it_is() {
    use regain::store::Stmt;

    let engine = super::Engine::sqlite();
    let test = super::app::TestApp::open(&engine, "").await;
    let caught = |secrets: &Secrets, word: &str| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| secrets.look(&[word]))).is_err()
    };
    let secrets = Secrets::watch(&engine.url, &test.key, &test.inbox);
    assert!(!caught(&secrets, "a word of nobody 1"), "nothing is out yet");
    let shown = || page(b"password=a+word+of+this+page+1", b"<p>a word of this page 1</p>");
    assert!(std::panic::catch_unwind(shown).is_err(), "on a page");
    let leak = "INSERT INTO throttle (counter, count, since, until) VALUES ('a word of this row 1', 1, 0, 0)";
    test.app.store.db().write(vec![Stmt::new(leak, vec![])]).await.expect("it is written");
    assert!(caught(&secrets, "a word of this row 1"), "in a row");
    tracing::warn!("a word of this line 1");
    assert!(caught(&secrets, "a word of this line 1"), "in the log");
}
