//! The register machine in a world that does its worst: two pages of one person, a request that was read long before it is
//! written, a freeze at any moment, codes of another page and of another purpose. Every state that can be reached is visited;
//! `--nocapture` shows how many.

#[path = "register/bugs.rs"]
mod bugs;
#[path = "support/kept.rs"]
mod kept;
#[path = "register/watch.rs"]
mod watch;
#[path = "register/world.rs"]
mod world;

use regain_core::method::{ContactKind, Method};
use regain_core::registration::Registered;
use regain_core::subject::ContactId;
use regain_core::{Policy, Span, Time};
use stateright::{Checker, HasDiscoveries, Model as _};

use watch::{R1, R2, R3, R4, R5, R6, R7, R8};
use world::{Config, Machine, Model};

/// Rules so small that everything in them can be visited.
fn tiny() -> Policy {
    Policy {
        methods: vec![Method::Email, Method::Text],
        code_lifetime: Span(2),
        tries: 2,
        sends: 2,
        resend_after: Span(1),
        sends_to_one: Vec::new(),
        cooling_off: Span(9),
        fresh: Span(1),
        ..Policy::default()
    }
}

fn known(kind: ContactKind, address: &str, verified: bool) -> Registered {
    let verified = verified.then_some(Time(-9));
    Registered { id: ContactId(kind.name().into()), kind, address: address.into(), verified, barred: false }
}

fn config(name: &'static str, contacts: Vec<Registered>) -> Config {
    Config {
        name,
        policy: tiny(),
        contacts,
        administrator: false,
        pages: 1,
        slow: false,
        addresses: &["new@mail.example"],
        end: 2,
        changes: 2,
        compare_and_swap: true,
        machine: bugs::none,
        reaches: &[],
    }
}

fn both() -> Vec<Registered> {
    let email = known(ContactKind::Email, "old@mail.example", true);
    vec![email, known(ContactKind::Mobile, "+447700900001", true)]
}

/// Two pages on the same contact.
fn two_pages() -> Config {
    let contacts = vec![known(ContactKind::Email, "old@mail.example", true)];
    let policy = Policy { sends: 1, ..tiny() };
    Config { policy, pages: 2, reaches: &["set", "overtaken", "too many tries"], ..config("two pages", contacts) }
}

/// A request that was read long before it is written.
fn slow() -> Config {
    let policy = Policy { sends: 1, ..tiny() };
    let reaches = &["set", "removed", "frozen", "frozen on the way"];
    Config { policy, slow: true, end: 1, changes: 3, reaches, ..config("slow", both()) }
}

/// Time for a freeze, a thaw and a new beginning.
fn freezing() -> Config {
    let reaches = &["set", "removed", "frozen", "restored", "thawed, then set", "expired"];
    Config { end: 3, changes: 4, reaches, ..config("freezing", both()) }
}

/// Two mailboxes one after the other.
fn two_mailboxes() -> Config {
    let addresses = &["new@mail.example", "other@mail.example"];
    Config { addresses, end: 1, changes: 3, reaches: &["set", "restored"], ..config("two mailboxes", both()) }
}

/// An administrator, who needs two contacts, with a suggestion besides.
fn administrator() -> Config {
    let mut contacts = both();
    contacts[0] = known(ContactKind::Email, "new@mail.example", false);
    let addresses = &["new@mail.example", "+447700900002"];
    Config { administrator: true, addresses, changes: 3, reaches: &["set"], ..config("administrator", contacts) }
}

fn check(config: Config) {
    let name = config.name;
    let checker = Model::new(config).checker().threads(2).spawn_bfs().join();
    println!("{name}: {} states, depth {}", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

#[test]
fn two_pages_hold() {
    check(two_pages());
}

#[test]
fn slow_requests_hold() {
    check(slow());
}

#[test]
fn freezing_holds() {
    check(freezing());
}

#[test]
fn two_mailboxes_hold() {
    check(two_mailboxes());
}

#[test]
fn administrator_holds() {
    check(administrator());
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
fn finds_a_contact_that_counts_without_its_code() {
    finds(R1, with(bugs::counts_when_it_is_typed, two_pages()));
    finds(R1, with(bugs::codes_of_other_pages_count, two_pages()));
    finds(R1, with(bugs::codes_of_other_purposes_count, two_pages()));
    finds(R1, with(bugs::code_expiry_ignored, freezing()));
    finds(R1, with(bugs::suggestions_need_no_code, administrator()));
}

#[test]
fn finds_a_removal_of_what_is_needed() {
    finds(R2, with(bugs::anything_can_be_removed, two_pages()));
    finds(R2, with(bugs::suggestions_are_counted, administrator()));
    finds(R2, Config { compare_and_swap: false, ..slow() });
}

#[test]
fn finds_a_change_without_the_password() {
    finds(R3, with(bugs::any_sign_in_will_do, freezing()));
}

#[test]
fn finds_what_a_freeze_does_not_stop() {
    finds(R4, with(bugs::the_freeze_is_overlooked, freezing()));
    finds(R4, with(bugs::codes_are_sent_again_though_frozen, freezing()));
    finds(R4, Config { compare_and_swap: false, ..slow() });
}

#[test]
fn finds_that_tries_are_refilled() {
    finds(R5, with(bugs::stopping_refills_tries, freezing()));
    finds(R5, with(bugs::another_contact_refills_tries, freezing()));
    finds(R5, with(bugs::sends_start_again, freezing()));
}

#[test]
fn finds_that_the_slower_of_two_pages_wins() {
    finds(R6, with(bugs::the_slower_wins, two_pages()));
    finds(R6, Config { compare_and_swap: false, ..slow() });
}

#[test]
fn finds_who_is_not_told() {
    finds(R7, with(bugs::the_old_contact_is_not_told, two_pages()));
    finds(R7, with(bugs::the_second_notice_brings_back_the_first_thief, two_mailboxes()));
}

#[test]
fn finds_an_end_that_is_none() {
    finds(R8, with(bugs::the_end_is_ignored, freezing()));
}
