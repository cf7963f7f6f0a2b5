//! Two tabs, old codes, other people's names.

use regain_core::method::ContactKind;

use super::{FREELY, JO, SAM, SAM_MOBILE, code_to, email, phone, prove, registered, signed_in};
use crate::support::Engine;
use crate::support::app::{TestApp, code_in};
use crate::support::browser::Browser;

#[tokio::test]
async fn of_two_tabs_that_change_the_same_contact_neither_proves_the_others() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let mut one = signed_in(&test, SAM).await;
        let mut two = one.clone();
        phone(&mut one, "07700 900777", "text").await;
        let first = code_to(&test, SAM_MOBILE).await;
        phone(&mut two, "07700 900778", "text").await;
        let page = one.submit("/register/code", &[("for", SAM_MOBILE), ("code", &first)]).await.text();
        assert!(
            page.contains("You had already gone on"),
            "the older tab's code is for a number nobody asks about: {page}"
        );
        let page = one.submit("/register/code", &[("code", &first)]).await.text();
        assert!(page.contains("not the code we sent"), "nor does it prove the newer number: {page}");
        assert!(registered(&test, SAM).await.is_empty());
        prove(&test, &mut two, "+447700900778").await;
        assert_eq!(registered(&test, SAM).await, [(ContactKind::Mobile, "+447700900778".into())]);
    }
}

#[tokio::test]
async fn of_two_sessions_that_change_the_same_contact_the_slower_starts_over() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let (mut one, mut two) = (signed_in(&test, SAM).await, signed_in(&test, SAM).await);
        phone(&mut one, "07700 900777", "text").await;
        phone(&mut two, "07700 900778", "text").await;
        prove(&test, &mut two, "+447700900778").await;
        let page = prove(&test, &mut one, SAM_MOBILE).await.text();
        assert!(page.contains("changed somewhere else while the code was on its way"), "{page}");
        assert_eq!(registered(&test, SAM).await, [(ContactKind::Mobile, "+447700900778".into())]);
    }
}

#[tokio::test]
async fn codes_open_nothing_but_what_they_were_sent_for() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let mut sam = signed_in(&test, SAM).await;
        // Of another purpose: Jo's code for a reset.
        let mut locked_out = Browser::new(&test.app);
        locked_out.get("/reset").await;
        locked_out.submit("/reset", &[("user_id", JO)]).await;
        locked_out.submit("/reset/choose", &[("option", "0")]).await;
        let reset = code_in(&test.messages().await.pop().expect("a code").text);
        // Of another person: Jo registers something, too.
        let mut jo = signed_in(&test, JO).await;
        phone(&mut jo, "07700 900888", "text").await;
        let jos = code_to(&test, "+447700900888").await;
        phone(&mut sam, "07700 900777", "text").await;
        let sams = code_to(&test, SAM_MOBILE).await;
        for code in [&reset, &jos] {
            if *code != sams {
                let page = sam.submit("/register/code", &[("code", code)]).await.text();
                assert!(page.contains("not the code we sent"), "{page}");
            }
        }
        assert!(registered(&test, SAM).await.is_empty());
        sam.submit("/register/code", &[("code", &sams)]).await;
        assert_eq!(registered(&test, SAM).await.len(), 1);
        // Replayed: for another number, and for the same again.
        phone(&mut sam, "07700 900778", "text").await;
        if code_to(&test, "+447700900778").await != sams {
            let page = sam.submit("/register/code", &[("code", &sams)]).await.text();
            assert!(page.contains("not the code we sent"), "{page}");
        }
        assert_eq!(registered(&test, SAM).await, [(ContactKind::Mobile, SAM_MOBILE.into())]);
    }
}

#[tokio::test]
async fn five_wrong_codes_end_it_whatever_is_asked_for_in_between() {
    let test = TestApp::open(&Engine::sqlite(), FREELY).await;
    let mut sam = signed_in(&test, SAM).await;
    for n in 0..5 {
        phone(&mut sam, &format!("07700 90070{n}"), "text").await;
        let right = code_to(&test, &format!("+4477009007{n:02}")).await;
        let wrong = if right == "123456" { "654321" } else { "123456" };
        sam.submit("/register/code", &[("code", wrong)]).await;
    }
    let page = sam.get("/register").await.text();
    assert!(page.contains("Too many wrong answers") && page.contains("Sign in again"), "{page}");
    assert!(registered(&test, SAM).await.is_empty());
}

#[tokio::test]
async fn a_contact_that_is_removed_while_a_reset_uses_it_carries_nothing() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let mut reset = Browser::new(&test.app);
        reset.get("/reset").await;
        let page = reset.submit("/reset", &[("user_id", JO)]).await.text();
        let text =
            page.split("name=\"option\" value=\"").nth(2).and_then(|rest| rest.split('"').next()).expect("a text");
        reset.submit("/reset/choose", &[("option", text)]).await;
        let code = code_to(&test, "+447700900123").await;
        let mut jo = signed_in(&test, JO).await;
        let page = jo.get("/register/remove?kind=mobile").await.text();
        assert!(page.contains("Remove your authentication phone?"), "{page}");
        let fields = [("wish", "remove"), ("kind", "mobile"), ("address", "+447700900123")];
        let page = jo.submit("/register/remove", &fields).await.text();
        assert!(page.contains("Authentication Phone is not configured."), "{page}");
        let page = reset.submit("/reset/code", &[("code", &code)]).await.text();
        assert!(!page.contains("Enter new password"), "{page}");
        // The last one that is needed stays.
        let page = jo.get("/register").await.text();
        assert!(!page.contains("/register/remove?kind=email"), "{page}");
        let fields = [("wish", "remove"), ("kind", "email"), ("address", "jobloggs@mail.co.uk")];
        jo.submit("/register/remove", &fields).await;
        assert_eq!(registered(&test, JO).await, [(ContactKind::Email, "jobloggs@mail.co.uk".into())]);
    }
}

/// Every form of the page, with every name in it that of another person.
#[tokio::test]
async fn whatever_names_are_sent_nothing_of_another_person_is_shown_or_changed() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, FREELY).await;
        let before = registered(&test, JO).await;
        let jo = test.app.directory.find(JO).await.unwrap().unwrap().id.0;
        let contacts = test.app.store.contacts(&regain_core::subject::AccountId(jo.clone())).await.unwrap();
        let (contact, mail) = (contacts[0].id.0.clone(), "jobloggs@mail.co.uk");
        let mut sam = signed_in(&test, SAM).await;
        let mut jos = signed_in(&test, JO).await;
        email(&mut jos, "jo.other@mail.co.uk").await;
        let code = code_to(&test, "jo.other@mail.co.uk").await;
        let names = [("account", jo.as_str()), ("id", &contact), ("user_id", JO), ("username", JO), ("flow", &jo)];
        for (path, fields) in [
            ("/register/phone", vec![("region", "GB"), ("number", "07700 900123x"), ("by", "text")]),
            ("/register/email", vec![("address", "")]),
            ("/register/code", vec![("code", code.as_str()), ("for", "jo.other@mail.co.uk")]),
            ("/register/resend", vec![]),
            ("/register/stop", vec![]),
            ("/register/remove", vec![("wish", "remove"), ("kind", "email"), ("address", mail)]),
            ("/register/remove", vec![("wish", "remove"), ("kind", "office"), ("address", mail)]),
            ("/register/thaw", vec![]),
            ("/register/confirm", vec![]),
            ("/register/leave", vec![]),
            ("/register/practise", vec![]),
        ] {
            sam.get("/register").await;
            let page = sam.submit(path, &[&fields[..], &names[..]].concat()).await.text();
            for theirs in [mail, "jo.other@mail.co.uk", "+44 7700 900123", "Jo Bloggs"] {
                assert!(!page.contains(theirs), "{path} shows {theirs}: {page}");
            }
            assert_eq!(registered(&test, JO).await, before, "{path} on {}", engine.name);
        }
        for path in ["/register?account=", "/register/activity?account=", "/register/phone?known=1&account="] {
            let page = sam.get(&format!("{path}{jo}")).await.text();
            assert!(!page.contains(mail) && !page.contains(JO), "{path}");
        }
        // Jo's own page goes on as if nothing had been.
        let page = prove(&test, &mut jos, "jo.other@mail.co.uk").await.text();
        assert!(page.contains("jo.other@mail.co.uk"), "{page}");
    }
}
