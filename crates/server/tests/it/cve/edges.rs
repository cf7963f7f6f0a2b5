//! Paths and headers that one layer reads in one way and the next in another.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use super::{JO, open};

/// Another spelling of a path went past the check of who may open it: CVE-2021-32637, CVE-2021-40539, CVE-2025-11250.
#[tokio::test]
async fn cve_2021_40539_no_spelling_of_a_path_opens_what_is_closed() {
    let (_test, mut browser) = open("").await;
    for closed in ["account", "register", "register/activity", "change"] {
        let plain = browser.get(&format!("/{closed}")).await;
        assert_eq!(plain.status, StatusCode::SEE_OTHER, "/{closed} leads to signing in");
        let first = closed.chars().next().expect("a letter");
        let encoded = format!("/%{:02x}{}", u32::from(first), &closed[1..]);
        for path in [
            format!("//{closed}"),
            format!("/./{closed}"),
            format!("/reset/../{closed}"),
            format!("/reset/..;/{closed}"),
            format!("/assets/..%2f{closed}"),
            format!("/assets/%2e%2e/{closed}"),
            format!("/{closed}/"),
            format!("/{closed};x=1"),
            format!("/{closed}%00"),
            format!("/{closed}%2f"),
            format!("/{closed}/."),
            format!("/{closed}\\"),
            format!("/{}", closed.to_uppercase()),
            encoded,
        ] {
            let Ok(request) = Request::get(&path).body(Body::empty()) else { continue };
            let answer = browser.send(request).await;
            let shut =
                answer.status.is_client_error() || answer.leads_to().is_some_and(|to| to.starts_with("/?return_to"));
            assert!(shut, "{path}: {} {:?}", answer.status, answer.leads_to());
            assert!(!answer.text().contains(JO), "{path}");
        }
    }
}

/// A header said which method or path was meant: CVE-2021-40539.
#[tokio::test]
async fn cve_2021_40539_no_header_stands_for_the_method_or_the_path() {
    let (_test, mut browser) = open("").await;
    browser.get("/reset").await;
    for (name, value) in [
        ("x-http-method-override", "POST"),
        ("x-method-override", "DELETE"),
        ("x-original-url", "/account"),
        ("x-rewrite-url", "/account"),
        ("x-forwarded-user", JO),
        ("remote-user", JO),
        ("x-remote-user", JO),
        ("authorization", "Basic YWRtaW46YWRtaW4="),
    ] {
        let request = Request::get("/account").header(name, value).body(Body::empty()).expect("a request");
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}");
        assert!(answer.leads_to().is_some_and(|to| to == "/" || to.starts_with("/?")), "{name}");
    }
}

/// A header that could not be read was passed over, and the limits counted somebody else: CVE-2024-47070.
#[tokio::test]
async fn cve_2024_47070_a_forwarding_header_that_cannot_be_read_is_refused() {
    let (_test, mut browser) = open("[server]\nproxies = ['10.0.0.1']").await;
    browser.from = Some(([10, 0, 0, 1], 4711).into());
    for (header, status) in [
        ("198.51.100.7", StatusCode::OK),
        ("nonsense", StatusCode::BAD_REQUEST),
        ("198.51.100.7, unknown", StatusCode::BAD_REQUEST),
        ("198.51.100.7, ", StatusCode::BAD_REQUEST),
    ] {
        let request = Request::get("/reset").header("x-forwarded-for", header).body(Body::empty()).expect("a request");
        assert_eq!(browser.send(request).await.status, status, "{header}");
    }
}
