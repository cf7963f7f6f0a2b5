//! A real OpenLDAP with all the people in it, set up as `docs/openldap.md` says.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::people::{DEPARTMENTS, Kind, Person};
use super::site::{free_port, pause, write};
use crate::host::{self, Outcome};

const SUFFIX: &str = "dc=example,dc=org";
const SLAPD: &str = "/usr/sbin/slapd";
/// Nobody's password is tried: all have this one.
const PASSWORD: &str = "first-password-1";

/// A running server.
pub(in crate::adversary) struct Directory {
    pub(super) port: u16,
    child: Child,
}

impl Directory {
    /// Starts one in this folder.
    pub(in crate::adversary) fn start(home: &Path, people: usize) -> Outcome<Self> {
        if !Path::new(SLAPD).exists() {
            return Err("OpenLDAP is missing: cargo xtask setup".into());
        }
        let port = free_port()?;
        certificates(home)?;
        let (conf, ldif) = (home.join("slapd.conf"), home.join("people.ldif"));
        fs::create_dir(home.join("db")).map_err(|error| error.to_string())?;
        write(&conf, &configuration(home))?;
        write(&ldif, &entries(people)?)?;
        host::run(Command::new("/usr/sbin/slapadd").arg("-q").arg("-f").arg(&conf).arg("-l").arg(&ldif))?;
        let mut slapd = Command::new(SLAPD);
        slapd.arg("-f").arg(&conf).args(["-h", &format!("ldaps://127.0.0.1:{port}"), "-d", "none"]);
        let child = slapd.stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let directory = Self { port, child };
        for _ in 0..400 {
            let mut asked = Command::new("ldapwhoami");
            asked.env("LDAPTLS_REQCERT", "never").args(["-x", "-H", &format!("ldaps://127.0.0.1:{port}")]);
            if asked.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
                return Ok(directory);
            }
            pause(50);
        }
        Err("OpenLDAP did not start".into())
    }

    /// The section `[directory]`.
    pub(in crate::adversary) fn section(&self, home: &Path) -> String {
        format!(
            "[directory]\nkind = \"ldap\"\nservers = [\"ldaps://127.0.0.1:{}\"]\nca_file = \"{}/ca.pem\"\n\
             bind_dn = \"cn=regain,ou=services,{SUFFIX}\"\nbind_password = \"service-secret-1\"\n\
             base_dn = \"ou=people,{SUFFIX}\"\ngroup_base_dn = \"ou=groups,{SUFFIX}\"\n\
             default_policy_dn = \"cn=default,ou=policies,{SUFFIX}\"\nconnections = 32\n",
            self.port,
            home.display()
        )
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What is left behind of a measurement does no harm.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(home: &Path) -> String {
    let home = home.display();
    let schema = ["core", "cosine", "inetorgperson"].map(|name| format!("include /etc/ldap/schema/{name}.schema\n"));
    let service = format!("cn=regain,ou=services,{SUFFIX}");
    format!(
        "{}modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\npidfile {home}/pid\n\
         TLSCACertificateFile {home}/ca.pem\nTLSCertificateFile {home}/cert.pem\nTLSCertificateKeyFile {home}/key.pem\n\
         sizelimit size.soft=unlimited size.hard=unlimited size.pr=1000\n\
         database mdb\nsuffix \"{SUFFIX}\"\ndirectory {home}/db\nmaxsize 1073741824\ndbnosync\n\
         rootdn \"cn=admin,{SUFFIX}\"\nindex objectClass,uid,mail,member,uniqueMember,entryUUID eq\n\
         access to attrs=userPassword\n  by dn.exact=\"{service}\" =w\n  by anonymous auth\n  by * none\n\
         access to *\n  by dn.exact=\"{service}\" read\n  by * none\n\
         overlay ppolicy\nppolicy_default \"cn=default,ou=policies,{SUFFIX}\"\nppolicy_use_lockout\n",
        schema.concat()
    )
}

fn entries(people: usize) -> Outcome<String> {
    let hash =
        host::ask("/usr/sbin/slappasswd", &["-h", "{SSHA}", "-s", PASSWORD]).ok_or("slappasswd did not answer")?;
    let mut ldif =
        format!("dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n");
    for unit in ["people", "services", "policies", "groups"] {
        let _ = write!(ldif, "dn: ou={unit},{SUFFIX}\nobjectClass: organizationalUnit\nou: {unit}\n\n");
    }
    let _ = write!(
        ldif,
        "dn: cn=default,ou=policies,{SUFFIX}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: default\n\
         pwdAttribute: userPassword\npwdCheckQuality: 2\npwdMinLength: 8\npwdLockout: TRUE\npwdMaxFailure: 100\n\
         pwdLockoutDuration: 0\npwdAllowUserChange: TRUE\n\n\
         dn: cn=regain,ou=services,{SUFFIX}\nobjectClass: device\nobjectClass: simpleSecurityObject\ncn: regain\n\
         userPassword: service-secret-1\n\n"
    );
    let mut groups = vec![Vec::new(); DEPARTMENTS];
    let mut administrators = Vec::new();
    for person in everybody(people) {
        let user_id = person.user_id();
        let dn = format!("uid={user_id},ou=people,{SUFFIX}");
        let _ = write!(
            ldif,
            "dn: {dn}\nobjectClass: inetOrgPerson\nuid: {user_id}\ncn: {user_id}\nsn: x\nmail: {user_id}@example.org\n\
             userPassword: {hash}\n"
        );
        // For good, as administrators do, and after wrong passwords (draft-behera-ldap-password-policy-10, 5.3.3).
        match person.kind {
            Kind::Disabled => ldif.push_str("pwdAccountLockedTime: 000001010000Z\n"),
            Kind::Locked => ldif.push_str("pwdAccountLockedTime: 20260101120000Z\n"),
            _ => {}
        }
        ldif.push('\n');
        if let Some(group) = person.department().and_then(|department| groups.get_mut(department)) {
            group.push(dn.clone());
        }
        if person.is_administrator() {
            administrators.push(dn);
        }
    }
    let named = groups.into_iter().enumerate().map(|(n, members)| (format!("department{n}"), members));
    for (name, members) in named.chain([("administrators".to_owned(), administrators)]) {
        if members.is_empty() {
            continue;
        }
        let _ = write!(ldif, "dn: cn={name},ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\n");
        for member in members {
            let _ = writeln!(ldif, "member: {member}");
        }
        ldif.push('\n');
    }
    Ok(ldif)
}

/// All who exist.
pub(super) fn everybody(people: usize) -> impl Iterator<Item = Person> {
    let kinds = Kind::ALL.into_iter().filter(|kind| kind.exists());
    kinds.flat_map(move |kind| (0..people).map(move |number| Person::new(kind, number)))
}

/// An authority, and a certificate that it has signed for this machine.
fn certificates(home: &Path) -> Outcome {
    let file = |name: &str| home.join(name).display().to_string();
    write(&home.join("ext.cnf"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")?;
    let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    let (ca, ca_key, key, csr) = (file("ca.pem"), file("ca.key"), file("key.pem"), file("csr.pem"));
    let (cert, ext) = (file("cert.pem"), file("ext.cnf"));
    for words in [
        format!("req -x509 -days 2 -subj /CN=Adversary {curve} -keyout {ca_key} -out {ca}"),
        format!("req -subj /CN=directory {curve} -keyout {key} -out {csr}"),
        format!("x509 -req -in {csr} -CA {ca} -CAkey {ca_key} -CAcreateserial -days 2 -out {cert} -extfile {ext}"),
    ] {
        host::run(Command::new("openssl").args(words.split(' ')).stderr(Stdio::null()))?;
    }
    Ok(())
}
