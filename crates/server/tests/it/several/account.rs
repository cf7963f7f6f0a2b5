//! Changing a password that is known, in several directories.

use regain_core::Span;
use regain_core::registration::Change;

use super::{JO, LIBRARY, Servers, THERE, WIFI, dn, said, trail};
use crate::support::app::{NEW, OLD, TestApp};
use crate::support::browser::Browser;

/// A browser in which Jo is signed in.
async fn signed_in(test: &TestApp) -> Browser {
    let account = test.app.directory.find(JO).await.unwrap().expect("Jo exists").id;
    let version = test.app.store.registration(Some(&account)).await.unwrap().version;
    let batch = test.app.store.change_registration(&account, version, &Change::Confirm, test.app.clock.now()).unwrap();
    test.app.store.db().write(batch).await.unwrap();
    let mut browser = Browser::new(&test.app);
    browser.get("/?username=x").await;
    browser.submit("/sign-in", &[("username", JO), ("password", OLD), ("return_to", "")]).await;
    browser
}

async fn change(browser: &mut Browser, password: &str) -> String {
    browser.get("/change").await;
    browser.submit("/change", &[("old", OLD), ("password", password), ("again", password)]).await.text()
}

#[tokio::test]
async fn a_change_is_written_to_all_whatever_the_old_passwords_are() {
    let Some(servers) = Servers::start() else { return };
    let test = servers.app().await;
    let mut browser = signed_in(&test).await;
    let done = change(&mut browser, NEW).await;
    assert!(done.contains("<h1>You have a new password</h1>"), "{done}");
    for name in [WIFI, LIBRARY] {
        assert_eq!(said(&done, name), "The new password is set.");
    }
    assert!(servers.wifi.lets_in(&dn(), NEW) && servers.library.lets_in(&dn(), NEW));
    let next = browser.submit("/change/finish", &[]).await.text();
    assert!(next.contains("Welcome"), "{next}");
    let page = browser.get("/change").await.text();
    assert!(page.contains("The password you have now"), "the next change is another: {page}");
}

#[tokio::test]
async fn what_failed_is_tried_again_after_a_change_and_for_a_while_only() {
    let Some(mut servers) = Servers::start() else { return };
    let test = servers.app().await;
    let mut browser = signed_in(&test).await;
    browser.get("/change").await;
    servers.library.stop();
    let warned = change(&mut browser, NEW).await;
    assert!(warned.contains("Library cannot be reached at the moment"), "{warned}");
    assert!(test.signs_in(JO, OLD).await, "nothing is written yet");
    let fields = [("old", OLD), ("password", NEW), ("again", NEW), ("told", "1")];
    let partly = browser.submit("/change", &fields).await.text();
    assert_eq!(said(&partly, LIBRARY), "Not changed, because it could not be reached.");
    assert!(test.signs_in(JO, NEW).await && servers.wifi.lets_in(&dn(), NEW));
    servers.library.run();
    let bad = browser.submit("/change/again", &[("password", NEW), ("again", "another")]).await.text();
    assert!(bad.contains("not the same"), "{bad}");
    let done = browser.submit("/change/again", &[("password", NEW), ("again", NEW)]).await.text();
    assert_eq!(said(&done, LIBRARY), "The new password is set.");
    assert!(servers.library.lets_in(&dn(), NEW));
    assert_eq!(trail(&test).await.len(), 4, "away, away, done, done: each has its line");

    // Another time: a page that was left open does nothing any more.
    let test = servers.app().await;
    let mut browser = signed_in(&test).await;
    servers.library.stop();
    let warned = change(&mut browser, NEW).await;
    assert!(warned.contains("cannot be reached"), "{warned}");
    browser.submit("/change", &fields).await;
    servers.library.run();
    test.clock.pass(Span::minutes(15));
    browser.get("/?username=x").await;
    browser.submit("/change/again", &[("password", OLD), ("again", OLD)]).await;
    assert!(servers.library.lets_in(&dn(), NEW) && !servers.library.lets_in(&dn(), THERE));
}
