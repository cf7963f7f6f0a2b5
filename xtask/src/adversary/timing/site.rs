//! The server that is asked: the real program on a store of its own, with OpenLDAP behind it and everybody in it.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::directory::{Directory, everybody};
use super::people::{DEPARTMENTS, Kind};
use crate::adversary::sink::{self, Keep};
use crate::bench::server::NO_LIMITS;
use crate::host::{self, Outcome};

/// A running `regain serve`.
pub(super) struct Site {
    pub(super) port: u16,
    child: Child,
    home: PathBuf,
    _directory: Directory,
}

impl Site {
    /// Starts everything, and waits until the program knows what its people look like.
    pub(super) fn start(people: usize, pad: Option<u32>, program: Option<&str>) -> Outcome<Self> {
        let program = match program {
            Some(path) => PathBuf::from(path),
            None => release()?,
        };
        let home = std::env::temp_dir().join(format!("regain-adversary-{}-{}", std::process::id(), free_port()?));
        fs::create_dir(&home).map_err(|error| format!("{}: {error}", home.display()))?;
        println!("{} people of each kind but the absent go into OpenLDAP and register.", people);
        let nobody: Keep = Arc::new(|_, _| {});
        let (directory, port) = (Directory::start(&home, people)?, free_port()?);
        let gateway = (sink::http(&nobody)?, sink::mail(&nobody)?);
        let config = home.join("regain.toml");
        write(&config, &settings(&home, &directory, port, gateway, pad))?;
        let mut contacts = "user_id,kind,address\n".to_owned();
        for person in everybody(people).filter(|person| person.kind != Kind::NothingRegistered) {
            for (kind, address) in person.contacts() {
                // Writing to a text cannot fail.
                let _ = writeln!(contacts, "{},{kind},{address}", person.user_id());
            }
        }
        let list = home.join("contacts.csv");
        write(&list, &contacts)?;
        let mut import = Command::new(&program);
        import.args(["method", "--config"]).arg(&config).arg("import").arg(&list);
        host::run(import.current_dir(&home).stdout(Stdio::null()))?;
        let log = fs::File::create(home.join("log")).map_err(|error| error.to_string())?;
        let mut serve = Command::new(&program);
        serve.args(["serve", "--config"]).arg(&config).current_dir(&home).stderr(log);
        let child = serve.env("REGAIN_LOG", "info").spawn().map_err(|error| error.to_string())?;
        let mut site = Self { port, child, home, _directory: directory };
        for _ in 0..6_000 {
            if let Ok(Some(status)) = site.child.try_wait() {
                return Err(format!("the server ended with {status}; it said:\n{}", site.log()));
            }
            if site.log().contains("was counted") && site.answers() {
                return Ok(site);
            }
            pause(50);
        }
        Err(format!("the server did not answer; it said:\n{}", site.log()))
    }

    /// What the server has said.
    pub(super) fn log(&self) -> String {
        let all = fs::read_to_string(self.home.join("log")).unwrap_or_default();
        let lines: Vec<&str> = all.lines().rev().take(12).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn answers(&self) -> bool {
        let asked = || {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            let request =
                format!("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port);
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        };
        asked().is_ok_and(|answer: String| answer.starts_with("HTTP/1.1 200"))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // What is left behind of a measurement does no harm.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.home);
    }
}

fn release() -> Outcome<PathBuf> {
    println!("Building the release first.");
    let words = ["build", "--quiet", "--release", "--package", "regain"];
    host::run(Command::new("cargo").args(words).current_dir(host::root()))?;
    Ok(host::root().join("target/release/regain"))
}

fn settings(home: &Path, directory: &Directory, port: u16, (http, mail): (u16, u16), pad: Option<u32>) -> String {
    let departments: Vec<String> = (0..DEPARTMENTS).map(|n| format!("\"department{n}\"")).collect();
    let pad = pad.map(|pad| format!("pad_milliseconds = {pad}\n")).unwrap_or_default();
    let mut settings = format!(
        r#"
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
proxies = ["127.0.0.1"]
{pad}
[store]
url = "sqlite:{0}/regain.db"
key_file = "{0}/regain.key"
{1}
[policy]
scope = [{2}]
administrators = ["administrators"]
resend_seconds = 0
cooling_off_hours = 0
[captcha]
kind = "off"
[throttle]
{3}[register]
trust_imported = true
[organisation]
region = "GB"
[care_team]
mail = "care@example.org"
"#,
        home.display(),
        directory.section(home),
        departments.join(", "),
        // Ten wrong passwords rest a User ID, as they do anywhere.
        NO_LIMITS.replace("sign_ins_per_account = []\n", ""),
    );
    let _ = write!(
        settings,
        "[[delivery.email.gateway]]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {mail}\nsecurity = \"none\"\n\
         from = \"help@example.org\"\n"
    );
    for (channel, words) in [("text", "{text}"), ("call", "{before} {code}")] {
        let _ = write!(
            settings,
            "[[delivery.{channel}.gateway]]\nkind = \"http\"\nurl = \"http://127.0.0.1:{http}/\"\nencoding = \"text\"\n\
             body = \"{{to}} {words}\"\n"
        );
    }
    settings
}

/// Waits so many milliseconds.
#[expect(clippy::disallowed_methods, reason = "servers that start are waited for")]
pub(in crate::adversary) fn pause(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

pub(in crate::adversary) fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|error| error.to_string())
}

pub(in crate::adversary) fn write(path: &Path, text: &str) -> Outcome {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
