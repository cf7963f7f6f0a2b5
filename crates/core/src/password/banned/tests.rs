//! Worked examples of the score, the reference's and ours.

use super::*;

/// The score with these words and no others.
fn points(words: &[&str], password: &str) -> u32 {
    score_with(None, &[&Banned::new(words.iter().copied())], &folded(password)).points
}

#[test]
fn the_reference_s_worked_examples() {
    let words = ["contoso", "blank"];
    assert_eq!(points(&words, "C0ntos0Blank12"), 4);
    assert_eq!(points(&words, "ContoS0Bl@nkf9!"), 5);
    assert_eq!(points(&["blank"], "Bl@nK"), 1);
    for like in ["abcdef", "abcdeg", "abcde", "aBcD3F"] {
        assert_eq!(points(&["abcdef"], like), 1, "{like}");
    }
    // A letter more at the end: one word and one character.
    assert_eq!(points(&["abcdef"], "abcdefg"), 2);
}

#[test]
fn the_lowest_score_of_all_ways_counts() {
    // Left to right "hothouse" would leave "plant" in pieces, "hot" and "houseplant" do not.
    assert_eq!(points(&["hothouse", "hot", "houseplant"], "hothouseplant"), 2);
    assert_eq!(points(&["aaaa", "aaaaaa"], "aaaaaaaaaa"), 2);
    assert_eq!(points(&["sun", "sunset", "setting"], "sunsetting"), 2);
    assert_eq!(points(&[], "sunset"), 6);
    assert_eq!(points(&["sunset"], ""), 0);
}

#[test]
fn points_are_counted_up_to_a_bound() {
    assert_eq!(points(&[], &"x7".repeat(128)), MOST);
    assert_eq!(points(&["sunset"], &"sunset".repeat(40)), MOST);
}

#[test]
fn the_word_is_told_only_if_it_is_not_ours() {
    let own = Banned::new(["Thornbury", "bus"]);
    let told = |password: &str| score(&[&own], &folded(password)).word;
    assert_eq!(told("th0rnbury1").as_deref(), Some("Thornbury"));
    assert_eq!(told("busthornburi").as_deref(), Some("Thornbury"));
    assert_eq!(told("password1"), None);
    assert_eq!(told("plum kettle 94 orbit"), None);
}

#[test]
fn a_list_is_read_or_refused_with_its_line() {
    let list = Banned::parse("\u{feff}# ours\n\nThornbury\r\n  Wester Ross  \nthornbury\n").expect("a good list");
    assert_eq!(list.len(), 3);
    let refused = |text: &str| Banned::parse(text).expect_err("a bad list");
    assert_eq!(refused("good\n\nx\n"), BadLine { line: 3, why: "shorter than two characters" });
    assert_eq!(refused(&"x".repeat(65)).line, 1);
    assert_eq!(refused("good\nno\u{0}o\n").line, 2);
    assert!(Banned::parse("").expect("an empty list").is_empty());
}

#[test]
fn what_we_ship_is_there() {
    assert!(Banned::shipped().len() > 1_500);
    for password in
        ["password", "Summer2024", "qwertyuiop", "drowssap", "[sddeptf", "Liverpool1", "1q2w3e4r", "aaaabbbb"]
    {
        let score = score(&[], &folded(password));
        assert!(score.points < ENOUGH, "{password} has {}", score.points);
    }
    for password in ["plum kettle 94 orbit", "Nine purple trombones 7!", "v8#Lq2_wZr", "k3!vQz9mB"] {
        let score = score(&[], &folded(password));
        assert!(score.points >= ENOUGH, "{password} has {}", score.points);
    }
}
