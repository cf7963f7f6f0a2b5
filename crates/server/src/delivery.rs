//! How messages leave (stands in until the gateways arrive).

use regain_core::method::Channel as Kind;

/// A rendered message.
pub enum Content {
    /// Email.
    Email {
        /// Subject.
        subject: String,
        /// Text part.
        text: String,
        /// HTML part.
        html: String,
    },
    /// Text message.
    Text(String),
    /// Call.
    Call(Spoken),
}

/// What is said in a call.
pub struct Spoken {
    /// Before the digits.
    pub before: String,
    /// The digits.
    pub digits: Option<String>,
    /// After the digits.
    pub after: String,
    /// BCP 47.
    pub language: String,
}

/// A message for a gateway.
pub struct Outgoing<'a> {
    /// Address or number.
    pub to: &'a str,
    /// What is said.
    pub content: &'a Content,
    /// Stable over retries.
    pub key: &'a str,
}

/// A gateway took it.
pub struct Receipt {
    /// Which.
    pub gateway: String,
    /// What it said.
    pub answer: String,
}

/// Nobody took it.
pub enum Failure {
    /// It never will.
    Refused(String),
    /// Later, perhaps.
    Unavailable(String),
}

/// All gateways.
pub struct Delivery;

impl Delivery {
    /// Sends.
    ///
    /// # Errors
    /// If nobody takes it.
    pub async fn send(&self, _channel: Kind, _message: &Outgoing<'_>) -> Result<Receipt, Failure> {
        Err(Failure::Unavailable("no gateway".into()))
    }
}
