//! A real syslog server: rsyslog with TLS.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use regain::clock;
use regain::config::audit::{Audit, Syslog};

use super::receivers::send_all;
use super::{SEED, happen, settings, trail, twelve};
use crate::support::smtp::certificate;
use crate::support::{Engine, missing};

/// Stopped when the test is over.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).expect("it can be stopped");
    }
}

async fn start(folder: &Path, (cert, key): (&Path, &Path), port: u16) -> Server {
    let config = format!(
        "global(workDirectory=\"{folder}\" defaultNetstreamDriver=\"gtls\" defaultNetstreamDriverCAFile=\"{cert}\" \
         defaultNetstreamDriverCertFile=\"{cert}\" defaultNetstreamDriverKeyFile=\"{key}\")\n\
         module(load=\"imtcp\" streamDriver.name=\"gtls\" streamDriver.mode=\"1\" streamDriver.authMode=\"anon\")\n\
         input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\")\n\
         template(name=\"plain\" type=\"string\" string=\"%pri% %hostname% %app-name% %msgid% %msg%\\n\")\n\
         action(type=\"omfile\" file=\"{folder}/out.log\" template=\"plain\")\n",
        folder = folder.display(),
        cert = cert.display(),
        key = key.display(),
    );
    let file = folder.join("rsyslog.conf");
    std::fs::write(&file, config).unwrap();
    let mut server = Command::new("/usr/sbin/rsyslogd");
    server.arg("-n").arg("-f").arg(&file).arg("-i").arg(folder.join("pid"));
    let server = Server(server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    for _ in 0..2_000 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return server;
        }
        clock::wait(Duration::from_millis(5)).await;
    }
    panic!("rsyslog does not listen");
}

#[tokio::test]
async fn rsyslog_takes_every_event_in_order_also_after_it_was_gone() {
    if !Path::new("/usr/sbin/rsyslogd").exists() {
        return missing("rsyslog (packages rsyslog and rsyslog-gnutls)");
    }
    let engine = Engine::sqlite();
    let (store, clock, _) = twelve(&engine).await;
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap().port();
    let (cert, key) = certificate(folder.path());
    let server = start(folder.path(), (&cert, &key), port).await;
    let syslog = Syslog { address: format!("127.0.0.1:{port}"), ca_file: Some(cert.clone()) };
    let trail = trail(&store, &clock, &Audit { syslog: Some(syslog), ..settings(SEED) });
    send_all(&trail).await.unwrap();
    drop(server);
    happen(&store, &clock, 13).await;
    trail.tend().await.unwrap();
    let failed = send_all(&trail).await.unwrap_err();
    assert!(failed.contains("cannot connect"), "{failed}");
    let _server = start(folder.path(), (&cert, &key), port).await;
    send_all(&trail).await.unwrap();
    // The end of the connection says that it has them; writing them to its file is its own affair, and takes a moment.
    let mut events = Vec::new();
    for _ in 0..2_000 {
        let out = std::fs::read_to_string(folder.path().join("out.log")).unwrap_or_default();
        let ours = out.lines().filter(|line| line.starts_with("110 reset.example.org regain started {"));
        events =
            ours.filter_map(|line| serde_json::from_str::<serde_json::Value>(&line[line.find('{')?..]).ok()).collect();
        if events.len() >= 13 {
            break;
        }
        clock::wait(Duration::from_millis(5)).await;
    }
    let numbers: Vec<i64> = events.iter().filter_map(|event| event["seq"].as_i64()).collect();
    assert_eq!(numbers, (1..=13).collect::<Vec<i64>>());
}
