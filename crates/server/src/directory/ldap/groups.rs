//! Which groups somebody is in, directly or through other groups.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use regain_core::Time;

use super::Section;
use super::entry::{Entry, Query, Scope};
use super::filter::{all, any, equals};
use super::policies::is_fresh;
use super::pool::Pool;
use crate::clock::Clock;
use crate::directory::Error;

/// How deep groups may lie in groups. A circle ends by itself, because no group is looked at twice.
const DEPTH: usize = 16;
/// How many groups somebody may be in.
const MOST: usize = 1_000;

/// How groups are found, as the operator says it.
pub(super) struct Groups {
    base: String,
    /// Nothing: nobody is in any group.
    filter: Option<String>,
    /// Those by which something is decided.
    wanted: Vec<String>,
    /// When it was last asked whether any of these is there, and the answer.
    there: Mutex<Option<(Time, bool)>>,
    clock: Clock,
}

impl Groups {
    pub(super) fn new(section: &Section, wanted: Vec<String>, clock: Clock) -> Self {
        Self {
            base: section.group_base_dn.clone().unwrap_or_else(|| section.base_dn.clone()),
            filter: Some(section.group_filter.clone()).filter(|text| !text.is_empty()),
            wanted,
            there: Mutex::default(),
            clock,
        }
    }

    /// The groups of an entry, each by its `cn` and by its DN. Two that share a `cn` can be told apart by the latter. Where none
    /// of those is there by which something is decided, only what the entry itself says of its groups.
    ///
    /// # Errors
    /// If they cannot be read, or not all of them: who is left out of the count of administrators by mistake would be asked
    /// for too little.
    pub(super) async fn of(&self, pool: &Pool, person: &Entry) -> Result<Vec<String>, Error> {
        let Some(filter) = &self.filter else { return Ok(Vec::new()) };
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut next = Vec::new();
        for dn in person.texts("memberOf") {
            found.insert(dn.to_lowercase(), named(dn));
            next.push(dn.to_owned());
        }
        if !self.matter(pool, filter).await? {
            return Ok(names(found));
        }
        let mut members = vec![equals("member", &person.dn), equals("uniqueMember", &person.dn)];
        members.extend(person.text("uid").map(|uid| equals("memberUid", uid)));
        for _ in 0..DEPTH {
            let query = Query {
                base: self.base.clone(),
                scope: Scope::Subtree,
                filter: all(&[filter.clone(), any(members)]),
                attributes: vec!["cn".to_owned()],
                limit: MOST,
            };
            let groups = pool.search(&query).await?;
            let new = groups.entries.iter().filter(|group| !found.contains_key(&group.dn.to_lowercase())).count();
            if groups.more || found.len() + new > MOST {
                let why = format!(
                    "the groups of {} cannot all be read: more than {MOST}, or than the server gives (OpenLDAP: olcLimits)",
                    person.dn
                );
                return Err(Error::Unavailable(why));
            }
            for group in groups.entries {
                let mut names: Vec<String> = group.texts("cn").map(str::to_owned).collect();
                names.push(group.dn.clone());
                if found.insert(group.dn.to_lowercase(), names).is_none() {
                    next.push(group.dn);
                }
            }
            if next.is_empty() {
                return Ok(names(found));
            }
            members = next.iter().flat_map(|dn| [equals("member", dn), equals("uniqueMember", dn)]).collect();
            next.clear();
        }
        Err(Error::Unavailable(format!("somebody is in groups that lie deeper than {DEPTH}")))
    }

    /// Whether any group by which something is decided is there, as it was a moment ago.
    async fn matter(&self, pool: &Pool, filter: &str) -> Result<bool, Error> {
        if !self.wanted.iter().all(|name| is_plain(name)) {
            return Ok(true);
        }
        if self.wanted.is_empty() {
            return Ok(false);
        }
        let now = self.clock.now();
        let known = *self.there.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, there)) = known.filter(|(asked, _)| is_fresh(*asked, now)) {
            return Ok(there);
        }
        let query = Query {
            base: self.base.clone(),
            scope: Scope::Subtree,
            filter: all(&[filter.to_owned(), any(self.wanted.iter().map(|name| equals("cn", name)))]),
            attributes: vec!["1.1".to_owned()],
            limit: 1,
        };
        let answer = pool.search(&query).await?;
        let there = answer.more || !answer.entries.is_empty();
        *self.there.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, there));
        Ok(there)
    }
}

/// Whether a server finds a group by this name at least wherever we would take it for the same: no DN, and no letters whose
/// capitals others might see differently. A group with another name counts as there.
fn is_plain(name: &str) -> bool {
    name.is_ascii() && !name.contains('=')
}

fn names(found: BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut names: Vec<String> = found.into_values().flatten().collect();
    names.sort();
    names.dedup();
    names
}

/// A group of which only the DN is known: that, and the value its name begins with.
fn named(dn: &str) -> Vec<String> {
    let first = dn.split(',').next().and_then(|first| first.split_once('=')).map(|(_, value)| value.trim().to_owned());
    first.into_iter().chain([dn.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_server_may_see_differently_is_never_looked_for() {
        assert!(is_plain("administrators") && is_plain("Domain Admins"));
        assert!(!is_plain("cn=admins,dc=example") && !is_plain("Verwaltungs\u{e4}mter"));
    }

    #[test]
    fn a_group_is_known_by_its_first_name_and_its_dn() {
        assert_eq!(named("cn=Admins,dc=example"), ["Admins", "cn=Admins,dc=example"]);
        assert_eq!(named(""), [""]);
    }
}
