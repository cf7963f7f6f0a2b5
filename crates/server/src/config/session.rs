//! `[session]`: how long somebody stays signed in.

use regain_core::Span;
use regain_core::change::WRONG_PASSWORDS;
use regain_core::throttle::Limit;
use serde::Deserialize;

/// `[session]` as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionSection {
    /// Minutes without a page after which it ends, 5 to 60.
    idle_minutes: i64,
    /// Hours after which it ends however busy it is, 1 to 24.
    hours: i64,
}

impl Default for SessionSection {
    /// Within what OWASP advises (Session Management Cheat Sheet: 15 to 30 minutes idle, 4 to 8 hours in all).
    fn default() -> Self {
        Self { idle_minutes: 15, hours: 8 }
    }
}

/// `[session]`, checked.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// How long without a page.
    pub idle: Span,
    /// How long in all, from when the password was typed.
    pub whole: Span,
    /// Wrong passwords from one network before sign-ins from there rest.
    pub wrong_from_network: Limit,
}

impl SessionSection {
    /// Checks the section; how many wrong passwords one network may send stands in another.
    pub fn check(&self, wrong_from_network: u32, problems: &mut Vec<String>) -> Session {
        if !(5..=60).contains(&self.idle_minutes) {
            problems.push(format!("session.idle_minutes: {} is not from 5 to 60", self.idle_minutes));
        }
        if !(1..=24).contains(&self.hours) {
            problems.push(format!("session.hours: {} is not from 1 to 24", self.hours));
        }
        let wrong_from_network = Limit { count: wrong_from_network, window: WRONG_PASSWORDS.window };
        Session { idle: Span::minutes(self.idle_minutes), whole: Span::hours(self.hours), wrong_from_network }
    }
}
