//! What is written for administrators, compared with the program.

use std::path::{Path, PathBuf};

use regain::clock::Clock;
use regain::config::Config;
use regain::delivery::Delivery;
use regain::directory;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// All sources below a folder of the server, with their names.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The fields of every struct that is read from the file. The section stands in the first line of its documentation, as
/// `[section]`; a struct without one is a part of a key.
fn settings(source: &str) -> Vec<(Option<String>, String)> {
    let lines: Vec<&str> = source.lines().collect();
    let derives = |line: &str| line.starts_with("#[derive(") && line.contains("Deserialize");
    let mut found = Vec::new();
    for (at, _) in lines.iter().enumerate().filter(|(_, line)| derives(line)) {
        let rest = || lines.iter().skip(at).skip_while(|line| line.starts_with('#'));
        if !rest().next().is_some_and(|line| line.contains("struct ")) {
            continue;
        }
        let doc = lines.iter().take(at).rev().take_while(|line| line.starts_with("///")).last();
        let section = doc.and_then(|doc| Some(doc.split_once("`[")?.1.split_once("]`")?.0.to_owned()));
        let fields = rest().skip(1).take_while(|line| !line.starts_with('}')).map(|line| line.trim());
        let names = fields.filter(|line| !line.starts_with('/') && !line.starts_with('#'));
        let name = |line: &str| {
            Some(line.trim_start_matches("pub(super) ").trim_start_matches("pub ").split_once(':')?.0.to_owned())
        };
        found.extend(names.filter_map(name).map(|name| (section.clone(), name)));
    }
    found
}

/// The keys that a gateway's source asks for.
fn gateway_keys(source: &str) -> Vec<String> {
    let product = source.split("#[cfg(test)]").next().unwrap_or_default();
    let calls = ["text", "required", "secret", "number", "choice", "path", "texts", "statuses"];
    let mut found = Vec::new();
    for call in calls {
        let start = format!("keys.{call}(\"");
        let names = product.match_indices(&start).map(|(at, _)| &product[at + start.len()..]);
        for name in names.filter_map(|rest| rest.split('"').next()) {
            found.push(name.to_owned());
            found.extend((call == "secret").then(|| format!("{name}_file")));
        }
    }
    found
}

#[test]
fn every_setting_is_in_the_reference() {
    let page = page("docs/admin.md");
    let mut missing = Vec::new();
    let mut seen = 0;
    for (path, source) in sources("config").into_iter().chain(sources("directory")) {
        for (section, field) in settings(&source) {
            seen += 1;
            let key = section.map_or(field.clone(), |section| format!("{section}.{field}"));
            if !page.contains(&format!("`{key}`")) {
                missing.push(format!("{}: {key}", path.file_name().unwrap().display()));
            }
        }
    }
    assert!(seen > 40, "only {seen} settings were found");
    let gateways = page.split_once("## `[[delivery").unwrap().1.split_once("\n## ").unwrap().0;
    let mut asked = 0;
    for (path, source) in sources("delivery") {
        for key in gateway_keys(&source) {
            asked += 1;
            if !gateways.contains(&format!("`{key}`")) {
                missing.push(format!("{}: {key}", path.display()));
            }
        }
    }
    assert!(asked > 25, "only {asked} keys of gateways were found");
    assert!(missing.is_empty(), "docs/admin.md says nothing of:\n{}", missing.join("\n"));
}

/// What stands in the page as TOML.
fn examples(page: &str) -> Vec<&str> {
    page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_example_of_a_configuration_is_good() {
    for (name, expected) in [
        ("README.md", 1),
        ("docs/admin.md", 4),
        ("docs/audit.md", 1),
        ("docs/openldap.md", 1),
        ("docs/389ds.md", 1),
        ("docs/active-directory.md", 1),
    ] {
        let page = page(name);
        let found = examples(&page);
        assert_eq!(found.len(), expected, "{name}");
        for example in found {
            // The secrets lie in files that are not here: a word in their place. So do certificates.
            let there = |line: &&str| !line.starts_with("ca_file");
            let example = example.lines().filter(there).collect::<Vec<_>>().join("\n");
            let mut text = example.replace("password_file", "password").replace("auth_token_file", "auth_token") + "\n";
            if !text.contains("[care_team]") {
                text.push_str("[care_team]\nmail = \"care@example.org\"\n");
            }
            let config = Config::from_table(text.parse().unwrap());
            let config = config.unwrap_or_else(|problems| panic!("{name}: {problems:?}\n{example}"));
            let opened = Delivery::open(&config.delivery, Clock::real()).err();
            assert_eq!(opened, None, "{name}\n{example}");
            assert_eq!(directory::check(config.directory), Ok(()), "{name}\n{example}");
        }
    }
}

#[test]
fn the_page_on_the_audit_trail_names_every_event() {
    let source = std::fs::read_to_string(root().join("crates/core/src/audit.rs")).unwrap();
    let names = source.split_once("fn name(").unwrap().1.split_once("fn outcome(").unwrap().0;
    let names: Vec<&str> = names.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(names.len() > 45, "only {} events were found", names.len());
    let page = page("docs/audit.md");
    let missing: Vec<&&str> = names.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/audit.md says nothing of {missing:?}");
}

#[test]
fn the_defaults_in_the_reference_are_the_program_s() {
    let page = page("docs/admin.md");
    let mut table = toml::Table::new();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let mut seen = 0;
    for (key, rest) in rows {
        let Some((section, key)) = key.split_once('.').filter(|(section, _)| *section != "directory") else { continue };
        let default = rest.split(" | ").next().unwrap().trim_matches('`');
        let Ok(parsed) = format!("value = {default}").parse::<toml::Table>() else { continue };
        let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
        section.as_table_mut().unwrap().insert(key.to_owned(), parsed["value"].clone());
        seen += 1;
    }
    assert!(seen > 25, "only {seen} defaults were found");
    let with_mail = |mut table: toml::Table| {
        let section = table.entry("care_team").or_insert_with(|| toml::Table::new().into());
        section.as_table_mut().unwrap().insert("mail".into(), "care@example.org".into());
        Config::from_table(table).unwrap()
    };
    let (written, real) = (with_mail(table), with_mail(toml::Table::new()));
    assert_eq!(format!("{:#?}", written.policy), format!("{:#?}", real.policy));
    assert_eq!(format!("{:#?}", written.settings), format!("{:#?}", real.settings));
    assert_eq!(format!("{:#?}", written.store), format!("{:#?}", real.store));
}
