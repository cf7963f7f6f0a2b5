//! `/help` through the router, and where its links lead.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use crate::support::Engine;
use crate::support::app::TestApp;
use crate::support::browser::Browser;

/// The addresses of the links on a page, with those that begin with our own name cut down to their path.
fn links(page: &str, own: &str) -> BTreeSet<String> {
    let found = page.split("<a ").skip(1).filter_map(|tag| tag.split_once("href=\"")?.1.split('"').next());
    found.map(|address| address.strip_prefix(own).unwrap_or(address).to_owned()).collect()
}

#[tokio::test]
async fn every_link_of_the_guide_leads_to_a_page_that_exists() {
    let test = TestApp::open(&Engine::sqlite(), "").await;
    let mut browser = Browser::new(&test.app);
    let page = browser.get("/help").await;
    assert_eq!(page.status, StatusCode::OK);
    let own = test.app.settings.server.public_url.clone();
    let found = links(&page.text(), &own);
    let mut pages = 0;
    for link in &found {
        if let Some(id) = link.strip_prefix('#') {
            assert!(page.text().contains(&format!("id=\"{id}\"")), "{link}");
        } else if link.starts_with('/') {
            pages += 1;
            let answer = Browser::new(&test.app).get(link).await;
            let there = answer.status.is_success() || answer.status.is_redirection();
            assert!(there, "{link}: {}", answer.status);
        } else {
            assert!(link.starts_with("tel:") || link.starts_with("mailto:"), "{link}");
        }
    }
    for expected in ["/register", "/reset", "/unlock", "/change", "/contact", "/"] {
        assert!(found.contains(expected), "{expected} in {found:?}");
    }
    assert!(pages > 6, "{found:?}");
}

#[tokio::test]
async fn the_guide_is_one_step_away_from_where_people_are() {
    let test = TestApp::open(&Engine::sqlite(), "").await;
    for from in ["/", "/reset", "/contact", "/no-such-page"] {
        let page = Browser::new(&test.app).get(from).await.text();
        assert!(links(&page, "").contains("/help"), "{from}");
    }
}

#[tokio::test]
async fn the_guide_follows_the_configuration() {
    let settings =
        "[policy]\nmethods = ['email', 'office_call']\nsteps = 2\nconfirm_email = true\n[password]\nmin = 11\n";
    let test = TestApp::open(&Engine::sqlite(), settings).await;
    let page = Browser::new(&test.app).get("/help").await.text();
    for expected in ["at least 2 of them", "your whole address first", "has 11 to 256", "Call my office phone number"] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("mobile phone"), "no method needs one");
}
