//! Who may use whom. The tables here are the map of `ARCHITECTURE.md`, kept true.

use super::Finding;
use super::repo::{File, Repo};

/// Where the server's modules live.
const SERVER: &str = "crates/server/src/";

/// A module, and the others that it may name.
type Edges = (&'static str, &'static [&'static str]);

/// Crates, and the modules that may name them.
type Homes = (&'static [&'static str], &'static [&'static str]);

/// Which other modules of the server a module may name. The longest name that fits a file counts; one that
/// ends in a slash means what lies below, whether there is something or not.
static MODULES: &[Edges] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "address",
            "app",
            "audit",
            "banned",
            "breach",
            "clock",
            "config",
            "delivery",
            "directory",
            "drive",
            "edge",
            "fault",
            "finding",
            "phone",
            "store",
            "web",
            "worker",
        ],
    ),
    (
        "web",
        &[
            "address", "app", "captcha", "clock", "config", "delivery", "drive", "metrics", "phone", "session",
            "sign_in", "text",
        ],
    ),
    ("edge", &["clock", "config", "finding", "metrics"]),
    ("worker", &["app", "clock", "crowd", "delivery", "drive", "fault", "message", "store"]),
    ("sign_in", &["app", "clock", "directory", "drive", "metrics", "session", "store"]),
    ("session", &["app", "clock", "directory", "drive", "store"]),
    ("drive", &["app", "directory", "metrics", "perform", "store"]),
    ("limit", &["app", "clock", "metrics", "phone", "store"]),
    ("crowd", &["app", "directory", "drive", "perform"]),
    ("perform", &["app", "directory", "drive", "fault", "phone"]),
    ("audit", &["clock", "config", "delivery", "fault", "finding", "store", "tls"]),
    ("app", &["banned", "breach", "clock", "config", "directory", "history", "post", "store"]),
    ("post", &["store"]),
    ("banned", &[]),
    ("history", &["clock"]),
    ("message", &["config", "delivery", "store", "text"]),
    // Opening a directory hands the embedded one its store; no other kind may name it, or anything else that is not here.
    ("directory", &["clock", "finding", "store"]),
    ("directory/measured", &["clock", "finding", "metrics"]),
    ("directory/", &[]),
    ("directory/embedded", &["address", "clock", "directory", "store"]),
    ("directory/canary", &["clock", "finding"]),
    ("directory/several", &["finding"]),
    ("directory/active_directory", &["clock", "directory", "finding"]),
    ("directory/ldap", &["certificate", "clock", "directory", "finding", "tls"]),
    ("delivery", &["certificate", "clock", "finding", "metrics", "tls"]),
    ("store", &["clock", "fault", "tls"]),
    ("breach", &["clock", "fault"]),
    ("config", &["phone"]),
    ("captcha", &[]),
    ("certificate", &["finding"]),
    ("address", &[]),
    ("clock", &[]),
    ("fault", &[]),
    ("finding", &[]),
    ("metrics", &[]),
    ("phone", &[]),
    ("text", &[]),
    ("tls", &[]),
    ("lib", &[]),
];

/// Crates that only some modules of the server may name.
static OUTSIDE: &[Homes] = &[
    (&["axum", "tower", "tower_http", "http_body_util"], &["web", "edge"]),
    (&["hyper", "hyper_util"], &["edge"]),
    (&["rustix"], &["cli", "edge"]),
    (&["prometheus"], &["metrics"]),
    (&["askama"], &["web", "message"]),
    (&["rusqlite", "tokio_postgres", "deadpool_postgres", "tokio_postgres_rustls", "aes_gcm_siv"], &["store"]),
    (&["ldap3", "hickory_resolver"], &["directory"]),
    (&["argon2"], &["directory", "history"]),
    (&["lettre"], &["delivery", "address"]),
    (&["reqwest"], &["delivery", "audit"]),
    (&["ring"], &["audit", "edge", "tls"]),
    (&["tokio_rustls"], &["audit", "delivery", "edge"]),
    (&["fluent_bundle", "unic_langid"], &["text"]),
    (&["getrandom::fill"], &["clock"]),
    (&["clap"], &["cli"]),
    // Nothing is started by the service: a password once stood on a command line (CVE-2022-28810).
    (&["Command"], &["cli"]),
    (&["flate2", "ruzstd", "crc32fast"], &["breach"]),
    (&["rlibphonenumber"], &["phone"]),
    (&["url"], &["config"]),
];

pub(super) fn modules(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repo.below(SERVER, ".rs") {
        let Some((module, allowed)) = entry(file) else {
            findings.push(file.whole("no such module on the map", "Add it to MODULES in xtask/src/tidy/edges.rs."));
            continue;
        };
        let own = module.split('/').next().unwrap_or(module);
        let code = file.product(false);
        for (number, used) in uses(&code) {
            if used != own && !allowed.contains(&used.as_str()) {
                let what = format!("{module} uses {used}");
                findings.push(file.at(number, what, "Go through a module it may use, or move the code."));
            }
        }
    }
    findings
}

fn entry(file: &File) -> Option<Edges> {
    let name = file.path.strip_prefix(SERVER)?.strip_suffix(".rs")?;
    let fits = |module: &str| {
        let below = name.strip_prefix(module.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
        name == module || below
    };
    MODULES.iter().filter(|(module, _)| fits(module)).max_by_key(|(module, _)| module.len()).copied()
}

/// What the tables allow and nobody does: a door that is open for no reason.
pub(super) fn unused(repo: &Repo) -> Vec<Finding> {
    unused_in(repo, MODULES, OUTSIDE)
}

fn unused_in(repo: &Repo, modules: &[Edges], outside: &[Homes]) -> Vec<Finding> {
    let finding = |what| Finding {
        place: "xtask/src/tidy/edges.rs".to_owned(),
        what,
        advice: "Take it out of the table; whoever needs it puts it back with the use.",
    };
    if repo.below(SERVER, ".rs").next().is_none() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (module, allowed) in modules {
        let own = repo.below(SERVER, ".rs").filter(|file| entry(file).is_some_and(|(found, _)| found == *module));
        let code: Vec<Vec<String>> = own.map(|file| file.product(false)).collect();
        if code.is_empty() && module.ends_with('/') {
            continue;
        }
        if code.is_empty() {
            findings.push(finding(format!("{module} is on the map and nowhere else")));
            continue;
        }
        let used: Vec<String> = code.iter().flat_map(|code| uses(code)).map(|(_, name)| name).collect();
        let idle = allowed.iter().filter(|name| !used.iter().any(|used| used == *name));
        findings.extend(idle.map(|name| finding(format!("{module} may use {name} and does not"))));
    }
    for (names, homes) in outside {
        let idle = homes.iter().filter(|home| !repo.below(SERVER, ".rs").any(|file| lives_in(file, home, names)));
        findings.extend(idle.map(|home| finding(format!("{home} may name {} and does not", names.join(", ")))));
    }
    findings
}

/// Whether this is a file of the module and names one of these crates.
fn lives_in(file: &File, module: &str, names: &[&str]) -> bool {
    let own = entry(file).is_some_and(|(found, _)| found.split('/').next() == Some(module));
    own && file.product(false).iter().any(|line| crate_in(line, names).is_some())
}

/// The modules that the code names, each with its line; `main` is a crate of its own and says `regain::`.
fn uses(code: &[String]) -> Vec<(usize, String)> {
    ["crate::", "regain::"].into_iter().flat_map(|start| named_after(code, start)).collect()
}

/// The names that follow `start` in the code, each with its line; of `crate::{a, b::c}` both `a` and `b`.
fn named_after(code: &[String], start: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let text = code.join("\n");
    for (at, _) in text.match_indices(start) {
        let line = text[..at].matches('\n').count();
        let rest = &text[at + start.len()..];
        let names = if rest.starts_with('{') { grouped(rest) } else { vec![ident(rest)] };
        found.extend(names.into_iter().filter(|name| !name.is_empty()).map(|name| (line, name)));
    }
    found
}

fn ident(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn grouped(text: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(c, '{' | ',') {
            names.push(ident(text[at + 1..].trim_start()));
        }
    }
    names
}

pub(super) fn core(repo: &Repo) -> Vec<Finding> {
    let outside = [
        "std::net",
        "std::fs",
        "std::env",
        "std::io",
        "std::process",
        "std::thread",
        "std::time",
        "tokio",
        "rand",
        "getrandom",
        "rusqlite",
        "axum",
        "tracing",
        "async fn",
        "println!",
        "eprintln!",
    ];
    let mut findings = Vec::new();
    for file in repo.below("crates/core/src/", ".rs") {
        for (number, line) in file.product(false).iter().enumerate() {
            if let Some(found) = outside.iter().find(|name| has_word(line, name)) {
                findings.push(file.at(number, *found, "Take it as an argument, or give back an effect."));
            }
        }
    }
    findings
}

pub(super) fn outside(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repo.below(SERVER, ".rs") {
        let Some((module, _)) = entry(file) else { continue };
        let own = module.split('/').next().unwrap_or(module);
        for (number, line) in file.product(false).iter().enumerate() {
            for (names, homes) in OUTSIDE.iter().filter(|(_, homes)| !homes.contains(&own)) {
                if let Some(name) = crate_in(line, names) {
                    let what = format!("{own} names {name}, which belongs to {}", homes.join(", "));
                    findings.push(file.at(number, what, "Let that module do it and give back a type of ours."));
                }
            }
        }
    }
    findings
}

/// Which of these crates the line names.
fn crate_in<'a>(line: &str, names: &[&'a str]) -> Option<&'a str> {
    let whole = |name: &str| has_word(line, &format!("{name}::")) || has_word(line, &format!("use {name};"));
    let named = |name: &&&str| whole(name) || name.contains("::") && has_word(line, name);
    names.iter().find(named).copied()
}

pub(super) fn sql(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sources = repo.below("crates/", ".rs").filter(|file| file.path.contains("/src/"));
    let elsewhere = sources.filter(|file| {
        let name = file.path.strip_prefix(SERVER).unwrap_or_default();
        name != "store.rs" && !name.starts_with("store/")
    });
    for file in elsewhere {
        for (number, line) in file.product(true).iter().enumerate() {
            if let Some(found) = statement(line) {
                findings.push(file.at(number, found, "Move the statement to store/ and call it from here."));
            }
        }
    }
    findings
}

fn statement(line: &str) -> Option<&'static str> {
    let pairs = [
        ("SELECT ", "FROM "),
        ("SELECT ", "\\"),
        ("INSERT INTO ", ""),
        ("UPDATE ", " SET "),
        ("DELETE FROM ", ""),
        ("CREATE TABLE ", ""),
        ("ALTER TABLE ", ""),
        ("PRAGMA ", ""),
    ];
    let found = pairs.iter().find(|(first, then)| line.contains(first) && line.contains(then));
    found.map(|(first, _)| first.trim_end())
}

/// Whether the line has this name as a whole.
fn has_word(line: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(part) && (!name.ends_with(part) || !after.is_some_and(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&Repo) -> Vec<Finding>;

    fn found(check: Check, path: &str, text: &str) -> Vec<String> {
        let findings = check(&Repo::of(&[(path, text)])).into_iter();
        findings.map(|finding| format!("{} {}", finding.place, finding.what)).collect()
    }

    #[test]
    fn dependencies_point_one_way() {
        let bad = "//! S.\nuse crate::web::Page;\nuse crate::{clock, drive::{Drive, web}};\n";
        let place = "crates/server/src/store/flow.rs";
        assert_eq!(
            found(modules, place, bad),
            [format!("{place}:2 store uses web"), format!("{place}:3 store uses drive")]
        );
        assert!(found(modules, place, "use crate::store::Store;\n// crate::web\n").is_empty());
        assert_eq!(found(modules, "crates/server/src/main.rs", "regain::web::router()").len(), 1);
        assert_eq!(found(modules, "crates/server/src/new.rs", "").len(), 1);
    }

    #[test]
    fn only_the_embedded_directory_keeps_accounts_in_the_store() {
        assert!(found(modules, "crates/server/src/directory/embedded/hash.rs", "use crate::store::Store;").is_empty());
        for elsewhere in ["delivery/email.rs", "directory/ldap.rs", "directory/ldap/search.rs"] {
            let place = format!("crates/server/src/{elsewhere}");
            assert_eq!(found(modules, &place, "use crate::store::Store;").len(), 1, "{elsewhere}");
        }
        assert!(found(modules, "crates/server/src/directory.rs", "use crate::store::Store;").is_empty());
    }

    #[test]
    fn no_two_modules_use_each_other() {
        for (module, uses) in MODULES {
            for used in *uses {
                let back = MODULES.iter().find(|(name, _)| name == used).map_or(&[][..], |(_, uses)| uses);
                let parent = module.split('/').next() == Some(used);
                assert!(parent || !back.contains(module) || RINGS.contains(&(*module, *used)), "{module} and {used}");
            }
        }
    }

    /// The one ring: `perform` is the part of the loop that asks the directory, and gives back the loop's own fault.
    const RINGS: &[(&str, &str)] = &[("drive", "perform"), ("perform", "drive")];

    #[test]
    fn finds_what_is_allowed_and_not_used() {
        let modules: &[Edges] = &[("store", &["clock", "fault", "tls"]), ("clock", &[]), ("fault", &[])];
        let outside: &[Homes] = &[(&["rusqlite", "aes_gcm_siv"], &["store", "clock"])];
        let repo = Repo::of(&[
            ("crates/server/src/store.rs", "use crate::clock::Clock;\n// crate::tls\nuse rusqlite::Row;\n"),
            (
                "crates/server/src/store/db.rs",
                "crate::fault::point();\n#[cfg(test)]\nmod tests {\n    use crate::tls;\n}\n",
            ),
            ("crates/server/src/clock.rs", "//! C.\n"),
        ]);
        let found: Vec<String> = unused_in(&repo, modules, outside).into_iter().map(|finding| finding.what).collect();
        assert_eq!(
            found,
            [
                "store may use tls and does not",
                "fault is on the map and nowhere else",
                "clock may name rusqlite, aes_gcm_siv and does not"
            ]
        );
    }

    #[test]
    fn core_reaches_nothing_outside() {
        let place = "crates/core/src/reset.rs";
        assert_eq!(found(core, place, "use std::fs::File;"), [format!("{place}:1 std::fs")]);
        assert_eq!(found(core, place, "async fn a() {}").len(), 1);
        assert!(found(core, place, "let operand = brand; // tokio\n\"std::fs\"").is_empty());
        assert!(found(core, "crates/server/src/cli.rs", "use std::fs;").is_empty());
    }

    #[test]
    fn only_one_module_knows_each_kind_of_outside() {
        let place = "crates/server/src/worker.rs";
        assert_eq!(
            found(outside, place, "use rusqlite::Row;"),
            [format!("{place}:1 worker names rusqlite, which belongs to store")]
        );
        assert_eq!(found(outside, "crates/server/src/web/reset.rs", "ldap3::drive!()").len(), 1);
        assert_eq!(found(outside, "crates/server/src/web/reset.rs", "getrandom::fill(&mut a)").len(), 1);
        assert!(found(outside, "crates/server/src/web/reset.rs", "axum::Router").is_empty());
    }

    #[test]
    fn sql_lives_in_store() {
        let text = "let a = \"SELECT id FROM flow\"; // INSERT INTO b\n";
        assert_eq!(found(sql, "crates/server/src/drive.rs", text), ["crates/server/src/drive.rs:1 SELECT"]);
        assert!(found(sql, "crates/server/src/store/flow.rs", text).is_empty());
        assert_eq!(found(sql, "crates/core/src/flow.rs", "\"UPDATE flow SET a = 1\"").len(), 1);
    }
}
