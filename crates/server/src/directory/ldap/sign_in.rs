//! What a server's answer to a person's password means.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use regain_core::Secret;

use super::connect::{Answer, SUCCESS};
use super::ppolicy::{Obstacle, Response};
use crate::clock;
use crate::directory::Verdict;

/// The longest password that is sent, in bytes. Hashing a longer one only costs the server time.
const LONGEST: usize = 1_024;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignIn {
    Right,
    Wrong,
    Locked,
    Disabled,
    /// It is right, and nothing is allowed before it is changed.
    MustChange,
    /// It is right, and so old that it opens nothing any more.
    TooOld,
}

// RFC 4511, 4.1.9.
const CONSTRAINT_VIOLATION: u32 = 19;
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_DN: u32 = 34;
const INAPPROPRIATE: u32 = 48;
const INVALID_CREDENTIALS: u32 = 49;
const UNWILLING: u32 = 53;

impl SignIn {
    /// Reads an answer; nothing if it says nothing about the password. `off` tells whether the account may not be used at all.
    pub(super) fn read(answer: &Answer, off: bool) -> Option<Self> {
        let response = Response::of(answer);
        Some(match (answer.code, response.obstacle) {
            (SUCCESS, _) if off => Self::Disabled,
            // With sign-ins that are still granted, the password is too old already.
            (SUCCESS, Some(Obstacle::ChangeAfterReset | Obstacle::PasswordExpired)) => Self::MustChange,
            (SUCCESS, _) if response.grace.is_some() => Self::MustChange,
            (SUCCESS, _) => Self::Right,
            (INVALID_CREDENTIALS, Some(Obstacle::PasswordExpired)) => Self::TooOld,
            // 389 Directory Server answers 19 for a lock, and 53 for an account that was switched off.
            (_, Some(Obstacle::Locked)) | (CONSTRAINT_VIOLATION, _) => Self::Locked,
            (UNWILLING, _) => Self::Disabled,
            (INVALID_CREDENTIALS | NO_SUCH_OBJECT | INVALID_DN | INAPPROPRIATE, _) => Self::Wrong,
            _ => return None,
        })
    }

    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::Right => Verdict::Right,
            Self::Wrong => Verdict::Wrong,
            Self::Locked => Verdict::Locked,
            Self::Disabled => Verdict::Disabled,
            Self::MustChange | Self::TooOld => Verdict::MustChange,
        }
    }
}

/// Whether a password can be anybody's. An empty one must not be sent: it would be an anonymous bind, which succeeds.
pub(super) fn is_possible(password: &Secret) -> bool {
    !password.is_empty() && password.reveal().len() <= LONGEST
}

/// Makes a sign-in as nobody take as long as one of late as somebody: the server is done sooner where there is no hash.
#[derive(Debug, Default)]
pub(super) struct Stopwatch(AtomicU64);

impl Stopwatch {
    pub(super) fn start(&self) -> Instant {
        clock::steady()
    }

    /// Remembers how long somebody took; lets nobody take as long.
    pub(super) async fn stop(&self, started: Instant, known: bool) {
        let took = clock::steady().duration_since(started);
        let usual = Duration::from_micros(self.0.load(Ordering::Relaxed));
        if known {
            let mean = if usual.is_zero() { took } else { (usual * 3 + took) / 4 };
            self.0.store(u64::try_from(mean.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        } else if let Some(rest) = usual.checked_sub(took).filter(|rest| !rest.is_zero()) {
            clock::wait(rest).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::ldap::sheet::PASSWORD_POLICY;

    fn read(code: u32, control: &[u8]) -> Option<SignIn> {
        let controls = vec![(PASSWORD_POLICY.to_owned(), control.to_vec())];
        SignIn::read(&Answer { code, controls, ..Answer::default() }, false)
    }

    #[test]
    fn every_answer_has_its_meaning() {
        assert_eq!(read(0, &[]), Some(SignIn::Right));
        assert_eq!(read(0, &[0x30, 3, 0x81, 1, 2]), Some(SignIn::MustChange));
        assert_eq!(read(0, &[0x30, 5, 0xa0, 3, 0x81, 1, 2]), Some(SignIn::MustChange), "a last time");
        assert_eq!(read(0, &[0x30, 5, 0xa0, 3, 0x80, 1, 2]), Some(SignIn::Right), "soon too old");
        assert_eq!(read(49, &[]), Some(SignIn::Wrong));
        assert_eq!(read(49, &[0x30, 3, 0x81, 1, 1]), Some(SignIn::Locked));
        assert_eq!(read(49, &[0x30, 3, 0x81, 1, 0]), Some(SignIn::TooOld));
        assert_eq!(read(19, &[0x30, 3, 0x81, 1, 1]), Some(SignIn::Locked));
        assert_eq!(read(19, &[]), Some(SignIn::Locked));
        assert_eq!(read(53, &[]), Some(SignIn::Disabled));
        assert_eq!(read(32, &[]), Some(SignIn::Wrong));
        assert_eq!(read(52, &[]), None);
        let off = Answer::default();
        assert_eq!(SignIn::read(&off, true), Some(SignIn::Disabled));
    }

    #[test]
    fn an_empty_password_is_nobody_s() {
        assert!(!is_possible(&Secret::new("")));
        assert!(!is_possible(&Secret::new("x".repeat(LONGEST + 1))));
        assert!(is_possible(&Secret::new("x".repeat(LONGEST))));
    }
}
