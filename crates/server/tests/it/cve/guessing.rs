//! Guessing without end, pictures that tell, and accounts that answers give away.

use std::collections::BTreeSet;

use regain::directory::embedded::Change;
use regain_core::FlowId;
use regain_core::captcha::characters;

use super::{FREELY, JO, identify, open, sent, sign_in};
use crate::support::app::{NEW, OLD, TestApp, code_in};
use crate::support::browser::Browser;

fn not(code: &str) -> &'static str {
    if code == "123456" { "654321" } else { "123456" }
}

/// Codes could be guessed without limit: CVE-2022-36413, CVE-2024-12039.
#[tokio::test]
async fn cve_2024_12039_five_wrong_codes_a_day_whatever_is_begun_anew() {
    let (test, _) = open("[policy]\nresend_seconds = 0\n[throttle]\nsends = []\n").await;
    let (mut compared, mut right) = (0, String::new());
    for _ in 0..8 {
        let mut browser = Browser::new(&test.app);
        if !sent_if_possible(&mut browser, JO).await.contains("Enter your verification code") {
            break;
        }
        right = test.code().await;
        for _ in 0..2 {
            let page = browser.submit("/reset/code", &[("code", not(&right))]).await.text();
            compared += usize::from(page.contains("not the code we sent"));
        }
        // A right one takes back nothing of the wrong ones before it.
        browser.submit("/reset/code", &[("code", &right)]).await;
    }
    assert!(compared <= 5, "{compared} were compared");
    let mut browser = Browser::new(&test.app);
    let page = sent_if_possible(&mut browser, JO).await;
    assert!(!page.contains("Enter your verification code"), "resets of this account rest: {page}");
    assert_eq!(right.len(), 6);
}

/// The ban was counted for each spelling of a name: CVE-2025-24806.
#[tokio::test]
async fn cve_2025_24806_all_spellings_of_a_name_share_their_tries() {
    let (test, _) = open("[policy]\nresend_seconds = 0\n[throttle]\nsends = []\n").await;
    let mut compared = 0;
    for typed in [
        JO,
        "JO.BLOGGS@example.org",
        " jo.bloggs@EXAMPLE.org ",
        "\u{ff4a}o.bloggs@example.org",
        "Jo.Bloggs@Example.Org",
    ] {
        let mut browser = Browser::new(&test.app);
        let page = sent_if_possible(&mut browser, typed).await;
        if !page.contains("Enter your verification code") {
            continue;
        }
        let right = test.code().await;
        for _ in 0..3 {
            let page = browser.submit("/reset/code", &[("code", not(&right))]).await.text();
            compared += usize::from(page.contains("not the code we sent"));
        }
    }
    assert!((1..=5).contains(&compared), "{compared} were compared");
}

async fn sent_if_possible(browser: &mut Browser, user_id: &str) -> String {
    let page = identify(browser, user_id).await;
    if page.text().contains("name=\"option\"") { super::choose_first(browser, &page).await.text() } else { page.text() }
}

/// Codes came from a seed that pages gave away: CVE-2023-42820.
#[tokio::test]
async fn cve_2023_42820_codes_come_from_a_key_and_from_chance() {
    let (test, _) = open(FREELY).await;
    let mut codes = BTreeSet::new();
    for _ in 0..40 {
        let mut browser = Browser::new(&test.app);
        sent(&mut browser, JO).await;
        codes.insert(test.code().await);
    }
    assert!(codes.len() >= 38, "{} of 40 differ", codes.len());
    // The same flow in another installation has another picture: nothing follows from what a browser holds.
    let other = TestApp::open(&crate::support::Engine::sqlite(), FREELY).await;
    let flow = FlowId([7; 16]);
    assert_ne!(characters(&test.app.keys, flow, 0), characters(&other.app.keys, flow, 0));
}

/// The picture could be left out, read from a hidden field, or answered once for many: CVE-2010-3273, CVE-2021-37417.
#[tokio::test]
async fn cve_2021_37417_a_picture_is_asked_for_and_good_once() {
    let (test, mut browser) = open(&format!("{FREELY}[captcha]\nkind = 'picture'\n")).await;
    let page = browser.get("/reset").await.text();
    let text = characters(&test.app.keys, flow_of(&browser), 0);
    assert!(!page.contains(&text), "the page does not hold its own answer");
    for missing in
        [&[("user_id", JO)][..], &[("user_id", JO), ("characters", "")], &[("user_id", JO), ("captcha", "ok")]]
    {
        let page = browser.submit("/reset", missing).await.text();
        assert!(!page.contains("name=\"option\""), "{missing:?}");
    }
    let mut browser = Browser::new(&test.app);
    browser.get("/reset").await;
    let text = characters(&test.app.keys, flow_of(&browser), 0);
    let page = browser.submit("/reset", &[("user_id", JO), ("characters", &text)]).await.text();
    assert!(page.contains("name=\"option\""), "the right characters let people through: {page}");
    // Neither in this flow, after going back, nor in another.
    browser.submit("/reset/back", &[]).await;
    let page = browser.submit("/reset", &[("user_id", JO), ("characters", &text)]).await.text();
    assert!(!page.contains("name=\"option\""), "{page}");
    let mut other = Browser::new(&test.app);
    other.get("/reset").await;
    let page = other.submit("/reset", &[("user_id", JO), ("characters", &text)]).await.text();
    assert!(!page.contains("name=\"option\""), "{page}");
}

/// The flow that a browser's cookie names.
fn flow_of(browser: &Browser) -> FlowId {
    let cookie = browser.cookie.clone().expect("a cookie");
    let value = cookie.split_once('=').expect("a pair").1;
    let bytes = data_encoding::BASE64URL_NOPAD.decode(value.as_bytes()).expect("base64");
    FlowId(*bytes.first_chunk().expect("it begins with the flow"))
}

/// Signing in told which accounts there are: CVE-2021-20147, CVE-2022-28987, CVE-2024-41952, CVE-2025-57770.
#[tokio::test]
async fn cve_2022_28987_a_wrong_password_tells_nothing_of_the_account() {
    let (test, _) = open(FREELY).await;
    for (user_id, change) in [
        ("off@example.org", Change { disabled: Some(true), ..Change::default() }),
        ("shut@example.org", Change { locked: Some(true), ..Change::default() }),
        ("old@example.org", Change { must_change: Some(true), ..Change::default() }),
    ] {
        test.add(user_id, &[], &[]).await;
        test.people.set(user_id, change).await.expect("it is changed");
    }
    let mut seen = BTreeSet::new();
    for user_id in
        [JO, "sam.lee@example.org", "off@example.org", "shut@example.org", "old@example.org", "no.one@example.org"]
    {
        let mut browser = Browser::new(&test.app);
        let answer = sign_in(&mut browser, user_id, "not-the-password").await;
        let text = answer.text().replace(user_id, "USER").replace(&user_id.replace('@', "%40"), "USER");
        let text = text.replace(&browser.csrf, "TOKEN");
        let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        seen.insert((answer.status.as_u16(), names, text));
    }
    assert_eq!(seen.len(), 1, "one page for all: {seen:#?}");
}

/// The answer waited for the mail, or failed with it: CVE-2024-33856, CVE-2024-45231.
#[tokio::test]
async fn cve_2024_45231_the_answer_does_not_wait_for_the_message() {
    let (test, mut browser) = open(FREELY).await;
    let page = sent(&mut browser, JO).await.text();
    assert!(page.contains("Enter your verification code"), "{page}");
    assert!(test.inbox.messages().is_empty(), "nothing has been handed to a gateway yet");
    let waiting = test.app.store.db().read("SELECT COUNT(*) FROM outbox", vec![]).await.expect("it reads");
    assert_eq!(waiting[0].int(0).expect("a number"), 1);
    assert_eq!(code_in(&test.messages().await[0].text).len(), 6);
}

/// An empty password was a sign-in without one, which directories allow (RFC 4513, section 5.1.2): CVE-2018-12421.
#[tokio::test]
async fn cve_2018_12421_an_empty_password_is_none() {
    let (test, mut browser) = open("").await;
    for password in ["", " ", "\u{0}", "0", "[]", "null"] {
        let answer = sign_in(&mut browser, JO, password).await;
        assert_eq!(answer.leads_to(), None, "{password:?}");
    }
    assert!(test.signs_in(JO, OLD).await);
    assert!(!test.signs_in(JO, NEW).await);
}

/// An account that came with the program, or a first set-up that anybody could do again: CVE-2023-46249, CVE-2022-28810.
#[tokio::test]
async fn cve_2023_46249_there_is_no_account_that_nobody_made() {
    let (test, mut browser) = open("").await;
    for name in ["admin", "administrator", "akadmin", "root", "regain", "test", "guest"] {
        for password in ["admin", "password", "regain", name, "changeme", "demo-password-1"] {
            assert_eq!(
                sign_in(&mut Browser::new(&test.app), name, password).await.leads_to(),
                None,
                "{name} {password}"
            );
        }
    }
    for path in ["/setup", "/install", "/if/flow/initial-setup/", "/admin", "/api", "/demo/inbox"] {
        assert_eq!(browser.get(path).await.status.as_u16(), 404, "{path}");
    }
}
