//! Steps that are skipped, proofs that pass from one to another, and what changes on the way.

use regain::directory::embedded::Change;
use regain_core::{Secret, Span, registration};

use super::{FREELY, JO, ROBIN, choose_first, identify, open, proved, sent};
use crate::support::app::{NEW, OLD, code_in};
use crate::support::browser::Browser;

/// What somebody who skips steps may send, with the fields that other products believed.
const CLAIMS: [(&str, &str); 6] =
    [("proved", "2"), ("step", "3"), ("verified", "true"), ("captcha", "ok"), ("steps", "0"), ("account", JO)];

/// The forms of a reset, in no order.
const FORMS: [(&str, &[(&str, &str)]); 10] = [
    ("/reset/password", &[("password", NEW), ("again", NEW)]),
    ("/reset/once-more", &[("password", NEW), ("again", NEW)]),
    ("/reset/unlock", &[]),
    ("/reset/code", &[("code", "000000")]),
    ("/reset/resend", &[]),
    ("/reset/other-way", &[]),
    ("/reset/choose", &[("option", "1")]),
    ("/reset/resume", &[]),
    ("/reset/extend", &[]),
    ("/reset/back", &[]),
];

/// The final call did not check that the steps before it were passed: CVE-2010-3272, CVE-2010-3273, CVE-2015-0532,
/// CVE-2015-8267, CVE-2019-11652, CVE-2020-26061, CVE-2022-23555, CVE-2022-46145, CVE-2024-45042.
#[tokio::test]
async fn cve_2010_3272_no_order_of_forms_skips_a_step() {
    let (test, _) = open(&FREELY.replace("[policy]", "[policy]\nsteps = 2\ntries = 10\nsends = 50")).await;
    for prefix in 0..4 {
        for first in FORMS {
            for second in FORMS {
                let mut browser = Browser::new(&test.app);
                browser.get("/reset").await;
                if prefix >= 1 {
                    identify(&mut browser, JO).await;
                }
                if prefix >= 2 {
                    browser.submit("/reset/choose", &[("option", "0")]).await;
                }
                if prefix >= 3 {
                    let code = test.code().await;
                    browser.submit("/reset/code", &[("code", &code)]).await;
                }
                for (path, fields) in [first, second, FORMS[0]] {
                    browser.submit(path, &[fields, &CLAIMS].concat()).await;
                }
            }
        }
        assert!(test.signs_in(JO, OLD).await, "after {prefix} steps");
    }
}

/// The proof of one person was good for any: CVE-2023-26481, CVE-2021-37423, CVE-2021-37424, CVE-2020-11518,
/// CVE-2023-35854, CVE-2025-1723.
#[tokio::test]
async fn cve_2023_26481_the_proof_of_one_person_opens_nothing_of_another() {
    let (test, mut robin) = open(FREELY).await;
    proved(&test, &mut robin, ROBIN).await;
    let jo = test.app.directory.find(JO).await.expect("it answers").expect("jo is there").id.0;
    let names = [("user_id", JO), ("username", JO), ("account", jo.as_str()), ("flow", jo.as_str())];
    robin.submit("/reset/password", &[&names[..], &[("password", NEW), ("again", NEW)]].concat()).await;
    assert!(test.signs_in(JO, OLD).await, "whatever names are sent");

    let mut robin = Browser::new(&test.app);
    proved(&test, &mut robin, ROBIN).await;
    robin.submit("/reset/back", &[]).await;
    let page = identify(&mut robin, JO).await.text();
    assert!(page.contains("action=\"/reset/choose\""), "Jo has to prove everything: {page}");
    robin.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    assert!(test.signs_in(JO, OLD).await, "going back takes no proof along");
}

/// A code for one purpose was taken for another: CVE-2024-11717.
#[tokio::test]
async fn cve_2024_11717_a_code_for_a_reset_unlocks_nothing() {
    let (test, mut reset) = open(FREELY).await;
    sent(&mut reset, JO).await;
    let of_reset = test.code().await;
    let mut unlock = Browser::new(&test.app);
    unlock.get("/unlock").await;
    let page = unlock.submit("/reset", &[("user_id", JO), ("goal", "unlock")]).await;
    choose_first(&mut unlock, &page).await;
    let of_unlock = test.code().await;
    assert_ne!(of_reset, of_unlock, "one in a million that they are equal; then run it again");
    let page = unlock.submit("/reset/code", &[("code", &of_reset)]).await.text();
    assert!(page.contains("Enter your verification code"), "{page}");
    let page = reset.submit("/reset/code", &[("code", &of_unlock)]).await.text();
    assert!(page.contains("Enter your verification code"), "{page}");
}

/// What was true at the first step was believed until the last: CVE-2019-20875, CVE-2021-25961, CVE-2024-45298.
#[tokio::test]
async fn cve_2021_25961_an_account_that_is_closed_meanwhile_gets_no_password() {
    for proven in [false, true] {
        let (test, mut browser) = open(FREELY).await;
        sent(&mut browser, JO).await;
        let code = test.code().await;
        if proven {
            browser.submit("/reset/code", &[("code", &code)]).await;
        }
        let closed = Change { disabled: Some(true), ..Change::default() };
        test.people.set(JO, closed).await.expect("the account is closed");
        browser.submit("/reset/code", &[("code", &code)]).await;
        let page = browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await.text();
        assert!(!page.contains("You have a new password"), "{page}");
        let opened = Change { disabled: Some(false), ..Change::default() };
        test.people.set(JO, opened).await.expect("the account is opened");
        assert!(test.signs_in(JO, OLD).await, "proven before: {proven}");
    }
}

/// What was sent before the password was changed was good after it: CVE-2023-3591.
#[tokio::test]
async fn cve_2023_3591_a_code_from_before_the_new_password_is_worth_nothing() {
    let (test, mut owner) = open(FREELY).await;
    let mut other = Browser::new(&test.app);
    sent(&mut other, JO).await;
    let early = code_in(&test.messages().await.pop().expect("a code").text);
    test.clock.pass(Span::seconds(1));
    proved(&test, &mut owner, JO).await;
    owner.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    assert!(test.signs_in(JO, NEW).await);
    let page = other.submit("/reset/code", &[("code", &early)]).await.text();
    assert!(!page.contains("Enter new password"), "{page}");
    other
        .submit("/reset/password", &[("password", "another kettle 94 plum"), ("again", "another kettle 94 plum")])
        .await;
    assert!(test.signs_in(JO, NEW).await, "the password that its owner chose stays");

    // The same of a password that an administrator gave.
    let mut other = Browser::new(&test.app);
    test.clock.pass(Span::hours(2));
    sent(&mut other, JO).await;
    let early = test.code().await;
    test.clock.pass(Span::seconds(1));
    let given = Change { password: Some(Secret::new("given kettle 94 plum")), ..Change::default() };
    test.people.set(JO, given).await.expect("it is changed");
    let page = other.submit("/reset/code", &[("code", &early)]).await.text();
    assert!(!page.contains("Enter new password"), "{page}");
}

/// Whoever gets hold of an address that is being removed could still reset: CVE-2019-20875.
#[tokio::test]
async fn cve_2019_20875_a_contact_that_goes_during_a_reset_takes_its_code_along() {
    let (test, mut browser) = open(FREELY).await;
    sent(&mut browser, JO).await;
    let message = test.messages().await.pop().expect("a code");
    let person = test.app.directory.find(JO).await.expect("it answers").expect("jo is there");
    let before = test.app.store.registration(Some(&person.id)).await.expect("it reads");
    let gone = before.contacts.iter().find(|contact| contact.address == message.to).expect("it is registered");
    let change = registration::Change::Remove { kind: gone.kind };
    let batch = test.app.store.change_registration(&person.id, before.version, &change, test.clock.now());
    test.app.store.db().write(batch.expect("a change")).await.expect("it is written");
    let page = browser.submit("/reset/code", &[("code", &code_in(&message.text))]).await.text();
    assert!(!page.contains("Enter new password"), "{page}");
}
