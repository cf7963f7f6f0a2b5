//! The entries of password policies, which hardly ever change: kept for a while, shared by everybody.
//!
//! They grow old together: who asks first after that has all of them read anew, whosever they are. So the time of an answer tells
//! neither whether somebody has a policy of their own nor whether there is such a person.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use regain_core::{Span, Time};

use super::entry::{Entry, Query};
use super::lease::Lease;
use crate::clock::Clock;
use crate::directory::Error;

/// How old what is kept may be. Long enough that one question serves all who come in these seconds, short enough that who changes
/// a rule sees it on the next page. The server has the last word on a password anyway, and a refusal is explained by what is
/// read at that moment.
pub(in crate::directory) const KEPT: Span = Span::seconds(10);
/// Policies that are kept; when there are more, all are asked for anew.
const MOST: usize = 64;

/// Whether what was asked then is still good enough.
pub(in crate::directory) fn is_fresh(asked: Time, now: Time) -> bool {
    (0..KEPT.0).contains(&(now.0 - asked.0))
}

/// The policies of one directory.
pub(in crate::directory) struct Policies {
    attributes: Vec<&'static str>,
    clock: Clock,
    kept: Mutex<Kept>,
}

struct Kept {
    /// When the oldest of them was asked for.
    since: Time,
    entries: BTreeMap<String, Entry>,
}

impl Policies {
    /// Those of which these attributes are read.
    pub(in crate::directory) fn new(attributes: Vec<&'static str>, clock: Clock) -> Self {
        Self { attributes, clock, kept: Mutex::new(Kept { since: Time(0), entries: BTreeMap::new() }) }
    }

    /// A policy as it was a moment ago; one that cannot be read is empty.
    ///
    /// # Errors
    /// If the server does not answer, or refuses.
    pub(in crate::directory) async fn of(&self, lease: &mut Lease, dn: &str) -> Result<Entry, Error> {
        let now = self.clock.now();
        let others = match self.known(dn, now) {
            Ok(entry) => return Ok(entry),
            Err(others) => others,
        };
        let entry = self.read(lease, dn).await?;
        let mut entries = BTreeMap::from([(dn.to_owned(), entry.clone())]);
        for other in others {
            // One that cannot be read now is asked for by who needs it.
            if let Ok(entry) = self.read(lease, &other).await {
                entries.insert(other, entry);
            }
        }
        self.keep(entries, now);
        Ok(entry)
    }

    /// A policy as it is now.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(in crate::directory) async fn now(&self, lease: &mut Lease, dn: &str) -> Result<Entry, Error> {
        let entry = self.read(lease, dn).await?;
        if let Some(kept) = self.kept().entries.get_mut(dn) {
            kept.clone_from(&entry);
        }
        Ok(entry)
    }

    /// What is kept of it, or else what is too old besides.
    fn known(&self, dn: &str, now: Time) -> Result<Entry, Vec<String>> {
        let kept = self.kept();
        if !is_fresh(kept.since, now) {
            return Err(kept.entries.keys().filter(|other| *other != dn).cloned().collect());
        }
        kept.entries.get(dn).cloned().ok_or_else(Vec::new)
    }

    fn keep(&self, entries: BTreeMap<String, Entry>, asked: Time) {
        let mut kept = self.kept();
        if !is_fresh(kept.since, asked) || kept.entries.len() >= MOST {
            *kept = Kept { since: asked, entries: BTreeMap::new() };
        }
        kept.entries.extend(entries);
    }

    async fn read(&self, lease: &mut Lease, dn: &str) -> Result<Entry, Error> {
        Ok(lease.ask(&Query::entry(dn, &self.attributes)).await?.only().unwrap_or_default())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_grows_old_together_and_is_bounded() {
        let policies = Policies::new(vec!["pwdMinLength"], Clock::default());
        let entries = |names: &[&str]| names.iter().map(|dn| ((*dn).to_owned(), Entry::of(dn, &[]))).collect();
        let at = |seconds: i64| Time(1_795_542_780_000) + Span::seconds(seconds);
        policies.keep(entries(&["cn=a"]), at(0));
        policies.keep(entries(&["cn=b"]), at(9));
        assert_eq!(policies.known("cn=b", at(9)), Ok(Entry::of("cn=b", &[])));
        assert_eq!(policies.known("cn=c", at(9)), Err(Vec::new()), "the others are good enough");
        assert_eq!(policies.known("cn=b", at(10)), Err(vec!["cn=a".to_owned()]), "with it, all that is as old");
        assert_eq!(policies.known("cn=b", at(-1)), Err(vec!["cn=a".to_owned()]), "a clock that was set back");
        for n in 0..=MOST {
            policies.keep(entries(&[format!("cn={n}").as_str()]), at(20));
        }
        assert_eq!(policies.kept().entries.len(), 1);
    }
}
