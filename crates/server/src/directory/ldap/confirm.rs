//! Whether a change has arrived at the other servers.

use std::time::Duration;

use serde::Deserialize;

use super::entry::{Entry, Query};
use super::pool::Pool;
use crate::clock;

/// How many other servers must have a change before it counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::directory) enum Confirm {
    /// None: the server that was written to has it.
    #[default]
    None,
    /// One more.
    One,
    /// All of them.
    All,
}

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(100);
/// What tells one state of an entry from another, and is the same on every server: OpenLDAP's, then everybody's (RFC 4512,
/// 3.4). By a sign-in one could tell, too, but a wrong one counts towards a lock.
pub(in crate::directory) const ENTRY: &[&str] = &["entryCSN", "modifyTimestamp"];
/// Active Directory copies when a password was set; when an entry was changed each controller counts for itself.
pub(in crate::directory) const PASSWORD: &[&str] = &["pwdLastSet"];

impl Pool {
    /// Waits until the others have what `server` has, as the configuration asks for. A change that has not arrived in time stays
    /// done, and the log says so.
    pub(in crate::directory) async fn confirm(&self, server: &str, dn: &str, marks: &[&str]) {
        let mut others: Vec<String> = self.names().into_iter().filter(|name| name != server).collect();
        let enough = match self.settings.confirm {
            Confirm::None => return,
            Confirm::One => others.len().saturating_sub(1),
            Confirm::All => 0,
        };
        let limit = self.settings.confirm_for;
        let looking = async {
            let query = Query::entry(dn, marks);
            let wanted = self.search_at(server, &query).await.ok()?.only()?;
            while others.len() > enough {
                let mut left = Vec::new();
                for name in others.drain(..) {
                    let there = self.search_at(&name, &query).await.ok().and_then(|found| found.only());
                    if !there.is_some_and(|there| has(&there, &wanted, marks)) {
                        left.push(name);
                    }
                }
                others = left;
                if others.len() > enough {
                    clock::wait(PAUSE).await;
                }
            }
            Some(())
        };
        match tokio::time::timeout(limit, looking).await {
            Ok(Some(())) => {}
            // It went away right after the change.
            Ok(None) => tracing::warn!(
                server,
                "whether a new password has arrived at the other servers is not known: the one it was set on does not tell"
            ),
            Err(_) => {
                let seconds = limit.as_secs();
                tracing::warn!(server, seconds, "a new password has not arrived at the other servers yet");
            }
        }
    }
}

/// Whether the entry there is as new as this one. The marks are written so that the later one is the greater text.
fn has(there: &Entry, wanted: &Entry, marks: &[&str]) -> bool {
    let mark = marks.iter().find(|mark| wanted.text(mark).is_some());
    mark.is_none_or(|mark| there.text(mark) >= wanted.text(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_entry_has_it_not() {
        let entry = |csn: &str| Entry::of("uid=jo", &[("entryCSN", csn)]);
        let (old, new) =
            (entry("20261124175300.000001Z#000000#000#000000"), entry("20261124175300.000002Z#000000#000#000000"));
        let has = |there, wanted| has(there, wanted, ENTRY);
        assert!(has(&new, &new) && has(&new, &old) && !has(&old, &new));
        assert!(!has(&Entry::default(), &new));
    }
}
