//! `[register]`: how people come to be registered.

use regain_core::{Policy, Span};
use serde::Deserialize;

/// `[register]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Register {
    /// Days for which somebody who was asked to register may put it off, 0 to 365.
    pub grace_days: i64,
    /// Domains of the organisation's own mail, whose addresses nobody may register.
    pub own_domains: Vec<String>,
    /// Whether contacts in a list are taken as proven; else the person has to confirm each with a code.
    pub trust_imported: bool,
    /// Days after an invitation in which nobody gets another, 1 to 365.
    pub invite_days: i64,
}

impl Default for Register {
    fn default() -> Self {
        let policy = Policy::default();
        Self {
            grace_days: policy.grace.0 / Span::hours(24).0,
            own_domains: policy.own_domains,
            trust_imported: false,
            invite_days: 30,
        }
    }
}

impl Register {
    pub(super) fn check(&self, problems: &mut Vec<String>) {
        for (key, value, from) in [("grace_days", self.grace_days, 0), ("invite_days", self.invite_days, 1)] {
            if !(from..=365).contains(&value) {
                problems.push(format!("register.{key}: {value} is not from {from} to 365"));
            }
        }
    }
}
