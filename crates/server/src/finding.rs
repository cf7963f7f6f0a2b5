//! What `regain doctor` finds out about one thing, and what to do about it.

use serde::Serialize;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Good,
    /// It works, and somebody should know this about it.
    Warn,
    /// It does not work, or is dangerous.
    Bad,
    /// It was not looked at.
    Skipped,
}

/// A finding. No secret is ever in one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// How it is.
    pub state: State,
    /// In words.
    pub says: String,
    /// What to type or to set, where something is to be done.
    pub fix: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn good(what: &str, says: impl Into<String>) -> Self {
        Self { what: what.to_owned(), state: State::Good, says: says.into(), fix: None }
    }

    /// Worth knowing, with what to do about it.
    pub fn warn(what: &str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.to_owned(), state: State::Warn, says: says.into(), fix: Some(fix.into()) }
    }

    /// Wrong, with what to do about it.
    pub fn bad(what: &str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.to_owned(), state: State::Bad, says: says.into(), fix: Some(fix.into()) }
    }

    /// The same, of one directory among several.
    #[must_use]
    pub fn of(self, directory: &str) -> Self {
        Self { what: format!("{directory}: {}", self.what), ..self }
    }

    /// Not looked at, and why.
    pub fn skipped(what: &str, says: impl Into<String>) -> Self {
        Self { what: what.to_owned(), state: State::Skipped, says: says.into(), fix: None }
    }
}
