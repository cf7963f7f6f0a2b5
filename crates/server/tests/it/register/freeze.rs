//! "This wasn't me".

use axum::body::Body;
use axum::http::{Method as Verb, Request};
use regain_core::method::{ContactKind, Method};
use regain_core::reset::{End, View};
use regain_core::{FlowId, Span};

use super::{FREELY, JO, code_to, phone, prove, registered, signed_in};
use crate::support::Engine;
use crate::support::app::{NEW, TestApp};
use crate::support::browser::Browser;

const OLD_MOBILE: &str = "+447700900123";
const NEW_MOBILE: &str = "+447700900888";

/// Somebody who knows Jo's password changes the phone; gives the path of the link that Jo got.
async fn changed(test: &TestApp) -> (Browser, String) {
    let mut thief = signed_in(test, JO).await;
    phone(&mut thief, "07700 900888", "text").await;
    prove(test, &mut thief, NEW_MOBILE).await;
    let told = test.messages().await;
    let old = told.iter().find(|message| message.to == OLD_MOBILE && message.text.contains("/freeze/"));
    let (_, token) = old.expect("the old phone is told").text.split_once("/freeze/").expect("a link");
    (thief, format!("/freeze/{}", token.split_whitespace().next().expect("a token")))
}

async fn is_frozen(test: &TestApp) -> bool {
    let jo = test.app.directory.find(JO).await.expect("it answers").expect("jo is there");
    test.app.store.registration(Some(&jo.id)).await.expect("it reads").frozen.is_some()
}

async fn mobile(test: &TestApp) -> String {
    let all = registered(test, JO).await;
    all.into_iter().find(|(kind, _)| *kind == ContactKind::Mobile).map(|(_, address)| address).unwrap_or_default()
}

#[tokio::test]
async fn programs_that_open_links_change_nothing_and_the_button_undoes_it() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let (mut thief, link) = changed(&test).await;
        assert!(link.len() <= 40, "{link}");
        scan(&test, &link).await;
        let mut scanner = Browser::new(&test.app);
        scanner.get(&link).await;
        let forged = scanner.post(&link, "csrf=guess").await;
        assert_eq!(forged.status.as_u16(), 403, "a form of another site");
        assert!(!is_frozen(&test).await, "nothing was pressed");
        assert_eq!(mobile(&test).await, NEW_MOBILE);

        let mut jo = Browser::new(&test.app);
        let page = jo.get(&link).await.text();
        assert!(page.contains("authentication phone of your account was changed") && page.contains(JO), "{page}");
        for press in 1..=2 {
            let page = jo.submit(&link, &[]).await.text();
            assert!(page.contains("Resets are stopped") && page.contains("0300 555 0184"), "press {press}: {page}");
        }
        assert!(is_frozen(&test).await);
        assert_eq!(mobile(&test).await, OLD_MOBILE, "the old phone is back");
        assert_eq!(thief.get("/register").await.leads_to(), Some("/?return_to=/register"), "signed out everywhere");
        let told = test.messages().await;
        let stopped = told.iter().filter(|message| message.text.contains("stopped")).count();
        assert!(stopped >= 2, "all are told, once each: {stopped}");
    }
}

/// Does what programs that look through mail do: opens the link in every way there is for looking, and then all that the page
/// leads to, the addresses of its forms and buttons among them.
async fn scan(test: &TestApp, link: &str) {
    let kinds = [
        ("user-agent", "Mozilla/5.0 (compatible; SafeLinks)"),
        ("purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("x-moz", "prefetch"),
        ("sec-fetch-dest", "image"),
    ];
    for (name, value) in kinds {
        let mut scanner = Browser::new(&test.app);
        for verb in [Verb::HEAD, Verb::GET, Verb::GET, Verb::OPTIONS] {
            let mut next = vec![link.to_owned()];
            let mut seen = Vec::new();
            while let Some(path) = next.pop() {
                let request = Request::builder().method(verb.clone()).uri(&path).header(name, value);
                let page = scanner.send(request.body(Body::empty()).expect("a request")).await.text();
                seen.push(path);
                for opening in ["href=\"/", "action=\"/", "formaction=\"/", "src=\"/"] {
                    let found = page.match_indices(opening).map(|(at, _)| &page[at + opening.len() - 1..]);
                    let found = found.filter_map(|rest| rest.split('"').next().map(|path| path.replace("&#38;", "&")));
                    next.extend(found.filter(|path| seen.len() < 30 && !seen.contains(path)));
                }
            }
        }
    }
}

/// The path of the link in the last message to this address.
async fn link_to(test: &TestApp, address: &str) -> String {
    let told = test.messages().await;
    let last = told.iter().rev().find(|message| message.to == address && message.text.contains("/freeze/"));
    let (_, token) = last.expect("a message with a link").text.split_once("/freeze/").expect("it is there");
    format!("/freeze/{}", token.split_whitespace().next().expect("a token"))
}

#[tokio::test]
async fn a_password_that_was_reset_or_changed_can_be_objected_to_and_the_care_team_hears_of_it() {
    let test = TestApp::open(&Engine::sqlite(), FREELY).await;
    let flow = FlowId([9; 16]);
    test.identify(flow, JO).await;
    test.choose(flow, Method::Text).await;
    let code = test.code().await;
    test.type_code(flow, &code).await;
    test.choose_password(flow, NEW).await;
    assert!(test.signs_in(JO, NEW).await);
    let link = link_to(&test, "jobloggs@mail.co.uk").await;
    assert_eq!(link, link_to(&test, JO).await, "the same for the account's own mailbox");
    scan(&test, &link).await;
    assert!(!is_frozen(&test).await, "nothing was pressed");

    let before = registered(&test, JO).await;
    let mut jo = Browser::new(&test.app);
    let page = jo.get(&link).await.text();
    assert!(page.contains("A new password was chosen for your account") && !page.contains("is undone"), "{page}");
    let page = jo.submit(&link, &[]).await.text();
    assert!(page.contains("Resets are stopped") && !page.contains("is undone"), "{page}");
    assert!(is_frozen(&test).await);
    assert_eq!(registered(&test, JO).await, before, "nothing registered was changed");
    jo.post(&link, jo.form(&[])).await;
    let told = test.messages().await;
    let care: Vec<_> = told.iter().filter(|message| message.to == "care@example.org").collect();
    assert_eq!(care.len(), 1, "once");
    assert!(care[0].text.contains(JO) && !care[0].text.contains("/freeze/"), "{}", care[0].text);
    let reset = test.identify(FlowId([10; 16]), JO).await;
    assert!(matches!(reset, View::Ended { end: End::CareTeam, .. }), "{reset:?}");
    assert_eq!(test.app.store.count_audit(&freeze_reference(&test, &link), "frozen").await.expect("it reads"), 1);
}

/// The short number of the flow in which the offer behind a link was taken up.
fn freeze_reference(test: &TestApp, link: &str) -> String {
    let token = data_encoding::HEXLOWER.decode(link.trim_start_matches("/freeze/").as_bytes()).expect("a token");
    let token = token.try_into().expect("of 16 bytes");
    regain_core::effect::freeze_flow(&test.app.keys, &token).reference(&test.app.keys)
}

#[tokio::test]
async fn frozen_stops_everything_until_the_password_lifts_it() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let (_, link) = changed(&test).await;
        let mut underway = Browser::new(&test.app);
        underway.get("/reset").await;
        underway.submit("/reset", &[("user_id", JO)]).await;
        let mut jo = Browser::new(&test.app);
        jo.get(&link).await;
        jo.submit(&link, &[]).await;

        let page = underway.submit("/reset/choose", &[("option", "0")]).await.text();
        assert!(page.contains("We need to help you in person"), "a reset under way: {page}");
        for goal in ["reset", "unlock"] {
            let mut other = Browser::new(&test.app);
            other.get("/reset").await;
            let page = other.submit("/reset", &[("user_id", JO), ("goal", goal)]).await.text();
            assert!(page.contains("We need to help you in person"), "{goal}: {page}");
        }
        let mut browser = signed_in(&test, JO).await;
        let page = browser.get("/register").await.text();
        assert!(page.contains("Resets of your account are stopped"), "{page}");
        let page = phone(&mut browser, "07700 900999", "text").await.text();
        assert!(!page.contains("verification code"), "nothing can be changed: {page}");
        browser.get("/register").await;
        browser.submit("/register/practise", &[]).await;
        let page = browser.submit("/reset", &[("user_id", JO)]).await.text();
        assert!(page.contains("We need to help you in person"), "a rehearsal: {page}");

        let mut browser = signed_in(&test, JO).await;
        test.clock.pass(Span::minutes(6));
        browser.get("/register").await;
        let page = browser.submit("/register/thaw", &[]).await.text();
        assert!(page.contains("Type your password again") && is_frozen(&test).await, "{page}");
        let fields = [("wish", "thaw"), ("password", crate::support::app::OLD)];
        let page = browser.submit("/register/password", &fields).await.text();
        assert!(page.contains("Resets of your account are possible again"), "{page}");
        assert!(!is_frozen(&test).await);
        // Pressed again after it was lifted, the link says what was done and does not do it again.
        let page = jo.get(&link).await.text();
        assert!(page.contains("Resets are stopped"), "{page}");
        jo.post(&link, jo.form(&[])).await;
        assert!(!is_frozen(&test).await, "a link works once");
    }
}

#[tokio::test]
async fn forged_and_old_links_look_alike() {
    let test = TestApp::open(&Engine::sqlite(), FREELY).await;
    let (_, link) = changed(&test).await;
    let mut browser = Browser::new(&test.app);
    let other = if link.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{other}", &link[..link.len() - 1]);
    let mut pages = Vec::new();
    for path in [forged.as_str(), "/freeze/x", "/freeze/00000000000000000000000000000000"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}");
        pages.push(answer.text());
    }
    test.clock.pass(Span::hours(30 * 24));
    let answer = browser.get(&link).await;
    assert_eq!(answer.status.as_u16(), 404, "too old");
    let plain = |page: &str| {
        page.split("<main").nth(1).unwrap_or_default().split("care-status").next().unwrap_or_default().to_owned()
    };
    pages.push(answer.text());
    assert!(pages.iter().all(|page| plain(page) == plain(&pages[0]) && page.contains("does not work any more")));
    browser.get("/").await;
    assert_eq!(browser.post(&link, browser.form(&[])).await.status.as_u16(), 404);
    assert!(!is_frozen(&test).await);
    assert_eq!(answer.headers.get("referrer-policy").and_then(|value| value.to_str().ok()), Some("no-referrer"));
    assert_eq!(answer.headers.get("cache-control").and_then(|value| value.to_str().ok()), Some("no-store"));
}

#[tokio::test]
async fn a_code_to_the_new_phone_is_not_the_old_ones() {
    let test = TestApp::open(&Engine::sqlite(), FREELY).await;
    let mut browser = signed_in(&test, JO).await;
    phone(&mut browser, "07700 900888", "text").await;
    let code = code_to(&test, NEW_MOBILE).await;
    assert!(test.messages().await.iter().all(|message| message.to == NEW_MOBILE || !message.text.contains(&code)));
    assert_eq!(mobile(&test).await, OLD_MOBILE, "until the code is typed the old one stays");
}
