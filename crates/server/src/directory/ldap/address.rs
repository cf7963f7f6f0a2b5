//! Where a server is, and whether it may be spoken to at all: only encrypted.

use std::fmt;
use std::net::Ipv6Addr;

/// The address of a server. There is none in clear text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::directory) struct Address {
    /// Its name or its address without brackets, which its certificate must bear.
    pub(super) host: String,
    /// Default 636, or 389 with StartTLS.
    pub(super) port: u16,
    /// Whether encryption begins after a first, clear word, not with the first byte.
    pub(super) start_tls: bool,
}

impl Address {
    /// Reads `ldaps://host[:port]`, or `ldap://host[:port]` if StartTLS is asked for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(text: &str, start_tls: bool) -> Result<Self, String> {
        let text = text.trim().trim_end_matches('/');
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| format!("\"{text}\" is not an address; write \"ldaps://ldap.example.org\""))?;
        let start_tls = match scheme {
            "ldaps" => false,
            "ldap" if start_tls => true,
            "ldap" => {
                return Err(format!(
                    "\"{text}\" would send passwords in clear text; write \"ldaps://{rest}\", or set start_tls = true"
                ));
            }
            _ => return Err(format!("\"{text}\" does not begin with ldaps:// or ldap://")),
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(inner) => in_brackets(inner).ok_or_else(|| {
                format!("\"{text}\" has no IPv6 address in its brackets; write one such as \"ldaps://[2001:db8::1]\"")
            })?,
            None if rest.matches(':').count() > 1 => {
                return Err(format!("\"{text}\": put the IPv6 address in brackets, such as \"ldaps://[2001:db8::1]\""));
            }
            None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
        };
        let named = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        if host.is_empty() || !host.chars().all(named) {
            return Err(format!("\"{text}\" has no name of a server in it"));
        }
        let usual = if start_tls { 389 } else { 636 };
        let port = port.map_or(Ok(usual), str::parse).map_err(|_| format!("\"{text}\" has no port after the colon"))?;
        Ok(Self { host: host.to_lowercase(), port, start_tls })
    }
}

/// An IPv6 address (RFC 3986, 3.2.2), and the port after it.
fn in_brackets(text: &str) -> Option<(&str, Option<&str>)> {
    let (host, after) = text.split_once(']')?;
    _ = host.parse::<Ipv6Addr>().ok()?;
    if after.is_empty() { Some((host, None)) } else { Some((host, Some(after.strip_prefix(':')?))) }
}

impl Address {
    /// Whether the server is called by an IPv6 address.
    pub(super) fn is_ipv6(&self) -> bool {
        self.host.contains(':')
    }

    /// Whether encryption begins with the first byte.
    pub(super) const fn scheme(&self) -> &'static str {
        if self.start_tls { "ldap" } else { "ldaps" }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = (self.scheme(), &self.host, self.port);
        if self.is_ipv6() { write!(to, "{scheme}://[{host}]:{port}") } else { write!(to, "{scheme}://{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_the_usual_one_unless_given() {
        let told = |text: &str, start_tls| Address::read(text, start_tls).map(|address| address.to_string());
        assert_eq!(told("ldaps://A.example.org/", false).unwrap(), "ldaps://a.example.org:636");
        assert_eq!(told("ldap://a.example.org", true).unwrap(), "ldap://a.example.org:389");
        assert_eq!(told("ldaps://10.1.2.3:1636", true).unwrap(), "ldaps://10.1.2.3:1636");
        assert_eq!(told("ldaps://[2001:DB8::1]", false).unwrap(), "ldaps://[2001:db8::1]:636");
        assert_eq!(told("ldap://[::1]:1389/", true).unwrap(), "ldap://[::1]:1389");
        for wrong in [
            "ldaps://a:65536",
            "ldaps://[::1",
            "ldaps://[::1]636",
            "ldaps://[a]",
            "ldaps://[fe80::1%eth0]",
            "ldaps://::1",
        ] {
            assert!(told(wrong, false).is_err(), "{wrong}");
        }
    }
}
