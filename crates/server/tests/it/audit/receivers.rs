//! Who else is sent the trail: at least once, in order, whatever fails in between.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use regain::audit::{Round, Trail};
use regain::clock::Clock;
use regain::config::audit::{Audit, Syslog, Webhook};
use regain::store::Store;
use regain_core::{Secret, Span};
use rustls_pki_types::pem::PemObject;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::{SEED, happen, settings, trail, twelve};
use crate::support::Engine;
use crate::support::providers::{Asked, Provider};
use crate::support::smtp::certificate;

const SECRET: &str = "webhook-secret-of-a-test";

/// Sends until there is nothing more.
pub(super) async fn send_all(trail: &Arc<Trail>) -> Result<(), String> {
    while trail.send_some(0).await? == Round::Sent {}
    Ok(())
}

/// The numbers in lines of JSON, and `0` for a checkpoint.
fn numbers(lines: &str) -> Vec<i64> {
    let number = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["seq"].as_i64().unwrap_or(0);
    lines.lines().map(number).collect()
}

fn webhook(port: u16) -> Audit {
    let url = format!("http://127.0.0.1:{port}/events");
    let section = Webhook { url, secret: Some(Secret::new(SECRET)), secret_file: None, ca_file: None };
    Audit { webhook: Some(section), ..settings(SEED) }
}

/// A receiver of webhooks that answers with the status it is told.
async fn receiver() -> (Provider, Arc<AtomicU16>) {
    let status = Arc::new(AtomicU16::new(204));
    let answered = Arc::clone(&status);
    let provider = Provider::start(move |_: &Asked| Some((answered.load(Ordering::SeqCst), String::new()))).await;
    (provider, status)
}

#[tokio::test]
async fn a_webhook_that_fails_and_comes_back_has_every_event_in_order() {
    for engine in Engine::both().await {
        let (store, clock, _) = twelve(&engine).await;
        let (provider, status) = receiver().await;
        let trail = trail(&store, &clock, &webhook(provider.port));
        send_all(&trail).await.unwrap();
        let first = provider.asked();
        assert_eq!(numbers(&first[0].body)[..12], (1..=12).collect::<Vec<i64>>());
        assert!(numbers(&first[0].body)[12..].iter().all(|seq| *seq == 0), "then what was signed about them");
        status.store(500, Ordering::SeqCst);
        happen(&store, &clock, 13).await;
        trail.tend().await.unwrap();
        let failed = send_all(&trail).await.unwrap_err();
        assert!(failed.contains("HTTP 500"), "{failed}");
        happen(&store, &clock, 14).await;
        trail.tend().await.unwrap();
        send_all(&trail).await.unwrap_err();
        status.store(200, Ordering::SeqCst);
        send_all(&trail).await.unwrap();
        let seen: Vec<Vec<i64>> = provider.asked()[first.len()..].iter().map(|asked| numbers(&asked.body)).collect();
        assert_eq!(seen[0][0], 13);
        assert!(seen.last().unwrap().starts_with(&[13, 14]), "{}: {seen:?}", engine.name);
        let before = provider.asked().len();
        send_all(&trail).await.unwrap();
        assert_eq!(provider.asked().len(), before, "and nothing twice");
    }
}

#[tokio::test]
async fn one_server_at_a_time_sends_and_another_goes_on_where_it_stopped() {
    for engine in Engine::both().await {
        let (store, clock, _) = twelve(&engine).await;
        let (provider, _) = receiver().await;
        let one = trail(&store, &clock, &webhook(provider.port));
        let other = trail(&engine.open(&clock).await, &clock, &webhook(provider.port));
        assert_eq!(one.send_some(0).await, Ok(Round::Sent));
        happen(&store, &clock, 13).await;
        one.tend().await.unwrap();
        assert_eq!(other.send_some(0).await, Ok(Round::Idle), "the first has hold of it");
        clock.pass(Span::minutes(2));
        assert_eq!(other.send_some(0).await, Ok(Round::Sent), "the first is gone");
        assert_eq!(numbers(&provider.asked()[1].body)[0], 13);
    }
}

#[tokio::test]
async fn the_sample_in_the_documentation_tells_a_true_signature_from_a_false_one() {
    let engine = Engine::sqlite();
    let (store, clock, _) = twelve(&engine).await;
    let (provider, _) = receiver().await;
    send_all(&trail(&store, &clock, &webhook(provider.port))).await.unwrap();
    let asked = provider.asked().remove(0);
    assert_eq!(asked.header("content-type"), "application/x-ndjson");
    let signature = asked.header("regain-signature").to_owned();
    let now = (clock.now().0 / 1_000).to_string();
    let late = (clock.now().0 / 1_000 + 301).to_string();
    assert_eq!(checked(&[SECRET, &signature, &now], &asked.body), "good");
    assert_eq!(checked(&["another secret", &signature, &now], &asked.body), "not from Regain");
    assert_eq!(checked(&[SECRET, &signature, &now], &asked.body.replace("jo1@", "jo2@")), "not from Regain");
    assert_eq!(checked(&[SECRET, &signature, &late], &asked.body), "too old");
}

/// What the sample says, given the body on standard input.
fn checked(words: &[&str], body: &str) -> String {
    let page = include_str!("../../../../../docs/audit.md");
    let sample = page.split_once("```python\n").unwrap().1.split_once("```").unwrap().0;
    let mut python = Command::new("python3");
    python.arg("-c").arg(sample).args(words).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = python.spawn().expect("python3 is installed");
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), body.as_bytes()).unwrap();
    String::from_utf8(python.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}

/// A receiver of syslog over TLS, which keeps what arrived, and may hang up early.
struct Receiver {
    port: u16,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    /// Whether it breaks the connection after the first bytes.
    breaks: Arc<AtomicBool>,
    ca_file: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl Receiver {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (cert, key) = certificate(folder.path());
        let chain = rustls_pki_types::CertificateDer::pem_file_iter(&cert).unwrap().map(Result::unwrap).collect();
        let secret = rustls_pki_types::PrivateKeyDer::from_pem_file(&key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, secret).unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, breaks) = (Arc::<Mutex<Vec<Vec<u8>>>>::default(), Arc::new(AtomicBool::new(false)));
        let (kept, broken) = (Arc::clone(&heard), Arc::clone(&breaks));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut bytes = Vec::new();
                if broken.load(Ordering::SeqCst) {
                    bytes.resize(100, 0);
                    let _ = stream.read_exact(&mut bytes).await;
                    stream.get_ref().0.set_zero_linger().unwrap();
                } else {
                    let _ = stream.read_to_end(&mut bytes).await;
                    let _ = tokio::io::AsyncWriteExt::shutdown(&mut stream).await;
                }
                kept.lock().unwrap().push(bytes);
            }
        });
        Self { port, heard, breaks, ca_file: cert, _folder: folder }
    }

    fn settings(&self) -> Audit {
        let syslog = Syslog { address: format!("127.0.0.1:{}", self.port), ca_file: Some(self.ca_file.clone()) };
        Audit { syslog: Some(syslog), ..settings(SEED) }
    }

    /// The messages of the n-th connection, taken out of their frames.
    fn messages(&self, n: usize) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let (mut rest, mut messages) = (heard[n].as_slice(), Vec::new());
        while !rest.is_empty() {
            let space = rest.iter().position(|byte| *byte == b' ').expect("a length and a space");
            let length: usize = std::str::from_utf8(&rest[..space]).unwrap().parse().expect("a number");
            let message = &rest[space + 1..space + 1 + length];
            messages.push(String::from_utf8(message.to_vec()).expect("UTF-8"));
            rest = &rest[space + 1 + length..];
        }
        messages
    }

    fn connections(&self) -> usize {
        self.heard.lock().unwrap().iter().filter(|heard| !heard.is_empty()).count()
    }
}

#[tokio::test]
async fn syslog_has_messages_as_its_standard_says() {
    let engine = Engine::sqlite();
    let (store, clock, _) = twelve(&engine).await;
    let receiver = Receiver::start().await;
    send_all(&trail(&store, &clock, &receiver.settings())).await.unwrap();
    let messages = receiver.messages(0);
    let first = &messages[0];
    // 13 is "log audit", 6 is "informational"; the fields stand in the order of RFC 5424, 6.
    let head = "<110>1 2026-11-23T10:00:00.000Z reset.example.org regain - started - {";
    assert!(first.starts_with(head), "{first}");
    assert!(first.is_ascii() && first.contains("Zo\\u00eb"), "{first}");
    let json: Vec<&str> = messages.iter().map(|message| &message[message.find('{').unwrap()..]).collect();
    assert_eq!(numbers(&json[..12].join("\n")), (1..=12).collect::<Vec<i64>>());
    assert!(messages[12].contains(" regain - checkpoint - {\"checkpoint\":\"regain-audit/1 "), "{}", messages[12]);
}

#[tokio::test]
async fn syslog_that_hangs_up_is_sent_everything_again_and_in_order() {
    for engine in Engine::both().await {
        let (store, clock, _) = twelve(&engine).await;
        let receiver = Receiver::start().await;
        let trail = trail(&store, &clock, &receiver.settings());
        receiver.breaks.store(true, Ordering::SeqCst);
        let failed = send_all(&trail).await.unwrap_err();
        assert!(failed.contains("broke before everything was taken"), "{failed}");
        receiver.breaks.store(false, Ordering::SeqCst);
        send_all(&trail).await.unwrap();
        assert!(receiver.messages(1)[0].contains("\"seq\":1,"), "{}: from the beginning", engine.name);
        assert_eq!(trail.send_some(0).await, Ok(Round::Idle));
    }
}

#[tokio::test]
async fn a_syslog_server_that_is_not_who_it_says_hears_nothing() {
    let engine = Engine::sqlite();
    let (store, clock, _) = twelve(&engine).await;
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    let mut settings = receiver.settings();
    if let Some(syslog) = &mut settings.syslog {
        syslog.ca_file = Some(other.ca_file.clone());
    }
    let failed = send_all(&trail(&store, &clock, &settings)).await.unwrap_err();
    assert!(failed.contains("TLS"), "{failed}");
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn the_doctor_looks_at_receivers_and_sends_them_nothing() {
    let engine = Engine::sqlite();
    let (store, _, _): (Store, Clock, _) = twelve(&engine).await;
    let receiver = Receiver::start().await;
    let (provider, _) = self::receiver().await;
    let both = Audit { webhook: webhook(provider.port).webhook, ..receiver.settings() };
    let found = regain::audit::examine(&both, &store).await;
    let said: Vec<String> =
        found.iter().map(|found| format!("{:?} {}: {}", found.state, found.what, found.says)).collect();
    assert_eq!(found.len(), 2);
    assert!(said.iter().all(|said| said.starts_with("Good audit ") && said.contains("12 events")), "{said:?}");
    assert_eq!((receiver.connections(), provider.asked().len()), (0, 0));
    let gone = Audit { webhook: webhook(1).webhook, ..settings(SEED) };
    let found = regain::audit::examine(&gone, &store).await;
    assert!(found[0].says.contains("cannot connect"), "{found:?}");
}
