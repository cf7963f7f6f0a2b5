//! The store: both engines, one text.

use std::collections::BTreeSet;

use regain::clock::Clock;
use regain::store::enrolment::NewContact;
use regain::store::outbox::Payload;
use regain::store::{Db, Outcome, STATEMENTS, Stmt, Store};
use regain_core::effect::{Delivery, Message, To};
use regain_core::flow::Flow;
use regain_core::method::{Channel, ContactKind};
use regain_core::registration::NOBODY;
use regain_core::reset::{Event, Reset, step};
use regain_core::subject::AccountId;
use regain_core::throttle::{Claim, Limit, Rule, Scope, What};
use regain_core::{Ctx, FlowId, Policy, Span, Time};

use crate::support::{Engine, START, keys};

async fn each(test: impl AsyncFn(&Engine, Store, Clock)) {
    for engine in Engine::both().await {
        let clock = Clock::by_hand(START);
        let store = engine.open(&clock).await;
        println!("on {}", engine.name);
        test(&engine, store, clock).await;
    }
}

#[tokio::test]
async fn every_statement_is_understood_by_both_engines() {
    each(async |_, store, _| {
        for sql in STATEMENTS.iter().copied().flatten() {
            store.db().prepare(sql).await.unwrap_or_else(|error| panic!("{sql}\n{error}"));
        }
    })
    .await;
}

#[tokio::test]
async fn the_data_inventory_names_every_column_and_no_other() {
    let text = include_str!("../../../../docs/data-inventory.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")).filter(|line| line.contains('.'));
    let mut named = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert!(["secret", "personal", "operational"].contains(&cells[1]), "{row}");
        assert!(cells.iter().take(4).all(|cell| !cell.is_empty()), "{row}");
        named.insert(cells[0].to_owned());
    }
    each(async |engine, store, _| {
        let sql = match store.db() {
            Db::Sqlite(_) => "SELECT m.name || '.' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'",
            Db::Postgres(_) => "SELECT (table_name || '.' || column_name)::text FROM information_schema.columns WHERE table_schema = 'public'",
        };
        let rows = store.db().read(sql, vec![]).await.unwrap();
        let found: BTreeSet<String> = rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect();
        assert_eq!(found, named, "{}", engine.name);
    })
    .await;
}

#[tokio::test]
async fn opening_again_changes_nothing_and_a_newer_store_is_left_alone() {
    each(async |engine, store, clock| {
        drop(engine.open(&clock).await);
        let newer = "INSERT INTO migration (version, at) VALUES (999, 0)";
        store.db().write(vec![Stmt::new(newer, vec![])]).await.unwrap();
        let refused = Store::open(&engine.url, keys(), clock).await.err().expect("a newer store is refused");
        assert!(refused.to_string().contains("newer"), "{refused}");
    })
    .await;
}

/// A flow that has moved on by one event.
fn moved(flow: Reset) -> Reset {
    let (policy, keys) = (Policy::default(), keys());
    let ctx = Ctx { now: START, entropy: [1; 32], policy: &policy, keys: &keys, registration: &NOBODY };
    step(&ctx, flow, Event::NewPicture).state
}

#[tokio::test]
async fn of_sixteen_changes_of_one_version_one_wins_and_brings_its_message() {
    each(async |_, store, _| {
        let flow = Reset::new(FlowId([1; 16]), START, Span::minutes(15));
        let first = store.put_flow(None, &Flow::Reset(flow.clone()), flow.expires).unwrap();
        assert!(matches!(store.db().write(vec![first]).await.unwrap(), Outcome::Committed(_)));
        let tasks: Vec<_> = (0..16)
            .map(|n| {
                let (store, flow) = (store.clone(), moved(flow.clone()));
                tokio::spawn(async move {
                    let batch = vec![
                        store.put_flow(Some(1), &Flow::Reset(flow.clone()), flow.expires).unwrap(),
                        store.queue(flow.id, 2, n, &payload(To::Nobody), START).unwrap(),
                    ];
                    matches!(store.db().write(batch).await.unwrap(), Outcome::Committed(_))
                })
            })
            .collect();
        let mut winners = 0;
        for task in tasks {
            winners += usize::from(task.await.unwrap());
        }
        assert_eq!(winners, 1);
        assert_eq!(store.waiting_messages().await.unwrap().0, 1, "what lost the swap left no message");
        let loaded = store.flow(flow.id).await.unwrap().unwrap();
        assert_eq!((loaded.version, loaded.flow), (2, Flow::Reset(moved(flow))));
    })
    .await;
}

fn payload(to: To) -> Payload {
    let message = Message::PasswordChanged { certain: true, user_id: "jo@example.org".into(), at: START, offer: None };
    let deadline = START + Span::minutes(10);
    let delivery = Delivery { to, channel: Channel::Email, message, deadline };
    Payload { delivery, user_id: "jo@example.org".into(), address: "192.0.2.1".into() }
}

#[tokio::test]
async fn twenty_counts_at_once_are_twenty_different_counts() {
    each(async |_, store, clock| {
        let limit = Limit { count: 5, window: Span::hours(24) };
        let (what, scope) = (What::Proofs, Scope::Account);
        let claim = Claim { counter: "reset:x".into(), limit, what, scope, whom: "jo".into(), weight: 1, ends: None };
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (store, claim) = (store.clone(), claim.clone());
                tokio::spawn(async move { store.take(&[claim], START).await.unwrap().is_none() })
            })
            .collect();
        let mut passed = 0;
        for task in tasks {
            passed += usize::from(task.await.unwrap());
        }
        assert_eq!(passed, 5);
        let until = store.resting("reset:x", 5, START).await.unwrap();
        assert_eq!(until, Some(START + Span::hours(24)));
        clock.pass(Span::hours(24));
        assert_eq!(store.take(&[claim], clock.now()).await.unwrap(), None, "a new window begins");
    })
    .await;
}

#[tokio::test]
async fn two_nodes_hold_every_limit_together_however_many_come_at_once() {
    each(async |engine, store, clock| {
        let other = engine.open(&clock).await;
        for rule in Rule::ALL {
            let Rule { what, scope } = rule;
            let limits = [Limit { count: 5, window: Span::hours(1) }, Limit { count: 7, window: Span::hours(24) }];
            let counter = |limit: &Limit| format!("{}:x:{}", rule.prefix(), limit.window.0);
            let claim = |limit: &Limit| Claim {
                counter: counter(limit),
                limit: *limit,
                what,
                scope,
                whom: "x".into(),
                weight: 1,
                ends: None,
            };
            let claims: Vec<Claim> = limits.iter().map(claim).collect();
            let attempts: Vec<_> = (0..100)
                .map(|n| {
                    let (store, mut claims) = (if n % 2 == 0 { store.clone() } else { other.clone() }, claims.clone());
                    claims.rotate_left(n % 3 % 2);
                    tokio::spawn(async move { store.take(&claims, START).await.unwrap().is_none() })
                })
                .collect();
            let mut passed = 0;
            for attempt in attempts {
                passed += u32::from(attempt.await.unwrap());
            }
            assert_eq!(passed, 5, "{rule:?} on {}", engine.name);
            let counted = store.counters(START).await.unwrap();
            let counted: Vec<_> =
                counted.iter().filter(|counted| claims.iter().any(|c| c.counter == counted.counter)).collect();
            assert_eq!(counted.len(), 2);
            assert!(counted.iter().all(|counted| counted.count == 5 && counted.whom == "x"), "none is counted twice");
        }
    })
    .await;
}

#[tokio::test]
async fn a_message_is_taken_by_one_node_and_again_when_that_one_dies() {
    each(async |engine, store, clock| {
        let flow = FlowId([2; 16]);
        let queue = |n| store.queue(flow, 1, n, &payload(To::OwnMail("jo@example.org".into())), START).unwrap();
        store.db().write((0..8).map(queue).collect()).await.unwrap();
        let other = engine.open(&clock).await;
        let (one, two) = tokio::join!(store.take_messages(START), other.take_messages(START));
        let mut taken: Vec<String> = one.unwrap().into_iter().chain(two.unwrap()).map(|taken| taken.id).collect();
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), 8, "each by one of the two");
        assert!(store.take_messages(START).await.unwrap().is_empty(), "none twice");
        let later = START + Span::minutes(2);
        assert_eq!(other.take_messages(later).await.unwrap().len(), 8, "whoever took them is gone");
    })
    .await;
}

#[tokio::test]
async fn what_is_personal_lies_sealed() {
    each(async |_, store, _| {
        let account = AccountId("a1".into());
        let number = "+447700900123";
        let contact =
            NewContact { account: account.clone(), kind: ContactKind::Mobile, address: number.into(), verified: true };
        store.set_contacts(&[contact]).await.unwrap();
        let mut flow = Reset::new(FlowId([3; 16]), START, Span::minutes(15));
        flow.user_id = "jo.bloggs@example.org".into();
        let message = store.queue(flow.id, 1, 0, &payload(To::OwnMail("jo.bloggs@example.org".into())), START).unwrap();
        store
            .db()
            .write(vec![store.put_flow(None, &Flow::Reset(flow.clone()), flow.expires).unwrap(), message])
            .await
            .unwrap();
        for sql in ["SELECT address || lookup FROM contact", "SELECT state FROM flow", "SELECT payload FROM outbox"] {
            for row in store.db().read(sql, vec![]).await.unwrap() {
                let text = row.text(0).unwrap();
                assert!(!text.contains("7700900123") && !text.contains("bloggs"), "{sql}: {text}");
            }
        }
        assert_eq!(store.contacts(&account).await.unwrap()[0].address, number, "and opens again");
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_breaks_off_leaves_nothing() {
    each(async |_, store, _| {
        let insert = "INSERT INTO throttle (counter, count, since, until) VALUES ($1, 1, 0, 0)";
        let twice = vec![Stmt::new(insert, vec!["x".into()]), Stmt::new(insert, vec!["x".into()])];
        assert!(matches!(store.db().write(twice).await, Err(regain::store::Error::Duplicate(_))));
        let rows = store.db().read("SELECT counter FROM throttle", vec![]).await.unwrap();
        assert!(rows.is_empty());
        assert_eq!(store.resting("x", 1, Time(0)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_first_thing_in_a_batch_that_does_not_go_decides_and_the_next_batch_goes() {
    each(async |_, store, _| {
        let insert = |name: &str| {
            let sql = "INSERT INTO throttle (counter, count, since, until) VALUES ($1, 1, 0, 0)";
            Stmt::new(sql, vec![name.into()])
        };
        let nothing = || Stmt::guard("DELETE FROM throttle WHERE counter = $1", vec!["nobody".into()]);
        store.db().write(vec![insert("x")]).await.unwrap();
        let guarded = store.db().write(vec![insert("y"), nothing(), insert("x")]).await;
        assert!(matches!(guarded, Ok(Outcome::Guarded)), "{guarded:?}");
        let twice = store.db().write(vec![insert("y"), insert("x"), nothing()]).await;
        assert!(matches!(twice, Err(regain::store::Error::Duplicate(_))), "{twice:?}");
        let many = (0..70).map(|n| insert(&format!("z{n}"))).collect();
        let done = store.db().write(many).await.unwrap();
        assert!(matches!(done, Outcome::Committed(rows) if rows.len() == 70));
        let rows = store.db().read("SELECT counter FROM throttle", vec![]).await.unwrap();
        assert_eq!(rows.len(), 71, "and nothing of those that did not go");
    })
    .await;
}

#[tokio::test]
async fn a_limit_that_is_reached_costs_the_others_nothing() {
    each(async |_, store, _| {
        let claim = |count, seconds| Claim {
            counter: format!("send:x:{seconds}"),
            limit: Limit { count, window: Span::seconds(seconds) },
            what: What::Sends,
            scope: Scope::Destination,
            whom: "*********23".into(),
            weight: 1,
            ends: None,
        };
        let both = [claim(1, 30), claim(5, 3_600)];
        assert_eq!(store.take(&both, START).await.unwrap(), None);
        for _ in 0..10 {
            let exceeded = store.take(&both, START).await.unwrap().expect("one in thirty seconds");
            assert_eq!((exceeded.claim, exceeded.until), (claim(1, 30), START + Span::seconds(30)));
        }
        for _ in 0..4 {
            assert_eq!(store.take(&both[1..], START).await.unwrap(), None, "four of five are left");
        }
        assert!(store.take(&both[1..], START).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn one_message_that_cannot_be_read_does_not_hold_up_the_others() {
    each(async |_, store, _| {
        let queue = |n| store.queue(FlowId([4; 16]), 1, n, &payload(To::Nobody), START).unwrap();
        store.db().write((0..3).map(queue).collect()).await.unwrap();
        let spoil = "UPDATE outbox SET payload = 'spoilt' WHERE id LIKE '%-1'";
        store.db().write(vec![Stmt::new(spoil, vec![])]).await.unwrap();
        assert_eq!(store.take_messages(START).await.unwrap().len(), 2);
        let rows = store.db().read("SELECT state FROM outbox WHERE id LIKE '%-1'", vec![]).await.unwrap();
        assert_eq!(rows[0].text(0).unwrap(), "failed");
    })
    .await;
}

#[tokio::test]
async fn a_store_is_not_opened_with_another_key() {
    each(async |engine, store, clock| {
        let account = AccountId("a1".into());
        let contact = NewContact { account, kind: ContactKind::Email, address: "a@b.example".into(), verified: true };
        store.set_contacts(&[contact]).await.unwrap();
        let other = regain_core::Keys::new([9; 32]);
        let refused = Store::open(&engine.url, other, clock).await.err().expect("another key is refused");
        assert!(refused.to_string().contains("put back the key file"), "{refused}");
    })
    .await;
}
