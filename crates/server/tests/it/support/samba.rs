//! A real Samba AD DC for this test run: provisioned and started by the first test that asks (6 to 8 seconds), gone when the run
//! is over, however it ends. There is one domain, so tests take turns; each finds it empty of people. A test that asks for it has
//! a second controller of that domain, too (another 6 seconds, once).

mod controller;

use std::collections::HashSet;
use std::process::{Command, Output};
use std::sync::OnceLock;

use ldap3::controls::RawControl;
use ldap3::{Ldap, Mod, Scope, SearchEntry};
use regain::clock::Clock;
use regain::directory::Deps;
use regain::directory::active_directory::ActiveDirectory;
use regain::store::Store;
use tokio::sync::{Mutex, MutexGuard};

use self::controller::Controller;
use super::Engine;

const ADMIN: (&str, &str) = ("administrator@corp.example", "Adm1n-Passw0rd!");
/// Deletes an entry with all below it ([MS-ADTS] 3.1.1.3.4.1.15).
const TREE_DELETE: &str = "1.2.840.113556.1.4.805";

/// Where the page's account has its rights.
pub(crate) const PEOPLE: &str = "OU=People,DC=corp,DC=example";
/// The domain.
pub(crate) const DOMAIN: &str = "DC=corp,DC=example";
/// The first password of everybody.
pub(crate) const FIRST: &str = "first kettle 94";

static FIRST_ONE: OnceLock<Option<Controller>> = OnceLock::new();
static SECOND_ONE: OnceLock<Controller> = OnceLock::new();
static TURN: Mutex<()> = Mutex::const_new(());

/// The domain, for as long as this is kept.
pub(crate) struct Domain {
    server: &'static Controller,
    admin: Ldap,
    store: Store,
    _engine: Engine,
    _turn: MutexGuard<'static, ()>,
}

impl Domain {
    /// An empty one with lenient rules; nothing where Samba is missing and that is allowed.
    pub(crate) async fn take() -> Option<Self> {
        let turn = TURN.lock().await;
        let server = FIRST_ONE.get_or_init(Controller::start).as_ref()?;
        let engine = Engine::sqlite();
        let store = engine.open(&Clock::real()).await;
        let admin = server.bound(ADMIN.0, ADMIN.1).await;
        let mut domain = Self { server, admin, store, _engine: engine, _turn: turn };
        domain.empty().await;
        Some(domain)
    }

    async fn empty(&mut self) {
        let groups = "CN=Password Settings Container,CN=System,DC=corp,DC=example";
        for (base, filter) in [
            (PEOPLE, "(objectClass=*)"),
            (groups, "(objectClass=msDS-PasswordSettings)"),
            ("CN=Users,DC=corp,DC=example", "(description=of a test)"),
        ] {
            let found = self.admin.search(base, Scope::OneLevel, filter, vec!["1.1"]).await.expect("an answer");
            for entry in found.success().expect("found").0 {
                let control = RawControl { ctype: TREE_DELETE.into(), crit: true, val: None };
                let dn = SearchEntry::construct(entry).dn;
                self.admin.with_controls(vec![control]).delete(&dn).await.expect("an answer").success().expect(&dn);
            }
        }
        let rules = [
            ("minPwdLength", "8"),
            ("pwdProperties", "0"),
            ("pwdHistoryLength", "3"),
            ("minPwdAge", "0"),
            ("lockoutThreshold", "0"),
        ];
        self.set(DOMAIN, &rules).await;
    }

    /// The kind, opened with these settings on top of the usual ones.
    pub(crate) fn directory(&self, settings: &str) -> ActiveDirectory {
        self.directory_at(settings, Clock::real())
    }

    /// The same, with a clock of its own.
    pub(crate) fn directory_at(&self, settings: &str, clock: Clock) -> ActiveDirectory {
        let deps = Deps { store: self.store.clone(), clock, groups: Vec::new() };
        ActiveDirectory::open(deps, self.section(settings)).expect("the section is good")
    }

    /// Whether history holds for a reset, too: not with Debian 12's Samba, but with 4.25.
    pub(crate) fn offers_hints(&self) -> bool {
        let Controller { address, data, .. } = self.server;
        let mut command = Command::new("ldapsearch");
        command.args(["-x", "-LLL", "-H", &format!("ldaps://{address}"), "-s", "base", "-b", "", "supportedControl"]);
        let told = command.env("LDAPTLS_CACERT", data.join("tls/ca.pem")).output().expect("ldapsearch runs").stdout;
        let offers = String::from_utf8_lossy(&told).contains("1.2.840.113556.1.4.2239");
        assert!(
            offers || controller::elsewhere().is_none(),
            "the Samba that is there for its policy hints offers them"
        );
        offers
    }

    /// `[directory]` as the page has it; `settings` override.
    pub(crate) fn section(&self, settings: &str) -> toml::Table {
        let Controller { address, data, .. } = self.server;
        let data = data.display();
        let own = format!(
            "kind = 'active_directory'\nservers = ['ldaps://{address}']\nca_file = '{data}/tls/ca.pem'\nbase_dn = '{PEOPLE}'\n\
             bind_dn = 'regain@corp.example'\nbind_password_file = '{data}/as-documented/regain-ad.password'\n\
             connect_milliseconds = 10000\n"
        );
        let mut own: toml::Table = own.parse().expect("TOML");
        own.extend(settings.parse::<toml::Table>().expect("TOML"));
        own
    }

    /// Adds an enabled person with the first password and gives its place. Its name is also its `sAMAccountName`.
    pub(crate) async fn person(&mut self, name: &str, more: &[(&str, &str)]) -> String {
        self.person_in(PEOPLE, name, more).await
    }

    /// As [`person`](Self::person), elsewhere.
    pub(crate) async fn person_in(&mut self, place: &str, name: &str, more: &[(&str, &str)]) -> String {
        let mut attributes = vec![("objectClass", "user"), ("userAccountControl", "512")];
        attributes.retain(|(name, _)| !more.iter().any(|(own, _)| own == name));
        attributes.extend_from_slice(more);
        self.add(place, name, &attributes, Some(FIRST)).await
    }

    /// Adds an entry with a `sAMAccountName`.
    pub(crate) async fn add(
        &mut self,
        place: &str,
        name: &str,
        attributes: &[(&str, &str)],
        password: Option<&str>,
    ) -> String {
        let dn = format!("CN={name},{place}");
        let mut all: Vec<(Vec<u8>, HashSet<Vec<u8>>)> = Vec::new();
        for (name, value) in attributes.iter().copied().chain([("sAMAccountName", name)]) {
            all.push((name.into(), HashSet::from([value.as_bytes().to_vec()])));
        }
        all.extend(password.map(|password| (b"unicodePwd".to_vec(), HashSet::from([quoted(password)]))));
        self.admin.add(&dn, all).await.expect("an answer").success().expect(&dn);
        dn
    }

    /// Adds a group of these.
    pub(crate) async fn group(&mut self, name: &str, members: &[&str]) -> String {
        let dn = self.add(PEOPLE, name, &[("objectClass", "group")], None).await;
        for member in members {
            self.join(&dn, member).await;
        }
        dn
    }

    /// Puts somebody into a group.
    pub(crate) async fn join(&mut self, group: &str, member: &str) {
        let change = Mod::Add(b"member".to_vec(), HashSet::from([member.as_bytes().to_vec()]));
        self.admin.modify(group, vec![change]).await.expect("an answer").success().expect("joined");
    }

    /// Sets attributes as the administrator.
    pub(crate) async fn set(&mut self, dn: &str, attributes: &[(&str, &str)]) {
        let change = |(name, value): &(&str, &str)| {
            Mod::Replace(name.as_bytes().to_vec(), HashSet::from([value.as_bytes().to_vec()]))
        };
        let changes = attributes.iter().map(change).collect();
        self.admin.modify(dn, changes).await.expect("an answer").success().expect(dn);
    }

    /// Renames somebody, and moves it to another place.
    pub(crate) async fn rename(&mut self, dn: &str, name: &str, place: &str) {
        let moved = self.admin.modifydn(dn, &format!("CN={name}"), true, Some(place)).await;
        moved.expect("an answer").success().expect("moved");
    }

    /// A unit within the people's.
    pub(crate) async fn unit(&mut self, name: &str) -> String {
        let dn = format!("OU={name},{PEOPLE}");
        let class = vec![("objectClass", HashSet::from(["organizationalUnit"]))];
        self.admin.add(&dn, class).await.expect("an answer").success().expect("added");
        dn
    }

    /// A fine-grained policy for one person: the usual one, with these differences.
    pub(crate) async fn policy(&mut self, person: &str, own: &[(&str, &str)]) {
        let usual = [
            ("objectClass", "msDS-PasswordSettings"),
            ("msDS-PasswordSettingsPrecedence", "10"),
            ("msDS-PasswordReversibleEncryptionEnabled", "FALSE"),
            ("msDS-PasswordHistoryLength", "3"),
            ("msDS-PasswordComplexityEnabled", "FALSE"),
            ("msDS-MinimumPasswordLength", "8"),
            ("msDS-MinimumPasswordAge", "0"),
            ("msDS-MaximumPasswordAge", "-9223372036854775808"),
            ("msDS-LockoutThreshold", "0"),
            ("msDS-LockoutObservationWindow", "-18000000000"),
            ("msDS-LockoutDuration", "-18000000000"),
            ("msDS-PSOAppliesTo", person),
        ];
        let dn = format!("CN=own-{},CN=Password Settings Container,CN=System,{DOMAIN}", person.len());
        let all = usual.map(|(name, value)| {
            let value = own.iter().find(|(own, _)| *own == name).map_or(value, |(_, value)| value);
            (name.as_bytes().to_vec(), HashSet::from([value.as_bytes().to_vec()]))
        });
        self.admin.add(&dn, all.into()).await.expect("an answer").success().expect("the policy holds");
    }

    /// The result code of what Regain's own account tries to write.
    pub(crate) async fn tries_to_set(&self, dn: &str, name: &str, value: &str) -> u32 {
        let password = std::fs::read_to_string(self.server.data.join("as-documented/regain-ad.password"));
        let mut own = self.server.bound("regain@corp.example", password.expect("a file").trim()).await;
        let value = if name == "unicodePwd" { quoted(value) } else { value.as_bytes().to_vec() };
        let change = Mod::Replace(name.as_bytes().to_vec(), HashSet::from([value]));
        own.modify(dn, vec![change]).await.expect("an answer").rc
    }

    /// A second controller, which has copied everything so far, and copies again when it is told to.
    pub(crate) fn second(&self) -> &'static Controller {
        let second = SECOND_ONE.get_or_init(|| self.server.joined());
        second.does("run");
        second.does("copy");
        second
    }

    /// Sets the day on which somebody got the password to one long ago.
    pub(crate) fn age(&self, dn: &str) {
        self.server.does(&format!("age {dn}"));
    }

    /// What the controller says to a sign-in: its result code, and the number in its words.
    pub(crate) async fn told(&self, dn: &str, password: &str) -> (u32, String) {
        let answer = self.server.bind(dn, password).await.1;
        let number = answer.text.split_once(", data ").and_then(|(_, rest)| rest.split(',').next());
        (answer.rc, number.unwrap_or_default().to_owned())
    }

    /// Whether Debian's own `ldapsearch` signs in.
    pub(crate) fn ldapsearch(&self, name: &str, password: &str) -> bool {
        self.server.lets_in(name, password)
    }

    /// Whether MIT's `kinit` gets a ticket.
    pub(crate) fn kinit(&self, name: &str, password: &str) -> bool {
        let Controller { data, .. } = self.server;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new("sh");
        command.args(["-c", "printf '%s\\n' \"$PASSWORD\" | kinit \"$NAME\""]);
        command.env("PASSWORD", password).env("NAME", format!("{name}@CORP.EXAMPLE"));
        command.env("KRB5_CONFIG", data.join("krb5.conf"));
        command.env("KRB5CCNAME", format!("FILE:{}", folder.path().join("tickets").display()));
        let Output { status, .. } = command.output().expect("kinit runs");
        status.success()
    }
}

fn quoted(password: &str) -> Vec<u8> {
    format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect()
}
