//! What is written for people, and what must not be written anywhere.

use super::Finding;
use super::repo::{File, Repo};

pub(super) fn machines(repo: &Repo) -> Vec<Finding> {
    // Put together here, so that this file does not break its own rule.
    let paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
    let hosts = [
        concat!("registry.", "npmjs"),
        concat!("index.crates", ".io"),
        concat!("static.crates", ".io"),
        concat!("pypi.", "org"),
        concat!("deb.debian", ".org"),
        concat!("\"resol", "ved\":"),
    ];
    let mut findings = Vec::new();
    for file in &repo.files {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(path) = paths.iter().find(|path| begins_a_path(line, path)) {
                findings.push(file.at(number, *path, "Say it relative to the repository, or as a setting."));
            }
            if let Some(host) = hosts.iter().find(|host| line.contains(**host)) {
                let advice =
                    "Take it out: whoever builds this brings their own. For npm: omit-lockfile-registry-resolved.";
                findings.push(file.at(number, *host, advice));
            }
            let source = line.strip_prefix("source = \"");
            if file.path == "Cargo.lock" && source.is_some_and(|source| !source.starts_with(USUAL_SOURCE)) {
                findings.push(file.at(number, line, "Resolve again without a replaced source."));
            }
        }
    }
    findings
}

/// What Cargo writes for its own registry, whatever mirror was used.
const USUAL_SOURCE: &str = "registry+https://github.com/rust-lang/";

fn begins_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-}*".contains(c))
    })
}

pub(super) fn links(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repo.below("", ".md") {
        for (number, line) in file.text.lines().enumerate() {
            for target in targets(line) {
                if let Some(what) = broken(repo, file, target) {
                    findings.push(file.at(number, what, "Mend the link, or write what it promises."));
                }
            }
        }
    }
    findings
}

/// Where a line of Markdown links to.
fn targets(line: &str) -> Vec<&str> {
    let starts = line.match_indices("](").map(|(at, _)| &line[at + 2..]);
    starts.filter_map(|rest| rest.split(')').next()).collect()
}

fn broken(repo: &Repo, file: &File, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let resolved = if path.is_empty() { file.path.clone() } else { resolve(&file.path, path) };
    let folder = format!("{resolved}/");
    if repo.files.iter().any(|other| other.path.starts_with(&folder)) {
        return None;
    }
    let Some(found) = repo.file(&resolved) else {
        return Some(format!("there is no {resolved}"));
    };
    let has = found.text.lines().any(|line| line.starts_with('#') && anchor(line) == heading);
    (!heading.is_empty() && !has).then(|| format!("{resolved} has no heading #{heading}"))
}

fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => _ = parts.pop(),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A heading as the anchor that readers of Markdown make of it.
fn anchor(heading: &str) -> String {
    let plain = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = plain.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

pub(super) fn invariants(repo: &Repo) -> Vec<Finding> {
    let Some(map) = repo.file("ARCHITECTURE.md") else { return Vec::new() };
    let all: Vec<(usize, &str)> = map.text.lines().enumerate().collect();
    let mut findings = Vec::new();
    let mut within = false;
    let mut count = 0;
    for (number, line) in &all {
        if line.starts_with('#') {
            within = line.trim_start_matches('#').trim() == "Invariants";
        }
        if !within || !line.starts_with("- ") {
            continue;
        }
        count += 1;
        let more = all.iter().skip(number + 1).take_while(|(_, line)| line.starts_with("  "));
        let item = more.fold((*line).to_owned(), |item, (_, line)| format!("{item} {}", line.trim()));
        let tests = held_by(&item);
        if tests.is_empty() {
            findings.push(map.at(*number, "this one names no test", "End it with: Held by `test`."));
        }
        for test in tests.iter().filter(|test| !exists(repo, test)) {
            findings.push(map.at(*number, format!("there is no test {test}"), "Name the test that holds it now."));
        }
    }
    if count == 0 {
        findings.push(map.whole("it lists no invariants", "List them under the heading Invariants."));
    }
    findings
}

/// Every test that the threat model names.
pub(super) fn threats(repo: &Repo) -> Vec<Finding> {
    let Some(page) = repo.file("docs/threat-model.md") else { return Vec::new() };
    let mut findings = Vec::new();
    for (number, line) in page.text.lines().enumerate().filter(|(_, line)| line.starts_with('|')) {
        for test in line.split('`').skip(1).step_by(2).filter(|name| is_a_test(name)).filter(|name| !exists(repo, name))
        {
            findings.push(page.at(number, format!("there is no test {test}"), "Name the test that proves it now."));
        }
    }
    findings
}

/// Whether a name in backquotes is that of a test, and not of a setting or a file.
fn is_a_test(name: &str) -> bool {
    name.contains('_') && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The names in backquotes after `Held by`.
fn held_by(item: &str) -> Vec<&str> {
    let Some((_, rest)) = item.split_once("Held by ") else { return Vec::new() };
    rest.split('`').skip(1).step_by(2).collect()
}

fn exists(repo: &Repo, test: &str) -> bool {
    let rust = format!("fn {test}(");
    let browser = [format!("test('{test}'"), format!("test(\"{test}\"")];
    let has = |file: &File| match file.path.rsplit('.').next() {
        Some("rs") => file.text.contains(&rust),
        Some("mjs") => browser.iter().any(|call| file.text.contains(call)),
        _ => false,
    };
    repo.files.iter().any(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&Repo) -> Vec<Finding>;

    fn places(check: Check, files: &[(&str, &str)]) -> Vec<String> {
        check(&Repo::of(files)).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn finds_paths_of_a_machine_and_hosts_of_a_registry() {
        let path = concat!("built in /wo", "rk/here");
        assert_eq!(places(machines, &[("a.md", path)]), ["a.md:1"]);
        assert!(places(machines, &[("a.md", concat!("docs.wo", "rk/ net", "/wo", "rk/"))]).is_empty());
        assert_eq!(places(machines, &[("a.json", concat!("\"resol", "ved\": \"\""))]), ["a.json:1"]);
        assert_eq!(places(machines, &[("Cargo.lock", "source = \"registry+https://elsewhere\"")]), ["Cargo.lock:1"]);
        assert!(places(machines, &[("Cargo.lock", &format!("source = \"{USUAL_SOURCE}"))]).is_empty());
    }

    #[test]
    fn finds_a_link_to_nowhere() {
        let good = "[a](docs/b.md#two-words) [c](https://d) [e](docs)";
        assert!(places(links, &[("R.md", good), ("docs/b.md", "## Two words\n[up](../R.md)")]).is_empty());
        assert_eq!(places(links, &[("R.md", "\n[a](docs/none.md)")]), ["R.md:2"]);
        assert_eq!(places(links, &[("R.md", "# A\n[a](#b)")]), ["R.md:2"]);
    }

    #[test]
    fn finds_an_invariant_without_its_test() {
        let code = ("a.rs", "fn holds() {}");
        let map = |item: &str| format!("# A\n## Invariants\n{item}\n## After\n- not one\n");
        let check = |item: &str| places(invariants, &[("ARCHITECTURE.md", &map(item)), code]);
        assert!(check("- No x. It is\n  so. Held by `holds`.").is_empty());
        assert_eq!(check("- No x. Held by `holds` and `gone`."), ["ARCHITECTURE.md:3"]);
        assert_eq!(check("- No x."), ["ARCHITECTURE.md:3"]);
        assert_eq!(check("none"), ["ARCHITECTURE.md"]);
    }

    #[test]
    fn finds_a_threat_without_its_test() {
        let page = "| a | `holds_it`, `gone_now` | `policy.steps`, `Origin` |\nIn words: `never_mind`.\n";
        let found = places(threats, &[("docs/threat-model.md", page), ("a.rs", "fn holds_it() {}")]);
        assert_eq!(found, ["docs/threat-model.md:1"]);
    }
}
