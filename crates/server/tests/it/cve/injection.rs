//! What people and directories write, in places where it could become something else.

use regain::directory::embedded::NewPerson;
use regain_core::method::ContactKind;
use regain_core::{Secret, Span};

use super::{FREELY, JO, identify, open, proved};
use crate::support::app::{NEW, OLD, TestApp};

const HOSTILE: [&str; 9] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "{{7*7}}${7*7}#{7*7}<%= 7*7 %>",
    "{code} {to} {password}",
    "x' OR '1'='1",
    "'; DROP TABLE flow; --",
    "*)(uid=*))(|(uid=*",
    "$(touch hacked)`id`;id|id",
    "=cmd|' /C calc'!A0",
];

/// Adds somebody of this name and User ID with a mailbox.
async fn add(test: &TestApp, name: &str) {
    let person = NewPerson {
        user_id: name.into(),
        name: name.into(),
        mail: Some("own@example.org".into()),
        groups: vec![name.into()],
        password: Some(Secret::new(OLD)),
    };
    let account = test.people.add(person).await.expect("a name of many signs");
    test.register(&account, &[(ContactKind::Email, "theirs@mail.co.uk")]).await;
    test.clock.pass(Span::hours(25));
}

/// Values of the directory ran in pages and in mails: CVE-2016-1599, CVE-2021-27956, CVE-2021-37541, CVE-2022-24681; or were
/// taken for templates: CVE-2019-12046, CVE-2020-7799, CVE-2023-28862, CVE-2024-48933.
#[tokio::test]
async fn cve_2021_27956_names_are_text_on_every_page_and_in_every_message() {
    for name in HOSTILE {
        let (test, mut browser) = open(FREELY).await;
        add(&test, name).await;
        let mut pages = vec![identify(&mut browser, name).await.text()];
        pages.push(browser.submit("/reset/choose", &[("option", "0")]).await.text());
        let code = test.code().await;
        pages.push(browser.submit("/reset/code", &[("code", &code)]).await.text());
        pages.push(browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await.text());
        assert!(pages[3].contains("You have a new password"), "{name}: {}", pages[3]);
        let mut signed = crate::support::browser::Browser::new(&test.app);
        signed.get("/").await;
        pages.push(signed.submit("/sign-in", &[("username", name), ("password", NEW)]).await.text());
        for path in ["/account", "/register", "/register/activity"] {
            pages.push(signed.get(path).await.text());
        }
        for page in &pages {
            for raw in ["<script>alert", "<img src=x", "onerror=alert(1)>"] {
                assert!(!page.contains(raw), "{name}: {page}");
            }
            assert!(!page.contains("49$") && !page.contains(">49<"), "{name} was worked out: {page}");
        }
        for message in test.messages().await {
            let html = message.text.contains("<html");
            assert!(!html || !message.text.contains("<script>alert"), "{name}: {}", message.text);
            assert!(!message.subject.contains('\n'), "{name}: {}", message.subject);
        }
    }
}

/// What was typed became a statement: CVE-2021-37422, CVE-2025-3833.
#[tokio::test]
async fn cve_2025_3833_what_is_typed_is_no_statement() {
    let (test, mut browser) = open(FREELY).await;
    for typed in
        ["x' OR '1'='1", "' UNION SELECT password FROM account --", "'; DROP TABLE account; --", "\\'; --", "%' --"]
    {
        let page = identify(&mut browser, typed).await.text();
        assert!(!page.contains("incident"), "{typed}: {page}");
        browser.submit("/reset/cancel", &[]).await;
        let answer = super::sign_in(&mut browser, typed, typed).await;
        assert_eq!(answer.leads_to(), None, "{typed}");
    }
    assert!(test.signs_in(JO, OLD).await, "the tables are there, and what is in them");
}

/// A password was put on a command line: CVE-2021-28958, CVE-2021-33055, CVE-2022-28810. (The service starts no program at all:
/// `xtask tidy` holds that.)
#[tokio::test]
async fn cve_2022_28810_a_password_that_looks_like_a_command_is_a_password() {
    let (test, mut browser) = open(FREELY).await;
    proved(&test, &mut browser, JO).await;
    let password = "$(id) `id` ; | & > \\ \" ' %41 kettle 94";
    let page = browser.submit("/reset/password", &[("password", password), ("again", password)]).await.text();
    assert!(page.contains("You have a new password"), "{page}");
    assert!(test.signs_in(JO, password).await);
}

/// Long and deep input wore the directory or the page out: CVE-2023-28342, CVE-2024-27310.
#[tokio::test]
async fn cve_2024_27310_long_input_is_refused_before_it_costs_anything() {
    let (test, mut browser) = open(FREELY).await;
    for user_id in ["(".repeat(321), "*".repeat(10_000), "\u{fdfa}".repeat(200), "a\u{0301}".repeat(5_000)] {
        browser.get("/reset").await;
        let answer = browser.post("/reset", browser.form(&[("user_id", &user_id)])).await;
        assert!(answer.status.is_client_error() || answer.status.is_redirection(), "{}", answer.status);
        if user_id.len() > 1_000 {
            assert!(answer.status.is_client_error(), "{} bytes", user_id.len());
        }
    }
    // What expands eighteenfold when it is brought into one form is still one short question.
    let page = identify(&mut browser, &"\u{fdfa}".repeat(17)).await.text();
    assert!(!page.contains("incident"), "{page}");
    assert!(test.signs_in(JO, OLD).await);
}
