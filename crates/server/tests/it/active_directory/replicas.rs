//! Two controllers of one domain that copy from each other: `directory.confirm` as docs/admin.md has it.

use std::net::SocketAddr;
use std::sync::Arc;

use regain::directory::Directory as _;
use regain_core::Secret;

use super::{SECOND, id, reset};
use crate::support::logs::Logs;
use crate::support::proxy::Proxy;
use crate::support::samba::{Domain, FIRST};

const NOT_ARRIVED: &str = "has not arrived at the other servers";
/// Where nobody is.
const GONE: &str = "ldaps://127.0.0.1:1";

/// Settings for these servers, in this order, behind the first one of the domain.
fn settings(domain: &Domain, others: &[&str], confirm: &str, seconds: u32) -> String {
    let own = domain.section("")["servers"][0].as_str().unwrap().to_owned();
    let servers = [&[own.as_str()], others].concat();
    format!("servers = {servers:?}\nconfirm = '{confirm}'\nconfirm_seconds = {seconds}")
}

#[tokio::test]
async fn a_reset_counts_as_done_when_the_second_controller_has_copied_it() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    let second = domain.second();
    let there: SocketAddr = format!("{}:636", second.address).parse().unwrap();
    let mut before = FIRST;
    for (confirm, after) in [("all", SECOND), ("one", "third kettle 96")] {
        let logs = Logs::capture();
        let wire = Proxy::carrying("127.0.0.1:0", there).await.unwrap();
        let directory = Arc::new(domain.directory(&settings(&domain, &[&wire.address()], confirm, 60)));
        let who = id(&directory, "jo").await;
        let (asked, whom) = (Arc::clone(&directory), who.clone());
        let reset = tokio::spawn(async move { asked.reset(&whom, &Secret::new(after)).await });
        while !domain.ldapsearch(&jo, after) {
            assert!(!reset.is_finished(), "{confirm}: it was not set");
            tokio::task::yield_now().await;
        }
        // It is asked again and again: each time on a connection of its own.
        let so_far = wire.connections();
        while wire.connections() < so_far + 3 {
            assert!(!reset.is_finished(), "{confirm}: it is set, and is waited for where it is not");
            tokio::task::yield_now().await;
        }
        assert!(second.lets_in(&jo, before) && !second.lets_in(&jo, after), "{confirm}: nothing was copied yet");
        second.does("copy");
        reset.await.unwrap().unwrap();
        assert!(second.lets_in(&jo, after) && !second.lets_in(&jo, before), "{confirm}");
        assert!(!logs.text().contains(NOT_ARRIVED), "{}", logs.text());
        before = after;
    }
}

#[tokio::test]
async fn of_the_other_controllers_one_is_enough_if_one_is_asked_for_and_not_if_all_are() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    let second = domain.second();
    let url = second.url();
    for (confirm, seconds, password, arrives) in [("one", 60, SECOND, true), ("all", 1, "third kettle 96", false)] {
        let logs = Logs::capture();
        let directory = Arc::new(domain.directory(&settings(&domain, &[GONE, &url], confirm, seconds)));
        let who = id(&directory, "jo").await;
        let asked = Arc::clone(&directory);
        let done = tokio::spawn(async move { asked.reset(&who, &Secret::new(password)).await });
        while !domain.ldapsearch(&jo, password) && !done.is_finished() {
            tokio::task::yield_now().await;
        }
        second.does("copy");
        done.await.unwrap().unwrap();
        assert!(second.lets_in(&jo, password));
        assert_eq!(!logs.text().contains(NOT_ARRIVED), arrives, "{confirm}: {}", logs.text());
    }
}

#[tokio::test]
async fn while_the_second_controller_is_stopped_a_reset_stays_set_and_the_log_says_what_is_missing() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    let second = domain.second();
    let mut before = FIRST;
    for (confirm, after) in [("all", SECOND), ("one", "third kettle 96")] {
        let logs = Logs::capture();
        let directory = domain.directory(&settings(&domain, &[&second.url()], confirm, 1));
        assert_eq!(directory.find("jo").await.unwrap().unwrap().user_id, "jo");
        second.does("stop");
        assert_eq!(reset(&directory, "jo", after).await, Ok(()), "{confirm}");
        assert!(logs.text().contains(NOT_ARRIVED), "{confirm}: {}", logs.text());
        assert!(domain.ldapsearch(&jo, after) && !domain.ldapsearch(&jo, before), "{confirm}");
        second.does("run");
        assert!(second.lets_in(&jo, before), "{confirm}: it was not there");
        second.does("copy");
        assert!(second.lets_in(&jo, after) && !second.lets_in(&jo, before), "{confirm}: it comes when it is back");
        before = after;
    }
}
