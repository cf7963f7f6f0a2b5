//! A password, whatever it is, gets a verdict that says the same of both its spellings, and no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regain_core::Secret;
use regain_core::password::{Lists, Person, Rules, judge, normalised};

fuzz_target!(|bytes: &[u8]| {
    // The first half is the password, the second what is known of the person.
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (typed, known) = text.split_once('\n').unwrap_or((text, ""));
    if typed.chars().count() > 40 {
        // The estimator is slow from here on, and reads no more than this.
        return;
    }
    let person = Person {
        user_id: known.to_owned(),
        name: known.to_owned(),
        mails: vec![known.to_owned()],
        numbers: vec![known.to_owned()],
        old: Some(Secret::new(known)),
        codes: vec![Secret::new("482913")],
    };
    let rules = Rules { organisation: known.to_owned(), kinds: 3, ..Rules::default() };
    let typed = Secret::new(typed);
    let one = judge(&rules, &Lists::default(), &person, &typed, None);
    let other = judge(&rules, &Lists::default(), &person, &normalised(&typed), Some(&typed));
    assert!(one.problems() == other.problems());
});
