//! Where a reset stands, and how it can end.

use serde::{Deserialize, Serialize};

use crate::elsewhere::Target;
use crate::method::issued_code::{Proof, Purpose, Sent};
use crate::password::{self, Mark};
use crate::subject::{AccountId, Subject};
use crate::throttle::Scope;
use crate::time::Time;

/// What the person wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// A new password.
    #[default]
    Reset,
    /// The account unlocked; the password stays.
    Unlock,
    /// To practise: nothing is changed at the end.
    Rehearsal {
        /// Whose account: no other can be practised with.
        account: AccountId,
    },
}

impl Goal {
    /// What codes are good for.
    pub const fn purpose(&self) -> Purpose {
        match self {
            Self::Reset => Purpose::Reset,
            Self::Unlock => Purpose::Unlock,
            Self::Rehearsal { .. } => Purpose::Rehearsal,
        }
    }

    /// How a reset ends in which it was reached.
    pub(super) const fn reached(&self) -> End {
        match self {
            Self::Reset => End::Done,
            Self::Unlock => End::Unlocked,
            Self::Rehearsal { .. } => End::Rehearsed,
        }
    }
}

/// Where a reset stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waiting for the User ID.
    Identify {
        /// What was wrong with the last one.
        problem: Option<IdentifyProblem>,
    },
    /// Waiting for the directory. Nobody stores it any more: the answer comes first. Programs of earlier versions have.
    LookingUp,
    /// Waiting for the choice of a method.
    Choosing {
        /// Whose password.
        subject: Subject,
        /// Steps passed.
        proofs: Vec<Proof>,
        /// What was wrong with the last choice.
        problem: Option<ChoiceProblem>,
    },
    /// Waiting for the code.
    Proving {
        /// Whose password.
        subject: Subject,
        /// Steps passed.
        proofs: Vec<Proof>,
        /// The code on its way.
        sent: Sent,
        /// What was wrong with the last answer.
        problem: Option<CodeProblem>,
    },
    /// Waiting for the new password.
    Password {
        /// Whose password.
        subject: Subject,
        /// Steps passed: all.
        proofs: Vec<Proof>,
        /// Why the last one was turned down.
        problems: Vec<password::Problem>,
    },
    /// Waiting for the word to unlock the account.
    Unlock {
        /// Whose account.
        subject: Subject,
        /// Steps passed: all.
        proofs: Vec<Proof>,
        /// What went wrong the last time.
        problem: Option<UnlockProblem>,
    },
    /// The directory is being told.
    Writing {
        /// Whose password.
        subject: Subject,
        /// Steps passed: all.
        proofs: Vec<Proof>,
        /// Since when.
        since: Time,
        /// What the new password will be recognised by, where a history is kept; nothing once that is written down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<Mark>,
        /// The further directories.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<Target>,
        /// Which of them is being told; nothing while it is the primary one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
    /// The primary directory has it, not all others have: waiting for one more try, or for the word to leave it at that.
    Elsewhere {
        /// Whose password.
        subject: Subject,
        /// Steps passed: all.
        proofs: Vec<Proof>,
        /// The further directories.
        others: Vec<Target>,
        /// Why the password of the last try was turned down before it was sent anywhere.
        problems: Vec<password::Problem>,
    },
    /// Over.
    Ended {
        /// How.
        end: End,
        /// When.
        at: Time,
        /// What became of the further directories.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<Target>,
    },
}

impl Stage {
    /// The proofs it rests on.
    pub fn proofs(&self) -> &[Proof] {
        match self {
            Self::Choosing { proofs, .. }
            | Self::Proving { proofs, .. }
            | Self::Password { proofs, .. }
            | Self::Unlock { proofs, .. }
            | Self::Writing { proofs, .. }
            | Self::Elsewhere { proofs, .. } => proofs,
            Self::Identify { .. } | Self::LookingUp | Self::Ended { .. } => &[],
        }
    }

    /// The further directories, and what became of each so far.
    pub fn others(&self) -> &[Target] {
        match self {
            Self::Writing { others, .. } | Self::Elsewhere { others, .. } | Self::Ended { others, .. } => others,
            _ => &[],
        }
    }

    /// The person it is about, while one is known.
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Choosing { subject, .. }
            | Self::Proving { subject, .. }
            | Self::Password { subject, .. }
            | Self::Unlock { subject, .. }
            | Self::Writing { subject, .. }
            | Self::Elsewhere { subject, .. } => Some(subject),
            Self::Identify { .. } | Self::LookingUp | Self::Ended { .. } => None,
        }
    }
}

/// How a reset ends. The further directories may each have come to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The password is set.
    Done,
    /// The account is unlocked.
    Unlocked,
    /// All went well, and nothing was changed: it was a rehearsal.
    Rehearsed,
    /// What is registered for the person was changed meanwhile.
    Superseded,
    /// It may be set: the directory's answer was lost.
    Unknown,
    /// This person cannot reset alone.
    CareTeam,
    /// Too many wrong answers.
    TooManyTries,
    /// Too many wrong pictures.
    TooManyPictures,
    /// Resets of this account rest.
    Resting {
        /// Until when.
        until: Time,
    },
    /// Time ran out.
    Expired,
    /// The person stopped it.
    Cancelled,
}

/// What was wrong with the User ID form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifyProblem {
    /// The characters were not those of the picture.
    Captcha,
    /// The directory could not be asked.
    Unavailable,
    /// A rehearsal is for one's own account.
    NotYours,
}

/// Why an account was not unlocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnlockProblem {
    /// The directory would not.
    Refused,
    /// The directory could not be reached.
    Unavailable,
}

/// Why a code was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceProblem {
    /// The whole number or address typed is not the registered one.
    Confirmation {
        /// The option it was typed for.
        option: usize,
    },
    /// This flow has sent all it may.
    NoCodesLeft,
    /// This destination, person or network, or everybody together, has had all they may for now.
    TooManySends {
        /// When it may again.
        until: Time,
    },
    /// There were too many wrong answers from this network or in all: this one was not looked at.
    Resting {
        /// Until when.
        until: Time,
    },
    /// Codes cannot go this way at the moment, whoever asks.
    NotNow {
        /// What is stopped.
        scope: Scope,
        /// When they can again.
        until: Time,
    },
}

/// What was wrong with a code, or with asking for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeProblem {
    /// Not the code that was sent.
    Wrong {
        /// How many more wrong answers this flow survives.
        left: u8,
    },
    /// Typed after its time.
    Late,
    /// This destination, person or network, or everybody together, has had all they may for now.
    TooManySends {
        /// When it may again.
        until: Time,
    },
    /// There were too many wrong answers from this network or in all: this one was not looked at.
    Resting {
        /// Until when.
        until: Time,
    },
    /// Another code cannot go this way at the moment, whoever asks.
    NotNow {
        /// When it can again.
        until: Time,
    },
}

/// What the directory said to a new password, or to unlocking.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// It is set.
    Done,
    /// It was turned down; nothing changed.
    Refused {
        /// What the person is told.
        problem: password::Problem,
        /// What the audit trail says.
        reason: String,
    },
    /// It could not be reached; nothing changed.
    Unavailable,
    /// The answer was lost, and looking did not help.
    Unknown,
}
