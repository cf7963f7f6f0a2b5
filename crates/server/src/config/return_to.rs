//! Where somebody may be sent back to after signing in: `server.return_to`.
//!
//! Addresses are taken apart as browsers do it (WHATWG URL), never compared as text: what looks like one host to us and like
//! another to the browser is the classic open redirect (CWE-601).

use url::{Host, Url};

/// The most characters such an address may have.
const LONGEST: usize = 2_000;

/// The list, checked.
#[derive(Clone, Debug, Default)]
pub struct ReturnTo(Vec<Url>);

impl ReturnTo {
    /// Checks the list; what cannot be used is left out.
    pub(super) fn check(list: &[String], problems: &mut Vec<String>) -> Self {
        let mut checked = |entry: &String| match parse(entry) {
            Some(url) if url.query().is_none() => Some(url),
            _ => {
                let advice = "must be like https://portal.example.org/ (http for this machine only)";
                problems.push(format!("server.return_to: \"{entry}\" {advice}"));
                None
            }
        };
        Self(list.iter().filter_map(&mut checked).collect())
    }

    /// The address as a browser will read it, if one on the list has the same scheme, host and port, and its path leads
    /// there.
    pub fn allowed(&self, asked: &str) -> Option<String> {
        let asked = parse(asked)?;
        self.0.iter().any(|entry| leads_to(entry, &asked)).then(|| asked.into())
    }

    /// Scheme, host and port of every entry, for the header that says where forms may lead.
    pub fn origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = self.0.iter().map(|entry| entry.origin().ascii_serialization()).collect();
        origins.sort();
        origins.dedup();
        origins
    }
}

/// An address that can be read in one way only: no name and password, no backslash or white space, which browsers read as
/// something else, no dots or slashes written as figures.
fn parse(text: &str) -> Option<Url> {
    let plain = text.len() <= LONGEST && text.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    let lower = text.to_ascii_lowercase();
    let hidden = ["%2e", "%2f", "%5c", "%00"].iter().any(|hidden| path(&lower).contains(hidden));
    let url = Url::parse(text).ok().filter(|_| plain && !hidden)?;
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_here(&url));
    let clean = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    // Two slashes and a host, as it is written: "https:portal" is one to browsers, and a riddle to people.
    let host = lower.strip_prefix(&format!("{}://", url.scheme())).map(|rest| path(rest).split('/').next());
    let written = host.flatten().is_some_and(|host| !host.is_empty() && !host.contains('@'));
    (secure && clean && written && url.has_host()).then_some(url)
}

/// What stands before the query.
fn path(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or_default()
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn leads_to(entry: &Url, asked: &Url) -> bool {
    let below = |rest: &str| entry.path().ends_with('/') || rest.is_empty() || rest.starts_with('/');
    entry.origin() == asked.origin() && asked.path().strip_prefix(entry.path()).is_some_and(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> ReturnTo {
        let mut problems = Vec::new();
        let list = ["https://portal.example.org/", "https://apps.example.org/hr", "http://localhost:3000/"];
        let list = ReturnTo::check(&list.map(str::to_owned), &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        list
    }

    #[test]
    fn what_is_on_the_list_is_allowed() {
        for (asked, expected) in [
            ("https://portal.example.org/", "https://portal.example.org/"),
            ("https://portal.example.org", "https://portal.example.org/"),
            ("https://PORTAL.example.org:443/a/b?c=d&e=%2F", "https://portal.example.org/a/b?c=d&e=%2F"),
            ("https://portal.example.org/?mail=a@b", "https://portal.example.org/?mail=a@b"),
            ("https://apps.example.org/hr", "https://apps.example.org/hr"),
            ("https://apps.example.org/hr/", "https://apps.example.org/hr/"),
            ("https://apps.example.org/hr/leave?year=2026", "https://apps.example.org/hr/leave?year=2026"),
            ("http://localhost:3000/x", "http://localhost:3000/x"),
        ] {
            assert_eq!(list().allowed(asked).as_deref(), Some(expected), "{asked}");
        }
        assert_eq!(list().origins().len(), 3);
    }

    /// What open redirects have been made of.
    const HOSTILE: [&str; 36] = [
        "https://evil.example/",
        "https://portal.example.org.evil.example/",
        "https://evil.example/portal.example.org/",
        "https://evil.example/?https://portal.example.org/",
        "https://evil.example#https://portal.example.org/",
        "https://portal.example.org@evil.example/",
        "https://portal.example.org:443@evil.example/",
        "https://user@portal.example.org/",
        "https://user:secret@portal.example.org/",
        "https://@portal.example.org/",
        "https://portal.example.org:8443/",
        "http://portal.example.org/",
        "ftp://portal.example.org/",
        "javascript:alert(1)",
        "javascript://portal.example.org/%0aalert(1)",
        "data:text/html,x",
        "//evil.example/",
        "//portal.example.org/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "https:\\\\portal.example.org\\@evil.example/",
        "https://evil.example\\@portal.example.org/",
        "https://evil.example\\.portal.example.org/",
        "https:portal.example.org/",
        "https:/portal.example.org/",
        "https:///portal.example.org/",
        " https://portal.example.org/",
        "https://portal.example.org/\r\nSet-Cookie: a=b",
        "https://portal\t.example.org/",
        "https://apps.example.org/",
        "https://apps.example.org/hrx",
        "https://apps.example.org/hr/../pay",
        "https://apps.example.org/hr/%2e%2e/pay",
        "https://apps.example.org/hr/..%2fpay",
        "https://pörtal.example.org/",
    ];

    #[test]
    fn nothing_else_is() {
        for asked in HOSTILE {
            assert_eq!(list().allowed(asked), None, "{asked}");
        }
        assert_eq!(list().allowed(&format!("https://portal.example.org/{}", "x".repeat(2_000))), None);
        assert_eq!(ReturnTo::default().allowed("https://portal.example.org/"), None);
    }

    #[test]
    fn a_list_that_cannot_be_used_is_told() {
        for entry in
            ["portal.example.org", "http://portal.example.org/", "https://a@b/", "https://portal/?x=y", "/x", ""]
        {
            let mut problems = Vec::new();
            ReturnTo::check(&[entry.to_owned()], &mut problems);
            assert_eq!(problems.len(), 1, "{entry}");
        }
    }
}
