//! Twins for every class of people: whatever an account is like, some made-up one looks the same.

use regain_core::Policy;
use regain_core::crowd::{Crowd, Tally};
use regain_core::method::issued_code::Purpose;
use regain_core::method::{ContactKind, Method};
use regain_core::subject::{Account, AccountId, Contact, ContactId, Subject};

use super::{Twins, address_like, keys, tiny};

/// Somebody with contacts of these kinds, of which these are young.
fn somebody(kinds: &[ContactKind], young: &[ContactKind]) -> Account {
    let contact = |kind: &ContactKind| Contact {
        id: ContactId(kind.name().into()),
        kind: *kind,
        address: if *kind == ContactKind::Email { "somebody@example.org".into() } else { "+447700900123".into() },
        young: young.contains(kind),
    };
    let contacts = kinds.iter().map(contact).collect();
    let groups = vec!["Everyone".into()];
    Account { id: AccountId("real".into()), own_mail: None, groups, disabled: false, frozen: false, contacts }
}

/// Every class of people: what there is to see of them, or why there is nothing.
fn classes() -> Vec<(&'static str, Account)> {
    use ContactKind::{Email, Mobile, Office};
    let all = [Email, Mobile, Office];
    let ordinary = || somebody(&all, &[]);
    vec![
        ("all registered", ordinary()),
        ("an address", somebody(&[Email], &[])),
        ("a mobile", somebody(&[Mobile], &[])),
        ("an office phone", somebody(&[Office], &[])),
        ("nothing registered", somebody(&[], &[])),
        ("an administrator", Account { groups: vec!["Administrators".into(), "Everyone".into()], ..ordinary() }),
        (
            "an administrator with too little",
            Account { groups: vec!["Administrators".into(), "Everyone".into()], ..somebody(&[Mobile], &[]) },
        ),
        ("all new", somebody(&all, &all)),
        ("a new mobile alone", somebody(&[Mobile], &[Mobile])),
        ("an old mobile beside a new address", somebody(&[Email, Mobile], &[Email])),
        ("disabled", Account { disabled: true, ..ordinary() }),
        ("frozen", Account { frozen: true, ..ordinary() }),
        ("out of scope", Account { groups: vec!["Visitors".into()], ..ordinary() }),
    ]
}

fn counted(policy: &Policy, account: &Account) -> Crowd {
    let mut tally = Tally::default();
    (0..200).for_each(|_| tally.add(&keys(), policy, "person", account));
    tally.crowd()
}

/// The User ID of a decoy that shows what this account does, and the account with addresses that look like the decoy's.
fn twin_for(policy: &Policy, account: &Account, crowd: &Crowd) -> (String, Account) {
    let shown = |subject: &Subject| {
        let ways = policy.usable(subject, &[]).into_iter();
        (policy.steps_for(subject), ways.map(|place| (place, subject.options[place].method)).collect::<Vec<_>>())
    };
    let real = Subject::real(&keys(), policy, Purpose::Reset, account);
    let led_away = policy.unable(account, &real).is_some();
    let same = |decoy: &Subject| {
        let looks = shown(decoy);
        if led_away { looks.1.is_empty() } else { looks == shown(&real) }
    };
    let decoy = |n| Subject::decoy(&keys(), policy, Purpose::Reset, &format!("person{n}"), crowd);
    let n = (0..100).find(|n| same(&decoy(*n))).expect("a decoy that looks the same");
    let mut account = account.clone();
    for contact in &mut account.contacts {
        contact.address = address_like(&decoy(n), contact.kind).unwrap_or(contact.address.clone());
    }
    (format!("person{n}"), account)
}

#[test]
fn every_class_of_people_has_twins() {
    let tiny = || Policy { scope: vec!["Everyone".into()], extensions: 0, ..tiny() };
    let no_office = vec![Method::Email, Method::Text];
    let policies = [
        ("one step", tiny()),
        ("two steps", Policy { steps: 2, ..tiny() }),
        ("no office phone", Policy { methods: no_office, ..tiny() }),
    ];
    for (name, policy) in policies {
        for (class, account) in classes() {
            let crowd = counted(&policy, &account);
            let (user_id, account) = twin_for(&policy, &account, &crowd);
            let twins = Twins::of(&user_id, policy.clone(), account, crowd);
            let pairs = twins.play().unwrap_or_else(|leak| panic!("{name}, {class}: {leak}"));
            assert!(pairs > 20, "{name}, {class}: something happened");
            println!("{name}, {class}: {pairs} pairs of states");
        }
    }
}

#[test]
fn finds_that_only_real_people_are_led_to_the_care_team() {
    let policy = Policy { scope: vec!["Everyone".into()], ..tiny() };
    let account = somebody(&[], &[]);
    let leak = Twins::of("person0", policy, account, Crowd::default()).play().expect_err("the leak is found");
    assert!(leak.contains("CareTeam"), "{leak}");
}
