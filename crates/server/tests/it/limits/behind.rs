//! What the pages say when a limit is reached, and where requests come from behind proxies.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use regain_core::Span;
use std::net::SocketAddr;

use super::{JO, NOBODY};
use crate::support::Engine;
use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};

async fn begin(test: &TestApp, user_id: &str, from: &str, forwarded: Option<&str>) -> Answer {
    let mut browser = Browser::new(&test.app);
    browser.from = Some(SocketAddr::new(from.parse().expect("an address"), 1));
    let get = Request::get("/reset");
    let with = |request: axum::http::request::Builder| match forwarded {
        Some(header) => request.header("x-forwarded-for", header),
        None => request,
    };
    let page = browser.send(with(get).body(Body::empty()).unwrap()).await;
    if page.status != 200 {
        return page;
    }
    let post = Request::post("/reset").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let form = browser.form(&[("user_id", user_id)]);
    browser.send(with(post).body(Body::from(form)).unwrap()).await
}

async fn status(test: &TestApp, user_id: &str, from: &str, forwarded: Option<&str>) -> u16 {
    begin(test, user_id, from, forwarded).await.status.as_u16()
}

#[tokio::test]
async fn whoever_begins_too_often_is_told_when_to_come_back_and_keeps_what_was_typed() {
    for (list, addresses) in [
        ("resets_per_user_id", ["192.0.2.1", "198.51.100.1", "203.0.113.1"]),
        ("resets_per_network", ["192.0.2.1", "192.0.2.2", "192.0.2.3"]),
        ("resets_in_all", ["192.0.2.1", "198.51.100.1", "203.0.113.1"]),
    ] {
        for engine in Engine::both().await {
            let test = TestApp::open(&engine, &format!("[throttle]\n{list} = [{{ count = 2, seconds = 600 }}]")).await;
            let mut pages = Vec::new();
            for user_id in [JO, NOBODY] {
                for address in &addresses[..2] {
                    assert_eq!(status(&test, user_id, address, None).await, 303, "{list} {user_id}");
                }
                let flows = async || {
                    let rows = test.app.store.db().read("SELECT COUNT(*) FROM flow", vec![]).await.unwrap();
                    rows[0].int(0).unwrap()
                };
                let before = flows().await;
                let page = begin(&test, user_id, addresses[2], None).await;
                assert_eq!(page.status, 429, "{list} {user_id}");
                assert_eq!(flows().await, before, "a flood does not fill the store");
                let text = page.text();
                assert!(text.contains("at 10:10") && text.contains(user_id), "{text}");
                let csrf = text.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
                let encoded = user_id.replace('@', "%40");
                pages.push(text.replace(csrf.expect("a token"), "T").replace(user_id, "X").replace(&encoded, "X"));
                test.clock.pass(Span::minutes(10));
                assert_eq!(status(&test, user_id, addresses[2], None).await, 303, "later it goes on");
                test.clock.pass(Span(Span::hours(24).0 - Span::minutes(10).0));
            }
            let day = |page: &str| page.replace("24 November", "23 November").replace("Tuesday", "Monday");
            assert_eq!(day(&pages[0]), day(&pages[1]), "{list}: nothing tells the two apart");
        }
    }
}

#[tokio::test]
async fn behind_a_proxy_it_is_the_client_s_network_that_counts_and_what_cannot_be_read_is_refused() {
    let settings =
        "[server]\nproxies = ['10.0.0.0/24']\n[throttle]\nresets_per_network = [{ count = 2, seconds = 600 }]";
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, settings).await;
        for n in 0..2 {
            let made_up = format!("203.0.113.{n}, 198.51.100.7");
            assert_eq!(status(&test, &format!("a{n}"), "10.0.0.1", Some(&made_up)).await, 303);
        }
        let other = "192.0.2.1, 198.51.100.9, 10.0.0.3";
        assert_eq!(status(&test, "b", "10.0.0.2", Some(other)).await, 429, "what the visitor makes up is not believed");
        assert_eq!(status(&test, "c", "10.0.0.2", Some("198.51.101.1")).await, 303, "another network goes on");
        assert_eq!(status(&test, "d", "198.51.100.8", None).await, 429, "the same network without the proxy");
        for unreadable in ["198.51.100.7, unknown", "nonsense", &"1".repeat(3_000)] {
            let page = begin(&test, "e", "10.0.0.1", Some(unreadable)).await;
            assert_eq!(page.status, 400);
            assert!(page.text().contains("an address that cannot be read"), "{}", page.text());
        }
        assert_eq!(
            status(&test, "e", "203.0.113.77", Some("nonsense")).await,
            303,
            "who is no proxy of ours is not listened to"
        );
    }
}
