//! A provider that is reached over TLS, with a certificate that no public authority signed.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::missing;
use super::smtp::certificate;

const PYTHON: &str = "/usr/bin/python3";

/// Answers each request over TLS, and says its port first.
const HTTPS: &str = r#"
import http.server, ssl, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"OK")
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH); context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// A running provider.
pub(crate) struct Https {
    /// On 127.0.0.1.
    pub(crate) port: u16,
    certificate: PathBuf,
    python: Child,
    _folder: TempDir,
}

impl Https {
    /// Starts one; nothing where Python is missing and that is allowed.
    pub(crate) fn start() -> Option<Self> {
        if !Path::new(PYTHON).exists() {
            missing("Python (package python3)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (certificate, key) = certificate(folder.path());
        let mut python = Command::new(PYTHON);
        python.args(["-c", HTTPS]).arg(&certificate).arg(key).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut python = python.spawn().expect("Python");
        let mut port = String::new();
        BufReader::new(python.stdout.take().expect("its output is ours")).read_line(&mut port).expect("a port");
        Some(Self { port: port.trim().parse().expect("a port"), certificate, python, _folder: folder })
    }

    /// Who signed its certificate.
    pub(crate) fn ca_file(&self) -> &Path {
        &self.certificate
    }
}

impl Drop for Https {
    fn drop(&mut self) {
        self.python.kill().and_then(|()| self.python.wait()).expect("it can be stopped");
    }
}
