//! Verdicts as tables.

use super::*;

fn jo() -> Person {
    Person {
        user_id: "Jo.Bloggs@example.org".into(),
        name: "Joanna Bloggs".into(),
        mails: vec!["sailor.jane@mail.co.uk".into()],
        numbers: vec!["+447700900123;ext=12".into()],
        old: None,
        codes: vec![Secret::new("482913")],
    }
}

#[track_caller]
fn check(typed: &str, again: &str, expected: &[Problem]) {
    let (typed, again) = (Secret::new(typed), Secret::new(again));
    let judged = judge(&Rules::default(), &Lists::default(), &jo(), &typed, Some(&again));
    assert_eq!(judged.problems(), expected, "{}", typed.reveal());
}

#[test]
fn verdicts() {
    let good = "plum kettle 94 orbit";
    check(good, good, &[]);
    check("", "", &[Problem::Empty]);
    check(good, "plum kettle 94 orbis", &[Problem::Mismatch]);
    check("k3!vQz", "k3!vQz", &[Problem::TooShort { min: 8 }]);
    check("password1", "password1", &[Problem::Banned { word: None, points: 2 }]);
    check("xq-jo.bloggs-7Vw", "xq-jo.bloggs-7Vw", &[Problem::ContainsUserId]);
    check("plum\tkettle 94 orbit", "plum\tkettle 94 orbit", &[Problem::Control]);
    let long = format!("plum kettle 94 orbit {}", "aX9-".repeat(60));
    check(&long, &long, &[Problem::TooLong { max: 256 }]);
}

#[test]
fn two_spellings_of_one_letter_are_one_password() {
    let (composed, apart) = ("caf\u{e9} kettle 94 orbit", "cafe\u{301} kettle 94 orbit");
    check(composed, apart, &[]);
    assert!(normalised(&Secret::new(apart)).same_as(&normalised(&Secret::new(composed))));
    check("plum\u{a0}kettle 94 orbit", "plum kettle 94 orbit", &[]);
}

#[test]
fn the_words_of_the_organisation_are_easy() {
    let rules = Rules { organisation: "Thornbury Trust".into(), ..Rules::default() };
    let strength = |rules: &Rules| {
        judge(rules, &Lists::default(), &Person::default(), &Secret::new("thornbury12"), None).strength()
    };
    assert!(strength(&rules) < strength(&Rules::default()));
}

#[test]
fn a_history_is_asked_last_and_only_about_what_would_be_taken() {
    let asked = std::cell::RefCell::new(Vec::new());
    let recall = |password: &Secret| {
        asked.borrow_mut().push(password.reveal().to_owned());
        Some(Recalled { before: password.reveal().contains("orbit"), mark: Mark("a mark".into()) })
    };
    let lists = Lists { history: Some(&recall), ..Lists::default() };
    let verdict = |typed: &str, again: &str| {
        let judged = judge(&Rules::default(), &lists, &jo(), &Secret::new(typed), Some(&Secret::new(again)));
        (judged.problems().to_vec(), judged.mark().cloned())
    };
    let (used, fresh) = ("plum kettle 94 orbit", "caf\u{e9} kettle 94 walrus");
    assert_eq!(verdict(used, used), (vec![Problem::InHistory], None));
    assert_eq!(verdict(fresh, "cafe\u{301} kettle 94 walrus"), (Vec::new(), Some(Mark("a mark".into()))));
    assert_eq!(verdict("password1", "password1").1, None);
    assert_eq!(verdict(used, fresh), (vec![Problem::Mismatch], None));
    assert_eq!(verdict("", ""), (vec![Problem::Empty], None));
    assert_eq!(*asked.borrow(), [used, fresh], "as it is used, and nothing that is refused anyway");
    let cannot_say = Lists { history: Some(&|_| None), ..Lists::default() };
    let judged = judge(&Rules::default(), &cannot_say, &jo(), &Secret::new(used), None);
    assert!(judged.problems().is_empty() && judged.mark().is_none());
}

mod own_data;
mod tables;
