//! What is registered for people whose contacts were all proven long ago.

use regain_core::subject::Contact;
use regain_core::{Registration, Time};

/// A registration in which exactly these contacts are proven.
pub(crate) fn registered(contacts: &[Contact]) -> Registration {
    let proven = |contact: &Contact| {
        let Contact { id, kind, address, .. } = contact.clone();
        regain_core::registration::Registered { id, kind, address, verified: Some(Time(0)), barred: false }
    };
    Registration { contacts: contacts.iter().map(proven).collect(), ..Registration::default() }
}
