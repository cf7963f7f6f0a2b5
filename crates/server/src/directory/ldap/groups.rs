//! Which groups somebody is in, directly or through other groups.

use std::collections::BTreeMap;

use super::entry::{Entry, Query, Scope};
use super::filter::{all, any, equals};
use super::pool::Pool;
use crate::directory::Error;

/// How deep groups may lie in groups. A circle ends by itself, because no group is looked at twice.
const DEPTH: usize = 16;
/// How many groups somebody may be in.
const MOST: usize = 1_000;

/// How groups are found, as the operator says it.
pub(super) struct Groups {
    pub(super) base: String,
    /// Nothing: nobody is in any group.
    pub(super) filter: Option<String>,
}

impl Groups {
    /// The groups of an entry, each by its `cn` and by its DN. Two that share a `cn` can be told apart by the latter.
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
    fn a_group_is_known_by_its_first_name_and_its_dn() {
        assert_eq!(named("cn=Admins,dc=example"), ["Admins", "cn=Admins,dc=example"]);
        assert_eq!(named(""), [""]);
    }
}
