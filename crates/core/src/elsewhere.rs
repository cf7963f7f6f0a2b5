//! Further directories: what one reset, change or unlocking comes to in each of them, after the primary one.
//!
//! The primary directory alone says who exists. Only when it has taken the new password are the others written to, one after
//! the other, and what became of each is written down before the next one. What failed can be tried again as long as the flow
//! lives. The password is kept nowhere for that: it comes back with each answer, and whoever tries again types one.

use serde::{Deserialize, Serialize};

use crate::audit::{Act, CameTo};
use crate::password::Problem;
use crate::reset::Written;
use crate::subject::AccountId;

/// A further directory, and what became of this person's account there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// What people call it.
    pub name: String,
    /// The account, where exactly one was found.
    pub account: Option<AccountId>,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether it is to be written to once more after its answer was lost. Whatever it may have done stays unknown until it says
    /// that it is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once_more: bool,
}

/// What became of an account in a further directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was not written to.
    Untried,
    /// The password is set, or the account unlocked.
    Done,
    /// It was turned down; nothing changed there.
    Refused {
        /// What the person is told.
        problem: Problem,
    },
    /// Nobody may reset this account; it is not written to.
    Barred {
        /// Why.
        bar: Bar,
    },
    /// The directory could not be reached; nothing changed there.
    Unavailable,
    /// The answer was lost, and looking did not help.
    Unknown,
    /// The person has no account there, or more than one entry fits.
    NotThere,
}

/// Why nobody may reset an account in a further directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// An administrator has switched it off.
    Disabled,
    /// Its time is over.
    Expired,
    /// It is one of those that only administrators reset.
    Protected,
}

impl Target {
    /// Whether it is still to be written to in this try.
    fn waits(&self) -> bool {
        self.once_more || self.outcome == Outcome::Untried
    }

    /// As it was found, for one more try. Where the answer to the last one was lost the password may be set, however little can
    /// be found out about that now.
    fn after(&self, last: &Self) -> Self {
        match last.outcome {
            Outcome::Unknown => Self { outcome: Outcome::Unknown, once_more: self.waits(), ..self.clone() },
            _ => self.clone(),
        }
    }
}

impl Outcome {
    /// Whether trying once more may come to something else.
    pub const fn may_be_tried_again(&self) -> bool {
        matches!(self, Self::Untried | Self::Refused { .. } | Self::Unavailable | Self::Unknown)
    }
}

/// What was found of a person in the further directories, a moment ago.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Whose account it is in the primary directory: what was found for one person is not written for another.
    pub of: Option<AccountId>,
    /// One for each further directory, in their order: untried, barred, unavailable or not there.
    pub targets: Vec<Target>,
    /// Those of which the page said before that they cannot be reached.
    pub told: Vec<String>,
}

impl Survey {
    /// Whether it may be gone by for this account.
    pub(crate) fn is_for(&self, account: &AccountId) -> bool {
        self.targets.is_empty() || self.of.as_ref() == Some(account)
    }

    /// Those that cannot be reached, which the person does not know yet.
    pub(crate) fn untold(&self) -> Vec<&Target> {
        let away = self.targets.iter().filter(|target| target.outcome == Outcome::Unavailable);
        away.filter(|target| !self.told.contains(&target.name)).collect()
    }

    /// The targets of one more try, in which what has not come to a good end is as it was found now, and what the audit trail
    /// says of those that are not written to even so.
    pub(crate) fn again(&self, before: &[Target]) -> (Vec<Target>, Vec<Act>) {
        let found = |old: &Target| self.targets.iter().find(|found| found.name == old.name);
        let renewed = |old: &Target| found(old).filter(|_| old.outcome.may_be_tried_again());
        let acts = before.iter().filter_map(renewed).filter_map(left_out).collect();
        (before.iter().map(|old| renewed(old).map_or_else(|| old.clone(), |found| found.after(old))).collect(), acts)
    }
}

/// What the person is told of one that cannot be reached, before anything is written.
pub(crate) fn away(target: &&Target) -> Problem {
    Problem::Away { directory: target.name.clone() }
}

/// The next one to be written to.
pub(crate) fn next(targets: &[Target]) -> Option<(String, AccountId)> {
    let waiting = targets.iter().filter(|target| target.waits());
    waiting.filter_map(|target| Some((target.name.clone(), target.account.clone()?))).next()
}

/// Whether something is left to be tried again.
pub(crate) fn unfinished(targets: &[Target]) -> bool {
    targets.iter().any(|target| target.outcome.may_be_tried_again())
}

/// Takes down what a directory answered.
pub(crate) fn heard(targets: &mut [Target], name: &str, answer: Written) -> Act {
    let (outcome, came_to) = match answer {
        Written::Done => (Outcome::Done, CameTo::Done),
        Written::Refused { problem, reason } => (Outcome::Refused { problem }, CameTo::Refused { reason }),
        Written::Unavailable => (Outcome::Unavailable, CameTo::Unavailable),
        Written::Unknown => (Outcome::Unknown, CameTo::Unknown),
    };
    for target in targets.iter_mut().filter(|target| target.name == name) {
        let perhaps = std::mem::take(&mut target.once_more);
        if !perhaps || outcome == Outcome::Done {
            target.outcome = outcome.clone();
        }
    }
    Act::Elsewhere { directory: name.to_owned(), came_to }
}

/// What the audit trail says, where a try stops, of those that it has not come to.
pub(crate) fn unreached(targets: &[Target]) -> impl Iterator<Item = Act> {
    let waiting = targets.iter().filter(|target| target.waits());
    waiting.map(|target| Act::Elsewhere { directory: target.name.clone(), came_to: CameTo::Untried })
}

/// What the audit trail says of one that is not written to at all.
pub(crate) fn left_out(target: &Target) -> Option<Act> {
    let came_to = match &target.outcome {
        Outcome::Unavailable => CameTo::Unavailable,
        Outcome::NotThere => CameTo::NotThere,
        Outcome::Barred { bar } => CameTo::Barred { bar: *bar },
        Outcome::Untried | Outcome::Done | Outcome::Refused { .. } | Outcome::Unknown => return None,
    };
    Some(Act::Elsewhere { directory: target.name.clone(), came_to })
}
