//! The repository's files, and Rust source without its comments.

use std::path::Path;
use std::process::Command;

use super::Finding;
use crate::host::Outcome;

/// All text files of the repository.
pub(super) struct Repo {
    pub(super) files: Vec<File>,
}

/// One of them.
pub(super) struct File {
    /// From the root, with slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl Repo {
    /// Every file that git follows or would follow; those that are not text are left out.
    pub(super) fn read(root: &Path) -> Outcome<Self> {
        let words = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let output = Command::new("git").args(words).current_dir(root).output();
        let output = output.map_err(|error| format!("git could not be started ({error}). Install it."))?;
        if !output.status.success() {
            return Err("git could not list the files. Run this inside a clone of the repository.".into());
        }
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        let paths = listed.split('\0').filter(|path| !path.is_empty());
        let files = paths.filter_map(|path| {
            let text = std::fs::read_to_string(root.join(path)).ok()?;
            Some(File { path: path.to_owned(), text })
        });
        Ok(Self { files: files.collect() })
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        Self { files: files.iter().map(file).collect() }
    }

    /// The file at this path.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Files below a folder whose names end so.
    pub(super) fn below<'a>(&'a self, folder: &'a str, ends: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| file.path.starts_with(folder) && file.path.ends_with(ends))
    }

    /// All Rust source.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.below("", ".rs")
    }
}

impl File {
    /// A finding at the line (counted from 0) that has this text.
    pub(super) fn at(&self, line: usize, what: impl Into<String>, advice: &'static str) -> Finding {
        Finding { place: format!("{}:{}", self.path, line + 1), what: what.into(), advice }
    }

    /// A finding about the file as a whole.
    pub(super) fn whole(&self, what: impl Into<String>, advice: &'static str) -> Finding {
        Finding { place: self.path.clone(), what: what.into(), advice }
    }

    /// The source without comments, line by line; texts in quotes stay if `quoted`.
    pub(super) fn code(&self, quoted: bool) -> Vec<String> {
        without_comments(&self.text, quoted).lines().map(str::to_owned).collect()
    }

    /// The same up to the module of tests at its end; nothing of a file that is such a module.
    pub(super) fn product(&self, quoted: bool) -> Vec<String> {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return Vec::new();
        }
        let mut lines = self.code(quoted);
        let pairs = lines.iter().zip(lines.iter().skip(1));
        let opens = |(mark, next): (&String, &String)| mark == "#[cfg(test)]" && next.starts_with("mod tests");
        let tests = pairs.map(opens).position(|opens| opens);
        lines.truncate(tests.unwrap_or(lines.len()));
        lines
    }
}

/// What the reader of [`without_comments`] is inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    Line,
    Block(u32),
    Quotes,
    Raw(usize),
}

/// Rust source with comments (and, unless `quoted`, the insides of texts) taken out. Line breaks stay, so lines keep their
/// numbers.
fn without_comments(source: &str, quoted: bool) -> String {
    let chars: Vec<char> = source.chars().collect();
    let ahead = |at: usize, text: &str| text.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    let mut kept = String::with_capacity(source.len());
    let mut inside = Inside::Code;
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let mut took = 1;
        let mut keep = c == '\n';
        match inside {
            Inside::Code if ahead(at, "//") => inside = Inside::Line,
            Inside::Code if ahead(at, "/*") => (inside, took) = (Inside::Block(1), 2),
            Inside::Code if c == '"' => (inside, keep) = (Inside::Quotes, true),
            Inside::Code if c == 'r' && !kept.ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
                let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                keep = true;
                if chars.get(at + 1 + hashes) == Some(&'"') {
                    (inside, took) = (Inside::Raw(hashes), hashes + 2);
                }
            }
            // A character: otherwise '"' would open a text.
            Inside::Code if c == '\'' && chars.get(at + 2) == Some(&'\'') => (took, keep) = (3, true),
            Inside::Code if ahead(at, "'\\") => {
                let length = chars[at + 3..].iter().position(|c| *c == '\'').unwrap_or(0);
                (took, keep) = (length + 4, true);
            }
            Inside::Code => keep = true,
            Inside::Line if c == '\n' => inside = Inside::Code,
            Inside::Line => {}
            Inside::Block(depth) if ahead(at, "*/") => {
                (inside, took) = (if depth == 1 { Inside::Code } else { Inside::Block(depth - 1) }, 2);
            }
            Inside::Block(depth) if ahead(at, "/*") => (inside, took) = (Inside::Block(depth + 1), 2),
            Inside::Block(_) => {}
            Inside::Quotes if c == '\\' => (took, keep) = (2, quoted || chars.get(at + 1) == Some(&'\n')),
            Inside::Quotes if c == '"' => (inside, keep) = (Inside::Code, true),
            Inside::Raw(hashes) if c == '"' && (1..=hashes).all(|i| chars.get(at + i) == Some(&'#')) => {
                (inside, took, keep) = (Inside::Code, hashes + 1, true);
            }
            Inside::Quotes | Inside::Raw(_) => keep |= quoted,
        }
        if keep {
            kept.extend(chars.iter().skip(at).take(took));
        }
        at += took;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, quoted: bool, expected: &str) {
        assert_eq!(without_comments(source, quoted), expected, "{source}");
    }

    #[test]
    fn takes_out_comments_and_keeps_lines() {
        check("a // b\nc /* d\n/* e */ f */ g", false, "a \nc \n g");
        check(r#"let a = "// no comment";"#, true, r#"let a = "// no comment";"#);
        check(r#"let a = "x\"y"; b"#, false, r#"let a = ""; b"#);
        check("r#\"in \" it\"# x", false, "r#\"\"# x");
        check("var \"x\"", false, "var \"\"");
        check("'\"' 'a '\\'' \"q\" '\\u{1F}'", false, "'\"' 'a '\\'' \"\" '\\u{1F}'");
        check("\"a\\\n  b\" c", false, "\"\\\n\" c");
    }

    #[test]
    fn tests_at_the_end_are_not_the_product() {
        let repo = Repo::of(&[("a.rs", "#[cfg(test)]\nuse b;\nc\n#[cfg(test)]\nmod tests {\n}\n")]);
        assert_eq!(repo.files[0].product(false), ["#[cfg(test)]", "use b;", "c"]);
    }
}
