//! Whose password it is: a real account, or a decoy that looks like one.

use serde::{Deserialize, Serialize};

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
    /// All options, allowed or not, in a fixed order.
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
        Self {
            account: Some(account.id.clone()),
            own_mail: account.own_mail.clone(),
            administrator: policy.is_administrator(&account.groups),
            counter: throttle::counter_of_account(keys, purpose, &account.id),
            options: options.collect(),
        }
    }

    /// The subject for a User ID that belongs to nobody: the same one each time, with enough options for the policy, drawn
    /// by the installation's key so that nobody outside can tell it from a person.
    pub fn decoy(keys: &Keys, policy: &Policy, purpose: Purpose, user_id: &str) -> Self {
        let typed = canonical(user_id);
        let draw = keys.derive(Use::Decoy, &[typed.as_bytes()]);
        let byte = |place: usize| draw.0.get(place).copied().unwrap_or_default();
        let address = |kind: ContactKind| match kind {
            ContactKind::Email => decoy_email(&typed, [byte(1), byte(6), byte(2), byte(3), byte(7)]),
            ContactKind::Mobile => format!("+440000000{:02}", byte(4) % 100),
            ContactKind::Office => format!("+440000001{:02}", byte(5) % 100),
        };
        let option = |method: Method| {
            let kind = method.contact();
            // The device is drawn from the User ID, not from the made-up number, which many decoys share.
            let device = keys.derive(Use::Decoy, &[typed.as_bytes(), kind.name().as_bytes()]);
            Option_ { method, contact: None, mask: masked(kind, &address(kind)), device, young: false }
        };
        // Were no decoy an administrator, two steps where others have one would betray that the account exists.
        let administrator = !policy.administrators.is_empty() && byte(6).is_multiple_of(DECOY_ADMINISTRATORS);
        let with = |administrator: bool, kinds: &[ContactKind]| Self {
            account: None,
            own_mail: None,
            administrator,
            counter: throttle::counter_of_stranger(keys, purpose, user_id),
            options: Method::ALL.into_iter().filter(|m| kinds.contains(&m.contact())).map(option).collect(),
        };
        let enough = |subject: &Self| !policy.usable(subject, &[]).is_empty();
        let drawn = usual_kinds(byte(0)).map(|kinds| with(administrator, kinds)).find(enough);
        drawn
            .or_else(|| usual_kinds(byte(0)).map(|kinds| with(false, kinds)).find(enough))
            .unwrap_or_else(|| with(false, &ContactKind::ALL))
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

/// One decoy in so many is an administrator.
const DECOY_ADMINISTRATORS: u8 = 16;

/// The contacts people usually have, all of them once, from the drawn place on.
fn usual_kinds(draw: u8) -> impl Iterator<Item = &'static [ContactKind]> {
    use ContactKind::{Email, Mobile, Office};
    const USUAL: [&[ContactKind]; 7] = [
        &[Email, Mobile],
        &[Mobile],
        &[Email, Mobile],
        &[Email],
        &[Email, Mobile, Office],
        &[Mobile, Office],
        &[Office],
    ];
    USUAL.into_iter().cycle().skip(usize::from(draw) % USUAL.len()).take(USUAL.len())
}

/// A private address such as people register: mostly at one of the large providers, else at any other domain; in one of
/// eight only one letter of it will be shown. Providers people use differ from place to place, so this cannot be perfect.
fn decoy_email(user_id: &str, draw: [u8; 5]) -> String {
    const PROVIDERS: [&str; 8] = [
        "gmail.com",
        "outlook.com",
        "icloud.com",
        "yahoo.co.uk",
        "hotmail.co.uk",
        "gmail.com",
        "btinternet.com",
        "mail.co.uk",
    ];
    const SUFFIXES: [&str; 8] = ["com", "co.uk", "org", "net", "eu", "de", "me", "org.uk"];
    let [first, second, spelling, provider, other] = draw;
    let letter = |n: u8| char::from(b'a' + n % 26);
    let name: String = user_id.chars().filter(|c| c.is_alphabetic()).take(2).collect();
    let own_name = name.chars().count() == 2 && !spelling.is_multiple_of(4);
    let mut mailbox = if own_name { name } else { String::from_iter([letter(first), letter(second)]) };
    if spelling.is_multiple_of(8) {
        mailbox.truncate(mailbox.chars().next().map_or(0, char::len_utf8));
        mailbox.push('.');
    }
    let pick = |list: &[&'static str; 8], n: u8| list.get(usize::from(n % 8)).copied().unwrap_or("com");
    if other.is_multiple_of(4) {
        format!("{mailbox}xxxx@{}xxx.{}", letter(other / 4), pick(&SUFFIXES, provider))
    } else {
        format!("{mailbox}xxxx@{}", pick(&PROVIDERS, provider))
    }
}
