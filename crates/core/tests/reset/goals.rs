//! Unlocking, practising, contacts that are new, and what happens to the registration meanwhile.

use regain_core::method::ContactKind::{self, Email, Mobile, Office};
use regain_core::subject::Account;
use regain_core::throttle::What;
use regain_core::{Ctx, Policy};

use crate::desk::{Desk, check, keys, person, policy};

#[test]
fn an_account_is_unlocked_and_the_password_stays() {
    check(
        policy(),
        Some(person(&[Email, Mobile])),
        "types jo to unlock => wait | started, look up jo
         found => choose 1/1: email text mobile_call | found
         unlock => choose 1/1: email text mobile_call |
         chooses text
         unlock => code 1/1 text *********23 |
         code 1 => unlock | uncount proofs, proved
         password => unlock |
         unlock => wait | writing, unlock 17 (0)
         unlock => wait |
         written refused => unlock (Refused) | unlock_refused
         unlock => wait | writing, unlock 17 (1)
         written done 0 => wait |
         written unavailable 1 => unlock (Unavailable) | write_failed
         unlock => wait | writing, unlock 17 (2)
         written done => ended Unlocked | word that it is unlocked by email to email, forgive, unlocked
         unlock => ended Unlocked |",
    );
}

#[test]
fn a_lost_answer_to_unlocking_is_asked_for_again() {
    check(
        Policy { password_tries: 2, ..policy() },
        Some(person(&[Email])),
        "types jo to unlock
         found
         chooses email
         code 1
         unlock
         29s later
         tick => wait |
         1s later
         resume => unlock (Unavailable) | write_failed
         written done 0 => unlock (Unavailable) |
         unlock => wait | writing, unlock 17 (1)
         written unknown => ended TooManyTries | write_failed, tries_exhausted",
    );
}

#[test]
fn a_button_that_unlocks_does_not_reset_and_the_other_way_round() {
    check(
        policy(),
        Some(person(&[Email])),
        "types jo
         found
         chooses email
         code 1 => password
         unlock => password |
         back => identify
         types jo to unlock
         found => choose 1/1: email
         code 1 => choose 1/1: email |
         30s later
         chooses email
         code 1 => code 1/1 email jo*****@m****.co.uk (Wrong { left: 4 })
         code 2 => unlock",
    );
}

#[test]
fn a_rehearsal_ends_where_something_would_be_written() {
    check(
        Policy { steps: 2, ..policy() },
        Some(person(&[Email, Mobile])),
        "practises jo => identify |
         practises sam => identify |
         types jo to unlock => wait | started, look up jo
         found => choose 1/2: email text mobile_call | found
         chooses email
         code none => code 1/2 email jo*****@m****.co.uk (Wrong { left: 4 })
         code 1 => choose 2/2: text mobile_call | uncount proofs, proved
         chooses text
         code 2 => password
         password password => password [Banned { word: None, points: 1 }] | password_unfit
         unlock => password [Banned { word: None, points: 1 }] |
         password => ended Rehearsed | register 17: Rehearsed, rehearsed
         password => ended Rehearsed |",
    );
}

#[test]
fn nobody_practises_with_the_account_of_another() {
    let other = Account { id: regain_core::subject::AccountId("sam".into()), ..person(&[Email]) };
    for account in [Some(other), None] {
        check(
            policy(),
            account,
            "practises jo
             types sam => wait | started, look up sam
             found => identify (NotYours) | not_yours",
        );
    }
}

#[test]
fn a_flow_that_has_begun_is_no_rehearsal() {
    check(
        policy(),
        Some(person(&[Email])),
        "types jo
         practises jo => wait |
         back
         practises jo => identify |
         types jo
         found
         chooses email
         code 1
         password => wait | writing, set password of 17 (0)",
    );
}

/// Each stage before the write, by the lines that lead there.
const STAGES: [&str; 5] = ["found", "chooses email", "code 1", "chooses text", "code 2"];

#[test]
fn a_freeze_stops_it_wherever_it_stands() {
    for (begin, last) in
        [("types jo", "password"), ("types jo to unlock", "unlock"), ("practises jo\ntypes jo", "password")]
    {
        for upto in 1..=STAGES.len() {
            let lines = STAGES[..upto].join("\n");
            let frozen = "ended CareTeam | sent_to_care_team";
            for next in ["is frozen", "chooses email"] {
                let two = Policy { steps: 2, ..policy() };
                let mut desk = Desk::new(two, Some(person(&[Email, Mobile])));
                desk.check(&format!("{begin}\n{lines}"));
                desk.registration.frozen = Some(desk.now);
                desk.check(&format!("{next} => {frozen}\n{last} => ended CareTeam |\ncode none => ended CareTeam |"));
            }
        }
    }
}

#[test]
fn what_is_frozen_before_it_begins_goes_to_the_care_team() {
    let frozen = Account { frozen: true, ..person(&[Email, Mobile]) };
    check(policy(), Some(frozen), "types jo\nfound => ended CareTeam | sent_to_care_team");
}

#[test]
fn the_answer_to_a_write_is_heard_though_it_was_frozen_meanwhile() {
    let upto = "types jo\nfound\nchooses email\ncode 1\npassword\nis frozen => wait |\n";
    check(policy(), Some(person(&[Email])), &format!("{upto}written done => ended Done"));
    let refused = "written refused => password [InHistory]\npassword => ended CareTeam | sent_to_care_team";
    check(policy(), Some(person(&[Email])), &format!("{upto}{refused}"));
}

#[test]
fn what_was_sent_or_proven_before_the_password_of_now_is_worth_nothing() {
    // A code on its way: nobody can tell from the page that somebody else was quicker.
    check(
        policy(),
        Some(person(&[Email, Mobile])),
        "types jo
         found
         chooses email
         1s later
         is reset => code 1/1 email jo*****@m****.co.uk |
         code 1 => code 1/1 email jo*****@m****.co.uk (Wrong { left: 4 }) | code_wrong
         30s later
         resend => code 1/1 email jo*****@m****.co.uk | code by email to email, code_sent
         code 2 => password",
    );
    // Proven before.
    check(
        policy(),
        Some(person(&[Email, Mobile])),
        "types jo
         found
         chooses email
         code 1
         1s later
         is reset => ended Superseded | superseded
         password => ended Superseded |",
    );
}

#[test]
fn a_contact_that_is_removed_meanwhile_proves_nothing() {
    let two = || Policy { steps: 2, ..policy() };
    let both = || Some(person(&[Email, Mobile]));
    // It was used already.
    check(
        two(),
        both(),
        "types jo
         found
         chooses email
         code 1
         loses email => ended Superseded | superseded",
    );
    // Its code is on the way.
    check(
        policy(),
        both(),
        "types jo
         found
         chooses email
         loses email => code 1/1 email jo*****@m****.co.uk |
         code 1 => code 1/1 email jo*****@m****.co.uk (Wrong { left: 4 }) | code_wrong
         other way
         30s later
         chooses text
         code 2 => password",
    );
    // It was all that the new password rested on.
    check(
        policy(),
        both(),
        "types jo
         found
         chooses email
         code 1 => password
         loses mobile => password |
         loses email => ended Superseded | superseded
         password => ended Superseded |",
    );
}

#[test]
fn nothing_is_counted_for_what_is_over() {
    let policy = policy();
    let mut desk = Desk::new(policy.clone(), Some(person(&[Email])));
    desk.check("types jo\nfound\nchooses email");
    let claims = |desk: &Desk| {
        let (keys, event) = (keys(), desk.event("code none"));
        let registration = &desk.registration;
        let ctx = Ctx { now: desk.now, entropy: [0; 32], policy: &policy, keys: &keys, registration };
        desk.flow.claims(&ctx, &event).into_iter().map(|claim| claim.what).collect::<Vec<_>>()
    };
    assert_eq!(claims(&desk), [What::Proofs]);
    desk.registration.frozen = Some(desk.now);
    assert_eq!(claims(&desk), []);
}

/// Somebody who registered some of these contacts a short while ago.
fn with_young(contacts: &[ContactKind], young: &[ContactKind]) -> Account {
    let mut account = person(contacts);
    account.contacts.iter_mut().for_each(|contact| contact.young = young.contains(&contact.kind));
    account
}

fn boss(account: Account) -> Account {
    Account { groups: vec!["administrators".into()], ..account }
}

#[test]
fn one_new_contact_alone_carries_no_reset() {
    let care_team = "ended CareTeam";
    let all = "choose 1/1: email text mobile_call";
    let one = policy;
    let two = || Policy { steps: 2, ..policy() };
    for (policy, account, page) in [
        (one(), with_young(&[Email], &[Email]), care_team),
        // A text and a call reach the same telephone.
        (one(), with_young(&[Mobile], &[Mobile]), care_team),
        (one(), with_young(&[Mobile], &[]), "choose 1/1: text mobile_call"),
        (one(), with_young(&[Email, Mobile], &[Mobile]), "choose 1/1: email"),
        (one(), with_young(&[Email, Mobile], &[Email]), "choose 1/1: text mobile_call"),
        (one(), with_young(&[Email, Mobile], &[]), all),
        (one(), with_young(&[Email, Mobile], &[Email, Mobile]), "choose 1/2: email text mobile_call"),
        (two(), with_young(&[Mobile], &[Mobile]), care_team),
        (two(), with_young(&[Mobile], &[]), "choose 1/2: text mobile_call"),
        (two(), with_young(&[Email, Mobile], &[Mobile]), "choose 1/2: email text mobile_call"),
        (one(), boss(with_young(&[Mobile], &[Mobile])), care_team),
        (one(), boss(with_young(&[Email, Mobile], &[Mobile])), "choose 1/2: email text mobile_call"),
        (one(), boss(with_young(&[Email, Mobile], &[Email, Mobile])), "choose 1/2: email text mobile_call"),
        (one(), with_young(&[Mobile, Office], &[Mobile]), "choose 1/1: office_call"),
    ] {
        check(policy, Some(account), &format!("types jo\nfound => {page}"));
    }
}

#[test]
fn two_new_contacts_are_two_devices() {
    check(
        policy(),
        Some(with_young(&[Email, Mobile], &[Email, Mobile])),
        "types jo
         found => choose 1/2: email text mobile_call
         chooses text
         code 1 => choose 2/2: email
         chooses mobile_call => choose 2/2: email |
         password => choose 2/2: email |
         chooses email
         code 2 => password",
    );
    check(
        Policy { steps: 2, ..policy() },
        Some(with_young(&[Email, Mobile], &[Mobile])),
        "types jo
         found
         chooses email
         code 1 => choose 2/2: text mobile_call
         back
         types jo
         found
         30s later
         chooses text
         code 2 => choose 2/2: email",
    );
}

#[test]
fn a_new_name_of_an_old_number_is_not_new() {
    let mut account = with_young(&[Mobile, Office], &[Mobile]);
    account.contacts[1].address = account.contacts[0].address.clone();
    check(policy(), Some(account), "types jo\nfound => choose 1/1: text mobile_call office_call");
}
