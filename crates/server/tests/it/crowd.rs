//! What people look like from outside is counted, and who does not exist looks the same.

use std::collections::BTreeSet;

use regain::crowd::count_if_due;
use regain::directory::embedded::Change;
use regain_core::method::ContactKind::Email;
use regain_core::reset::{End, View};
use regain_core::{FlowId, Span};

use crate::support::Engine;
use crate::support::app::TestApp;

async fn each(test: impl AsyncFn(TestApp)) {
    for engine in Engine::both().await {
        println!("on {}", engine.name);
        // Many are asked about from one network.
        test(TestApp::open(&engine, "[throttle]\nresets_per_network = []").await).await;
    }
}

/// What is shown of so many made-up User IDs, each twice: the second time must be like the first.
async fn made_up(app: &TestApp, many: u8, round: u8) -> Vec<View> {
    let mut seen = Vec::new();
    for n in 0..many {
        let user_id = format!("nobody.{n}@example.org");
        let view = app.identify(flow(n, round), &user_id).await;
        assert_eq!(view, app.identify(flow(n, round + 1), &user_id).await, "the same each time");
        seen.push(view);
    }
    seen
}

fn flow(n: u8, round: u8) -> FlowId {
    let mut id = [n; 16];
    id[0] = round;
    FlowId(id)
}

fn led_away(views: &[View]) -> usize {
    views.iter().filter(|view| matches!(view, View::Ended { end: End::CareTeam, .. })).count()
}

#[tokio::test]
async fn people_are_counted_once_a_day_by_one_node() {
    each(async |app| {
        let (one, other) = tokio::join!(count_if_due(&app.app), count_if_due(&app.app));
        let counted: BTreeSet<_> = [one.expect("no fault"), other.expect("no fault")].into();
        assert_eq!(counted, [None, Some(4)].into(), "one of two counts");
        app.clock.pass(Span::hours(23));
        assert_eq!(count_if_due(&app.app).await.expect("no fault"), None);
        app.clock.pass(Span::hours(1));
        assert_eq!(count_if_due(&app.app).await.expect("no fault"), Some(4));
    })
    .await;
}

#[tokio::test]
async fn where_most_people_are_led_to_the_care_team_made_up_ones_are_too() {
    each(async |app| {
        assert_eq!(led_away(&made_up(&app, 30, 0).await), 0, "nobody was counted yet");
        for n in 0..60 {
            app.add(&format!("somebody.{n}@example.org"), &[], &[]).await;
        }
        count_if_due(&app.app).await.expect("no fault");
        // So many that whatever the key is, some are among those who can go on: each is by one in ten or so.
        let seen = made_up(&app, 120, 2).await;
        assert!((60..120).contains(&led_away(&seen)), "most, and not all: {}", led_away(&seen));
        let n = seen.iter().position(|view| matches!(view, View::Ended { .. })).expect("one of them");
        let flow = flow(u8::try_from(n).expect("small"), 2);
        let reference = app.app.look(flow).await.expect("no fault").expect("it is there").reference;
        assert_eq!(app.app.store.count_audit(&reference, "not_found").await.expect("no fault"), 1, "we are told");
        assert_eq!(app.app.store.count_audit(&reference, "sent_to_care_team").await.expect("no fault"), 0);
    })
    .await;
}

#[tokio::test]
async fn what_one_person_changes_is_not_seen_at_made_up_ones() {
    each(async |app| {
        for n in 0..60 {
            let mail = format!("somebody.{n}@gmail.com");
            app.add(&format!("somebody.{n}@example.org"), &[], &[(Email, &mail)]).await;
        }
        // What is new shows, too: it has grown old.
        app.clock.pass(Span::hours(25));
        count_if_due(&app.app).await.expect("no fault");
        let before = app.app.store.crowd().await.expect("no fault");
        let off = async |n: u32| {
            let change = Change { disabled: Some(true), ..Change::default() };
            app.people.set(&format!("somebody.{n}@example.org"), change).await.expect("it is changed");
        };
        off(0).await;
        app.clock.pass(Span::hours(24));
        assert_eq!(count_if_due(&app.app).await.expect("no fault"), Some(64));
        assert_eq!(before, app.app.store.crowd().await.expect("no fault"), "one of 64");
        for n in 1..10 {
            off(n).await;
        }
        app.clock.pass(Span::hours(24));
        count_if_due(&app.app).await.expect("no fault");
        assert_ne!(before, app.app.store.crowd().await.expect("no fault"), "ten of 64");
    })
    .await;
}
