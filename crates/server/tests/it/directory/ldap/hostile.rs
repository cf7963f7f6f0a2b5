//! What stands in a directory is not ours: values made to do harm come out as text, wherever they are shown.

use regain_core::Span;

use super::{FIRST, dn};
use crate::support::Engine;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::slapd::{SUFFIX, Setup, Slapd, person};

const SETTINGS: &str = "office_phone_attribute = 'telephoneNumber'\nmobile_attribute = 'labeledURI'\n\
                        private_mail_attribute = 'description'\nname_attribute = 'displayName'\nmail_attribute = 'title'\n\
                        user_attributes = ['uid', 'employeeType']";

/// Values for every attribute that is read.
fn hostile() -> Vec<(&'static str, String)> {
    vec![
        ("markup", "<script>alert(1)</script><img src=x onerror=alert(1)>".to_owned()),
        ("a formula", "=HYPERLINK(\"http://x.example/\",\"y\")".to_owned()),
        ("a filter", "*)(uid=*))(|(uid=*".to_owned()),
        ("a NUL", "a\0b@example.org".to_owned()),
        ("a turn", "\u{202e}gro.elpmaxe@oj".to_owned()),
        ("lines", "a@example.org\r\nBcc: evil@example.org".to_owned()),
        ("much", "x".repeat(65_536)),
    ]
}

#[tokio::test]
async fn values_made_to_do_harm_are_shown_as_text_or_not_at_all() {
    let Some(server) = Slapd::start(&Setup::default()) else { return };
    let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    for (number, (_, value)) in hostile().iter().enumerate() {
        let value = base64(value);
        // A telephone number takes letters and marks only (RFC 4517, 3.3.31); the others take anything.
        let values: String = ["displayName", "title", "labeledURI", "description"]
            .iter()
            .map(|name| format!("{name}:: {value}\n"))
            .collect();
        let own = format!("{values}telephoneNumber: (0) '--1=1 or call\nuserPassword: {FIRST}");
        server.add(&person(&format!("mallory{number}"), "x", &own));
        if number < 3 {
            let group = base64(&hostile()[number].1);
            server.add(&format!(
                "dn: gidNumber={number},ou=groups,{SUFFIX}\nobjectClass: posixGroup\ngidNumber: {number}\ncn:: {group}\n\
                 memberUid: mallory{number}\n"
            ));
        }
    }
    let engine = Engine::sqlite();
    let settings = toml::Table::from_iter([("directory".to_owned(), server.section(SETTINGS).into())]).to_string();
    let test = TestApp::open(&engine, &format!("{settings}\n[organisation]\nregion = 'GB'\n")).await;
    for (number, (what, _)) in hostile().iter().enumerate() {
        let mut browser = Browser::new(&test.app);
        browser.get("/").await;
        let user_id = format!("mallory{number}");
        let mut page = browser.submit("/sign-in", &[("username", &user_id), ("password", FIRST)]).await;
        assert!(page.status.is_success(), "{what}: {}", page.text());
        for path in [
            "",
            "/account",
            "/register",
            "/register/phone?known=1",
            "/register/email?known=1",
            "/register/activity",
            "/change",
        ] {
            if !path.is_empty() {
                page = browser.get(path).await;
            }
            let text = page.text();
            assert!(page.status.is_success(), "{what} {path}: {text}");
            assert!(
                !text.contains("We know of"),
                "{what} {path}: nobody is asked to confirm what is no address: {text}"
            );
            for raw in ["<script>alert", "<img src=x", "\0", "\u{202e}"] {
                assert!(!text.contains(raw), "{what} {path} shows {raw:?}");
            }
            assert!(text.len() < 100_000, "{what} {path}: {} bytes", text.len());
        }
        let mut stranger = Browser::new(&test.app);
        stranger.get("/reset").await;
        let page = stranger.submit("/reset", &[("user_id", &user_id)]).await;
        assert!(page.status.is_success(), "{what}");
        let account = test.app.directory.find(&user_id).await.unwrap().expect("is found").id;
        let registered = test.app.store.registration(Some(&account)).await.unwrap();
        assert!(registered.contacts.is_empty(), "{what}: what is no number is not called");
        assert!(server.lets_in(&dn(&user_id), FIRST), "{what}: nothing was written");
    }
    test.clock.pass(Span::minutes(1));
    let sent = test.messages().await;
    assert!(
        sent.iter().all(|message| !message.to.contains(['\r', '\n', '\0', '<'])),
        "no message to a made up address"
    );
}
