//! What a password must not hold or resemble: the person's own data, and the password before it.

use super::normalise::folded;
use super::{Person, Problem, Rules};
use crate::secret::Secret;
use crate::subject;

/// From how many characters on a name is looked for (the reference product's figure): shorter ones are in everything.
pub(super) const LEAST: usize = 4;

/// How many digits of a telephone number, counted from its end, are too many.
const DIGITS: usize = 6;

/// The person's own data in a password, in the order in which it is told.
pub(super) fn contained(rules: &Rules, person: &Person, text: &str, folded_text: &[char]) -> Vec<Problem> {
    let hay = Hay::new(text, folded_text);
    let user_id = subject::canonical(&person.user_id);
    let name = user_id.split('@').next().unwrap_or_default();
    let mut found = Vec::new();
    if hay.has(&user_id) || hay.has(name) {
        found.push(Problem::ContainsUserId);
    } else if let Some(word) = longest(person.words().into_iter().chain([person.name.as_str()]), &hay) {
        found.push(Problem::ContainsName { word: word.to_owned() });
    }
    if hay.has(&rules.organisation) {
        found.push(Problem::ContainsOrganisation);
    }
    if person.numbers.iter().any(|number| hay.has_number(number)) {
        found.push(Problem::ContainsNumber);
    }
    if person.codes.iter().any(|code| !code.is_empty() && hay.digits.contains(code.reveal())) {
        found.push(Problem::ContainsCode);
    }
    found
}

fn longest<'a>(words: impl Iterator<Item = &'a str>, hay: &Hay<'_>) -> Option<&'a str> {
    words.filter(|word| hay.has(word)).max_by_key(|word| word.len())
}

/// A password to look for things in.
struct Hay<'a> {
    folded: &'a [char],
    /// Letters only: a name may be written with anything between its parts.
    letters: Vec<char>,
    digits: String,
}

impl<'a> Hay<'a> {
    fn new(text: &str, folded: &'a [char]) -> Self {
        let letters = folded.iter().copied().filter(|c| c.is_alphanumeric()).collect();
        let digits = text.chars().filter(char::is_ascii_digit).collect();
        Self { folded, letters, digits }
    }

    /// Whether a name is in it, forwards or backwards, in any disguise.
    fn has(&self, name: &str) -> bool {
        let whole = folded(name);
        let letters: Vec<char> = whole.iter().copied().filter(|c| c.is_alphanumeric()).collect();
        let back: Vec<char> = letters.iter().rev().copied().collect();
        letters.len() >= LEAST
            && (within(self.folded, &whole) || within(&self.letters, &letters) || within(&self.letters, &back))
    }

    fn has_number(&self, number: &str) -> bool {
        let number: String =
            number.split(';').next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        let end = number.len().checked_sub(DIGITS).and_then(|from| number.get(from..));
        end.is_some_and(|end| self.digits.contains(end))
    }
}

fn within(hay: &[char], needle: &[char]) -> bool {
    !needle.is_empty() && hay.windows(needle.len()).any(|part| part == needle)
}

/// Whether a new password is the old one with a small change: other capitals or disguises, something before or after it that
/// is not a password by itself, other digits or signs at its ends, turned around, doubled, or at most two letters changed.
pub(super) fn like_old(old: &Secret, text: &str, folded_text: &[char]) -> bool {
    let old = super::normalised(old);
    if old.is_empty() {
        return false;
    }
    let before = folded(old.reveal());
    let back: Vec<char> = before.iter().rev().copied().collect();
    let added = folded_text.len().saturating_sub(before.len());
    let grown =
        [&before, &back].into_iter().any(|part| within(folded_text, part)) && added < GROWN.max(before.len() + 1);
    let shrunk = folded_text.len() >= LEAST && within(&before, folded_text);
    let old_stem = stem(old.reveal());
    let same_stem = old_stem.len() >= LEAST && stem(text) == old_stem;
    grown || shrunk || same_stem || near(&before, folded_text)
}

/// What has to be added to an old password before it may be a part of the new one.
const GROWN: usize = 8;

/// Without digits and signs at both ends.
fn stem(text: &str) -> Vec<char> {
    folded(text.trim_matches(|c: char| !c.is_alphabetic()))
}

/// Whether at most two changes of a letter lie between two texts (Levenshtein distance).
fn near(one: &[char], other: &[char]) -> bool {
    const MOST: usize = 2;
    if one.len().abs_diff(other.len()) > MOST {
        return false;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut left = at + 1;
        let mut diagonal = at;
        let mut next = vec![left];
        for (above, compared) in row.iter().skip(1).zip(other) {
            let changed = diagonal + usize::from(letter != compared);
            left = changed.min(above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().is_some_and(|distance| *distance <= MOST)
}
