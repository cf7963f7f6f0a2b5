//! What a decision asks the world to do. The design's table says when each is carried out and with what guarantee.

use serde::{Deserialize, Serialize};

use crate::audit;
use crate::method::Channel;
use crate::method::issued_code::Issue;
use crate::secret::Secret;
use crate::subject::{AccountId, ContactId};
use crate::time::Time;

/// Something to be done.
#[derive(Clone)]
pub enum Effect {
    /// Written in the same transaction as the state: exactly once.
    Audit(audit::Event),
    /// A message: queued in the same transaction, sent after it, at least once.
    Deliver(Delivery),
    /// Find the account of the flow's User ID; answered by an event that names it. A read, repeatable.
    LookUp {
        /// As typed.
        user_id: String,
    },
    /// Set the password: after the state that announces it is committed, once.
    SetPassword {
        /// The number of this write in its flow, to be given back with the answer.
        write: u8,
        /// Whose.
        account: AccountId,
        /// To what.
        password: Secret,
    },
    /// An attempt that was counted beforehand turned out right: take it back, in the transaction.
    GiveBack {
        /// The counter's name.
        counter: String,
    },
    /// Forget all counted attempts, in the transaction.
    Forgive {
        /// The counter's name.
        counter: String,
    },
}

/// A message on its way to the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Where to.
    pub to: To,
    /// By what.
    pub channel: Channel,
    /// What it says.
    pub message: Message,
    /// After this it is worth nothing and is not sent any more.
    pub deadline: Time,
}

/// Where a message goes. Never an address that came with a request (CVE-2023-7028, CVE-2023-49032).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// A registered contact, read from the store when the message is sent.
    Contact(ContactId),
    /// The account's own address, as the directory gave it.
    OwnMail(String),
    /// Nowhere: the message of a decoy, which costs the same until it is dropped.
    Nobody,
}

/// What is said. The words are chosen where it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// A verification code, worked out again when it is sent.
    Code(Issue),
    /// The password of this account was set, or may have been.
    PasswordChanged {
        /// Whether that is certain: the directory's answer may have been lost.
        certain: bool,
        /// The User ID as typed.
        user_id: String,
        /// When.
        at: Time,
    },
}
