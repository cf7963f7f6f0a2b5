//! What a password must be like, and what the person is told about the one just typed.

pub mod breach;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::secret::Secret;
use crate::time::Time;

/// Limits on a password. NIST SP 800-63B-4 §3.1.1.2: at least 8 characters where it is not the only factor, at least 64
/// possible, all of Unicode, no rules on kinds of characters.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Fewest characters, counted after normalisation.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// The weakest strength that is accepted.
    pub least: Strength,
    /// Words an attacker would try first: the organisation's name.
    pub words: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { min: 8, max: 256, least: Strength::Fair, words: Vec::new() }
    }
}

/// How hard a password is to guess, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Guessed in no time.
    Weak,
    /// Holds against guessing over the network.
    Fair,
    /// Holds longer.
    Good,
    /// Holds against guessing offline.
    Strong,
}

/// Why a password is turned down. In the order in which they are told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Nothing typed.
    Empty,
    /// The two boxes differ.
    Mismatch,
    /// Fewer characters than the rules or the directory ask for.
    TooShort {
        /// The fewest allowed.
        min: usize,
    },
    /// More characters than allowed.
    TooLong {
        /// The most allowed.
        max: usize,
    },
    /// Has characters nobody can type again, such as a line break.
    Control,
    /// Contains the User ID or the name in it.
    ContainsUserId,
    /// Too easy to guess.
    TooEasy,
    /// The directory: used before.
    InHistory,
    /// The directory: wants other kinds of characters.
    Complexity,
    /// The directory: changed too recently.
    TooYoung {
        /// When it may be changed again, if the directory tells.
        #[serde(default)]
        until: Option<Time>,
    },
    /// The directory: on its list of known passwords.
    Dictionary,
    /// The directory would not have it and gave no reason we know.
    Refused,
    /// The directory could not be reached; nothing was changed.
    Unavailable,
}

/// A password that was looked at: the only form in which one enters a flow.
#[derive(Clone)]
pub struct Judged {
    password: Secret,
    strength: Strength,
    problems: Vec<Problem>,
}

impl Judged {
    /// The password, normalised.
    pub fn password(&self) -> &Secret {
        &self.password
    }

    /// Its strength.
    pub fn strength(&self) -> Strength {
        self.strength
    }

    /// Why it cannot be taken; empty if it can.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

/// The longest part that is estimated, in characters. The estimator takes up to 0.7 s for 100 hostile characters and at
/// most 0.1 s for 40; a longer password is judged by its beginning, which never overrates it.
const ESTIMATED: usize = 40;

/// The form in which a password is used: NFC, and any space as U+0020 (RFC 8265, OpaqueString).
pub fn normalised(typed: &Secret) -> Secret {
    let spaced = typed.reveal().chars().map(|c| if c.is_whitespace() && !c.is_control() { ' ' } else { c });
    Secret::new(spaced.nfc().collect::<String>())
}

/// Looks at a password, and at its repetition if there is a second box. Takes up to 0.1 s on hostile input: call it where
/// that holds up nobody.
pub fn judge(rules: &Rules, user_id: &str, typed: &Secret, again: Option<&Secret>) -> Judged {
    let password = normalised(typed);
    let text = password.reveal();
    let length = text.chars().count();
    let mut problems = Vec::new();
    let mut strength = Strength::Weak;
    if text.is_empty() {
        problems.push(Problem::Empty);
    } else if again.is_some_and(|again| !normalised(again).same_as(&password)) {
        problems.push(Problem::Mismatch);
    } else {
        let long_enough = length >= rules.min;
        // Estimating is what costs time: not for what is turned down anyway.
        if length <= rules.max {
            strength = estimate(rules, user_id, text);
        }
        let checks = [
            (!long_enough, Problem::TooShort { min: rules.min }),
            (length > rules.max, Problem::TooLong { max: rules.max }),
            (text.chars().any(char::is_control), Problem::Control),
            (contains_user_id(text, user_id), Problem::ContainsUserId),
            (long_enough && length <= rules.max && strength < rules.least, Problem::TooEasy),
        ];
        problems.extend(checks.into_iter().filter_map(|(failed, problem)| failed.then_some(problem)));
    }
    Judged { password, strength, problems }
}

fn contains_user_id(password: &str, user_id: &str) -> bool {
    let password = password.to_lowercase();
    let user_id = crate::subject::canonical(user_id);
    let name = user_id.split('@').next().unwrap_or_default();
    [user_id.as_str(), name].into_iter().any(|part| part.chars().count() >= 4 && password.contains(part))
}

fn estimate(rules: &Rules, user_id: &str, password: &str) -> Strength {
    let user_id = crate::subject::canonical(user_id);
    let mut known: Vec<&str> = user_id.split(|c: char| !c.is_alphanumeric()).filter(|part| part.len() > 2).collect();
    known.extend(rules.words.iter().map(String::as_str));
    known.truncate(20);
    let beginning: String = password.chars().take(ESTIMATED).collect();
    match u8::from(zxcvbn::zxcvbn(&beginning, &known).score()) {
        0 | 1 => Strength::Weak,
        2 => Strength::Fair,
        3 => Strength::Good,
        _ => Strength::Strong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, again: &str, expected: &[Problem]) {
        let (typed, again) = (Secret::new(typed), Secret::new(again));
        let judged = judge(&Rules::default(), "Jo.Bloggs@example.org", &typed, Some(&again));
        assert_eq!(judged.problems(), expected, "{}", typed.reveal());
    }

    #[test]
    fn verdicts() {
        let good = "plum kettle 94 orbit";
        check(good, good, &[]);
        check("", "", &[Problem::Empty]);
        check(good, "plum kettle 94 orbis", &[Problem::Mismatch]);
        check("k3!vQz", "k3!vQz", &[Problem::TooShort { min: 8 }]);
        check("password1", "password1", &[Problem::TooEasy]);
        check("xq-jo.bloggs-7Vw", "xq-jo.bloggs-7Vw", &[Problem::ContainsUserId]);
        check("plum\tkettle 94 orbit", "plum\tkettle 94 orbit", &[Problem::Control]);
        let long = format!("plum kettle 94 orbit {}", "aX9-".repeat(60));
        check(&long, &long, &[Problem::TooLong { max: 256 }]);
    }

    #[test]
    fn two_spellings_of_one_letter_are_one_password() {
        let (composed, apart) = ("caf\u{e9} kettle 94 orbit", "cafe\u{301} kettle 94 orbit");
        check(composed, apart, &[]);
        assert!(normalised(&Secret::new(apart)).same_as(&normalised(&Secret::new(composed))));
        check("plum\u{a0}kettle 94 orbit", "plum kettle 94 orbit", &[]);
    }

    #[test]
    fn the_words_of_the_organisation_are_easy() {
        let rules = Rules { words: vec!["Thornbury".into()], ..Rules::default() };
        let strength = |rules: &Rules| judge(rules, "x", &Secret::new("thornbury12"), None).strength();
        assert!(strength(&rules) < strength(&Rules::default()));
    }
}
