//! How hard a password is to guess, by an estimator that knows words, dates, names and keyboards.

use super::{Person, Rules, Strength};

/// The longest part that is estimated, in characters. The estimator takes up to 0.7 s for 100 hostile characters and at
/// most 0.1 s for 40; a longer password is judged by its beginning, which never overrates it.
const ESTIMATED: usize = 40;

/// Words an attacker would try first that are handed to the estimator, and how long each may be.
const WORDS: usize = 20;
const WORD: usize = 40;

pub(super) fn estimate(rules: &Rules, person: &Person, password: &str) -> Strength {
    let user_id = crate::subject::canonical(&person.user_id);
    let mut known: Vec<String> = user_id.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    known.extend(person.words().into_iter().map(str::to_lowercase));
    known.extend(rules.organisation_words().map(str::to_lowercase));
    known.extend(person.old.iter().map(|old| old.reveal().to_owned()));
    known.retain(|word| (3..=WORD).contains(&word.chars().count()));
    known.truncate(WORDS);
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let beginning: String = password.chars().take(ESTIMATED).collect();
    match u8::from(zxcvbn::zxcvbn(&beginning, &known).score()) {
        0 | 1 => Strength::Weak,
        2 => Strength::Fair,
        3 => Strength::Good,
        _ => Strength::Strong,
    }
}
