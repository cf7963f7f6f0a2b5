//! The ways to prove who one is.
//!
//! All four of today's methods send a code and take it back typed; what they share is in [`issued_code`]. A method differs
//! only in the contact it needs and the channel that carries it.

pub mod issued_code;

use serde::{Deserialize, Serialize};

/// A verification method. NIST SP 800-63B-4 calls the code an *issued recovery code*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A code by email to the registered address.
    Email,
    /// A code by text message to the registered mobile.
    Text,
    /// A code spoken in a call to the registered mobile.
    MobileCall,
    /// A code spoken in a call to the office phone, which administrators own.
    OfficeCall,
}

/// What is registered for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    /// Authentication email.
    Email,
    /// Authentication phone.
    Mobile,
    /// Office phone.
    Office,
}

/// What carries a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Email.
    Email,
    /// Text message.
    Text,
    /// Telephone call.
    Call,
}

impl Method {
    /// All methods, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Email, Self::Text, Self::MobileCall, Self::OfficeCall];

    /// The contact it needs.
    pub const fn contact(self) -> ContactKind {
        match self {
            Self::Email => ContactKind::Email,
            Self::Text | Self::MobileCall => ContactKind::Mobile,
            Self::OfficeCall => ContactKind::Office,
        }
    }

    /// The channel that carries the code.
    pub const fn channel(self) -> Channel {
        match self {
            Self::Email => Channel::Email,
            Self::Text => Channel::Text,
            Self::MobileCall | Self::OfficeCall => Channel::Call,
        }
    }

    /// Its name in settings, in the audit trail and in message keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Text => "text",
            Self::MobileCall => "mobile_call",
            Self::OfficeCall => "office_call",
        }
    }
}

impl ContactKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Email, Self::Mobile, Self::Office];

    /// Its name in settings, files and rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Mobile => "mobile",
            Self::Office => "office",
        }
    }
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 3] = [Self::Email, Self::Text, Self::Call];

    /// Its name in settings and rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Text => "text",
            Self::Call => "call",
        }
    }
}
