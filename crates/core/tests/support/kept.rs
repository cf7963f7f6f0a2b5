//! What the store does with a change of what is registered.

use regain_core::registration::{Change, Registered};
use regain_core::{Registration, Time};

/// A registration with the contacts that are kept aside for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Kept {
    pub(crate) registration: Registration,
    pub(crate) aside: Vec<Registered>,
}

impl Kept {
    /// Makes the change.
    pub(crate) fn change(&mut self, change: &Change, now: Time) {
        self.registration.version += 1;
        match change {
            Change::Set { id, kind, address } => {
                self.put_aside(|contact| contact.kind == *kind);
                let (id, address) = (id.clone(), address.clone());
                let new = Registered { id, kind: *kind, address, verified: Some(now), barred: false };
                self.registration.contacts.push(new);
            }
            Change::Remove { kind } => self.put_aside(|contact| contact.kind == *kind),
            Change::Asked => self.registration.asked = self.registration.asked.or(Some(now)),
            Change::Confirm => self.registration.confirmed = Some(now),
            Change::Rehearsed => self.registration.rehearsed = Some(now),
            Change::Freeze { kind, restore } => {
                self.registration.frozen = self.registration.frozen.or(Some(now));
                self.put_aside(|contact| Some(contact.kind) == *kind);
                let (back, rest) = self.aside.drain(..).partition(|contact| Some(&contact.id) == restore.as_ref());
                self.aside = rest;
                self.registration.contacts.extend::<Vec<Registered>>(back);
            }
            Change::Thaw => self.registration.frozen = None,
        }
        self.registration.contacts.sort_by_key(|contact| contact.kind);
    }

    fn put_aside(&mut self, which: impl Fn(&Registered) -> bool) {
        let (gone, left) = self.registration.contacts.drain(..).partition(which);
        self.registration.contacts = left;
        let proven = |contact: &Registered| contact.verified.is_some();
        self.aside.extend(Vec::into_iter(gone).filter(proven));
    }
}
