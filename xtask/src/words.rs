//! The word lists in `crates/core/words`, made from the words that people wrote in its folders and from rules.
//!
//! `banned.txt` is what passwords are searched for, `phrase.txt` what passphrases are made of. Both are kept in the repository,
//! so that building needs no tool; a test fails when they are not what this file makes.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::host::{self, Outcome};

/// A list: where it lies, what it is made of, and how.
struct List {
    file: &'static str,
    make: fn() -> Outcome<BTreeSet<String>>,
}

static LISTS: &[List] = &[List { file: "banned.txt", make: banned }, List { file: "phrase.txt", make: phrase }];

/// `cargo xtask words`.
pub(crate) fn run(words: &[String]) -> Outcome {
    if let Some(strange) = words.first() {
        return Err(format!("words takes no options, so not \"{strange}\" either."));
    }
    for list in LISTS {
        let made = (list.make)()?;
        let path = folder().join(list.file);
        fs::write(&path, text(&made)).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}: {} words", list.file, made.len());
    }
    Ok(())
}

fn folder() -> PathBuf {
    host::root().join("crates/core/words")
}

fn text(words: &BTreeSet<String>) -> String {
    let mut text = "# Made by `cargo xtask words`: change what it is made of, in the folders beside it.\n".to_owned();
    for word in words {
        text.push_str(word);
        text.push('\n');
    }
    text
}

/// The words in all files of a folder: in lines, with lines that begin with `#` passed over.
fn written(name: &str) -> Outcome<Vec<String>> {
    let folder = folder().join(name);
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut words = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let text = fs::read_to_string(entry.map_err(failed)?.path()).map_err(failed)?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        words.extend(lines.flat_map(str::split_whitespace).map(str::to_owned));
    }
    Ok(words)
}

fn banned() -> Outcome<BTreeSet<String>> {
    let mut words: BTreeSet<String> = written("banned")?.into_iter().collect();
    words.extend(walks());
    words.extend(columns());
    words.extend(repeats());
    words.extend((1930..=2049).map(|year| year.to_string()));
    words.extend(days());
    Ok(words)
}

/// Words of three to eight plain letters, each written once.
fn phrase() -> Outcome<BTreeSet<String>> {
    let all = written("plain")?;
    let fits = |word: &&String| (3..=8).contains(&word.len()) && word.bytes().all(|letter| letter.is_ascii_lowercase());
    let mut words = BTreeSet::new();
    for word in all.iter().filter(fits) {
        if !words.insert(word.clone()) {
            return Err(format!("words/plain has \"{word}\" twice: take one out."));
        }
    }
    Ok(words)
}

/// Rows of keyboards, of digits and of the alphabet.
const ROWS: [&str; 8] = [
    "1234567890",
    "0123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "abcdefghijklmnopqrstuvwxyz",
];

/// Four or more keys of a row, in either direction.
fn walks() -> Vec<String> {
    let back = ROWS.iter().map(|row| row.chars().rev().collect::<String>());
    let rows: Vec<String> = ROWS.iter().map(|row| (*row).to_owned()).chain(back).collect();
    let parts = |row: &String| {
        let length = row.len();
        let spans = (0..length).flat_map(move |from| (from + 4..=length).map(move |to| (from, to)));
        spans.map(|(from, to)| row[from..to].to_owned()).collect::<Vec<_>>()
    };
    rows.iter().flat_map(parts).collect()
}

/// The keys of the columns of a keyboard, down and up, and pairs of neighbouring columns.
fn columns() -> Vec<String> {
    let columns = ["1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm"];
    let pairs = columns.windows(2).map(|pair| pair.concat());
    let zigzag = [
        "1q2w",
        "2w3e",
        "3e4r",
        "4r5t",
        "1q2w3e",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "q1w2",
        "q1w2e3",
        "q1w2e3r4",
        "1a2s",
        "1a2s3d",
    ];
    let down = columns.map(str::to_owned).into_iter().chain(pairs).chain(zigzag.map(str::to_owned));
    down.flat_map(|keys| [keys.chars().rev().collect(), keys]).collect()
}

/// One key three to six times.
fn repeats() -> Vec<String> {
    let keys = ('a'..='z').chain('0'..='9');
    keys.flat_map(|key| (3..=6).map(move |times| String::from(key).repeat(times))).collect()
}

/// Every day of the year as four digits, the month first and the day first.
fn days() -> Vec<String> {
    let days = |month: u32| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let all = (1..=12).flat_map(|month| (1..=days(month)).map(move |day| (day, month)));
    all.flat_map(|(day, month)| [format!("{day:02}{month:02}"), format!("{month:02}{day:02}")]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_lists_are_what_the_rules_make() {
        for list in LISTS {
            let kept = fs::read_to_string(folder().join(list.file)).expect("the list is there");
            assert!(kept == text(&(list.make)().expect("it can be made")), "{}: run cargo xtask words", list.file);
        }
    }

    #[test]
    fn rules_make_walks_columns_and_days() {
        let all = banned().expect("it can be made");
        for word in
            ["qwerty", "ytrewq", "1qaz2wsx", "zaq1", "2412", "1224", "1999", "aaaa", "7777", "mnbvcxz", "liverpool"]
        {
            assert!(all.contains(word), "{word}");
        }
    }
}
