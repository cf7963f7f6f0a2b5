//! The server that is attacked: the real program on a store of its own, and the people in it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde_json::Value;

use super::client::Client;
use super::evidence::Evidence;
use super::inbox::Inbox;
use super::sink::{self, Keep};
use super::timing::site::{pause, write};
use crate::bench::server::{EMBEDDED, NO_LIMITS, Postgres, folder, free_port};
use crate::host::{self, Outcome};

/// What everybody's password is at first.
pub(super) const FIRST_PASSWORD: &str = "first-password-1";
/// What an honest person, or whoever takes the account over, chooses.
pub(super) const NEXT_PASSWORD: &str = "nine purple trombones";

/// What all attacks share.
pub(super) struct Field {
    pub(super) program: PathBuf,
    pub(super) evidence: Arc<Evidence>,
}

/// What a site is made of.
pub(super) struct Plan<'a> {
    /// Without one, a file of SQLite.
    pub(super) postgres: Option<&'a Postgres>,
    /// The section `[directory]`; without one, the people are in the embedded directory.
    pub(super) directory: Option<&'a str>,
    pub(super) people: Vec<Person>,
    pub(super) steps: u8,
    /// Lines of `[server]`.
    pub(super) server: &'a str,
    /// Lines of `[throttle]`.
    pub(super) throttle: &'a str,
}

impl Plan<'_> {
    /// One step, SQLite, no limits, and so many people.
    pub(super) fn new(people: usize) -> Self {
        let people = (0..people).map(Person::new).collect();
        Self { postgres: None, directory: None, people, steps: 1, server: "", throttle: NO_LIMITS }
    }
}

/// Somebody who has an account.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) user_id: String,
    mobile: String,
    mail: String,
}

impl Person {
    pub(super) fn new(n: usize) -> Self {
        Self::called(format!("person.{n}@example.org"), n)
    }

    /// The person with this User ID and the contacts of that number.
    pub(super) fn called(user_id: String, n: usize) -> Self {
        Self { user_id, mobile: format!("+4477009{n:05}"), mail: format!("person{n}@mail.example") }
    }

    /// Whether messages to this address or number are theirs.
    pub(super) fn has(&self, contact: &str) -> bool {
        contact == self.mobile || contact == self.mail
    }
}

/// A running `regain serve`.
pub(super) struct Site {
    pub(super) port: u16,
    pub(super) inbox: Inbox,
    pub(super) people: Vec<Person>,
    pub(super) evidence: Arc<Evidence>,
    program: PathBuf,
    config: PathBuf,
    home: PathBuf,
    child: Child,
}

impl Site {
    pub(super) fn start(field: &Field, plan: Plan<'_>) -> Outcome<Self> {
        let (home, port, inbox) = (folder("adversary")?, free_port()?, Inbox::default());
        let keep: Keep = {
            let (inbox, evidence, url) =
                (inbox.clone(), Arc::clone(&field.evidence), format!("http://127.0.0.1:{port}"));
            Arc::new(move |to, words| {
                evidence.message(&url, to, words);
                inbox.keep(to, words);
            })
        };
        let gateways = (sink::http(&keep)?, sink::mail(&keep)?);
        let config = home.join("regain.toml");
        write(&config, &settings(&plan, &home, port, gateways))?;
        let run = |words: [&str; 2], list: &str| {
            let file = home.join("list.csv");
            write(&file, list)?;
            let mut import = Command::new(&field.program);
            import.arg(words[0]).arg("--config").arg(&config).arg(words[1]).arg(&file).current_dir(&home);
            host::run(import.stdout(Stdio::null()))
        };
        let lists = lists(&plan.people);
        if plan.directory.is_none() {
            run(["user", "import"], &lists.0)?;
        }
        run(["method", "import"], &lists.1)?;
        let log = fs::File::create(home.join("log")).map_err(|error| error.to_string())?;
        let mut serve = Command::new(&field.program);
        serve.args(["serve", "--config"]).arg(&config).current_dir(&home).stdout(Stdio::null()).stderr(log);
        let child = serve.env("REGAIN_LOG", "info").spawn().map_err(|error| error.to_string())?;
        let (program, evidence, people) = (field.program.clone(), Arc::clone(&field.evidence), plan.people);
        let mut site = Self { port, inbox, people, evidence, program, config, home, child };
        for _ in 0..1_200 {
            if let Ok(Some(status)) = site.child.try_wait() {
                return Err(format!("the server ended with {status}; it said:\n{}", site.log()));
            }
            if Client::new(&site).get("/healthz").is_ok_and(|answer| answer.status == 200) {
                return Ok(site);
            }
            pause(25);
        }
        Err(format!("the server did not answer; it said:\n{}", site.log()))
    }

    /// What browsers see before each path.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The person with this number.
    pub(super) fn person(&self, n: usize) -> Outcome<&Person> {
        self.people.get(n).ok_or_else(|| format!("there is no person {n}"))
    }

    /// Everything that the server has logged.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.home.join("log")).unwrap_or_default()
    }

    /// The audit trail as the program exports it, in this format.
    pub(super) fn export(&self, format: &str) -> Outcome<String> {
        let mut export = Command::new(&self.program);
        export.args(["audit", "export", "--format", format, "--config"]).arg(&self.config).current_dir(&self.home);
        let output = export.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("the trail cannot be exported: {}", String::from_utf8_lossy(&output.stderr)));
        }
        String::from_utf8(output.stdout).map_err(|_| "the trail is not UTF-8".into())
    }

    /// The events of the audit trail.
    pub(super) fn trail(&self) -> Outcome<Vec<Event>> {
        let lines = self.export("jsonl")?;
        let read = |line: &str| serde_json::from_str::<Value>(line).map_err(|error| format!("{error} in {line}"));
        let events = lines.lines().map(read).collect::<Outcome<Vec<Value>>>()?;
        let text = |event: &Value, key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(events.iter().map(|event| Event { act: text(event, "act"), user_id: text(event, "user_id") }).collect())
    }

    /// How often this happened with anybody.
    pub(super) fn count(&self, act: &str) -> Outcome<usize> {
        Ok(self.trail()?.iter().filter(|event| event.act == act).count())
    }

    /// How often this happened with this person.
    pub(super) fn count_of(&self, person: &Person, act: &str) -> Outcome<usize> {
        let about = |event: &&Event| event.act == act && event.user_id.eq_ignore_ascii_case(&person.user_id);
        Ok(self.trail()?.iter().filter(about).count())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // What is left behind of an attack does no harm.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// Something that happened.
pub(super) struct Event {
    pub(super) act: String,
    pub(super) user_id: String,
}

/// The people, and their contacts, as the program imports them.
fn lists(people: &[Person]) -> (String, String) {
    let (mut users, mut contacts) = ("user_id,name,password\n".to_owned(), "user_id,kind,address\n".to_owned());
    for Person { user_id, mobile, mail } in people {
        // Writing to a text cannot fail.
        let _ = writeln!(users, "{user_id},{user_id},{FIRST_PASSWORD}");
        let _ = writeln!(contacts, "{user_id},mobile,{mobile}\n{user_id},email,{mail}");
    }
    (users, contacts)
}

fn settings(plan: &Plan<'_>, home: &Path, port: u16, (http, mail): (u16, u16)) -> String {
    let home = home.display();
    let url = plan.postgres.map_or_else(|| format!("sqlite:{home}/regain.db"), |postgres| postgres.url.clone());
    format!(
        r#"
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
pad_milliseconds = 0
{}
[store]
url = "{url}"
key_file = "{home}/regain.key"
{}
[policy]
steps = {}
methods = ["text", "email"]
resend_seconds = 0
cooling_off_hours = 0
[captcha]
kind = "off"
[throttle]
{}
[register]
trust_imported = true
[organisation]
region = "GB"
[care_team]
mail = "care@example.org"
[[delivery.email.gateway]]
kind = "smtp"
host = "127.0.0.1"
port = {mail}
security = "none"
from = "help@example.org"
[[delivery.text.gateway]]
kind = "http"
url = "http://127.0.0.1:{http}/"
encoding = "text"
body = "{{to}} {{text}}"
"#,
        plan.server,
        plan.directory.unwrap_or(EMBEDDED),
        plan.steps,
        plan.throttle,
    )
}
