//! The password policy control (draft-behera-ldap-password-policy-10, 6.2): what a server adds to its answer.
//!
//! Pure, and total: any bytes are an answer, most of them an empty one.

use ldap3::controls::RawControl;

use super::connect::Answer;
use super::sheet::PASSWORD_POLICY;

/// What stands in the way, by the draft's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::directory) enum Obstacle {
    /// 0: the password is too old.
    PasswordExpired,
    /// 1: the account is locked.
    Locked,
    /// 2: the password has to be changed before anything else.
    ChangeAfterReset,
    /// 3: the password may not be changed.
    ModNotAllowed,
    /// 4: the old password has to be given.
    MustSupplyOld,
    /// 5: it is not good enough.
    Quality,
    /// 6: it is too short.
    TooShort,
    /// 7: the last change is too recent.
    TooYoung,
    /// 8: it was used before.
    InHistory,
    /// 9: it is too long (draft -11).
    TooLong,
}

/// The value of the control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::directory) struct Response {
    /// Seconds until the password is too old.
    pub(in crate::directory) expires_in: Option<u32>,
    /// How often one may still sign in with a password that is too old.
    pub(in crate::directory) grace: Option<u32>,
    /// Why it was refused, or what has to be done first.
    pub(in crate::directory) obstacle: Option<Obstacle>,
}

/// Asks for it; a server that does not know it does as if it was not there.
pub(in crate::directory) fn request() -> Vec<RawControl> {
    vec![RawControl { ctype: PASSWORD_POLICY.to_owned(), crit: false, val: None }]
}

impl Response {
    /// What an answer says; nothing if it has no such control.
    pub(in crate::directory) fn of(answer: &Answer) -> Self {
        answer.control(PASSWORD_POLICY).and_then(read).unwrap_or_default()
    }
}

/// Reads the value: `SEQUENCE { warning [0] CHOICE { [0] INTEGER, [1] INTEGER } OPTIONAL, error [1] ENUMERATED OPTIONAL }`.
fn read(value: &[u8]) -> Option<Response> {
    let (SEQUENCE, mut rest, _) = element(value)? else { return None };
    let mut response = Response::default();
    while let Some((tag, content, after)) = element(rest) {
        match tag {
            WARNING => match element(content) {
                Some((0x80, seconds, _)) => response.expires_in = number(seconds),
                Some((0x81, times, _)) => response.grace = number(times),
                _ => {}
            },
            ERROR => response.obstacle = number(content).and_then(obstacle),
            _ => {}
        }
        rest = after;
    }
    Some(response)
}

const SEQUENCE: u8 = 0x30;
const WARNING: u8 = 0xa0;
const ERROR: u8 = 0x81;

/// The first element in BER (X.690, 8.1): its tag, its content, and what follows. Only lengths that are given are understood.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((*tag, content, after))
}

/// A number that is not negative and fits.
fn number(content: &[u8]) -> Option<u32> {
    let significant = content.iter().skip_while(|byte| **byte == 0).count();
    let negative = content.first().is_none_or(|first| *first >= 0x80);
    (!negative && significant <= 4).then(|| content.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
}

fn obstacle(number: u32) -> Option<Obstacle> {
    Some(match number {
        0 => Obstacle::PasswordExpired,
        1 => Obstacle::Locked,
        2 => Obstacle::ChangeAfterReset,
        3 => Obstacle::ModNotAllowed,
        4 => Obstacle::MustSupplyOld,
        5 => Obstacle::Quality,
        6 => Obstacle::TooShort,
        7 => Obstacle::TooYoung,
        8 => Obstacle::InHistory,
        9 => Obstacle::TooLong,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_send_is_read() {
        let read = |bytes: &[u8]| read(bytes).unwrap();
        assert_eq!(read(&[0x30, 0]), Response::default());
        assert_eq!(read(&[0x30, 3, 0x81, 1, 1]).obstacle, Some(Obstacle::Locked));
        assert_eq!(read(&[0x30, 3, 0x81, 1, 8]).obstacle, Some(Obstacle::InHistory));
        let both = read(&[0x30, 8, 0xa0, 3, 0x81, 1, 2, 0x81, 1, 0]);
        assert_eq!(both, Response { grace: Some(2), obstacle: Some(Obstacle::PasswordExpired), expires_in: None });
        assert_eq!(read(&[0x30, 6, 0xa0, 4, 0x80, 2, 0x0e, 0x10]).expires_in, Some(3_600));
        assert_eq!(read(&[0x30, 0x81, 3, 0x81, 1, 2]).obstacle, Some(Obstacle::ChangeAfterReset), "a long length");
        assert_eq!(read(&[0x30, 3, 0x81, 1, 99]).obstacle, None, "a number nobody knows");
    }

    #[test]
    fn any_bytes_are_survived() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[0x31, 0]), None);
        assert_eq!(read(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(read(&[0x30, 0x80, 0, 0]), None, "a length that is not given");
        // Every text of four bytes after a sequence's head, and every value of each byte of a full answer.
        let full = [0x30, 8, 0xa0, 3, 0x81, 1, 2, 0x81, 1, 0];
        for place in 0..full.len() {
            for byte in 0..=u8::MAX {
                let mut bytes = full;
                bytes[place] = byte;
                _ = read(&bytes);
                _ = read(&bytes[..place]);
            }
        }
        for seed in 0..200_000_u32 {
            let bytes = seed.wrapping_mul(2_654_435_761).to_le_bytes();
            _ = read(&[0x30, bytes[0] % 6, bytes[1], bytes[2] % 4, bytes[3], bytes[0]]);
        }
    }
}
