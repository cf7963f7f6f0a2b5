//! What a password must be like, and what the person is told about the one just typed.
//!
//! [`judge`] is the one verdict: the word beside the box, the button Finish and `regain password check` ask it and nothing
//! else, and a [`Judged`] is the only form in which a password enters a flow. `docs/passwords.md` says the same for operators.

pub mod banned;
mod history;
mod likeness;
pub mod normalise;
pub mod passphrase;
pub mod rules;
mod strength;

pub mod breach;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::time::Time;
pub use banned::Banned;
pub use history::{Mark, Recall, Recalled};
pub use normalise::normalised;
pub use rules::{DirectoryRules, Line, Rules};

/// Points a password must reach to be taken: one for each banned word found in it, one for each other character (the
/// reference product's figure).
pub const ENOUGH: u32 = 5;

/// Points are counted up to here. It bounds the work: whatever is typed, only so many places of it are looked at.
pub const MOST: u32 = 10;

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
    /// Has characters nobody can see or type again, such as a line break.
    Control,
    /// Fewer kinds of characters (small letters, capitals, digits, signs) than the rules or the directory ask for.
    Kinds {
        /// How many are asked for.
        wanted: usize,
    },
    /// Contains the User ID or the name in it.
    ContainsUserId,
    /// Contains a part of the person's name or address.
    ContainsName {
        /// That part.
        word: String,
    },
    /// Contains the organisation's name.
    ContainsOrganisation,
    /// Contains a telephone number of the person.
    ContainsNumber,
    /// Contains the verification code that was just used.
    ContainsCode,
    /// The old password with a small change.
    LikeOld,
    /// Made of banned words with too little besides.
    Banned {
        /// The word, where it is the person's own or from the organisation's list. Of our own list nothing is told.
        word: Option<String>,
        /// The points it has; [`ENOUGH`] are needed.
        points: u32,
    },
    /// In a collection of stolen passwords.
    Breached,
    /// Too easy to guess.
    TooEasy,
    /// Used before, as the directory or our own history knows.
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
    /// The directory: the account is locked, and only its owner, who would be let in, may change it.
    Locked,
    /// The directory does not let any password be set for this account; another one would not help.
    Barred,
    /// The directory could not be reached; nothing was changed.
    Unavailable,
}

/// What is known of the person who chooses, and must not be their password.
#[derive(Clone, Default)]
pub struct Person {
    /// As typed.
    pub user_id: String,
    /// The name, first and last.
    pub name: String,
    /// Addresses: the account's own and registered ones.
    pub mails: Vec<String>,
    /// Registered telephone numbers, as registered (E.164).
    pub numbers: Vec<String>,
    /// The old password, where it is known: in a change.
    pub old: Option<Secret>,
    /// The verification codes just used.
    pub codes: Vec<Secret>,
}

impl Person {
    /// Somebody of whom nothing but the User ID is known.
    pub fn with_user_id(user_id: &str) -> Self {
        Self { user_id: user_id.to_owned(), ..Self::default() }
    }

    /// Words of the name and the addresses, of at least four letters.
    fn words(&self) -> Vec<&str> {
        let local = |mail: &'_ str| mail.find('@').map_or(mail.len(), |at| at);
        let mails = self.mails.iter().map(|mail| mail.get(..local(mail)).unwrap_or_default());
        let parts = std::iter::once(self.name.as_str()).chain(mails);
        let words = parts.flat_map(|part| part.split(|c: char| !c.is_alphanumeric()));
        let letters = |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() >= likeness::LEAST;
        words.filter(letters).collect()
    }
}

/// Collections a password is looked up in.
#[derive(Clone, Default)]
pub struct Lists<'a> {
    /// The organisation's own banned words.
    pub own: Vec<&'a Banned>,
    /// Whether a password, normalised, is in a collection of stolen ones.
    pub breached: Option<&'a dyn Fn(&Secret) -> bool>,
    /// The person's own history, where we keep one. Asked last and only of a password that would be taken: it is slow.
    pub history: Option<Recall<'a>>,
}

/// A password that was looked at: the only form in which one enters a flow.
#[derive(Clone)]
pub struct Judged {
    password: Secret,
    strength: Strength,
    points: u32,
    problems: Vec<Problem>,
    mark: Option<Mark>,
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

    /// Its points, counted up to [`MOST`].
    pub fn points(&self) -> u32 {
        self.points
    }

    /// Why it cannot be taken; empty if it can.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What it will be recognised by, if it can be taken and a history is kept.
    pub fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }
}

/// Looks at a password, and at its repetition if there is a second box. Takes up to 0.1 s on hostile input: call it where
/// that holds up nobody.
pub fn judge(rules: &Rules, lists: &Lists<'_>, person: &Person, typed: &Secret, again: Option<&Secret>) -> Judged {
    let password = normalised(typed);
    let mut judged = Judged { password, strength: Strength::Weak, points: 0, problems: Vec::new(), mark: None };
    if judged.password.is_empty() {
        judged.problems.push(Problem::Empty);
    } else {
        judged.problems = rules.broken_by(judged.password.reveal());
        let overlong = judged.problems.iter().any(|problem| matches!(problem, Problem::TooLong { .. }));
        // What nobody would keep costs no work.
        if !overlong {
            contents(rules, lists, person, &mut judged);
        }
        if again.is_some_and(|again| !normalised(again).same_as(&judged.password)) {
            judged.problems = vec![Problem::Mismatch];
        }
        if judged.problems.is_empty() {
            remembered(lists, &mut judged);
        }
    }
    judged
}

/// Whether it was used before.
fn remembered(lists: &Lists<'_>, judged: &mut Judged) {
    match lists.history.and_then(|recall| recall(&judged.password)) {
        Some(Recalled { before: true, .. }) => judged.problems.push(Problem::InHistory),
        Some(Recalled { mark, .. }) => judged.mark = Some(mark),
        None => {}
    }
}

/// What it is made of.
fn contents(rules: &Rules, lists: &Lists<'_>, person: &Person, judged: &mut Judged) {
    let text = judged.password.reveal();
    let folded = normalise::folded(text);
    let mut found = likeness::contained(rules, person, text, &folded);
    if person.old.as_ref().is_some_and(|old| likeness::like_old(old, text, &folded)) {
        found.push(Problem::LikeOld);
    }
    let own_words = person.words().into_iter().chain(rules.organisation_words());
    let known = Banned::of_names(own_words);
    let own: Vec<&Banned> = lists.own.iter().copied().chain([&known]).collect();
    let score = banned::score(&own, &folded);
    judged.points = score.points;
    if score.points < ENOUGH {
        found.push(Problem::Banned { word: score.word, points: score.points });
    }
    if lists.breached.is_some_and(|breached| breached(&judged.password)) {
        found.push(Problem::Breached);
    }
    judged.strength = strength::estimate(rules, person, text);
    // Said only where nothing said before explains it better.
    let short = judged.problems.iter().any(|problem| matches!(problem, Problem::TooShort { .. }));
    if judged.strength < rules.least && found.is_empty() && !short {
        found.push(Problem::TooEasy);
    }
    judged.problems.append(&mut found);
}

#[cfg(test)]
mod tests;
