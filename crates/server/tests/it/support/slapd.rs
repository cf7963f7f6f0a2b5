//! A real OpenLDAP server with its own certificate authority, stopped when the value goes or the test run ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::missing;

/// Where its entries begin.
pub(crate) const SUFFIX: &str = "dc=example,dc=org";
/// Regain's own account, as `docs/openldap.md` makes it.
pub(crate) const SERVICE: (&str, &str) = ("cn=regain,ou=services,dc=example,dc=org", "service-secret-1");
const CONFIG: (&str, &str) = ("cn=config", "config-secret-1");
const ROOT: (&str, &str) = ("cn=admin,dc=example,dc=org", "root-secret-1");
/// Debian's path; it is not on everybody's `PATH`.
const PROGRAM: &str = "/usr/sbin/slapd";

/// Starts the server, and stops it when the standard input ends: when the test process is gone.
const SCRIPT: &str = r#"
if [ -d "$FOLDER/slapd.d" ]; then settings="-F $FOLDER/slapd.d"; else settings="-f $FOLDER/slapd.conf"; fi
"$PROGRAM" $settings -h "ldap://127.0.0.1:$PLAIN ldaps://127.0.0.1:$TLS" -d none 2>>"$FOLDER/slapd.log" &
server=$!
tries=0
until LDAPTLS_REQCERT=never ldapwhoami -x -H "ldaps://127.0.0.1:$TLS" >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ $tries -gt 400 ] || ! kill -0 $server 2>/dev/null; then exit 1; fi
  sleep 0.05
done
echo ready
read -r _
kill -9 $server 2>/dev/null
"#;

/// What may differ from server to server.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// Lines of the default policy besides its own.
    pub(crate) policy: &'static str,
    /// What Regain's account may do with `userPassword`.
    pub(crate) right: &'static str,
    /// Whether the overlay is loaded.
    pub(crate) ppolicy: bool,
    /// Which name its certificate bears.
    pub(crate) name: &'static str,
    /// Lines of its settings besides its own: before all databases, of its database, and after everything.
    pub(crate) modules: String,
    pub(crate) database: String,
    pub(crate) last: String,
}

impl Default for Setup {
    fn default() -> Self {
        let (modules, database, last) = Default::default();
        Self { policy: "", right: "=w", ppolicy: true, name: "IP:127.0.0.1", modules, database, last }
    }
}

/// A running server.
pub(crate) struct Slapd {
    /// On 127.0.0.1, for StartTLS.
    pub(crate) plain: u16,
    /// On 127.0.0.1, encrypted from the first byte.
    pub(crate) tls: u16,
    folder: TempDir,
    script: Option<Child>,
}

impl Slapd {
    /// Starts one with nobody in it; nothing where the server is missing and that is allowed.
    pub(crate) fn start(setup: &Setup) -> Option<Self> {
        let server = Self::empty(setup)?;
        server.add(&base(setup));
        Some(server)
    }

    /// Starts one that takes changes and lets others copy them.
    pub(crate) fn provider() -> Option<Self> {
        let (modules, last) = ("moduleload syncprov\n".to_owned(), "overlay syncprov\n".to_owned());
        Self::start(&Setup { modules, last, ..Setup::default() })
    }

    /// Starts one that copies everything from this one, and for changes refers to that address.
    pub(crate) fn replica(&self, refers_to: &str) -> Option<Self> {
        let (dn, password) = ROOT;
        let database = format!(
            "syncrepl rid=001 provider={} type=refreshAndPersist retry=\"1 +\" searchbase=\"{SUFFIX}\" bindmethod=simple \
             binddn=\"{dn}\" credentials={password} tls_reqcert=never\nupdateref {refers_to}\n",
            self.address()
        );
        Self::empty(&Setup { database, ..Setup::default() })
    }

    /// Starts one without a single entry.
    fn empty(setup: &Setup) -> Option<Self> {
        if !Path::new(PROGRAM).exists() || Command::new("ldapwhoami").arg("-VV").output().is_err() {
            missing("OpenLDAP (packages slapd and ldap-utils)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (plain, tls) = (free_port(), free_port());
        certificates(folder.path(), setup.name);
        std::fs::create_dir(folder.path().join("db")).expect("a folder for the entries");
        std::fs::write(folder.path().join("slapd.conf"), configuration(folder.path(), setup)).expect("settings");
        let mut server = Self { plain, tls, folder, script: None };
        server.run();
        Some(server)
    }

    /// Starts one as Debian's package leaves it: its configuration in itself, no overlay, no entry but the first.
    pub(crate) fn bare() -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            missing("OpenLDAP (packages slapd and ldap-utils)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (plain, tls) = (free_port(), free_port());
        certificates(folder.path(), Setup::default().name);
        for name in ["db", "slapd.d"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let [conf, made] = ["slapd.conf", "slapd.d"].map(|name| folder.path().join(name).display().to_string());
        std::fs::write(&conf, bare_configuration(folder.path())).expect("settings");
        let slaptest = Command::new("/usr/sbin/slaptest").args(["-f", &conf, "-F", &made]).output().expect("it runs");
        let told = String::from_utf8_lossy(&slaptest.stderr).into_owned();
        assert!(Path::new(&made).join("cn=config.ldif").exists(), "{told}");
        let mut server = Self { plain, tls, folder, script: None };
        server.run();
        server
            .add(&format!("dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n"));
        Some(server)
    }

    /// How its administrators sign in, as words for OpenLDAP's programs: of the entries, of the configuration.
    pub(crate) fn administrators(&self) -> [String; 2] {
        [ROOT, CONFIG].map(|(dn, password)| format!("-x -H {} -D {dn} -w {password}", self.address()))
    }

    /// Starts it, again after a [`stop`](Self::stop), and waits until it answers.
    pub(crate) fn run(&mut self) {
        let mut script = Command::new("sh");
        script.arg("-c").arg(SCRIPT).env("PROGRAM", PROGRAM).env("FOLDER", self.folder.path());
        script.env("PLAIN", self.plain.to_string()).env("TLS", self.tls.to_string());
        let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the script starts");
        let mut said = String::new();
        let answer = script.stdout.take().map(BufReader::new).map(|mut out| out.read_line(&mut said));
        assert!(matches!(answer, Some(Ok(_))) && said.trim() == "ready", "slapd did not start: {}", self.log());
        self.script = Some(script);
    }

    /// Kills it, as a power cut would.
    pub(crate) fn stop(&mut self) {
        if let Some(mut script) = self.script.take() {
            drop(script.stdin.take());
            script.wait().expect("the server can be stopped");
        }
    }

    /// Gives it another certificate, of another authority, for its next start.
    pub(crate) fn renew_certificate(&self, name: &str) {
        certificates(self.folder.path(), name);
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("slapd.log")).unwrap_or_default()
    }

    /// The authority of its certificate.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Where it is.
    pub(crate) fn address(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls)
    }

    /// A section `[directory]` for it, with these lines besides.
    pub(crate) fn section(&self, more: &str) -> toml::Table {
        self.section_at(&[self.address()], more)
    }

    /// The same for other addresses, such as of a proxy in front of it.
    pub(crate) fn section_at(&self, servers: &[String], more: &str) -> toml::Table {
        let (dn, password) = SERVICE;
        // A busy machine may be slow; servers that are gone refuse at once.
        let text = format!(
            "connect_milliseconds = 10000\nkind = 'ldap'\nservers = {servers:?}\nca_file = '{}'\nbind_dn = '{dn}'\nbind_password = '{password}'\n\
             base_dn = '{SUFFIX}'\ndefault_policy_dn = 'cn=default,ou=policies,{SUFFIX}'\n{more}",
            self.ca_file().display()
        );
        text.parse().expect("a section")
    }

    /// The same for who signs in as the administrator of all entries.
    pub(crate) fn section_as_root(&self) -> toml::Table {
        let mut section = self.section("");
        section.insert("bind_dn".into(), ROOT.0.into());
        section.insert("bind_password".into(), ROOT.1.into());
        section
    }

    /// Changes the configuration of one that has it in itself (LDIF).
    pub(crate) fn configure(&self, ldif: &str) {
        let output = self.client("ldapmodify", CONFIG, &[], ldif);
        assert!(output.status.success(), "{}\n{ldif}", String::from_utf8_lossy(&output.stderr));
    }

    /// Adds entries (LDIF).
    pub(crate) fn add(&self, ldif: &str) {
        self.as_root("ldapadd", &[], ldif);
    }

    /// Changes entries (LDIF).
    pub(crate) fn modify(&self, ldif: &str) {
        // Relaxed rules: attributes that only the server itself writes may be set.
        self.as_root("ldapmodify", &["-e", "relax"], ldif);
    }

    fn as_root(&self, program: &str, words: &[&str], input: &str) -> String {
        let output = self.client(program, ROOT, words, input);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program}: {told}\n{input}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs one of OpenLDAP's own programs as somebody.
    pub(crate) fn client(&self, program: &str, (dn, password): (&str, &str), words: &[&str], input: &str) -> Output {
        let mut client = Command::new(program);
        // They only set the scene: whether certificates are believed is for Regain.
        client.env("LDAPTLS_REQCERT", "never").args(["-x", "-H", &self.address(), "-D", dn, "-w", password]);
        client.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut client = client.spawn().expect("the program starts");
        client.stdin.take().expect("it reads").write_all(input.as_bytes()).expect("it takes its input");
        client.wait_with_output().expect("it ends")
    }

    /// Whether another program than Regain gets in with this password.
    pub(crate) fn lets_in(&self, dn: &str, password: &str) -> bool {
        self.client("ldapwhoami", (dn, password), &[], "").status.success()
    }

    /// The values of an attribute of an entry, as its administrator sees them.
    pub(crate) fn values(&self, dn: &str, attribute: &str) -> Vec<String> {
        let words = ["-LLL", "-o", "ldif-wrap=no", "-b", dn, "-s", "base", attribute];
        let ldif = self.as_root("ldapsearch", &words, "");
        let start = format!("{attribute}: ");
        ldif.lines().filter_map(|line| line.strip_prefix(&start)).map(str::to_owned).collect()
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A person's entry (LDIF).
pub(crate) fn person(uid: &str, name: &str, more: &str) -> String {
    format!("dn: uid={uid},ou=people,{SUFFIX}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {name}\nsn: x\n{more}\n\n")
}

fn bare_configuration(folder: &Path) -> String {
    let folder = folder.display();
    let schema =
        ["core", "cosine", "inetorgperson", "nis"].map(|name| format!("include /etc/ldap/schema/{name}.schema\n"));
    format!(
        "{}modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {folder}/pid\n\
         TLSCACertificateFile {folder}/ca.pem\nTLSCertificateFile {folder}/cert.pem\nTLSCertificateKeyFile {folder}/key.pem\n\
         database config\nrootdn \"{}\"\nrootpw {}\n\
         database mdb\nsuffix \"{SUFFIX}\"\ndirectory {folder}/db\nmaxsize 67108864\nrootdn \"{}\"\nrootpw {}\n\
         index objectClass eq\nindex cn,uid eq\nindex member,memberUid eq\naccess to attrs=userPassword by self write by anonymous auth by * none\naccess to * by * read\n",
        schema.concat(),
        CONFIG.0,
        CONFIG.1,
        ROOT.0,
        ROOT.1
    )
}

fn configuration(folder: &Path, setup: &Setup) -> String {
    let folder = folder.display();
    let schema =
        ["core", "cosine", "inetorgperson", "nis"].map(|name| format!("include /etc/ldap/schema/{name}.schema\n"));
    let (service, right, root) = (SERVICE.0, setup.right, ROOT);
    let overlay = if setup.ppolicy {
        format!(
            "overlay ppolicy\nppolicy_default \"cn=default,ou=policies,{SUFFIX}\"\nppolicy_hash_cleartext\nppolicy_use_lockout\n"
        )
    } else {
        String::new()
    };
    format!(
        "{}modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\nmoduleload memberof\n{}pidfile {folder}/pid\n\
         TLSCACertificateFile {folder}/ca.pem\nTLSCertificateFile {folder}/cert.pem\nTLSCertificateKeyFile {folder}/key.pem\n\
         TLSProtocolMin 3.3\nsecurity simple_bind=128 update_ssf=128\npassword-hash {{SSHA}}\n\
         database mdb\nsuffix \"{SUFFIX}\"\ndirectory {folder}/db\nmaxsize 67108864\ndbnosync\n\
         rootdn \"{}\"\nrootpw {}\nindex objectClass,uid,mail,member,entryUUID eq\n\
         limits dn.exact=\"{service}\" size.prtotal=unlimited\n\
         access to dn.subtree=\"ou=people,{SUFFIX}\" attrs=userPassword\n  by dn.exact=\"{service}\" {right}\n  by self =xw\n  by anonymous auth\n  by * none\n\
         access to dn.subtree=\"ou=people,{SUFFIX}\" attrs=pwdAccountLockedTime\n  by dn.exact=\"{service}\" write\n  by * none\n\
         access to attrs=userPassword\n  by anonymous auth\n  by * none\n\
         access to *\n  by dn.exact=\"{service}\" read\n  by * none\n\
         {}{overlay}overlay memberof\n{}",
        schema.concat(),
        setup.modules,
        root.0,
        root.1,
        setup.database,
        setup.last,
    )
}

fn base(setup: &Setup) -> String {
    let (service, password) = SERVICE;
    let units = ["people", "services", "policies", "groups"];
    let units = units.map(|unit| format!("dn: ou={unit},{SUFFIX}\nobjectClass: organizationalUnit\nou: {unit}\n\n"));
    let policy = if setup.ppolicy {
        format!(
            "dn: cn=default,ou=policies,{SUFFIX}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: default\n\
             pwdAttribute: userPassword\npwdCheckQuality: 2\npwdMinLength: 8\npwdInHistory: 3\npwdLockout: TRUE\npwdMaxFailure: 20\n\
             pwdLockoutDuration: 0\npwdMustChange: TRUE\npwdAllowUserChange: TRUE\n{}\n\n",
            setup.policy
        )
    } else {
        String::new()
    };
    format!(
        "dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n{}{policy}\
         dn: {service}\nobjectClass: device\nobjectClass: simpleSecurityObject\ncn: regain\nuserPassword: {password}\n\n",
        units.concat()
    )
}

/// An authority, and a certificate that it has signed for a name.
fn certificates(folder: &Path, name: &str) {
    let file = |name: &str| folder.join(name).display().to_string();
    let extensions = format!("subjectAltName={name}\nbasicConstraints=CA:FALSE\n");
    std::fs::write(folder.join("ext.cnf"), extensions).expect("the settings can be written");
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl(
        &[
            &["req", "-x509", "-days", "2", "-subj", "/CN=Test CA"],
            &curve[..],
            &["-keyout", &file("ca.key"), "-out", &file("ca.pem")],
        ]
        .concat(),
    );
    openssl(
        &[&["req", "-subj", "/CN=directory"], &curve[..], &["-keyout", &file("key.pem"), "-out", &file("csr.pem")]]
            .concat(),
    );
    openssl(&[
        "x509",
        "-req",
        "-in",
        &file("csr.pem"),
        "-CA",
        &file("ca.pem"),
        "-CAkey",
        &file("ca.key"),
        "-CAcreateserial",
        "-days",
        "2",
        "-out",
        &file("cert.pem"),
        "-extfile",
        &file("ext.cnf"),
    ]);
}

fn openssl(words: &[&str]) {
    let made = Command::new("openssl").args(words).stderr(Stdio::null()).status().expect("openssl is installed");
    assert!(made.success(), "openssl {words:?}");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its number").port()
}
