//! The rules on passwords that hold for an account: its own (a fine-grained policy), or the domain's.

use regain_core::Span;

use super::people::ask;
use super::wire;
use crate::directory::ldap::entry::{Entry, Query};
use crate::directory::ldap::lease::Lease;
use crate::directory::ldap::sheet::{POLICY_HINTS, POLICY_HINTS_OLD, Sheet};
use crate::directory::{Error, PasswordRules};

/// The attributes of a domain ([MS-ADA1] and [MS-ADA2]).
const DOMAIN: &[&str] = &["minPwdLength", "pwdProperties", "pwdHistoryLength", "minPwdAge", "lockoutDuration"];
/// The attributes of a fine-grained policy ([MS-ADTS], `msDS-ResultantPSO`).
const OWN: &[&str] = &[
    "msDS-MinimumPasswordLength",
    "msDS-PasswordComplexityEnabled",
    "msDS-PasswordHistoryLength",
    "msDS-MinimumPasswordAge",
    "msDS-LockoutDuration",
];

/// What holds for an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    /// On new passwords.
    pub(super) rules: PasswordRules,
    /// How long a lock lasts; nothing if for ever, or if nobody says.
    pub(super) lockout: Option<Span>,
}

impl Policy {
    /// Reads it. The same question whether there is an account or not.
    pub(super) async fn read(lease: &mut Lease, domain: &str, account: Option<&Entry>) -> Result<Self, Error> {
        let own = account.and_then(|entry| entry.text("msDS-ResultantPSO"));
        let query = own.map_or_else(|| Query::entry(domain, DOMAIN), |own| Query::entry(own, OWN));
        // Without the right to read a fine-grained policy there is nothing; the domain's rules do not hold then.
        let found = ask(lease, &query).await?.only().unwrap_or_default();
        let mut policy = if own.is_some() { of_its_own(&found) } else { of_domain(&found) };
        policy.rules.history_on_reset = hints(&lease.sheet()).is_some();
        Ok(policy)
    }
}

/// The control by which history and least age hold for a reset, too, if the server offers one.
pub(super) fn hints(sheet: &Sheet) -> Option<&'static str> {
    [POLICY_HINTS, POLICY_HINTS_OLD].into_iter().find(|oid| sheet.offers(oid))
}

fn of_domain(entry: &Entry) -> Policy {
    let complexity = entry.number("pwdProperties").map(|flags| flags & wire::COMPLEX != 0);
    policy(entry, ["minPwdLength", "pwdHistoryLength", "minPwdAge", "lockoutDuration"], complexity)
}

fn of_its_own(entry: &Entry) -> Policy {
    let told = entry.text("msDS-PasswordComplexityEnabled").is_some();
    let complexity = told.then(|| entry.is_true("msDS-PasswordComplexityEnabled"));
    let names =
        ["msDS-MinimumPasswordLength", "msDS-PasswordHistoryLength", "msDS-MinimumPasswordAge", "msDS-LockoutDuration"];
    policy(entry, names, complexity)
}

fn policy(entry: &Entry, [length, history, age, lockout]: [&str; 4], complexity: Option<bool>) -> Policy {
    let rules = PasswordRules {
        min_length: entry.number(length).and_then(|length| usize::try_from(length).ok()),
        complexity,
        history: entry.number(history).and_then(|history| u32::try_from(history).ok()),
        min_age: entry.number(age).and_then(wire::length),
        ..PasswordRules::default()
    };
    Policy { rules, lockout: entry.number(lockout).and_then(wire::length).filter(|span| span.0 > 0) }
}
