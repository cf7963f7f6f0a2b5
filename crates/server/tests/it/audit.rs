//! The audit trail in the store: what is done to it is noticed, whoever chains it and whenever that one dies.

mod cli;
mod crash;
mod receivers;
mod rsyslog;

use std::sync::Arc;

use regain::audit::verify::{Found, in_store};
use regain::audit::{PublicKey, SigningKey, Trail};
use regain::clock::Clock;
use regain::config::audit::Audit;
use regain::store::audit::Origin;
use regain::store::{Stmt, Store};
use regain_core::audit::verify::Problem;
use regain_core::audit::{Act, Event};
use regain_core::{FlowId, Secret, Span};

use crate::support::{Engine, START};

/// The seed of the tests' signing key.
const SEED: [u8; 32] = [7; 32];

fn settings(seed: [u8; 32]) -> Audit {
    let key = data_encoding::HEXLOWER.encode(&seed);
    Audit { signing_key: Some(Secret::new(key)), ..Audit::default() }
}

fn trail(store: &Store, clock: &Clock, settings: &Audit) -> Arc<Trail> {
    let opened = Trail::open(settings, "none".as_ref(), "reset.example.org", store.clone(), clock.clone());
    Arc::new(opened.unwrap_or_else(|problems| panic!("{problems:?}")))
}

fn public(seed: [u8; 32]) -> PublicKey {
    SigningKey::from_seed(&seed).unwrap().public().clone()
}

/// Writes the n-th event, as a flow would.
async fn happen(store: &Store, clock: &Clock, n: u16) {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&n.to_be_bytes());
    let event = Event { user_id: format!("jo{n}@example.org"), account: None, act: Act::Started };
    let origin = Origin { address: "192.0.2.7".into(), browser: "Zoë's =browser".into() };
    let row = store.append_audit(FlowId(id), (1, 0), &event, &origin, clock.now()).unwrap();
    store.db().write(vec![row]).await.unwrap();
}

async fn look(store: &Store, clock: &Clock, outside: &[String]) -> Found {
    in_store(store, &[public(SEED)], outside, clock.now()).await.unwrap()
}

async fn sql(store: &Store, statement: &'static str) {
    store.db().write(vec![Stmt::new(statement, vec![])]).await.unwrap();
}

/// Twelve events, of which ten were signed.
async fn twelve(engine: &Engine) -> (Store, Clock, Arc<Trail>) {
    let clock = Clock::by_hand(START);
    let store = engine.open(&clock).await;
    let trail = trail(&store, &clock, &settings(SEED));
    for n in 1..=10 {
        happen(&store, &clock, n).await;
        clock.pass(Span::seconds(1));
    }
    trail.finish().await.unwrap();
    for n in 11..=12 {
        happen(&store, &clock, n).await;
        clock.pass(Span::seconds(1));
    }
    trail.tend().await.unwrap();
    (store, clock, trail)
}

#[tokio::test]
async fn what_was_written_is_found_to_be_so() {
    for engine in Engine::both().await {
        let (store, clock, trail) = twelve(&engine).await;
        let found = look(&store, &clock, &[]).await;
        assert_eq!(
            (found.report.problems, found.report.events, found.report.last),
            (vec![], 12, 12),
            "{}",
            engine.name
        );
        assert_eq!(found.report.signed.map(|(seq, _)| seq), Some(10));
        happen(&store, &clock, 13).await;
        assert_eq!(look(&store, &clock, &[]).await.waiting, 1);
        clock.pass(Span::minutes(1));
        trail.tend().await.unwrap();
        let found = look(&store, &clock, &[]).await;
        assert_eq!((found.waiting, found.report.signed.map(|(seq, _)| seq)), (0, Some(13)));
        clock.pass(Span::hours(1));
        trail.tend().await.unwrap();
        assert_eq!(look(&store, &clock, &[]).await.last_signature, Some(clock.now()), "signed without news, too");
    }
}

/// What somebody who may write to the store does to it, and what is said of that first.
const HARM: &[(&str, &str)] = &[
    ("UPDATE audit SET at = at + 1 WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET flow = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET reference = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET user_id = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET account = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET act = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET outcome = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET detail = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET address = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET browser = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET id = 'x' WHERE seq = 4", "event 4 (x)"),
    ("UPDATE audit SET seal = NULL WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET seal = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET hash = 'x' WHERE seq = 4", "event 4 ("),
    ("UPDATE audit SET hash = NULL WHERE seq = 12", "event 12 ("),
    ("UPDATE audit SET seq = 99 WHERE seq = 4", "event 4 is gone"),
    ("UPDATE audit SET seq = NULL WHERE seq = 4", "event 4 is gone"),
    ("DELETE FROM audit WHERE seq = 4", "event 4 is gone"),
    ("DELETE FROM audit WHERE seq = 1", "event 1 is gone"),
    ("DELETE FROM audit WHERE seq = 12", "the trail stops at event 11, and there was an event 12"),
    ("DELETE FROM audit WHERE seq BETWEEN 3 AND 5", "events 3 to 5 are gone"),
    ("DELETE FROM audit WHERE seq > 7", "the trail stops at event 7, and there was an event 10"),
    ("DELETE FROM audit", "the trail stops at event 0, and there was an event 10"),
    ("UPDATE audit_head SET seq = 11", "what the store calls the end"),
    ("UPDATE audit_head SET hash = 'x'", "what the store calls the end"),
    ("UPDATE audit_head SET seq = 99", "the trail stops at event 12, and there was an event 99"),
    ("UPDATE audit_checkpoint SET line = replace(line, ' 10 ', ' 11 ')", "a checkpoint is not signed"),
    (
        "INSERT INTO audit (id, at, flow, reference, user_id, act, outcome, detail, address, browser) \
         VALUES ('x', 0, '', '', '', '', '', '', '', '')",
        "event x, not chained yet",
    ),
];

#[tokio::test]
async fn whatever_is_done_to_the_store_is_noticed_and_named() {
    for engine in [Some(Engine::sqlite()), Engine::postgres().await].into_iter().flatten() {
        let (store, clock, _) = twelve(&engine).await;
        let tables = ["audit", "audit_head", "audit_checkpoint"];
        for table in tables {
            let copy = format!("CREATE TABLE whole_{table} AS SELECT * FROM {table}");
            store.db().write(vec![Stmt::new(copy.leak(), vec![])]).await.unwrap();
        }
        for (harm, expected) in HARM {
            sql(&store, harm).await;
            let problems = look(&store, &clock, &[]).await.report.problems;
            let told = problems.first().map(ToString::to_string).unwrap_or_default();
            assert!(told.contains(expected), "{}: {harm}: {problems:?}", engine.name);
            for table in tables {
                let empty = format!("DELETE FROM {table}");
                let fill = format!("INSERT INTO {table} SELECT * FROM whole_{table}");
                store.db().write([empty, fill].map(|text| Stmt::new(text.leak(), vec![])).into()).await.unwrap();
            }
            assert_eq!(look(&store, &clock, &[]).await.report.problems, [], "{harm}: and mended again");
        }
    }
}

#[tokio::test]
async fn two_that_are_swapped_are_both_named() {
    for engine in Engine::both().await {
        let (store, clock, _) = twelve(&engine).await;
        for step in [
            "UPDATE audit SET seq = 99 WHERE seq = 4",
            "UPDATE audit SET seq = 4 WHERE seq = 7",
            "UPDATE audit SET seq = 7 WHERE seq = 99",
        ] {
            sql(&store, step).await;
        }
        let problems = look(&store, &clock, &[]).await.report.problems;
        let named: Vec<i64> = problems
            .iter()
            .filter_map(|p| if let Problem::Altered { seq, .. } = p { Some(*seq) } else { None })
            .collect();
        assert!(named.contains(&4) && named.contains(&7), "{problems:?}");
    }
}

#[tokio::test]
async fn another_key_and_a_checkpoint_of_before_are_noticed() {
    let engine = Engine::sqlite();
    let (store, clock, own) = twelve(&engine).await;
    let early = store.checkpoints().await.unwrap();
    // Somebody puts another key in the place of ours, and signs with it.
    let other = trail(&store, &clock, &settings([8; 32]));
    other.finish().await.unwrap();
    let problems = look(&store, &clock, &[]).await.report.problems;
    assert!(
        matches!(problems.as_slice(), [Problem::NotSigned { line }] if line.contains(&public([8; 32]).id())),
        "{problems:?}"
    );
    sql(&store, "DELETE FROM audit_checkpoint WHERE seq = 12").await;

    own.finish().await.unwrap();
    let kept = store.checkpoints().await.unwrap();
    // The end is cut off, with everything that tells of it, and a checkpoint of before is the last again.
    sql(&store, "DELETE FROM audit WHERE seq > 10").await;
    sql(&store, "DELETE FROM audit_checkpoint WHERE seq > 10").await;
    let last = "UPDATE audit_head SET seq = 10, hash = (SELECT hash FROM audit WHERE seq = 10)";
    sql(&store, last).await;
    assert_eq!(store.checkpoints().await.unwrap(), early);
    assert_eq!(look(&store, &clock, &[]).await.report.problems, [], "nothing in the store tells of it");
    let told = look(&store, &clock, &kept).await.report.problems;
    assert!(matches!(told.as_slice(), [Problem::CutOff { last: 10, was: 12, at: Some(_) }]), "{told:?}");

    // A service that runs has seen it, and says so in the trail itself.
    own.tend().await.unwrap();
    own.tend().await.unwrap();
    assert_eq!(store.audit_of_act("audit_cut").await.unwrap(), [r#"{"act":"audit_cut","was":12,"is":10}"#]);
}

#[tokio::test]
async fn what_is_altered_before_its_turn_stands_in_the_trail_for_good() {
    for engine in Engine::both().await {
        let (store, clock, trail) = twelve(&engine).await;
        happen(&store, &clock, 13).await;
        sql(&store, "UPDATE audit SET user_id = 'nobody' WHERE seq IS NULL").await;
        let waiting = look(&store, &clock, &[]).await.report.problems;
        assert!(matches!(waiting.as_slice(), [Problem::ForgedWaiting { .. }]), "{waiting:?}");
        trail.tend().await.unwrap();
        trail.tend().await.unwrap();
        let problems = look(&store, &clock, &[]).await.report.problems;
        assert!(matches!(problems.as_slice(), [Problem::Forged { seq: 13, .. }]), "{problems:?}");
        assert_eq!(store.audit_of_act("audit_forged").await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn events_from_before_the_chain_are_taken_as_they_are_once() {
    for engine in Engine::both().await {
        let clock = Clock::by_hand(START);
        let store = engine.open(&clock).await;
        for n in 1..=3 {
            happen(&store, &clock, n).await;
        }
        sql(&store, "UPDATE audit SET seal = NULL").await;
        happen(&store, &clock, 4).await;
        let trail = trail(&store, &clock, &settings(SEED));
        trail.tend().await.unwrap();
        let found = look(&store, &clock, &[]).await;
        assert_eq!((found.report.problems, found.report.adopted, found.report.last), (vec![], 3, 4));
        // Somebody wants to have another taken as well.
        sql(&store, "DELETE FROM audit_checkpoint WHERE kind = 'adopted'").await;
        happen(&store, &clock, 5).await;
        sql(&store, "UPDATE audit SET seal = NULL WHERE seq IS NULL").await;
        let again = self::trail(&store, &clock, &settings(SEED));
        again.tend().await.unwrap();
        again.tend().await.unwrap();
        let problems = look(&store, &clock, &[]).await.report.problems;
        assert!(problems.iter().any(|problem| matches!(problem, Problem::Forged { seq: 5, .. })), "{problems:?}");
        assert_eq!(store.audit_of_act("audit_forged").await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_what_is_left_can_be_verified() {
    for engine in Engine::both().await {
        let (store, clock, trail) = twelve(&engine).await;
        clock.pass(Span::hours(24 * 395));
        happen(&store, &clock, 13).await;
        // Dating an event back does not have it forgotten.
        sql(&store, "UPDATE audit SET at = 0 WHERE seq = 11").await;
        trail.tend().await.unwrap();
        assert_eq!(look(&store, &clock, &[]).await.report.pruned, 0);
        let kept = store.checkpoints().await.unwrap();
        clock.pass(Span::hours(25));
        trail.tend().await.unwrap();
        let report = look(&store, &clock, &kept).await.report;
        assert_eq!((report.pruned, report.last, report.events), (10, 13, 3), "{}", engine.name);
        assert!(matches!(
            report.problems.as_slice(),
            [Problem::Altered { seq: 11, .. }, Problem::Forged { seq: 11, .. }]
        ));
        sql(&store, "DELETE FROM audit WHERE seq = 11").await;
        let problems = look(&store, &clock, &[]).await.report.problems;
        assert_eq!(problems[0], Problem::Missing { first: 11, last: 11 });
        sql(&store, "DELETE FROM audit_checkpoint WHERE kind = 'pruned'").await;
        assert_eq!(look(&store, &clock, &[]).await.report.problems[0], Problem::Missing { first: 1, last: 11 });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_chain_at_once_and_nothing_is_lost_or_doubled() {
    for engine in Engine::both().await {
        let clock = Clock::by_hand(START);
        let store = engine.open(&clock).await;
        let mut tasks = Vec::new();
        for writer in 0..4u16 {
            let store = engine.open(&clock).await;
            let clock = clock.clone();
            tasks.push(tokio::spawn(async move {
                for n in 0..50 {
                    happen(&store, &clock, writer * 50 + n).await;
                    clock.pass(Span(1));
                }
            }));
        }
        for _ in 0..2 {
            let node = engine.open(&clock).await;
            let trail = trail(&node, &clock, &settings(SEED));
            tasks.push(tokio::spawn(async move {
                while node.audit_head().await.unwrap().0 < 200 {
                    trail.tend().await.unwrap();
                }
                trail.finish().await.unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let found = look(&store, &clock, &[]).await;
        assert_eq!((found.report.problems, found.report.events, found.waiting), (vec![], 200, 0), "{}", engine.name);
        assert_eq!(found.report.signed.map(|(seq, _)| seq), Some(200));
    }
}

#[tokio::test]
async fn an_event_that_is_committed_late_still_has_its_turn() {
    let Some(engine) = Engine::postgres().await else { return };
    let (store, clock, trail) = twelve(&engine).await;
    let (client, connection) = tokio_postgres::connect(&engine.url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    // The row of event 12, sealed as it was, comes from a transaction that was open all the while.
    client.batch_execute("BEGIN; CREATE TEMP TABLE late AS SELECT * FROM audit WHERE seq = 12").await.unwrap();
    client.batch_execute("UPDATE late SET seq = NULL, hash = NULL, id = id || 'x'").await.unwrap();
    client.batch_execute("INSERT INTO audit SELECT * FROM late").await.unwrap();
    happen(&store, &clock, 13).await;
    trail.tend().await.unwrap();
    assert_eq!(store.audit_head().await.unwrap().0, 13, "nobody waits for it");
    client.batch_execute("COMMIT").await.unwrap();
    trail.tend().await.unwrap();
    let rows = store.db().read("SELECT id FROM audit WHERE seq = 14", vec![]).await.unwrap();
    assert!(rows[0].text(0).unwrap().ends_with('x'));
}

#[tokio::test]
async fn who_looks_while_the_service_works_is_told_nothing_wrong() {
    let engine = Engine::sqlite();
    let (store, clock, trail) = twelve(&engine).await;
    let busy = {
        let (store, clock, trail) = (store.clone(), clock.clone(), Arc::clone(&trail));
        tokio::spawn(async move {
            for n in 13..=200 {
                happen(&store, &clock, n).await;
                trail.tend().await.unwrap();
            }
        })
    };
    while !busy.is_finished() {
        assert_eq!(look(&store, &clock, &[]).await.report.problems, []);
        tokio::task::yield_now().await;
    }
    busy.await.unwrap();
}
