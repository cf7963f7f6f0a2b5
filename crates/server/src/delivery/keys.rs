//! Reads a gateway's section of the configuration and remembers everything that is wrong with it.
//!
//! Reading with `serde` stops at the first problem; whoever sets up a gateway wants to hear of all of them.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use regain_core::Secret;
use toml::Value;

/// The keys of every gateway, which were read before its own.
const EVERY: &str = "kind, name, timeout_seconds";

/// A section that is being read. Each key is taken out; what is left at the end is unknown.
pub(crate) struct Keys {
    table: toml::Table,
    known: Vec<String>,
    problems: Vec<String>,
}

impl Keys {
    /// Starts to read.
    pub(crate) fn new(table: toml::Table) -> Self {
        Self { table, known: Vec::new(), problems: Vec::new() }
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.known.push(key.to_owned());
        self.table.remove(key)
    }

    /// Notes that something is wrong with a key; `what` says what to do.
    pub(crate) fn problem(&mut self, key: &str, what: &str) {
        self.problems.push(format!("{key}: {what}"));
    }

    /// A text that need not be there.
    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) if !text.trim().is_empty() => Some(text),
            _ => {
                self.problem(key, "must be a text in quotes, and not empty");
                None
            }
        }
    }

    /// A text that must be there; empty if it is not, which is noted.
    pub(crate) fn required(&mut self, key: &str, what: &str) -> String {
        let there = self.table.contains_key(key);
        let text = self.text(key);
        if !there {
            self.problem(key, &format!("is missing; it says {what}"));
        }
        text.unwrap_or_default()
    }

    /// A whole number in a range.
    pub(crate) fn number(&mut self, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.take(key)?;
        let number = value.as_integer().and_then(|n| u64::try_from(n).ok()).filter(|n| range.contains(n));
        if number.is_none() {
            self.problem(key, &format!("must be a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let word = self.text(key)?;
        let found = choices.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.problem(key, &format!("\"{word}\" is none of: {}", names.join(", ")));
        }
        found
    }

    /// A secret, from `key` itself or from the file that `key_file` names (the end of its line is not part of it).
    pub(crate) fn secret(&mut self, key: &str) -> Option<Secret> {
        let by_file = format!("{key}_file");
        if self.table.contains_key(key) && self.table.contains_key(&by_file) {
            self.problem(key, &format!("is given twice; keep either this or {by_file}"));
        }
        let inline = self.text(key).map(Secret::new);
        let file = self.path(&by_file);
        let from_file = file.and_then(|file| self.file(&by_file, &file));
        inline.or_else(|| from_file.map(|text| Secret::new(text.trim_end_matches(['\r', '\n']))))
    }

    /// The path of a file.
    pub(crate) fn path(&mut self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    fn file(&mut self, key: &str, file: &Path) -> Option<String> {
        match std::fs::read_to_string(file) {
            Ok(text) if !text.trim().is_empty() => Some(text),
            Ok(_) => {
                self.problem(key, &format!("the file {} is empty; write the secret into it", file.display()));
                None
            }
            Err(error) => {
                let what = format!("cannot read {} ({error}); check the path and who may read it", file.display());
                self.problem(key, &what);
                None
            }
        }
    }

    /// A table of texts.
    pub(crate) fn texts(&mut self, key: &str) -> Vec<(String, String)> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let pairs = value.as_table().map(|table| {
            table.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect::<Option<_>>()
        });
        pairs.flatten().unwrap_or_else(|| {
            self.problem(key, "must be a table whose values are texts in quotes");
            Vec::new()
        })
    }

    /// HTTP statuses: a list of numbers and of ranges such as `"200-299"`.
    pub(crate) fn statuses(&mut self, key: &str) -> Option<Vec<RangeInclusive<u16>>> {
        let value = self.take(key)?;
        let one = |value: &Value| match value {
            Value::Integer(n) => status(&n.to_string()).map(|n| n..=n),
            Value::String(text) => {
                let (from, to) = text.split_once('-').unwrap_or((text, text));
                Some(status(from)?..=status(to)?).filter(|range| !range.is_empty())
            }
            _ => None,
        };
        let list = value.as_array().cloned().unwrap_or_else(|| vec![value]);
        let ranges = list.iter().map(one).collect::<Option<Vec<_>>>();
        if ranges.is_none() {
            self.problem(key, "must be a list of statuses from 100 to 599 and ranges, such as [200, \"202-204\"]");
        }
        ranges
    }

    /// The keys that were not read, and what was wrong so far.
    pub(crate) fn rest(self) -> (toml::Table, Vec<String>) {
        (self.table, self.problems)
    }

    /// Ends reading.
    ///
    /// # Errors
    /// A line per problem; a key that nobody asked for is one.
    pub(crate) fn finish(mut self) -> Result<(), String> {
        let known = format!("{EVERY}, {}", self.known.join(", "));
        let unknown = self.table.keys().map(|key| format!("{key}: there is no such key here; the keys are: {known}"));
        self.problems.extend(unknown);
        if self.problems.is_empty() { Ok(()) } else { Err(self.problems.join("\n")) }
    }
}

fn status(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|n| (100..=599).contains(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Keys {
        Keys::new(text.parse().unwrap())
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let mut keys = keys("host = 5\nport = 70000\nhots = 'x'\nlevel = 'huge'");
        keys.required("host", "where it is");
        keys.required("from", "who sends");
        keys.number("port", 1..=65535);
        keys.choice("level", &[("low", 1), ("high", 2)]);
        let problems = keys.finish().unwrap_err();
        let lines: Vec<&str> = problems.lines().collect();
        assert_eq!(lines.len(), 5, "{problems}");
        assert_eq!(lines[0], "host: must be a text in quotes, and not empty");
        assert_eq!(lines[1], "from: is missing; it says who sends");
        assert_eq!(lines[2], "port: must be a whole number from 1 to 65535");
        assert_eq!(lines[3], "level: \"huge\" is none of: low, high");
        assert_eq!(
            lines[4],
            "hots: there is no such key here; the keys are: kind, name, timeout_seconds, host, from, port, level"
        );
    }

    #[test]
    fn secrets_come_from_the_key_or_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3 cret\r\n").unwrap();
        let from_file = format!("password_file = '{}'", file.path().display());
        assert_eq!(keys(&from_file).secret("password").unwrap().reveal(), "s3 cret");
        assert_eq!(keys("password = 'here'").secret("password").unwrap().reveal(), "here");
        assert!(keys("").secret("password").is_none());

        let mut both = keys(&format!("{from_file}\npassword = 'here'"));
        both.secret("password");
        assert_eq!(both.finish().unwrap_err(), "password: is given twice; keep either this or password_file");

        let mut gone = keys("password_file = '/nowhere/secret'");
        assert!(gone.secret("password").is_none());
        assert!(gone.finish().unwrap_err().starts_with("password_file: cannot read /nowhere/secret ("));
    }

    #[test]
    fn statuses_are_numbers_and_ranges() {
        assert_eq!(keys("s = [200, '202-204']").statuses("s").unwrap(), [200..=200, 202..=204]);
        assert_eq!(keys("s = '200-299'").statuses("s").unwrap(), [200..=299]);
        for wrong in ["s = [20]", "s = ['204-200']", "s = [true]", "s = 'all'"] {
            let mut keys = keys(wrong);
            assert!(keys.statuses("s").is_none(), "{wrong}");
            assert!(keys.finish().is_err(), "{wrong}");
        }
    }
}
