//! Journeys through a registration, as people make them, and as somebody makes them who sits down at their desk.

#[path = "register/desk.rs"]
mod desk;
#[path = "support/kept.rs"]
mod kept;

use desk::{Desk, LONG_AGO, check, known, play, policy};
use regain_core::method::ContactKind::{Email, Mobile, Office};
use regain_core::method::{Channel, Method};
use regain_core::registration::Registered;
use regain_core::{Policy, Time};

fn email() -> Registered {
    known(Email, "jo@mail.example", LONG_AGO)
}

fn mobile() -> Registered {
    known(Mobile, "+447700900123", LONG_AGO)
}

#[test]
fn a_telephone_and_a_mailbox_are_registered_with_a_code_each() {
    check(
        policy(),
        &[],
        "tick => closed |
         is asked => closed |
         opens => mobile -, email -; 1 missing |
         is asked => mobile -, email -; 1 missing | asked, registration_asked
         is asked => mobile -, email -; 1 missing |
         text +447700900123 => code text +447700900123 | code by text to new +447700900123, contact_code_sent
         code none => code text +447700900123 (Wrong { left: 4 }) | code_wrong
         code 1 => mobile +447700900123 young kept, email - \
            | uncount proofs, added by email to jo@example.org, added by text to 030303, mobile is +447700900123, contact_set
         code 1 => mobile +447700900123 young kept, email - |
         email jo@mail.example => code email jo@mail.example | code by email to new jo@mail.example, contact_code_sent
         code 2 => mobile +447700900123 young, email jo@mail.example young \
            | uncount proofs, added by text to 030303, added by email to jo@example.org, added by email to 030303, \
              email is jo@mail.example, contact_set
         looks good => mobile +447700900123 young, email jo@mail.example young | confirm, registration_confirmed
         24h later => ended Expired
         another page
         opens => mobile +447700900123, email jo@mail.example"
            .replace("              email is", "email is")
            .as_str(),
    );
}

#[test]
fn a_code_may_be_spoken_and_another_asked_for() {
    check(
        policy(),
        &[],
        "opens
         call +447700900123 => code mobile_call +447700900123 | code by call to new +447700900123, contact_code_sent
         resend => code mobile_call +447700900123 |
         30s later
         resend => code mobile_call +447700900123 | code by call to new +447700900123, contact_code_sent
         code 1 => code mobile_call +447700900123 (Wrong { left: 4 })
         code 2 => mobile +447700900123 young kept, email -",
    );
}

#[test]
fn a_contact_is_changed_and_the_old_one_is_told() {
    check(
        policy(),
        &[email(), mobile()],
        "opens => mobile +447700900123, email jo@mail.example
         email other@mail.example
         code 1 => mobile +447700900123, email other@mail.example young \
            | uncount proofs, replaced by email to email, replaced by text to mobile, replaced by email to jo@example.org, \
              replaced by email to 030303, email is other@mail.example, contact_set"
            .replace("              replaced", "replaced")
            .as_str(),
    );
}

#[test]
fn a_contact_is_removed_where_enough_are_left() {
    check(
        policy(),
        &[email(), mobile()],
        "opens
         remove mobile => mobile -, email jo@mail.example kept \
            | removed by email to email, removed by text to mobile, removed by email to jo@example.org, no mobile, contact_removed
         remove mobile => mobile -, email jo@mail.example kept |
         remove email => mobile -, email jo@mail.example kept (Needed { kind: Email }) |",
    );
}

#[test]
fn a_number_that_gets_no_codes_counts_for_nothing_and_comes_back_with_what_is_undone() {
    let barred = || Registered { barred: true, ..mobile() };
    check(policy(), &[barred()], "opens => mobile +447700900123 barred, email -; 1 missing");
    check(
        policy(),
        &[email(), barred()],
        "opens => mobile +447700900123 barred, email jo@mail.example kept
         remove email => mobile +447700900123 barred, email jo@mail.example kept (Needed { kind: Email }) |
         text +447700900777
         code 1 => mobile +447700900777 young, email jo@mail.example
         follows 1 => ended Frozen
         another page
         opens => mobile +447700900123 barred, email jo@mail.example kept; frozen",
    );
}

#[test]
fn where_two_ways_are_needed_two_stay() {
    let two = Policy { steps: 2, methods: vec![Method::Email, Method::Text], ..policy() };
    let both = "opens => mobile +447700900123 kept, email jo@mail.example kept
         remove mobile => mobile +447700900123 kept, email jo@mail.example kept (Needed { kind: Mobile }) |
         remove email => mobile +447700900123 kept, email jo@mail.example kept (Needed { kind: Email }) |";
    check(two, &[email(), mobile()], both);
    play(&mut Desk::of_administrator(policy(), &[email(), mobile()]), both);
    // A text and a call to one telephone are two ways for all but administrators.
    let two = Policy { steps: 2, ..policy() };
    check(two, &[email(), mobile()], "opens\nremove email => mobile +447700900123 kept, email -");
    check(
        policy(),
        &[email(), mobile()],
        "opens => mobile +447700900123, email jo@mail.example
         becomes administrator => mobile +447700900123 kept, email jo@mail.example kept |",
    );
}

#[test]
fn what_nobody_can_use_may_always_go() {
    let email_only = Policy { methods: vec![Method::Email], ..policy() };
    let mut desk = Desk::new(email_only, &[mobile()]);
    play(&mut desk, "opens => email -; 1 missing\nremove mobile => email -; 1 missing");
    assert!(desk.kept.registration.of(Mobile).is_none());
}

#[test]
fn the_office_phone_is_shown_and_not_touched() {
    let office = known(Office, "+442079460000;ext=12", LONG_AGO);
    check(
        Policy { methods: Method::ALL.to_vec(), ..policy() },
        &[office, mobile()],
        "opens => office +442079460000;ext=12 kept, mobile +447700900123, email -
         office +442079460001 => office +442079460000;ext=12 kept, mobile +447700900123, email - (NoWay { kind: Office }) |
         remove office => office +442079460000;ext=12 kept, mobile +447700900123, email - (NoWay { kind: Office }) |
         remove mobile => office +442079460000;ext=12 kept, mobile -, email - \
            | removed by text to mobile, removed by email to jo@example.org, no mobile, contact_removed",
    );
    let same = known(Office, "+447700900123;ext=1", LONG_AGO);
    check(
        Policy { methods: Method::ALL.to_vec(), ..policy() },
        &[same, mobile()],
        "opens => office +447700900123;ext=1 kept shared, mobile +447700900123 shared, email -",
    );
}

#[test]
fn what_would_not_help_is_refused_with_the_reason() {
    let own = Policy { own_domains: vec!["Work.example".into()], ..policy() };
    check(
        own,
        &[email()],
        "opens
         email jo@work.example => mobile -, email jo@mail.example kept (OwnDomain) |
         email Jo@Example.org => mobile -, email jo@mail.example kept (OwnMailbox) |
         email jo@mail.example => mobile -, email jo@mail.example kept (Same { kind: Email }) |
         email JO@mail.example => mobile -, email jo@mail.example kept (Same { kind: Email }) |
         email jo@notwork.example => code email jo@notwork.example",
    );
    let no_text = Policy { channels: vec![Channel::Email, Channel::Call], ..policy() };
    check(
        no_text,
        &[],
        "opens
         text +447700900123 => mobile -, email -; 1 missing (NoWay { kind: Mobile }) |
         call +447700900123 => code mobile_call +447700900123",
    );
    let email_only = Policy { methods: vec![Method::Email], ..policy() };
    check(email_only, &[], "opens\ncall +447700900123 => email -; 1 missing (NoWay { kind: Mobile }) |");
}

#[test]
fn a_suggestion_counts_only_after_its_code() {
    let suggested = known(Email, "jo@mail.example", None);
    check(
        policy(),
        std::slice::from_ref(&suggested),
        "opens => mobile -, email jo@mail.example?; 1 missing
         email jo@mail.example => code email jo@mail.example
         code 1 => mobile -, email jo@mail.example young kept \
            | uncount proofs, added by email to jo@example.org, added by email to 030303, email is jo@mail.example, contact_set",
    );
    check(
        policy(),
        &[suggested],
        "opens
         remove email => mobile -, email -; 1 missing | no email, contact_removed",
    );
}

#[test]
fn a_suggestion_that_is_another_by_now_is_not_proven() {
    let mut desk = Desk::new(policy(), &[known(Email, "jo@mail.example", None)]);
    play(&mut desk, "opens\nemail jo@mail.example");
    desk.kept.registration.contacts[0].id.0 = "imported again".into();
    play(&mut desk, "code 1 => mobile -, email jo@mail.example?; 1 missing (Overtaken) | superseded");
}

#[test]
fn a_suggested_own_mailbox_keeps_nobody_from_being_told() {
    check(
        policy(),
        &[known(Email, "jo@example.org", None)],
        "opens
         text +447700900123
         code 1 => mobile +447700900123 young kept, email jo@example.org? \
            | uncount proofs, added by email to jo@example.org, added by text to 030303, mobile is +447700900123, contact_set",
    );
}

#[test]
fn wrong_codes_are_counted_over_other_contacts_and_new_codes() {
    check(
        policy(),
        &[],
        "opens
         email jo@mail.example
         code none => code email jo@mail.example (Wrong { left: 4 })
         code none again => code email jo@mail.example (Wrong { left: 4 }) |
         stop => mobile -, email -; 1 missing |
         email jo@mail.example
         code none => code email jo@mail.example (Wrong { left: 3 })
         text +447700900123
         code none => code text +447700900123 (Wrong { left: 2 })
         30s later
         resend
         code 3 => code text +447700900123 (Wrong { left: 1 })
         code none => ended TooManyTries | code_wrong, tries_exhausted
         code 4 => ended TooManyTries |
         opens => ended TooManyTries |
         text +447700900123 => ended TooManyTries |",
    );
}

#[test]
fn codes_come_to_an_end() {
    check(
        Policy { sends: 2, ..policy() },
        &[],
        "opens
         email jo@mail.example
         stop
         throttled => mobile -, email -; 1 missing (TooManySends { until: Time(9) }) | throttled
         email jo@mail.example
         throttled => code email jo@mail.example (TooManySends { until: Time(9) }) | throttled
         throttled proofs => code email jo@mail.example (Resting { until: Time(9) }) | throttled
         stopped => code email jo@mail.example (NotNow { until: Time(9) }) | throttled
         30s later
         resend => code email jo@mail.example (NotNow { until: Time(9) }) |
         text +447700900123 => mobile -, email -; 1 missing (NoCodesLeft) | throttled
         code 2 => mobile -, email -; 1 missing (NoCodesLeft) |",
    );
}

#[test]
fn only_the_latest_code_of_this_flow_and_purpose_opens_anything() {
    check(
        policy(),
        &[],
        "opens
         email jo@mail.example
         another page
         opens
         email jo@mail.example
         code 1 => code email jo@mail.example (Wrong { left: 4 })
         code of a reset => code email jo@mail.example (Wrong { left: 3 })
         code of a unlock => code email jo@mail.example (Wrong { left: 2 })
         code of a rehearsal => code email jo@mail.example (Wrong { left: 1 })
         text +447700900123 => code text +447700900123
         code 3 => mobile +447700900123 young kept, email -",
    );
}

#[test]
fn a_late_code_is_not_compared() {
    check(
        policy(),
        &[],
        "opens
         email jo@mail.example
         10m later
         code 1 => code email jo@mail.example (Late) | code_late
         resend => code email jo@mail.example | code by email to new jo@mail.example, contact_code_sent
         code 2 => mobile -, email jo@mail.example young kept",
    );
}

#[test]
fn changes_need_a_password_typed_shortly_before() {
    check(
        policy(),
        &[email(), mobile()],
        "opens
         5m later
         remove mobile => mobile +447700900123, email jo@mail.example (NotFresh) | not_fresh
         text +447700900999 => mobile +447700900123, email jo@mail.example (NotFresh) | not_fresh
         looks good => mobile +447700900123, email jo@mail.example | confirm, registration_confirmed
         signs in
         4m later
         text +447700900999 => code text +447700900999
         1m later
         code 1 => mobile +447700900999 young, email jo@mail.example
         remove email => mobile +447700900999 young, email jo@mail.example (NotFresh) | not_fresh",
    );
}

#[test]
fn a_page_is_one_persons_for_ever() {
    let mut desk = Desk::new(policy(), &[email()]);
    play(
        &mut desk,
        "opens
         sam opens => mobile -, email jo@mail.example kept |
         text +447700900123
         sam opens => code text +447700900123 |
         code 1",
    );
    assert_eq!(desk.flow.person.as_ref().expect("somebody").account.0, "17");
    assert!(desk.kept.registration.of(Mobile).is_some(), "and what is registered is theirs");
}

#[test]
fn whoever_is_quicker_wins() {
    let mut desk = Desk::new(policy(), &[email()]);
    play(&mut desk, "opens\nemail first@mail.example");
    let first = desk.flow.clone();
    play(
        &mut desk,
        "another page
         opens
         email second@mail.example
         code 2 => mobile -, email second@mail.example young kept",
    );
    desk.flow = first;
    play(&mut desk, "code 1 => mobile -, email second@mail.example young kept (Overtaken) | superseded");
    // A contact that is there again under the same address is another one all the same.
    play(&mut desk, "code 1 => mobile -, email second@mail.example young kept (Overtaken) |");
}

const TOLD: &str = "by email to email, replaced by text to mobile, replaced by email to jo@example.org";

#[test]
fn this_was_not_me_freezes_and_brings_the_old_contact_back() {
    let mut desk = Desk::new(policy(), &[email(), mobile()]);
    let changed = format!(
        "uncount proofs, replaced {TOLD}, replaced by email to 030303, email is thief@mail.example, contact_set"
    );
    play(
        &mut desk,
        &format!(
            "opens
             email thief@mail.example
             code 1 => mobile +447700900123, email thief@mail.example young | {changed}
             24h later
             follows 1 => ended Frozen \
                | frozen by email to 030303, frozen by text to mobile, frozen by email to jo@example.org, \
                  frozen by email to email, call for care by email to the care team, freeze email, email is back, end sessions of 17, frozen
             follows 1 => ended Frozen |"
        )
        .replace("                  frozen", "frozen"),
    );
    let kept = &desk.kept.registration;
    assert_eq!(kept.of(Email), Some(&email()), "as old as it was");
    assert_eq!(kept.frozen, Some(Time(24 * 3_600_000)));
}

#[test]
fn a_contact_of_the_thief_is_not_what_comes_back() {
    let mut desk = Desk::new(policy(), &[email(), mobile()]);
    play(
        &mut desk,
        "opens
         email thief@mail.example
         code 1
         email second@mail.example
         code 2
         follows 2 => ended Frozen",
    );
    assert_eq!(desk.kept.registration.of(Email), None, "neither of the thief's");
    play(&mut desk, "follows 1 => ended Frozen");
    assert_eq!(desk.kept.registration.of(Email), Some(&email()), "and the first notice still brings back the owner's");
}

#[test]
fn an_offer_is_good_for_thirty_days() {
    let changed = "opens\nremove mobile\n";
    let days = |hours: u32| format!("{changed}{hours}h later\nfollows 1 => ended ");
    check(policy(), &[email(), mobile()], &format!("{}Frozen", days(30 * 24 - 1)));
    check(policy(), &[email(), mobile()], &format!("{}OfferTooOld |", days(30 * 24)));
}

#[test]
fn while_frozen_nothing_is_changed() {
    let mut desk = Desk::new(policy(), &[email(), mobile()]);
    play(&mut desk, "opens\ntext +447700900999\ncode 1\nemail new@mail.example");
    let proving = desk.flow.clone();
    play(&mut desk, "follows 1");
    desk.flow = proving;
    let frozen = "mobile +447700900123, email jo@mail.example; frozen";
    play(
        &mut desk,
        &format!(
            "30s later
             resend => code email new@mail.example |
             code 2 => {frozen} (Frozen) |
             email new@mail.example => {frozen} (Frozen) |
             remove mobile => {frozen} (Frozen) |
             code 2 => {frozen} (Frozen) |"
        ),
    );
    let lifted = "mobile +447700900123, email jo@mail.example";
    let told = "thawed by email to email, thawed by text to mobile, thawed by email to jo@example.org, thawed";
    play(
        &mut desk,
        &format!(
            "5m later
             thaws => {frozen} (NotFresh) | not_fresh
             signs in
             thaws => {lifted} | thaw, {told}
             thaws => {lifted} |
             text +447700900999 => code text +447700900999"
        ),
    );
}

#[test]
fn the_care_team_thaws_without_the_password() {
    let mut desk = Desk::new(policy(), &[email(), mobile()]);
    play(
        &mut desk,
        "opens
         remove mobile
         follows 1
         another page
         care team thaws => closed |
         opens => mobile +447700900123, email jo@mail.example; frozen
         9m later
         care team thaws => mobile +447700900123, email jo@mail.example",
    );
}

#[test]
fn what_is_sent_is_counted_first_and_nothing_else() {
    let sent = ["send", "send", "send", "sender", "sender"];
    let mut desk = Desk::new(Policy { sends: 2, ..policy() }, &[email(), mobile()]);
    let none: [&str; 0] = [];
    assert_eq!(desk.claims("email a@mail.example"), none, "nobody is there yet");
    play(&mut desk, "opens");
    assert_eq!(desk.claims("email a@mail.example"), sent);
    for refused in ["email jo@example.org", "email jo@mail.example", "office +442079460000", "remove mobile", "resend"]
    {
        assert_eq!(desk.claims(refused), none, "{refused}");
    }
    play(&mut desk, "email a@mail.example");
    assert_eq!(desk.claims("email b@mail.example"), sent);
    for compared in ["code none", "code 1"] {
        assert_eq!(desk.claims(compared), ["register"], "{compared}");
    }
    for idle in ["resend", "stop"] {
        assert_eq!(desk.claims(idle), none, "{idle}");
    }
    play(&mut desk, "30s later");
    assert_eq!(desk.claims("resend"), sent);
    desk.kept.registration.frozen = Some(Time(1));
    for idle in ["resend", "email b@mail.example", "code none"] {
        assert_eq!(desk.claims(idle), none, "{idle}: frozen");
    }
    desk.kept.registration.frozen = None;
    play(&mut desk, "resend\n30s later");
    assert_eq!(desk.claims("resend"), none, "both codes are used up");
    assert_eq!(desk.claims("email b@mail.example"), none);
    play(&mut desk, "another page\nopens\n5m later");
    assert_eq!(desk.claims("email b@mail.example"), none, "not fresh");
}
