//! What a page tells of whom it is about: nothing, for whatever kind of person it is, up to the proof.

use std::time::Duration;

use regain::crowd::count_if_due;
use regain::directory::embedded::Change;

use super::*;

const PAD: Duration = Duration::from_millis(250);

/// People whom the care team has to help, each for another reason, and one of whom nothing stands in the way.
async fn everybody(test: &TestApp) -> Vec<String> {
    let ids = ["disabled", "frozen", "visitor", "nothing", "ordinary", "locked", "changing"];
    let address = [(regain_core::method::ContactKind::Email, "somebody@gmail.com")];
    for name in ids {
        let (groups, contacts): (&[&str], _) = match name {
            "visitor" => (&[], &address[..]),
            "nothing" => (&["staff"], &[][..]),
            _ => (&["staff"], &address[..]),
        };
        let account = test.add(&format!("{name}@example.org"), groups, contacts).await;
        let change = match name {
            "disabled" => Change { disabled: Some(true), ..Change::default() },
            "locked" => Change { locked: Some(true), ..Change::default() },
            "changing" => Change { must_change: Some(true), ..Change::default() },
            _ => Change::default(),
        };
        test.people.set(&format!("{name}@example.org"), change).await.expect("it is changed");
        if name == "frozen" {
            let sql = "UPDATE registration SET frozen = 1 WHERE account = $1";
            let freeze = regain::store::Stmt::new(sql, vec![account.0.as_str().into()]);
            test.app.store.db().write(vec![freeze]).await.expect("the store answers");
        }
    }
    ids.map(|name| format!("{name}@example.org")).into()
}

/// A page without what is the visitor's own or differs each time: the User ID, the token, the reference, digits.
fn bare(answer: &Answer, user_id: &str, csrf: &str) -> String {
    let text = answer.text().replace(user_id, "ID").replace(&user_id.replace('@', "%40"), "ID").replace(csrf, "TOKEN");
    let reference = text.split("class=\"number\" dir=\"ltr\">").nth(1).and_then(|rest| rest.split('<').next());
    let text = reference.map_or(text.clone(), |reference| text.replace(reference, "REFERENCE"));
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[tokio::test]
async fn whoever_cannot_reset_and_whoever_does_not_exist_see_the_same_page() {
    let (test, _) = open("[policy]\nscope = ['staff']").await;
    everybody(&test).await;
    count_if_due(&test.app).await.expect("no fault");
    let mut pages = Vec::new();
    let made_up = (0..40).map(|n| format!("nobody.{n}@example.org"));
    let real = ["disabled", "frozen", "visitor", "nothing"].map(|name| format!("{name}@example.org"));
    for user_id in real.into_iter().chain(made_up) {
        let mut browser = Browser::new(&test.app);
        browser.get("/reset").await;
        let answer = browser.post("/reset", browser.form(&[("user_id", &user_id)])).await;
        let (status, to) = (answer.status, answer.leads_to().map(str::to_owned));
        let page = browser.follow(answer).await;
        let headers: Vec<String> = page.headers.keys().map(ToString::to_string).collect();
        if !page.text().contains("action=\"/reset/choose\"") {
            pages.push((user_id.clone(), status, to, headers, bare(&page, &user_id, &browser.csrf)));
        }
    }
    assert!(pages.iter().filter(|page| page.0.starts_with("nobody")).count() > 5, "made-up ones are among them");
    assert_eq!(pages.iter().filter(|page| !page.0.starts_with("nobody")).count(), 4);
    for page in &pages {
        assert_eq!((page.1, &page.2, &page.3), (pages[0].1, &pages[0].2, &pages[0].3), "{}", page.0);
        let differs = page.4.lines().zip(pages[0].4.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None, "{}", page.0);
        assert_eq!(page.4.len(), pages[0].4.len(), "{}", page.0);
    }
}

#[tokio::test]
async fn a_wrong_password_is_answered_alike_whoever_it_is_for() {
    let (test, _) = open("").await;
    let mut pages = Vec::new();
    for user_id in everybody(&test).await.into_iter().chain(["nobody@example.org".to_owned()]) {
        let mut browser = Browser::new(&test.app);
        browser.get("/").await;
        let form = browser.form(&[("username", &user_id), ("password", "not the password 1")]);
        let answer = browser.post("/sign-in", form).await;
        let headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        pages.push((answer.status, headers, bare(&answer, &user_id, &browser.csrf)));
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{:?}", pages.iter().map(|page| &page.0).collect::<Vec<_>>());
    // Even with the right one, a lock is told to nobody: most directories do not say whether it is right then.
    let mut browser = Browser::new(&test.app);
    browser.get("/").await;
    let form = browser.form(&[("username", "locked@example.org"), ("password", OLD)]);
    let answer = browser.post("/sign-in", form).await;
    assert_eq!(bare(&answer, "locked@example.org", &browser.csrf), pages[0].2);
}

#[tokio::test]
async fn answers_before_the_proof_are_held_whoever_they_are_about() {
    let (test, _) = open("").await;
    let mut held = Vec::new();
    for user_id in everybody(&test).await.into_iter().chain(["nobody@example.org".to_owned()]) {
        let mut browser = Browser::new(&test.app);
        browser.get("/reset").await;
        test.clock.rested();
        let answer = browser.post("/reset", browser.form(&[("user_id", &user_id)])).await;
        let (looked_up, page) = (test.clock.rested(), browser.follow(answer).await.text());
        assert!(test.clock.rested() >= PAD / 8, "{user_id}: the page");
        held.push(looked_up);
        if page.contains("action=\"/reset/choose\"") {
            let option = page.split("name=\"option\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
            browser.post("/reset/choose", browser.form(&[("option", option.expect("an option"))])).await;
            held.push(test.clock.rested());
            browser.post("/reset/code", browser.form(&[("code", "000000")])).await;
            held.push(test.clock.rested());
            browser.post("/reset/resend", browser.form(&[])).await;
            held.push(test.clock.rested());
        }
        browser.post("/sign-in", browser.form(&[("username", &user_id), ("password", "wrong")])).await;
        held.push(test.clock.rested());
    }
    assert!(held.len() > 16 && held.iter().all(|time| *time >= PAD), "{held:?}");
    let different: std::collections::BTreeSet<_> = held.iter().collect();
    assert!(different.len() > held.len() / 2, "each is drawn anew: {held:?}");
}

#[tokio::test]
async fn nothing_is_held_where_that_is_switched_off_or_nobody_is_asked_about() {
    let (test, mut browser) = open("[server]\npad_milliseconds = 0").await;
    identified(&mut browser).await;
    assert_eq!(test.clock.rested(), Duration::ZERO);
    let (test, mut browser) = open("").await;
    for path in ["/", "/help", "/contact"] {
        browser.get(path).await;
    }
    assert_eq!(test.clock.rested(), Duration::ZERO);
}
