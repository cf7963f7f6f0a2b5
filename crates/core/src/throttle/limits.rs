//! Which limits there are.

use crate::Policy;
use crate::method::issued_code::Purpose;
use crate::throttle::{Limit, Scope, What};
use crate::time::Span;

/// What is limited, and for whom all together. All limits of one rule hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// What.
    pub what: What,
    /// For whom.
    pub scope: Scope,
}

const fn rule(what: What, scope: Scope) -> Rule {
    Rule { what, scope }
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 18] = [
        rule(What::Proofs, Scope::Account),
        rule(What::Proofs, Scope::Network),
        rule(What::Proofs, Scope::Installation),
        rule(What::Sends, Scope::Destination),
        rule(What::Sends, Scope::Account),
        rule(What::Sends, Scope::Network),
        rule(What::Sends, Scope::Installation),
        rule(What::Sends, Scope::Range),
        rule(What::Sends, Scope::Messages),
        rule(What::Sends, Scope::Emails),
        rule(What::Sends, Scope::Money),
        rule(What::Sends, Scope::Usual),
        rule(What::LookUps, Scope::Account),
        rule(What::LookUps, Scope::Network),
        rule(What::LookUps, Scope::Installation),
        rule(What::Passwords, Scope::Account),
        rule(What::Passwords, Scope::Network),
        rule(What::Passwords, Scope::Installation),
    ];

    /// How the names of its counters begin. Those of an account's proofs begin with their purpose, one counter for each.
    pub const fn prefix(self) -> &'static str {
        match (self.what, self.scope) {
            (What::Proofs, Scope::Network) => "proof-network",
            (What::Proofs, Scope::Installation) => "proof-all",
            (What::Proofs, _) => "proof",
            (What::Sends, Scope::Destination) => "send",
            (What::Sends, Scope::Account) => "sender",
            (What::Sends, Scope::Network) => "send-network",
            (What::Sends, Scope::Installation) => "send-all",
            (What::Sends, Scope::Range) => "range",
            (What::Sends, Scope::Messages) => "paid",
            (What::Sends, Scope::Emails) => "email",
            (What::Sends, Scope::Money) => "money",
            (What::Sends, Scope::Usual) => "hour",
            (What::LookUps, Scope::Network) => "look-up-network",
            (What::LookUps, Scope::Installation) => "look-up-all",
            (What::LookUps, _) => "look-up",
            (What::Passwords, Scope::Network) => "sign-in-network",
            (What::Passwords, Scope::Installation) => "sign-in-all",
            (What::Passwords, _) => "sign-in",
        }
    }

    /// The rule a counter counts for; nothing if it is none of a limit.
    pub fn of(counter: &str) -> Option<Self> {
        let prefix = counter.split(':').next().unwrap_or_default();
        if Purpose::ALL.iter().any(|purpose| purpose.name() == prefix) {
            return Some(rule(What::Proofs, Scope::Account));
        }
        Self::ALL.into_iter().find(|rule| rule.prefix() == prefix)
    }
}

/// The limits besides those that [`Policy`] names one by one. An empty list means that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Codes that one account has sent, whatever for and wherever to.
    pub sends_of_account: Vec<Limit>,
    /// Codes sent for one network.
    pub sends_from_network: Vec<Limit>,
    /// Codes sent in all.
    pub sends_in_all: Vec<Limit>,
    /// Wrong answers from one network.
    pub proofs_from_network: Vec<Limit>,
    /// Wrong answers in all.
    pub proofs_in_all: Vec<Limit>,
    /// Resets begun for one User ID.
    pub look_ups_of_account: Vec<Limit>,
    /// Resets begun in one network.
    pub look_ups_from_network: Vec<Limit>,
    /// Resets begun in all.
    pub look_ups_in_all: Vec<Limit>,
    /// Wrong passwords for one account, at signing in and at changing together.
    pub passwords_of_account: Vec<Limit>,
    /// Wrong passwords from one network.
    pub passwords_from_network: Vec<Limit>,
    /// Wrong passwords in all.
    pub passwords_in_all: Vec<Limit>,
}

impl Default for Limits {
    /// The figures of the project's design, where it has one. Those of the whole installation are for ten thousand people.
    fn default() -> Self {
        let an_hour = |count| Limit { count, window: Span::hours(1) };
        let a_day = |count| Limit { count, window: Span::hours(24) };
        let a_quarter = |count| Limit { count, window: Span::minutes(15) };
        Self {
            sends_of_account: vec![an_hour(5), a_day(20)],
            sends_from_network: vec![an_hour(20)],
            sends_in_all: vec![an_hour(1_000)],
            proofs_from_network: vec![an_hour(50)],
            proofs_in_all: vec![an_hour(500)],
            look_ups_of_account: vec![an_hour(20)],
            look_ups_from_network: vec![an_hour(60)],
            look_ups_in_all: vec![an_hour(3_000)],
            passwords_of_account: vec![a_quarter(10)],
            passwords_from_network: vec![a_quarter(50)],
            passwords_in_all: vec![a_quarter(1_000)],
        }
    }
}

impl Limits {
    /// No limits.
    pub const fn none() -> Self {
        Self {
            sends_of_account: Vec::new(),
            sends_from_network: Vec::new(),
            sends_in_all: Vec::new(),
            proofs_from_network: Vec::new(),
            proofs_in_all: Vec::new(),
            look_ups_of_account: Vec::new(),
            look_ups_from_network: Vec::new(),
            look_ups_in_all: Vec::new(),
            passwords_of_account: Vec::new(),
            passwords_from_network: Vec::new(),
            passwords_in_all: Vec::new(),
        }
    }
}

impl Policy {
    /// The limits of a rule; all hold at once.
    pub fn limits_of(&self, rule: Rule) -> &[Limit] {
        let limits = &self.limits;
        match (rule.what, rule.scope) {
            (What::Proofs, Scope::Network) => &limits.proofs_from_network,
            (What::Proofs, Scope::Installation) => &limits.proofs_in_all,
            (What::Proofs, _) => std::slice::from_ref(&self.failed_proofs),
            (What::Sends, Scope::Destination) => &self.sends_to_one,
            (What::Sends, Scope::Account) => &limits.sends_of_account,
            (What::Sends, Scope::Network) => &limits.sends_from_network,
            (What::Sends, Scope::Installation) => &limits.sends_in_all,
            (What::Sends, Scope::Range) => &self.budget.ranges,
            (What::Sends, Scope::Messages) => &self.budget.messages,
            (What::Sends, Scope::Emails) => &self.budget.emails,
            (What::Sends, Scope::Money) => &self.budget.money,
            // Reckoned anew each hour.
            (What::Sends, Scope::Usual) => &[],
            (What::LookUps, Scope::Network) => &limits.look_ups_from_network,
            (What::LookUps, Scope::Installation) => &limits.look_ups_in_all,
            (What::LookUps, _) => &limits.look_ups_of_account,
            (What::Passwords, Scope::Network) => &limits.passwords_from_network,
            (What::Passwords, Scope::Installation) => &limits.passwords_in_all,
            (What::Passwords, _) => &limits.passwords_of_account,
        }
    }
}
