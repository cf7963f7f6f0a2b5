//! An OpenLDAP of the benchmark's own.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::super::late;
use super::super::people::{Lane, pause};
use super::super::server::{folder, free_port, write};
use crate::host::{self, Outcome};

pub(super) const SUFFIX: &str = "dc=example,dc=org";
/// Regain's account there, and its password.
pub(super) const SERVICE: (&str, &str) = ("cn=regain,dc=example,dc=org", "service-secret-1");

pub(super) struct Slapd {
    /// The port without encryption, for the bare loop.
    pub(super) plain: u16,
    tls: u16,
    child: Child,
    home: PathBuf,
}

impl Slapd {
    /// Starts one with so many people.
    pub(super) fn start(people: usize) -> Outcome<Self> {
        let home = folder("bench-slapd")?;
        let file = |name: &str| home.join(name).display().to_string();
        fs::create_dir(home.join("db")).map_err(|error| error.to_string())?;
        let mut certificate = Command::new("openssl");
        certificate.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
        certificate.args(["-days", "2", "-subj", "/CN=directory", "-addext", "subjectAltName=IP:127.0.0.1"]);
        certificate.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        certificate.args(["-keyout", &file("key.pem"), "-out", &file("cert.pem")]).stderr(Stdio::null());
        host::run(&mut certificate)?;
        let conf = home.join("slapd.conf");
        write(&conf, &settings(&file("cert.pem"), &file("key.pem"), &file("db")))?;
        write(&home.join("entries.ldif"), &entries(people))?;
        host::run(Command::new("/usr/sbin/slapadd").arg("-f").arg(&conf).arg("-l").arg(home.join("entries.ldif")))?;
        let (plain, tls) = (free_port()?, free_port()?);
        let at = format!("ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls}");
        // With a debug level, even none, it stays in the foreground.
        let mut slapd = Command::new("/usr/sbin/slapd");
        slapd.arg("-f").arg(&conf).args(["-h", &at, "-d", "0"]).stderr(Stdio::null());
        let own = Self { plain, tls, child: slapd.spawn().map_err(|error| error.to_string())?, home };
        let begun = host::start();
        while own.connections().is_err() {
            if late(begun) {
                return Err("slapd did not start".into());
            }
            pause(Duration::from_millis(50));
        }
        Ok(own)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How many connections were opened so far; asking this opens one, too.
    pub(super) fn connections(&self) -> Outcome<usize> {
        let at = format!("ldap://127.0.0.1:{}", self.plain);
        let (dn, password) = SERVICE;
        let base = "cn=Total,cn=Connections,cn=Monitor";
        let words = ["-x", "-LLL", "-H", &at, "-D", dn, "-w", password, "-s", "base", "-b", base, "monitorCounter"];
        let told = host::ask("ldapsearch", &words).unwrap_or_default();
        let number = told.split("monitorCounter: ").nth(1).and_then(|rest| rest.trim().parse().ok());
        number.ok_or_else(|| "slapd does not say how many connections it had".to_owned())
    }

    /// How many connections others have opened since that was asked.
    pub(super) fn opened_since(&self, before: usize) -> Outcome<usize> {
        Ok(self.connections()?.saturating_sub(before + 1))
    }

    /// The section `[directory]` for it.
    pub(super) fn section(&self) -> String {
        let (dn, password) = SERVICE;
        format!(
            "[directory]\nkind = 'ldap'\nservers = ['ldaps://127.0.0.1:{}']\nca_file = '{}'\nbase_dn = '{SUFFIX}'\n\
             bind_dn = '{dn}'\nbind_password = '{password}'\ndefault_policy_dn = 'cn=default,{SUFFIX}'\n",
            self.tls,
            self.home.join("cert.pem").display()
        )
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        // What is left behind of a benchmark does no harm.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// As docs/openldap.md has it: a policy, hashes made by the server ({SSHA}), an account that may set passwords.
fn settings(cert: &str, key: &str, data: &str) -> String {
    let schema = ["core", "cosine", "inetorgperson"].map(|name| format!("include /etc/ldap/schema/{name}.schema\n"));
    let (service, _) = SERVICE;
    format!(
        "{}modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\n\
         TLSCertificateFile {cert}\nTLSCertificateKeyFile {key}\npassword-hash {{SSHA}}\n\
         database mdb\nsuffix \"{SUFFIX}\"\ndirectory {data}\nindex uid,mail,entryUUID eq\n\
         access to attrs=userPassword by dn.exact=\"{service}\" =w by anonymous auth by * none\n\
         access to * by dn.exact=\"{service}\" read by * none\n\
         overlay ppolicy\nppolicy_default \"cn=default,{SUFFIX}\"\n\
         database monitor\naccess to * by dn.exact=\"{service}\" read by * none\n",
        schema.concat()
    )
}

fn entries(people: usize) -> String {
    let (service, password) = SERVICE;
    let own = format!(
        "dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n\
         dn: cn=default,{SUFFIX}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: default\npwdAttribute: userPassword\n\
         pwdMinLength: 8\n\n\
         dn: {service}\nobjectClass: device\nobjectClass: simpleSecurityObject\ncn: regain\nuserPassword: {password}\n"
    );
    let person = |lane: Lane| {
        let id = lane.user_id;
        format!("\ndn: uid={id},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: {id}\nmail: {id}\ncn: {id}\nsn: {id}\n")
    };
    own + &(0..people).map(Lane::by_mail).map(person).collect::<String>()
}
