//! One line of a corpus: a hash in hexadecimal, perhaps a colon and how often it was seen.

use std::fmt;

use super::{Kind, key};

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// By which hash the password is named.
    pub kind: Kind,
    /// Under which key it is looked up.
    pub key: u64,
    /// How often it was seen, if the line says so.
    pub count: Option<u64>,
}

/// Why a line cannot be read. Its text says what was expected, and does not quote the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Something that is no hexadecimal digit stands before the colon.
    NoDigit,
    /// The hash has so many digits.
    Length(usize),
    /// What follows the colon is no number.
    Count,
}

impl fmt::Display for Broken {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDigit => to.write_str(
                "expected a hash of 40 (SHA-1) or 32 (NTLM) hexadecimal digits and perhaps a colon and a count, and found another character",
            ),
            Self::Length(length) => {
                write!(to, "expected a hash of 40 (SHA-1) or 32 (NTLM) hexadecimal digits, and found {length}")
            }
            Self::Count => to.write_str("expected a whole number after the colon"),
        }
    }
}

/// Reads a line, without its line feed; a carriage return at the end does not matter. Nothing for an empty line.
///
/// # Errors
/// If it is anything else than 40 or 32 hexadecimal digits, followed by nothing or by a colon and a number.
pub fn entry(line: &[u8]) -> Result<Option<Entry>, Broken> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Ok(None);
    }
    let (mut beginning, mut length) = (0_u64, 0_usize);
    let mut rest = line.iter();
    let mut counted = false;
    for byte in rest.by_ref() {
        let Some(digit) = digit(*byte) else {
            counted = *byte == b':';
            if counted {
                break;
            }
            return Err(Broken::NoDigit);
        };
        if length < 16 {
            beginning = beginning << 4 | digit;
        }
        length += 1;
    }
    let kind = match length {
        40 => Kind::Sha1,
        32 => Kind::Ntlm,
        _ => return Err(Broken::Length(length)),
    };
    let count = if counted { Some(number(rest.as_slice()).ok_or(Broken::Count)?) } else { None };
    Ok(Some(Entry { kind, key: key(beginning), count }))
}

fn digit(byte: u8) -> Option<u64> {
    match byte {
        b'0'..=b'9' => Some(u64::from(byte - b'0')),
        b'a'..=b'f' => Some(u64::from(byte - b'a') + 10),
        b'A'..=b'F' => Some(u64::from(byte - b'A') + 10),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| number.checked_mul(10)?.checked_add(digit(byte)?))
}
