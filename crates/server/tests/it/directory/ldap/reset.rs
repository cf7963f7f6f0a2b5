//! Whole resets through the pages, with the accounts on OpenLDAP.

use regain::drive::Origin;
use regain::sign_in::SignIn;
use regain::store::enrolment::NewContact;
use regain_core::method::ContactKind;
use regain_core::{Secret, Span};

use super::{FIRST, dn};
use crate::support::Engine;
use crate::support::app::{NEW, TestApp};
use crate::support::browser::{Answer, Browser};
use crate::support::proxy::{Cut, Proxy};
use crate::support::slapd::{Setup, Slapd, person};

/// The program, with Jo on a server of that kind, who has registered an address.
pub(super) async fn open(engine: &Engine, section: toml::Table) -> (TestApp, Browser) {
    let settings = toml::Table::from_iter([("directory".to_owned(), section.into())]).to_string();
    let test = TestApp::open(engine, &settings).await;
    let account = test.app.directory.find("jo").await.unwrap().expect("is there").id;
    let address = "jobloggs@mail.co.uk".to_owned();
    let contact = NewContact { account, kind: ContactKind::Email, address, verified: true };
    test.app.store.set_contacts(&[contact]).await.unwrap();
    // It has cooled off.
    test.clock.pass(Span::hours(48));
    let browser = Browser::new(&test.app);
    (test, browser)
}

pub(super) fn server() -> Option<Slapd> {
    server_with(&Setup::default())
}

pub(super) fn server_with(setup: &Setup) -> Option<Slapd> {
    let server = Slapd::start(setup)?;
    server.add(&person("jo", "Jo Bloggs", &format!("mail: jo@example.org\nuserPassword: {FIRST}")));
    Some(server)
}

/// Up to the boxes for the password.
pub(super) async fn proved(test: &TestApp, browser: &mut Browser) {
    browser.get("/reset").await;
    let page = browser.submit("/reset", &[("user_id", "JO@example.org")]).await.text();
    let option = page.split("name=\"option\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    browser.submit("/reset/choose", &[("option", option.expect("an option"))]).await;
    let code = test.code().await;
    let page = browser.submit("/reset/code", &[("code", &code)]).await;
    assert!(page.text().contains("Enter new password"), "{}", page.text());
}

pub(super) async fn choose(browser: &mut Browser, password: &str) -> Answer {
    browser.submit("/reset/password", &[("password", password), ("again", password)]).await
}

#[tokio::test]
async fn the_pages_reset_a_password_that_other_programs_accept() {
    let Some(server) = server() else { return };
    let engine = Engine::sqlite();
    let (test, mut browser) = open(&engine, server.section("")).await;
    proved(&test, &mut browser).await;
    let again = choose(&mut browser, FIRST).await.text();
    assert!(again.contains("Enter new password") && again.contains("before"), "used before: {again}");
    assert!(server.lets_in(&dn("jo"), FIRST));
    let done = choose(&mut browser, NEW).await.text();
    assert!(done.contains("You have a new password"), "{done}");
    assert!(server.lets_in(&dn("jo"), NEW) && !server.lets_in(&dn("jo"), FIRST));
}

#[tokio::test]
async fn a_lost_answer_is_found_out_where_it_was_written() {
    let Some(server) = server() else { return };
    let wire = Proxy::to(server.tls).await;
    let engine = Engine::sqlite();
    let (test, mut browser) = open(&engine, server.section_at(&[wire.address()], "")).await;
    proved(&test, &mut browser).await;
    // Where the entry is, its policy, the change.
    wire.cut(3, Cut::After);
    let done = choose(&mut browser, NEW).await.text();
    assert!(done.contains("You have a new password"), "{done}");
    assert!(server.lets_in(&dn("jo"), NEW));
}

#[tokio::test]
async fn while_the_directory_is_gone_the_pages_say_so_and_the_others_go_on() {
    let Some(mut server) = server() else { return };
    let engine = Engine::sqlite();
    let (test, mut browser) = open(&engine, server.section("")).await;
    proved(&test, &mut browser).await;
    server.stop();
    let told = choose(&mut browser, NEW).await.text();
    assert!(!told.contains("You have a new password"), "{told}");
    assert!(browser.get("/contact").await.status.is_success());
    let mut other = Browser::new(&test.app);
    other.get("/reset").await;
    let told = other.submit("/reset", &[("user_id", "jo")]).await;
    assert!(!told.text().contains("action=\"/reset/choose\""), "{}", told.text());
    server.run();
    let done = choose(&mut browser, NEW).await.text();
    assert!(done.contains("You have a new password"), "{done}");
    assert!(server.lets_in(&dn("jo"), NEW));
}

#[tokio::test]
async fn a_server_that_is_killed_after_the_write_and_before_the_answer_leaves_the_truth_on_the_page() {
    let Some(mut server) = server() else { return };
    let wire = Proxy::to(server.tls).await;
    let engine = Engine::sqlite();
    let section = server.section_at(&[wire.address()], "write_seconds = 1");
    let (test, mut browser) = open(&engine, section).await;
    proved(&test, &mut browser).await;
    // Nothing comes back for the change, and then nobody is there to be asked.
    wire.cut(2, Cut::Dead);
    let (asked, mut other) = (browser.clone(), browser.clone());
    let posted = tokio::spawn(async move {
        let mut browser = asked;
        choose(&mut browser, NEW).await.text()
    });
    while !server.lets_in(&dn("jo"), NEW) {
        tokio::task::yield_now().await;
    }
    server.stop();
    let page = posted.await.unwrap();
    assert!(page.contains("Your new password may work already"), "{page}");
    server.run();
    wire.mend();
    assert!(server.lets_in(&dn("jo"), NEW) && !server.lets_in(&dn("jo"), FIRST));
    let again = choose(&mut other, "another kettle 97 orbit").await.text();
    assert!(!again.contains("You have a new password"), "{again}");
    assert!(server.lets_in(&dn("jo"), NEW), "nothing is written twice");
}

#[tokio::test]
async fn while_the_directory_stalls_the_pages_that_need_none_answer() {
    let Some(server) = server() else { return };
    let wire = Proxy::to(server.tls).await;
    let engine = Engine::sqlite();
    let (test, browser) = open(&engine, server.section_at(&[wire.address()], "read_seconds = 10")).await;
    wire.cut(1, Cut::Silence);
    let mut asked = browser.clone();
    let held = tokio::spawn(async move {
        asked.get("/reset").await;
        asked.submit("/reset", &[("user_id", "jo")]).await.text()
    });
    while !wire.is_cut() {
        tokio::task::yield_now().await;
    }
    for path in ["/", "/reset", "/contact", "/help", "/healthz", "/readyz"] {
        let mut other = Browser::new(&test.app);
        assert!(other.get(path).await.status.is_success(), "{path}");
    }
    assert!(!held.is_finished(), "the one that needs it waits");
    held.abort();
}

#[tokio::test]
async fn a_server_with_another_certificate_hears_no_password_and_the_pages_say_that_nothing_changed() {
    let Some(mut server) = server() else { return };
    let engine = Engine::sqlite();
    let mine = server.ca_file().with_file_name("mine.pem");
    std::fs::copy(server.ca_file(), &mine).unwrap();
    let mut section = server.section("");
    section.insert("ca_file".into(), mine.display().to_string().into());
    let (test, mut browser) = open(&engine, section).await;
    proved(&test, &mut browser).await;
    server.stop();
    server.renew_certificate("IP:127.0.0.1");
    server.run();
    let told = choose(&mut browser, NEW).await.text();
    assert!(told.contains("Nothing has changed") && told.contains("Enter new password"), "{told}");
    assert!(server.lets_in(&dn("jo"), FIRST));
    let mut other = Browser::new(&test.app);
    other.get("/").await;
    let told = other.submit("/sign-in", &[("username", "jo"), ("password", FIRST)]).await.text();
    assert!(told.contains("We cannot check passwords at this moment"), "{told}");
}

#[tokio::test]
async fn an_account_has_one_count_for_its_user_id_and_its_mail() {
    let Some(server) = server() else { return };
    let engine = Engine::sqlite();
    let mut section = server.section("");
    section.insert("user_attributes".into(), vec!["uid".to_owned(), "mail".to_owned()].into());
    let settings = toml::Table::from_iter([("directory".to_owned(), section.into())]).to_string()
        + "\n[throttle]\nsign_ins_per_account = [{ count = 4, seconds = 900 }]\n";
    let test = TestApp::open(&engine, &settings).await;
    let origin = Origin { address: "192.0.2.1".into(), browser: "test".into() };
    let tried = async |user_id: &str| {
        matches!(test.app.sign_in(&origin, user_id, &Secret::new("wrong kettle 1")).await.unwrap(), SignIn::Wrong)
    };
    for n in 0..4 {
        assert!(tried(["jo", "jo@example.org"][n % 2]).await);
    }
    for name in ["jo", "jo@example.org"] {
        assert!(!tried(name).await, "{name} has tries of its own");
    }
}
