//! Links and addresses that a request makes up.

use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{Request, StatusCode};
use regain::store::Stmt;

use super::{FREELY, JO, open, post_with, sign_in};
use crate::support::app::{NEW, OLD};

const POISON: [(&str, &str); 12] = [
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "ftp"),
    ("x-forwarded-port", "666"),
    ("x-forwarded-prefix", "//evil.example"),
    ("forwarded", "host=evil.example;proto=http;for=evil.example"),
    ("x-host", "evil.example"),
    ("x-original-host", "evil.example"),
    ("x-original-url", "//evil.example/reset"),
    ("x-rewrite-url", "//evil.example/reset"),
    ("x-http-host-override", "evil.example"),
    ("referer", "https://evil.example/reset"),
];

/// Links in messages were built from request headers: CVE-2017-12161, CVE-2023-49097, CVE-2023-53958, CVE-2025-48936,
/// CVE-2025-64101.
#[tokio::test]
async fn cve_2023_53958_no_header_reaches_a_link() {
    let (test, mut browser) = open(FREELY).await;
    browser.get("/reset").await;
    let mut pages = vec![post_with(&mut browser, "/reset", &[("user_id", JO)], &POISON).await.text()];
    pages.push(post_with(&mut browser, "/reset/choose", &[("option", "0")], &POISON).await.text());
    let code = test.code().await;
    pages.push(post_with(&mut browser, "/reset/code", &[("code", &code)], &POISON).await.text());
    let password = [("password", NEW), ("again", NEW)];
    pages.push(post_with(&mut browser, "/reset/password", &password, &POISON).await.text());
    assert!(pages[3].contains("You have a new password"), "the headers change nothing: {}", pages[3]);
    let messages = test.messages().await;
    assert!(messages.len() >= 3, "a code and notices");
    for text in pages.iter().chain(messages.iter().map(|message| &message.text)) {
        assert!(!text.contains("evil"), "{text}");
        for link in text.split("://").skip(1) {
            let ours = link.starts_with("127.0.0.1:8080") || link.starts_with("www.w3.org/");
            assert!(ours, "a link elsewhere: {link:.60}");
        }
    }
}

/// The same, by the first line of the request and by `Host` itself: CVE-2017-12161.
#[tokio::test]
async fn cve_2017_12161_another_host_is_not_answered() {
    let (_test, mut browser) = open("").await;
    for (uri, host) in [
        ("/reset", "evil.example"),
        ("/reset", "127.0.0.1:8080@evil.example"),
        ("/reset", "127.0.0.1:8080.evil.example"),
        ("http://evil.example/reset", "evil.example"),
    ] {
        let request = Request::get(uri).header(HOST, host).body(Body::empty()).expect("a request");
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{uri} {host}");
        assert!(!answer.text().contains("evil"), "{uri} {host}");
    }
}

/// A form said where people, or the server's own requests, went next: CVE-2021-27214, CVE-2021-37419.
#[tokio::test]
async fn cve_2021_27214_nobody_is_sent_where_a_form_says() {
    for to in
        ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "https:evil.example"]
    {
        let (test, mut browser) = open("").await;
        browser.get(&format!("/?return_to={}", to.replace(':', "%3A"))).await;
        let fields = [("username", JO), ("password", OLD), ("return_to", to), ("url", to), ("redirect_uri", to)];
        let answer = browser.post("/sign-in", browser.form(&fields)).await;
        let leads_to = answer.leads_to().expect("Jo is signed in").to_owned();
        assert!(leads_to.starts_with('/') && !leads_to.starts_with("//") && !leads_to.contains("evil"), "{leads_to}");
        assert!(!browser.follow(answer).await.text().contains("evil.example"), "{to}");
        assert!(test.signs_in(JO, OLD).await);
    }
}

/// A link out of the page, even one of the picture's, opened the machine behind a sign-in screen: CVE-2018-5353, CVE-2018-5354,
/// CVE-2019-12476, CVE-2019-12889, CVE-2020-11552, CVE-2023-35719, CVE-2023-48654, CVE-2023-51772.
#[tokio::test]
async fn cve_2018_5354_no_page_leads_out_of_ours() {
    let (test, mut browser) = open("[captcha]\nkind = 'picture'").await;
    let own = &test.app.settings.server.public_url;
    let (mut seen, mut waiting) = (Vec::<String>::new(), vec!["/".to_owned(), "/reset".into(), "/unlock".into()]);
    while let Some(path) = waiting.pop() {
        if seen.contains(&path) {
            continue;
        }
        let answer = browser.get(&path).await;
        let text = answer.text();
        let addresses = ["href=\"", "src=\"", "action=\""].into_iter().flat_map(|name| text.split(name).skip(1));
        for address in addresses.filter_map(|rest| rest.split('"').next()) {
            let address = address.strip_prefix(own.as_str()).unwrap_or(address);
            let to_people = address.starts_with("mailto:") || address.starts_with("tel:");
            let here = address.starts_with('/') && !address.starts_with("//") || address.starts_with('#');
            assert!(to_people || here, "{path} leads to {address}");
            if here && answer.status == StatusCode::OK && address.starts_with('/') {
                waiting.push(address.replace("&amp;", "&").split('#').next().unwrap_or_default().to_owned());
            }
        }
        seen.push(path);
    }
    assert!(seen.len() >= 6, "{seen:?}");
}

/// What went wrong was shown to whoever looked: CVE-2020-25837.
#[tokio::test]
async fn cve_2020_25837_a_problem_shows_nothing_of_the_inside() {
    let (test, mut browser) = open("").await;
    browser.get("/reset").await;
    let broken = Stmt::new("ALTER TABLE throttle RENAME TO elsewhere", vec![]);
    test.app.store.db().write(vec![broken]).await.expect("the store is broken now");
    let answer = sign_in(&mut browser, JO, OLD).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let text = answer.text();
    for inside in ["throttle", "no such table", "SQL", "sqlite", ".rs:", "panicked", OLD] {
        assert!(!text.contains(inside), "{inside} in {text}");
    }
    assert!(text.contains("href=\"/contact\""), "and whom to ask: {text}");
}
