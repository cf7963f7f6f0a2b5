//! A controller of the tests' domain: a script that runs Samba, and does what it is told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult};

use super::super::missing;
use super::{ADMIN, DOMAIN};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/samba.sh");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/active-directory.md");
/// What the script reads, for whoever is root in our place.
const VARIABLES: &str = "--preserve-env=DATA,ADDRESS,DELEGATION,ADMIN_PASSWORD,SERVICES,FIRST,FIRST_DATA";

/// One of them.
pub(crate) struct Controller {
    /// Of this machine; its ports are the usual ones.
    pub(crate) address: String,
    pub(super) data: PathBuf,
    // Dropped with the process: its standard input closes, and the script stops the server.
    script: Mutex<Script>,
}

struct Script {
    _child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Controller {
    /// The first one of a new domain; nothing where Samba is missing and that is allowed.
    pub(super) fn start() -> Option<Self> {
        let there = ["/usr/sbin/samba", "/usr/bin/samba-tool", "/usr/bin/ldapsearch", "/usr/bin/kinit"].map(Path::new);
        if !there.iter().all(|program| program.exists()) {
            missing("a Samba domain controller (packages samba-ad-dc, samba-ad-provision, ldap-utils, krb5-user)");
            return None;
        }
        let delegation = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(delegation.path(), commands()).expect("it is written");
        if elsewhere().is_some() {
            std::fs::copy(delegation.path(), seen(delegation.path())).expect("it is copied");
        }
        Some(Self::run("ad", &[("DELEGATION", delegation.path().as_os_str())]))
    }

    /// A second one of this one's domain.
    pub(super) fn joined(&self) -> Self {
        let data = own_folder("ad");
        Self::run(
            "ad-second",
            &[("FIRST", self.address.as_ref()), ("FIRST_DATA", data.as_os_str()), ("SERVICES", "ldap".as_ref())],
        )
    }

    fn run(name: &str, more: &[(&str, &std::ffi::OsStr)]) -> Self {
        let (address, data) = (free_address(), own_folder(name));
        let mut script = match elsewhere() {
            None => as_root(),
            Some(root) => {
                std::fs::create_dir_all(seen(Path::new(SCRIPT)).parent().expect("a folder")).expect("it is made");
                std::fs::copy(SCRIPT, seen(Path::new(SCRIPT))).expect("it is copied");
                let mut script = Command::new("chroot");
                script.arg(root).args(["env", "LC_ALL=C.UTF-8", "sh"]);
                script
            }
        };
        script.arg(SCRIPT).env("DATA", &data).env("ADDRESS", &address).env("ADMIN_PASSWORD", ADMIN.1);
        script.envs(more.iter().copied()).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().expect("the script starts");
        let to = child.stdin.take().expect("it listens");
        let from = BufReader::new(child.stdout.take().expect("its output"));
        let mut script = Script { _child: child, to, from };
        script.until("ready");
        Self { address, data: seen(&data), script: Mutex::new(script) }
    }

    /// Tells the script something, and waits until it is done: `stop`, `run`, and for the second one `copy`, by which it takes
    /// over what the first one has, at once.
    pub(crate) fn does(&self, what: &str) {
        let mut script = self.script.lock().expect("no test failed in here");
        writeln!(script.to, "{what}").expect("the script listens");
        script.until("done");
    }

    /// Its address for Regain.
    pub(crate) fn url(&self) -> String {
        format!("ldaps://{}", self.address)
    }

    /// Whether Debian's own `ldapsearch` signs in.
    pub(crate) fn lets_in(&self, name: &str, password: &str) -> bool {
        let mut command = Command::new("ldapsearch");
        command.args(["-x", "-LLL", "-H", &self.url(), "-D", name, "-w", password]);
        command.args(["-s", "base", "-b", DOMAIN, "1.1"]).env("LDAPTLS_CACERT", self.data.join("tls/ca.pem"));
        command.output().expect("ldapsearch runs").status.success()
    }

    /// Signs in.
    pub(super) async fn bind(&self, name: &str, password: &str) -> (Ldap, LdapResult) {
        let tls = regain::tls::client_trusting(&self.data.join("tls/ca.pem")).expect("the authority's certificate");
        let settings = LdapConnSettings::new().set_config(Arc::new(tls));
        let (connection, mut ldap) = LdapConnAsync::with_settings(settings, &self.url()).await.expect("a connection");
        tokio::spawn(connection.drive());
        let answer = ldap.simple_bind(name, password).await.expect("an answer");
        (ldap, answer)
    }

    /// The same for who has to get in.
    pub(super) async fn bound(&self, name: &str, password: &str) -> Ldap {
        let (ldap, answer) = self.bind(name, password).await;
        answer.success().expect("signed in");
        ldap
    }
}

impl Script {
    fn until(&mut self, word: &str) {
        let mut said = String::new();
        while self.from.read_line(&mut said).expect("its output") > 0 {
            if said.lines().last() == Some(word) {
                return;
            }
        }
        panic!("Samba:\n{said}");
    }
}

fn own_folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("regain-test-{name}-{}", std::process::id()))
}

/// Another system's root in which a newer Samba is: `REGAIN_TEST_SAMBA_ROOT`.
pub(super) fn elsewhere() -> Option<PathBuf> {
    let found = regain::config::environment().into_iter().find(|(name, _)| name == "REGAIN_TEST_SAMBA_ROOT");
    found.map(|(_, root)| PathBuf::from(root))
}

/// In there everything has the same name; seen from here it lies below.
fn seen(path: &Path) -> PathBuf {
    match elsewhere() {
        Some(root) => root.join(path.strip_prefix("/").expect("a whole path")),
        None => path.to_owned(),
    }
}

/// The page's commands for Samba, in their order.
fn commands() -> String {
    let page = std::fs::read_to_string(PAGE).expect("the page");
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let blocks: Vec<&str> = blocks.filter(|block| block.contains("samba-tool")).collect();
    assert!(blocks.len() >= 3, "the page has its commands");
    blocks.concat()
}

/// Samba's ports are fixed and below 1024, so it needs root, and an address where nobody else has them.
fn as_root() -> Command {
    let root =
        std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).is_ok_and(|uid| uid == 0);
    if root {
        return Command::new("sh");
    }
    let mut command = Command::new("sudo");
    command.args(["--non-interactive", VARIABLES, "sh"]);
    command
}

fn free_address() -> String {
    let own = std::process::id();
    let addresses = (0..100)
        .map(|n| own + n * 7919)
        .map(|n| format!("127.{}.{}.{}", 64 + n % 128, n / 128 % 256, 2 + n / 32_768 % 250));
    // Who is not root cannot try; numbers of processes differ anyway.
    let free = |address: &String| {
        [88, 389, 636].iter().all(|port| match TcpListener::bind((address.as_str(), *port)) {
            Ok(_) => true,
            Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
        })
    };
    addresses.into_iter().find(free).expect("an address of this machine")
}
