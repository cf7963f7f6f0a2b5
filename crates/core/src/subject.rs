//! Whose password it is: a real account, or a decoy that looks like one.

use serde::{Deserialize, Serialize};

use crate::crowd::{Crowd, Draw, Face};
use crate::keys::{Digest, Keys, Use};
use crate::mask;
use crate::method::issued_code::Purpose;
use crate::method::{ContactKind, Method};
use crate::policy::Policy;
use crate::throttle;

/// The directory's lasting name of an account: never the User ID, which people change, nor a DN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub String);

/// Names a registered contact in the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContactId(pub String);

/// What the directory and the store know of a person, as the answer to a look-up.
#[derive(Clone, Debug)]
pub struct Account {
    /// Lasting name.
    pub id: AccountId,
    /// The address of the account itself, for notices; never for codes.
    pub own_mail: Option<String>,
    /// Names of the groups it is in.
    pub groups: Vec<String>,
    /// Whether the directory refuses it altogether.
    pub disabled: bool,
    /// Whether somebody said "This wasn't me" and nobody has lifted that yet.
    pub frozen: bool,
    /// Verified contacts.
    pub contacts: Vec<Contact>,
}

/// A verified contact of an account.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Its name in the store.
    pub id: ContactId,
    /// What it is.
    pub kind: ContactKind,
    /// The address, or the number in E.164 (with `;ext=` for an extension).
    pub address: String,
    /// Whether it was registered so recently that it cannot carry a reset alone.
    pub young: bool,
}

/// One thing the person can choose to be verified by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Option_ {
    /// How.
    pub method: Method,
    /// Where to: read again from the store when the message is sent. A decoy's leads nowhere.
    pub contact: Option<ContactId>,
    /// What may be shown of it.
    pub mask: String,
    /// Recognises the number or address: two options on one number share it.
    pub device: Digest,
    /// Whether it was registered so recently that it cannot carry a reset alone.
    #[serde(default)]
    pub young: bool,
}

/// The person a flow is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The account; a decoy has none.
    pub account: Option<AccountId>,
    /// The account's own address, for the notice afterwards.
    pub own_mail: Option<String>,
    /// Whether two steps on two devices are asked for whatever the policy says.
    pub administrator: bool,
    /// The name under which attempts are counted.
    pub counter: String,
    /// All options, allowed or not: first those that can be chosen first, each part in a fixed order.
    pub options: Vec<Option_>,
}

/// User IDs are compared in one spelling: NFKC, lower case, without surrounding space.
pub fn canonical(user_id: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    // Composed again at the end: a letter and its accent may have a common form in lower case only.
    let lower = user_id.nfkc().collect::<String>().to_lowercase();
    lower.nfkc().collect::<String>().trim().to_owned()
}

/// The digest by which an address or number is recognised.
pub fn device(keys: &Keys, kind: ContactKind, address: &str) -> Digest {
    let family: &[u8] = if kind == ContactKind::Email { b"email" } else { b"phone" };
    keys.derive(Use::Lookup, &[family, address.trim().to_lowercase().as_bytes()])
}

impl Subject {
    /// The subject for an account that was found.
    pub fn real(keys: &Keys, policy: &Policy, purpose: Purpose, account: &Account) -> Self {
        let option = |method: Method, contact: &Contact| Option_ {
            method,
            contact: Some(contact.id.clone()),
            mask: masked(contact.kind, &contact.address),
            device: device(keys, contact.kind, &contact.address),
            young: contact.young,
        };
        let options = Method::ALL.into_iter().flat_map(|method| {
            let suitable = account.contacts.iter().filter(move |contact| contact.kind == method.contact());
            suitable.map(move |contact| option(method, contact))
        });
        let subject = Self {
            account: Some(account.id.clone()),
            own_mail: account.own_mail.clone(),
            administrator: policy.is_administrator(&account.groups),
            counter: throttle::counter_of_account(keys, purpose, &account.id),
            options: options.collect(),
        };
        subject.in_order(policy)
    }

    /// The subject for a User ID that belongs to nobody: the same one each time, drawn by the installation's key from what its
    /// people look like, so that nobody outside can tell it from one of them. One without options is led to the care team.
    pub fn decoy(keys: &Keys, policy: &Policy, purpose: Purpose, user_id: &str, crowd: &Crowd) -> Self {
        let typed = canonical(user_id);
        let draw = Draw::of(keys, &typed);
        let option = |method: Method| {
            let kind = method.contact();
            // The device is drawn from the User ID, not from the mask, which many decoys share.
            let device = keys.derive(Use::Decoy, &[typed.as_bytes(), kind.name().as_bytes()]);
            let mask = match kind {
                ContactKind::Email => crowd.email(&draw, &typed),
                ContactKind::Mobile | ContactKind::Office => crowd.phone(&draw, kind),
            };
            Option_ { method, contact: None, mask, device, young: false }
        };
        let all = Method::ALL.map(option);
        let with = |face: Face| {
            let options = all.iter().filter(|option| face.has(option.method.contact()));
            Self {
                account: None,
                own_mail: None,
                administrator: face.is_strict(),
                counter: String::new(),
                options: options.cloned().collect(),
            }
        };
        let face = crowd.face(&draw, policy, |face| !policy.usable(&with(face), &[]).is_empty());
        Self { counter: throttle::counter_of_stranger(keys, purpose, user_id), ..with(face) }.in_order(policy)
    }

    /// With what can be chosen first in front: which other options there are must not show in the places of these.
    fn in_order(mut self, policy: &Policy) -> Self {
        let usable = policy.usable(&self, &[]);
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for (place, option) in self.options.into_iter().enumerate() {
            if usable.contains(&place) { first.push(option) } else { rest.push(option) }
        }
        first.append(&mut rest);
        self.options = first;
        self
    }

    /// Whether all that reaches this device was registered too recently to carry a reset alone.
    pub fn is_young(&self, device: &Digest) -> bool {
        self.options.iter().filter(|option| option.device == *device).all(|option| option.young)
    }

    /// Whether there is an account behind it.
    pub fn is_real(&self) -> bool {
        self.account.is_some()
    }
}

pub(crate) fn masked(kind: ContactKind, address: &str) -> String {
    match kind {
        ContactKind::Email => mask::email(address),
        ContactKind::Mobile | ContactKind::Office => mask::phone(address.split(';').next().unwrap_or_default()),
    }
}
