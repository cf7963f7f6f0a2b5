//! Passwords used before, where Regain itself keeps the history.

use axum::http::StatusCode;
use regain::worker;
use regain_core::method::ContactKind;
use regain_core::password::Mark;
use regain_core::registration::Change;
use regain_core::subject::ContactId;
use regain_core::{FlowId, Span};

use super::change::change_password;
use super::{JO, account, change, each, signed_in};
use crate::support::app::{NEW, OLD, TestApp};
use crate::support::browser::{Answer, Browser};

const SECOND: &str = "walrus 71 bicycle tin";
const THIRD: &str = "gravel moth tuba 12 jam";
const BEFORE: &str = "You have used that password before";

/// The page on which a reset chooses the password.
async fn proved(test: &TestApp, browser: &mut Browser) -> Answer {
    // What was sent before the code is out of the way.
    test.messages().await;
    test.clock.pass(Span::seconds(1));
    browser.get("/reset").await;
    let page = browser.submit("/reset", &[("user_id", JO)]).await.text();
    let option = page.split("name=\"option\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    browser.submit("/reset/choose", &[("option", option.expect("a way"))]).await;
    let code = test.code().await;
    browser.submit("/reset/code", &[("code", &code)]).await
}

#[tokio::test]
async fn a_password_that_was_set_here_is_not_taken_again_by_reset_or_change() {
    each("[password]\nhistory = 2\n[directory]\nhistory = 0", async |test| {
        let mut browser = signed_in(test, JO).await;
        for (old, new) in [(OLD, NEW), (NEW, SECOND)] {
            let answer = change_password(&mut browser, old, new, new).await;
            assert_eq!(answer.leads_to(), Some("/account?note=changed"));
            browser.follow(answer).await;
            test.clock.pass(Span::seconds(1));
        }
        let answer = change_password(&mut browser, SECOND, NEW, NEW).await;
        assert!(browser.follow(answer).await.text().contains(BEFORE), "by a change");
        let rated = browser.post("/change/strength", browser.form(&[("password", NEW)])).await;
        assert!(rated.text().contains(BEFORE), "while it is typed: {}", rated.text());

        let mut browser = Browser::new(&test.app);
        let page = proved(test, &mut browser).await.text();
        assert!(page.contains("none of your last 2"), "{page}");
        for used in [SECOND, NEW] {
            let page = browser.submit("/reset/password", &[("password", used), ("again", used)]).await;
            assert!(page.text().contains(BEFORE), "{used} by a reset: {}", page.text());
        }
        let page = browser.submit("/reset/password", &[("password", THIRD), ("again", THIRD)]).await;
        assert!(page.text().contains("You have a new password"), "{}", page.text());
        assert!(test.signs_in(JO, THIRD).await);
        test.clock.pass(Span::seconds(1));

        let jo = account(test, JO).await;
        let kept = test.app.store.earlier_passwords(&jo, 100).await.unwrap();
        assert_eq!(kept.len(), 2, "the last two");
        let rows = test.app.store.db().read("SELECT mark FROM earlier_password", vec![]).await.unwrap();
        let sealed: Vec<&str> = rows.iter().map(|row| row.text(0).unwrap()).collect();
        assert_eq!(sealed.len(), 2);
        assert!(kept.iter().all(|mark| sealed.iter().all(|sealed| !sealed.contains(&mark.0))), "sealed");

        let mut browser = Browser::new(&test.app);
        super::sign_in(&mut browser, JO, THIRD).await;
        let answer = change_password(&mut browser, THIRD, NEW, NEW).await;
        assert_eq!(answer.leads_to(), Some("/account?note=changed"), "with a history of 2 the first of three is free");
    })
    .await;
}

#[tokio::test]
async fn a_contact_that_was_replaced_still_is_no_password() {
    each("", async |test| {
        let mut browser = signed_in(test, JO).await;
        let set =
            Change::Set { id: ContactId("new".into()), kind: ContactKind::Mobile, address: "+447700900999".into() };
        change(test, JO, set).await;
        browser.get("/change").await;
        for (number, refused) in [("700900123", true), ("700900999", true), ("700900888", false)] {
            let typed = format!("plum kettle {number}");
            let rated = browser.post("/change/strength", browser.form(&[("password", &typed)])).await;
            assert_eq!(rated.text().contains("your phone number"), refused, "{number}: {}", rated.text());
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_history_nothing_is_kept_and_what_was_kept_goes() {
    each("[directory]\nhistory = 0", async |test| {
        let mut browser = signed_in(test, JO).await;
        for (old, new) in [(OLD, NEW), (NEW, SECOND), (SECOND, NEW)] {
            assert_eq!(change_password(&mut browser, old, new, new).await.leads_to(), Some("/account?note=changed"));
        }
        let (jo, store) = (account(test, JO).await, &test.app.store);
        assert!(store.earlier_passwords(&jo, 100).await.unwrap().is_empty());

        let mark = Mark("of a time when it was on".into());
        let kept = store.remember_password(&jo, FlowId([7; 16]), &mark, 5, test.app.clock.now()).unwrap();
        store.db().write(kept.into()).await.unwrap();
        assert_eq!(store.earlier_passwords(&jo, 100).await.unwrap(), [mark]);
        worker::tidy_up(&test.app, test.app.clock.now()).await.unwrap();
        assert!(store.earlier_passwords(&jo, 100).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn passphrases_are_offered_for_a_change_once_and_kept_nowhere() {
    each("[password]\nclasses = 4", async |test| {
        let mut browser = signed_in(test, JO).await;
        browser.get("/change").await;
        let answer = browser.post("/change/passphrases", browser.form(&[])).await;
        assert_eq!((answer.status, answer.leads_to()), (StatusCode::OK, None));
        let page = answer.text();
        let phrases: Vec<&str> =
            page.split("<code id=\"phrase-").skip(1).filter_map(|rest| rest.split(['>', '<']).nth(1)).collect();
        assert_eq!(phrases.len(), 3, "{page}");
        assert!(page.contains("The password you have now") && !page.contains("role=\"alert\""));
        let again = browser.get("/change").await.text();
        assert!(phrases.iter().all(|phrase| !again.contains(phrase)), "not shown again");
        let answer = change_password(&mut browser, OLD, phrases[2], phrases[2]).await;
        assert_eq!(answer.leads_to(), Some("/account?note=changed"));
        assert!(test.signs_in(JO, phrases[2]).await);
        let mut stranger = Browser::new(&test.app);
        stranger.get("/").await;
        let answer = stranger.post("/change/passphrases", stranger.form(&[])).await;
        assert_eq!(answer.leads_to(), Some("/?return_to=/change"), "only for who is signed in");
    })
    .await;
}
