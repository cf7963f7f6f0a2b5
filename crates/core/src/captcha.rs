//! Telling people from programs, as a ladder: the browser works out a puzzle where it can, else the person reads a picture
//! or listens to it.
//!
//! Like codes, characters and puzzles are derived from the flow and a number and stored nowhere. They are a cost for
//! programs, not a gate: what protects an account are the limits on codes.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::FlowId;
use crate::keys::{Keys, Use};

/// Which rungs of the ladder there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The puzzle when scripts run, else picture and sound.
    Ladder,
    /// Picture and sound for everyone.
    Picture,
    /// Nothing is asked.
    Off,
}

/// What came with the form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The characters somebody read or heard.
    Characters(String),
    /// The number that solves the puzzle.
    Work(u64),
    /// Nothing.
    None,
}

/// Wrong pictures a flow survives fewer than.
pub const TRIES: u8 = 5;

/// Pictures a flow can ask for.
pub const PICTURES: u32 = 30;

/// How many characters a picture shows.
pub const LENGTH: usize = 6;

/// Leading zero bits the puzzle asks for: 2^16 hashes on average, about a fifth of a second in a telephone's browser.
pub const WORK_BITS: u32 = 16;

/// The letters and digits in use: none that look or sound like another (no 0/O, 1/I/L, 5/S, 2/Z, 8/B, M/N).
pub const ALPHABET: &[u8; 18] = b"ACEFGHJKPRTWXY3479";

/// The characters of picture `n` of this flow, in capitals.
pub fn characters(keys: &Keys, flow: FlowId, n: u32) -> String {
    let draw = keys.derive(Use::Captcha, &[b"picture", &flow.0, &n.to_be_bytes()]);
    // 252 is the largest multiple of 18 in a byte: higher ones are passed over, so each letter is equally likely.
    let letters = draw.0.iter().filter(|byte| **byte < 252).take(LENGTH);
    letters.filter_map(|byte| ALPHABET.get(usize::from(byte % 18))).map(|letter| char::from(*letter)).collect()
}

/// The puzzle of picture `n` of this flow: find a number whose SHA-256, after this text and a colon, starts with
/// [`WORK_BITS`] zero bits.
pub fn puzzle(keys: &Keys, flow: FlowId, n: u32) -> String {
    let digest = keys.derive(Use::Captcha, &[b"puzzle", &flow.0, &n.to_be_bytes()]).hex();
    digest.get(..32).unwrap_or_default().to_owned()
}

/// Whether the answer passes. Letters may be typed in either case and with spaces.
pub fn passed(kind: Kind, keys: &Keys, flow: FlowId, n: u32, answer: &Answer) -> bool {
    match (kind, answer) {
        (Kind::Off, _) => true,
        (_, Answer::Characters(typed)) => {
            let plain: String = typed.chars().filter(|c| !c.is_whitespace()).take(LENGTH + 1).collect();
            characters(keys, flow, n).as_bytes().ct_eq(plain.to_uppercase().as_bytes()).into()
        }
        (Kind::Ladder, Answer::Work(number)) => solves(&puzzle(keys, flow, n), *number),
        (Kind::Picture, Answer::Work(_)) | (_, Answer::None) => false,
    }
}

/// Whether a number solves a puzzle.
pub fn solves(puzzle: &str, number: u64) -> bool {
    let hash = Sha256::digest(format!("{puzzle}:{number}"));
    let zeros = hash
        .iter()
        .position(|byte| *byte != 0)
        .map_or(256, |whole| whole as u32 * 8 + hash.get(whole).map_or(0, |byte| byte.leading_zeros()));
    zeros >= WORK_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: FlowId = FlowId([3; 16]);

    fn keys() -> Keys {
        Keys::new([7; 32])
    }

    fn check(kind: Kind, answer: Answer, expected: bool) {
        assert_eq!(passed(kind, &keys(), FLOW, 1, &answer), expected, "{kind:?} {answer:?}");
    }

    #[test]
    fn characters_pass_in_any_case_and_spacing() {
        let shown = characters(&keys(), FLOW, 1);
        assert_eq!(shown.len(), LENGTH);
        check(Kind::Picture, Answer::Characters(shown.to_lowercase()), true);
        check(Kind::Ladder, Answer::Characters(format!(" {} {}", &shown[..3], &shown[3..])), true);
        check(Kind::Picture, Answer::Characters(format!("{shown}A")), false);
        check(Kind::Picture, Answer::Characters(characters(&keys(), FLOW, 2)), false);
        check(Kind::Picture, Answer::Characters(String::new()), false);
    }

    #[test]
    fn the_puzzle_counts_on_the_ladder_only() {
        let puzzle = puzzle(&keys(), FLOW, 1);
        let number = (0..).find(|number| solves(&puzzle, *number)).expect("some number solves it");
        check(Kind::Ladder, Answer::Work(number), true);
        check(Kind::Picture, Answer::Work(number), false);
        let wrong = (0..).find(|number| !solves(&puzzle, *number)).expect("most numbers do not");
        check(Kind::Ladder, Answer::Work(wrong), false);
        check(Kind::Ladder, Answer::None, false);
        check(Kind::Off, Answer::None, true);
    }
}
