//! What a person has registered, and whether it is enough.
//!
//! A registration belongs to the account, not to a flow: whoever drives a flow reads it together with the flow and puts it
//! into [`Ctx`]. A decision that rests on it is written only if it is still of the same version.

use crate::method::issued_code::Purpose;
use crate::method::{Channel, ContactKind, Method};
use crate::subject::{Account, AccountId, Contact, ContactId, Subject, device};
use crate::time::Time;
use crate::{Ctx, Keys, Policy};

/// What is registered for one account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Registration {
    /// Grows with each change; 0 before the first.
    pub version: i64,
    /// All contacts, at most one of a kind.
    pub contacts: Vec<Registered>,
    /// When the person was first asked to register.
    pub asked: Option<Time>,
    /// When the person last said that it looks good.
    pub confirmed: Option<Time>,
    /// When the person last practised a reset.
    pub rehearsed: Option<Time>,
    /// Since when nobody may reset this account's password, because somebody said "This wasn't me".
    pub frozen: Option<Time>,
    /// When the account was last signed out everywhere, because its password is another one or somebody said "This wasn't me":
    /// what was sent or proven until then is worth nothing (CVE-2023-3591).
    pub signed_out: Option<Time>,
}

/// What is registered for nobody: a User ID that belongs to no account has this.
pub static NOBODY: Registration = Registration {
    version: 0,
    contacts: Vec::new(),
    asked: None,
    confirmed: None,
    rehearsed: None,
    frozen: None,
    signed_out: None,
};

/// A contact as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Registered {
    /// Its name. A contact that is changed gets a new one: a code on its way to the old one opens nothing.
    pub id: ContactId,
    /// What it is.
    pub kind: ContactKind,
    /// The address, or the number in E.164 (with `;ext=` for an extension).
    pub address: String,
    /// When it was proven to belong to the person; nothing for a suggestion.
    pub verified: Option<Time>,
    /// Whether no code goes there any more, whoever asks.
    pub barred: bool,
}

/// A change of what is registered: made in the transaction of the decision, and only if the registration is still as it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// This is the contact of its kind from now on, proven. What it replaces is kept aside.
    Set {
        /// The new contact's name.
        id: ContactId,
        /// What it is.
        kind: ContactKind,
        /// The address, or the number in E.164.
        address: String,
    },
    /// There is none of this kind any more; the old one is kept aside.
    Remove {
        /// Which.
        kind: ContactKind,
    },
    /// The person was asked to register for the first time.
    Asked,
    /// The person says that it looks good.
    Confirm,
    /// The person has practised.
    Rehearsed,
    /// Nobody may reset from now on. The contact of this kind, whichever it is by now, is put aside, and the one that was
    /// there before the change somebody complains of is back.
    Freeze {
        /// Which contact was changed, if it was one.
        kind: Option<ContactKind>,
        /// The contact that was replaced or removed, if there was one.
        restore: Option<ContactId>,
    },
    /// Resets are possible again.
    Thaw,
}

/// How a person stands with what the organisation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    /// How many ways of proving who they are this person needs.
    pub needed: u8,
    /// How many of these are still missing; with 0 they can reset alone.
    pub missing: u8,
}

impl Registration {
    /// The contact of this kind, proven or not.
    pub fn of(&self, kind: ContactKind) -> Option<&Registered> {
        self.contacts.iter().find(|contact| contact.kind == kind)
    }

    /// Whether a code that was sent at this moment is still good for anything.
    pub fn honours(&self, sent: Time) -> bool {
        self.signed_out.is_none_or(|out| sent >= out)
    }

    /// Whether this contact is still there and proven.
    pub fn holds(&self, id: &ContactId) -> bool {
        self.contacts.iter().any(|contact| contact.id == *id && contact.verified.is_some())
    }

    /// The contacts that may carry a code.
    pub fn proven(&self, policy: &Policy, now: Time) -> Vec<Contact> {
        let proven = self.contacts.iter().filter(|contact| !contact.barred).filter_map(|contact| {
            // Office phones are the administrators', who answer for them: they need not cool off.
            let young = |since: Time| contact.kind != ContactKind::Office && now < since + policy.cooling_off;
            let Registered { id, kind, address, verified, .. } = contact.clone();
            verified.map(|since| Contact { id, kind, address, young: young(since) })
        });
        proven.collect()
    }

    /// How this account stands, if it is an administrator's or not. What is still cooling off counts.
    pub fn standing(&self, keys: &Keys, policy: &Policy, administrator: bool) -> Standing {
        let proven = self.proven(policy, Time(i64::MAX)).into_iter();
        let contacts: Vec<Contact> = proven.map(|contact| Contact { young: false, ..contact }).collect();
        let needed = if administrator { 2 } else { policy.steps.clamp(1, 2) };
        Standing { needed, missing: is_missing(keys, policy, administrator, &contacts).min(needed) }
    }

    /// Whether this account is none the worse without the contact of this kind.
    pub fn can_spare(&self, keys: &Keys, policy: &Policy, administrator: bool, kind: ContactKind) -> bool {
        let mut without = self.clone();
        without.contacts.retain(|contact| contact.kind != kind);
        let missing = |registration: &Self| registration.standing(keys, policy, administrator).missing;
        missing(&without) <= missing(self)
    }

    /// Until when the person may put off registering: for the organisation's grace after they were first asked.
    pub fn grace_until(&self, policy: &Policy) -> Option<Time> {
        self.asked.map(|asked| asked + policy.grace)
    }

    /// When the person has to look at it again: the organisation's interval after they last confirmed it; nothing if it
    /// sets none.
    pub fn confirm_by(&self, policy: &Policy) -> Option<Time> {
        let interval = policy.reconfirm?;
        Some(self.confirmed.map_or(Time(0), |confirmed| confirmed + interval))
    }
}

/// The least number of further contacts with which a reset is possible.
fn is_missing(keys: &Keys, policy: &Policy, administrator: bool, contacts: &[Contact]) -> u8 {
    let enough = |contacts: &[Contact]| {
        let account = Account {
            id: AccountId(String::new()),
            own_mail: None,
            groups: Vec::new(),
            disabled: false,
            frozen: false,
            contacts: contacts.to_vec(),
        };
        let subject = Subject { administrator, ..Subject::real(keys, policy, Purpose::Register, &account) };
        !policy.usable(&subject, &[]).is_empty()
    };
    let with_one_more = |kind: ContactKind| {
        let id = ContactId(kind.name().into());
        let imagined = Contact { id, kind, address: kind.name().into(), young: false };
        let kept = contacts.iter().filter(|contact| contact.kind != kind).cloned();
        enough(&kept.chain([imagined]).collect::<Vec<_>>())
    };
    match () {
        () if enough(contacts) => 0,
        () if [ContactKind::Email, ContactKind::Mobile].into_iter().any(with_one_more) => 1,
        () => 2,
    }
}

/// Whether people register contacts of this kind at all, under this policy: somebody must be able to use it.
pub fn is_asked_for(policy: &Policy, kind: ContactKind) -> bool {
    policy.methods.iter().any(|method| method.contact() == kind)
}

/// The methods by which a new contact of this kind can be proven, in the order in which they are offered.
pub fn ways_to_prove(policy: &Policy, kind: ContactKind) -> Vec<Method> {
    let of_kind = Method::ALL.into_iter().filter(|method| method.contact() == kind);
    of_kind.filter(|method| policy.channels.contains(&method.channel())).collect()
}

/// Where a notice about an account goes: to every proven address by email and every mobile by text, as far as something
/// carries it, and to the account's own mailbox.
pub(crate) fn everybody(ctx: &Ctx, own_mail: Option<&String>) -> Vec<(crate::effect::To, Channel)> {
    use crate::effect::To;
    let proven = ctx.registration.contacts.iter().filter(|contact| contact.verified.is_some());
    let registered = proven.filter_map(|contact| {
        let channel = match contact.kind {
            ContactKind::Email => Channel::Email,
            ContactKind::Mobile => Channel::Text,
            ContactKind::Office => return None,
        };
        Some((To::Contact(contact.id.clone()), channel))
    });
    let known = |mail: &&String| {
        let same =
            |address: &str| device(ctx.keys, ContactKind::Email, address) == device(ctx.keys, ContactKind::Email, mail);
        ctx.registration
            .of(ContactKind::Email)
            .is_some_and(|contact| contact.verified.is_some() && same(&contact.address))
    };
    let own = own_mail.filter(|mail| !known(mail)).map(|mail| (To::OwnMail(mail.clone()), Channel::Email));
    registered.chain(own).filter(|(_, channel)| ctx.policy.channels.contains(channel)).collect()
}
