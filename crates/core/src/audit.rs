//! What is written down for the people who answer for the service.
//!
//! No event holds a secret, an address or a number: methods are named, contacts are not.

pub mod chain;
pub mod checkpoint;
pub mod verify;

use serde::{Deserialize, Serialize};

use crate::captcha;
use crate::elsewhere::Bar;
use crate::method::{ContactKind, Method};
use crate::subject::AccountId;
use crate::throttle::{Scope, What};

/// Something that happened in a flow. Who was at the browser, from where and when is added by whoever writes it down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Event {
    /// The User ID as typed: what the visitor claimed.
    pub user_id: String,
    /// The account, once it is known to exist.
    pub account: Option<AccountId>,
    /// What happened.
    pub act: Act,
}

/// What happened. The names are what exports and queries see: they stay.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum Act {
    /// Another picture was asked for.
    PictureChanged,
    /// The picture was read wrongly, or the puzzle not solved.
    CaptchaFailed {
        /// Which ladder was in force.
        kind: captcha::Kind,
    },
    /// Somebody asked for a reset.
    Started,
    /// The look-up found an account that can reset.
    Found,
    /// No such User ID: the visitor goes on with a decoy.
    NotFound,
    /// The directory could not be asked.
    LookUpFailed,
    /// Led to the care team.
    SentToCareTeam {
        /// Why.
        reason: CareTeamReason,
    },
    /// A code was sent.
    CodeSent {
        /// How.
        method: Method,
        /// For which step.
        step: u8,
    },
    /// The whole number or address typed was not the registered one.
    ConfirmationFailed {
        /// Of which method.
        method: Method,
    },
    /// A wrong code.
    CodeWrong {
        /// Of which method.
        method: Method,
    },
    /// A code typed after its time.
    CodeLate {
        /// Of which method.
        method: Method,
    },
    /// A step was passed.
    Proved {
        /// How.
        method: Method,
        /// Which step.
        step: u8,
    },
    /// The person went back to choose another way.
    OtherWay,
    /// The person went back to correct the User ID.
    WentBack,
    /// The person asked for more time.
    Extended,
    /// A password was turned down before the directory was asked.
    PasswordUnfit,
    /// The directory is being told to set the password.
    Writing,
    /// The directory turned the password down.
    PasswordRefused {
        /// Its reason.
        reason: String,
    },
    /// The directory could not be reached; the password is as it was.
    WriteFailed,
    /// The password is set.
    PasswordSet,
    /// Nobody knows whether the password is set.
    OutcomeUnknown,
    /// What the new password, or the unlocking, came to in a further directory.
    Elsewhere {
        /// Its name.
        directory: String,
        /// What it came to.
        came_to: CameTo,
    },
    /// Too many wrong answers in one flow.
    TriesExhausted,
    /// A limit of this flow or over several was reached.
    Throttled {
        /// Which.
        what: What,
    },
    /// A limit that many people share was reached; written down once for as long as that lasts.
    LimitReached {
        /// Of what.
        what: What,
        /// For whom all together.
        scope: Scope,
    },
    /// An administrator lifted limits.
    LimitLifted {
        /// Whose: of an account, a network, or everybody.
        scope: Scope,
        /// The network, if it is one's.
        network: Option<String>,
        /// Why.
        reason: String,
    },
    /// The account is unlocked.
    Unlocked,
    /// The directory would not unlock it.
    UnlockRefused {
        /// Its reason.
        reason: String,
    },
    /// A rehearsal went well.
    Rehearsed,
    /// Somebody who is signed in wanted to practise with the User ID of another.
    NotYours,
    /// What is registered was changed while it was being used.
    Superseded,
    /// Somebody signed in with the password.
    SignedIn,
    /// A wrong password.
    SignInFailed,
    /// Somebody signed out.
    SignedOut,
    /// The old password given with a change was wrong.
    OldPasswordWrong,
    /// The password was changed by somebody who knew the old one.
    PasswordChanged,
    /// A contact was registered.
    ContactSet {
        /// Which kind.
        kind: ContactKind,
        /// Whether it took the place of another.
        replaced: bool,
    },
    /// A contact was removed.
    ContactRemoved {
        /// Which kind.
        kind: ContactKind,
    },
    /// A code was sent to a contact that somebody wants to register.
    ContactCodeSent {
        /// How.
        method: Method,
    },
    /// A change was asked for too long after the password was typed.
    NotFresh,
    /// The person said that what is registered looks good.
    RegistrationConfirmed,
    /// The person was asked to register.
    RegistrationAsked,
    /// Somebody said "This wasn't me": nobody may reset this account's password.
    Frozen,
    /// That was lifted.
    Thawed {
        /// By whom, and why.
        by: String,
    },
    /// An administrator gave the account a contact.
    ContactGiven {
        /// Which kind.
        kind: ContactKind,
        /// Whether it is taken as proven; else it is a suggestion.
        verified: bool,
    },
    /// An administrator took a contact away.
    ContactTakenAway {
        /// Which kind.
        kind: ContactKind,
    },
    /// An administrator looked at whole addresses and numbers.
    ContactsRevealed {
        /// How many.
        count: u64,
    },
    /// The person was invited to register.
    Invited,
    /// An administrator took events out of the trail to read them elsewhere.
    AuditExported {
        /// How many.
        events: u64,
    },
    /// An event was altered, or added by somebody else, before it had its place in the chain.
    AuditForged {
        /// Its name.
        event: String,
    },
    /// The trail was shorter than it had been: somebody has cut off its end.
    AuditCut {
        /// The last event there had been.
        was: i64,
        /// The last event there was.
        is: i64,
    },
    /// Another key of the installation is in use from now on.
    KeyChanged {
        /// What it is called.
        key: String,
    },
    /// The former key of the installation was given up.
    KeyRetired {
        /// What it was called.
        key: String,
    },
    /// The person stopped it.
    Cancelled,
    /// Time ran out.
    Expired,
}

/// What became of an account in a further directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameTo {
    /// The password is set there, or the account unlocked.
    Done,
    /// The directory turned it down.
    Refused {
        /// Its reason.
        reason: String,
    },
    /// Nobody may reset this account: it was not written to.
    Barred {
        /// Why.
        bar: Bar,
    },
    /// The directory could not be reached; nothing changed there.
    Unavailable,
    /// It was not written to in this try: that stopped before.
    Untried,
    /// Nobody knows.
    Unknown,
    /// No account there, or more than one entry that fits.
    NotThere,
}

/// Why somebody cannot reset alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CareTeamReason {
    /// Nothing, or not enough, is registered.
    NotEnoughMethods,
    /// In no group that may reset.
    OutOfScope,
    /// The directory has the account disabled.
    Disabled,
    /// Somebody said "This wasn't me".
    Frozen,
}

impl Act {
    /// Its name in rows and exports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PictureChanged => "picture_changed",
            Self::CaptchaFailed { .. } => "captcha_failed",
            Self::Started => "started",
            Self::Found => "found",
            Self::NotFound => "not_found",
            Self::LookUpFailed => "look_up_failed",
            Self::SentToCareTeam { .. } => "sent_to_care_team",
            Self::CodeSent { .. } => "code_sent",
            Self::ConfirmationFailed { .. } => "confirmation_failed",
            Self::CodeWrong { .. } => "code_wrong",
            Self::CodeLate { .. } => "code_late",
            Self::Proved { .. } => "proved",
            Self::OtherWay => "other_way",
            Self::WentBack => "went_back",
            Self::Extended => "extended",
            Self::PasswordUnfit => "password_unfit",
            Self::Writing => "writing",
            Self::PasswordRefused { .. } => "password_refused",
            Self::WriteFailed => "write_failed",
            Self::PasswordSet => "password_set",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Elsewhere { .. } => "elsewhere",
            Self::TriesExhausted => "tries_exhausted",
            Self::Throttled { .. } => "throttled",
            Self::LimitReached { .. } => "limit_reached",
            Self::LimitLifted { .. } => "limit_lifted",
            Self::Unlocked => "unlocked",
            Self::UnlockRefused { .. } => "unlock_refused",
            Self::Rehearsed => "rehearsed",
            Self::NotYours => "not_yours",
            Self::Superseded => "superseded",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::OldPasswordWrong => "old_password_wrong",
            Self::PasswordChanged => "password_changed",
            Self::ContactSet { .. } => "contact_set",
            Self::ContactRemoved { .. } => "contact_removed",
            Self::ContactCodeSent { .. } => "contact_code_sent",
            Self::NotFresh => "not_fresh",
            Self::RegistrationConfirmed => "registration_confirmed",
            Self::RegistrationAsked => "registration_asked",
            Self::Frozen => "frozen",
            Self::Thawed { .. } => "thawed",
            Self::ContactGiven { .. } => "contact_given",
            Self::ContactTakenAway { .. } => "contact_taken_away",
            Self::ContactsRevealed { .. } => "contacts_revealed",
            Self::Invited => "invited",
            Self::AuditExported { .. } => "audit_exported",
            Self::AuditForged { .. } => "audit_forged",
            Self::AuditCut { .. } => "audit_cut",
            Self::KeyChanged { .. } => "key_changed",
            Self::KeyRetired { .. } => "key_retired",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether the visitor got what was asked for, as far as this event goes.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::CaptchaFailed { .. }
            | Self::NotFound
            | Self::LookUpFailed
            | Self::SentToCareTeam { .. }
            | Self::ConfirmationFailed { .. }
            | Self::CodeWrong { .. }
            | Self::CodeLate { .. }
            | Self::PasswordUnfit
            | Self::PasswordRefused { .. }
            | Self::WriteFailed
            | Self::TriesExhausted
            | Self::Throttled { .. }
            | Self::LimitReached { .. }
            | Self::UnlockRefused { .. }
            | Self::NotYours
            | Self::Superseded
            | Self::SignInFailed
            | Self::OldPasswordWrong
            | Self::NotFresh
            | Self::Elsewhere {
                came_to: CameTo::Refused { .. } | CameTo::Barred { .. } | CameTo::Unavailable | CameTo::Untried,
                ..
            }
            | Self::AuditForged { .. }
            | Self::AuditCut { .. }
            | Self::Expired => "failure",
            Self::OutcomeUnknown | Self::Elsewhere { came_to: CameTo::Unknown, .. } => "unknown",
            Self::PictureChanged
            | Self::Started
            | Self::Found
            | Self::CodeSent { .. }
            | Self::Proved { .. }
            | Self::OtherWay
            | Self::WentBack
            | Self::Extended
            | Self::Writing
            | Self::PasswordSet
            | Self::Unlocked
            | Self::Rehearsed
            | Self::SignedIn
            | Self::SignedOut
            | Self::PasswordChanged
            | Self::ContactSet { .. }
            | Self::ContactRemoved { .. }
            | Self::ContactCodeSent { .. }
            | Self::RegistrationConfirmed
            | Self::RegistrationAsked
            | Self::Frozen
            | Self::Thawed { .. }
            | Self::ContactGiven { .. }
            | Self::ContactTakenAway { .. }
            | Self::ContactsRevealed { .. }
            | Self::Invited
            | Self::Elsewhere { came_to: CameTo::Done | CameTo::NotThere, .. }
            | Self::AuditExported { .. }
            | Self::KeyChanged { .. }
            | Self::KeyRetired { .. }
            | Self::LimitLifted { .. }
            | Self::Cancelled => "success",
        }
    }
}
