//! Who else is sent the trail.

use super::syslog::Syslog;
use super::webhook::Webhook;

/// A receiver.
pub(super) enum Sink {
    /// By syslog over TLS.
    Syslog(Syslog),
    /// By HTTP.
    Webhook(Box<Webhook>),
}

/// An event or a checkpoint on its way out.
pub(super) struct Item {
    /// What happened, by name; `checkpoint` for a checkpoint.
    pub(super) act: String,
    /// success, failure or unknown.
    pub(super) outcome: String,
    /// When, in milliseconds since 1970.
    pub(super) at: i64,
    /// The line of JSON.
    pub(super) line: String,
}

impl Sink {
    /// Its name in the store and in the log.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Syslog(_) => "syslog",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Hands everything over, in order; once this returns, the receiver has it.
    ///
    /// # Errors
    /// Why not; then it may have some of it.
    pub(super) async fn send(&self, items: &[Item]) -> Result<(), String> {
        match self {
            Self::Syslog(syslog) => syslog.send(items).await,
            Self::Webhook(webhook) => webhook.send(items).await,
        }
    }

    /// Connects and sends nothing.
    ///
    /// # Errors
    /// Why that does not work.
    pub(super) async fn look(&self) -> Result<(), String> {
        match self {
            Self::Syslog(syslog) => syslog.look().await,
            Self::Webhook(webhook) => webhook.look().await,
        }
    }
}
