//! `regain audit`, by the program itself.

use std::process::Command;

use regain::clock::Clock;
use regain::store::Store;
use regain_core::{Span, Time};
use serde_json::Value;

use super::{SEED, happen, public, settings, trail};
use crate::support::{Engine, START, keys};

/// A folder with a store of five events and its configuration.
struct Folder {
    folder: tempfile::TempDir,
    store: Store,
    clock: Clock,
}

/// What a command has said, and its exit status.
struct Said {
    out: String,
    err: String,
    status: i32,
}

impl Folder {
    async fn new() -> Self {
        let engine = Engine::sqlite();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("test.key"), data_encoding::HEXLOWER.encode(&[42; 32])).unwrap();
        std::fs::write(path("regain-audit.key"), data_encoding::HEXLOWER.encode(&SEED)).unwrap();
        for name in ["test.key", "regain-audit.key"] {
            std::fs::set_permissions(path(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
        let url = format!("sqlite:{}", path("test.db").display());
        let config = format!(
            "[store]\nurl = '{url}'\nkey_file = '{}'\n[care_team]\nmail = 'care@example.org'\n",
            path("test.key").display()
        );
        std::fs::write(path("regain.toml"), config).unwrap();
        drop(engine);
        let clock = Clock::by_hand(Time(START.0 - Span::hours(24 * 365).0));
        let store = Store::open(&url, keys(), clock.clone()).await.unwrap();
        let trail = trail(&store, &clock, &settings(SEED));
        for n in 1..=5 {
            happen(&store, &clock, n).await;
            clock.pass(Span::hours(24));
        }
        trail.finish().await.unwrap();
        Self { folder, store, clock }
    }

    fn run(&self, args: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regain"));
        command.arg("audit").args(args).arg("--config").arg(self.folder.path().join("regain.toml"));
        let done = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { out: text(done.stdout), err: text(done.stderr), status: done.status.code().unwrap() }
    }

    #[track_caller]
    fn good(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.status, 0, "{args:?}: {} {}", said.out, said.err);
        said.out
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

#[tokio::test]
async fn verify_says_how_it_is_and_where_it_is_not() {
    let folder = Folder::new().await;
    let out = folder.good(&["verify"]);
    for expected in [
        "Events looked at: 5, from 1 to 5",
        "Signed up to: 5",
        "the last signature is of",
        "no checkpoint from elsewhere",
    ] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
    let signed = folder.store.checkpoints().await.unwrap();
    let kept = folder.file("kept.log", &format!("<110>1 x {{\"checkpoint\":\"{}\"}}\n", signed.last().unwrap()));
    assert!(!folder.good(&["verify", "--checkpoint", &kept]).contains("no checkpoint from elsewhere"));
    super::sql(&folder.store, "UPDATE audit SET user_id = 'x' WHERE seq = 3").await;
    let said = folder.run(&["verify"]);
    assert!(said.status == 1 && said.out.contains("BAD     event 3 ("), "{}", said.out);
    let json: Value = serde_json::from_str(&folder.run(&["verify", "--json"]).out).unwrap();
    assert!(json["good"] == false && json["problems"][0].as_str().unwrap().starts_with("event 3 ("), "{json}");

    for (args, expected) in [
        (vec!["verify", "--checkpoint", "none.log"], "none.log"),
        (vec!["verify", "--checkpoint", "regain-audit/2 x"], ""),
        (vec!["verify", "--public-key", "xyz"], "64 hexadecimal"),
    ] {
        let said = folder.run(&args);
        assert!(said.status != 0 && said.err.contains(expected), "{args:?}: {}", said.err);
    }
    std::fs::remove_file(folder.folder.path().join("regain-audit.key")).unwrap();
    let said = folder.run(&["verify"]);
    assert!(said.status == 2 && said.err.contains("start `regain serve` once"), "{}", said.err);
    assert!(!folder.folder.path().join("regain-audit.key").exists(), "who only looks makes no key");
    assert_eq!(folder.run(&["verify", "--public-key", &public(SEED).hex()]).status, 1, "it is looked at with that key");
}

#[tokio::test]
async fn an_export_can_be_verified_by_whoever_has_the_public_key() {
    let folder = Folder::new().await;
    let key = folder.good(&["key"]);
    assert!(key.starts_with(&public(SEED).hex()) && key.contains("BEGIN PUBLIC KEY"), "{key}");
    let key = public(SEED).hex();
    let whole = folder.good(&["export"]);
    assert_eq!(folder.store.audit_of_act("audit_exported").await.unwrap(), [r#"{"act":"audit_exported","events":5}"#]);
    let verify = |name: &str, text: &str| {
        let file = folder.file(name, text);
        folder.run(&["verify", "--file", &file, "--public-key", &key])
    };
    let said = verify("whole.jsonl", &whole);
    assert!(said.status == 0 && said.out.contains("Events looked at: 5, from 1 to 5"), "{} {}", said.out, said.err);
    for (harm, expected) in [
        (whole.replace("jo3@", "jo9@"), "event 3 ("),
        (whole.lines().filter(|line| !line.contains("\"seq\":2,")).collect::<Vec<_>>().join("\n"), "event 2 is gone"),
        (whole.lines().filter(|line| !line.contains("\"seq\":5,")).collect::<Vec<_>>().join("\n"), "the end is gone"),
    ] {
        let said = verify("harmed.jsonl", &harm);
        assert!(said.status == 1 && said.out.contains(expected), "{expected}: {}", said.out);
    }
    let part = folder.good(&["export", "--since", "2025-11-25", "--until", "2025-11-27T00:00:00Z"]);
    let said = verify("part.jsonl", &part);
    assert!(said.status == 0 && said.out.contains("Events looked at: 2, from 3 to 4"), "{} {}", said.out, said.err);
    let said = verify("none.jsonl", "what is this");
    assert!(said.status == 2 && said.err.contains("line 1"), "{}", said.err);
    let other = folder.run(&["verify", "--file", &folder.file("w", &whole), "--public-key", &public([8; 32]).hex()]);
    assert!(other.status == 1 && other.out.contains("not signed by a key"), "{}", other.out);
}

#[tokio::test]
async fn cve_2021_33256_a_list_for_spreadsheets_calculates_nothing() {
    let folder = Folder::new().await;
    let event = regain_core::audit::Event {
        user_id: "=cmd|' /C calc'!A0".into(),
        account: None,
        act: regain_core::audit::Act::Started,
    };
    let origin = regain::store::audit::Origin { address: "@x".into(), browser: "\t-1+2".into() };
    let row =
        folder.store.append_audit(regain_core::FlowId([9; 16]), (1, 0), &event, &origin, folder.clock.now()).unwrap();
    folder.store.db().write(vec![row]).await.unwrap();
    let csv = folder.good(&["export", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().unwrap().get(4), Some("user_id"));
    let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(lines.len(), 6, "the last has no place yet and is there");
    for cell in lines.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
    assert_eq!(&lines[5][4], "'=cmd|' /C calc'!A0");
    let one = folder.good(&["export", "--user", "JO3@example.org"]);
    assert!(one.lines().count() == 1 && one.contains("\"user_id\":\"jo3@example.org\""), "{one}");
    assert!(folder.run(&["export", "--since", "yesterday"]).err.contains("2026-11-27"));
}
