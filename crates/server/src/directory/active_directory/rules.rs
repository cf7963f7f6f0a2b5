//! The rules on passwords that hold for an account: its own (a fine-grained policy), or the domain's.

use regain_core::Span;

use super::{ActiveDirectory, wire};
use crate::clock::Clock;
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::lease::Lease;
use crate::directory::ldap::policies::Policies;
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    /// On new passwords.
    pub(super) rules: PasswordRules,
    /// How long a lock lasts; nothing if for ever, or if nobody says.
    pub(super) lockout: Option<Span>,
}

/// The domain's policy and fine-grained ones, to be kept.
pub(super) fn policies(clock: Clock) -> Policies {
    Policies::new([DOMAIN, OWN].concat(), clock)
}

impl ActiveDirectory {
    /// The policy of an account as it was a moment ago. The same questions whether there is an account or not.
    pub(super) async fn policy(
        &self,
        lease: &mut Lease,
        domain: &str,
        account: Option<&Entry>,
    ) -> Result<Policy, Error> {
        let own = account.and_then(own);
        let found = self.policies.of(lease, own.unwrap_or(domain)).await?;
        Ok(read(&found, own.is_some(), lease))
    }

    /// The policy of an account as it is now.
    pub(super) async fn policy_now(&self, lease: &mut Lease, account: &Entry) -> Result<Policy, Error> {
        let own = own(account);
        let found = match own {
            Some(own) => self.policies.now(lease, own).await?,
            None => self.policies.now(lease, &self.domain().await?).await?,
        };
        Ok(read(&found, own.is_some(), lease))
    }
}

/// The fine-grained policy that holds for an account, if one does.
fn own(account: &Entry) -> Option<&str> {
    account.text("msDS-ResultantPSO")
}

/// Without the right to read a fine-grained policy there is nothing in it; the domain's rules do not hold then.
fn read(found: &Entry, own: bool, lease: &Lease) -> Policy {
    let mut policy = if own { of_its_own(found) } else { of_domain(found) };
    policy.rules.history_on_reset = hints(&lease.sheet()).is_some();
    policy
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
