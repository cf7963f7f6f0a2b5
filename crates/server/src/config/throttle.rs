//! `[throttle]`: how often is too often.

use regain_core::throttle::{Limit, Limits};
use regain_core::{Policy, Span};
use serde::Deserialize;

/// `[throttle]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThrottleSection {
    /// Wrong answers of one account over all its flows.
    failed_proofs: u32,
    /// For how many hours resets of it rest then.
    failed_proofs_hours: i64,
    /// Wrong answers from one network.
    failed_proofs_per_network: Vec<Entry>,
    /// Wrong answers in all.
    failed_proofs_in_all: Vec<Entry>,
    /// Codes to one destination; an empty list means no limit, here and below.
    sends: Vec<Entry>,
    /// Codes for one account.
    sends_per_account: Vec<Entry>,
    /// Codes for one network.
    sends_per_network: Vec<Entry>,
    /// Codes in all.
    sends_in_all: Vec<Entry>,
    /// Resets begun for one User ID.
    resets_per_user_id: Vec<Entry>,
    /// Resets begun in one network.
    resets_per_network: Vec<Entry>,
    /// Resets begun in all.
    resets_in_all: Vec<Entry>,
    /// Wrong passwords for one account.
    sign_ins_per_account: Vec<Entry>,
    /// Wrong passwords from one network.
    sign_ins_per_network: Vec<Entry>,
    /// Wrong passwords in all.
    sign_ins_in_all: Vec<Entry>,
}

/// At most so many in so long.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) count: u32,
    pub(super) seconds: i64,
}

impl From<Limit> for Entry {
    fn from(limit: Limit) -> Self {
        Self { count: limit.count, seconds: limit.window.0 / Span::seconds(1).0 }
    }
}

impl Default for ThrottleSection {
    fn default() -> Self {
        let policy = Policy::default();
        let list = |limits: Vec<Limit>| limits.into_iter().map(Entry::from).collect();
        let limits = policy.limits;
        Self {
            failed_proofs: policy.failed_proofs.count,
            failed_proofs_hours: policy.failed_proofs.window.0 / Span::hours(1).0,
            failed_proofs_per_network: list(limits.proofs_from_network),
            failed_proofs_in_all: list(limits.proofs_in_all),
            sends: list(policy.sends_to_one),
            sends_per_account: list(limits.sends_of_account),
            sends_per_network: list(limits.sends_from_network),
            sends_in_all: list(limits.sends_in_all),
            resets_per_user_id: list(limits.look_ups_of_account),
            resets_per_network: list(limits.look_ups_from_network),
            resets_in_all: list(limits.look_ups_in_all),
            sign_ins_per_account: list(limits.passwords_of_account),
            sign_ins_per_network: list(limits.passwords_from_network),
            sign_ins_in_all: list(limits.passwords_in_all),
        }
    }
}

/// Limits in one list; more would only cost time.
const MOST: usize = 5;

impl ThrottleSection {
    /// Checks the section and puts it into the policy.
    pub(super) fn check(&self, policy: &mut Policy, problems: &mut Vec<String>) {
        let mut within = |key: &str, value: i64, from: i64, to: i64| {
            if !(from..=to).contains(&value) {
                problems.push(format!("throttle.{key}: {value} is not from {from} to {to}"));
            }
        };
        within("failed_proofs", self.failed_proofs.into(), 1, 100);
        within("failed_proofs_hours", self.failed_proofs_hours, 1, 168);
        let mut list = |key: &str, entries: &[Entry]| list(&format!("throttle.{key}"), entries, problems);
        policy.failed_proofs = Limit { count: self.failed_proofs, window: Span::hours(self.failed_proofs_hours) };
        policy.sends_to_one = list("sends", &self.sends);
        policy.limits = Limits {
            sends_of_account: list("sends_per_account", &self.sends_per_account),
            sends_from_network: list("sends_per_network", &self.sends_per_network),
            sends_in_all: list("sends_in_all", &self.sends_in_all),
            proofs_from_network: list("failed_proofs_per_network", &self.failed_proofs_per_network),
            proofs_in_all: list("failed_proofs_in_all", &self.failed_proofs_in_all),
            look_ups_of_account: list("resets_per_user_id", &self.resets_per_user_id),
            look_ups_from_network: list("resets_per_network", &self.resets_per_network),
            look_ups_in_all: list("resets_in_all", &self.resets_in_all),
            passwords_of_account: list("sign_ins_per_account", &self.sign_ins_per_account),
            passwords_from_network: list("sign_ins_per_network", &self.sign_ins_per_network),
            passwords_in_all: list("sign_ins_in_all", &self.sign_ins_in_all),
        };
    }
}

/// The limits of a list, and what is wrong with them.
pub(super) fn list(key: &str, entries: &[Entry], problems: &mut Vec<String>) -> Vec<Limit> {
    if entries.len() > MOST {
        problems.push(format!("{key}: give at most {MOST} limits"));
    }
    for (place, entry) in entries.iter().enumerate() {
        if !(1..=1_000_000).contains(&entry.count) {
            problems.push(format!("{key}: count {} is not from 1 to 1000000", entry.count));
        }
        if !(1..=604_800).contains(&entry.seconds) {
            problems.push(format!("{key}: seconds {} is not from 1 to 604800", entry.seconds));
        }
        if entries.iter().take(place).any(|other| other.seconds == entry.seconds) {
            problems.push(format!("{key}: there are two limits for {} seconds; give one", entry.seconds));
        }
    }
    entries.iter().map(|entry| Limit { count: entry.count, window: Span::seconds(entry.seconds) }).collect()
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn problems(throttle: &str) -> String {
        let text = format!("[care_team]\nmail = 'care@example.org'\n[throttle]\n{throttle}");
        Config::from_table(text.parse().unwrap()).err().unwrap_or_default().join("\n")
    }

    #[test]
    fn every_list_has_its_range() {
        for key in [
            "sends",
            "sends_per_account",
            "sends_per_network",
            "sends_in_all",
            "failed_proofs_per_network",
            "failed_proofs_in_all",
            "resets_per_user_id",
            "resets_per_network",
            "resets_in_all",
            "sign_ins_per_account",
            "sign_ins_per_network",
            "sign_ins_in_all",
        ] {
            assert_eq!(problems(&format!("{key} = []")), "");
            assert_eq!(problems(&format!("{key} = [{{ count = 1, seconds = 1 }}]")), "");
            for (wrong, why) in [
                ("{ count = 0, seconds = 60 }", "count 0 is not from"),
                ("{ count = 1000001, seconds = 60 }", "count 1000001 is not from"),
                ("{ count = 1, seconds = 0 }", "seconds 0 is not from"),
                ("{ count = 1, seconds = 604801 }", "seconds 604801 is not from"),
                ("{ count = 1, seconds = 60 }, { count = 2, seconds = 60 }", "two limits for 60 seconds"),
            ] {
                let told = problems(&format!("{key} = [{wrong}]"));
                assert!(told.contains(&format!("throttle.{key}: ")) && told.contains(why), "{key} {wrong}: {told}");
            }
        }
    }
}
