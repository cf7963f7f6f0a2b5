//! Codes that go astray, and contacts that others change.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use regain::directory::embedded::NewPerson;
use regain_core::Span;

use super::{FREELY, JO, JO_EMAIL, JO_MOBILE, heard, identify, open, sent};
use crate::register::{phone, registered, signed_in};
use crate::support::app::{NEW, OLD};
use crate::support::browser::Browser;

const THIEF: &str = "thief@evil.example";
const THIEF_MOBILE: &str = "+447700900999";

/// The address of a code came from the browser, or two addresses did: CVE-2023-7028, CVE-2023-49032.
#[tokio::test]
async fn cve_2023_7028_a_code_goes_where_the_store_says_and_nowhere_else() {
    let (test, mut browser) = open(FREELY).await;
    let more = [
        ("email", THIEF),
        ("email[]", THIEF),
        ("user[email][]", THIEF),
        ("to", THIEF),
        ("address", THIEF),
        ("number", THIEF_MOBILE),
        ("phone", THIEF_MOBILE),
        ("contact", THIEF),
        ("confirm-0", THIEF),
        ("confirm-1", THIEF_MOBILE),
    ];
    identify(&mut browser, JO).await;
    browser.submit("/reset/choose", &[&more[..], &[("option", "0")]].concat()).await;
    browser.submit("/reset/resend", &more).await;
    browser.submit("/reset/other-way", &more).await;
    browser.submit("/reset/choose", &[&more[..], &[("option", "1")]].concat()).await;
    // Two of a kind are no form of ours.
    browser.submit("/reset/other-way", &[]).await;
    for twice in [[("option", "0"), ("option", "1")], [("user_id", JO), ("user_id", THIEF)]] {
        let answer = browser.post("/reset/choose", browser.form(&twice)).await;
        assert!(answer.status.is_client_error(), "{twice:?}: {}", answer.status);
    }
    let heard = heard(&test).await;
    assert!(heard.len() >= 3, "Jo got the codes: {heard:?}");
    assert!(heard.iter().all(|to| to == JO_EMAIL || to == JO_MOBILE), "{heard:?}");
}

/// A name that only looks like another found the victim, and the code went to what had been typed: CVE-2019-19844,
/// CVE-2024-27295.
#[tokio::test]
async fn cve_2019_19844_a_name_that_looks_alike_gets_nothing() {
    for typed in [
        "jo.bloggs@exampl\u{0435}.org",
        "j\u{043e}.bloggs@example.org",
        "jo.b\u{0142}oggs@example.org",
        "jo.bloggs@example.org\u{200b}",
        "\u{202e}gro.elpmaxe@sggolb.oj",
        "jo.bloggs@example.org,thief@evil.example",
        "jo.bloggs@example.org thief@evil.example",
        "jo.bloggs@example.org\r\nBcc: thief@evil.example",
    ] {
        let (test, mut browser) = open(FREELY).await;
        let page = identify(&mut browser, typed).await;
        if page.text().contains("name=\"option\"") {
            super::choose_first(&mut browser, &page).await;
        }
        assert_eq!(heard(&test).await, Vec::<String>::new(), "{typed:?}");
    }
    // The same letters in another width are the same name, and the code goes to what is registered.
    let (test, mut browser) = open(FREELY).await;
    sent(&mut browser, "\u{ff2a}o.Bloggs@EXAMPLE.org").await;
    assert_eq!(heard(&test).await, [JO_EMAIL]);
}

/// Whoever could call themselves by the address of another got their codes: CVE-2021-3754, CVE-2023-0105, CVE-2023-6787.
#[tokio::test]
async fn cve_2021_3754_the_address_of_another_is_no_name_of_ones_own() {
    let (test, mut browser) = open(FREELY).await;
    for (user_id, mail) in [("mallory", JO), (JO_EMAIL, "mallory@example.org")] {
        let person = NewPerson {
            user_id: user_id.into(),
            name: "Mallory".into(),
            mail: Some(mail.into()),
            groups: Vec::new(),
            password: Some(regain_core::Secret::new("mallory-kettle-94")),
        };
        test.people.add(person).await.expect("Mallory is new");
    }
    sent(&mut browser, JO).await;
    let code = test.code().await;
    browser.submit("/reset/code", &[("code", &code)]).await;
    browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    assert!(test.signs_in(JO, NEW).await);
    assert!(test.signs_in("mallory", "mallory-kettle-94").await && test.signs_in(JO_EMAIL, "mallory-kettle-94").await);
}

/// Another site changed what was registered: CVE-2019-18411.
#[tokio::test]
async fn cve_2019_18411_no_other_site_changes_a_contact() {
    let (test, _) = open(FREELY).await;
    let before = registered(&test, JO).await;
    let mut jo = signed_in(&test, JO).await;
    jo.get("/register/phone").await;
    let forms = [
        ("/register/phone", jo.form(&[("region", "GB"), ("number", "07700 900999"), ("by", "text")])),
        ("/register/remove", jo.form(&[("wish", "remove"), ("kind", "email"), ("address", JO_EMAIL)])),
        ("/register/phone", "region=GB&number=07700+900999&by=text".to_owned()),
        ("/register/phone", "csrf=&region=GB&number=07700+900999&by=text".to_owned()),
        ("/register/remove", "wish=remove&kind=email&address=jobloggs%40mail.co.uk".to_owned()),
    ];
    for (n, (path, form)) in forms.into_iter().enumerate() {
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        // With the token, only the browser's own word says that another site sends it.
        let request = if n < 2 { request.header("origin", "https://evil.example") } else { request };
        let answer = jo.send(request.body(Body::from(form)).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{n} {path}");
    }
    assert_eq!(registered(&test, JO).await, before);
    assert_eq!(heard(&test).await, Vec::<String>::new());
}

/// A session was enough to change what an account is recovered by: CVE-2025-62425.
#[tokio::test]
async fn cve_2025_62425_a_contact_is_changed_with_the_password_only() {
    let (test, _) = open(FREELY).await;
    let mut jo = signed_in(&test, JO).await;
    test.clock.pass(Span::minutes(6));
    let page = phone(&mut jo, "07700 900999", "text").await.text();
    assert!(page.contains("Type your password again"), "{page}");
    let wrong =
        [("wish", "phone"), ("region", "GB"), ("number", "07700 900999"), ("by", "text"), ("password", "guess")];
    jo.submit("/register/password", &wrong).await;
    assert_eq!(heard(&test).await, Vec::<String>::new(), "no code without the password");
    assert!(test.signs_in(JO, OLD).await);
}

/// A mailbox or a phone was flooded by whoever knew a name: CVE-2026-31283.
#[tokio::test]
async fn cve_2026_31283_nobody_is_flooded() {
    let (test, _) = open("").await;
    for _ in 0..20 {
        let mut browser = Browser::new(&test.app);
        let page = identify(&mut browser, JO).await;
        browser.submit("/reset/choose", &[("option", "0")]).await;
        assert!(page.text().contains("name=\"option\""), "asking is not what is limited here");
        // The worker is there at once; what waits longer than its code is good for is not sent any more.
        heard(&test).await;
        test.clock.pass(Span::seconds(61));
    }
    let heard = heard(&test).await;
    assert!((1..=5).contains(&heard.len()), "at most five an hour: {}", heard.len());
}
