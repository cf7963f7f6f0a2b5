//! Parts that must be used, and migrations that must run on both engines.

use super::Finding;
use super::repo::{File, Repo};

/// Words that one of the two engines does not know, or understands in its own way.
const ENGINE_WORDS: &[&str] = &[
    "INTEGER",
    "INT",
    "SMALLINT",
    "SERIAL",
    "BIGSERIAL",
    "VARCHAR",
    "CHAR",
    "BLOB",
    "BYTEA",
    "BOOLEAN",
    "BOOL",
    "REAL",
    "DOUBLE",
    "NUMERIC",
    "DECIMAL",
    "JSON",
    "JSONB",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "DATE",
    "UUID",
    "AUTOINCREMENT",
    "IDENTITY",
    "WITHOUT",
    "STRICT",
    "PRAGMA",
    "CITEXT",
    "NOW",
];

pub(super) fn migrations(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repo.below("crates/server/migrations/", ".sql") {
        for (number, line) in file.text.lines().enumerate() {
            let plain = line.split("--").next().unwrap_or_default();
            let mut words = plain.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_uppercase);
            if let Some(word) = words.find(|word| ENGINE_WORDS.contains(&word.as_str())) {
                findings.push(file.at(number, word, "Use TEXT or BIGINT: both engines know only those alike."));
            }
        }
    }
    findings
}

pub(super) fn templates(repo: &Repo) -> Vec<Finding> {
    const FOLDER: &str = "crates/server/templates/";
    let quoted_in = |file: &File, name: &str| file.text.contains(&format!("\"{name}\""));
    let unused = repo.below(FOLDER, ".html").filter(|template| {
        let name = template.path.trim_start_matches(FOLDER);
        let others = repo.files.iter().filter(|file| file.path != template.path);
        let mut users = others.filter(|file| file.path.starts_with("crates/server/"));
        !users.any(|file| quoted_in(file, name))
    });
    unused.map(|file| file.whole("nothing shows it", "Delete it, or show it.")).collect()
}

pub(super) fn dependencies(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifests: Vec<&File> = repo.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")).collect();
    if let Some(root) = repo.file("Cargo.toml") {
        for (number, name) in listed(root, "[workspace.dependencies]") {
            let line = |file: &&File| file.text.lines().any(|line| line.starts_with(&format!("{name}.workspace")));
            let taken =
                manifests.iter().any(|file| line(file) || file.text.contains(&format!("\n{name} = {{ workspace")));
            if !taken {
                findings.push(root.at(number, format!("no crate takes {name}"), "Take it out of the table."));
            }
        }
    }
    for manifest in manifests {
        let folder = manifest.path.trim_end_matches("Cargo.toml");
        let sections = ["[dependencies]", "[dev-dependencies]"].map(|section| listed(manifest, section));
        for (number, name) in sections.into_iter().flatten() {
            let ident = name.replace('-', "_");
            let uses = |file: &File| file.code(false).iter().any(|line| names(line, &ident));
            if !repo.below(folder, ".rs").any(uses) {
                findings.push(manifest.at(number, format!("no code uses {name}"), "Take it out."));
            }
        }
    }
    findings
}

/// The names in a section of a manifest, each with its line.
fn listed(manifest: &File, section: &str) -> Vec<(usize, String)> {
    let lines = manifest.text.lines().enumerate().skip_while(|(_, line)| *line != section).skip(1);
    let within = lines.take_while(|(_, line)| !line.starts_with('['));
    let entries = within.filter(|(_, line)| line.starts_with(|c: char| c.is_alphanumeric()));
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned();
    entries.map(|(number, line)| (number, name(line))).collect()
}

/// Whether a line of code names a crate: `name::…` or `use name`.
fn names(line: &str, ident: &str) -> bool {
    line.match_indices(ident).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let rest = &line[at + ident.len()..];
        let whole = !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        whole && (rest.starts_with("::") || (rest.starts_with([';', ' ']) && line.contains("use ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&Repo) -> Vec<Finding>;

    fn places(check: Check, files: &[(&str, &str)]) -> Vec<String> {
        check(&Repo::of(files)).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn migrations_know_only_text_and_bigint() {
        let path = "crates/server/migrations/0001_start.sql";
        let good = "CREATE TABLE a (b TEXT NOT NULL PRIMARY KEY, c BIGINT NOT NULL); -- an integer\n";
        assert!(places(migrations, &[(path, good)]).is_empty());
        assert_eq!(places(migrations, &[(path, "CREATE TABLE a (\n  b integer\n);")]), [format!("{path}:2")]);
    }

    #[test]
    fn finds_a_template_that_nothing_shows() {
        let page = ("crates/server/templates/reset/code.html", "");
        let user = ("crates/server/src/web/reset.rs", "#[template(path = \"reset/code.html\")]");
        assert!(places(templates, &[page, user]).is_empty());
        assert_eq!(places(templates, &[page]), [page.0]);
    }

    #[test]
    fn finds_a_dependency_that_nothing_uses() {
        let root = ("Cargo.toml", "[workspace.dependencies]\na-b = \"1\"\nc = \"2\"\n");
        let taker = ("crates/core/Cargo.toml", "[dependencies]\na-b.workspace = true\n");
        let code = ("crates/core/src/lib.rs", "use a_b::x;\n");
        assert_eq!(places(dependencies, &[root, taker, code]), ["Cargo.toml:3"]);
        let idle = ("crates/core/src/lib.rs", "// a_b::x\n");
        assert_eq!(places(dependencies, &[root, taker, idle]), ["Cargo.toml:3", "crates/core/Cargo.toml:2"]);
    }
}
