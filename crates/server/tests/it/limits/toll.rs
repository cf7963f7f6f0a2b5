//! Where no code goes, whoever asks: what is registered and offered, what is sent there all the same, and who is told.

use regain::store::outbox::Payload;
use regain_core::Span;
use regain_core::effect::{Delivery, Message, To};
use regain_core::method::issued_code::{Issue, Purpose};
use regain_core::method::{Channel, ContactKind, Method};
use regain_core::reset::View;

use super::budget::flow;
use crate::register::{FREELY, SAM, phone, sign_in, signed_in};
use crate::support::Engine;
use crate::support::app::TestApp;
use crate::support::browser::Browser;

/// Numbers that were good when they were registered, why they get no codes now, and whether they get notices.
const BARRED: [(&str, &str, bool); 4] = [
    ("+33612345678", "budget.countries", true),
    ("+449098790000", "cost extra", false),
    ("+870773123456", "satellite", false),
    ("07700900123", "international form", false),
];

#[tokio::test]
async fn no_code_goes_where_none_may_go() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, "[budget]\ncountries = ['GB']").await;
        for (n, (number, why, hears)) in BARRED.into_iter().enumerate() {
            let user_id = format!("anne.{n}@example.org");
            let contacts = [(ContactKind::Mobile, number), (ContactKind::Email, "anne@mail.example")];
            let anne = test.add(&user_id, &[], &contacts).await;
            // Past the time in which something new cannot carry a reset alone.
            test.clock.pass(Span::hours(48));
            let View::Choose { options, .. } = test.identify(flow(n), &user_id).await else { panic!("a choice") };
            let offered: Vec<Method> = options.iter().map(|option| option.method).collect();
            assert_eq!(offered, [Method::Email], "{number} is not offered");
            // Whatever got it into the outbox.
            let contacts = test.app.store.contacts(&anne).await.unwrap();
            let mobile = contacts.into_iter().find(|contact| contact.kind == ContactKind::Mobile).unwrap().id;
            let now = test.clock.now();
            let code = Message::Code(Issue { flow: flow(n), purpose: Purpose::Reset, step: 1, n: 1, salt: [9; 16] });
            for (place, message) in [code, Message::Unlocked { user_id, at: now, offer: None }].into_iter().enumerate()
            {
                let (to, deadline) = (To::Contact(mobile.clone()), now + Span::hours(1));
                let delivery = Delivery { to, channel: Channel::Text, message, deadline };
                let payload = Payload { delivery, user_id: String::new(), address: String::new() };
                let row = test.app.store.queue(flow(20 + n), 0, place, &payload, now).unwrap();
                test.app.store.db().write(vec![row]).await.unwrap();
            }
            let sent = test.messages().await.into_iter().filter(|message| message.to == number);
            let sent: Vec<String> = sent.map(|message| message.text).collect();
            assert_eq!(sent.len(), usize::from(hears), "{number} {sent:?}");
            assert!(sent.iter().all(|text| text.contains("unlocked")), "no code: {sent:?}");
            let rows = test.app.store.db().read("SELECT answer FROM outbox WHERE state = 'failed'", vec![]).await;
            let rows = rows.unwrap();
            let failed = rows.iter().filter(|row| row.text(0).unwrap().contains(why));
            assert_eq!(failed.count(), 2 - usize::from(hears), "{number}");
        }
    }
}

#[tokio::test]
async fn whoever_has_only_a_number_that_gets_no_codes_is_asked_for_another() {
    // Nobody is asked for anything else.
    let settings = FREELY.replace("[policy]", "[policy]\nreconfirm_days = 0");
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, &settings).await;
        for (n, (number, ..)) in BARRED.into_iter().enumerate() {
            let user_id = format!("anne.{n}@example.org");
            test.add(&user_id, &[], &[(ContactKind::Mobile, number)]).await;
            let page = sign_in(&mut Browser::new(&test.app), &user_id).await.text();
            for words in [
                "Don’t lose access",
                "One is still missing",
                "We cannot send codes to this number any more. Register another.",
            ] {
                assert!(page.contains(words), "{number}: {words} in {page}");
            }
        }
        let office = "desk@example.org";
        test.add(office, &[], &[(ContactKind::Office, "+33142764978")]).await;
        let page = sign_in(&mut Browser::new(&test.app), office).await.text();
        assert!(page.contains("We cannot send codes to this number any more. Please tell the"), "{page}");
    }
}

#[tokio::test]
async fn numbers_that_cost_extra_are_refused_when_they_are_registered() {
    let engine = Engine::sqlite();
    let test = TestApp::open(&engine, FREELY).await;
    let mut browser = signed_in(&test, SAM).await;
    for (number, told) in [
        ("+33 6 12 34 56 78", "telephones in that country"),
        ("+870 773 123456", "satellite telephone"),
        ("0909 879 0000", "cost extra"),
    ] {
        for by in ["call", "text"] {
            let page = phone(&mut browser, number, by).await;
            assert_eq!(page.status, 422, "{number}");
            let text = page.text();
            assert!(text.contains(told) || (by == "text" && text.contains("text")), "{number} {by}: {text}");
        }
    }
    assert!(test.messages().await.is_empty(), "nothing was sent");
}
