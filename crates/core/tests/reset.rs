//! Journeys through a reset, as people make them.

#[path = "reset/desk.rs"]
mod desk;
#[path = "reset/elsewhere.rs"]
mod elsewhere;
#[path = "reset/goals.rs"]
mod goals;
#[path = "support/registered.rs"]
mod registered;
#[path = "reset/stopped.rs"]
mod stopped;

use desk::{Desk, check, keys, person, policy};
use regain_core::method::ContactKind::{Email, Mobile, Office};
use regain_core::method::{Channel, Method};
use regain_core::subject::{Account, Contact, ContactId};
use regain_core::throttle::What;
use regain_core::{Ctx, Policy, captcha};

#[test]
fn one_step_by_each_method() {
    for (way, mask, sent) in [
        ("email", "jo*****@m****.co.uk", "code by email to email"),
        ("text", "*********23", "code by text to mobile"),
        ("mobile_call", "*********23", "code by call to mobile"),
        ("office_call", "*********00", "code by call to office"),
    ] {
        let journey = format!(
            "types jo@example.org => wait | started, look up jo@example.org
             found => choose 1/1: email text mobile_call office_call | found
             chooses {way} => code 1/1 {way} {mask} | {sent}, code_sent
             code 1 => password | uncount proofs, proved
             password => wait | writing, set password of 17 (0)
             written done => ended Done | notice by email to email, forgive, end sessions of 17, password_set"
        );
        check(policy(), Some(person(&[Email, Mobile, Office])), &journey);
    }
}

#[test]
fn two_steps_are_two_methods() {
    let two = Policy { steps: 2, ..policy() };
    check(
        two,
        Some(person(&[Email, Mobile])),
        "types jo
         found => choose 1/2: email text mobile_call
         chooses text => code 1/2 text *********23
         code 1 => choose 2/2: email mobile_call | uncount proofs, proved
         password => choose 2/2: email mobile_call |
         chooses text => choose 2/2: email mobile_call |
         chooses email => code 2/2 email jo*****@m****.co.uk | code by email to email, code_sent
         code 1 => code 2/2 email jo*****@m****.co.uk (Wrong { left: 4 }) | code_wrong
         code 2 => password | uncount proofs, proved
         password => wait | writing, set password of 17 (0)",
    );
}

#[test]
fn two_steps_are_not_for_somebody_with_one_method() {
    let two = Policy { steps: 2, ..policy() };
    check(two, Some(person(&[Email])), "types jo\nfound => ended CareTeam | sent_to_care_team");
}

#[test]
fn an_administrator_needs_two_devices_whatever_the_policy_says() {
    let boss = |contacts: &[_]| Some(Account { groups: vec!["ADMINISTRATORS".into()], ..person(contacts) });
    check(
        policy(),
        boss(&[Email, Mobile]),
        "types jo
         found => choose 1/2: email text mobile_call
         chooses text
         code 1 => choose 2/2: email
         chooses mobile_call => choose 2/2: email |
         chooses email
         code 2 => password",
    );
    check(policy(), boss(&[Mobile]), "types jo\nfound => ended CareTeam | sent_to_care_team");
    check(policy(), boss(&[Mobile, Office]), "types jo\nfound => choose 1/2: text mobile_call office_call");
    let mut one_number = boss(&[Mobile, Office]).expect("somebody");
    one_number.contacts[1].address = one_number.contacts[0].address.clone();
    check(policy(), Some(one_number), "types jo\nfound => ended CareTeam | sent_to_care_team");
}

#[test]
fn only_allowed_methods_are_offered() {
    let email_only = Policy { methods: vec![Method::Email], ..policy() };
    check(
        email_only.clone(),
        Some(person(&[Email, Mobile])),
        "types jo
         found => choose 1/1: email
         chooses text => choose 1/1: email |
         chooses office_call => choose 1/1: email |",
    );
    check(email_only, Some(person(&[Mobile])), "types jo\nfound => ended CareTeam | sent_to_care_team");
}

#[test]
fn the_whole_number_is_asked_for_where_the_policy_says() {
    let asked = Policy { confirm_number: true, ..policy() };
    check(
        asked.clone(),
        Some(person(&[Email, Mobile])),
        "types jo
         found => choose 1/1: email text? mobile_call?
         chooses text confirming +447700900999 => choose 1/1: email text? mobile_call? (Confirmation { option: 1 }) \
            | confirmation_failed, uncount sends
         chooses text => choose 1/1: email text? mobile_call? (Confirmation { option: 1 })
         chooses text confirming +447700900123 => code 1/1 text *********23 | uncount proofs, code by text to mobile, code_sent
         code none => code 1/1 text *********23 (Wrong { left: 2 })",
    );
    check(asked, Some(person(&[Email])), "types jo\nfound\nchooses email => code 1/1 email jo*****@m****.co.uk");
}

#[test]
fn wrong_confirmations_are_wrong_answers() {
    let asked = Policy { confirm_email: true, tries: 2, ..policy() };
    check(
        asked,
        Some(person(&[Email])),
        "types jo
         found => choose 1/1: email?
         chooses email confirming a@b.example
         chooses email confirming a@c.example => ended TooManyTries",
    );
}

#[test]
fn who_cannot_reset_alone_is_led_to_the_care_team() {
    let nothing = person(&[]);
    let disabled = Account { disabled: true, ..person(&[Email]) };
    for account in [nothing, disabled] {
        check(policy(), Some(account), "types jo\nfound => ended CareTeam | sent_to_care_team");
    }
    let scoped = Policy { scope: vec!["Staff".into()], ..policy() };
    check(scoped.clone(), Some(person(&[Email])), "types jo\nfound => ended CareTeam | sent_to_care_team");
    let member = Account { groups: vec!["staff".into()], ..person(&[Email]) };
    check(scoped, Some(member), "types jo\nfound => choose 1/1: email | found");
}

#[test]
fn a_rest_is_told_at_the_look_up() {
    let ended = "ended Resting { until: Time(86400000) }";
    let found = format!("types jo\nfound resting => {ended} | found, throttled");
    check(policy(), Some(person(&[Email])), &found);
    check(policy(), None, &found.replace("| found", "| not_found"));
}

#[test]
fn somebody_unknown_goes_on_with_a_decoy_and_gets_nowhere() {
    let mut desk = Desk::new(policy(), None);
    desk.play("types nobody");
    let (page, done) = desk.play("not found");
    assert!(page.starts_with("choose 1/"), "{page}");
    assert_eq!(done, "not_found");
    let way = desk.flow.stage.subject().expect("a decoy").options[0].method.name();
    let (page, done) = desk.play(&format!("chooses {way}"));
    assert!(page.starts_with("code 1/") && done.ends_with("to nobody, code_sent"), "{page} {done}");
    let (page, _) = desk.play("code 1");
    assert!(page.ends_with("(Wrong { left: 4 })"), "even the right code is wrong: {page}");
}

#[test]
fn a_picture_read_wrongly_costs_a_picture() {
    let pictures = Policy { captcha: captcha::Kind::Picture, ..policy() };
    check(
        pictures,
        Some(person(&[Email])),
        "types jo => identify (Captcha) | captcha_failed
         new picture => identify | picture_changed
         types jo reads rightly => wait | started, look up jo
         look-up fails => identify (Unavailable) | look_up_failed
         types jo => identify (Captcha)
         types jo
         types jo
         types jo => ended TooManyPictures | captcha_failed, tries_exhausted",
    );
}

#[test]
fn a_look_up_that_was_interrupted_is_asked_again() {
    check(
        policy(),
        Some(person(&[Email])),
        "types jo => wait | started, look up jo
         tick => wait |
         resume => wait | started, look up jo
         found => choose 1/1: email",
    );
}

#[test]
fn the_answer_to_an_earlier_look_up_is_nobodys() {
    check(
        policy(),
        Some(person(&[Email])),
        "types jo
         back => identify | went_back
         types sam => wait | started, look up sam
         found late for jo => wait |
         found late for sam => choose 1/1: email | found",
    );
}

#[test]
fn wrong_codes_are_counted_over_new_codes_and_other_ways() {
    check(
        policy(),
        Some(person(&[Email, Mobile])),
        "types jo
         found
         chooses email
         code none => code 1/1 email jo*****@m****.co.uk (Wrong { left: 4 })
         code none => code 1/1 email jo*****@m****.co.uk (Wrong { left: 3 })
         30s later
         resend => code 1/1 email jo*****@m****.co.uk | code by email to email, code_sent
         code 1 => code 1/1 email jo*****@m****.co.uk (Wrong { left: 2 }) | code_wrong
         other way => choose 1/1: email text mobile_call | other_way
         30s later
         chooses text
         code none => code 1/1 text *********23 (Wrong { left: 1 })
         code none => ended TooManyTries | code_wrong, tries_exhausted
         code 3 => ended TooManyTries |",
    );
}

#[test]
fn going_back_forgets_the_person_and_keeps_what_was_used_up() {
    check(
        Policy { sends: 2, steps: 2, ..policy() },
        Some(person(&[Email, Mobile])),
        "types jo
         found
         chooses email
         code none => code 1/2 email jo*****@m****.co.uk (Wrong { left: 4 })
         code 1 => choose 2/2: text mobile_call
         back => identify | went_back
         types jo
         found => choose 1/2: email text mobile_call
         chooses email => code 1/2 email jo*****@m****.co.uk
         code 1 => code 1/2 email jo*****@m****.co.uk (Wrong { left: 3 })
         code 2 => choose 2/2: text mobile_call
         chooses text => choose 2/2: text mobile_call (NoCodesLeft) | throttled",
    );
}

#[test]
fn a_late_code_is_not_compared_and_a_new_one_can_be_had() {
    check(
        policy(),
        Some(person(&[Email])),
        "types jo
         found
         chooses email
         10m later => code 1/1 email jo*****@m****.co.uk
         code 1 => code 1/1 email jo*****@m****.co.uk (Late) | code_late
         resend => code 1/1 email jo*****@m****.co.uk | code by email to email, code_sent
         code 2 => password",
    );
}

#[test]
fn codes_follow_one_another_at_a_distance_and_come_to_an_end() {
    check(
        Policy { sends: 2, ..policy() },
        Some(person(&[Email])),
        "types jo
         found
         chooses email
         29s later
         resend => code 1/1 email jo*****@m****.co.uk |
         other way
         chooses email => code 1/1 email jo*****@m****.co.uk | code by email to email, code_sent
         30s later
         resend => code 1/1 email jo*****@m****.co.uk |
         code 2 => password",
    );
}

#[test]
fn limits_over_several_flows_are_told() {
    check(
        policy(),
        Some(person(&[Email])),
        "types jo
         found
         throttled sends => choose 1/1: email (TooManySends { until: Time(9) }) | throttled
         chooses email
         throttled sends => code 1/1 email jo*****@m****.co.uk (TooManySends { until: Time(9) }) | throttled
         code 1 => password
         throttled proofs => password |
         throttled proofs network => password |
         back
         types jo
         found
         throttled proofs network => choose 1/1: email (Resting { until: Time(9) }) | throttled
         chooses email
         throttled proofs network => code 1/1 email jo*****@m****.co.uk (Resting { until: Time(9) }) | throttled
         throttled proofs => ended Resting { until: Time(9) } | throttled",
    );
}

#[test]
fn a_password_turned_down_keeps_the_flow_and_says_why() {
    check(
        policy(),
        Some(person(&[Email])),
        "types jo
         found
         chooses email
         code 1
         password password => password [Banned { word: None, points: 1 }] | password_unfit
         password => wait | writing, set password of 17 (0)
         written refused => password [InHistory] | password_refused
         password => wait | writing, set password of 17 (1)
         written done 0 => wait |
         written unavailable 1 => password [Unavailable] | write_failed
         password => wait | writing, set password of 17 (2)
         written done => ended Done",
    );
}

#[test]
fn the_directory_is_not_asked_for_ever() {
    check(
        Policy { password_tries: 2, ..policy() },
        Some(person(&[Email])),
        "types jo
         found
         chooses email
         code 1
         password
         written refused
         password
         written refused => ended TooManyTries | password_refused, tries_exhausted",
    );
}

#[test]
fn a_lost_answer_is_called_unknown_and_never_tried_again() {
    let upto = "types jo
         found
         chooses email
         code 1
         password => wait | writing, set password of 17 (0)
         ";
    let account = || Some(person(&[Email]));
    let told = "ended Unknown | notice by email to email, end sessions of 17, outcome_unknown";
    check(policy(), account(), &format!("{upto} written unknown => {told}"));
    check(
        policy(),
        account(),
        &format!(
            "{upto} resume => wait |
             cancel => wait |
             back => wait |
             password => wait |
             extend => wait |
             29s later
             tick => wait |
             1s later
             resume => {told}
             written done => ended Unknown |"
        ),
    );
}

#[test]
fn the_answer_is_heard_after_the_end_of_the_flow() {
    let upto = "types jo
         found
         chooses email
         14m later
         resend
         code 2 => password
         password
         1m later => wait
         ";
    let account = || Some(person(&[Email]));
    check(policy(), account(), &format!("{upto} written done => ended Done"));
    check(policy(), account(), &format!("{upto} written refused => ended Expired | password_refused, expired"));
}

#[test]
fn time_runs_out_unless_more_is_asked_for() {
    check(
        Policy { extensions: 2, ..policy() },
        Some(person(&[Email])),
        "types jo
         found
         14m later
         extend => choose 1/1: email | extended
         14m later
         extend => choose 1/1: email | extended
         extend => choose 1/1: email |
         14m later => choose 1/1: email
         1m later => ended Expired
         chooses email => ended Expired | expired
         extend => ended Expired |
         back => ended Expired |",
    );
}

#[test]
fn cancelling_ends_it_everywhere_before_the_write() {
    let lines = ["types jo", "found", "chooses email", "code 1"];
    for upto in 0..=lines.len() {
        let journey =
            format!("{}\ncancel => ended Cancelled | cancelled\nback => ended Cancelled |", lines[..upto].join("\n"));
        check(policy(), Some(person(&[Email])), &journey);
    }
}

#[test]
fn notices_go_to_every_email_known_and_by_text_where_there_is_none() {
    let upto = |way: &str| format!("types jo\nfound\nchooses {way}\ncode 1\npassword\nwritten done => ended Done | ");
    let own = |mail: &str, account: Account| Account { own_mail: Some(mail.into()), ..account };
    let mut two_emails = own("jo@example.org", person(&[Email, Mobile]));
    two_emails.contacts.push(Contact {
        id: ContactId("second".into()),
        kind: Email,
        address: "jo@home.example".into(),
        young: false,
    });
    for (account, way, told) in [
        (person(&[Email, Mobile]), "text", "notice by email to email"),
        (two_emails, "text", "notice by email to email, notice by email to second, notice by email to jo@example.org"),
        (own("jo@example.org", person(&[Mobile])), "text", "notice by email to jo@example.org"),
        (own("JoBloggs@mail.co.uk", person(&[Email])), "email", "notice by email to email"),
        (person(&[Mobile, Office]), "office_call", "notice by text to mobile"),
    ] {
        check(policy(), Some(account), &format!("{}{told}, forgive, end sessions of 17, password_set", upto(way)));
    }
    check(
        policy(),
        Some(person(&[Office])),
        &format!("{}forgive, end sessions of 17, password_set", upto("office_call")),
    );
}

/// What an event claims, at the end of a journey.
#[track_caller]
fn claims(policy: Policy, journey: &str, line: &str, expected: &[What]) {
    let mut desk = Desk::new(policy.clone(), Some(person(&[Email, Mobile])));
    journey.lines().for_each(|line| drop(desk.play(line)));
    let ctx = Ctx { now: desk.now, entropy: [0; 32], policy: &policy, keys: &keys(), registration: &desk.registration };
    let claims = desk.flow.claims(&ctx, &desk.event(line));
    assert_eq!(claims.iter().map(|claim| claim.what).collect::<Vec<_>>(), expected, "{line}");
}

#[test]
fn whatever_is_compared_or_sent_is_counted_first_and_nothing_else() {
    use What::{LookUps, Proofs, Sends};
    // Three limits of the destination and two of the person.
    let sends = [Sends; 5];
    claims(policy(), "tick", "types jo", &[LookUps]);
    claims(policy(), "types jo", "types jo", &[]);
    claims(Policy { captcha: captcha::Kind::Picture, ..policy() }, "tick", "types jo", &[]);
    let chosen = "types jo\nfound\nchooses email";
    claims(policy(), "types jo\nfound", "chooses email", &sends);
    claims(policy(), "types jo\nfound", "chooses office_call", &[]);
    claims(policy(), chosen, "code none", &[Proofs]);
    claims(policy(), chosen, "resend", &[]);
    claims(policy(), &format!("{chosen}\n30s later"), "resend", &sends);
    claims(policy(), &format!("{chosen}\n10m later"), "code 1", &[]);
    claims(policy(), &format!("{chosen}\n15m later"), "resend", &[]);
    claims(policy(), &format!("{chosen}\nother way"), "chooses text", &sends);
    claims(policy(), &format!("{chosen}\ncode 1"), "code 1", &[]);
    let asked = Policy { confirm_number: true, ..policy() };
    claims(asked.clone(), "types jo\nfound", "chooses text", &[Proofs, Sends, Sends, Sends, Sends, Sends]);
    claims(asked, "types jo\nfound", "chooses email", &sends);
}

#[test]
fn without_email_the_notice_goes_by_text() {
    let ways = "types jo\nfound\nchooses text\ncode 1\npassword\n";
    let policy = Policy { channels: vec![Channel::Text, Channel::Call], ..policy() };
    check(
        policy,
        Some(person(&[Email, Mobile])),
        &format!(
            "{ways}written done => ended Done | notice by text to mobile, forgive, end sessions of 17, password_set"
        ),
    );
}
