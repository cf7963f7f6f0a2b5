//! The program that is measured, and a PostgreSQL for it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::http::Browser;
use super::late;
use super::people::{Lane, pause};
use crate::host::{self, Outcome};

/// Clock ticks in a second, as Linux counts CPU time for other programs (`man 5 proc`).
const TICKS: f64 = 100.0;

/// A running `regain serve`.
pub(super) struct Server {
    pub(super) port: u16,
    /// From the start of the process to its first page.
    pub(super) started: Duration,
    child: Child,
    home: PathBuf,
}

/// What is set up before the server starts.
pub(super) struct Setup<'a> {
    /// Without one, a file of SQLite.
    pub(super) postgres: Option<&'a Postgres>,
    /// The section `[directory]`; without one, the people are in the embedded directory.
    pub(super) directory: Option<&'a str>,
    /// The only way to prove who one is.
    pub(super) method: &'a str,
    /// The gateway that carries it.
    pub(super) gateway: String,
    pub(super) people: Vec<Lane>,
}

impl Server {
    /// Sets up a store with people and starts the server on it.
    pub(super) fn start(setup: &Setup<'_>) -> Outcome<Self> {
        let home = folder("bench")?;
        let port = free_port()?;
        let config = home.join("regain.toml");
        write(&config, &settings(setup, &home, port))?;
        if setup.directory.is_none() {
            import(&home, &config, "user", persons(&setup.people))?;
        }
        import(&home, &config, "method", contacts(&setup.people))?;
        let begun = host::start();
        let mut serve = program();
        serve.args(["serve", "--config"]).arg(&config).current_dir(&home).stderr(Stdio::null());
        let child = serve.env("REGAIN_LOG", "warn").spawn().map_err(|error| error.to_string())?;
        while Browser::new(port).get("/").is_err() {
            if late(begun) {
                return Err("the server did not answer".into());
            }
            pause(Duration::from_millis(1));
        }
        Ok(Self { port, started: begun.elapsed(), child, home })
    }

    /// CPU time that the process has used.
    pub(super) fn cpu(&self) -> Outcome<Duration> {
        cpu(self.child.id())
    }

    /// Memory in use, in MiB.
    pub(super) fn memory(&self) -> Outcome<f64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| "VmRSS cannot be read")?;
        Ok(kib / 1024.0)
    }

    fn proc(&self, file: &str) -> Outcome<String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).map_err(|error| error.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What is left behind of a benchmark does no harm.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// CPU time that a process has used.
pub(super) fn cpu(pid: u32) -> Outcome<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|error| error.to_string())?;
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    // utime and stime are fields 14 and 15; the two before the name's bracket are gone.
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(Duration::from_secs_f64(ticks / TICKS))
}

fn program() -> Command {
    Command::new(host::root().join("target/release/regain"))
}

/// Runs one of the program's own imports.
fn import(home: &Path, config: &Path, command: &str, list: String) -> Outcome {
    let file = home.join(format!("{command}.csv"));
    write(&file, &list)?;
    let mut import = program();
    import.args([command, "--config"]).arg(config).arg("import").arg(&file);
    host::run(import.current_dir(home).stdout(Stdio::null()))
}

fn persons(people: &[Lane]) -> String {
    let each = people.iter().map(|lane| format!("{0},{0},first-password-1\n", lane.user_id));
    "user_id,name,password\n".to_owned() + &each.collect::<String>()
}

fn contacts(people: &[Lane]) -> String {
    let kind = |contact: &str| if contact.contains('@') { "email" } else { "mobile" };
    let each = people.iter().map(|lane| format!("{},{},{}\n", lane.user_id, kind(&lane.contact), lane.contact));
    "user_id,kind,address\n".to_owned() + &each.collect::<String>()
}

/// Hashing is left out by its settings; judging the new password is not.
pub(crate) const EMBEDDED: &str =
    "[directory]\nkind = \"embedded\"\nargon2_memory_kib = 8\nargon2_passes = 1\nhistory = 0\n";

/// Limits that are out of the way, because something else is tested or measured.
pub(crate) const NO_LIMITS: &str = "failed_proofs = 100\nfailed_proofs_per_network = []\nfailed_proofs_in_all = []\n\
     sends = []\nsends_per_account = []\nsends_per_network = []\nsends_in_all = []\nresets_per_user_id = []\n\
     resets_per_network = []\nresets_in_all = []\nsign_ins_per_account = []\nsign_ins_per_network = []\n\
     sign_ins_in_all = []\n[budget]\nmessages = []\nemails = []\nnumber_range = []\nusual_floor = 0\n";

fn settings(setup: &Setup<'_>, home: &Path, port: u16) -> String {
    let url = setup.postgres.map_or_else(|| format!("sqlite:{}/regain.db", home.display()), |p| p.url.clone());
    let (method, gateway, directory) = (setup.method, &setup.gateway, setup.directory.unwrap_or(EMBEDDED));
    format!(
        r#"
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
pad_milliseconds = 0
connections_per_address = 4096
[store]
url = "{url}"
key_file = "{}/regain.key"
{directory}
[policy]
methods = ["{method}"]
resend_seconds = 0
cooling_off_hours = 0
[captcha]
kind = "off"
[throttle]
{NO_LIMITS}[register]
trust_imported = true
[organisation]
region = "GB"
[care_team]
mail = "care@example.org"
[[delivery.{method}.gateway]]
{gateway}
"#,
        home.display()
    )
}

/// A PostgreSQL with its usual durability, in a folder of its own.
pub(crate) struct Postgres {
    pub(crate) url: String,
    child: Child,
    home: PathBuf,
}

impl Postgres {
    pub(crate) fn start() -> Outcome<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql").map_err(|_| "PostgreSQL is missing: cargo xtask setup")?;
        let bin = versions.flatten().map(|version| version.path().join("bin")).max().ok_or("PostgreSQL is missing")?;
        let home = folder("bench-postgres")?;
        let port = free_port()?;
        let owner = owner(&home)?;
        let tool = |name: &str| {
            let mut command = Command::new(bin.join(name));
            command.current_dir(&home).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some((user, group)) = owner {
                command.gid(group).uid(user);
            }
            command
        };
        let data = home.join("data");
        let words = ["-U", "regain", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "-D"];
        host::run(tool("initdb").args(words).arg(&data))?;
        let mut server = tool("postgres");
        server.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"]).arg(&home);
        let child = server.spawn().map_err(|error| error.to_string())?;
        let begun = host::start();
        while !tool("pg_isready").args(["-h", "127.0.0.1", "-p", &port.to_string()]).status().is_ok_and(|s| s.success())
        {
            if late(begun) {
                return Err("PostgreSQL did not start".into());
            }
            pause(Duration::from_millis(50));
        }
        Ok(Self { url: format!("postgres://regain@127.0.0.1:{port}/postgres"), child, home })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// PostgreSQL refuses to run as root: then the folder goes to the user that its package made.
fn owner(home: &Path) -> Outcome<Option<(u32, u32)>> {
    let id = |words: &[&str]| host::ask("id", words).and_then(|id| id.parse::<u32>().ok());
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    let (user, group) = id(&["-u", "postgres"]).zip(id(&["-g", "postgres"])).ok_or("there is no user postgres")?;
    chown(home, Some(user), Some(group)).map_err(|error| error.to_string())?;
    Ok(Some((user, group)))
}

pub(crate) fn folder(name: &str) -> Outcome<PathBuf> {
    let path = std::env::temp_dir().join(format!("regain-{name}-{}-{}", std::process::id(), free_port()?));
    fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

pub(crate) fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|error| error.to_string())
}

pub(super) fn write(path: &Path, text: &str) -> Outcome {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
