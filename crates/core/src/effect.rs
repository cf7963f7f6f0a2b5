//! What a decision asks the world to do. The design's table says when each is carried out and with what guarantee.

use serde::{Deserialize, Serialize};

use crate::audit;
use crate::flow::FlowId;
use crate::keys::{Digest, Keys, Use};
use crate::method::issued_code::Issue;
use crate::method::{Channel, ContactKind};
use crate::password::Mark;
use crate::registration::Change;
use crate::secret::Secret;
use crate::subject::{AccountId, ContactId};
use crate::throttle::{Scope, What};
use crate::time::{Span, Time};

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
        /// In which further directory; nothing for the primary one. To be given back as well.
        directory: Option<String>,
        /// Whose.
        account: AccountId,
        /// To what. It comes back with the answer: further directories may have to be told.
        password: Secret,
    },
    /// Change the password of somebody who knows the old one: after the state that announces it is committed, once.
    ChangePassword {
        /// The number of this write in its flow, to be given back with the answer.
        write: u8,
        /// Whose.
        account: AccountId,
        /// From what.
        old: Secret,
        /// To what.
        new: Secret,
    },
    /// Unlock the account: after the state that announces it is committed.
    Unlock {
        /// The number of this write in its flow, to be given back with the answer.
        write: u8,
        /// In which further directory; nothing for the primary one. To be given back as well.
        directory: Option<String>,
        /// Whose.
        account: AccountId,
    },
    /// Change what is registered, in the transaction, and only if it is still as the decision knew it.
    Register {
        /// Whose.
        account: AccountId,
        /// How.
        change: Change,
    },
    /// Keep what a new password will be recognised by, in the transaction.
    Remember {
        /// Whose.
        account: AccountId,
        /// What.
        mark: Mark,
    },
    /// Sign the account out everywhere, in the transaction.
    EndSessions {
        /// Whose.
        account: AccountId,
    },
    /// An attempt that was counted for an earlier event turned out right: take it back, in the transaction.
    GiveBack {
        /// The counter's name.
        counter: String,
    },
    /// What is counted of this kind for this very event came to nothing: take all of it back, in the transaction.
    Uncount {
        /// Attempts that turned out right, or messages that are not sent.
        what: What,
    },
    /// Forget all that was counted for the account, in the transaction.
    Forgive {
        /// Whose.
        account: AccountId,
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
    /// An address or number that somebody who is signed in wants to register, to show that it is theirs. Nothing but such
    /// a code ever goes there.
    New {
        /// What it is.
        kind: ContactKind,
        /// The address, or the number in E.164.
        address: String,
    },
    /// Those who help, at the address of the configuration; nothing where there is none.
    CareTeam,
    /// Whoever runs the service, at the address in the configuration.
    Operators,
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
        /// What "This wasn't me" stops. Messages that an earlier version queued have none.
        #[serde(default)]
        offer: Option<FreezeOffer>,
    },
    /// The account was unlocked.
    Unlocked {
        /// The User ID as typed.
        user_id: String,
        /// When.
        at: Time,
        /// What "This wasn't me" stops. Messages that an earlier version queued have none.
        #[serde(default)]
        offer: Option<FreezeOffer>,
    },
    /// What is registered was changed.
    RegistrationChanged {
        /// The User ID.
        user_id: String,
        /// What kind of contact.
        kind: ContactKind,
        /// How.
        how: Changed,
        /// When.
        at: Time,
        /// What "This wasn't me" undoes.
        offer: FreezeOffer,
    },
    /// Resets were frozen, or are possible again.
    Frozen {
        /// The User ID.
        user_id: String,
        /// Whether they are frozen now.
        frozen: bool,
        /// When.
        at: Time,
    },
    /// Somebody pressed "This wasn't me": whoever helps should look after them.
    CallForCare {
        /// The User ID.
        user_id: String,
        /// When.
        at: Time,
    },
    /// A limit that many people share is reached, and something was stopped.
    LimitReached {
        /// Of what.
        what: What,
        /// For whom all together, or what of the budget.
        scope: Scope,
        /// Since when.
        at: Time,
        /// Until when.
        until: Time,
    },
    /// The person is asked to register, before they need it.
    Invitation {
        /// The User ID.
        user_id: String,
        /// The person's name.
        name: String,
        /// How many ways of proving who they are still miss.
        missing: u8,
    },
}

impl Message {
    /// What can be undone or stopped by whoever gets it.
    pub const fn offer(&self) -> Option<&FreezeOffer> {
        match self {
            Self::PasswordChanged { offer, .. } | Self::Unlocked { offer, .. } => offer.as_ref(),
            Self::RegistrationChanged { offer, .. } => Some(offer),
            Self::Code(_)
            | Self::Frozen { .. }
            | Self::CallForCare { .. }
            | Self::LimitReached { .. }
            | Self::Invitation { .. } => None,
        }
    }
}

/// How a contact was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// There was none.
    Added,
    /// There was another.
    Replaced,
    /// There is none any more.
    Removed,
}

/// What a link "This wasn't me" offers: nobody may reset any more, and the change it tells of is undone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FreezeOffer {
    /// Whose account.
    pub account: AccountId,
    /// Their User ID, for the notices that follow.
    pub user_id: String,
    /// The account's own mailbox, for the notices that follow.
    pub own_mail: Option<String>,
    /// Which contact was changed; nothing if it was the password, or the account was unlocked. Then nothing is put back.
    pub kind: Option<ContactKind>,
    /// The contact that was replaced or removed, if there was one.
    pub former: Option<ContactId>,
    /// When it was made: it is good for [`FREEZE_OFFER_LIFE`].
    pub at: Time,
}

impl FreezeOffer {
    /// What the link holds: 128 bits that only this installation can work out, and so written down nowhere. The same change
    /// has the same link in every message that tells of it.
    pub fn token(&self, keys: &Keys) -> [u8; 16] {
        let former = self.former.as_ref().map_or("", |former| &former.0);
        let kind = self.kind.map_or("", ContactKind::name).as_bytes();
        let (account, at) = (self.account.0.as_bytes(), self.at.0.to_be_bytes());
        first_half(keys.derive(Use::Freeze, &[b"token", account, kind, former.as_bytes(), &at]))
    }
}

/// The flow in which the offer behind a link is taken up: always the same, so that a second press finds it ended. It is also
/// the name under which the offer is kept, from which the link cannot be told.
pub fn freeze_flow(keys: &Keys, token: &[u8; 16]) -> FlowId {
    FlowId(first_half(keys.derive(Use::Freeze, &[b"flow", token])))
}

fn first_half(digest: Digest) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(digest.0).for_each(|(to, from)| *to = from);
    half
}

/// How long "This wasn't me" can be said about a change, and how long a contact that was replaced is kept for it.
pub const FREEZE_OFFER_LIFE: Span = Span::hours(30 * 24);
