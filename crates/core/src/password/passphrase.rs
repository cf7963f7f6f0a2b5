//! Passphrases for somebody who would rather not think one up: words drawn by chance from a list of ours.

use std::sync::LazyLock;

use super::Rules;
use crate::secret::Secret;

/// Plain words, made by `cargo xtask words`.
static WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("../../words/phrase.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// Words of a passphrase. Five of 4,096 make 60 bits: guessing holds out even against whoever has stolen the hash.
const COUNT: usize = 5;

/// Random bytes that one passphrase takes. About one draw in twenty is thrown away, and there are ten more than needed.
pub const RANDOM: usize = 32;

/// How many bits of chance are in a passphrase, rounded down.
pub fn bits() -> u32 {
    // n^5 ≥ 2^bits, in whole numbers.
    let ways = (0..COUNT).fold(1u128, |ways, _| ways.saturating_mul(WORDS.len() as u128));
    ways.checked_ilog2().unwrap_or(0)
}

/// A passphrase, in the kinds of characters that the rules ask for; nothing if too many draws had to be thrown away.
pub fn phrase(rules: &Rules, random: &[u8; RANDOM]) -> Option<Secret> {
    let count = u16::try_from(WORDS.len()).ok().filter(|count| *count > 0)?;
    // Only whole rounds of the list count, so that no word is likelier than another.
    let rounds = u16::MAX / count * count;
    let mut draws = random.chunks_exact(2).filter_map(|pair| match pair {
        [high, low] => Some(u16::from_be_bytes([*high, *low])).filter(|draw| *draw < rounds).map(|draw| draw % count),
        _ => None,
    });
    let digit = draws.next()? % 10;
    let words: Vec<&str> = draws.take(COUNT).filter_map(|draw| WORDS.get(usize::from(draw)).copied()).collect();
    if words.len() < COUNT {
        return None;
    }
    let phrase = words.join(" ");
    // Small letters and the spaces are two kinds already.
    Some(Secret::new(if rules.kinds > 2 { capital(&phrase, digit) } else { phrase }))
}

fn capital(phrase: &str, digit: u16) -> String {
    let mut letters = phrase.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(format!(" {digit}").chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::{Lists, Person, judge};

    fn bytes(seed: u32) -> [u8; RANDOM] {
        // A small generator for the test only: what it draws is the same each time.
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
        std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
    }

    #[test]
    fn a_passphrase_has_sixty_bits() {
        assert!(WORDS.len() >= 4_096, "{}", WORDS.len());
        assert!(bits() >= 60, "{}", bits());
        let mut sorted = WORDS.clone();
        sorted.dedup();
        assert_eq!(sorted.len(), WORDS.len());
        assert!(WORDS.iter().all(|word| (3..=8).contains(&word.len()) && word.chars().all(|c| c.is_ascii_lowercase())));
    }

    #[test]
    fn every_word_is_as_likely() {
        assert!(
            phrase(&Rules::default(), &[0xff; RANDOM]).is_none(),
            "draws beyond the last whole round are thrown away"
        );
        let first = phrase(&Rules::default(), &[0; RANDOM]).expect("a phrase");
        assert_eq!(first.reveal(), [WORDS[0]; COUNT].join(" "));
        let mut random = [0; RANDOM];
        let count = u16::try_from(WORDS.len()).expect("it fits");
        random[2..4].copy_from_slice(&(count - 1).to_be_bytes());
        let last = phrase(&Rules::default(), &random).expect("a phrase");
        assert!(last.reveal().starts_with(WORDS[WORDS.len() - 1]));
    }

    #[test]
    fn passphrases_pass_the_verdict() {
        for kinds in 0..=4 {
            let rules = Rules { kinds, ..Rules::default() };
            for seed in 0..50 {
                let phrase = phrase(&rules, &bytes(seed)).expect("a phrase");
                let judged = judge(&rules, &Lists::default(), &Person::default(), &phrase, None);
                assert_eq!(judged.problems(), [], "{}", phrase.reveal());
            }
        }
    }
}
