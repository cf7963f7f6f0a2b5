//! Several directories: the embedded one, and two OpenLDAP servers that get the same passwords.

mod account;

use regain::directory::Deps;
use regain::directory::several;
use regain_core::Span;

use crate::support::Engine;
use crate::support::app::{NEW, OLD, TestApp};
use crate::support::browser::Browser;
use crate::support::proxy::{Cut, Proxy};
use crate::support::slapd::{SUFFIX, Setup, Slapd, person};

const JO: &str = "jo.bloggs@example.org";
const WIFI: &str = "Wi-Fi and printers";
const LIBRARY: &str = "Library";
/// The form for the directories that failed.
const ONCE_MORE: &str = "/reset/once-more";
/// What Jo's password is in the further directories before.
const THERE: &str = "first kettle 94";
const OTHER: &str = "gravel tulip 58 anchor";

/// Two servers with Jo on them.
struct Servers {
    wifi: Slapd,
    library: Slapd,
}

fn dn() -> String {
    format!("uid=jo,ou=people,{SUFFIX}")
}

/// A change of one attribute of an entry (LDIF).
fn set(dn: &str, attribute: &str, value: &str) -> String {
    format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n")
}

impl Servers {
    fn start() -> Option<Self> {
        let start = || {
            let server = Slapd::start(&Setup::default())?;
            server.add(&person("jo", "Jo Bloggs", &format!("mail: {JO}\nuserPassword: {THERE}")));
            Some(server)
        };
        Some(Self { wifi: start()?, library: start()? })
    }

    /// The program with both, after the embedded directory.
    async fn app(&self) -> TestApp {
        self.app_with(self.library.section("")).await
    }

    async fn app_with(&self, library: toml::Table) -> TestApp {
        TestApp::open(&Engine::sqlite(), &settings(&[(WIFI, self.wifi.section("")), (LIBRARY, library)])).await
    }
}

/// Settings with further directories, linked by User ID.
fn settings(further: &[(&str, toml::Table)]) -> String {
    let embedded = "kind = 'embedded'\nargon2_memory_kib = 8\nargon2_passes = 1\nhistory = 0";
    let mut sections = vec![embedded.parse::<toml::Table>().unwrap()];
    for (name, section) in further {
        let mut section = section.clone();
        section.insert("name".into(), (*name).into());
        section.insert("link".into(), "user_id".into());
        sections.push(section);
    }
    let directory = toml::Value::Array(sections.into_iter().map(Into::into).collect());
    toml::to_string(&toml::Table::from_iter([("directory".to_owned(), directory)])).unwrap()
}

/// A browser in which the code was typed; gives the page with the boxes.
async fn proven(test: &TestApp, goal: &str) -> (Browser, String) {
    let mut browser = Browser::new(&test.app);
    browser.get("/reset").await;
    browser.submit("/reset", &[("user_id", JO), ("goal", goal)]).await;
    let ways = browser.get("/reset").await.text();
    let before = ways.split_once("Email my alternative email address").expect("the way is offered").0;
    let option = before.rsplit_once("name=\"option\" value=\"").expect("its button").1.split('"').next().unwrap();
    browser.submit("/reset/choose", &[("option", option)]).await;
    let code = test.code().await;
    let page = browser.submit("/reset/code", &[("code", &code)]).await.text();
    // What is proven is older than the password that is set, as it is with everybody.
    test.clock.pass(Span::seconds(5));
    (browser, page)
}

/// Types a password twice, with what the page had told.
async fn choose(browser: &mut Browser, page: &str, password: &str) -> String {
    let told = page.split_once("name=\"told\" value=\"").map_or("", |(_, rest)| rest.split('"').next().unwrap());
    let form = if page.contains(ONCE_MORE) { ONCE_MORE } else { "/reset/password" };
    browser.submit(form, &[("password", password), ("again", password), ("told", told)]).await.text()
}

/// What the page says of a directory.
fn said(page: &str, name: &str) -> String {
    let start = format!("<strong>{name}</strong></p><p>");
    let line = page.split_once(&start).unwrap_or_else(|| panic!("{name} is not on the page: {page}")).1;
    line.split("</p>").next().unwrap().to_owned()
}

/// What the audit trail has of further directories.
async fn trail(test: &TestApp) -> Vec<String> {
    let sql = "SELECT detail FROM audit WHERE act = 'elsewhere' ORDER BY id";
    let rows = test.app.store.db().read(sql, vec![]).await.unwrap();
    rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_reset_is_written_to_all_and_each_is_named() {
    let Some(servers) = Servers::start() else { return };
    let test = servers.app().await;
    let (mut browser, page) = proven(&test, "").await;
    assert!(page.contains("It will also be your password for Wi-Fi and printers and Library."), "{page}");
    let done = choose(&mut browser, &page, NEW).await;
    assert!(done.contains("<h1>You have a new password</h1>"), "{done}");
    for name in ["Your account here", WIFI, LIBRARY] {
        assert_eq!(said(&done, name), "The new password is set.");
    }
    for server in [&servers.wifi, &servers.library] {
        assert!(server.lets_in(&dn(), NEW) && !server.lets_in(&dn(), THERE));
    }
    assert!(test.signs_in(JO, NEW).await);
    let trail = trail(&test).await;
    assert!(trail.len() == 2 && trail[0].contains(WIFI) && trail[1].contains(LIBRARY), "{trail:?}");
    assert!(trail.iter().all(|line| line.contains("done")), "{trail:?}");
    let figures = regain::metrics::text(0, 0).expect("figures");
    assert!(!figures.contains("outcome=\"elsewhere\""), "it counts as a new password: {figures}");
}

#[tokio::test]
async fn one_that_is_gone_is_told_before_anything_is_written_and_tried_again_when_it_is_back() {
    let Some(mut servers) = Servers::start() else { return };
    let test = servers.app().await;
    let (mut browser, page) = proven(&test, "").await;
    servers.library.stop();
    let warned = choose(&mut browser, &page, NEW).await;
    assert!(
        warned.contains("Library cannot be reached at the moment, so we have not changed anything yet"),
        "{warned}"
    );
    assert!(test.signs_in(JO, OLD).await && servers.wifi.lets_in(&dn(), THERE), "nothing is written yet");

    let partly = choose(&mut browser, &warned, NEW).await;
    assert!(partly.contains("You have a new password, but not everywhere"), "{partly}");
    assert_eq!(said(&partly, WIFI), "The new password is set.");
    assert_eq!(said(&partly, LIBRARY), "Not changed, because it could not be reached.");
    assert!(partly.contains("What you type here goes to Library only"), "{partly}");
    assert!(test.signs_in(JO, NEW).await && servers.wifi.lets_in(&dn(), NEW));
    let still = choose(&mut browser, &partly, NEW).await;
    assert_eq!(said(&still, LIBRARY), "Not changed, because it could not be reached.");

    servers.library.run();
    let moved = choose(&mut browser, &warned, OTHER).await;
    assert!(moved.contains("goes to Library only") && !servers.library.lets_in(&dn(), OTHER), "an older page: {moved}");
    let written = servers.wifi.values(&dn(), "pwdChangedTime");
    let done = choose(&mut browser, &still, NEW).await;
    assert!(done.contains("<h1>You have a new password</h1>"), "{done}");
    assert!(servers.library.lets_in(&dn(), NEW));
    assert_eq!(servers.wifi.values(&dn(), "pwdHistory").len(), 1, "written once");
    assert_eq!(servers.wifi.values(&dn(), "pwdChangedTime"), written);
    assert_eq!(test.messages().await.len(), 3, "the code, and one notice to each of Jo's two addresses");
}

#[tokio::test]
async fn what_one_refuses_is_said_and_another_password_goes_to_that_one_only() {
    let Some(servers) = Servers::start() else { return };
    // Jo had that one in the library before.
    servers.library.client("ldappasswd", (&dn(), THERE), &["-s", NEW], "");
    servers.library.client("ldappasswd", (&dn(), NEW), &["-s", "third kettle 96"], "");
    assert!(servers.library.lets_in(&dn(), "third kettle 96"));
    let test = servers.app().await;
    let (mut browser, page) = proven(&test, "").await;
    let partly = choose(&mut browser, &page, NEW).await;
    assert_eq!(
        said(&partly, LIBRARY),
        "Not set. You have used that password before. Choose one you have not used here."
    );
    let short = choose(&mut browser, &partly, "short").await;
    assert!(short.contains("too short") && short.contains("goes to Library only"), "{short}");
    let done = choose(&mut browser, &partly, OTHER).await;
    assert!(done.contains("<h1>You have a new password</h1>"), "{done}");
    assert!(servers.library.lets_in(&dn(), OTHER), "that one");
    assert!(test.signs_in(JO, NEW).await && servers.wifi.lets_in(&dn(), NEW), "and no other");
    let trail = trail(&test).await;
    assert!(trail[1].contains("in history") && trail[2].contains("done") && trail.len() == 3, "{trail:?}");
}

#[tokio::test]
async fn the_strictest_rules_of_all_stand_in_the_list_and_are_held_before_anything_is_written() {
    let Some(servers) = Servers::start() else { return };
    servers.library.modify(&set(&format!("cn=default,ou=policies,{SUFFIX}"), "pwdMinLength", "16"));
    let test = servers.app().await;
    let (mut browser, page) = proven(&test, "").await;
    assert!(page.contains("has 16 to 256 characters"), "{page}");
    let refused = choose(&mut browser, &page, "plum kettle 94").await;
    assert!(refused.contains("at least 16 characters"), "{refused}");
    assert!(test.signs_in(JO, OLD).await && servers.wifi.lets_in(&dn(), THERE));
}

#[tokio::test]
async fn who_has_no_account_there_or_one_that_is_off_is_left_out() {
    let Some(servers) = Servers::start() else { return };
    servers.wifi.modify(&set(&dn(), "mail", "another@example.org"));
    servers.library.modify(&set(&dn(), "pwdAccountLockedTime", "000001010000Z"));
    let test = servers.app().await;
    let (mut browser, page) = proven(&test, "").await;
    assert!(page.contains("Your password for Library cannot be changed here"), "{page}");
    let partly = choose(&mut browser, &page, NEW).await;
    assert!(partly.contains("You have a new password, but not everywhere"), "{partly}");
    assert!(said(&partly, LIBRARY).contains("your account there is switched off"));
    assert!(!partly.contains(WIFI), "of what Jo has not, nothing is said");
    assert!(!partly.contains(ONCE_MORE), "there is nothing to try again");
    assert!(servers.wifi.lets_in(&dn(), THERE));
    let trail = trail(&test).await;
    assert!(trail[0].contains("not_there") && trail[1].contains("disabled") && trail.len() == 2, "{trail:?}");
}

#[tokio::test]
async fn a_wire_that_is_cut_anywhere_makes_no_page_say_more_than_is_true() {
    let Some(servers) = Servers::start() else { return };
    let wire = Proxy::to(servers.library.tls).await;
    let test =
        servers.app_with(servers.library.section_at(&[wire.address()], "write_seconds = 1\nread_seconds = 1")).await;
    let mut unknown = 0;
    for (nth, how) in (1..12).flat_map(|nth| [(nth, Cut::Before), (nth, Cut::After)]) {
        // Messages to one address are few in a day.
        test.clock.pass(Span::hours(3));
        let password = format!("{NEW} {nth} {how:?}");
        let (mut browser, page) = proven(&test, "").await;
        wire.cut(nth, how);
        let mut page = choose(&mut browser, &page, &password).await;
        wire.mend();
        let before = servers.library.values(&dn(), "pwdChangedTime");
        let there = servers.library.lets_in(&dn(), &password);
        if page.contains("/reset/password") || page.contains(ONCE_MORE) {
            let is_written = test.signs_in(JO, &password).await;
            unknown += usize::from(page.contains("the answer got lost"));
            assert!(is_written || !there, "{nth} {how:?}: the primary one comes first");
            assert!(!is_written || !said(&page, LIBRARY).contains("is set"), "{nth} {how:?}: {page}");
            page = choose(&mut browser, &page, &password).await;
        }
        assert!(page.contains("<h1>You have a new password</h1>"), "{nth} {how:?}: {page}");
        assert!(servers.library.lets_in(&dn(), &password), "{nth} {how:?}");
        let after = servers.library.values(&dn(), "pwdChangedTime");
        assert!(!there || before == after, "{nth} {how:?}: what is there is not written again");
    }
    assert!(unknown <= 2, "what is lost is found out where it can be");
}

#[tokio::test]
async fn an_account_is_unlocked_in_all() {
    let Some(mut servers) = Servers::start() else { return };
    let locked = |server: &Slapd| !server.values(&dn(), "pwdAccountLockedTime").is_empty();
    for server in [&servers.wifi, &servers.library] {
        server.modify(&set(&dn(), "pwdAccountLockedTime", "20260101000000Z"));
        assert!(locked(server));
    }
    let test = servers.app().await;
    let (mut browser, _) = proven(&test, "unlock").await;
    servers.library.stop();
    let partly = browser.submit("/reset/unlock", &[]).await.text();
    assert!(partly.contains("Your account is unlocked, but not everywhere"), "{partly}");
    assert_eq!(said(&partly, WIFI), "Unlocked.");
    assert!(!locked(&servers.wifi));
    servers.library.run();
    let done = browser.submit("/reset/unlock", &[]).await.text();
    assert!(done.contains("<h1>Your account is unlocked</h1>"), "{done}");
    assert!(!locked(&servers.library) && servers.library.lets_in(&dn(), THERE), "the password stays");
}

#[tokio::test]
async fn the_doctor_names_each() {
    let Some(mut servers) = Servers::start() else { return };
    servers.library.stop();
    let test = TestApp::open(&Engine::sqlite(), "").await;
    let deps = Deps { store: test.app.store.clone(), clock: test.clock.clone(), groups: Vec::new() };
    let sections =
        [(WIFI, servers.wifi.section("")), (LIBRARY, servers.library.section(""))].map(|(name, mut section)| {
            section.insert("name".into(), name.into());
            section.insert("link".into(), "mail".into());
            section
        });
    let findings = several::open(&deps, sections.to_vec()).unwrap().examine().await;
    let bad = |finding: &&regain::finding::Finding| finding.state == regain::finding::State::Bad;
    assert!(findings.iter().any(|finding| finding.what.starts_with("Wi-Fi and printers: ")), "{findings:?}");
    assert!(findings.iter().filter(bad).all(|finding| finding.what.starts_with("Library: ")), "{findings:?}");
    assert!(findings.iter().filter(bad).count() > 0);
}
