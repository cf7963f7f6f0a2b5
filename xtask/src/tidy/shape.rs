//! What a file looks like.

use super::Finding;
use super::repo::{File, Repo};

/// More lines than this are more than one idea.
const LONGEST: usize = 500;

pub(super) fn no_mod_rs(repo: &Repo) -> Vec<Finding> {
    let wrong = repo.rust().filter(|file| file.path.ends_with("/mod.rs"));
    wrong.map(|file| file.whole("it is named mod.rs", "Name it after its folder: name.rs beside name/.")).collect()
}

pub(super) fn length(repo: &Repo) -> Vec<Finding> {
    let written = [".rs", ".mjs", ".js", ".py", ".sql", ".html", ".css"];
    let files = repo.files.iter().filter(|file| written.iter().any(|ends| file.path.ends_with(ends)));
    let long = files.map(|file| (file, file.text.lines().count())).filter(|(_, lines)| *lines > LONGEST);
    long.map(|(file, lines)| file.at(LONGEST, format!("{lines} lines"), "Split it where its ideas part.")).collect()
}

pub(super) fn header(repo: &Repo) -> Vec<Finding> {
    let wrong = repo.rust().filter(|file| !file.text.starts_with("//!"));
    wrong.map(|file| file.at(0, "no //! at the top", "Begin with a sentence on what it is for.")).collect()
}

pub(super) fn words(repo: &Repo) -> Vec<Finding> {
    // Put together here, so that this file does not break its own rule.
    let later = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let off = [concat!("db", "g!("), concat!("#[", "ignore"), concat!("#[", "allow("), concat!("#![", "allow(")];
    let source = |file: &&File| [".rs", ".mjs", ".py", ".sql", ".html"].iter().any(|ends| file.path.ends_with(ends));
    let mut findings = Vec::new();
    for file in repo.files.iter().filter(source) {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(word) = later.iter().find(|word| line.contains(**word)) {
                findings.push(file.at(number, *word, "Do it now, or open an issue and say nothing here."));
            }
            if let Some(word) = off.iter().find(|word| line.contains(**word)) {
                findings.push(file.at(number, *word, "Mend the cause; a lint may be expected with a reason."));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&Repo) -> Vec<Finding>;

    fn places(check: Check, path: &str, text: &str) -> Vec<String> {
        check(&Repo::of(&[(path, text)])).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn finds_a_mod_rs_and_a_missing_header() {
        assert_eq!(places(no_mod_rs, "a/mod.rs", ""), ["a/mod.rs"]);
        assert!(places(no_mod_rs, "a/model.rs", "").is_empty());
        assert_eq!(places(header, "a.rs", "// A.\n"), ["a.rs:1"]);
        assert!(places(header, "a.rs", "//! A.\n").is_empty());
    }

    #[test]
    fn finds_a_file_that_is_too_long() {
        assert_eq!(places(length, "a.rs", &"\n".repeat(501)), ["a.rs:501"]);
        assert!(places(length, "a.rs", &"\n".repeat(500)).is_empty());
        assert!(places(length, "a.txt", &"\n".repeat(501)).is_empty());
    }

    #[test]
    fn finds_what_is_left_for_later_or_switched_off() {
        assert_eq!(places(words, "a.rs", concat!("//! A.\n// TO", "DO: b\n#[", "ignore]")), ["a.rs:2", "a.rs:3"]);
        assert!(places(words, "a.rs", "#[expect(dead_code, reason = \"b\")]").is_empty());
    }
}
