//! Every refusal that OpenLDAP can produce, produced by it: what it is called, and what the person reads.

use regain::directory::{Error, Refusal};

use super::reset::{choose, proved};
use super::{FIRST, Place, dn, locked_for_good, set};
use crate::support::Engine;
use crate::support::app::NEW;
use crate::support::logs::Logs;
use crate::support::slapd::{SUFFIX, Setup};

/// Who changes the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Reset,
    Change,
}

/// One way to be refused.
struct Row {
    setup: Setup,
    /// What happens before (LDIF).
    before: Vec<String>,
    by: By,
    password: &'static str,
    expected: fn(&Refusal) -> bool,
}

fn policy(lines: &str) -> String {
    format!("dn: cn=default,ou=policies,{SUFFIX}\nchangetype: modify\n{lines}\n")
}

fn row(by: By, before: &[String], password: &'static str, expected: fn(&Refusal) -> bool) -> Row {
    Row { setup: Setup::default(), before: before.into(), by, password, expected }
}

/// A server whose administrator has forbidden what a reset needs, for a reason that no standard has a name for.
fn peculiar() -> Setup {
    Setup { database: "restrict extended\n".into(), ..Setup::default() }
}

fn rows() -> Vec<Row> {
    let young = [policy("replace: pwdMinAge\npwdMinAge: 315360000"), set("jo", "pwdChangedTime", "20250101000000Z")];
    let fixed = [policy("replace: pwdAllowUserChange\npwdAllowUserChange: FALSE")];
    let safe = [policy("replace: pwdSafeModify\npwdSafeModify: TRUE")];
    // Of a second that is over: slapd takes a lock of this very second for one that is still to come.
    let locked = [set("jo", "pwdAccountLockedTime", "20200101000000Z")];
    let gone = [format!("dn: {}\nchangetype: delete\n", dn("jo"))];
    let mut rows = vec![
        row(By::Reset, &[], "kettle7", |told| *told == Refusal::TooShort { min: 8 }),
        row(By::Change, &[], "kettle7", |told| *told == Refusal::TooShort { min: 8 }),
        row(By::Reset, &[], FIRST, |told| *told == Refusal::InHistory),
        row(By::Change, &[], FIRST, |told| *told == Refusal::InHistory),
        row(By::Change, &young, NEW, |told| matches!(told, Refusal::TooYoung { until: Some(_) })),
        row(By::Change, &fixed, NEW, |told| *told == Refusal::NotPermitted),
        row(By::Reset, &safe, NEW, |told| *told == Refusal::NotPermitted),
        row(By::Change, &locked, NEW, |told| *told == Refusal::Locked),
        row(By::Reset, &[set("jo", "pwdEndTime", "20200101000000Z")], NEW, |told| *told == Refusal::Expired),
        row(By::Reset, &[locked_for_good("jo")], NEW, |told| *told == Refusal::Disabled),
        row(By::Change, &[locked_for_good("jo")], NEW, |told| *told == Refusal::Disabled),
        row(By::Reset, &gone, NEW, |told| *told == Refusal::Gone),
    ];
    rows.push(Row { setup: peculiar(), ..row(By::Reset, &[], NEW, |told| *told == Refusal::Other) });
    let none = Setup { right: "none", ..Setup::default() };
    rows.push(Row { setup: none, ..row(By::Reset, &[], NEW, |told| *told == Refusal::NotPermitted) });
    rows
}

#[tokio::test]
async fn every_refusal_has_its_name() {
    for (number, row) in rows().into_iter().enumerate() {
        let Some(place) = Place::open(&row.setup, "").await else { return };
        for ldif in &row.before {
            place.server.modify(ldif);
        }
        let there = row.before.iter().all(|ldif| !ldif.contains("changetype: delete"));
        let state = || if there { place.server.values(&dn("jo"), "entryCSN") } else { Vec::new() };
        let before = state();
        let told = match row.by {
            By::Reset => place.reset(row.password).await,
            By::Change => place.change(FIRST, row.password).await,
        };
        let Err(Error::Refused(refusal)) = told else { panic!("row {number}, {:?}: {told:?}", row.by) };
        assert!((row.expected)(&refusal), "row {number}, {:?}: {refusal:?}", row.by);
        // A sign-in with the old password may be noted in the entry.
        assert!(row.by == By::Change || state() == before, "row {number}: something was changed");
    }
}

#[tokio::test]
async fn every_refusal_has_its_words() {
    let barred = "another password would not help";
    for (before, words) in [
        (set("jo", "pwdEndTime", "20200101000000Z"), barred),
        (locked_for_good("jo"), barred),
        (policy("replace: pwdSafeModify\npwdSafeModify: TRUE"), barred),
        (format!("dn: {}\nchangetype: delete\n", dn("jo")), barred),
        (policy("replace: pwdMinLength\npwdMinLength: 40"), "Use at least 40 characters"),
    ] {
        let Some(server) = super::reset::server() else { return };
        let engine = Engine::sqlite();
        let (test, mut browser) = super::reset::open(&engine, server.section("")).await;
        proved(&test, &mut browser).await;
        server.modify(&before);
        let page = choose(&mut browser, NEW).await.text();
        assert!(page.contains(words) && page.contains("Enter new password"), "{before}: {page}");
        assert_eq!(words == barred, page.contains("tell them this number"), "{before}: {page}");
    }
}

#[tokio::test]
async fn a_reason_nobody_knows_is_told_with_a_number_that_finds_the_server_s_own_words() {
    let logs = Logs::capture();
    let Some(server) = super::reset::server_with(&peculiar()) else { return };
    let engine = Engine::sqlite();
    let (test, mut browser) = super::reset::open(&engine, server.section("")).await;
    proved(&test, &mut browser).await;
    let page = choose(&mut browser, NEW).await.text();
    assert!(page.contains("was not accepted") && !page.contains("restricted"), "{page}");
    let (_, rest) = page.split_once("tell them this number: ").expect("there is a number");
    let number: String = rest.chars().take(9).collect();
    let log = logs.text();
    let line = log.lines().find(|line| line.contains("the directory refused a change")).expect("it is in the log");
    assert!(line.contains(&number) && line.contains("operation restricted"), "{number}: {line}");
    assert!(!log.contains(NEW), "the password is not");
}
