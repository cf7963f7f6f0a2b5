//! Servers that copy from each other: a change is waited for elsewhere, and nobody is sent to a server that we do not know.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::Arc;

use regain::directory::{Error, Refusal};
use regain_core::Secret;

use super::{FIRST, dn, open};
use crate::support::logs::Logs;
use crate::support::proxy::{Cut, Proxy};
use crate::support::slapd::{SUFFIX, Setup, Slapd, person};

const SECOND: &str = "second kettle 95";
const NOT_ARRIVED: &str = "has not arrived at the other servers";

fn provider() -> Option<Slapd> {
    let server = Slapd::provider()?;
    server.add(&person("jo", "Jo Bloggs", &format!("userPassword: {FIRST}")));
    Some(server)
}

/// One that has copied Jo already.
fn replica(provider: &Slapd, refers_to: &str) -> Option<Slapd> {
    let replica = provider.replica(refers_to)?;
    let arrived = (0..1_000).any(|_| replica.lets_in(&dn("jo"), FIRST));
    assert!(arrived, "nothing is copied");
    Some(replica)
}

/// A section for these, in this order, which trusts the authorities of all.
fn section(servers: &[&Slapd], more: &str) -> toml::Table {
    let bundle = servers[0].ca_file().with_file_name("all.pem");
    let all: String = servers.iter().map(|server| std::fs::read_to_string(server.ca_file()).unwrap()).collect();
    std::fs::write(&bundle, all).unwrap();
    let addresses: Vec<String> = servers.iter().map(|server| server.address()).collect();
    let mut section = servers[0].section_at(&addresses, more);
    section.insert("ca_file".into(), bundle.display().to_string().into());
    section
}

#[tokio::test]
async fn a_change_counts_as_done_when_the_others_have_it() {
    let Some(provider) = provider() else { return };
    let Some(mut replica) = replica(&provider, &provider.address()) else { return };
    let logs = Logs::capture();
    let directory = open(section(&[&provider, &replica], "confirm = 'all'\nconfirm_seconds = 60")).await;
    let jo = directory.find("jo").await.unwrap().expect("is there").id;
    replica.stop();
    let (asked, who) = (Arc::clone(&directory), jo.clone());
    let reset = tokio::spawn(async move { asked.reset(&who, &Secret::new(SECOND)).await });
    while !provider.lets_in(&dn("jo"), SECOND) {
        tokio::task::yield_now().await;
    }
    assert!(!reset.is_finished(), "it is set, and is waited for where it is not");
    replica.run();
    reset.await.unwrap().unwrap();
    assert!(replica.lets_in(&dn("jo"), SECOND) && !replica.lets_in(&dn("jo"), FIRST));
    assert!(!logs.text().contains(NOT_ARRIVED), "{}", logs.text());
}

#[tokio::test]
async fn one_of_the_others_is_enough_if_one_is_asked_for() {
    let Some(provider) = provider() else { return };
    let refers = provider.address();
    let (Some(near), Some(mut far)) = (replica(&provider, &refers), replica(&provider, &refers)) else { return };
    let logs = Logs::capture();
    let one = open(section(&[&provider, &far, &near], "confirm = 'one'\nconfirm_seconds = 60")).await;
    let jo = one.find("jo").await.unwrap().expect("is there").id;
    far.stop();
    one.reset(&jo, &Secret::new(SECOND)).await.unwrap();
    assert!(near.lets_in(&dn("jo"), SECOND));
    assert!(!logs.text().contains(NOT_ARRIVED), "{}", logs.text());
    // All of them never have it while one is gone: it stays set, after the time that is allowed for that.
    let all = open(section(&[&provider, &far, &near], "confirm = 'all'\nconfirm_seconds = 1")).await;
    all.reset(&jo, &Secret::new("third kettle 96")).await.unwrap();
    assert!(provider.lets_in(&dn("jo"), "third kettle 96"));
    assert!(logs.text().contains(NOT_ARRIVED), "{}", logs.text());
}

#[tokio::test]
async fn if_the_server_is_gone_right_after_the_change_the_log_says_that_the_others_were_not_asked() {
    let Some(provider) = provider() else { return };
    let Some(replica) = replica(&provider, &provider.address()) else { return };
    let wire = Proxy::to(provider.tls).await;
    let logs = Logs::capture();
    let mut section = section(&[&provider, &replica], "confirm = 'all'\nconfirm_seconds = 60");
    section.insert("servers".into(), vec![wire.address(), replica.address()].into());
    let directory = open(section).await;
    let jo = directory.find("jo").await.unwrap().expect("is there").id;
    // Where the entry is, the change, and what it looks like now.
    wire.cut(3, Cut::Before);
    directory.reset(&jo, &Secret::new(SECOND)).await.unwrap();
    assert!(wire.is_cut() && provider.lets_in(&dn("jo"), SECOND));
    assert!(logs.text().contains("has arrived at the other servers is not known"), "{}", logs.text());
}

/// Somebody to whom a server refers, and who would hear the password of Regain's account.
fn stranger() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("ldap://127.0.0.1:{}", listener.local_addr().unwrap().port());
    (listener, address)
}

#[track_caller]
fn was_left_alone(stranger: &TcpListener) {
    assert!(stranger.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "somebody called");
}

#[tokio::test]
async fn a_server_that_takes_no_changes_says_so_and_where_it_refers_to_nobody_goes() {
    let Some(provider) = provider() else { return };
    let (stranger, address) = stranger();
    let Some(replica) = replica(&provider, &address) else { return };
    let logs = Logs::capture();
    let directory = open(section(&[&replica, &provider], "")).await;
    let jo = directory.find("jo").await.unwrap().expect("is there").id;
    let (old, new) = (Secret::new(FIRST), Secret::new(SECOND));
    for told in [directory.reset(&jo, &new).await, directory.change(&jo, &old, &new).await, directory.unlock(&jo).await]
    {
        assert!(matches!(told, Err(Error::Refused(Refusal::Elsewhere))), "{told:?}");
    }
    assert!(provider.lets_in(&dn("jo"), FIRST) && replica.lets_in(&dn("jo"), FIRST), "nothing was changed anywhere");
    was_left_alone(&stranger);
    let log = logs.text();
    assert!(log.contains("takes no changes") && log.contains(&address) && log.contains("directory.servers"), "{log}");
}

#[tokio::test]
async fn a_search_that_is_sent_elsewhere_ends_here() {
    let Some(server) = Slapd::start(&Setup::default()) else { return };
    let (stranger, address) = stranger();
    let place = format!("ou=elsewhere,{SUFFIX}");
    server.modify(&format!(
        "dn: {place}\nchangetype: add\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: {address}/{place}\n"
    ));
    let logs = Logs::capture();
    let mut section = server.section("");
    section.insert("base_dn".into(), place.into());
    let directory = open(section).await;
    let told = directory.find("jo").await;
    assert!(matches!(told, Err(Error::Refused(Refusal::Elsewhere))), "{told:?}");
    was_left_alone(&stranger);
    assert!(logs.text().contains(&address), "{}", logs.text());
}
