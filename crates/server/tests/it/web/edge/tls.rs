//! TLS by Regain itself: certificates that change, bad ones, and clients that do not begin.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use regain::clock::{self, Clock};
use regain::config::Config;
use regain::config::server::Server;
use regain::edge::Edge;
use regain::edge::certificate::{Certificate, look, problem};
use regain::finding::State;
use regain::tls::{roots, trusting};
use regain::web;
use regain_core::Span;
use rustls::pki_types::ServerName;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::Engine;
use crate::support::app::TestApp;
use crate::support::edge::heard;

/// Makes a certificate for a name, for two days, and its key.
fn make(folder: &Path, name: &str, host: &str) {
    let settings = format!(
        "[req]\ndistinguished_name = dn\nx509_extensions = ext\nprompt = no\n[dn]\nCN = {name}\n[ext]\n\
         subjectAltName = DNS:{host}\nbasicConstraints = critical, CA:FALSE\n"
    );
    let file = |ends: &str| folder.join(format!("{name}{ends}"));
    std::fs::write(file(".cnf"), settings).expect("the settings can be written");
    let mut openssl = Command::new("openssl");
    openssl.args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(' '));
    openssl.arg("-config").arg(file(".cnf")).arg("-out").arg(file(".pem")).arg("-keyout").arg(file(".key"));
    assert!(openssl.stderr(Stdio::null()).status().expect("openssl is installed").success());
}

/// Puts one certificate and one key in use.
fn show(folder: &Path, certificate: &str, key: &str) {
    std::fs::copy(folder.join(format!("{certificate}.pem")), folder.join("cert.pem")).expect("it can be copied");
    std::fs::copy(folder.join(format!("{key}.key")), folder.join("key.pem")).expect("it can be copied");
}

/// The lines of `[server]`.
fn lines(folder: &Path, port: u16) -> String {
    format!(
        "public_url = 'https://localhost:{port}'\nheader_seconds = 1\n\
         tls = {{ certificate_file = '{0}/cert.pem', key_file = '{0}/key.pem' }}\n",
        folder.display()
    )
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, host) in [("one", "localhost"), ("two", "localhost"), ("other", "other.example")] {
        make(folder.path(), name, host);
    }
    show(folder.path(), "one", "one");
    folder
}

fn server(folder: &Path) -> Server {
    let text = format!("[server]\n{}[care_team]\nmail = 'care@example.org'", lines(folder, 8443));
    Config::from_table(text.parse().expect("TOML")).map_err(|all| all.join("\n")).expect("it is good").settings.server
}

/// Connects, and believes only this certificate.
async fn connect(folder: &Path, name: &str, port: u16) -> std::io::Result<TlsStream<TcpStream>> {
    let settings = roots(Some(&folder.join(format!("{name}.pem")))).map(trusting).expect("it is trusted");
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let host = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(settings)).connect(host, stream).await
}

/// Asks for a page, and keeps the connection.
async fn ask(stream: &mut TlsStream<TcpStream>, port: u16) -> String {
    let request = format!("GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it is open");
    let mut all = String::new();
    let mut byte = [0];
    while !all.ends_with("\r\n\r\nok\n") {
        stream.read_exact(&mut byte).await.expect("it is answered");
        all.push(char::from(byte[0]));
    }
    all
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections_and_a_bad_one_for_none() {
    let folder = folder();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let settings = format!("[server]\n{}", lines(folder.path(), port));
    let test = TestApp::open(&Engine::sqlite(), &settings).await;
    let clock = Clock::by_hand(Clock::real().now());
    let server = test.app.settings.server.clone();
    let certificate = Certificate::open(&server, clock.clone()).expect("it opens").expect("it is there");
    let router = web::router(Arc::clone(&test.app)).expect("the pages open");
    let (_stop, told) = watch::channel(false);
    tokio::spawn(Edge::new(listener, router, &server, Some(Arc::clone(&certificate))).serve(told));

    let mut old = connect(folder.path(), "one", port).await.expect("they agree");
    assert!(ask(&mut old, port).await.to_lowercase().contains("strict-transport-security: max-age="));
    assert_eq!(certificate.look_again(), Ok(false));

    show(folder.path(), "two", "two");
    clock::wait(std::time::Duration::from_millis(10)).await;
    assert_eq!(certificate.look_again(), Ok(true));
    assert!(connect(folder.path(), "one", port).await.is_err(), "it is not shown any more");
    let mut new = connect(folder.path(), "two", port).await.expect("they agree");
    ask(&mut new, port).await;
    ask(&mut old, port).await;

    for (pair, why) in [(("two", "one"), "key"), (("other", "other"), "localhost")] {
        show(folder.path(), pair.0, pair.1);
        let told = certificate.look_again().expect_err("it is refused");
        assert!(told.starts_with("server.tls.") && told.contains(why), "{told}");
        assert_eq!(certificate.look_again(), Ok(false), "it is told once");
        ask(&mut connect(folder.path(), "two", port).await.expect("the one before stays"), port).await;
    }
    show(folder.path(), "one", "one");
    clock.pass(Span::hours(72));
    let told = certificate.read_again().expect_err("it is refused");
    assert!(told.contains("its time was over"), "{told}");
    ask(&mut connect(folder.path(), "two", port).await.expect("the one before stays"), port).await;

    let mut silent = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    assert_eq!(heard(&mut silent).await, "", "who does not begin is cut off");
    let mut plain = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    plain.write_all(b"GET /reset HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("it listens");
    assert!(!heard(&mut plain).await.contains("HTTP/"), "nothing in clear");
}

#[test]
fn what_is_wrong_with_a_certificate_is_told_before_the_start() {
    let folder = folder();
    let (path, now) = (folder.path(), Clock::real().now());
    let server = server(path);
    assert_eq!(problem(&server, now), None);
    let found = look(&server, now).expect("it is looked at");
    assert!(found.state == State::Warn && found.says.contains("valid only until"), "{found:?}");
    for (at, words) in [(now + Span::hours(72), "its time was over"), (regain_core::Time(0), "not valid before")] {
        assert!(problem(&server, at).is_some_and(|told| told.contains(words)), "{words}");
        assert_eq!(look(&server, at).expect("it is looked at").state, State::Bad);
    }
    let write = |name: &str, text: &str| std::fs::write(path.join(name), text).expect("it can be written");
    type Case<'a> = (&'a str, &'a dyn Fn(), &'a str);
    let cases: [Case<'_>; 6] = [
        ("another host", &|| show(path, "other", "other"), "certificate_file"),
        ("another key", &|| show(path, "one", "two"), "key_file"),
        ("no certificate", &|| write("cert.pem", "hello"), "certificate_file"),
        (
            "a broken one",
            &|| write("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "certificate_file",
        ),
        ("no key", &|| write("key.pem", "hello"), "key_file"),
        ("no file", &|| std::fs::remove_file(path.join("key.pem")).expect("it is there"), "key_file"),
    ];
    for (what, breaks, key) in cases {
        show(path, "one", "one");
        breaks();
        let told = problem(&server, now).unwrap_or_default();
        assert!(told.starts_with(&format!("server.tls.{key}: ")), "{what}: {told}");
        assert!(Certificate::open(&server, Clock::real()).err().is_some_and(|why| why == told), "{what}");
        assert_eq!(look(&server, now).expect("it is looked at").state, State::Bad, "{what}");
    }
}

#[test]
fn the_program_reads_its_certificate_again_when_told_and_stops_when_told() {
    let folder = folder();
    let path = folder.path();
    let config = format!(
        "[server]\nlisten = '127.0.0.1:0'\n{}[store]\nurl = 'sqlite:{1}/test.db'\nkey_file = '{1}/test.key'\n\
         [care_team]\nmail = 'care@example.org'\n[[delivery.email.gateway]]\nkind = 'smtp'\nhost = '127.0.0.1'\nport = 1\n\
         security = 'none'\nfrom = 'help@example.org'\n",
        lines(path, 8443),
        path.display()
    );
    std::fs::write(path.join("regain.toml"), config).expect("it can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_regain"));
    let mut child = command
        .args(["serve", "--config"])
        .arg(path.join("regain.toml"))
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut log = BufReader::new(child.stderr.take().expect("a log")).lines().map_while(Result::ok);
    let id = child.id().to_string();
    let tell =
        |signal: &str| assert!(Command::new("kill").args([signal, &id]).status().expect("kill is there").success());
    assert!(log.any(|line| line.contains("\"ready\"")));
    // The one who listens to signals begins with the service; a signal before that would end the program.
    assert!(log.any(|line| line.contains("looked after")));
    // Passwords pass through its memory, which no core dump shows to anybody.
    let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).expect("Linux");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    tell("-HUP");
    assert!(log.any(|line| line.contains("new connections get it")));
    show(path, "one", "two");
    tell("-HUP");
    assert!(log.any(|line| line.contains("NOT used") && line.contains("server.tls.key_file")));
    tell("-TERM");
    assert!(child.wait().expect("it ends").success());
}
