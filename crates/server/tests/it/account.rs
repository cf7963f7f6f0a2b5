//! People who are signed in: their sessions, and what they can do with them.

mod change;
mod entering;
mod history;

use axum::http::StatusCode;
use regain::session::Token;
use regain::store::{Outcome, Stmt};
use regain_core::effect::FreezeOffer;
use regain_core::method::ContactKind;
use regain_core::registration::Change;
use regain_core::subject::AccountId;
use regain_core::{FlowId, Span, register};

use crate::support::Engine;
use crate::support::app::{NEW, OLD, TestApp};
use crate::support::browser::{Answer, Browser};

const JO: &str = "jo.bloggs@example.org";
const SAM: &str = "sam.lee@example.org";

/// The program with these settings, on each engine.
async fn each(settings: &str, test: impl AsyncFn(&TestApp)) {
    for engine in Engine::both().await {
        eprintln!("on {}", engine.name);
        let app = TestApp::open(&engine, settings).await;
        test(&app).await;
    }
}

async fn account(test: &TestApp, user_id: &str) -> AccountId {
    test.app.directory.find(user_id).await.unwrap().expect("the person exists").id
}

/// Says that what somebody registered looks good, so that nothing comes between signing in and going on.
async fn confirm(test: &TestApp, user_id: &str) {
    change(test, user_id, Change::Confirm).await;
}

async fn change(test: &TestApp, user_id: &str, change: Change) {
    let (account, store) = (account(test, user_id).await, &test.app.store);
    let version = store.registration(Some(&account)).await.unwrap().version;
    let batch = store.change_registration(&account, version, &change, test.app.clock.now()).unwrap();
    assert!(matches!(store.db().write(batch).await.unwrap(), Outcome::Committed(_)));
}

/// Types a User ID and a password; gives the answer to the latter.
async fn sign_in(browser: &mut Browser, user_id: &str, password: &str) -> Answer {
    sign_in_for(browser, user_id, password, "").await
}

async fn sign_in_for(browser: &mut Browser, user_id: &str, password: &str, return_to: &str) -> Answer {
    let asked: String = form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
    browser.get(&format!("/?username=x&return_to={asked}")).await;
    let fields = [("username", user_id), ("password", password), ("return_to", return_to)];
    browser.post("/sign-in", browser.form(&fields)).await
}

/// A browser in which somebody is signed in, on the page of their account.
async fn signed_in(test: &TestApp, user_id: &str) -> Browser {
    confirm(test, user_id).await;
    let mut browser = Browser::new(&test.app);
    let answer = sign_in(&mut browser, user_id, OLD).await;
    assert!(answer.status.is_redirection(), "{}", answer.text());
    browser.get("/account").await;
    browser
}

/// Whether the browser is signed in.
async fn is_in(browser: &mut Browser) -> bool {
    let answer = browser.get("/account").await;
    match answer.status {
        StatusCode::OK => true,
        StatusCode::SEE_OTHER if answer.leads_to() == Some("/") => false,
        _ => panic!("{} {:?}", answer.status, answer.leads_to()),
    }
}

#[tokio::test]
async fn a_session_ends_when_nobody_comes_and_after_its_whole_time() {
    each("", async |test| {
        let mut browser = signed_in(test, JO).await;
        for _ in 0..3 {
            test.clock.pass(Span(Span::minutes(15).0 - 1));
            assert!(is_in(&mut browser).await, "somebody came in time");
        }
        test.clock.pass(Span::minutes(15));
        assert!(!is_in(&mut browser).await, "nobody came for a quarter of an hour");

        let mut browser = signed_in(test, JO).await;
        for _ in 0..(8 * 60 / 10 - 1) {
            test.clock.pass(Span::minutes(10));
            assert!(is_in(&mut browser).await);
        }
        test.clock.pass(Span::minutes(10));
        assert!(!is_in(&mut browser).await, "eight hours are over, however busy it was");
        regain::worker::tidy_up(&test.app, test.app.clock.now()).await.unwrap();
        let rows = test.app.store.db().read("SELECT COUNT(*) FROM session", vec![]).await.unwrap();
        assert_eq!(rows[0].int(0).unwrap(), 0, "what is over is forgotten");
    })
    .await;
}

#[tokio::test]
async fn that_somebody_is_there_is_written_once_a_minute() {
    each("", async |test| {
        let mut browser = signed_in(test, JO).await;
        let seen =
            async || test.app.store.db().read("SELECT seen FROM session", vec![]).await.unwrap()[0].int(0).unwrap();
        let first = seen().await;
        test.clock.pass(Span::seconds(59));
        assert!(is_in(&mut browser).await);
        assert_eq!(seen().await, first);
        test.clock.pass(Span::seconds(1));
        assert!(is_in(&mut browser).await);
        assert_eq!(seen().await, first + 60_000);
    })
    .await;
}

#[tokio::test]
async fn no_session_is_taken_that_we_did_not_give() {
    each("", async |test| {
        let mut browser = signed_in(test, JO).await;
        let given = browser.session.clone().expect("a session");
        let value = given.trim_start_matches("regain-session=").to_owned();
        let stored = test.app.store.db().read("SELECT id, state FROM session", vec![]).await.unwrap();
        let (id, state) = (stored[0].text(0).unwrap(), stored[0].text(1).unwrap());
        assert!(
            !id.contains(&value) && !state.contains("bloggs") && !state.contains(&value),
            "the store has no cookie"
        );
        for forged in ["", "x", id, state, &value[1..], &format!("{value}AA"), &Token::new().unwrap().text()] {
            browser.session = Some(format!("regain-session={forged}"));
            assert!(!is_in(&mut browser).await, "{forged}");
        }
        browser.session = Some(given);
        assert!(is_in(&mut browser).await);
    })
    .await;
}

#[tokio::test]
async fn signing_in_gives_a_new_session_and_ends_the_one_before() {
    each("", async |test| {
        confirm(test, JO).await;
        let (mut attacker, mut victim) = (signed_in(test, SAM).await, Browser::new(&test.app));
        // Somebody has left a session of their own in the victim's browser, and one that never was.
        for planted in [attacker.session.clone(), Some(format!("regain-session={}", Token::new().unwrap().text()))] {
            victim.session.clone_from(&planted);
            sign_in(&mut victim, JO, OLD).await;
            assert_ne!(victim.session, planted);
            assert!(victim.get("/account").await.text().contains(JO));
            attacker.session = planted;
            assert!(!is_in(&mut attacker).await, "what was known before opens nothing");
        }
    })
    .await;
}

#[tokio::test]
async fn one_browser_signs_out_and_the_other_stays() {
    each("", async |test| {
        let (mut one, mut other) = (signed_in(test, JO).await, signed_in(test, JO).await);
        let before = one.session.clone();
        let answer = one.post("/sign-out", one.form(&[])).await;
        assert_eq!(answer.leads_to(), Some("/?note=signed-out"));
        assert_eq!(one.session, None, "the cookie is taken back");
        one.session = before;
        assert!(!is_in(&mut one).await, "and is worth nothing to whoever kept it");
        assert!(is_in(&mut other).await);
        let rows = "SELECT act, account FROM audit WHERE act IN ('signed_in', 'signed_out') ORDER BY at, act";
        let acts = test.app.store.db().read(rows, vec![]).await.unwrap();
        let acts: Vec<_> = acts.iter().map(|row| row.text(0).unwrap()).collect();
        assert_eq!(acts, ["signed_in", "signed_in", "signed_out"]);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_who_closes_an_account_signs_it_out() {
    use regain::directory::embedded::Change;
    let changes = [
        Change { disabled: Some(true), ..Change::default() },
        Change { locked: Some(true), ..Change::default() },
        Change { password: Some(regain_core::Secret::new(NEW)), ..Change::default() },
    ];
    for change in changes {
        each("", async |test| {
            let mut browser = signed_in(test, JO).await;
            test.people.set(JO, Change { name: Some("Jo B.".into()), ..Change::default() }).await.unwrap();
            assert!(is_in(&mut browser).await, "another name changes nothing");
            test.people.set(JO, change.clone()).await.unwrap();
            assert!(!is_in(&mut browser).await);
        })
        .await;
    }
}

#[tokio::test]
async fn a_reset_and_a_freeze_sign_everybody_out() {
    each("", async |test| {
        let (mut one, mut other) = (signed_in(test, JO).await, signed_in(test, SAM).await);
        let flow = FlowId([1; 16]);
        test.identify(flow, JO).await;
        test.choose(flow, regain_core::method::Method::Email).await;
        let code = test.code().await;
        test.type_code(flow, &code).await;
        assert!(is_in(&mut one).await);
        test.choose_password(flow, NEW).await;
        assert!(!is_in(&mut one).await, "the password was reset");
        assert!(is_in(&mut other).await);

        let offer = FreezeOffer {
            account: account(test, SAM).await,
            user_id: SAM.into(),
            own_mail: None,
            kind: Some(ContactKind::Email),
            former: None,
            at: test.app.clock.now(),
        };
        let hold = regain::drive::Hold::all(FlowId([2; 16]));
        test.app.drive(&regain::drive::Origin::default(), hold, register::Event::Freeze(offer)).await.unwrap();
        assert!(!is_in(&mut other).await, "somebody said that this was not them");
    })
    .await;
}

#[tokio::test]
async fn whoever_signs_in_while_the_password_is_being_reset_is_not_left_inside() {
    each("", async |test| {
        let (account, token) = (account(test, JO).await, Token::new().unwrap());
        let person = test.app.directory.find(JO).await.unwrap().unwrap();
        let state = regain::session::State::new(&person, false, &regain::drive::Origin::default()).unwrap();
        let place = token.name(&test.app.keys);
        test.app.store.reserve_session(&place, Some(&account), test.app.clock.now()).await.unwrap();
        assert!(test.app.session(&token).await.unwrap().is_none(), "a place is no session yet");
        // The password was looked at, and is another from now on.
        test.app.store.db().write(vec![test.app.store.end_sessions(&account)]).await.unwrap();
        let noted = Stmt::new("INSERT INTO throttle (counter, count, since, until) VALUES ('t', 1, 0, 0)", vec![]);
        assert!(test.app.begin_session(&token, account, state, vec![noted]).await.unwrap().is_none());
        assert!(test.app.session(&token).await.unwrap().is_none());
        let rows = test.app.store.db().read("SELECT COUNT(*) FROM throttle WHERE counter = 't'", vec![]).await.unwrap();
        assert_eq!(rows[0].int(0).unwrap(), 0, "and nothing that belongs to it was written");
    })
    .await;
}

#[tokio::test]
async fn typing_the_password_again_renews_the_session_and_loses_nothing() {
    each("", async |test| {
        let mut browser = signed_in(test, JO).await;
        let token = |browser: &Browser| {
            let cookie = browser.session.clone().expect("a session");
            Token::parse(cookie.trim_start_matches("regain-session=")).expect("ours")
        };
        let session = test.app.session(&token(&browser)).await.unwrap().expect("it is there");
        let origin = regain::drive::Origin::default();
        test.clock.pass(Span::minutes(6));
        let wrong = test.app.sign_in_again(&origin, &session, &regain_core::Secret::new("wrong")).await.unwrap();
        assert!(matches!(wrong, regain::sign_in::SignIn::Wrong));
        let again = test.app.sign_in_again(&origin, &session, &regain_core::Secret::new(OLD)).await.unwrap();
        let regain::sign_in::SignIn::Right { token: fresh, session: renewed } = again else { panic!("it is right") };
        assert_eq!(renewed.signed_in, test.app.clock.now());
        assert_eq!(
            renewed.register_flow(&test.app.keys),
            session.register_flow(&test.app.keys),
            "what was begun goes on"
        );
        assert_ne!(renewed.name, session.name);
        assert!(!is_in(&mut browser).await, "the old cookie is worth nothing");
        browser.session = Some(format!("regain-session={}", fresh.text()));
        assert!(is_in(&mut browser).await);
    })
    .await;
}
