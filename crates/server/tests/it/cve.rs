//! What has happened to other programs of this kind, done to this one. Each test is named after the first of the CVEs whose
//! lesson it holds and names the others; `docs/threat-model.md` lists them all.

mod contacts;
mod edges;
mod guessing;
mod injection;
mod links;
mod steps;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;

use crate::support::Engine;
use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};

const JO: &str = "jo.bloggs@example.org";
const JO_MOBILE: &str = "+447700900123";
const JO_EMAIL: &str = "jobloggs@mail.co.uk";
const ROBIN: &str = "robin.khan@example.org";
/// Limits that a test does not meet by chance.
const FREELY: &str = "[policy]\nresend_seconds = 0\n[throttle]\nsends = []\nsends_per_account = []\nsends_per_network = []\n\
                      resets_per_user_id = []\nfailed_proofs = 100\n";

async fn open(settings: &str) -> (TestApp, Browser) {
    let test = TestApp::open(&Engine::sqlite(), settings).await;
    let browser = Browser::new(&test.app);
    (test, browser)
}

/// Types a User ID on the page of a reset.
async fn identify(browser: &mut Browser, user_id: &str) -> Answer {
    browser.get("/reset").await;
    browser.submit("/reset", &[("user_id", user_id)]).await
}

/// Chooses the first way that is offered.
async fn choose_first(browser: &mut Browser, page: &Answer) -> Answer {
    let page = page.text();
    let option = page.split("name=\"option\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    browser.submit("/reset/choose", &[("option", option.expect("a way is offered"))]).await
}

/// Up to the box for the code.
async fn sent(browser: &mut Browser, user_id: &str) -> Answer {
    let page = identify(browser, user_id).await;
    choose_first(browser, &page).await
}

/// Up to the boxes for the password.
async fn proved(test: &TestApp, browser: &mut Browser, user_id: &str) -> Answer {
    sent(browser, user_id).await;
    let code = test.code().await;
    browser.submit("/reset/code", &[("code", &code)]).await
}

/// Tries a password on the sign-in page.
async fn sign_in(browser: &mut Browser, user_id: &str, password: &str) -> Answer {
    browser.get("/").await;
    browser.post("/sign-in", browser.form(&[("username", user_id), ("password", password)])).await
}

/// Posts a form with more headers than a browser would send.
async fn post_with(browser: &mut Browser, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let form = browser.form(fields);
    let answer = browser.send(request.body(Body::from(form)).expect("a request")).await;
    browser.follow(answer).await
}

/// Everybody to whom something was sent.
async fn heard(test: &TestApp) -> Vec<String> {
    test.messages().await.into_iter().map(|message| message.to).collect()
}
