//! The gateway of `regain demo`: it sends nothing and keeps what it was given where it can be looked at.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use regain_core::Time;
use regain_core::method::Channel as Kind;
use serde::Serialize;

use super::{Channel, Content, Failure, Outgoing, Spoken};
use crate::clock::Clock;

/// The most messages that are kept; the oldest go first.
const KEPT: usize = 500;

/// A message that was "sent".
#[derive(Clone, Serialize)]
pub struct Captured {
    /// By what.
    pub channel: Kind,
    /// Where to.
    pub to: String,
    /// A mail's subject; empty for a text and a call.
    pub subject: String,
    /// The words; for a call what is said, with the code as one run of digits.
    pub text: String,
    /// When.
    pub at: Time,
}

/// Where they are kept, in memory only. Clones share it.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<VecDeque<Captured>>>);

impl Inbox {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// All that is kept, oldest first.
    pub fn messages(&self) -> Vec<Captured> {
        self.lock().iter().cloned().collect()
    }

    fn put(&self, message: Captured) {
        let mut kept = self.lock();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(message);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Captured>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts every message into an inbox.
pub(crate) struct Gateway {
    channel: Kind,
    inbox: Inbox,
    clock: Clock,
}

impl Gateway {
    /// For one channel.
    pub(crate) fn new(channel: Kind, inbox: Inbox, clock: Clock) -> Self {
        Self { channel, inbox, clock }
    }
}

#[async_trait]
impl Channel for Gateway {
    async fn send(&self, message: &Outgoing<'_>) -> Result<String, Failure> {
        let (subject, text) = match message.content {
            Content::Email { subject, text, .. } => (subject.clone(), text.clone()),
            Content::Text(text) => (String::new(), text.clone()),
            Content::Call(spoken) => (String::new(), said(spoken)),
        };
        let (channel, to, at) = (self.channel, message.to.to_owned(), self.clock.now());
        self.inbox.put(Captured { channel, to, subject, text, at });
        Ok("shown on the page of messages".into())
    }
}

fn said(spoken: &Spoken) -> String {
    let parts = [spoken.before.as_str(), spoken.digits.as_deref().unwrap_or_default(), spoken.after.as_str()];
    parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
