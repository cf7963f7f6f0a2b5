//! Servers that stop, stall and lie, and wires that are cut at every place that matters.

use std::sync::Arc;

use regain::directory::{Directory, Error, Verdict};
use regain_core::Secret;
use regain_core::subject::AccountId;

use super::{FIRST, dn, open};
use crate::support::logs::Logs;
use crate::support::proxy::{Cut, Proxy};
use crate::support::slapd::{Setup, Slapd, person};

const SECOND: &str = "second kettle 95";

/// Jo, the same on every server: with one lasting name, as servers have that copy from each other.
fn jo() -> String {
    person("jo", "Jo Bloggs", &format!("userPassword: {FIRST}\nentryUUID: 5aa1f0a6-0000-4000-8000-000000000001"))
}

fn server() -> Option<Slapd> {
    let server = Slapd::start(&Setup::default())?;
    server.modify(&jo().replacen('\n', "\nchangetype: add\n", 1));
    Some(server)
}

/// A directory behind a wire that can be cut, with connections that are up.
async fn behind_wire(server: &Slapd, more: &str) -> (Arc<dyn Directory>, Proxy, AccountId) {
    let wire = Proxy::to(server.tls).await;
    let directory = open(server.section_at(&[wire.address()], more)).await;
    let jo = directory.find("jo").await.unwrap().expect("is there").id;
    assert_eq!(directory.verify(Some(&jo), &Secret::new(FIRST)).await.unwrap(), Verdict::Right);
    (directory, wire, jo)
}

/// The requests of a reset on a connection that is up: where the entry is, the change.
const CHANGE: i64 = 2;

#[tokio::test]
async fn an_answer_that_is_lost_after_the_write_is_found_out_and_nothing_is_written_twice() {
    for cut in [Cut::After, Cut::Silence] {
        let Some(server) = server() else { return };
        let (directory, wire, jo) = behind_wire(&server, "write_seconds = 1").await;
        let password = Secret::new(SECOND);
        let before = server.values(&dn("jo"), "pwdHistory").len();
        wire.cut(CHANGE, cut);
        let Err(Error::Indeterminate(lost)) = directory.reset(&jo, &password).await else { panic!("{cut:?}") };
        assert_eq!(lost.server.as_deref(), Some(wire.address().as_str()));
        wire.mend();
        assert_eq!(directory.find_out(&lost, &jo, &password).await.unwrap(), Verdict::Right, "{cut:?}");
        assert_eq!(server.values(&dn("jo"), "pwdHistory").len(), before + 1, "written once");
    }
}

#[tokio::test]
async fn a_change_that_never_arrived_is_told_from_one_that_did() {
    let Some(server) = server() else { return };
    let (directory, wire, jo) = behind_wire(&server, "").await;
    wire.cut(CHANGE, Cut::Before);
    let Err(Error::Indeterminate(lost)) = directory.reset(&jo, &Secret::new(SECOND)).await else { panic!("lost") };
    wire.mend();
    assert_eq!(directory.find_out(&lost, &jo, &Secret::new(SECOND)).await.unwrap(), Verdict::Wrong);
    assert!(server.lets_in(&dn("jo"), FIRST));
}

#[tokio::test]
async fn a_wire_cut_before_the_change_changes_nothing_and_the_question_is_asked_again() {
    for nth in 1..CHANGE {
        let Some(server) = server() else { return };
        let (directory, wire, jo) = behind_wire(&server, "").await;
        wire.cut(nth, Cut::Before);
        match directory.reset(&jo, &Secret::new(SECOND)).await {
            Ok(()) => assert!(server.lets_in(&dn("jo"), SECOND)),
            Err(Error::Unavailable(_)) => assert!(server.lets_in(&dn("jo"), FIRST)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn where_the_server_that_was_written_to_is_gone_nobody_knows() {
    let (Some(mut first), Some(second)) = (server(), server()) else { return };
    let wire = Proxy::to(first.tls).await;
    let directory = open(both(&first, &[wire.address(), second.address()], &second)).await;
    let jo = directory.find("jo").await.unwrap().unwrap().id;
    wire.cut(CHANGE, Cut::After);
    let Err(Error::Indeterminate(lost)) = directory.reset(&jo, &Secret::new(SECOND)).await else { panic!("lost") };
    first.stop();
    assert!(matches!(directory.find_out(&lost, &jo, &Secret::new(SECOND)).await, Err(Error::Unavailable(_))));
    assert!(second.lets_in(&dn("jo"), FIRST), "the other was neither written to nor asked");
}

/// A section for two servers, which trusts the authorities of both.
fn both(first: &Slapd, servers: &[String], second: &Slapd) -> toml::Table {
    let bundle = first.ca_file().with_file_name("both.pem");
    let read = |server: &Slapd| std::fs::read_to_string(server.ca_file()).unwrap();
    std::fs::write(&bundle, read(first) + &read(second)).unwrap();
    let mut section = first.section_at(servers, "");
    section.insert("ca_file".into(), bundle.display().to_string().into());
    section
}

#[tokio::test]
async fn the_next_server_is_asked_and_the_first_again_when_it_is_back() {
    let (Some(mut first), Some(second)) = (server(), server()) else { return };
    let directory = open(both(&first, &[first.address(), second.address()], &second)).await;
    let jo = directory.find("jo").await.unwrap().expect("is there").id;
    first.stop();
    assert_eq!(directory.find("jo").await.unwrap().unwrap().id, jo);
    directory.reset(&jo, &Secret::new(SECOND)).await.unwrap();
    assert!(second.lets_in(&dn("jo"), SECOND));
    assert_eq!(directory.verify(Some(&jo), &Secret::new(SECOND)).await.unwrap(), Verdict::Right);
    first.run();
    // The second one goes: the first is asked again, whether it was found well again by then or not.
    drop(second);
    assert_eq!(directory.verify(Some(&jo), &Secret::new(FIRST)).await.unwrap(), Verdict::Right);
}

#[tokio::test]
async fn a_server_that_is_down_at_the_start_is_found_when_it_is_there() {
    let Some(mut server) = server() else { return };
    server.stop();
    let directory = open(server.section("")).await;
    assert!(matches!(directory.find("jo").await, Err(Error::Unavailable(_))));
    server.run();
    assert!(directory.find("jo").await.unwrap().is_some());
}

#[tokio::test]
async fn connections_that_the_server_has_closed_are_noticed_before_a_change_is_sent() {
    let Some(mut server) = server() else { return };
    let directory = open(server.section("")).await;
    let jo = directory.find("jo").await.unwrap().expect("is there").id;
    server.stop();
    server.run();
    directory.reset(&jo, &Secret::new(SECOND)).await.unwrap();
    assert_eq!(directory.verify(Some(&jo), &Secret::new(SECOND)).await.unwrap(), Verdict::Right);
}

#[tokio::test]
async fn a_stalled_server_costs_its_time_limit_and_the_next_one_is_asked() {
    let (Some(first), Some(second)) = (server(), server()) else { return };
    let wire = Proxy::to(first.tls).await;
    let mut section = both(&first, &[wire.address(), second.address()], &second);
    section.insert("read_seconds".into(), 1.into());
    let directory = open(section).await;
    let jo = directory.find("jo").await.unwrap().expect("is there").id;
    wire.cut(1, Cut::Silence);
    assert_eq!(directory.person(&jo).await.unwrap().expect("the other knows").id, jo);
}

#[tokio::test]
async fn a_stalled_server_holds_up_no_more_than_its_connections() {
    let Some(server) = server() else { return };
    let (directory, wire, jo) = behind_wire(&server, "connections = 1\nread_seconds = 5").await;
    wire.cut(1, Cut::Silence);
    let (held, waited) = (Arc::clone(&directory), jo.clone());
    let held = tokio::spawn(async move { held.person(&waited).await.is_ok() });
    // Let that one take the only connection.
    while !wire.is_cut() {
        tokio::task::yield_now().await;
    }
    let told = directory.person(&jo).await;
    assert!(matches!(&told, Err(Error::Unavailable(why)) if why.contains("in use")), "{told:?}");
    held.abort();
}

#[tokio::test]
async fn one_connection_serves_many_resets() {
    let Some(server) = server() else { return };
    let (directory, wire, jo) = behind_wire(&server, "").await;
    let before = wire.connections();
    for n in 0..20 {
        directory.reset(&jo, &Secret::new(format!("kettle number {n}"))).await.unwrap();
        assert_eq!(
            directory.verify(Some(&jo), &Secret::new(format!("kettle number {n}"))).await.unwrap(),
            Verdict::Right
        );
    }
    assert_eq!(wire.connections(), before);
}

#[tokio::test]
async fn a_password_that_has_not_arrived_elsewhere_stays_set_and_the_log_says_so() {
    let (Some(first), Some(second)) = (server(), server()) else { return };
    let logs = Logs::capture();
    let mut section = both(&first, &[first.address(), second.address()], &second);
    section.insert("confirm".into(), "all".into());
    section.insert("confirm_seconds".into(), 1.into());
    let directory = open(section).await;
    let jo = directory.find("jo").await.unwrap().expect("is there").id;
    directory.reset(&jo, &Secret::new(SECOND)).await.unwrap();
    assert!(first.lets_in(&dn("jo"), SECOND));
    assert!(logs.text().contains("has not arrived at the other servers"), "they do not copy from each other");
    // Now it arrives there by hand, and is as new: nothing is said.
    second.modify(&super::set("jo", "userPassword", SECOND));
    let before = logs.text().matches("has not arrived").count();
    let one = directory.change(&jo, &Secret::new(SECOND), &Secret::new(SECOND)).await;
    assert!(matches!(one, Err(Error::Refused(_))));
    assert_eq!(logs.text().matches("has not arrived").count(), before);
}
