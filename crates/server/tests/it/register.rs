//! What people register, through the pages, on both engines: what other tabs, old pages, forged fields and somebody else's
//! names come to.

mod freeze;
mod known;
mod misuse;

use regain_core::Span;
use regain_core::method::ContactKind;

use crate::support::Engine;
use crate::support::app::{NEW, OLD, TestApp, code_in};
use crate::support::browser::{Answer, Browser};

pub(crate) const JO: &str = "jo.bloggs@example.org";
pub(crate) const SAM: &str = "sam.lee@example.org";
pub(crate) const SAM_MOBILE: &str = "+447700900777";
pub(crate) const SAM_MAIL: &str = "sam.private@mail.co.uk";

/// With limits that a test does not meet by chance.
pub(crate) const FREELY: &str = "[organisation]\nregion = 'GB'\n[policy]\nresend_seconds = 0\n[throttle]\nsends = []\n\
                                 sends_per_account = []\nsends_per_network = []\n\
                                 [register]\nown_domains = ['example.org']";

/// A browser in which this person is signed in.
pub(crate) async fn signed_in(test: &TestApp, user_id: &str) -> Browser {
    let mut browser = Browser::new(&test.app);
    sign_in(&mut browser, user_id).await;
    browser
}

/// Signs in with everybody's password, and gives the page that comes after it.
pub(crate) async fn sign_in(browser: &mut Browser, user_id: &str) -> Answer {
    browser.get("/").await;
    browser.submit("/sign-in", &[("username", user_id), ("password", OLD)]).await
}

/// Asks for a code to a number.
pub(crate) async fn phone(browser: &mut Browser, number: &str, by: &str) -> Answer {
    browser.get("/register/phone").await;
    browser.submit("/register/phone", &[("region", "GB"), ("number", number), ("by", by)]).await
}

/// Asks for a code to an address.
pub(crate) async fn email(browser: &mut Browser, address: &str) -> Answer {
    browser.get("/register/email").await;
    browser.submit("/register/email", &[("address", address)]).await
}

/// The code that went last to this destination.
pub(crate) async fn code_to(test: &TestApp, to: &str) -> String {
    let sent = test.messages().await;
    let last = sent.iter().rev().find(|message| message.to == to && message.text.contains("code"));
    code_in(&last.unwrap_or_else(|| panic!("no code went to {to}")).text)
}

/// Types the code that went last to this destination.
pub(crate) async fn prove(test: &TestApp, browser: &mut Browser, to: &str) -> Answer {
    let code = code_to(test, to).await;
    browser.get("/register").await;
    browser.submit("/register/code", &[("code", &code)]).await
}

/// What is registered and proven for somebody, as kind and address.
pub(crate) async fn registered(test: &TestApp, user_id: &str) -> Vec<(ContactKind, String)> {
    let person = test.app.directory.find(user_id).await.expect("it answers").expect("the person is there");
    let registration = test.app.store.registration(Some(&person.id)).await.expect("it reads");
    let proven = registration.contacts.into_iter().filter(|contact| contact.verified.is_some());
    proven.map(|contact| (contact.kind, contact.address)).collect()
}

#[tokio::test]
async fn a_phone_and_an_address_are_registered_and_confirmed() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let mut browser = Browser::new(&test.app);
        let page = sign_in(&mut browser, SAM).await.text();
        assert!(page.contains("Don’t lose access to your account!"), "the interrupt: {page}");
        assert!(page.contains("You’ll need to set up at least 1 of the options below."));
        for words in [
            "Office phone is not configured.",
            "This information is managed by your administrator.",
            "Authentication Phone is not configured.",
            "Authentication Email Address is not configured.",
            "Set it up now",
            "Looks good",
            "Not now",
        ] {
            assert!(page.contains(words), "{words}");
        }
        let page = phone(&mut browser, "07700 900777", "text").await.text();
        assert!(page.contains("We have sent a text message with a verification code to +44 7700 900777."), "{page}");
        assert!(registered(&test, SAM).await.is_empty(), "nothing counts before its code");
        let page = prove(&test, &mut browser, SAM_MOBILE).await.text();
        assert!(page.contains("Authentication Phone is set to"), "{page}");
        assert!(page.contains("It can do so tomorrow at 10:00 UTC"), "{page}");
        email(&mut browser, SAM_MAIL).await;
        prove(&test, &mut browser, SAM_MAIL).await;
        let done = browser.submit("/register/confirm", &[]).await.text();
        assert!(done.contains("It looks good") && done.contains("23 November 2026"), "{done}");
        let expected = [(ContactKind::Email, SAM_MAIL.into()), (ContactKind::Mobile, SAM_MOBILE.into())];
        assert_eq!(registered(&test, SAM).await, expected, "{}", engine.name);
        let told: Vec<String> =
            test.messages().await.into_iter().filter(|m| m.text.contains("/freeze/")).map(|m| m.to).collect();
        for to in [SAM, SAM_MOBILE, SAM_MAIL] {
            assert!(told.iter().any(|told| told == to), "{to} is told: {told:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_registered_is_explained_and_what_was_typed_stays() {
    let test = TestApp::open(&Engine::sqlite(), FREELY).await;
    let mut browser = signed_in(&test, SAM).await;
    for (number, by, why) in [
        ("", "text", "Type your phone number"),
        ("020 7946 0958", "text", "landline"),
        ("0800 1111", "text", "freephone"),
        ("01632 960123", "text", "what sort of number"),
        ("0909 879 0000", "call", "cost extra"),
        ("07700 90077", "text", "too short"),
        ("call me", "text", "digits, not letters"),
    ] {
        let answer = phone(&mut browser, number, by).await;
        assert_eq!(answer.status.as_u16(), 422, "{number}");
        let page = answer.text();
        assert!(page.contains(why), "{number}: {page}");
        assert!(page.contains(&format!("value=\"{number}\"")), "{number} stays");
    }
    for (address, why) in [
        ("", "Type your email address"),
        ("sam", "not an email address"),
        ("other@example.org", "belongs to"),
        (SAM, "very account that would be locked"),
    ] {
        let answer = email(&mut browser, address).await;
        assert_eq!(answer.status.as_u16(), 422, "{address}");
        let page = answer.text();
        assert!(page.contains(why) && page.contains(&format!("value=\"{address}\"")), "{address}: {page}");
    }
    let page = phone(&mut browser, "020 7946 0958", "call").await.text();
    assert!(page.contains("We are calling"), "a landline can be called: {page}");
    assert!(test.messages().await.iter().all(|message| message.to != SAM), "nothing went to a refused address");
}

#[tokio::test]
async fn a_new_contact_carries_a_reset_alone_only_after_a_day() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let mut browser = signed_in(&test, SAM).await;
        phone(&mut browser, "07700 900777", "text").await;
        prove(&test, &mut browser, SAM_MOBILE).await;
        for (hours, possible) in [(0, false), (23, false), (1, true)] {
            test.clock.pass(Span::hours(hours));
            let mut other = Browser::new(&test.app);
            other.get("/reset").await;
            let page = other.submit("/reset", &[("user_id", SAM)]).await.text();
            assert_eq!(page.contains("action=\"/reset/choose\""), possible, "after {hours} more hours: {page}");
        }
    }
}

#[tokio::test]
async fn a_change_long_after_the_password_asks_for_it_and_keeps_what_was_typed() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let mut browser = signed_in(&test, SAM).await;
        test.clock.pass(Span::minutes(6));
        let page = phone(&mut browser, "07700 900777", "text").await.text();
        assert!(page.contains("Type your password again") && page.contains(SAM_MOBILE), "{page}");
        let fields = [("wish", "prove"), ("method", "text"), ("address", SAM_MOBILE)];
        let wrong = [&fields[..], &[("password", "not it")]].concat();
        let page = browser.submit("/register/password", &wrong).await.text();
        assert!(page.contains("Type your password again") && page.contains("That did not work"), "{page}");
        assert!(test.messages().await.is_empty(), "nothing was sent without the password");
        let right = [&fields[..], &[("password", OLD)]].concat();
        let page = browser.submit("/register/password", &right).await.text();
        assert!(page.contains("Enter your verification code"), "{page}");
        prove(&test, &mut browser, SAM_MOBILE).await;
        assert_eq!(registered(&test, SAM).await, [(ContactKind::Mobile, SAM_MOBILE.into())]);
    }
}

#[tokio::test]
async fn a_rehearsal_says_so_on_every_page_and_changes_nothing() {
    let test = TestApp::open(&Engine::sqlite(), FREELY).await;
    let mut browser = signed_in(&test, JO).await;
    browser.get("/register").await;
    let banner = "This is a rehearsal: nothing will be changed.";
    let mut page = browser.submit("/register/practise", &[]).await.text();
    assert!(page.contains(banner) && page.contains(JO), "{page}");
    let other = browser.submit("/reset", &[("user_id", "alex.admin@example.org")]).await.text();
    assert!(other.contains(banner) && other.contains("Practise with your own User ID"), "{other}");
    page = browser.submit("/reset", &[("user_id", JO)]).await.text();
    assert!(page.contains(banner), "{page}");
    page = browser.submit("/reset/choose", &[("option", "0")]).await.text();
    assert!(page.contains(banner), "{page}");
    let code = test.messages().await.pop().expect("a code came");
    assert!(code.text.contains("rehears"), "{}", code.text);
    page = browser.submit("/reset/code", &[("code", &code_in(&code.text))]).await.text();
    assert!(page.contains(banner) && page.contains("Enter new password"), "{page}");
    page = browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await.text();
    assert!(page.contains("You have practised a reset to its end"), "{page}");
    assert!(!test.signs_in(JO, NEW).await && test.signs_in(JO, OLD).await);
    let page = browser.get("/register").await.text();
    assert!(page.contains("You last practised on 23 November 2026"), "{page}");
}

#[tokio::test]
async fn people_see_what_happened_with_their_own_account_and_with_no_other() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let mut jo = signed_in(&test, JO).await;
        phone(&mut jo, "07700 900888", "text").await;
        prove(&test, &mut jo, "+447700900888").await;
        let page = jo.get("/register/activity").await.text();
        for words in
            ["was changed for another", "verification code was sent by text message", "Somebody signed in", "today at"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("act-"), "every event has words");
        let sam = signed_in(&test, SAM).await.get("/register/activity").await.text();
        assert!(!sam.contains("was changed for another") && sam.contains("Somebody signed in"), "{sam}");
        let mut stranger = Browser::new(&test.app);
        assert_eq!(stranger.get("/register/activity").await.leads_to(), Some("/?return_to=/register"));
    }
}
