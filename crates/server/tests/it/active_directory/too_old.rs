//! Passwords that are too old, by a real controller's clock and rules: they are right, and open nothing but the page to change them.

use regain::directory::{Directory as _, Verdict};

use super::{SECOND, change, reset, verdict};
use crate::support::Engine;
use crate::support::app::{NEW, TestApp};
use crate::support::browser::Browser;
use crate::support::samba::{Domain, FIRST};

/// Of one day or less Samba takes no notice.
const TEN_DAYS: &str = "-8640000000000";

#[tokio::test]
async fn a_password_that_is_too_old_is_right_and_has_to_be_changed() {
    let Some(mut domain) = Domain::take().await else { return };
    let jo = domain.person("jo", &[]).await;
    domain.policy(&jo, &[("msDS-MaximumPasswordAge", TEN_DAYS)]).await;
    let directory = domain.directory("");
    let status = async || directory.find("jo").await.unwrap().unwrap().status;
    assert_eq!(verdict(&directory, "jo", FIRST).await, Verdict::Right, "within its ten days");
    domain.age(&jo);
    assert_eq!(domain.told(&jo, FIRST).await, (49, "532".to_owned()));
    assert_eq!(domain.told(&jo, "wrong").await, (49, "52e".to_owned()));
    assert!(status().await.password_expired && !status().await.must_change);
    assert_eq!(verdict(&directory, "jo", FIRST).await, Verdict::MustChange);
    assert_eq!(verdict(&directory, "jo", "wrong").await, Verdict::Wrong);
    assert_eq!(change(&directory, "jo", FIRST, SECOND).await, Ok(()), "who cannot sign in can change it");
    assert_eq!(verdict(&directory, "jo", SECOND).await, Verdict::Right);
    domain.age(&jo);
    assert_eq!(verdict(&directory, "jo", SECOND).await, Verdict::MustChange);
    assert_eq!(reset(&directory, "jo", "third kettle 96").await, Ok(()));
    assert_eq!(verdict(&directory, "jo", "third kettle 96").await, Verdict::Right);
    assert!(!status().await.password_expired);
    // Not too old, however old it is.
    domain.set(&jo, &[("userAccountControl", "66048")]).await;
    domain.age(&jo);
    assert_eq!(verdict(&directory, "jo", "third kettle 96").await, Verdict::Right);
}

#[tokio::test]
async fn who_signs_in_is_told_to_change_it_or_why_nothing_opens() {
    let Some(mut domain) = Domain::take().await else { return };
    let section = toml::Table::from_iter([("directory".to_owned(), domain.section("").into())]);
    let engine = Engine::sqlite();
    let test = TestApp::open(&engine, &section.to_string()).await;
    for (name, attributes, goes) in [
        ("ordinary", &[][..], Some("/register")),
        ("tooold", &[], Some("/change")),
        ("mustchange", &[("pwdLastSet", "0")], Some("/change")),
        ("disabled", &[("userAccountControl", "514")], None),
        ("ended", &[("accountExpires", "116444736000000000")], None),
    ] {
        let dn = domain.person(name, &[]).await;
        if name == "tooold" {
            domain.policy(&dn, &[("msDS-MaximumPasswordAge", TEN_DAYS)]).await;
            domain.age(&dn);
        }
        if !attributes.is_empty() {
            domain.set(&dn, attributes).await;
        }
        let mut browser = Browser::new(&test.app);
        let sign_in = async |browser: &mut Browser, password: &str| {
            browser.get("/?username=x").await;
            browser.post("/sign-in", browser.form(&[("username", name), ("password", password)])).await
        };
        assert_eq!(sign_in(&mut browser, "wrong").await.leads_to(), None, "{name} with a wrong one");
        let answer = sign_in(&mut browser, FIRST).await;
        assert_eq!(answer.leads_to(), goes, "{name}: {}", answer.text());
        if goes != Some("/change") {
            continue;
        }
        assert_eq!(browser.get("/account").await.leads_to(), Some("/change"), "{name}");
        assert!(browser.get("/change").await.text().contains("Before you go on"), "{name}");
        let form = browser.form(&[("old", FIRST), ("password", NEW), ("again", NEW)]);
        assert!(browser.post("/change", form).await.leads_to().is_some(), "{name}");
        assert!(domain.kinit(name, NEW) && !domain.kinit(name, FIRST), "{name}");
        assert_ne!(sign_in(&mut Browser::new(&test.app), NEW).await.leads_to(), Some("/change"), "{name}");
    }
}
