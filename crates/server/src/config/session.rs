//! `[session]`: how long somebody stays signed in.

use regain_core::Span;
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
}

impl SessionSection {
    /// Checks the section.
    pub fn check(&self, problems: &mut Vec<String>) -> Session {
        if !(5..=60).contains(&self.idle_minutes) {
            problems.push(format!("session.idle_minutes: {} is not from 5 to 60", self.idle_minutes));
        }
        if !(1..=24).contains(&self.hours) {
            problems.push(format!("session.hours: {} is not from 1 to 24", self.hours));
        }
        Session { idle: Span::minutes(self.idle_minutes), whole: Span::hours(self.hours) }
    }
}
