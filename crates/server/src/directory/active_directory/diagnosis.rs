//! What Active Directory means by its refusals. The result code says little; the number in the text says more, and where that
//! stands for several reasons, what was asked and the rules that hold tell which.

use regain_core::{Secret, Time};

use crate::directory::ldap::connect::Answer;
use crate::directory::ldap::pool::REFERRAL;
use crate::directory::{PasswordRules, Refusal, Verdict};

/// `insufficientAccessRights` (RFC 4511, 4.1.9).
const NO_RIGHT: u32 = 50;
/// `noSuchObject`.
const NO_ENTRY: u32 = 32;
/// `invalidCredentials`.
const WRONG: u32 = 49;
/// `busy` and `unavailable`: nothing was done.
pub(super) const UNWELL: [u32; 2] = [51, 52];

/// What an answer to a bind says about the password. Windows looks at it first in all of these but 775, which comes with a
/// wrong one, too. Nothing if it says nothing about it.
pub(super) fn verdict(answer: &Answer) -> Option<Verdict> {
    if answer.code == 0 {
        return Some(Verdict::Right);
    }
    if answer.code != WRONG {
        return None;
    }
    Some(match data(&answer.text) {
        // Right, but not at this hour (530), or not at this computer (531): that is about signing in to Windows.
        Some(0x530 | 0x531) => Verdict::Right,
        Some(0x532 | 0x773) => Verdict::MustChange,
        Some(0x533 | 0x701) => Verdict::Disabled,
        Some(0x775) => Verdict::Locked,
        // 525: no such account; 52e: wrong; and whatever else.
        _ => Verdict::Wrong,
    })
}

/// What was asked of the directory, to tell what a refusal is about.
pub(super) struct Asked<'a> {
    /// The password that was refused.
    pub(super) password: &'a Secret,
    /// The rules on it, as far as they are known.
    pub(super) rules: PasswordRules,
    /// Names of the person, which a complex password may not contain.
    pub(super) names: Vec<String>,
    /// When the password may be changed, if not now.
    pub(super) too_young_until: Option<Time>,
    /// Whether history and least age were looked at: with a change always, with a reset by policy hints only.
    pub(super) strict: bool,
}

/// Why a change was turned down.
pub(super) fn refusal(answer: &Answer, asked: &Asked<'_>) -> Refusal {
    if answer.code == REFERRAL {
        // A read-only controller does so.
        return Refusal::Elsewhere;
    }
    match number(&answer.text) {
        Some(0x52d) => unfit(&answer.text, asked),
        // ERROR_INVALID_PASSWORD, ERROR_WRONG_PASSWORD
        Some(0x56 | 0x52b) => Refusal::OldPassword,
        // ERROR_ACCOUNT_DISABLED, ERROR_ACCOUNT_EXPIRED
        Some(0x533) => Refusal::Disabled,
        Some(0x701) => Refusal::Expired,
        // ERROR_ACCOUNT_LOCKED_OUT
        Some(0x775) => Refusal::Locked,
        // ERROR_ACCESS_DENIED; its insufficient rights (0x2098)
        Some(0x5 | 0x2098) => Refusal::NotPermitted,
        _ if answer.code == NO_RIGHT => Refusal::NotPermitted,
        _ if answer.code == NO_ENTRY => Refusal::Gone,
        _ => Refusal::Other,
    }
}

/// ERROR_PASSWORD_RESTRICTION stands for all rules. Samba says in words which; Windows does not, so it is worked out.
fn unfit(text: &str, asked: &Asked<'_>) -> Refusal {
    let says = |words: &str| text.contains(words);
    let min = asked.rules.min_length.unwrap_or_default();
    if says("too short") {
        return Refusal::TooShort { min };
    }
    if says("complexity") {
        return Refusal::Complexity;
    }
    if says("history") {
        return Refusal::InHistory;
    }
    if says("too young") || says("too recently") {
        return Refusal::TooYoung { until: asked.too_young_until };
    }
    // Length is counted in UTF-16 units, as the directory does.
    if asked.password.reveal().encode_utf16().count() < min {
        return Refusal::TooShort { min };
    }
    if asked.rules.complexity == Some(true) && !is_complex(asked.password.reveal(), &asked.names) {
        return Refusal::Complexity;
    }
    if !asked.strict {
        return Refusal::Other;
    }
    match asked.too_young_until {
        Some(until) => Refusal::TooYoung { until: Some(until) },
        None if asked.rules.history.is_some_and(|history| history > 0) => Refusal::InHistory,
        None => Refusal::Other,
    }
}

/// "Password must meet complexity requirements", as Microsoft documents that policy: characters of three of five kinds; not the
/// account's name, nor a part of the display name of three characters or more.
fn is_complex(password: &str, names: &[String]) -> bool {
    let kinds: [fn(char) -> bool; 5] = [
        char::is_uppercase,
        char::is_lowercase,
        |c| c.is_ascii_digit(),
        |c| c.is_ascii_punctuation(),
        |c| c.is_alphabetic() && !c.is_uppercase() && !c.is_lowercase(),
    ];
    let count = kinds.iter().filter(|kind| password.chars().any(kind)).count();
    let lower = password.to_lowercase();
    let parts = names.iter().flat_map(|name| name.split([',', '.', '-', '_', ' ', '#', '\t']));
    let named = parts.filter(|part| part.chars().count() > 2).any(|part| lower.contains(&part.to_lowercase()));
    count >= 3 && !named
}

/// The number at the beginning of a refusal: `0000052D: SvcErr: …`.
fn number(text: &str) -> Option<u32> {
    let digits = text.trim_start().get(..8)?;
    u32::from_str_radix(digits, 16).ok()
}

/// The number within the refusal of a bind: `…, data 52e, v4563`.
fn data(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once(", data ")?;
    u32::from_str_radix(rest.split(',').next()?.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: u32, text: &str) -> Answer {
        Answer { code, text: text.to_owned(), ..Answer::default() }
    }

    #[test]
    fn every_answer_to_a_bind_is_understood() {
        let windows = |data: &str| {
            format!("80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {data}, v4563")
        };
        for (data, expected) in [
            ("525", Verdict::Wrong),
            ("52e", Verdict::Wrong),
            ("530", Verdict::Right),
            ("531", Verdict::Right),
            ("532", Verdict::MustChange),
            ("533", Verdict::Disabled),
            ("701", Verdict::Disabled),
            ("773", Verdict::MustChange),
            ("775", Verdict::Locked),
            ("nonsense", Verdict::Wrong),
        ] {
            assert_eq!(verdict(&answer(49, &windows(data))), Some(expected), "{data}");
        }
        assert_eq!(verdict(&answer(0, "")), Some(Verdict::Right));
        assert_eq!(verdict(&answer(49, "")), Some(Verdict::Wrong));
        assert_eq!(verdict(&answer(8, "BindSimple: Transport encryption required.")), None);
        assert_eq!(verdict(&answer(51, "")), None);
    }

    fn told(code: u32, text: &str, password: &str, too_young_until: Option<Time>, strict: bool) -> Refusal {
        let rules =
            PasswordRules { min_length: Some(8), complexity: Some(true), history: Some(5), ..PasswordRules::default() };
        let password = Secret::new(password);
        let names = vec!["jbloggs".to_owned(), "Jo Bloggs".to_owned()];
        refusal(&answer(code, text), &Asked { password: &password, rules, names, too_young_until, strict })
    }

    #[test]
    fn every_refusal_is_understood() {
        let windows = "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0";
        let later = Some(Time(5));
        for (code, text, password, until, strict, expected) in [
            // Samba says it in words, with 19 (4.17) or 53 (4.25).
            (
                19,
                "0000052D: Constraint violation - check_password_restrictions: the password is too short. It should be equal or longer than 8 characters!",
                "kettle7",
                None,
                false,
                Refusal::TooShort { min: 8 },
            ),
            (
                19,
                "0000052D: Constraint violation - check_password_restrictions: the password does not meet the complexity criteria!",
                "kettle kettle",
                None,
                false,
                Refusal::Complexity,
            ),
            (
                53,
                "0000052D: check_password_restrictions: the password was already used (in history)!",
                "Kettle-77",
                None,
                true,
                Refusal::InHistory,
            ),
            (
                19,
                "0000052D: Constraint violation - check_password_restrictions: password is too young to change!",
                "Kettle-77",
                later,
                true,
                Refusal::TooYoung { until: later },
            ),
            // Windows does not: it is worked out.
            (53, windows, "Kettl-7", None, true, Refusal::TooShort { min: 8 }),
            (53, windows, "kettle kettle", None, true, Refusal::Complexity),
            (53, windows, "Bloggs-1234", None, true, Refusal::Complexity),
            (53, windows, "Kettle-77", later, true, Refusal::TooYoung { until: later }),
            (53, windows, "Kettle-77", None, true, Refusal::InHistory),
            // A reset without policy hints looks at neither history nor age.
            (53, windows, "Kettle-77", later, false, Refusal::Other),
            (
                19,
                "00000056: AtrErr: DSID-03191083, #1:\n\t0: 00000056: DSID-03191083, problem 1005 (CONSTRAINT_ATT_TYPE)",
                "Kettle-77",
                None,
                true,
                Refusal::OldPassword,
            ),
            (
                50,
                "00002098: SecErr: DSID-031514A0, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0",
                "Kettle-77",
                None,
                true,
                Refusal::NotPermitted,
            ),
            (50, "", "Kettle-77", None, true, Refusal::NotPermitted),
            (
                10,
                "0000202B: RefErr: DSID-0310078B, data 0, 1 access points",
                "Kettle-77",
                None,
                true,
                Refusal::Elsewhere,
            ),
            (32, "0000208D: NameErr: DSID-03100288, problem 2001 (NO_OBJECT)", "Kettle-77", None, true, Refusal::Gone),
            (53, "00000533: SvcErr", "Kettle-77", None, true, Refusal::Disabled),
            (53, "00000701: SvcErr", "Kettle-77", None, true, Refusal::Expired),
            (
                19,
                "00000775: Password change not permitted, account locked out!",
                "Kettle-77",
                None,
                true,
                Refusal::Locked,
            ),
            (
                53,
                "0000001F: SvcErr: DSID-031A11E5, problem 5003 (WILL_NOT_PERFORM), data 0",
                "Kettle-77",
                None,
                true,
                Refusal::Other,
            ),
            (80, "\u{202e}é", "Kettle-77", None, true, Refusal::Other),
        ] {
            assert_eq!(told(code, text, password, until, strict), expected, "{text} {password}");
        }
    }

    #[test]
    fn complexity_is_judged_as_the_policy_is_written() {
        let names = ["jbloggs".to_owned(), "Jo Bloggs".to_owned()];
        for (password, expected) in [
            ("Kettle77", true),
            ("kettle-77", true),
            ("kettle77", false),
            ("KETTLE77", false),
            ("Kettle-kettle", true),
            ("Kettle JO", false),
            ("Kettle-jo", true),
            ("Kettle-BLOGGS", false),
            ("xJBloggs-77", false),
            ("ケトルKettle", true),
        ] {
            assert_eq!(is_complex(password, &names), expected, "{password}");
        }
    }
}
