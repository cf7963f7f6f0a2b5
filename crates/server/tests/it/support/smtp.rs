//! A real SMTP server: `tests/support/smtp_server.py`, stopped when the value goes or the test run ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use tempfile::TempDir;

use super::missing;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/smtp_server.py");
const PYTHON: &str = "/usr/bin/python3";

/// The only account of a server with AUTH.
pub(crate) const LOGIN: (&str, &str) = ("regain", "smtp-secret-1");

/// How the server wants to be spoken to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    None,
    StartTls,
    Tls,
}

/// A running server.
pub(crate) struct SmtpServer {
    /// On 127.0.0.1.
    pub(crate) port: u16,
    folder: TempDir,
    child: Child,
}

/// A mail that the server took.
#[derive(Deserialize)]
pub(crate) struct Mail {
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) types: Vec<String>,
    pub(crate) tls: bool,
    pub(crate) user: Option<String>,
    pub(crate) connection: u32,
    pub(crate) at_once: bool,
}

impl Mail {
    /// The values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect()
    }
}

impl SmtpServer {
    /// Starts one that asks for AUTH if it encrypts; nothing where the server is missing and that is allowed.
    pub(crate) fn start(security: Security, more: &[&str]) -> Option<Self> {
        let there = Command::new(PYTHON).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            missing("an SMTP server (package python3-aiosmtpd)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(PYTHON);
        command.args([SCRIPT, "--watch-stdin", "--mailbox"]).arg(folder.path());
        if security != Security::None {
            let (cert, key) = certificate(folder.path());
            command.arg(if security == Security::Tls { "--tls" } else { "--starttls" }).args([cert, key]);
            command.args(["--auth", LOGIN.0, LOGIN.1]);
        }
        let mut child = command.args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
        let mut said = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("its output is ours"));
        out.read_line(&mut said).expect("the server says where it listens");
        let said: serde_json::Value = serde_json::from_str(&said).expect("as JSON");
        let port = said["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("with a port");
        Some(Self { port, folder, child })
    }

    /// The certificate that it shows, which is its own authority.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// The mails so far, in order.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        let read = |path| std::fs::read(path).expect("the mail can be read");
        self.files("json").into_iter().map(|path| serde_json::from_slice(&read(path)).expect("a mail")).collect()
    }

    /// The mails as they came.
    pub(crate) fn sources(&self) -> Vec<String> {
        let read = |path| std::fs::read_to_string(path).expect("the mail is text");
        self.files("eml").into_iter().map(read).collect()
    }

    fn files(&self, kind: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the mailbox is there");
        let paths = entries.map(|entry| entry.expect("a file").path());
        let mut files: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|own| own == kind)).collect();
        files.sort();
        files
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("the server can be stopped");
    }
}

/// A certificate for 127.0.0.1 and its key, made for this test.
pub(crate) fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (config, cert, key) = (folder.join("openssl.cnf"), folder.join("cert.pem"), folder.join("key.pem"));
    let text = "[req]\ndistinguished_name = name\nx509_extensions = ext\nprompt = no\n[name]\nCN = regain test\n\
                [ext]\nbasicConstraints = critical, CA:FALSE\nsubjectAltName = IP:127.0.0.1, DNS:localhost\n";
    std::fs::write(&config, text).expect("the settings can be written");
    let mut openssl = Command::new("openssl");
    openssl.args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(' '));
    openssl.arg("-config").arg(&config).arg("-out").arg(&cert).arg("-keyout").arg(&key);
    let made = openssl.stderr(Stdio::null()).status().expect("openssl is installed");
    assert!(made.success(), "openssl makes a certificate");
    (cert, key)
}
