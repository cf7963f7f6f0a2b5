//! What a server's answer to a change means.

use regain_core::Time;

use super::connect::{Answer, SUCCESS, Trouble};
use super::pool::REFERRAL;
use super::ppolicy::{Obstacle, Response};
use crate::directory::{Error, Lost, Refusal};

/// What is known besides the answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// Characters of the password that was sent.
    pub(super) length: usize,
    /// The fewest the server takes, if it tells.
    pub(super) min_length: Option<usize>,
    /// Until when the last change is too recent.
    pub(super) too_young_until: Option<Time>,
}

/// Whether it was done; the server's words go to the log, with its name, and nowhere else.
pub(super) fn outcome(server: &str, answer: Result<Answer, Trouble>, known: Known) -> Result<(), Error> {
    let answer = answer.map_err(|trouble| match trouble {
        Trouble::NotSent(why) => Error::Unavailable(format!("{server}: {why}")),
        Trouble::Lost(why) | Trouble::Late(why) => Error::Indeterminate(Lost { why, server: Some(server.to_owned()) }),
    })?;
    match answer.code {
        SUCCESS => Ok(()),
        REFERRAL => {
            let told = answer.told();
            tracing::error!(
                server,
                told,
                "a directory server takes no changes; name the one that does first in directory.servers"
            );
            Err(Error::Refused(Refusal::Elsewhere))
        }
        // Somebody else changed it at the same moment: the value or the remembered one that was to go is gone already.
        NO_SUCH_ATTRIBUTE | VALUE_EXISTS if Response::of(&answer).obstacle.is_none() => {
            Err(Error::Unavailable(format!("{server}: the account was changed at the same time: {}", answer.told())))
        }
        BUSY | UNAVAILABLE => Err(Error::Unavailable(format!("{server}: {}", answer.told()))),
        _ => {
            let refusal = refusal(&answer, known);
            tracing::warn!(server, ?refusal, told = answer.told(), "the directory refused a change");
            Err(Error::Refused(refusal))
        }
    }
}

// RFC 4511, 4.1.9.
const NO_SUCH_ATTRIBUTE: u32 = 16;
const CONSTRAINT_VIOLATION: u32 = 19;
const VALUE_EXISTS: u32 = 20;
const NO_SUCH_OBJECT: u32 = 32;
const INSUFFICIENT_ACCESS: u32 = 50;
const BUSY: u32 = 51;
const UNAVAILABLE: u32 = 52;
const UNWILLING: u32 = 53;

fn refusal(answer: &Answer, known: Known) -> Refusal {
    let too_short = |min: Option<usize>| {
        // A server that does not tell its least still tells that this was below it.
        Refusal::TooShort { min: min.or(known.min_length).unwrap_or(known.length + 1).max(known.length + 1) }
    };
    match Response::of(answer).obstacle {
        Some(Obstacle::TooShort) => too_short(None),
        Some(Obstacle::Quality) => match fewest(&answer.text) {
            Some(min) => too_short(Some(min)),
            // 389 Directory Server has one number for everything it dislikes.
            None if known.min_length.is_some_and(|min| known.length < min) => too_short(None),
            None => dislike(&answer.text),
        },
        Some(Obstacle::InHistory) => Refusal::InHistory,
        Some(Obstacle::TooYoung) => Refusal::TooYoung { until: known.too_young_until },
        Some(Obstacle::ModNotAllowed | Obstacle::MustSupplyOld) => Refusal::NotPermitted,
        Some(Obstacle::Locked) => Refusal::Locked,
        Some(Obstacle::TooLong | Obstacle::PasswordExpired | Obstacle::ChangeAfterReset) => Refusal::Other,
        None => match answer.code {
            CONSTRAINT_VIOLATION if fewest(&answer.text).is_some() => too_short(fewest(&answer.text)),
            // 389 Directory Server, of the very password that there is.
            CONSTRAINT_VIOLATION if answer.text.contains("password in history") => Refusal::InHistory,
            // "unwilling to verify old password": the ACL lets nobody compare it.
            INSUFFICIENT_ACCESS | UNWILLING
                if answer.code == INSUFFICIENT_ACCESS || answer.text.contains("old password") =>
            {
                Refusal::NotPermitted
            }
            NO_SUCH_OBJECT => Refusal::Gone,
            _ => Refusal::Other,
        },
    }
}

/// 389 Directory Server says "must be at least 10 characters long" where it says anything.
fn fewest(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("at least ")?;
    let (figure, rest) = rest.split_once(' ')?;
    if rest.starts_with("characters long") { figure.parse().ok() } else { None }
}

/// What is wrong with a password that is not good enough, by the server's words.
fn dislike(text: &str) -> Refusal {
    let text = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    // 389 Directory Server passes on what CrackLib says, also that it has no dictionary and takes no password at all.
    let cracklib = text.contains("dictionary check:") && !text.contains("dictionary word");
    // Its words for a name or an address of the person, and for patterns: other kinds of characters would not help.
    if cracklib || says(&["based off of", "repeated", "sequence", "palindrome"]) {
        return Refusal::Other;
    }
    if says(&["dictionary", "cracklib", "restricted word"]) { Refusal::Dictionary } else { Refusal::Complexity }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::ldap::sheet::PASSWORD_POLICY;

    const KNOWN: Known = Known { length: 5, min_length: Some(10), too_young_until: Some(Time(7)) };

    fn refused(code: u32, obstacle: Option<u8>, text: &str) -> Refusal {
        refused_as(KNOWN, code, obstacle, text)
    }

    fn refused_as(known: Known, code: u32, obstacle: Option<u8>, text: &str) -> Refusal {
        let control = obstacle.map(|number| (PASSWORD_POLICY.to_owned(), vec![0x30, 3, 0x81, 1, number]));
        let controls = control.into_iter().collect();
        let answer = Answer { code, text: text.into(), controls, ..Answer::default() };
        match outcome("ldaps://a", Ok(answer), known) {
            Err(Error::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_obstacle_has_its_refusal() {
        assert_eq!(refused(19, Some(6), ""), Refusal::TooShort { min: 10 });
        assert_eq!(refused(19, Some(8), ""), Refusal::InHistory);
        assert_eq!(refused(19, Some(7), ""), Refusal::TooYoung { until: Some(Time(7)) });
        assert_eq!(refused(19, Some(5), ""), Refusal::TooShort { min: 10 });
        let long = Known { length: 10, ..KNOWN };
        assert_eq!(refused_as(long, 19, Some(5), ""), Refusal::Complexity);
        for (text, expected) in [
            ("Password failed CrackLib", Refusal::Dictionary),
            ("Password contains a restricted word", Refusal::Dictionary),
            ("Password failed dictionary check: it is based on a dictionary word", Refusal::Dictionary),
            ("Password failed dictionary check: it is based on a (reversed) dictionary word", Refusal::Dictionary),
            ("Password failed dictionary check: error loading dictionary", Refusal::Other),
            ("Password failed dictionary check: it is too simplistic/systematic", Refusal::Other),
            ("invalid password syntax - password based off of user entry", Refusal::Other),
            ("invalid password syntax - a character cannot be repeated more than 2 times", Refusal::Other),
            ("Password contains a monotonic sequence", Refusal::Other),
            ("Password is a palindrome", Refusal::Other),
            ("invalid password syntax - password must contain at least 3 character categories", Refusal::Complexity),
            ("invalid password syntax - password must contain at least 1 uppercase characters", Refusal::Complexity),
        ] {
            assert_eq!(refused_as(long, 19, Some(5), text), expected, "{text}");
        }
        assert_eq!(refused(19, None, "password in history"), Refusal::InHistory);
        assert_eq!(refused(50, Some(4), "must supply old password"), Refusal::NotPermitted);
        assert_eq!(refused(53, Some(3), ""), Refusal::NotPermitted);
        assert_eq!(refused(19, Some(1), ""), Refusal::Locked);
        assert_eq!(refused(19, Some(9), ""), Refusal::Other);
        let told = "invalid password syntax - password must be at least 12 characters long";
        assert_eq!(refused(19, Some(5), told), Refusal::TooShort { min: 12 });
        assert_eq!(refused(19, None, told), Refusal::TooShort { min: 12 });
        assert_eq!(refused(50, None, ""), Refusal::NotPermitted);
        assert_eq!(refused(53, None, "unwilling to verify old password"), Refusal::NotPermitted);
        assert_eq!(refused(32, None, ""), Refusal::Gone);
        assert_eq!(refused(80, None, ""), Refusal::Other);
    }

    #[test]
    fn a_lost_answer_is_no_refusal_and_names_its_server() {
        let lost = outcome("ldaps://a", Err(Trouble::Late("no answer".into())), KNOWN);
        assert!(matches!(lost, Err(Error::Indeterminate(Lost { server: Some(server), .. })) if server == "ldaps://a"));
        let unsent = outcome("ldaps://a", Err(Trouble::NotSent("ended".into())), KNOWN);
        assert!(matches!(unsent, Err(Error::Unavailable(_))));
        assert_eq!(refused(10, None, ""), Refusal::Elsewhere);
    }
}
