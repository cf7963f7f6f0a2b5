//! How often is too often.
//!
//! Arithmetic and names only. The store counts, in a statement of its own that is committed before anything is compared,
//! so that answers sent at the same moment cannot share an attempt.

use serde::{Deserialize, Serialize};

use crate::keys::{Digest, Keys, Use};
use crate::method::issued_code::Purpose;
use crate::subject::{self, AccountId};
use crate::time::{Span, Time};

/// At most `count` in a `window`, which starts with the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limit {
    /// How many.
    pub count: u32,
    /// In how long.
    pub window: Span,
}

/// One attempt to be counted before the event is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The counter's name.
    pub counter: String,
    /// What it may reach.
    pub limit: Limit,
    /// What is limited.
    pub what: What,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Attempts to prove who one is.
    Proofs,
    /// Messages to one destination.
    Sends,
}

/// The counter of an account's failed proofs for one purpose. It is the account's, whichever of its names was typed
/// (CVE-2025-24806).
pub fn counter_of_account(keys: &Keys, purpose: Purpose, account: &AccountId) -> String {
    name(purpose.name(), keys.derive(Use::Throttle, &[b"account", account.0.as_bytes()]))
}

/// The counter for a User ID that belongs to nobody.
pub fn counter_of_stranger(keys: &Keys, purpose: Purpose, user_id: &str) -> String {
    name(purpose.name(), keys.derive(Use::Throttle, &[b"stranger", subject::canonical(user_id).as_bytes()]))
}

/// The counter of wrong passwords typed for a User ID, known or not.
pub fn counter_of_sign_in(keys: &Keys, user_id: &str) -> String {
    name("signin", keys.derive(Use::Throttle, &[b"sign-in", subject::canonical(user_id).as_bytes()]))
}

/// The counter of wrong passwords that come from one network, whoever they are for.
pub fn counter_of_network(keys: &Keys, network: &str) -> String {
    name("network", keys.derive(Use::Throttle, &[b"sign-in network", network.as_bytes()]))
}

/// The counter of messages to one destination in windows of this length.
pub fn counter_of_destination(device: &Digest, window: Span) -> String {
    format!("{}:{}", name("send", *device), window.0)
}

fn name(family: &str, digest: Digest) -> String {
    let hex = digest.hex();
    format!("{family}:{}", hex.get(..32).unwrap_or(&hex))
}

/// When a counter that has reached its limit is free again.
pub fn free_at(limit: Limit, window_started: Time) -> Time {
    window_started + limit.window
}
