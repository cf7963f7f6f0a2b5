//! Passwords somebody had before: how one is recognised when it is chosen again.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// What an earlier password is recognised by. Whoever keeps the history makes it, slowly, and alone can compare it; here it is
/// only passed on. It has no `Debug` that shows it, as the hash of a password has none.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mark(pub String);

impl fmt::Debug for Mark {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Mark")
    }
}

/// What a history says of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// Whether it is one of those.
    pub before: bool,
    /// What it will be recognised by.
    pub mark: Mark,
}

/// Looks a normalised password up in somebody's history. Nothing if that cannot be said.
pub type Recall<'a> = &'a dyn Fn(&Secret) -> Option<Recalled>;
