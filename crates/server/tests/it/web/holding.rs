//! Who may go on with a flow: whoever brought its proofs, and nobody else.

use super::{JO, open, proved, sent};
use crate::support::app::{NEW, OLD};

#[tokio::test]
async fn whoever_knew_the_cookie_before_the_proof_cannot_go_on_after_it() {
    let (test, mut browser) = open("").await;
    sent(&mut browser).await;
    let mut thief = browser.clone();
    let code = test.code().await;
    let page = browser.submit("/reset/code", &[("code", &code)]).await;
    assert!(page.text().contains("Enter new password"));
    assert_ne!(browser.cookie, thief.cookie, "the cookie changes with the proof");

    let stolen = thief.clone();
    assert!(thief.get("/reset").await.text().contains("Who are you?"), "the thief sees a fresh form");
    let mut thief = stolen;
    let page = thief.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    assert!(page.text().contains("This page had grown old"), "{}", page.text());
    assert!(test.signs_in(JO, OLD).await, "nothing was set");
    let done = browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    assert!(done.text().contains("You have a new password"));
}

#[tokio::test]
async fn an_answer_that_got_lost_is_had_again_with_the_same_code_and_by_nothing_else() {
    let (test, mut browser) = open("").await;
    sent(&mut browser).await;
    let (mut again, mut guess) = (browser.clone(), browser.clone());
    let code = test.code().await;
    browser.submit("/reset/code", &[("code", &code)]).await;
    let page = again.submit("/reset/code", &[("code", &code)]).await;
    assert!(page.text().contains("Enter new password"), "the second press, whose first answer got lost");
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    for _ in 0..6 {
        let page = guess.post("/reset/code", guess.form(&[("code", &wrong)])).await;
        assert_eq!(page.leads_to(), Some("/reset"));
    }
    let page = guess.post("/reset/code", guess.form(&[("code", &code)])).await;
    let page = guess.follow(page).await;
    assert!(page.text().contains("Who are you?"), "five guesses are all there are: {}", page.text());
}

#[tokio::test]
async fn the_last_page_stays_for_a_while_and_the_next_visit_begins_anew() {
    let (test, mut browser) = open("").await;
    proved(&test, &mut browser).await;
    browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    assert!(browser.get("/reset/ended").await.text().contains("You have a new password"), "a reload shows it again");
    assert!(browser.get("/reset").await.text().contains("Who are you?"));
}

#[tokio::test]
async fn whoever_went_back_cannot_hold_the_proof_of_the_next_person() {
    let (test, mut browser) = open("").await;
    proved(&test, &mut browser).await;
    let mut before = browser.clone();
    browser.submit("/reset/back", &[]).await;
    browser.submit("/reset", &[("user_id", "robin.khan@example.org")]).await;
    browser.submit("/reset/choose", &[("option", "0")]).await;
    let code = test.code().await;
    let page = browser.submit("/reset/code", &[("code", &code)]).await;
    assert!(page.text().contains("Enter new password"), "{}", page.text());
    let page = before.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    assert!(page.text().contains("This page had grown old"), "{}", page.text());
    assert!(test.signs_in("robin.khan@example.org", OLD).await);
}
