//! `[register]`: how people come to be registered.

use serde::Deserialize;

/// `[register]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Register {
    /// Whether contacts in a list are taken as proven; else the person has to confirm each with a code.
    pub trust_imported: bool,
    /// Days after an invitation in which nobody gets another, 1 to 365.
    pub invite_days: i64,
}

impl Default for Register {
    fn default() -> Self {
        Self { trust_imported: false, invite_days: 30 }
    }
}

impl Register {
    pub(super) fn check(&self, problems: &mut Vec<String>) {
        if !(1..=365).contains(&self.invite_days) {
            problems.push(format!("register.invite_days: {} is not from 1 to 365", self.invite_days));
        }
    }
}
