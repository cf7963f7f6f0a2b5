//! The server's own rules on passwords, and what they mean for one account.

use regain_core::{Span, Time};

use super::entry::Entry;
use super::time::{days, generalized};
use crate::directory::{Lock, PasswordRules, Status};

/// The attributes of an account that [`status`] looks at.
pub(super) const STATUS: &[&str] = &[
    // draft-behera-ldap-password-policy-10, OpenLDAP
    "pwdAccountLockedTime",
    "pwdChangedTime",
    "pwdReset",
    "pwdPolicySubentry",
    "pwdStartTime",
    "pwdEndTime",
    // 389 Directory Server
    "nsAccountLock",
    "accountUnlockTime",
    "passwordExpirationTime",
    "passwordAllowChangeTime",
    // RFC 2307
    "shadowExpire",
];

/// The attributes of a policy that [`Rules`] looks at.
pub(super) const RULES: &[&str] = &[
    "pwdMinLength",
    "pwdMaxLength",
    "pwdInHistory",
    "pwdMinAge",
    "pwdMaxAge",
    "pwdCheckQuality",
    "pwdLockoutDuration",
    "passwordMinLength",
    "passwordInHistory",
    "passwordHistory",
    "passwordMinAge",
    "passwordCheckSyntax",
    "passwordMinCategories",
];

/// What OpenLDAP writes for an account that an administrator has locked for good (draft-behera, 5.3.3).
const FOR_GOOD: &str = "000001010000Z";

/// A policy, as far as it can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) for_passwords: PasswordRules,
    max_age: Option<Span>,
    lockout: Option<Span>,
}

impl Rules {
    /// Reads a policy's entry: OpenLDAP's or 389 Directory Server's.
    pub(super) fn read(policy: &Entry) -> Self {
        let figure = |name: &str| policy.number(name).filter(|figure| *figure > 0);
        let size = |name: &str| figure(name).and_then(|figure| usize::try_from(figure).ok());
        let times = |name: &str| figure(name).and_then(|figure| u32::try_from(figure).ok());
        let seconds = |name: &str| figure(name).map(Span::seconds);
        let on = |name: &str| policy.text(name).map(|value| value.eq_ignore_ascii_case("on"));
        // 389 Directory Server knows some of its rules by either name, and gives each once. OpenLDAP looks at a password only with
        // pwdCheckQuality, the other only with passwordCheckSyntax; that one remembers passwords only with passwordHistory.
        let syntax = on("passwordCheckSyntax").unwrap_or(false);
        let checked = syntax || figure("pwdCheckQuality").is_some();
        let remembered = on("passwordHistory").unwrap_or(true);
        let min_length = size("pwdMinLength").or_else(|| size("passwordMinLength")).filter(|_| checked);
        let history = times("pwdInHistory").or_else(|| times("passwordInHistory")).filter(|_| remembered);
        let for_passwords = PasswordRules {
            min_length,
            max_length: size("pwdMaxLength").filter(|_| checked),
            complexity: syntax.then(|| figure("passwordMinCategories").is_some_and(|kinds| kinds > 1)),
            history,
            min_age: seconds("pwdMinAge").or_else(|| seconds("passwordMinAge")),
            history_on_reset: history.is_some(),
        };
        Self { for_passwords, max_age: seconds("pwdMaxAge"), lockout: seconds("pwdLockoutDuration") }
    }
}

/// What stands in the way of an account.
pub(super) fn status(person: &Entry, rules: &Rules, now: Time) -> Status {
    let at = |name: &str| person.text(name).and_then(generalized);
    let changed = at("pwdChangedTime");
    let oldest = changed.zip(rules.max_age).map(|(changed, span)| changed + span);
    let youngest = changed.zip(rules.for_passwords.min_age).map(|(changed, span)| changed + span);
    // 389 Directory Server writes the beginning of 1970 for "at the next sign-in".
    let expires = at("passwordExpirationTime");
    let must_change = person.is_true("pwdReset") || expires == Some(Time(0));
    Status {
        disabled: person.is_true("nsAccountLock") || person.text("pwdAccountLockedTime") == Some(FOR_GOOD),
        expired: is_over(person, now),
        locked: lock(person, rules, now),
        must_change,
        password_expired: !must_change && oldest.or(expires).is_some_and(|oldest| oldest <= now),
        too_young_until: youngest.or_else(|| at("passwordAllowChangeTime")).filter(|until| *until > now),
        protected: false,
    }
}

fn is_over(person: &Entry, now: Time) -> bool {
    let at = |name: &str| person.text(name).and_then(generalized);
    // shadow(5): days since 1970, and -1 for never.
    let shadow = person.number("shadowExpire").is_some_and(|expire| expire >= 0 && days(now) >= expire);
    shadow || at("pwdEndTime").is_some_and(|end| end <= now) || at("pwdStartTime").is_some_and(|start| start > now)
}

/// The lock after wrong passwords.
fn lock(person: &Entry, rules: &Rules, now: Time) -> Option<Lock> {
    if let Some(locked) = person.text("pwdAccountLockedTime").filter(|locked| *locked != FOR_GOOD) {
        return match generalized(locked).zip(rules.lockout) {
            Some((since, span)) => (since + span > now).then_some(Lock::Until(since + span)),
            None => Some(Lock::Lasting),
        };
    }
    // 389 Directory Server: until then, and the beginning of 1970 for good.
    match generalized(person.text("accountUnlockTime")?)? {
        Time(0) => Some(Lock::Lasting),
        until => (until > now).then_some(Lock::Until(until)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_795_542_780_000);

    fn entry(values: &[(&str, &str)]) -> Entry {
        Entry::of("uid=jo", values)
    }

    fn of(policy: &[(&str, &str)], person: &[(&str, &str)]) -> Status {
        status(&entry(person), &Rules::read(&entry(policy)), NOW)
    }

    #[test]
    fn a_lock_ends_by_itself_only_where_the_policy_says_so() {
        let locked = [("pwdAccountLockedTime", "20261124175000Z")];
        assert_eq!(of(&[], &locked).locked, Some(Lock::Lasting));
        assert_eq!(of(&[("pwdLockoutDuration", "0")], &locked).locked, Some(Lock::Lasting));
        let until = Time(NOW.0 - 180_000 + 600_000);
        assert_eq!(of(&[("pwdLockoutDuration", "600")], &locked).locked, Some(Lock::Until(until)));
        assert_eq!(of(&[("pwdLockoutDuration", "60")], &locked).locked, None);
        let by_hand = of(&[("pwdLockoutDuration", "60")], &[("pwdAccountLockedTime", FOR_GOOD)]);
        assert!(by_hand.disabled && by_hand.locked.is_none(), "an administrator's lock is none that a reset may lift");
        assert_eq!(of(&[], &[("accountUnlockTime", "19700101000000Z")]).locked, Some(Lock::Lasting));
        assert_eq!(of(&[], &[("accountUnlockTime", "20261124175200Z")]).locked, None);
    }

    #[test]
    fn an_account_s_time_is_over_by_either_clock() {
        let today = days(NOW).to_string();
        let tomorrow = (days(NOW) + 1).to_string();
        assert!(of(&[], &[("shadowExpire", today.as_str())]).expired);
        assert!(of(&[], &[("shadowExpire", "0")]).expired);
        assert!(!of(&[], &[("shadowExpire", "-1")]).expired);
        assert!(!of(&[], &[("shadowExpire", tomorrow.as_str())]).expired);
        assert!(of(&[], &[("pwdEndTime", "20261124175300Z")]).expired);
        assert!(of(&[], &[("pwdStartTime", "20261124175301Z")]).expired);
        assert!(of(&[], &[("nsAccountLock", "TRUE")]).disabled);
    }

    #[test]
    fn a_password_s_age_counts_both_ways() {
        let policy = [("pwdMaxAge", "120"), ("pwdMinAge", "600")];
        let changed = of(&policy, &[("pwdChangedTime", "20261124175000Z")]);
        assert!(changed.password_expired && !changed.must_change);
        assert_eq!(changed.too_young_until, Some(Time(NOW.0 + 420_000)));
        let reset = of(&policy, &[("pwdChangedTime", "20261124175000Z"), ("pwdReset", "TRUE")]);
        assert!(reset.must_change && !reset.password_expired);
        assert!(of(&[], &[("passwordExpirationTime", "19700101000000Z")]).must_change);
        assert!(of(&[], &[("passwordExpirationTime", "20261124175000Z")]).password_expired);
    }

    #[test]
    fn rules_that_are_not_looked_at_are_not_told() {
        let rules = |values: &[(&str, &str)]| Rules::read(&entry(values)).for_passwords;
        assert_eq!(rules(&[("pwdMinLength", "10")]).min_length, None);
        let told =
            rules(&[("pwdMinLength", "10"), ("pwdCheckQuality", "2"), ("pwdInHistory", "3"), ("pwdMinAge", "60")]);
        assert_eq!((told.min_length, told.history, told.min_age), (Some(10), Some(3), Some(Span::seconds(60))));
        assert!(told.history_on_reset);
        let told = rules(&[("passwordMinLength", "9"), ("passwordCheckSyntax", "on"), ("passwordMinCategories", "3")]);
        assert_eq!((told.min_length, told.complexity, told.history), (Some(9), Some(true), None));
        let other = rules(&[
            ("pwdMinLength", "9"),
            ("passwordCheckSyntax", "on"),
            ("passwordInHistory", "2"),
            ("passwordHistory", "off"),
        ]);
        assert_eq!((other.min_length, other.history), (Some(9), None), "as 389 Directory Server answers");
        assert_eq!(rules(&[("passwordMinLength", "9"), ("passwordCheckSyntax", "off")]).min_length, None);
    }
}
