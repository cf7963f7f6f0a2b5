//! The power fails at every numbered point of chaining, signing and sending; the next start goes on.

use std::process::{Command, Stdio};
use std::time::Duration;

use regain::clock::{self, Clock};
use regain::store::Store;

use super::{SEED, happen, look, sql};
use crate::support::Engine;
use crate::support::providers::{Asked, Provider};

/// Events before each start.
const EVENTS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trail_survives_a_power_cut_at_every_point() {
    for engine in Engine::both().await {
        let receiver = Provider::start(|_: &Asked| Some((200, String::new()))).await;
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("test.key");
        std::fs::write(&key, "2a".repeat(32)).unwrap();
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let seed = data_encoding::HEXLOWER.encode(&SEED);
        let config = folder.path().join("regain.toml");
        let text = format!(
            "[server]\nlisten = '127.0.0.1:0'\n[store]\nurl = '{}'\nkey_file = '{}'\n[care_team]\nmail = 'care@example.org'\n\
             [policy]\nmethods = ['text']\n[[delivery.text.gateway]]\nkind = 'http'\nurl = 'http://127.0.0.1:{port}/'\n\
             encoding = 'text'\nbody = '{{text}}'\n\
             [audit]\nsigning_key = '{seed}'\n[audit.webhook]\nurl = 'http://127.0.0.1:{port}/'\nsecret = 'of no importance'\n",
            engine.url,
            key.display(),
            port = receiver.port,
        );
        std::fs::write(&config, text).unwrap();
        let clock = Clock::real();
        let store = engine.open(&clock).await;
        let (mut cuts, mut written) = (0, 0u16);
        for point in 1.. {
            for _ in 0..EVENTS {
                written += 1;
                happen(&store, &clock, written).await;
            }
            // As if the minute were over in which nobody else may send: the server that died had hold of the receiver.
            sql(&store, "UPDATE audit_sink SET until = 0").await;
            let mut service = Command::new(env!("CARGO_BIN_EXE_regain"));
            service.args(["serve", "--config"]).arg(&config).env("REGAIN_LOG", "off");
            service.env("REGAIN_FAULT_KILL_AT", point.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut service = service.spawn().unwrap();
            let died = loop {
                if service.try_wait().unwrap().is_some() {
                    break true;
                }
                if settled(&store, written.into()).await {
                    break false;
                }
                clock::wait(Duration::from_millis(5)).await;
            };
            if !died {
                service.kill().unwrap();
                service.wait().unwrap();
            }
            let found = look(&store, &clock, &[]).await;
            assert_eq!(found.report.problems, [], "{}: point {point}", engine.name);
            if !died {
                break;
            }
            cuts += 1;
        }
        let found = look(&store, &clock, &[]).await.report;
        assert_eq!((found.events, found.last), (written.into(), written.into()), "{}", engine.name);
        let seen: Vec<i64> = receiver.asked().iter().flat_map(|asked| numbers(&asked.body)).collect();
        let mut next = 1;
        for seq in seen {
            assert!(seq <= next, "{}: {seq} came before {next}", engine.name);
            next = next.max(seq + 1);
        }
        assert_eq!(next, found.last + 1, "the receiver has every event");
        println!("{}: {cuts} power cuts", engine.name);
        assert!(cuts > 8, "only {cuts} points were found");
    }
}

fn numbers(lines: &str) -> Vec<i64> {
    let number = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["seq"].as_i64();
    lines.lines().filter_map(number).collect()
}

/// Whether all events have their places, were signed, and were taken.
async fn settled(store: &Store, written: i64) -> bool {
    let (head, _) = store.audit_head().await.unwrap();
    let sent = store.sinks().await.unwrap().first().map_or(0, |(_, seq)| *seq);
    let signed = store.checkpoints().await.unwrap().iter().any(|line| line.contains(&format!(" mark {written} ")));
    (head, sent, signed) == (written, written, true)
}
