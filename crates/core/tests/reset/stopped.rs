//! What is stopped for everybody: which ways are shown as not available, and which lead on.

use regain_core::method::ContactKind::{Email, Mobile, Office};

use crate::desk::{check, person, policy};

#[test]
fn what_is_stopped_for_everybody_is_shown_beside_what_is_not() {
    let until = "until: Time(9) })";
    check(
        policy(),
        Some(person(&[Email, Mobile, Office])),
        &format!(
            "types jo
             found
             stopped money => choose 1/1: email text- mobile_call- office_call- (NotNow {{ scope: Money, {until} | throttled
             stopped range => choose 1/1: email text- mobile_call- office_call (NotNow {{ scope: Range, {until} | throttled
             stopped emails => choose 1/1: email- text mobile_call office_call (NotNow {{ scope: Emails, {until} | throttled
             9s later => choose 1/1: email text mobile_call office_call
             chooses text => code 1/1 text *********23
             stopped money => code 1/1 text *********23 (NotNow {{ {until} | throttled
             other way => choose 1/1: email text mobile_call office_call
             chooses email
             code 2 => password"
        ),
    );
}
