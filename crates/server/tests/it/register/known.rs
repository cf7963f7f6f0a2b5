//! What the directory knows of people, on `/register`: suggestions to be confirmed, the office phone that administrators own,
//! and two ways that end at one telephone.

use regain_core::method::ContactKind;

use super::{FREELY, email, phone, prove, registered};
use crate::support::Engine;
use crate::support::app::{OLD, TestApp};
use crate::support::browser::Browser;
use crate::support::slapd::{Setup, Slapd, person};

const ATTRIBUTES: &str = "office_phone_attribute = 'telephoneNumber'\nmobile_attribute = 'mobile'\n\
                          private_mail_attribute = 'labeledURI'\nname_attribute = 'displayName'";

/// Jo on OpenLDAP with these attributes, signed in.
async fn open(attributes: &str) -> Option<(Slapd, TestApp, Browser, Engine)> {
    let server = Slapd::start(&Setup::default())?;
    server.add(&person("jo", "Jo Bloggs", &format!("userPassword: {OLD}\n{attributes}")));
    let engine = Engine::sqlite();
    let directory = toml::Table::from_iter([("directory".to_owned(), server.section(ATTRIBUTES).into())]).to_string();
    let test = TestApp::open(&engine, &format!("{directory}\n{FREELY}")).await;
    let mut browser = Browser::new(&test.app);
    browser.get("/").await;
    browser.submit("/sign-in", &[("username", "jo"), ("password", OLD)]).await;
    Some((server, test, browser, engine))
}

#[tokio::test]
async fn what_the_directory_knows_is_suggested_and_counts_once_it_is_confirmed() {
    let known = "mobile: 07700 900777\nlabeledURI: jo.private@mail.co.uk\n";
    let Some((_server, test, mut browser, _engine)) = open(known).await else { return };
    let page = browser.get("/register").await.text();
    for words in ["We know of +44 7700 900777", "We know of jo.private@mail.co.uk", "Confirm it now"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("/register/phone?known=1") && page.contains("/register/email?known=1"), "{page}");
    assert!(registered(&test, "jo").await.is_empty(), "nothing counts because the directory says so");
    let form = browser.get("/register/phone?known=1").await.text();
    assert!(
        form.contains("value=\"+44 7700 900777\"") && form.contains("We know this from your organisation"),
        "{form}"
    );
    let form = browser.get("/register/email?known=1").await.text();
    assert!(form.contains("value=\"jo.private@mail.co.uk\""), "{form}");
    phone(&mut browser, "+44 7700 900777", "text").await;
    prove(&test, &mut browser, "+447700900777").await;
    email(&mut browser, "jo.other@mail.co.uk").await;
    let page = prove(&test, &mut browser, "jo.other@mail.co.uk").await.text();
    assert!(!page.contains("We know of"), "what is set is not suggested: {page}");
    let expected = [(ContactKind::Email, "jo.other@mail.co.uk".into()), (ContactKind::Mobile, "+447700900777".into())];
    assert_eq!(registered(&test, "jo").await, expected);
}

#[tokio::test]
async fn the_office_phone_is_the_directory_s_and_follows_it() {
    let Some((server, test, mut browser, _engine)) = open("telephoneNumber: 020 7946 0321\n").await else { return };
    let page = browser.get("/register").await.text();
    assert!(page.contains("Office phone is set to") && page.contains("+44 20 7946 0321"), "{page}");
    assert!(page.contains("This information is managed by your administrator."), "{page}");
    assert_eq!(registered(&test, "jo").await, [(ContactKind::Office, "+442079460321".into())]);
    let dn = "uid=jo,ou=people,dc=example,dc=org";
    server.modify(&format!("dn: {dn}\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: 020 7946 0654\n"));
    let mut visitor = Browser::new(&test.app);
    visitor.get("/reset").await;
    let page = visitor.submit("/reset", &[("user_id", "jo")]).await.text();
    assert!(page.contains("Call my office phone number"), "an office phone carries a reset as it is: {page}");
    assert_eq!(registered(&test, "jo").await, [(ContactKind::Office, "+442079460654".into())]);
    server
        .modify(&format!("dn: {dn}\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: ask at the desk\n"));
    let mut visitor = Browser::new(&test.app);
    visitor.get("/reset").await;
    let page = visitor.submit("/reset", &[("user_id", "jo")]).await.text();
    assert!(!page.contains("Call my office phone number"), "{page}");
    assert!(registered(&test, "jo").await.is_empty(), "what is no number is not called");
}

#[tokio::test]
async fn two_ways_to_one_telephone_are_told_apart_from_two_telephones() {
    let Some((_server, test, mut browser, _engine)) = open("telephoneNumber: 07700 900777\n").await else { return };
    let warning = "This is the same telephone as another of your options.";
    assert!(!browser.get("/register").await.text().contains(warning));
    phone(&mut browser, "07700 900777", "text").await;
    let page = prove(&test, &mut browser, "+447700900777").await.text();
    assert_eq!(page.matches(warning).count(), 2, "beside both: {page}");
    phone(&mut browser, "07700 900888", "text").await;
    let page = prove(&test, &mut browser, "+447700900888").await.text();
    assert!(!page.contains(warning), "{page}");
}
