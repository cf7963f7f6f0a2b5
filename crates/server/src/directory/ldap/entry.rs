//! What a search finds.

use std::collections::BTreeMap;

use ldap3::SearchEntry;

/// What is looked for.
#[derive(Clone, Debug)]
pub(in crate::directory) struct Query {
    /// Where to look.
    pub(in crate::directory) base: String,
    /// How far below it.
    pub(in crate::directory) scope: Scope,
    /// What fits, as in RFC 4515; values got into it through [`super::filter`].
    pub(in crate::directory) filter: String,
    /// Which attributes are wanted.
    pub(in crate::directory) attributes: Vec<String>,
    /// No more than so many entries.
    pub(in crate::directory) limit: usize,
}

/// How far a search reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::directory) enum Scope {
    /// The entry itself.
    Base,
    /// Everything from there down.
    Subtree,
}

impl Query {
    /// Reads one entry; nothing is found if it is not there, or does not fit `(objectClass=*)`.
    pub(in crate::directory) fn entry(dn: &str, attributes: &[&str]) -> Self {
        Self {
            base: dn.to_owned(),
            scope: Scope::Base,
            filter: "(objectClass=*)".to_owned(),
            attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
            limit: 1,
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::directory) struct Found {
    /// At most as many entries as were asked for.
    pub(in crate::directory) entries: Vec<Entry>,
    /// Whether there are more.
    pub(in crate::directory) more: bool,
}

impl Found {
    /// The only one; nothing if there is none or more than one.
    pub(in crate::directory) fn only(self) -> Option<Entry> {
        let mut entries = self.entries.into_iter();
        let first = entries.next();
        first.filter(|_| !self.more && entries.next().is_none())
    }
}

/// An entry. The names of attributes are compared without regard to capitals (RFC 4512, 2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::directory) struct Entry {
    /// Where it is now; it may be moved at any time.
    pub(in crate::directory) dn: String,
    values: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Entry {
    /// Somebody who is not there, below an entry: what is asked about them has no answer, and costs as much. The name has a
    /// slash that nobody's has.
    pub(super) fn nobody(base: &str) -> Self {
        let dn = format!("cn=nobody/,{base}");
        let groups = vec![dn.clone().into_bytes()];
        Self { dn, values: [("memberof".to_owned(), groups)].into() }
    }

    /// All values of an attribute.
    pub(in crate::directory) fn bytes(&self, name: &str) -> &[Vec<u8>] {
        self.values.get(&name.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// All values of an attribute that are text.
    pub(in crate::directory) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.bytes(name).iter().filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// The first value that is text.
    pub(in crate::directory) fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).next()
    }

    /// Whether it says TRUE (RFC 4517, 3.3.3).
    pub(in crate::directory) fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A whole number.
    pub(in crate::directory) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }
}

#[cfg(test)]
impl Entry {
    /// One with these values.
    pub(in crate::directory) fn of(dn: &str, values: &[(&str, &str)]) -> Self {
        let mut entry = Self { dn: dn.to_owned(), ..Self::default() };
        for (name, value) in values {
            entry.values.entry(name.to_lowercase()).or_default().push(value.as_bytes().to_vec());
        }
        entry
    }
}

impl From<SearchEntry> for Entry {
    fn from(found: SearchEntry) -> Self {
        let mut values: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for (name, own) in found.attrs {
            values.entry(name.to_lowercase()).or_default().extend(own.into_iter().map(String::into_bytes));
        }
        for (name, own) in found.bin_attrs {
            values.entry(name.to_lowercase()).or_default().extend(own);
        }
        Self { dn: found.dn, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_is_none() {
        let entry = |dn: &str| Entry { dn: dn.to_owned(), ..Entry::default() };
        let found = |entries: &[Entry], more| Found { entries: entries.to_vec(), more }.only();
        assert_eq!(found(&[entry("a")], false), Some(entry("a")));
        assert_eq!(found(&[entry("a")], true), None);
        assert_eq!(found(&[entry("a"), entry("b")], false), None);
        assert_eq!(found(&[], false), None);
    }
}
