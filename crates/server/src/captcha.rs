//! The characters somebody has to read or to hear: a picture and a sound, drawn anew for each flow.
//!
//! They cost a program effort and a person little. What guards an account are the limits on codes, so where the two are
//! at odds, legible wins. Neither file says what it holds except to eyes and ears.

mod glyphs;
mod picture;
mod sound;

pub use picture::picture;
pub use sound::sound;

/// A small generator of numbers (SplitMix64, Steele, Lea and Flood 2014). It only shapes what is drawn: no secret hangs
/// on it, and one seed always gives one picture.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` up to `high`.
    fn between(&mut self, low: f32, high: f32) -> f32 {
        // The upper 24 bits are what an f32 holds exactly.
        let share = (self.next() >> 40) as f32 / 16_777_216.0;
        low + share * (high - low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regain_core::captcha::{ALPHABET, LENGTH};

    fn samples() -> Vec<String> {
        let one_of_each = ALPHABET.chunks(LENGTH).map(|part| String::from_utf8(part.to_vec()).unwrap());
        one_of_each.chain(["WWWWWW".into(), "777777".into()]).collect()
    }

    #[test]
    fn one_seed_is_one_picture_and_one_sound() {
        for text in samples() {
            assert_eq!(picture(&text, 7), picture(&text, 7));
            assert_ne!(picture(&text, 7), picture(&text, 8));
            assert_eq!(sound(&text, 7), sound(&text, 7));
            assert_ne!(sound(&text, 7), sound(&text, 8));
        }
        assert_ne!(picture("ACEFGH", 7), picture("ACEFGJ", 7));
        assert_ne!(sound("ACEFGH", 7), sound("ACEFGJ", 7));
    }

    #[test]
    fn neither_says_in_letters_what_it_holds() {
        for text in samples() {
            for seed in 0..20 {
                for file in [picture(&text, seed), sound(&text, seed)] {
                    assert!(!file.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes())));
                }
            }
        }
    }

    #[test]
    fn characters_outside_the_alphabet_are_passed_over() {
        assert_eq!(picture("A\u{0}é C", 1), picture("AC", 1));
        assert_eq!(sound("A\u{0}é C", 1), sound("AC", 1));
        assert!(!picture("", 1).is_empty());
        assert!(!sound("", 1).is_empty());
    }

    #[test]
    fn lower_case_is_the_same_character() {
        assert_eq!(picture("acefgh", 1), picture("ACEFGH", 1));
        assert_eq!(sound("acefgh", 1), sound("ACEFGH", 1));
    }
}
