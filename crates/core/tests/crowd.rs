//! What made-up people are drawn from: whatever a real person shows, a made-up one may show, as often, and the same each day.

use std::collections::{HashMap, HashSet};

use regain_core::budget::{self, Budget, Postage, Prices};
use regain_core::crowd::{Crowd, Tally};
use regain_core::method::issued_code::Purpose;
use regain_core::method::{ContactKind, Method};
use regain_core::registration::NOBODY;
use regain_core::subject::{Account, AccountId, Contact, ContactId, Option_, Subject};
use regain_core::throttle::{Limit, Scope};
use regain_core::{Ctx, Keys, Policy, Span, Time};

fn keys() -> Keys {
    Keys::new([7; 32])
}

fn account(contacts: &[(ContactKind, &str, bool)], administrator: bool) -> Account {
    let contact = |(kind, address, young): &(ContactKind, &str, bool)| Contact {
        id: ContactId(kind.name().into()),
        kind: *kind,
        address: (*address).into(),
        young: *young,
    };
    Account {
        id: AccountId("real".into()),
        own_mail: None,
        groups: if administrator { vec!["administrators".into()] } else { Vec::new() },
        disabled: false,
        frozen: false,
        contacts: contacts.iter().map(contact).collect(),
    }
}

fn decoy(policy: &Policy, user_id: &str, crowd: &Crowd) -> Subject {
    Subject::decoy(&keys(), policy, Purpose::Reset, user_id, crowd)
}

/// What is shown of somebody but the masks: how many steps, and the ways with their places.
fn face(policy: &Policy, subject: &Subject) -> (u8, Vec<(usize, Method)>) {
    let ways = policy.usable(subject, &[]).into_iter().map(|place| (place, subject.options[place].method));
    let ways: Vec<_> = ways.collect();
    (if ways.is_empty() { 0 } else { policy.steps_for(subject) }, ways)
}

#[test]
fn whatever_somebody_has_some_decoy_looks_the_same() {
    let numbers = [
        (ContactKind::Email, "a.b@example.org"),
        (ContactKind::Mobile, "+447700900123"),
        (ContactKind::Office, "+441"),
    ];
    let mut tried = 0;
    for methods in 1..16u8 {
        let methods: Vec<Method> = (0..4).filter(|n| methods & (1 << n) != 0).map(|n| Method::ALL[n]).collect();
        for n in 0..108u32 {
            let (steps, administrator, registered) = (1 + (n % 2) as u8, n / 2 % 2 == 1, n / 4);
            let policy = Policy { steps, methods: methods.clone(), ..Policy::default() };
            let contacts =
                numbers.iter().zip([1, 3, 9]).filter_map(|((kind, address), power)| match registered / power % 3 {
                    0 => None,
                    age => Some((*kind, *address, age == 2)),
                });
            let account = account(&contacts.collect::<Vec<_>>(), administrator);
            let mut tally = Tally::default();
            (0..100).for_each(|_| tally.add(&keys(), &policy, "person", &account));
            let crowd = tally.crowd();
            let real = face(&policy, &Subject::real(&keys(), &policy, Purpose::Reset, &account));
            let alike = (0..20).any(|n| face(&policy, &decoy(&policy, &format!("person{n}"), &crowd)) == real);
            assert!(alike, "{steps} of {methods:?}, administrator {administrator}, {account:?}: {real:?}");
            tried += 1;
        }
    }
    assert_eq!(tried, 15 * 108);
}

/// A number that looks drawn, always the same.
fn drawn(n: u32, what: &str, bound: u64) -> u64 {
    let digest = Keys::new([9; 32]).derive(regain_core::keys::Use::Decoy, &[what.as_bytes(), &n.to_be_bytes()]);
    u64::from_be_bytes(digest.0[..8].try_into().expect("eight bytes")) % bound
}

const FIRST: [&str; 12] =
    ["jo", "sam", "robin", "alex", "maria", "priya", "omar", "lena", "chris", "fatima", "david", "yuki"];
const LAST: [&str; 12] =
    ["bloggs", "lee", "khan", "smith", "garcia", "patel", "hassan", "weber", "okoro", "brown", "jones", "ito"];
const DOMAINS: [&str; 8] =
    ["gmail.com", "gmail.com", "gmail.com", "outlook.com", "web.de", "gmx.de", "posteo.de", "icloud.com"];

/// Somebody of a town where few have a mobile, a third has nothing, and mailboxes are called by the name, or not at all.
fn somebody(n: u32) -> (String, Account) {
    let pick = |list: &[&'static str], what: &str| list[drawn(n, what, list.len() as u64) as usize];
    let (first, last) = (pick(&FIRST, "first"), pick(&LAST, "last"));
    let mailbox = match drawn(n, "mailbox", 5) {
        0 => format!("{last}{first}"),
        1 => format!("{}{last}", &first[..1]),
        2 => format!("{}xyz", pick(&FIRST, "nick")),
        _ => format!("{first}.{last}"),
    };
    let domain = match drawn(n, "rare", 20) {
        0 => format!("{last}-{n}.org"),
        _ => pick(&DOMAINS, "domain").to_owned(),
    };
    let (mail, mobile) = (format!("{mailbox}@{domain}"), format!("+44770090{:04}", drawn(n, "number", 10_000)));
    // Every other office phone is the switchboard's.
    let office =
        if drawn(n, "office", 2) == 0 { "+442079460000".to_owned() } else { format!("+4420794601{:02}", n % 100) };
    let all = [
        (ContactKind::Email, mail.as_str(), false),
        (ContactKind::Mobile, mobile.as_str(), false),
        (ContactKind::Office, office.as_str(), false),
    ];
    let has: &[usize] = match drawn(n, "has", 9) {
        0..=2 => &[],
        3..=5 => &[0],
        6 => &[0, 1],
        7 => &[2],
        _ => &[0, 2],
    };
    let contacts: Vec<_> = has.iter().map(|place| all[*place]).collect();
    let mut account = account(&contacts, drawn(n, "admin", 12) == 0);
    account.disabled = drawn(n, "disabled", 25) == 0;
    (format!("{first}.{last}{n}@example.org"), account)
}

/// What an outsider can tell of one look-up, each with a name.
fn seen(policy: &Policy, user_id: &str, subject: &Subject, led_away: bool) -> Vec<String> {
    let (steps, ways) = if led_away { (0, Vec::new()) } else { face(policy, subject) };
    let mut seen = vec![format!("{steps} steps, {ways:?}")];
    for (place, method) in ways {
        let mask = &subject.options[place].mask;
        match mask.split_once("*****@") {
            Some((letters, domain)) => {
                let (first, last) = user_id.split_once('.').expect("a User ID of two parts");
                let like = letters == &first[..2]
                    || letters == &last[..2]
                    || letters == format!("{}{}", &first[..1], &last[..1]);
                seen.extend([
                    format!("at {domain}"),
                    format!("begins {}", letters.get(..1).unwrap_or("with nothing")),
                    format!("like the name {like}"),
                ]);
            }
            None => seen.push(format!("{} ends in {}", method.name(), &mask[mask.len() - 1..])),
        }
    }
    seen
}

fn shares(all: impl Iterator<Item = Vec<String>>) -> HashMap<String, f64> {
    let (mut counts, mut total) = (HashMap::new(), 0.0);
    for seen in all {
        total += 1.0;
        seen.into_iter().for_each(|one| *counts.entry(one).or_insert(0.0) += 1.0);
    }
    counts.values_mut().for_each(|count| *count /= total);
    counts
}

fn town(policy: &Policy, people: std::ops::Range<u32>) -> Crowd {
    let mut tally = Tally::default();
    for (user_id, account) in people.map(somebody) {
        tally.add(&keys(), policy, &user_id, &account);
    }
    tally.crowd()
}

#[test]
fn decoys_show_everything_as_often_as_people() {
    let policy = Policy::default();
    let crowd = town(&policy, 0..3_000);
    assert_eq!(crowd.people(), 3_000);
    let people = shares((0..3_000).map(|n| {
        let (user_id, account) = somebody(n);
        let subject = Subject::real(&keys(), &policy, Purpose::Reset, &account);
        seen(&policy, &user_id, &subject, policy.unable(&account, &subject).is_some())
    }));
    // Names that belong to nobody, made like the others.
    let decoys = shares((10_000..20_000).map(|n| {
        let (user_id, _) = somebody(n);
        seen(&policy, &user_id, &decoy(&policy, &user_id, &crowd), false)
    }));
    assert!(people.len() > 40, "{people:?}");
    for what in people.keys().chain(decoys.keys()) {
        let (real, made_up) = (people.get(what).unwrap_or(&0.0), decoys.get(what).unwrap_or(&0.0));
        println!("{what}: {real:.3} {made_up:.3}");
        assert!((real - made_up).abs() < 0.025, "{what}: {real:.3} of the people, {made_up:.3} of the decoys");
    }
    let led_away = people.iter().find(|(what, _)| what.starts_with("0 steps")).expect("the care team's page").1;
    assert!((0.3..0.5).contains(led_away), "{led_away}");
}

#[test]
fn a_user_id_shows_the_same_while_the_town_changes_a_little() {
    let policy = Policy::default();
    // One in twenty has left, and others have come.
    let (before, after) = (town(&policy, 0..3_000), town(&policy, 150..3_150));
    let distance = before.distance(&after);
    assert!(distance > 0.0 && distance < 0.02, "{distance}");
    let look = |n: u32, crowd: &Crowd| {
        let subject = decoy(&policy, &somebody(n).0, crowd);
        (face(&policy, &subject), subject.options.iter().map(|option| option.mask.clone()).collect::<Vec<_>>())
    };
    let moved = (10_000..14_000).filter(|n| look(*n, &before) != look(*n, &after)).count();
    assert!(moved > 0 && moved < 200, "{moved} of 4000 changed, and no more than of the people");
}

#[test]
fn nothing_of_a_single_person_is_kept() {
    let policy = Policy::default();
    let mut tally = Tally::default();
    for n in 0..40 {
        let mail = format!("jo.bloggs@{}", if n < 4 { "zebra-crossing.ee" } else { "gmail.com" });
        tally.add(&keys(), &policy, "jo.bloggs", &account(&[(ContactKind::Email, &mail, false)], false));
    }
    let text = serde_json::to_string(&tally.crowd()).expect("it can be written");
    assert!(text.contains("g****.com"));
    assert!(!text.contains("z****") && !text.contains("\"ee\""), "fewer than five share it: {text}");
    let read: Crowd = serde_json::from_str(&text).expect("it can be read");
    assert_eq!(read.people(), 40);
}

#[test]
fn two_towns_are_as_far_apart_as_their_people() {
    let policy = Policy::default();
    let of = |disabled: u32| {
        let mut tally = Tally::default();
        for n in 0..100 {
            let own = account(&[(ContactKind::Email, "jo.bloggs@gmail.com", false)], false);
            tally.add(&keys(), &policy, "jo", &Account { disabled: n < disabled, ..own });
        }
        tally.crowd()
    };
    assert_eq!(of(10).distance(&of(10)), 0.0);
    assert!((of(10).distance(&of(30)) - 0.2).abs() < 1e-9);
}

/// What a text to this option is counted as: its price, and by which counter of its range.
fn counted(policy: &Policy, option: &Option_, number: Option<&str>, crowd: &Crowd) -> (u32, String) {
    let keys = keys();
    let ctx = Ctx { now: Time(0), entropy: [0; 32], policy, keys: &keys, registration: &NOBODY };
    let postage = Postage { method: option.method, number, device: option.device, mask: option.mask.clone() };
    let claims = budget::claims(&ctx, &postage, &[], crowd);
    let of = |scope| claims.iter().find(|claim| claim.scope == scope).expect("it is counted");
    (of(Scope::Money).weight, of(Scope::Range).counter.clone())
}

#[test]
fn the_budget_meets_decoys_as_often_as_people() {
    let few = vec![Limit { count: 9_999, window: Span::hours(1) }];
    let prices =
        Prices { by_prefix: vec![("44".into(), 400), ("33".into(), 900), ("870".into(), 90_000)], otherwise: 2_000 };
    let budget = Budget { prices, money: few.clone(), ranges: few, ..Budget::default() };
    let policy = Policy { budget, ..Policy::default() };
    // Of ten people six have a telephone of the house, one a French one of their own, and one from a country without a price.
    let number = |n: u32| match n % 10 {
        0..6 => format!("+44770090{n:04}"),
        6 | 7 => format!("+4474{n:04}0000"),
        8 => format!("+336{n:04}0000"),
        _ => format!("+49151{n:04}0000"),
    };
    let mut tally = Tally::default();
    let mut people = Vec::new();
    for n in 0..1_000 {
        let number = number(n);
        let account = account(&[(ContactKind::Mobile, &number, false)], false);
        tally.add(&keys(), &policy, "person", &account);
        let option = Subject::real(&keys(), &policy, Purpose::Reset, &account).options.remove(0);
        people.push(counted(&policy, &option, Some(&number), &Crowd::default()));
    }
    let house = people[0].1.clone();
    let crowd = tally.crowd();
    let mobile = |n: u32| {
        let mut subject = decoy(&policy, &format!("nobody{n}"), &crowd);
        subject.options.iter().position(|option| option.method == Method::Text).map(|at| subject.options.remove(at))
    };
    let decoys = (0..4_000).filter_map(mobile).map(|option| {
        assert_eq!(counted(&policy, &option, None, &crowd), counted(&policy, &option, None, &crowd), "always the same");
        counted(&policy, &option, None, &crowd)
    });
    let seen = |(price, range): (u32, String)| vec![format!("{price}, in the house {}", range == house)];
    let ranges = |all: &[(u32, String)]| all.iter().filter(|(_, range)| *range != house).count();
    let decoys: Vec<_> = decoys.collect();
    assert!(decoys.len() > 3_000);
    let own: HashSet<&String> = decoys.iter().map(|(_, range)| range).collect();
    assert_eq!(own.len(), ranges(&decoys) + 1, "who is not in the house has a range to itself");
    let (people, decoys) = (shares(people.into_iter().map(seen)), shares(decoys.into_iter().map(seen)));
    assert_eq!(people.len(), 4, "{people:?}");
    for what in people.keys().chain(decoys.keys()) {
        let (real, made_up) = (people.get(what).unwrap_or(&0.0), decoys.get(what).unwrap_or(&0.0));
        assert!((real - made_up).abs() < 0.025, "{what}: {real:.3} of the people, {made_up:.3} of the decoys");
    }
}
