//! Changing the installation's key under people who are in the middle of something.

use std::collections::BTreeSet;

use regain::store::{Db, KeyFile, key_id};
use regain_core::effect::FreezeOffer;
use regain_core::method::ContactKind;

use crate::register::SAM;
use crate::register::{FREELY, JO, phone, prove, signed_in};
use crate::support::Engine;
use crate::support::app::{NEW, OLD, TestApp};
use crate::support::browser::Browser;

/// Advances the key file by one step and gives the names of both keys: the former, and the one in use.
fn rotate(test: &TestApp) -> (String, String) {
    let old = KeyFile::read_or_make(&test.key).expect("a key");
    let new = old.with_next().expect("randomness").advanced();
    new.replace(&test.key).expect("it is written");
    (key_id(&old.keys()), key_id(&new.keys()))
}

/// All texts of all columns there are.
async fn texts(test: &TestApp) -> Vec<(String, String)> {
    let db = test.app.store.db();
    let columns = match db {
        Db::Sqlite(_) => {
            "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p.type = 'TEXT'"
        }
        Db::Postgres(_) => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns \
             WHERE table_schema = 'public' AND data_type = 'text'"
        }
    };
    let mut found = Vec::new();
    for column in db.read(columns, vec![]).await.expect("it reads") {
        let (table, column) = (column.text(0).expect("a name").to_owned(), column.text(1).expect("a name").to_owned());
        let all: &'static str = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL").leak();
        let rows = db.read(all, vec![]).await.expect("it reads");
        found.extend(rows.iter().map(|row| (format!("{table}.{column}"), row.text(0).expect("a text").to_owned())));
    }
    found
}

/// Whether this is what the vault writes.
fn is_sealed(text: &str) -> bool {
    let id = text.split_once('.').map_or("", |(id, _)| id);
    id.len() == 8 && id.chars().all(|c| c.is_ascii_hexdigit()) && text.len() > 40
}

/// Somebody in the middle of a reset, with a code on the way, and somebody who was told of a change.
async fn under_way(test: &TestApp) -> (Browser, String, String) {
    let mut owner = signed_in(test, JO).await;
    phone(&mut owner, "07700 900888", "text").await;
    prove(test, &mut owner, "+447700900888").await;
    let told = test.messages().await;
    let (_, token) = told.iter().find_map(|message| message.text.split_once("/freeze/")).expect("a link");
    let link = format!("/freeze/{}", token.split_whitespace().next().expect("a token"));
    // What is kept of a password that was set.
    let mut sam = signed_in(test, SAM).await;
    sam.get("/change").await;
    let page = sam.submit("/change", &[("old", OLD), ("password", NEW), ("again", NEW)]).await.text();
    assert!(!page.contains("role=\"alert\""), "{page}");
    let mut browser = Browser::new(&test.app);
    browser.get("/reset").await;
    browser.submit("/reset", &[("user_id", JO)]).await;
    browser.submit("/reset/choose", &[("option", "0")]).await;
    (browser, test.code().await, link)
}

#[tokio::test]
async fn a_change_of_the_key_loses_nothing_that_is_under_way() {
    let settings = &format!("{FREELY}\n[password]\nhistory = 3\n");
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, settings).await;
        let (browser, code, link) = under_way(&test).await;
        let sealed: BTreeSet<String> =
            texts(&test).await.into_iter().filter(|(_, text)| is_sealed(text)).map(|(at, _)| at).collect();
        let columns = ["contact.address", "earlier_password.mark", "former_contact.address", "throttle.whom"];
        assert!(columns.iter().all(|column| sealed.contains(*column)), "{sealed:?}");
        let (former, used) = rotate(&test);
        let test = test.again(&engine, settings).await;

        let mut browser = browser.at(&test.app);
        let page = browser.submit("/reset/code", &[("code", &code)]).await.text();
        assert!(page.contains("Enter new password"), "the cookie, the token and the code are good: {page}");
        let page = Browser::new(&test.app).get(&link).await.text();
        assert!(page.contains("authentication phone of your account was changed"), "the link is good: {page}");

        let before = test.app.store.sealed_by().await.expect("it reads");
        assert_eq!((before[0].0.as_str(), before[1].0.as_str()), (used.as_str(), former.as_str()));
        assert!(before[1].1 > 5, "{before:?}");
        let mut done = 0;
        test.app.store.reseal(|rows| done += rows).await.expect("all is sealed anew");
        assert_eq!(test.app.store.sealed_by().await.expect("it reads").len(), 1, "{} on {}", done, engine.name);
        for (column, text) in texts(&test).await {
            assert!(!text.starts_with(&format!("{former}.")), "{column} is sealed with the former key still");
        }
        let old = KeyFile::read_or_make(&test.key).expect("a key").former().expect("it is still there");
        assert_eq!(test.app.store.links_of(&old).await.expect("it reads"), 2, "of both notices");
        KeyFile::read_or_make(&test.key).expect("a key").retired().replace(&test.key).expect("it is written");

        let test = test.again(&engine, settings).await;
        let mut browser = browser.at(&test.app);
        browser.get("/reset").await;
        browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
        assert!(test.signs_in(JO, NEW).await, "the reset comes to its end");
        let jo = test.app.directory.find(JO).await.expect("it answers").expect("Jo is there");
        let known = test.app.store.registration(Some(&jo.id)).await.expect("what is sealed opens").contacts;
        assert!(known.iter().any(|contact| contact.kind == ContactKind::Email), "{}", known.len());
        assert_eq!(Browser::new(&test.app).get(&link).await.status.as_u16(), 404, "who gives the key up gives this up");
    }
}

#[tokio::test]
async fn what_is_sealed_anew_is_recognised_and_nothing_else_is_lost() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let jo = test.app.directory.find(JO).await.expect("it answers").expect("Jo is there");
        let offer = FreezeOffer {
            account: jo.id.clone(),
            user_id: JO.into(),
            own_mail: None,
            kind: Some(ContactKind::Mobile),
            former: None,
            at: test.clock.now(),
        };
        let kept = test.app.store.offer_freeze(&offer).expect("it is sealed");
        test.app.store.db().write(vec![kept]).await.expect("it is written");
        rotate(&test);
        let test = test.again(&engine, FREELY).await;
        // Twice at the same time, as two nodes would.
        let (one, other) = tokio::join!(test.app.store.reseal(|_| ()), test.app.store.reseal(|_| ()));
        one.and(other).expect("both come to an end");
        let device = regain_core::subject::device(&test.app.keys, ContactKind::Email, "jobloggs@mail.co.uk").hex();
        let found: Vec<String> =
            texts(&test).await.into_iter().filter(|(_, text)| *text == device).map(|(at, _)| at).collect();
        assert_eq!(found, ["contact.lookup"], "on {}", engine.name);
        assert!(test.signs_in(JO, OLD).await);
    }
}
