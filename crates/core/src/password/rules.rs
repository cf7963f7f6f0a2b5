//! The rules on a password: our own, and the directory's merged into them.

use unicode_segmentation::UnicodeSegmentation;

use super::{Problem, Strength, normalise};

/// Limits on a password. NIST SP 800-63B-4 §3.1.1.2: at least 8 characters where it is not the only factor, 15 where it is,
/// at least 64 possible, all of Unicode, no rules on kinds of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Fewest characters, as people count them (grapheme clusters, UAX #29), after normalisation.
    pub min: usize,
    /// Fewest characters for somebody who passes one step only; 0 is no difference.
    pub one_step_min: usize,
    /// Most characters (code points).
    pub max: usize,
    /// Kinds of characters it must have: small letters, capitals, digits, signs. 0 asks for none.
    pub kinds: usize,
    /// The weakest strength that is accepted.
    pub least: Strength,
    /// The organisation's name.
    pub organisation: String,
    /// The directory's fewest characters, in its units (code points).
    pub directory_min: usize,
    /// How many earlier passwords are not taken again, by the directory or by us.
    pub history: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            min: 8,
            one_step_min: 0,
            max: 256,
            kinds: 0,
            least: Strength::Fair,
            organisation: String::new(),
            directory_min: 0,
            history: 0,
        }
    }
}

/// What a directory says of its own rules; nothing where it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DirectoryRules {
    /// Fewest characters.
    pub min: Option<usize>,
    /// Most characters.
    pub max: Option<usize>,
    /// Whether it asks for several kinds of characters. Active Directory, which others follow, asks for three.
    pub complexity: bool,
    /// How many earlier passwords it does not take again.
    pub history: u32,
}

/// A rule as a line of the list beside the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Has so many characters.
    Length {
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
    },
    /// Has so many kinds of characters.
    Kinds {
        /// How many.
        wanted: usize,
    },
    /// Holds no name, User ID, address or number of the person.
    NotYou,
    /// Is hard to guess.
    HardToGuess,
    /// Is not one of the last passwords.
    NotBefore {
        /// How many.
        count: u32,
    },
    /// May have anything.
    Anything,
}

impl Rules {
    /// The rules for one person: with so many verification steps, and with the directory's own rules on top.
    #[must_use]
    pub fn merged(&self, steps: u8, directory: &DirectoryRules) -> Self {
        let mut rules = self.clone();
        if steps <= 1 {
            rules.min = rules.min.max(self.one_step_min);
        }
        rules.directory_min = directory.min.unwrap_or(0).min(rules.max);
        rules.min = rules.min.max(rules.directory_min);
        rules.max = rules.max.min(directory.max.unwrap_or(usize::MAX)).max(rules.min);
        rules.kinds = if directory.complexity { self.kinds.max(COMPLEX) } else { self.kinds };
        rules.history = rules.history.max(directory.history);
        rules
    }

    /// The list that is shown before somebody types.
    pub fn lines(&self) -> Vec<Line> {
        let kinds = (self.kinds > 1).then_some(Line::Kinds { wanted: self.kinds });
        let before = (self.history > 0).then_some(Line::NotBefore { count: self.history });
        let lines = [
            Some(Line::Length { min: self.min, max: self.max }),
            kinds,
            Some(Line::NotYou),
            Some(Line::HardToGuess),
            before,
            Some(Line::Anything),
        ];
        lines.into_iter().flatten().collect()
    }

    /// The words of the organisation's name.
    pub(super) fn organisation_words(&self) -> impl Iterator<Item = &str> {
        let words = self.organisation.split(|c: char| !c.is_alphanumeric());
        words.filter(|word| word.chars().count() >= super::likeness::LEAST)
    }

    /// The limits that a normalised password breaks.
    pub(super) fn broken_by(&self, text: &str) -> Vec<Problem> {
        let points = text.chars().count();
        let seen = text.graphemes(true).count();
        let short = seen < self.min || points < self.directory_min;
        let checks = [
            (short, Problem::TooShort { min: self.min }),
            (points > self.max, Problem::TooLong { max: self.max }),
            (!text.chars().all(normalise::is_typeable), Problem::Control),
            (kinds(text) < self.kinds.min(4), Problem::Kinds { wanted: self.kinds.min(4) }),
        ];
        checks.into_iter().filter_map(|(broken, problem)| broken.then_some(problem)).collect()
    }
}

/// Kinds of characters that a directory with complexity rules asks for.
const COMPLEX: usize = 3;

/// How many kinds of characters there are in it. Letters without case are a kind of their own, as in Active Directory.
fn kinds(text: &str) -> usize {
    let kinds: [fn(char) -> bool; 5] = [
        char::is_lowercase,
        char::is_uppercase,
        char::is_numeric,
        |c| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase(),
        |c| !c.is_alphanumeric(),
    ];
    kinds.iter().filter(|kind| text.chars().any(**kind)).count()
}
