//! `regain doctor` by the program itself: on a domain that is well, and on several that are not.

mod gateways;
mod ldap;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::samba::{DOMAIN, Domain};
use crate::support::smtp::{Security, SmtpServer};

/// A configuration on this directory, and a key.
fn folder(directory: &toml::Table, port: u16) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut config: toml::Table = format!(
        "[store]\nurl = 'sqlite:{}'\nkey_file = '{}'\n[care_team]\nmail = 'care@example.org'\n\
         [[delivery.email.gateway]]\nkind = 'smtp'\nhost = '127.0.0.1'\nport = {port}\nsecurity = 'none'\n\
         from = 'help@example.org'\n",
        path("test.db"),
        path("test.key"),
    )
    .parse()
    .unwrap();
    config.insert("directory".into(), directory.clone().into());
    std::fs::write(folder.path().join("regain.toml"), config.to_string()).unwrap();
    regain::store::KeyFile::read_or_make(&folder.path().join("test.key")).unwrap();
    folder
}

/// Exit status and what was found: `what` and how it is, with all the words.
fn examined(folder: &Path, more: &[&str]) -> (Option<i32>, Vec<(String, String, String)>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regain"));
    command.args(["doctor", "--json", "--config"]).arg(folder.join("regain.toml")).args(more);
    let done = command.output().unwrap();
    let Ok(told) = serde_json::from_slice::<Value>(&done.stdout) else { return (done.status.code(), Vec::new()) };
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let all = told["findings"].as_array().unwrap().iter();
    let each = |finding: &Value| {
        let words = format!("{} {}", text(finding, "says"), text(finding, "fix"));
        (text(finding, "what"), text(finding, "state"), words)
    };
    (done.status.code(), all.map(each).collect())
}

/// How one thing is.
#[track_caller]
fn state(found: &[(String, String, String)], what: &str, expected: &str, words: &str) {
    let one = found.iter().find(|(own, _, _)| own == what).unwrap_or_else(|| panic!("no {what} in {found:#?}"));
    assert_eq!(one.1, expected, "{found:#?}");
    assert!(one.2.contains(words), "{what} does not say \"{words}\": {}", one.2);
}

#[tokio::test]
async fn a_domain_prepared_as_the_page_says_is_well() {
    let Some(mut domain) = Domain::take().await else { return };
    let Some(smtp) = SmtpServer::start(Security::None, &[]) else { return };
    let canary = domain.person("canary", &[]).await;
    domain.policy(&canary, &[("msDS-LockoutThreshold", "3")]).await;
    let folder = folder(&domain.section(""), smtp.port);
    let (status, found) = examined(folder.path(), &["--canary", "canary"]);
    assert_eq!(status, Some(0), "{found:#?}");
    for (what, words) in [
        ("key", "owner alone"),
        ("store", "answers"),
        ("clock", "same time"),
        ("sign-in", "lets Regain sign in"),
        ("power of the account", "no group"),
        ("fine-grained policies", "can be read"),
        ("search", "people are found"),
        ("right to read", "can be seen"),
        ("right to reset", "may be reset"),
        ("right to unlock", "may be written"),
        ("rights beyond need", "nothing else"),
        ("canary", "is found"),
        ("reset", "signs in"),
        ("change", "with the old one"),
        ("history on change", "really refused"),
        ("unlock", "really lifted"),
        ("email by smtp", "answers"),
    ] {
        state(&found, what, "good", words);
    }
    // Its certificate is made for two days.
    state(&found, "certificate", "warn", "CN=dc1.corp.example, by CN=Authority of a test, until ");
    if domain.offers_hints() {
        state(
            &found,
            "policy on reset",
            "good",
            "history will be enforced on reset: yes, by control 1.2.840.113556.1.4.2239",
        );
        state(&found, "history on reset", "good", "really refused");
    } else {
        state(&found, "policy on reset", "warn", "history will be enforced on reset: no");
        state(&found, "history on reset", "warn", "taken again");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_domain_is_told_with_what_to_type() {
    let Some(mut domain) = Domain::take().await else { return };
    domain.person("canary", &[]).await;
    // Nobody listens on port 1.
    let mighty = "bind_dn = 'administrator@corp.example'\nbind_password = 'Adm1n-Passw0rd!'";
    let mut section = domain.section(mighty);
    section.remove("bind_password_file");
    let (status, found) = examined(folder(&section, 1).path(), &[]);
    assert_eq!(status, Some(1), "{found:#?}");
    state(&found, "power of the account", "bad", "512");
    state(&found, "rights beyond need", "warn", "change who has which rights");
    state(&found, "reset and unlock", "skipped", "--canary");
    state(&found, "email by smtp", "bad", "cannot connect");

    let users = format!("CN=Users,{DOMAIN}");
    domain.person_in(&users, "outsider", &[("description", "of a test")]).await;
    let outside = domain.section(&format!("base_dn = '{users}'\nuser_filter = '(cn=outsider)'"));
    let (status, found) = examined(folder(&outside, 1).path(), &["--canary", "outsider"]);
    assert_eq!(status, Some(1), "{found:#?}");
    state(
        &found,
        "right to unlock",
        "bad",
        &format!("dsacls \"{users}\" /I:S /G \"regain@corp.example:RPWP;lockoutTime;user\""),
    );
    state(
        &found,
        "right to reset",
        "bad",
        &format!("dsacls \"{users}\" /I:S /G \"regain@corp.example:CA;Reset Password;user\""),
    );
    state(&found, "reset", "bad", "not permitted");

    let mut strange = domain.section("");
    strange.remove("ca_file");
    let (status, found) = examined(folder(&strange, 1).path(), &["--canary", "canary"]);
    assert_eq!(status, Some(1), "{found:#?}");
    state(&found, "certificate", "bad", "directory.ca_file");
    state(&found, "sign-in", "bad", "");

    let (_, found) = examined(folder(&domain.section(""), 1).path(), &["--canary", "nobody"]);
    state(&found, "canary", "bad", "not found");
}

#[test]
fn a_doctor_that_cannot_look_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("regain.toml"), "[directory]\nkind = 'telepathy'\n").unwrap();
    assert_eq!(examined(folder.path(), &[]).0, Some(2));
    std::fs::remove_file(folder.path().join("regain.toml")).unwrap();
    assert_eq!(examined(folder.path(), &[]).0, Some(2));
}
