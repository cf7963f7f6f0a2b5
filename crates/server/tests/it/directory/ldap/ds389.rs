//! 389 Directory Server, prepared by the commands of `docs/389ds.md`. Only when asked for, by `cargo xtask test --389ds`: it takes
//! half a minute to start, and its package keeps every server in folders of the system.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use regain::directory::{Directory, Lock, Refusal, Verdict};
use regain_core::Secret;
use regain_core::subject::AccountId;

use super::{FIRST, dn, guide, open, refusal};
use crate::support::Engine;
use crate::support::app::NEW;
use crate::support::slapd::{SUFFIX, person};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/ds389.sh");

/// Who sets the password.
#[derive(Clone, Copy, Debug)]
enum By {
    Reset,
    Change,
}

/// A running server; it removes itself when its standard input ends.
struct Ds389 {
    name: String,
    tls: u16,
    script: Child,
}

impl Ds389 {
    fn start() -> Option<Self> {
        if !regain::config::environment().into_iter().any(|(name, on)| name == "REGAIN_TEST_389DS" && on == "1") {
            eprintln!("\n!!! NOT TESTED: 389 Directory Server is tested by `cargo xtask test --389ds` only\n");
            return None;
        }
        let (plain, tls) = (free_port(), free_port());
        let name = format!("regain{tls}");
        let mut script = Command::new("sh");
        script.args([SCRIPT, &name, &plain.to_string(), &tls.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = script.spawn().expect("the script starts");
        let mut said = String::new();
        BufReader::new(script.stdout.take().expect("its output is ours"))
            .read_line(&mut said)
            .expect("it says something");
        assert_eq!(said.trim(), "ready", "389 Directory Server did not start");
        Some(Self { name, tls, script })
    }

    fn ca_file(&self) -> PathBuf {
        PathBuf::from(format!("/etc/dirsrv/slapd-{}/ca.crt", self.name))
    }

    /// Its certificate bears this name.
    fn address(&self) -> String {
        format!("ldaps://localhost:{}", self.tls)
    }

    /// The section for it.
    fn section(&self) -> toml::Table {
        let section = format!(
            "kind = 'ldap'\nservers = ['{}']\nca_file = '{}'\nbind_dn = 'cn=regain,{SUFFIX}'\nbind_password = 'service-secret-1'\nbase_dn = '{SUFFIX}'\ndefault_policy_dn = 'cn=config'\nconnect_milliseconds = 5000",
            self.address(),
            self.ca_file().display()
        );
        section.parse().expect("a section")
    }

    /// How its administrator signs in.
    fn root(&self) -> String {
        format!("-x -H {} -D cn=root -w root-secret-1", self.address())
    }

    fn as_root(&self, program: &str, input: &str) {
        let mut client = Command::new(program);
        client.args(self.root().split(' ')).env("LDAPTLS_REQCERT", "never").stdin(Stdio::piped());
        let mut client = client.stdout(Stdio::null()).spawn().expect("the program starts");
        client.stdin.take().expect("it reads").write_all(input.as_bytes()).expect("it takes its input");
        assert!(client.wait().expect("it ends").success(), "{program} {input}");
    }

    fn configure(&self, attribute: &str, value: &str) {
        self.as_root(
            "ldapmodify",
            &format!("dn: cn=config\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"),
        );
    }

    fn lets_in(&self, password: &str) -> bool {
        let mut client = Command::new("ldapwhoami");
        client.args(["-x", "-H", &self.address(), "-D", &dn("jo"), "-w", password]).env("LDAPTLS_REQCERT", "never");
        client.output().expect("the program runs").status.success()
    }
}

impl Drop for Ds389 {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        self.script.wait().expect("the server is removed");
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its number").port()
}

async fn verdict(directory: &dyn Directory, jo: &AccountId, password: &str) -> Verdict {
    directory.verify(Some(jo), &Secret::new(password)).await.unwrap()
}

/// One made by the page's commands, with Jo on it.
fn guided() -> Option<Ds389> {
    let server = Ds389::start()?;
    let found = guide::blocks("389ds.md", "sh");
    assert_eq!(found.len(), 3);
    for block in found {
        let mut sh = Command::new("sh");
        sh.args(["-e", "-c", &block]).env("ROOT", server.root()).env("LDAPTLS_REQCERT", "never");
        let output = sh.output().unwrap();
        assert!(output.status.success(), "{}\n{block}", String::from_utf8_lossy(&output.stderr));
    }
    server.as_root("ldapadd", &person("jo", "Jo Bloggs", &format!("mail: jo@example.org\nuserPassword: {FIRST}")));
    Some(server)
}

#[tokio::test]
async fn the_guide_to_389_makes_a_server_with_which_everything_works() {
    let Some(server) = guided() else { return };
    let group =
        format!("dn: cn=admins,ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: admins\nmember: {}\n", dn("jo"));
    server.as_root("ldapadd", &group);
    let directory = open(server.section()).await;
    let found = directory.find("jo@example.org").await.unwrap().expect("is found by mail");
    assert!(found.groups.contains(&"admins".to_owned()), "{:?}", found.groups);
    let jo = found.id;
    let reset = async |password: &str| directory.reset(&jo, &Secret::new(password)).await;
    let change = async |old: &str, new: &str| directory.change(&jo, &Secret::new(old), &Secret::new(new)).await;

    assert_eq!(refusal(reset("kettle7").await), Refusal::TooShort { min: 8 });
    reset("second kettle 95").await.unwrap();
    assert_eq!(refusal(reset(FIRST).await), Refusal::InHistory);
    assert!(server.lets_in("second kettle 95") && !server.lets_in(FIRST));
    change("second kettle 95", "third kettle 96").await.unwrap();
    assert_eq!(refusal(change("wrong", "fourth kettle 97").await), Refusal::OldPassword);
    assert_eq!(refusal(change("third kettle 96", FIRST).await), Refusal::InHistory);
    assert_eq!(refusal(change("third kettle 96", "third kettle 96").await), Refusal::InHistory);
    assert_eq!(refusal(reset("third kettle 96").await), Refusal::InHistory, "the very one there is");
    assert_eq!(verdict(&*directory, &jo, "third kettle 96").await, Verdict::Right);

    for (attribute, value) in [("passwordLockout", "on"), ("passwordMaxFailure", "3"), ("passwordUnlock", "off")] {
        server.configure(attribute, value);
    }
    for _ in 0..4 {
        verdict(&*directory, &jo, "wrong").await;
    }
    assert_eq!(verdict(&*directory, &jo, "third kettle 96").await, Verdict::Locked);
    let status = directory.person(&jo).await.unwrap().unwrap().status;
    assert_eq!(status.locked, Some(Lock::Lasting));
    directory.unlock(&jo).await.unwrap();
    assert_eq!(verdict(&*directory, &jo, "third kettle 96").await, Verdict::Right);
    for _ in 0..4 {
        verdict(&*directory, &jo, "wrong").await;
    }
    reset("fourth kettle 97").await.unwrap();
    assert_eq!(verdict(&*directory, &jo, "fourth kettle 97").await, Verdict::Right, "a reset lifts the lock");
}

#[tokio::test]
async fn why_389_finds_a_password_not_good_enough_is_told_by_its_reason() {
    let Some(server) = guided() else { return };
    let words = tempfile::tempdir().unwrap();
    let dictionary = words.path().join("words");
    let mut packer = Command::new("/usr/sbin/cracklib-packer");
    let mut packer = packer.arg(&dictionary).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    packer.stdin.take().unwrap().write_all(b"harbour\nlantern\n").unwrap();
    assert!(packer.wait().unwrap().success());
    std::fs::set_permissions(words.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let directory = open(server.section()).await;
    let jo = directory.find("jo").await.unwrap().unwrap().id;
    let set = async |by: By, password: &str| {
        let new = Secret::new(password);
        refusal(match by {
            By::Reset => directory.reset(&jo, &new).await,
            By::Change => directory.change(&jo, &Secret::new(FIRST), &new).await,
        })
    };
    server.configure("passwordBadWords", "kettle");
    server.configure("passwordPalindrome", "on");
    server.configure("passwordMaxRepeats", "3");
    for by in [By::Reset, By::Change] {
        assert_eq!(set(by, "Second Kettle 95").await, Refusal::Dictionary, "{by:?}");
        assert_eq!(set(by, "secondpot").await, Refusal::Complexity, "{by:?}");
        assert_eq!(set(by, "abX9 9Xba").await, Refusal::Other, "{by:?}: a palindrome");
        assert_eq!(set(by, "Second pot 99999").await, Refusal::Other, "{by:?}");
        assert_eq!(set(by, "Second Bloggs 95").await, Refusal::Other, "{by:?}: a name");
        assert_eq!(set(by, "pot 95").await, Refusal::TooShort { min: 8 }, "{by:?}");
    }
    server.configure("passwordDictPath", &dictionary.display().to_string());
    server.configure("passwordDictCheck", "on");
    for by in [By::Reset, By::Change] {
        assert_eq!(set(by, "Harbour1").await, Refusal::Dictionary, "{by:?}");
    }
    // A dictionary that is not there is nobody's weak password.
    server.configure("passwordDictPath", "/nowhere/words");
    assert_eq!(set(By::Reset, "plum lantern 94 orbit").await, Refusal::Other);
    assert!(server.lets_in(FIRST), "nothing was changed");

    server.configure("passwordDictPath", &dictionary.display().to_string());
    let engine = Engine::sqlite();
    let (test, mut browser) = super::reset::open(&engine, server.section()).await;
    super::reset::proved(&test, &mut browser).await;
    let told = super::reset::choose(&mut browser, NEW).await.text();
    assert!(told.contains("is, or contains, a well-known word") && told.contains("Enter new password"), "{told}");
    let done = super::reset::choose(&mut browser, "plum saucer 94 orbit").await.text();
    assert!(done.contains("You have a new password"), "{done}");
    assert!(server.lets_in("plum saucer 94 orbit") && !server.lets_in(FIRST));
}
