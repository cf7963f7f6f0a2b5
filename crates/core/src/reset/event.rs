//! What can happen to a reset.

use std::sync::Arc;

use crate::captcha;
use crate::crowd::Crowd;
use crate::elsewhere::Survey;
use crate::keys::Digest;
use crate::password::Judged;
use crate::reset::Written;
use crate::secret::Secret;
use crate::subject::{Account, AccountId};
use crate::throttle::{Scope, What};
use crate::time::Time;

/// What can happen to a reset.
#[derive(Clone)]
pub enum Event {
    /// The User ID was typed.
    Identify {
        /// As typed.
        user_id: String,
        /// The answer to the picture or the puzzle.
        answer: captcha::Answer,
        /// Whether the password is known, and the account is to be unlocked.
        unlock: bool,
    },
    /// Somebody who is signed in wants to practise.
    Practise {
        /// Whose account.
        account: AccountId,
        /// Their User ID, to stand in the form.
        user_id: String,
    },
    /// Another picture is wanted.
    NewPicture,
    /// The answer to the look-up.
    LookedUp {
        /// The User ID that was looked up, as the effect named it: an answer that comes after the person has gone back and
        /// typed another one is nobody's.
        user_id: String,
        /// What was found.
        found: LookedUp,
    },
    /// An option was chosen: send the code.
    Choose {
        /// Its place in the subject's list.
        option: usize,
        /// The digest of the whole number or address typed, where that is asked for.
        confirmation: Option<Digest>,
    },
    /// Send another code the same way.
    Resend,
    /// A code was typed.
    Code {
        /// What was typed.
        typed: Secret,
        /// How many wrong answers the page knew of: a second press of the same button, or an older page, must not use up
        /// another try.
        seen: u8,
    },
    /// Choose another way.
    OtherWay,
    /// A password was chosen.
    Password {
        /// The password, looked at by the rules of all directories.
        judged: Judged,
        /// What was found in the further ones.
        survey: Survey,
    },
    /// A password was typed for the further directories that failed. It is told from one for all, so that an older page does
    /// not send there what was meant for all.
    Again {
        /// The password, looked at.
        judged: Judged,
        /// What was found there now.
        survey: Survey,
    },
    /// Unlock the account now.
    Unlock {
        /// What was found in the further directories.
        survey: Survey,
    },
    /// The directory's answer.
    Written {
        /// The number of the write, as the effect named it: a late or repeated answer must not pass for that of the next.
        write: u8,
        /// The further directory, as the effect named it; nothing for the primary one.
        directory: Option<String>,
        /// What it said.
        answer: Written,
        /// The password that was sent, if one was: no flow keeps it, and other directories may have to be told.
        password: Option<Secret>,
    },
    /// More time is wanted.
    Extend,
    /// The User ID was wrong: type it again.
    Back,
    /// Go on after an interruption.
    Resume,
    /// Stop.
    Cancel,
    /// A limit over several flows forbids what was asked for.
    Throttled {
        /// Of what.
        what: What,
        /// For whom all together.
        scope: Scope,
        /// When it is free again.
        until: Time,
    },
    /// Time went by.
    Tick,
}

/// What the look-up found.
#[derive(Clone)]
pub enum LookedUp {
    /// The directory could not be asked.
    Failed,
    /// The account, if there is one.
    Answer {
        /// Exactly one match, or nothing.
        account: Option<Account>,
        /// Until when resets of this account rest, if they do.
        resting: Option<Time>,
        /// What people look like, for who is nobody.
        crowd: Arc<Crowd>,
    },
}
