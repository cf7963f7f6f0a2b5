//! What holds for every password, tried on many: no verdict panics, two spellings have one verdict, and a word more on a list
//! never makes a password better.

use proptest::prelude::*;
use regain_core::Secret;
use regain_core::password::banned::{Banned, score};
use regain_core::password::normalise::folded;
use regain_core::password::{Judged, Lists, Person, Problem, Rules, judge};
use unicode_normalization::UnicodeNormalization;

/// Texts that people and attackers type: words in disguise, names, other alphabets, emoji, and anything at all.
fn typed() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(vec![
            "password", "P@ssw0rd", "Summer", "2024", "1234", "qwerty", "Bloggs", "jo.bloggs", "Thornbury", "482913", "plum", "kettle",
        ]).prop_map(str::to_owned),
        2 => "[a-zA-Z0-9!@#$%^&*() ]{0,8}",
        1 => "[à-ÿА-яα-ωא-ת가-힣一-龥]{0,6}",
        1 => "\\PC{0,6}",
        1 => any::<String>().prop_map(|text| text.chars().take(8).collect()),
        1 => prop::sample::select(vec!["e\u{301}", "👩\u{200d}🚀", "\u{202e}", "\u{0}", "ﬁ", "İ", "ẞ", "\u{1e9b}\u{323}"]).prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-e]{2,6}|[a-zA-Z]{3,9}|\\PC{2,5}", 0..12)
}

fn jo() -> Person {
    Person {
        user_id: "jo.bloggs@example.org".into(),
        name: "Jo Bloggs".into(),
        mails: vec!["sailor.jane@mail.co.uk".into()],
        numbers: vec!["+447700900123".into()],
        old: Some(Secret::new("plum kettle 93 orbit")),
        codes: vec![Secret::new("482913")],
    }
}

fn verdict(text: &str, own: &Banned) -> Judged {
    let rules = Rules { organisation: "Thornbury Trust".into(), kinds: 2, ..Rules::default() };
    judge(&rules, &Lists { own: vec![own], ..Lists::default() }, &jo(), &Secret::new(text), None)
}

fn points(words: &[String], text: &str) -> u32 {
    score(&[&Banned::new(words.iter().map(String::as_str))], &folded(text)).points
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_password_gets_a_verdict(text in typed()) {
        let judged = verdict(&text, &Banned::default());
        let empty = judged.problems() == [Problem::Empty];
        prop_assert_eq!(empty, text.is_empty());
    }

    #[test]
    fn two_spellings_have_one_verdict(text in typed(), words in words()) {
        let own = Banned::new(words.iter().map(String::as_str));
        let (composed, apart): (String, String) = (text.nfc().collect(), text.nfd().collect());
        let (one, other) = (verdict(&composed, &own), verdict(&apart, &own));
        prop_assert!(one.password().same_as(other.password()));
        prop_assert_eq!(one.problems(), other.problems());
        prop_assert_eq!((one.points(), one.strength()), (other.points(), other.strength()));
    }

    #[test]
    fn a_word_more_never_raises_the_score(text in typed(), mut words in words(), more in "[a-e]{2,6}|\\PC{2,8}") {
        let before = points(&words, &text);
        words.push(more);
        prop_assert!(points(&words, &text) <= before);
    }

    #[test]
    fn a_word_is_found_in_any_disguise(word in "[a-z]{5,12}", at in 0usize..12, letter in "[a-z]") {
        let own = [word.clone()];
        let mut changed: Vec<char> = word.chars().collect();
        let place = at % changed.len();
        changed[place] = letter.chars().next().unwrap_or('x');
        let mut shorter: Vec<char> = word.chars().collect();
        shorter.remove(place);
        let disguised = word.to_uppercase().replace('O', "0").replace('S', "$").replace('A', "@").replace('E', "3");
        for text in [changed.into_iter().collect(), shorter.into_iter().collect(), disguised, word.chars().rev().collect::<String>()] {
            prop_assert_eq!(points(&own, &text), 1, "{}", text);
        }
    }
}
