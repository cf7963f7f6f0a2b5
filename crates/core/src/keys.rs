//! The installation's keys, and everything derived from them.
//!
//! One master key is kept in a file. Each use has a key of its own, derived with the use's name, so that a value made for
//! one purpose is worthless for another.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

type HmacSha256 = Hmac<Sha256>;

/// The keyed hash of something: equal inputs are recognised, the input is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Compares in constant time.
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// From lower-case hexadecimal of 64 characters; nothing if it is not that.
    pub fn from_hex(text: &str) -> Option<Self> {
        let nibble = |c: u8| char::from(c).to_digit(16).filter(|_| !c.is_ascii_uppercase());
        let byte = |pair: &[u8]| match pair {
            [high, low] => u8::try_from(nibble(*high)? << 4 | nibble(*low)?).ok(),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
        bytes?.try_into().ok().map(Self)
    }

    /// Lower-case hexadecimal, 64 characters.
    pub fn hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
            text
        })
    }
}

/// What a derived value is for. The name goes into the derivation, so no two uses can be exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Verification codes.
    Code,
    /// The made-up person behind an unknown User ID.
    Decoy,
    /// Characters of the picture, and the puzzle for the browser.
    Captcha,
    /// Recognising an address or a number without reading it.
    Lookup,
    /// The name under which attempts are counted.
    Throttle,
    /// The short number a person reads to the care team.
    Reference,
    /// The token in every form.
    Csrf,
    /// The seal of the flow cookie.
    Cookie,
    /// The name under which a session is kept, and the names of its flows.
    Session,
    /// Encryption of stored data.
    Storage,
    /// The link "This wasn't me".
    Freeze,
    /// The seal of a row of the audit trail.
    Audit,
}

impl Use {
    const fn label(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Decoy => "decoy",
            Self::Captcha => "captcha",
            Self::Lookup => "lookup",
            Self::Throttle => "throttle",
            Self::Reference => "reference",
            Self::Csrf => "csrf",
            Self::Cookie => "cookie",
            Self::Session => "session",
            Self::Storage => "storage",
            Self::Freeze => "freeze",
            Self::Audit => "audit",
        }
    }
}

/// The master key, and those that were in use before it. No `Debug`, no `Serialize`, wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Keys {
    master: [u8; 32],
    others: Vec<[u8; 32]>,
}

impl Keys {
    /// From the 32 bytes of the key file.
    pub fn new(master: [u8; 32]) -> Self {
        Self::ring(master, Vec::new())
    }

    /// With keys by which nothing is made any more, or not yet, while what was made with them still counts.
    pub fn ring(master: [u8; 32], others: Vec<[u8; 32]>) -> Self {
        Self { master, others }
    }

    /// Each key alone, the one in use first.
    pub fn each(&self) -> impl Iterator<Item = Self> {
        std::iter::once(&self.master).chain(&self.others).map(|key| Self::new(*key))
    }

    /// Whether something fits one of the keys. All are tried, so that the time does not say which.
    pub fn any(&self, fits: impl Fn(&Self) -> bool) -> bool {
        self.each().fold(false, |found, keys| found | fits(&keys))
    }

    /// HMAC-SHA-256 (RFC 2104) of the parts under the key of this use. Each part goes in with its length first, so
    /// `("ab", "c")` and `("a", "bc")` differ.
    pub fn derive(&self, purpose: Use, parts: &[&[u8]]) -> Digest {
        let key = mac(&self.master, &[b"regain/1", purpose.label().as_bytes()]);
        Digest(mac(&key, parts))
    }

    /// A decimal code of `digits` digits (1 to 9), each value equally likely: words that would favour the low codes are
    /// passed over rather than folded in (no modulo bias).
    pub fn decimal(&self, purpose: Use, digits: u32, parts: &[&[u8]]) -> String {
        let range = 10u32.saturating_pow(digits.clamp(1, 9));
        let fair = u32::MAX - u32::MAX % range;
        for round in 0u32.. {
            let mut input = parts.to_vec();
            let counter = round.to_be_bytes();
            input.push(&counter);
            let block = self.derive(purpose, &input);
            let word = block.0.chunks_exact(4).map(word_of).find(|word| *word < fair);
            if let Some(word) = word {
                return format!("{:0width$}", word % range, width = digits as usize);
            }
        }
        String::new()
    }
}

fn word_of(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |word, byte| (word << 8) | u32::from(*byte))
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length; were that ever to change, all-zero output would fail every comparison made with it.
    let Ok(mut mac) = HmacSha256::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new([7; 32])
    }

    #[test]
    fn parts_cannot_be_shifted_into_one_another() {
        assert_ne!(keys().derive(Use::Code, &[b"ab", b"c"]), keys().derive(Use::Code, &[b"a", b"bc"]));
    }

    #[test]
    fn uses_have_keys_of_their_own() {
        assert_ne!(keys().derive(Use::Code, &[b"x"]), keys().derive(Use::Csrf, &[b"x"]));
    }

    #[test]
    fn what_is_made_is_made_with_the_first_key_and_what_is_compared_with_each() {
        let ring = Keys::ring([8; 32], vec![[7; 32]]);
        let (old, new) = (keys().derive(Use::Csrf, &[b"x"]), Keys::new([8; 32]).derive(Use::Csrf, &[b"x"]));
        assert_eq!(ring.derive(Use::Csrf, &[b"x"]), new);
        let fits = |digest| ring.any(|keys| keys.derive(Use::Csrf, &[b"x"]).same_as(&digest));
        assert!(fits(old) && fits(new) && !fits(Keys::new([9; 32]).derive(Use::Csrf, &[b"x"])));
    }

    #[test]
    fn codes_have_six_digits_and_every_leading_digit() {
        let mut first = [0u32; 10];
        for n in 0..20_000u32 {
            let code = keys().decimal(Use::Code, 6, &[&n.to_be_bytes()]);
            assert_eq!(code.len(), 6);
            first[usize::from(code.as_bytes()[0] - b'0')] += 1;
        }
        // 2,000 expected of each; five standard deviations are 212.
        assert!(first.iter().all(|count| (1_788..=2_212).contains(count)), "{first:?}");
    }

    #[test]
    fn hex_is_lower_case_and_whole() {
        assert_eq!(Digest([0xa0; 32]).hex(), "a0".repeat(32));
        assert_eq!(Digest::from_hex(&"0f".repeat(32)), Some(Digest([0x0f; 32])));
        for wrong in ["0F".repeat(32), "0f".repeat(31), format!("{}0", "0f".repeat(32)), "0g".repeat(32)] {
            assert_eq!(Digest::from_hex(&wrong), None, "{wrong}");
        }
    }
}
