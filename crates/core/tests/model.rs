//! The reset machine in a world that does its worst: several tabs, a swap that is lost, crashes, answers that are late,
//! doubled or lost, time that runs out. Every state that can be reached is visited; `--nocapture` shows how many.
//!
//! The figures are tiny on purpose, and a User ID can be typed only so often: what goes wrong with two tries goes wrong with
//! five.

#[path = "model/bugs.rs"]
mod bugs;
#[path = "support/kept.rs"]
mod kept;
#[path = "model/parts.rs"]
mod parts;
#[path = "support/registered.rs"]
mod registered;
#[path = "model/watch.rs"]
mod watch;
#[path = "model/world.rs"]
mod world;

use regain_core::captcha;
use regain_core::method::{ContactKind, Method};
use regain_core::subject::{Account, AccountId, Contact, ContactId};
use regain_core::throttle::Limit;
use regain_core::{Policy, Span};
use stateright::{Checker, HasDiscoveries, Model as _};

use parts::Found::{Away, Barred, NotThere, There};
use parts::{Config, Machine, Outcome, Outside, Person, tiny};
use watch::{P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14};
use world::Model;

const EMAIL: (ContactKind, &str) = (ContactKind::Email, "email");
const MOBILE: (ContactKind, &str) = (ContactKind::Mobile, "mobile");

/// An account with these contacts, named after its letter: `a-email` is `a@mail.example`.
fn account(letter: &str, groups: &[&str], contacts: &[(ContactKind, &str)]) -> Option<Account> {
    let contact = |(kind, name): &(ContactKind, &str)| Contact {
        id: ContactId(format!("{letter}-{name}")),
        kind: *kind,
        address: if *kind == ContactKind::Email {
            format!("{letter}@mail.example")
        } else {
            format!("+4477009000{letter}")
        },
        young: false,
    };
    Some(Account {
        id: AccountId(letter.into()),
        own_mail: None,
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        disabled: false,
        frozen: false,
        contacts: contacts.iter().map(contact).collect(),
    })
}

fn people(a: Option<Account>, b: Option<Account>) -> Vec<Person> {
    vec![Person { user_id: "a", account: a }, Person { user_id: "b", account: b }]
}

fn config(name: &'static str, policy: Policy, people: Vec<Person>) -> Config {
    Config {
        name,
        policy,
        people,
        tabs: 0,
        mishaps: 0,
        pictures: 2,
        outcomes: vec![Outcome::Done],
        machine: bugs::none,
        compare_and_swap: true,
        holds_registration: true,
        outside: (Vec::new(), 0),
        unlock: vec![false],
        rehearsal: false,
        surveys: &[&[]],
        reaches: &[],
    }
}

const ALL_OUTCOMES: [Outcome; 5] =
    [Outcome::Done, Outcome::Refused, Outcome::Unavailable, Outcome::LostThoughWritten, Outcome::LostNotWritten];

/// Two methods, one step, one person who is right and one who is somebody else.
fn one_step() -> Config {
    let policy = tiny(&[Method::Email, Method::Text]);
    let people = people(account("a", &[], &[EMAIL, MOBILE]), account("b", &[], &[EMAIL]));
    Config {
        mishaps: 1,
        reaches: &["done", "expired", "cancelled", "too many tries", "late code, then done", "unknown"],
        ..config("one step", policy, people)
    }
}

/// All the directory can answer, with more time.
fn writing() -> Config {
    let policy = Policy { extensions: 1, sends: 1, lifetime: Span(2), ..tiny(&[Method::Email]) };
    let people = people(account("a", &[], &[EMAIL]), account("b", &[], &[]));
    Config {
        mishaps: 2,
        outcomes: ALL_OUTCOMES.to_vec(),
        reaches: &[
            "done",
            "unknown though written",
            "unknown and not written",
            "refused, then done",
            "extended, then done",
            "care team",
        ],
        ..config("writing", policy, people)
    }
}

/// Two tabs that hold old copies, besides one that does not.
fn tabs() -> Config {
    let policy = Policy { lifetime: Span(2), code_lifetime: Span(1), ..tiny(&[Method::Email]) };
    let people = vec![Person { user_id: "a", account: account("a", &[], &[EMAIL]) }];
    Config { tabs: 2, pictures: 1, reaches: &["done", "lost swap, then done"], ..config("tabs", policy, people) }
}

fn two_steps() -> Config {
    let policy = Policy { steps: 2, ..tiny(&[Method::Email, Method::Text, Method::MobileCall]) };
    let people = people(account("a", &[], &[EMAIL, MOBILE]), account("b", &[], &[EMAIL, MOBILE]));
    Config { reaches: &["done"], ..config("two steps", policy, people) }
}

/// Two ways to one telephone are one device.
fn administrator() -> Config {
    let policy = tiny(&[Method::Email, Method::Text, Method::MobileCall]);
    let boss = account("a", &["administrators"], &[EMAIL, MOBILE]);
    let people = people(boss, account("b", &["administrators"], &[MOBILE]));
    Config { reaches: &["done", "care team"], ..config("administrator", policy, people) }
}

fn decoy() -> Config {
    let policy = tiny(&[Method::Email, Method::Text]);
    Config {
        mishaps: 1,
        reaches: &["too many tries", "done"],
        ..config("decoy", policy, people(None, account("b", &[], &[EMAIL])))
    }
}

fn pictures() -> Config {
    let policy = Policy { captcha: captcha::Kind::Picture, sends: 1, ..tiny(&[Method::Email]) };
    Config {
        pictures: 7,
        reaches: &["too many pictures", "done"],
        ..config("pictures", policy, people(account("a", &[], &[EMAIL]), None))
    }
}

fn confirmation() -> Config {
    let few = Limit { count: 1, window: Span(50) };
    let policy = Policy {
        confirm_number: true,
        confirm_email: true,
        sends_to_one: vec![few],
        ..tiny(&[Method::Email, Method::Text])
    };
    Config {
        reaches: &["done", "too many tries"],
        ..config("confirmation", policy, people(account("a", &[], &[EMAIL, MOBILE]), None))
    }
}

fn throttled() -> Config {
    let few = Limit { count: 2, window: Span(50) };
    let policy = Policy { tries: 3, failed_proofs: few, lifetime: Span(2), sends: 1, ..tiny(&[Method::Email]) };
    let people = people(account("a", &[], &[EMAIL]), None);
    Config { tabs: 1, reaches: &["done", "resting"], ..config("throttled", policy, people) }
}

/// An account with these contacts, all of them new.
fn young(account: Option<Account>) -> Option<Account> {
    account.map(|mut account| {
        account.contacts.iter_mut().for_each(|contact| contact.young = true);
        account
    })
}

fn cooling_off() -> Config {
    let policy = tiny(&[Method::Email, Method::Text, Method::MobileCall]);
    let people = people(young(account("a", &[], &[EMAIL, MOBILE])), young(account("b", &[], &[MOBILE])));
    Config { reaches: &["done", "care team"], ..config("cooling off", policy, people) }
}

/// Two contacts and two steps, while somebody freezes the account or takes a contact away.
fn meanwhile() -> Config {
    let policy = Policy { steps: 2, lifetime: Span(2), tries: 1, ..tiny(&[Method::Email, Method::Text]) };
    let people = vec![Person { user_id: "a", account: account("a", &[], &[EMAIL, MOBILE]) }];
    let outside = vec![Outside::Freeze, Outside::Thaw, Outside::Remove(ContactKind::Email)];
    Config {
        tabs: 1,
        pictures: 1,
        outside: (outside, 2),
        reaches: &["done", "care team", "superseded", "thawed, then done", "written though frozen meanwhile"],
        ..config("meanwhile", policy, people)
    }
}

/// Somebody who knows the password, or finds on the way that they do not.
fn unlocking() -> Config {
    let policy = Policy { lifetime: Span(2), ..tiny(&[Method::Email]) };
    Config {
        outcomes: ALL_OUTCOMES.to_vec(),
        unlock: vec![true, false],
        outside: (vec![Outside::Freeze], 1),
        reaches: &["unlocked", "done", "too many tries"],
        ..config("unlocking", policy, people(account("a", &[], &[EMAIL]), None))
    }
}

fn rehearsal() -> Config {
    let policy = tiny(&[Method::Email, Method::Text]);
    let people = people(account("a", &[], &[EMAIL, MOBILE]), account("b", &[], &[EMAIL]));
    let outside = vec![Outside::Freeze, Outside::Remove(ContactKind::Email)];
    Config {
        pictures: 1,
        unlock: vec![true, false],
        rehearsal: true,
        outside: (outside, 1),
        reaches: &["rehearsed", "superseded"],
        ..config("rehearsal", Policy { lifetime: Span(2), ..policy }, people)
    }
}

/// Two further directories, with all that they can answer and a mishap.
fn elsewhere() -> Config {
    let policy = Policy { lifetime: Span(2), tries: 1, password_tries: 2, sends: 1, ..tiny(&[Method::Email]) };
    Config {
        mishaps: 1,
        pictures: 1,
        outcomes: ALL_OUTCOMES.to_vec(),
        surveys: &[&[There, There], &[There, Away]],
        reaches: &["done everywhere", "done at the second try", "unknown elsewhere", "refused, then done"],
        ..config("elsewhere", policy, people(account("a", &[], &[EMAIL]), None))
    }
}

/// The same with all that can be found there, and a try more.
fn found_elsewhere() -> Config {
    let config = elsewhere();
    Config {
        mishaps: 0,
        outcomes: vec![Outcome::Done, Outcome::Refused, Outcome::Unavailable],
        surveys: &[&[There, There], &[There, Away], &[Away, Away], &[NotThere, Barred]],
        reaches: &["done everywhere", "done at the second try", "left as it is", "refused, then done"],
        policy: Policy { password_tries: 3, ..config.policy },
        ..config
    }
}

/// The same for an account that is unlocked, or frozen meanwhile.
fn unlocking_elsewhere() -> Config {
    Config {
        mishaps: 0,
        outcomes: vec![Outcome::Done, Outcome::Refused, Outcome::LostNotWritten],
        unlock: vec![true, false],
        outside: (vec![Outside::Freeze], 1),
        surveys: &[&[There, There], &[Away, There]],
        reaches: &["unlocked everywhere", "done everywhere", "frozen before the second"],
        ..elsewhere()
    }
}

/// Visits everything, expects no property broken and all that must be reachable reached.
fn check(config: Config) {
    let name = config.name;
    let checker = Model::new(config).checker().threads(2).spawn_bfs().join();
    println!("{name}: {} states, depth {}", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

#[test]
fn one_step_holds() {
    check(one_step());
}

#[test]
fn writing_holds() {
    check(writing());
}

#[test]
fn tabs_hold() {
    check(tabs());
}

#[test]
fn two_steps_hold() {
    check(two_steps());
}

#[test]
fn administrator_holds() {
    check(administrator());
}

#[test]
fn decoy_holds() {
    check(decoy());
}

#[test]
fn pictures_hold() {
    check(pictures());
}

#[test]
fn confirmation_holds() {
    check(confirmation());
}

#[test]
fn throttled_holds() {
    check(throttled());
}

#[test]
fn cooling_off_holds() {
    check(cooling_off());
}

#[test]
fn meanwhile_holds() {
    check(meanwhile());
}

#[test]
fn unlocking_holds() {
    check(unlocking());
}

#[test]
fn rehearsal_holds() {
    check(rehearsal());
}

#[test]
fn several_directories_hold() {
    check(elsewhere());
    check(found_elsewhere());
}

#[test]
fn several_directories_hold_while_unlocking_and_freezing() {
    check(unlocking_elsewhere());
}

/// Expects that the checker finds this property broken.
fn finds(property: &'static str, config: Config) {
    let name = config.name;
    let until = HasDiscoveries::AnyOf([property].into());
    let checker = Model::new(Config { reaches: &[], ..config }).checker().finish_when(until).spawn_bfs().join();
    let path = checker.discovery(property).unwrap_or_else(|| panic!("{name}: {property}: not found"));
    println!(
        "{property}: found after {} states, in {} actions",
        checker.unique_state_count(),
        path.into_actions().len()
    );
}

fn with(machine: Machine, config: Config) -> Config {
    Config { machine, ..config }
}

#[test]
fn finds_that_a_store_without_compare_and_swap_lets_a_code_count_twice() {
    finds(P2, Config { compare_and_swap: false, ..tabs() });
    finds(P3, Config { compare_and_swap: false, ..tabs() });
    finds(P6, Config { compare_and_swap: false, ..tabs() });
}

#[test]
fn finds_that_tries_are_refilled() {
    finds(P3, with(bugs::resend_refills_tries, one_step()));
    finds(P3, with(bugs::back_refills_tries, one_step()));
    finds(P3, with(bugs::wrong_is_not_counted, decoy()));
}

#[test]
fn finds_that_expiry_is_ignored() {
    finds(P5, with(bugs::flow_expiry_ignored, one_step()));
    finds(P5, with(bugs::code_expiry_ignored, one_step()));
    finds(P5, with(bugs::extended_without_end, writing()));
}

#[test]
fn finds_a_second_write() {
    finds(P4, with(bugs::written_again_on_resume, writing()));
    let thrice = Policy { password_tries: 3, ..writing().policy };
    finds(P4, with(bugs::answers_have_no_number, Config { policy: thrice, mishaps: 1, ..writing() }));
}

#[test]
fn finds_that_proofs_of_one_person_count_for_another() {
    finds(P1, with(bugs::proofs_survive_back, one_step()));
    finds(P8, with(bugs::look_ups_have_no_name, one_step()));
}

#[test]
fn finds_that_one_method_or_one_telephone_passes_for_two_steps() {
    finds(P1, with(bugs::steps_are_only_counted, two_steps()));
    finds(P1, with(bugs::steps_are_only_counted, administrator()));
}

#[test]
fn finds_an_end_that_is_none() {
    finds(P6, with(bugs::the_end_can_be_undone, one_step()));
}

#[test]
fn finds_a_change_without_audit() {
    finds(P7, with(bugs::other_way_is_not_audited, one_step()));
}

#[test]
fn finds_messages_astray() {
    finds(P8, with(bugs::code_goes_elsewhere, one_step()));
    finds(P8, with(bugs::sends_start_again, one_step()));
}

#[test]
fn finds_what_a_freeze_does_not_stop() {
    finds(P9, with(bugs::the_freeze_is_overlooked, meanwhile()));
    finds(P9, with(bugs::the_freeze_is_overlooked, unlocking()));
    finds(P9, with(bugs::the_freeze_is_overlooked, rehearsal()));
    finds(P9, Config { holds_registration: false, ..meanwhile() });
}

#[test]
fn finds_that_a_removed_contact_still_proves_something() {
    finds(P10, with(bugs::removed_contacts_count, meanwhile()));
    finds(P10, with(bugs::removed_contacts_count, rehearsal()));
    finds(P10, Config { holds_registration: false, ..meanwhile() });
}

#[test]
fn finds_a_password_that_is_forgotten_and_a_refused_one_that_is_remembered() {
    finds(P12, with(bugs::nothing_is_remembered, writing()));
    finds(P12, with(bugs::what_is_refused_is_remembered, writing()));
}

#[test]
fn finds_a_rehearsal_that_is_none_and_an_unlocking_that_sets_a_password() {
    finds(P11, with(bugs::a_rehearsal_writes, rehearsal()));
    finds(P11, with(bugs::unlocking_takes_a_password, unlocking()));
}

#[test]
fn finds_what_is_done_wrongly_elsewhere() {
    finds(P13, with(bugs::anybodys_survey_will_do, elsewhere()));
    finds(P13, with(bugs::away_is_not_told, elsewhere()));
    finds(P13, with(bugs::the_others_are_told_whatever_the_primary_says, elsewhere()));
    finds(P4, with(bugs::written_again_on_resume, elsewhere()));
    finds(P14, with(bugs::silence_elsewhere_is_consent, elsewhere()));
    finds(P14, with(bugs::a_lost_answer_is_forgotten, elsewhere()));
    finds(P14, with(bugs::leaving_the_rest_is_cancelling, elsewhere()));
    finds(P8, with(bugs::each_directory_has_a_notice, elsewhere()));
    finds(P9, with(bugs::the_freeze_is_overlooked, unlocking_elsewhere()));
}

#[test]
fn finds_that_a_new_contact_carries_a_reset_alone() {
    finds(P1, with(bugs::new_contacts_are_as_good_as_old, cooling_off()));
}
