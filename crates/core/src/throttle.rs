//! How often is too often.
//!
//! Arithmetic and names only. The store counts, in one transaction with what is decided and before anything of that is shown, so
//! that answers sent at the same moment cannot share an attempt.

mod claims;
mod limits;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::keys::{Digest, Keys, Use};
use crate::method::issued_code::Purpose;
use crate::subject::{self, AccountId};
use crate::time::{Span, Time};

pub use claims::{Owner, around, destination, of_account, of_installation, of_network, passwords};
pub(crate) use claims::{look_ups, of_rule, proof, sends};
pub use limits::{Limits, Rule};

/// At most `count` in a `window`, which starts with the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limit {
    /// How many.
    pub count: u32,
    /// In how long.
    pub window: Span,
}

/// One attempt to be counted before it has an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The counter's name.
    pub counter: String,
    /// What it may reach.
    pub limit: Limit,
    /// What is limited.
    pub what: What,
    /// For whom all together.
    pub scope: Scope,
    /// Whose it is, for administrators: a User ID as typed, a masked address, a network.
    pub whom: String,
    /// How many it counts as.
    pub weight: u32,
    /// When it may be tried again, where that is not the end of the window.
    pub ends: Option<Time>,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Attempts to prove who one is.
    Proofs,
    /// Messages.
    Sends,
    /// User IDs looked up for a reset.
    LookUps,
    /// Passwords tried at signing in and at changing.
    Passwords,
}

/// For whom something is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One address or number.
    Destination,
    /// One account, or one User ID that is nobody's.
    Account,
    /// Everybody in one network.
    Network,
    /// Everybody.
    Installation,
    /// Texts and calls to one range of numbers.
    #[serde(rename = "number_range", alias = "range")]
    Range,
    /// All texts and calls.
    Messages,
    /// All emails.
    Emails,
    /// What all texts and calls cost.
    Money,
    /// All texts and calls of this hour, beside the same hour of other days.
    Usual,
}

impl What {
    /// Its name in lists and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proofs => "proofs",
            Self::Sends => "sends",
            Self::LookUps => "look_ups",
            Self::Passwords => "passwords",
        }
    }
}

impl Scope {
    /// Whether it is about what messages cost and where they go, whoever asks for them.
    pub const fn is_budget(self) -> bool {
        matches!(self, Self::Range | Self::Messages | Self::Emails | Self::Money | Self::Usual)
    }

    /// Its name in lists and logs, and as it is written down.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Destination => "destination",
            Self::Account => "account",
            Self::Network => "network",
            Self::Installation => "installation",
            Self::Range => "number_range",
            Self::Messages => "messages",
            Self::Emails => "emails",
            Self::Money => "money",
            Self::Usual => "usual",
        }
    }
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

/// The counter of messages to one destination in windows of this length.
pub fn counter_of_destination(device: &Digest, window: Span) -> String {
    let rule = Rule { what: What::Sends, scope: Scope::Destination };
    format!("{}:{}", name(rule.prefix(), *device), window.0)
}

fn name(family: &str, digest: Digest) -> String {
    let hex = digest.hex();
    format!("{family}:{}", hex.get(..32).unwrap_or(&hex))
}

/// When a counter that has reached its limit is free again.
pub fn free_at(limit: Limit, window_started: Time) -> Time {
    window_started + limit.window
}

/// The network an address belongs to: what one customer is usually given (RFC 6177 §2: between /48 and /64 of IPv6). What is
/// no address is counted together.
pub fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => format!("{}/24", Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8))),
        Ok(IpAddr::V6(address)) => format!("{}/56", Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 72))),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_has_one_name_wherever_it_is_written() {
        for Rule { what, scope } in Rule::ALL {
            assert_eq!(serde_json::to_value(what).unwrap(), what.name());
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.name());
        }
        // As it was written down before.
        assert_eq!(serde_json::from_str::<Scope>(r#""range""#).unwrap(), Scope::Range);
    }

    #[test]
    fn a_network_is_24_bits_of_ipv4_and_56_of_ipv6() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.0/24"),
            ("192.0.2.255", "192.0.2.0/24"),
            ("192.0.3.7", "192.0.3.0/24"),
            ("::ffff:192.0.2.7", "192.0.2.0/24"),
            ("2001:db8:1:22ff::1", "2001:db8:1:2200::/56"),
            ("2001:db8:1:2200:ffff::", "2001:db8:1:2200::/56"),
            ("2001:db8:1:2300::1", "2001:db8:1:2300::/56"),
            ("nonsense", ""),
            ("", ""),
        ] {
            assert_eq!(network(address), expected, "{address}");
        }
    }
}
