//! Further directories: told one after the other, after the primary one; what failed is tried again.

use regain_core::audit::Act;
use regain_core::flow::Flow;
use regain_core::method::ContactKind::Email;
use regain_core::{Policy, Span};

use crate::desk::{Desk, person, policy};

/// A desk at which a code was typed.
fn proven(policy: Policy) -> Desk {
    let mut desk = Desk::new(policy, Some(person(&[Email])));
    desk.check("types jo\nfound\nchooses email\ncode 1 => password");
    desk
}

const TOLD: &str = "notice by email to email, forgive, end sessions of 17, password_set";

#[test]
fn each_directory_is_told_when_the_one_before_has_answered() {
    proven(policy()).check(&format!(
        "1s later
         password with wifi library => wait | writing, set password of 17 (0)
         written done at wifi => wait |
         written done => wait | {TOLD}, set password of 17@wifi (0) at wifi
         written done => wait |
         written done at library => wait |
         written done at wifi => wait | wifi Done, set password of 17@library (0) at library
         written done at wifi => wait |
         written done at library => ended Done wifi:Done library:Done | library Done
         password with wifi => ended Done wifi:Done library:Done |"
    ));
}

#[test]
fn where_the_primary_one_refuses_nobody_else_is_told() {
    proven(policy()).check(
        "password with wifi => wait
         written refused => password [InHistory] | password_refused
         password with wifi => wait | writing, set password of 17 (1)
         written unavailable => password [Unavailable] | write_failed
         password with wifi => wait | writing, set password of 17 (2)
         written unknown => ended Unknown wifi:Untried | notice by email to email, end sessions of 17, outcome_unknown",
    );
}

#[test]
fn who_has_no_account_there_or_a_barred_one_is_left_out_and_that_is_written_down() {
    proven(policy()).check(&format!(
        "password with wifi:none library:protected => wait | writing, set password of 17 (0)
         written done => ended Done wifi:NotThere library:Barred {{ bar: Protected }} | \
         {TOLD}, wifi NotThere, library Barred {{ bar: Protected }}"
    ));
}

#[test]
fn what_is_away_is_told_before_anything_is_written() {
    proven(policy()).check(&format!(
        "password with wifi:away library => password [Away {{ directory: \"wifi\" }}] | wifi Unavailable
         password with wifi:told library => wait | writing, set password of 17 (0)
         written done => wait | {TOLD}, wifi Unavailable, set password of 17@library (0) at library
         written done at library => elsewhere wifi:Unavailable library:Done | library Done"
    ));
}

#[test]
fn what_failed_is_tried_again_and_nothing_else() {
    proven(policy()).check(&format!(
        "1s later
         password with wifi library => wait
         written done => wait | {TOLD}, set password of 17@wifi (0) at wifi
         written refused at wifi => wait | wifi Refused {{ reason: \"in history\" }}, set password of 17@library (0) at library
         written done at library => elsewhere wifi:Refused {{ problem: InHistory }} library:Done | library Done
         again short => elsewhere wifi:Refused {{ problem: InHistory }} library:Done \
         [TooShort {{ min: 8 }}] | password_unfit
         unlock wifi library => elsewhere wifi:Refused {{ problem: InHistory }} library:Done \
         [TooShort {{ min: 8 }}] |
         again with wifi:18 library => elsewhere wifi:Refused {{ problem: InHistory }} library:Done \
         [TooShort {{ min: 8 }}] |
         back => elsewhere wifi:Refused {{ problem: InHistory }} library:Done \
         [TooShort {{ min: 8 }}] |
         again with wifi library => wait | writing, set password of 17@wifi (1) at wifi
         written done at wifi 0 => wait |
         written unavailable at wifi => elsewhere wifi:Unavailable library:Done | wifi Unavailable
         again with wifi:away library:away => elsewhere wifi:Unavailable library:Done | writing, wifi Unavailable
         extend => elsewhere wifi:Unavailable library:Done | extended
         again with wifi library => wait | writing, set password of 17@wifi (3) at wifi
         written done at wifi => ended Done wifi:Done library:Done | wifi Done"
    ));
}

#[test]
fn after_an_interruption_the_password_is_asked_for_again() {
    proven(policy()).check(
        "password with wifi library
         written done => wait
         30s later
         tick => elsewhere wifi:Unknown library:Untried | wifi Unknown, library Untried
         written done at wifi 0 => elsewhere wifi:Unknown library:Untried |
         again with wifi library => wait | writing, set password of 17@wifi (1) at wifi
         written done at wifi => wait | wifi Done, set password of 17@library (1) at library
         written done at library => ended Done wifi:Done library:Done | library Done",
    );
}

#[test]
fn what_may_be_set_is_not_called_unchanged_until_it_says_so() {
    let mut desk = proven(Policy { password_tries: 9, ..policy() });
    desk.check(
        "1s later
         password with wifi
         written done
         written unknown at wifi => elsewhere wifi:Unknown | wifi Unknown
         again with wifi:away => elsewhere wifi:Unknown | writing, wifi Unavailable
         again with wifi:none => elsewhere wifi:Unknown | writing, wifi NotThere
         again with wifi:protected => elsewhere wifi:Unknown | writing, wifi Barred { bar: Protected }
         again with wifi => wait | writing, set password of 17@wifi (4) at wifi
         written refused at wifi => elsewhere wifi:Unknown | wifi Refused { reason: \"in history\" }
         again with wifi => wait | writing, set password of 17@wifi (5) at wifi
         written unavailable at wifi => elsewhere wifi:Unknown | wifi Unavailable
         again with wifi => wait | writing, set password of 17@wifi (6) at wifi
         written done at wifi => ended Done wifi:Done | wifi Done",
    );
}

#[test]
fn a_page_for_all_directories_does_nothing_for_those_that_failed() {
    proven(policy()).check(
        "again with wifi => password |
         password with wifi => wait
         written done => wait
         written unavailable at wifi => elsewhere wifi:Unavailable
         password with wifi => elsewhere wifi:Unavailable |",
    );
}

#[test]
fn however_it_ends_the_primary_one_has_it() {
    let ends = [
        ("cancel", "ended Done wifi:Unavailable | cancelled"),
        ("is frozen", "ended Done wifi:Unavailable | sent_to_care_team"),
        ("loses email", "ended Done wifi:Unavailable | superseded"),
        // By somebody else, after it was reset here.
        ("is reset", "ended Done wifi:Unavailable | superseded"),
    ];
    let failed =
        "password with wifi\nwritten done\nwritten unavailable at wifi => elsewhere wifi:Unavailable\n1s later";
    for (last, end) in ends {
        let mut desk = proven(policy());
        desk.check(failed);
        desk.check(&format!("{last} => {end}"));
        assert_eq!(Flow::Reset(desk.flow).reached(), Some(Act::PasswordSet));
    }
    let mut desk = proven(policy());
    desk.check(failed);
    desk.check("15m later => ended Done wifi:Unavailable\ntick => ended Done wifi:Unavailable | expired");
}

#[test]
fn nothing_is_sent_elsewhere_after_its_time_in_a_frozen_account_or_for_an_older_password() {
    let mut desk = proven(Policy { lifetime: Span::seconds(10), ..policy() });
    desk.check("9s later\npassword with wifi => wait\n2s later => wait");
    desk.check(&format!("written done => ended Done wifi:Untried | {TOLD}, wifi Untried"));
    let mut desk = proven(policy());
    desk.check("password with wifi => wait\nis frozen => wait");
    desk.check(&format!("written done => ended Done wifi:Untried | {TOLD}, wifi Untried"));
    // Somebody else was quicker.
    let mut desk = proven(policy());
    desk.check("password with wifi => wait\n1s later\nis reset => wait");
    desk.check(&format!("written done => ended Done wifi:Untried | {TOLD}, wifi Untried"));
}

#[test]
fn so_often_and_no_more() {
    let mut desk = proven(Policy { password_tries: 2, ..policy() });
    desk.check(
        "password with wifi
         written done
         written refused at wifi => elsewhere wifi:Refused { problem: InHistory }
         again with wifi => wait | writing, set password of 17@wifi (1) at wifi
         written refused at wifi => ended Done wifi:Refused { problem: InHistory }",
    );
}

#[test]
fn an_account_is_unlocked_in_all() {
    let mut desk = Desk::new(policy(), Some(person(&[Email])));
    desk.check(
        "types jo to unlock
         found
         chooses email
         code 1 => unlock
         unlock wifi:away library => wait | writing, unlock 17 (0)
         written done => wait | word that it is unlocked by email to email, forgive, unlocked, wifi Unavailable, \
         unlock 17@library (0) at library
         written unknown at library => elsewhere wifi:Unavailable library:Unknown | library Unknown
         again with wifi library => elsewhere wifi:Unavailable library:Unknown |
         unlock wifi library => wait | writing, unlock 17@wifi (1) at wifi
         30s later
         resume => wait | wifi Unknown, unlock 17@library (1) at library
         written done at library => elsewhere wifi:Unknown library:Done | library Done
         cancel => ended Unlocked wifi:Unknown library:Done | cancelled",
    );
}
