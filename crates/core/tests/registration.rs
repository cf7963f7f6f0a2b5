//! How people stand with what the organisation asks for.

use regain_core::method::ContactKind::{self, Email, Mobile, Office};
use regain_core::method::Method;
use regain_core::registration::{NOBODY, Registered, ways_to_prove};
use regain_core::subject::ContactId;
use regain_core::{Keys, Policy, Registration, Span, Time};

fn keys() -> Keys {
    Keys::new([7; 32])
}

fn of(contacts: &[(ContactKind, &str)]) -> Registration {
    let contact = |(kind, address): &(ContactKind, &str)| Registered {
        id: ContactId(kind.name().into()),
        kind: *kind,
        address: (*address).into(),
        verified: Some(Time(0)),
        barred: false,
    };
    Registration { contacts: contacts.iter().map(contact).collect(), ..Registration::default() }
}

const JO: (ContactKind, &str) = (Email, "jo@mail.example");
const PHONE: (ContactKind, &str) = (Mobile, "+447700900123");
const DESK: (ContactKind, &str) = (Office, "+442079460000");

#[test]
fn standing_is_what_is_needed_and_what_is_missing() {
    use Method::{Email as ByEmail, MobileCall, OfficeCall, Text};
    let one = |methods: &[Method]| Policy { methods: methods.to_vec(), ..Policy::default() };
    let two = |methods: &[Method]| Policy { steps: 2, ..one(methods) };
    for (policy, administrator, contacts, needed, missing) in [
        (one(&Method::ALL), false, &[] as &[_], 1, 1),
        (one(&Method::ALL), false, &[JO], 1, 0),
        (one(&Method::ALL), false, &[DESK], 1, 0),
        (one(&[Text]), false, &[JO], 1, 1),
        (two(&Method::ALL), false, &[], 2, 1),
        (two(&[ByEmail, Text]), false, &[], 2, 2),
        (two(&[ByEmail, Text]), false, &[JO], 2, 1),
        (two(&[ByEmail, Text]), false, &[JO, PHONE], 2, 0),
        // A text and a call are two ways, though one telephone.
        (two(&[Text, MobileCall]), false, &[PHONE], 2, 0),
        (one(&[Text, MobileCall]), true, &[PHONE], 2, 2),
        (one(&Method::ALL), true, &[], 2, 2),
        (one(&Method::ALL), true, &[PHONE], 2, 1),
        (one(&Method::ALL), true, &[PHONE, DESK], 2, 0),
        (one(&Method::ALL), true, &[PHONE, (Office, PHONE.1)], 2, 1),
        // Nobody can register an office phone themselves.
        (one(&[OfficeCall]), false, &[], 1, 1),
    ] {
        let standing = of(contacts).standing(&keys(), &policy, administrator);
        let methods = &policy.methods;
        assert_eq!((standing.needed, standing.missing), (needed, missing), "{methods:?} {administrator} {contacts:?}");
    }
}

#[test]
fn what_cools_off_counts_and_a_suggestion_does_not() {
    let policy = Policy::default();
    let mut registration = of(&[JO]);
    registration.contacts[0].verified = Some(Time(i64::MAX - 1));
    assert_eq!(registration.standing(&keys(), &policy, false).missing, 0);
    registration.contacts[0].verified = None;
    assert_eq!(registration.standing(&keys(), &policy, false).missing, 1);
    assert!(!registration.holds(&ContactId("email".into())));
    assert!(registration.proven(&policy, Time(0)).is_empty());
}

#[test]
fn a_contact_is_young_for_so_long_and_an_office_phone_never() {
    let policy = Policy { cooling_off: Span(10), ..Policy::default() };
    let young = |now: i64| {
        let proven = of(&[JO, DESK]).proven(&policy, Time(now));
        proven.into_iter().map(|contact| contact.young).collect::<Vec<_>>()
    };
    assert_eq!(young(9), [true, false]);
    assert_eq!(young(10), [false, false]);
}

#[test]
fn what_can_be_spared() {
    let policy = Policy::default();
    let spare = |contacts: &[_], administrator, kind| of(contacts).can_spare(&keys(), &policy, administrator, kind);
    assert!(spare(&[JO, PHONE], false, Email));
    assert!(!spare(&[JO], false, Email));
    assert!(!spare(&[JO, PHONE], true, Email));
    assert!(!spare(&[JO], true, Email), "less than too little is no better");
    assert!(spare(&[JO, PHONE, DESK], true, Email));
}

#[test]
fn where_no_code_goes_nothing_is_there_to_reset_with() {
    let policy = Policy::default();
    let mut registration = of(&[JO, PHONE]);
    registration.contacts[1].barred = true;
    assert_eq!(registration.proven(&policy, Time(0)).len(), 1);
    let spare = |kind| registration.can_spare(&keys(), &policy, false, kind);
    assert!(!spare(Email) && spare(Mobile));
    assert_eq!(registration.standing(&keys(), &policy, true).missing, 1);
    registration.contacts.remove(0);
    assert_eq!(registration.standing(&keys(), &policy, false).missing, 1);
}

#[test]
fn dates() {
    let policy = Policy { reconfirm: Some(Span(180)), grace: Span(14), ..Policy::default() };
    let at = |asked: Option<i64>, confirmed: Option<i64>| Registration {
        asked: asked.map(Time),
        confirmed: confirmed.map(Time),
        ..Registration::default()
    };
    assert_eq!(at(None, Some(5)).confirm_by(&policy), Some(Time(185)));
    assert_eq!(at(None, None).confirm_by(&policy), Some(Time(0)), "at once, if never");
    assert_eq!(at(None, Some(5)).confirm_by(&Policy { reconfirm: None, ..policy.clone() }), None);
    assert_eq!(at(Some(5), None).grace_until(&policy), Some(Time(19)));
    assert_eq!(at(None, Some(5)).grace_until(&policy), None);
    assert_eq!(NOBODY, Registration::default());
}

#[test]
fn a_new_contact_is_proven_by_what_carries_a_code_whatever_verifies_in_a_reset() {
    let policy = Policy { methods: vec![Method::MobileCall], ..Policy::default() };
    assert_eq!(ways_to_prove(&policy, Mobile), [Method::Text, Method::MobileCall]);
}
