//! Changing a password one knows, and unlocking an account without a new one.

use regain::directory::embedded::Change;
use regain::drive::{Hold, Origin};
use regain::session::{Session, Token};
use regain_core::elsewhere::Survey;
use regain_core::method::Method;
use regain_core::reset::{End, Event, View};
use regain_core::{FlowId, Secret, Span, captcha, change, flow, password};

use super::{JO, SAM, confirm, each, is_in, sign_in, signed_in};
use crate::support::app::{NEW, OLD, TestApp};
use crate::support::browser::{Answer, Browser};

pub(super) async fn change_password(browser: &mut Browser, old: &str, new: &str, again: &str) -> Answer {
    browser.get("/change").await;
    browser.post("/change", browser.form(&[("old", old), ("password", new), ("again", again)])).await
}

async fn session(test: &TestApp, browser: &Browser) -> Session {
    let cookie = browser.session.clone().expect("a session");
    let token = Token::parse(cookie.trim_start_matches("regain-session=")).expect("ours");
    test.app.session(&token).await.unwrap().expect("it is there")
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_the_old_one() {
    each("", async |test| {
        let (mut browser, mut other) = (signed_in(test, JO).await, signed_in(test, JO).await);
        for (old, new, again, says) in [
            ("wrong", NEW, NEW, "was not right"),
            (OLD, NEW, "another", "are not the same"),
            (OLD, "short", "short", "too short"),
            (OLD, "", "", "in both boxes"),
            (OLD, OLD, OLD, "too much like your old one"),
        ] {
            let answer = change_password(&mut browser, old, new, again).await;
            let page = browser.follow(answer).await.text();
            assert!(page.contains("role=\"alert\"") && page.contains(says), "{says}: {page}");
            assert!(!page.contains(NEW), "no password comes back");
        }
        assert!(test.signs_in(JO, OLD).await && is_in(&mut other).await);
        let before = browser.session.clone();
        let answer = change_password(&mut browser, OLD, NEW, NEW).await;
        assert_eq!(answer.leads_to(), Some("/account?note=changed"));
        assert_ne!(browser.session, before, "a session of its own");
        assert!(browser.follow(answer).await.text().contains("Your password is changed"));
        assert!(!is_in(&mut other).await, "everywhere else they are signed out");
        assert!(test.signs_in(JO, NEW).await && !test.signs_in(JO, OLD).await);
        let told: Vec<String> = test.messages().await.into_iter().map(|message| message.to).collect();
        assert!(told.contains(&JO.to_owned()) && told.contains(&"jobloggs@mail.co.uk".to_owned()), "{told:?}");

        let answer = change_password(&mut browser, NEW, "walrus 71 bicycle tin", "walrus 71 bicycle tin").await;
        assert_eq!(answer.leads_to(), Some("/account?note=changed"), "and once more");
        let answer = change_password(&mut browser, "walrus 71 bicycle tin", NEW, NEW).await;
        assert!(browser.follow(answer).await.text().contains("You have used that password before"));
    })
    .await;
}

#[tokio::test]
async fn wrong_old_passwords_count_with_those_at_signing_in() {
    each("", async |test| {
        let mut browser = signed_in(test, JO).await;
        for _ in 0..5 {
            assert_eq!(sign_in(&mut Browser::new(&test.app), JO, "wrong").await.status, 422);
            let answer = change_password(&mut browser, "wrong", NEW, NEW).await;
            assert!(browser.follow(answer).await.text().contains("was not right"));
        }
        let answer = change_password(&mut browser, OLD, NEW, NEW).await;
        assert!(browser.follow(answer).await.text().contains("You can try again"), "it rests");
        assert_eq!(sign_in(&mut Browser::new(&test.app), JO, OLD).await.status, 429, "here too");
        test.clock.pass(Span::minutes(14));
        assert!(is_in(&mut browser).await);
        test.clock.pass(Span::minutes(1));
        assert_eq!(change_password(&mut browser, OLD, NEW, NEW).await.leads_to(), Some("/account?note=changed"));
    })
    .await;
}

#[tokio::test]
async fn who_has_to_change_the_password_does_nothing_else_before() {
    each("", async |test| {
        confirm(test, JO).await;
        test.people.set(JO, Change { must_change: Some(true), ..Change::default() }).await.unwrap();
        let mut browser = Browser::new(&test.app);
        assert_eq!(sign_in(&mut browser, JO, OLD).await.leads_to(), Some("/change"));
        assert_eq!(browser.get("/account").await.leads_to(), Some("/change"));
        assert_eq!(browser.get("/").await.leads_to(), Some("/change"));
        assert!(browser.get("/change").await.text().contains("Before you go on"));
        let answer = change_password(&mut browser, OLD, NEW, NEW).await;
        assert_eq!(answer.leads_to(), Some("/account?note=changed"));
        assert!(is_in(&mut browser).await, "free to go on");
        assert_eq!(sign_in(&mut Browser::new(&test.app), JO, NEW).await.leads_to(), Some("/account"));

        test.people.set(SAM, Change { must_change: Some(true), ..Change::default() }).await.unwrap();
        let mut browser = Browser::new(&test.app);
        sign_in(&mut browser, SAM, OLD).await;
        browser.get("/change").await;
        assert_eq!(browser.post("/sign-out", browser.form(&[])).await.leads_to(), Some("/?note=signed-out"));
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_to_a_change_is_told_and_signs_out() {
    each("", async |test| {
        let mut browser = signed_in(test, JO).await;
        let session = session(test, &browser).await;
        let id = session.change_flow(&test.app.keys);
        // As a power cut leaves it: the state says that a write has begun, and whoever began it is gone.
        let registration = test.app.store.registration(Some(&session.account)).await.unwrap();
        let ctx = test.app.ctx(&registration).unwrap();
        let opened: flow::Event = change::Event::Open(session.changer()).into();
        let fresh = flow::Flow::fresh(&opened, id, &ctx);
        let (asking, _) = flow::step(&ctx, fresh, opened);
        let (rules, person) = (&test.app.policy.password, password::Person::with_user_id(JO));
        let new = test.app.judge(rules, &person, None, &Secret::new(NEW), None);
        let change = change::Event::Change { old: Secret::new(OLD), new, survey: Survey::default() };
        let (writing, _) = flow::step(&ctx, asking, change.into());
        let put = test.app.store.put_flow(None, &writing, writing.due(&test.app.policy)).unwrap();
        test.app.store.db().write(vec![put]).await.unwrap();

        assert!(browser.get("/change").await.text().contains("One moment, please"));
        assert_eq!(
            browser.post("/change/resume", browser.form(&[])).await.leads_to(),
            Some("/change"),
            "it has its time"
        );
        test.clock.pass(Span::seconds(30));
        let answer = browser.post("/change/resume", browser.form(&[])).await;
        assert_eq!(answer.leads_to(), Some("/?note=perhaps-changed"));
        let page = browser.follow(answer).await.text();
        assert!(page.contains("we do not know yet whether it is in place"), "{page}");
        assert!(browser.session.is_none() && !is_in(&mut browser).await);
    })
    .await;
}

#[tokio::test]
async fn whose_sessions_are_ended_after_the_change_gets_no_other() {
    each("", async |test| {
        let browser = signed_in(test, JO).await;
        let session = session(test, &browser).await;
        let id = session.change_flow(&test.app.keys);
        let (rules, person) = (&test.app.policy.password, password::Person::with_user_id(JO));
        let new = test.app.judge(rules, &person, None, &Secret::new(NEW), None);
        let origin = Origin { address: "192.0.2.7".into(), browser: "test".into() };
        let change = change::Event::Change { old: Secret::new(OLD), new, survey: Survey::default() };
        for event in [change::Event::Open(session.changer()), change] {
            test.app.drive(&origin, Hold::all(id), event).await.unwrap();
        }
        assert!(test.signs_in(JO, NEW).await);
        // "This wasn't me", before the browser has its answer.
        test.clock.pass(Span::seconds(1));
        let (store, account, now) = (&test.app.store, session.account.clone(), test.app.clock.now());
        store.db().write(vec![store.end_sessions(&account), store.sign_out(&account, now)]).await.unwrap();
        assert!(test.app.session_after_change(session).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn after_too_many_passwords_that_will_not_do_one_starts_again() {
    each("", async |test| {
        let mut browser = signed_in(test, JO).await;
        let other = "walrus 71 bicycle tin";
        change_password(&mut browser, OLD, NEW, NEW).await;
        change_password(&mut browser, NEW, other, other).await;
        for _ in 0..20 {
            change_password(&mut browser, other, NEW, NEW).await;
            test.clock.pass(Span::minutes(1));
        }
        assert!(browser.get("/change").await.text().contains("You can start again here"));
        let answer = change_password(&mut browser, other, "seven grey lighthouses", "seven grey lighthouses").await;
        assert_eq!(answer.leads_to(), Some("/account?note=changed"));
    })
    .await;
}

#[tokio::test]
async fn no_form_does_anything_to_another_person_whatever_ids_are_sent() {
    each("", async |test| {
        let (mut jo, mut sam) = (signed_in(test, JO).await, signed_in(test, SAM).await);
        jo.get("/change").await;
        sam.get("/change").await;
        let (ours, theirs) = (session(test, &jo).await, session(test, &sam).await);
        let flow = data_encoding::HEXLOWER.encode(&theirs.change_flow(&test.app.keys).0);
        let mut fields = vec![("old", OLD), ("password", NEW), ("again", NEW)];
        for (name, value) in
            [("user_id", SAM), ("username", SAM), ("for", SAM), ("account", &theirs.account.0), ("flow", &flow)]
        {
            fields.push((name, value));
        }
        assert_ne!(ours.account, theirs.account);
        for path in ["/change", "/change/resume", "/change/strength", "/sign-out"] {
            let mut mixed = jo.clone();
            mixed.csrf.clone_from(&sam.csrf);
            let answer = mixed.post(path, mixed.form(&fields)).await;
            assert_eq!(answer.status, 403, "{path}: the token of another person");
            mixed.csrf = String::new();
            assert_eq!(mixed.post(path, mixed.form(&fields)).await.status, 403, "{path}: no token");
        }
        assert!(is_in(&mut jo).await && is_in(&mut sam).await);
        jo.get("/change").await;
        assert_eq!(jo.post("/change", jo.form(&fields)).await.leads_to(), Some("/account?note=changed"));
        assert!(test.signs_in(JO, NEW).await && test.signs_in(SAM, OLD).await, "it was Jo's, whatever the form said");
        assert!(is_in(&mut sam).await);
    })
    .await;
}

#[tokio::test]
async fn an_account_is_unlocked_and_the_password_stays() {
    each("", async |test| {
        confirm(test, JO).await;
        test.people.set(JO, Change { locked: Some(true), ..Change::default() }).await.unwrap();
        let mut browser = Browser::new(&test.app);
        for _ in 0..10 {
            let page = sign_in(&mut browser, JO, OLD).await;
            assert_eq!(page.status, 422, "that it is locked is told to nobody");
            assert!(page.text().contains("/unlock?username=jo.bloggs%40example.org"));
        }
        assert_eq!(sign_in(&mut browser, JO, OLD).await.status, 429);

        let page = browser.get("/unlock?username=jo.bloggs%40example.org").await.text();
        assert!(
            page.contains("<h1>Unlock your account</h1>") && page.contains("name=\"goal\" value=\"unlock\""),
            "{page}"
        );
        let page = browser.submit("/reset", &[("user_id", ""), ("goal", "unlock")]).await.text();
        assert!(page.contains("<h1>Unlock your account</h1>"), "still, after a slip");
        let page = browser.submit("/reset", &[("user_id", JO), ("goal", "unlock")]).await.text();
        assert!(
            page.contains("unlock your account") && !page.contains("choose a new password"),
            "the last step: {page}"
        );
        browser.submit("/reset/choose", &[("option", "0")]).await;
        let code = test.code().await;
        let page = browser.submit("/reset/code", &[("code", &code)]).await.text();
        assert!(page.contains("action=\"/reset/unlock\""), "{page}");
        let page = browser.submit("/reset/unlock", &[]).await.text();
        assert!(page.contains("Your account is unlocked"), "{page}");
        let answer = sign_in(&mut browser, JO, OLD).await;
        assert_eq!(answer.leads_to(), Some("/account"), "the wrong ones before are forgiven: {}", answer.text());
    })
    .await;
}

#[tokio::test]
async fn unlocking_needs_what_a_reset_needs_and_sets_no_password() {
    each("", async |test| {
        test.people.set(JO, Change { locked: Some(true), ..Change::default() }).await.unwrap();
        let flow = FlowId([7; 16]);
        let event = Event::Identify { user_id: JO.into(), answer: captcha::Answer::None, unlock: true };
        test.drive(flow, event).await;
        test.drive(flow, Event::Unlock { survey: Survey::default() }).await;
        assert!(!test.signs_in(JO, OLD).await, "not without a code");
        test.choose(flow, Method::Email).await;
        let code = test.code().await;
        test.type_code(flow, &code).await;
        test.choose_password(flow, NEW).await;
        assert!(matches!(test.view(flow).await, View::Unlock { .. }), "no password is taken here");
        test.drive(flow, Event::Unlock { survey: Survey::default() }).await;
        assert!(matches!(test.view(flow).await, View::Ended { end: End::Unlocked, .. }));
        assert!(test.signs_in(JO, OLD).await && !test.signs_in(JO, NEW).await);
    })
    .await;
}
