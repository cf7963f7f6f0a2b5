//! The rules that no compiler checks. Each finding says where, which rule, and what to do.
//!
//! They run with `cargo xtask tidy`, in `cargo xtask test`, and under `cargo test` like any other test.

mod edges;
mod papers;
mod parts;
mod repo;
mod shape;

use crate::host::{self, Outcome};
use repo::Repo;

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// `file:line`, the line left out where the whole file is meant.
    place: String,
    /// What is wrong there.
    what: String,
    /// What to do about it.
    advice: &'static str,
}

/// A rule: its name, and the places that break it.
struct Rule {
    name: &'static str,
    check: fn(&Repo) -> Vec<Finding>,
}

static RULES: &[Rule] = &[
    Rule { name: "no mod.rs", check: shape::no_mod_rs },
    Rule { name: "files have at most 500 lines", check: shape::length },
    Rule { name: "a module says first what it is for", check: shape::header },
    Rule { name: "nothing is left for later or switched off", check: shape::words },
    Rule { name: "dependencies between modules point one way", check: edges::modules },
    Rule { name: "nothing is allowed that nobody does", check: edges::unused },
    Rule { name: "core reaches nothing outside", check: edges::core },
    Rule { name: "only one module knows each kind of outside", check: edges::outside },
    Rule { name: "SQL lives in store", check: edges::sql },
    Rule { name: "migrations run on both engines", check: parts::migrations },
    Rule { name: "every template is shown", check: parts::templates },
    Rule { name: "every dependency is used", check: parts::dependencies },
    Rule { name: "no path of a machine, no host of a registry", check: papers::machines },
    Rule { name: "links lead somewhere", check: papers::links },
    Rule { name: "every invariant names a test that exists", check: papers::invariants },
    Rule { name: "every test of the threat model exists", check: papers::threats },
];

/// `cargo xtask tidy`.
pub(crate) fn run(words: &[String]) -> Outcome {
    match words.first() {
        Some(strange) => Err(format!("tidy takes no options, so not \"{strange}\" either.")),
        None => check(),
    }
}

/// All rules over the whole repository.
pub(crate) fn check() -> Outcome {
    let told = broken(&Repo::read(&host::root())?);
    match told.len() {
        0 => Ok(()),
        count => Err(format!("{}\n{count} places break a rule.", told.join("\n"))),
    }
}

fn broken(repo: &Repo) -> Vec<String> {
    let told = |rule: &Rule| {
        let name = rule.name;
        let findings = (rule.check)(repo).into_iter();
        findings.map(|f| format!("{}: {name}: {}. {}", f.place, f.what, f.advice)).collect::<Vec<_>>()
    };
    RULES.iter().flat_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        if let Err(told) = check() {
            panic!("\n{told}");
        }
    }

    #[test]
    fn a_finding_says_where_which_rule_and_what_to_do() {
        let told = broken(&Repo::of(&[("crates/core/src/a.rs", "//! A.\nuse std::fs;\n")]));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("crates/core/src/a.rs:2: core reaches nothing outside: "), "{told:?}");
    }
}
