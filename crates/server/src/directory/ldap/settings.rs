//! The part of `[directory]` that says how to reach the servers: the same for every kind that speaks LDAP.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use regain_core::Secret;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use serde::Deserialize;

use super::address::Address;
use super::confirm::Confirm;
use crate::tls;

/// The keys of [`Section`], which are taken out before a kind reads its own.
const KEYS: &[&str] = &[
    "servers",
    "discover",
    "start_tls",
    "ca_file",
    "bind_dn",
    "bind_password",
    "bind_password_file",
    "connections",
    "connect_milliseconds",
    "read_seconds",
    "write_seconds",
    "confirm",
    "confirm_seconds",
];

/// `[directory]`, as far as it is about connections.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    /// Addresses, in the order in which they are asked.
    servers: Vec<String>,
    /// A domain whose servers are found by DNS (RFC 2782), instead of `servers`.
    discover: Option<String>,
    /// Whether `ldap://` addresses are encrypted by StartTLS (RFC 4511, 4.14). Nothing else is sent before it.
    start_tls: bool,
    /// Authorities that sign the servers' certificates (PEM); with it, no others are trusted.
    ca_file: Option<PathBuf>,
    /// Whom Regain signs in as.
    bind_dn: String,
    /// Its password.
    bind_password: Option<String>,
    /// A file with its password.
    bind_password_file: Option<PathBuf>,
    /// Connections in use at the same time, for its own work and again for people's passwords.
    connections: usize,
    /// How long a server may take from the first packet until Regain is signed in.
    connect_milliseconds: u64,
    /// How long an answer to a question may take.
    read_seconds: u64,
    /// How long an answer to a change may take; without one, nobody knows whether it happened.
    write_seconds: u64,
    /// Whether a change must have arrived at other servers before it counts as done.
    confirm: Confirm,
    /// How long that is waited for.
    confirm_seconds: u64,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            discover: None,
            start_tls: false,
            ca_file: None,
            bind_dn: String::new(),
            bind_password: None,
            bind_password_file: None,
            connections: 8,
            connect_milliseconds: 900,
            read_seconds: 5,
            write_seconds: 15,
            confirm: Confirm::None,
            confirm_seconds: 10,
        }
    }
}

/// How to reach the servers, checked.
pub(in crate::directory) struct Settings {
    pub(super) servers: Vec<Address>,
    pub(super) discover: Option<String>,
    pub(super) start_tls: bool,
    pub(super) tls: Arc<ClientConfig>,
    roots: RootCertStore,
    pub(super) bind_dn: String,
    pub(super) bind_password: Secret,
    pub(super) connections: usize,
    pub(super) connect: Duration,
    pub(super) read: Duration,
    pub(super) write: Duration,
    pub(super) confirm: Confirm,
    pub(super) confirm_for: Duration,
}

impl Settings {
    /// Takes its keys out of the section and checks them.
    ///
    /// # Errors
    /// A sentence that names the key and says what to do.
    pub(in crate::directory) fn take(section: &mut toml::Table) -> Result<Self, String> {
        let mut own = toml::Table::new();
        for key in KEYS {
            if let Some(value) = section.remove(*key) {
                own.insert((*key).to_owned(), value);
            }
        }
        let section: Section = own.try_into().map_err(|error| told(&error))?;
        section.checked()
    }

    /// The trust for one server, and the name by which the library is to call it.
    ///
    /// # Errors
    /// Why there can be none.
    pub(super) fn trust(&self, address: &Address) -> Result<(Arc<ClientConfig>, String), String> {
        if !address.is_ipv6() {
            return Ok((Arc::clone(&self.tls), address.host.clone()));
        }
        // The library takes the name from a URL with its brackets, which no certificate bears.
        let name = ServerName::try_from(address.host.clone()).map_err(|error| error.to_string())?;
        Ok((Arc::new(tls::client_for(self.roots.clone(), name)?), "address.invalid".to_owned()))
    }
}

impl Section {
    fn checked(self) -> Result<Settings, String> {
        let (servers, discover) = (self.addresses()?, self.domain()?);
        let roots = tls::roots(self.ca_file.as_deref()).map_err(|error| format!("directory.ca_file: {error}"))?;
        if self.bind_dn.trim().is_empty() {
            return Err("directory.bind_dn: is missing; it says whom Regain signs in as".into());
        }
        let bind_password = self.password()?;
        let limits = [
            ("connections", u64::try_from(self.connections).unwrap_or(u64::MAX), 1, 1_000),
            ("connect_milliseconds", self.connect_milliseconds, 50, 60_000),
            ("read_seconds", self.read_seconds, 1, 60),
            ("write_seconds", self.write_seconds, 1, 120),
            ("confirm_seconds", self.confirm_seconds, 1, 60),
        ];
        if let Some((key, _, from, to)) = limits.iter().find(|(_, value, from, to)| value < from || value > to) {
            return Err(format!("directory.{key}: must be a whole number from {from} to {to}"));
        }
        Ok(Settings {
            servers,
            discover,
            start_tls: self.start_tls,
            tls: Arc::new(tls::trusting(roots.clone())),
            roots,
            bind_dn: self.bind_dn,
            bind_password,
            connections: self.connections,
            connect: Duration::from_millis(self.connect_milliseconds),
            read: Duration::from_secs(self.read_seconds),
            write: Duration::from_secs(self.write_seconds),
            confirm: self.confirm,
            confirm_for: Duration::from_secs(self.confirm_seconds),
        })
    }

    fn addresses(&self) -> Result<Vec<Address>, String> {
        if self.servers.is_empty() && self.discover.is_none() {
            return Err("directory.servers: is missing; give addresses such as [\"ldaps://ldap.example.org\"]".into());
        }
        let read = |text: &String| Address::read(text, self.start_tls);
        self.servers.iter().map(read).collect::<Result<_, _>>().map_err(|error| format!("directory.servers: {error}"))
    }

    fn domain(&self) -> Result<Option<String>, String> {
        let Some(domain) = &self.discover else { return Ok(None) };
        if !self.servers.is_empty() {
            return Err("directory.discover: goes instead of servers; give one of them".into());
        }
        let domain = domain.trim().trim_matches('.').to_lowercase();
        let good = domain.contains('.') && domain.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        good.then_some(Some(domain))
            .ok_or_else(|| "directory.discover: must be a domain such as \"example.org\"".into())
    }

    fn password(&self) -> Result<Secret, String> {
        let password = match (&self.bind_password, &self.bind_password_file) {
            (Some(_), Some(_)) => {
                return Err("directory.bind_password: is given twice; keep either this or bind_password_file".into());
            }
            (Some(password), None) => password.clone(),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file).map_err(|error| {
                    let file = file.display();
                    format!(
                        "directory.bind_password_file: cannot read {file} ({error}); check the path and who may read it"
                    )
                })?;
                text.trim_end_matches(['\r', '\n']).to_owned()
            }
            (None, None) => String::new(),
        };
        // An empty password would be an anonymous bind (RFC 4513, 5.1.2), which every server calls a success.
        if password.is_empty() {
            return Err("directory.bind_password: is missing; give it or bind_password_file".into());
        }
        Ok(Secret::new(password))
    }
}

/// What is wrong with a section, on one line.
pub(in crate::directory) fn told(error: &toml::de::Error) -> String {
    format!("directory: {}", error.to_string().trim().replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIND: &str = "\nbind_dn = 'cn=regain'\nbind_password = 'secret'";

    fn problem(text: &str) -> String {
        Settings::take(&mut format!("{text}{BIND}").parse().unwrap()).err().unwrap_or_default()
    }

    #[test]
    fn clear_text_is_refused() {
        assert!(problem("servers = ['ldap://ldap.example.org']").contains("start_tls"));
        assert_eq!(problem("servers = ['ldap://ldap.example.org']\nstart_tls = true"), "");
        assert_eq!(problem("servers = ['ldaps://ldap.example.org', 'ldaps://b.example.org:1636']"), "");
        for wrong in
            ["ldapi:///", "http://ldap.example.org", "ldap.example.org", "ldaps://", "ldaps://::1", "ldaps://a b"]
        {
            assert!(problem(&format!("servers = ['{wrong}']")).starts_with("directory.servers: "), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key() {
        let server = "servers = ['ldaps://ldap.example.org']\n";
        assert!(problem("").starts_with("directory.servers: is missing"));
        assert!(problem(&format!("{server}discover = 'example.org'")).starts_with("directory.discover: "));
        assert!(problem("discover = 'exa mple.org'").starts_with("directory.discover: "));
        assert_eq!(problem("discover = 'Example.org.'"), "");
        assert!(problem(&format!("{server}ca_file = '/nowhere'")).starts_with("directory.ca_file: cannot read"));
        assert!(problem(&format!("{server}connections = 0")).starts_with("directory.connections: "));
        assert!(problem(&format!("{server}confirm_seconds = 61")).starts_with("directory.confirm_seconds: "));
        let mut anonymous = format!("{server}bind_dn = 'cn=regain'\nbind_password = ''").parse().unwrap();
        let told = Settings::take(&mut anonymous).err().unwrap();
        assert!(told.starts_with("directory.bind_password: is missing"), "{told}");
    }

    #[test]
    fn only_its_own_keys_are_taken() {
        let text = format!("servers = ['ldaps://ldap.example.org']\nbase_dn = 'dc=example'{BIND}");
        let mut table: toml::Table = text.parse().unwrap();
        Settings::take(&mut table).unwrap();
        assert_eq!(table.keys().collect::<Vec<_>>(), ["base_dn"]);
    }
}
