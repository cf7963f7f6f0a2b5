//! What messages may cost: floods that hit the stop, and what is possible still.

use regain::app::App;
use regain::store::Stmt;
use regain::store::throttle::Bygone;
use regain_core::method::{ContactKind, Method};
use regain_core::reset::{ChoiceProblem, CodeProblem, Event, View};
use regain_core::throttle::Scope;
use regain_core::{FlowId, Span, budget};

use crate::support::Engine;
use crate::support::app::TestApp;
use crate::support::browser::Browser;

const JO: &str = "jo.bloggs@example.org";

/// Nothing is limited but by this.
fn only(budget: &str) -> String {
    let free = super::only(None, 0);
    let before = free.split("[budget]").next().expect("what comes before").to_owned();
    let off = ["messages = []", "emails = []", "number_range = []", "usual_floor = 0"];
    let key = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let set: Vec<String> = budget.lines().map(key).collect();
    let off: String = off.iter().filter(|line| !set.contains(&key(line))).map(|line| format!("{line}\n")).collect();
    format!("{before}[budget]\n{off}{budget}\n")
}

pub(super) fn flow(n: usize) -> FlowId {
    FlowId([u8::try_from(n).expect("few") + 1; 16])
}

/// Asks for a code in a new flow; gives what is shown then.
async fn asks(test: &TestApp, n: usize, user_id: &str, method: Method) -> View {
    test.identify(flow(n), user_id).await;
    test.choose(flow(n), method).await
}

/// User IDs of nobody whose made-up person has this method and an email.
pub(super) async fn strangers(app: &App, method: Method, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    let crowd = app.store.crowd().await.expect("the shares");
    for n in 0.. {
        let user_id = format!("nobody.{n}@example.org");
        let purpose = regain_core::method::issued_code::Purpose::Reset;
        let (keys, policy) = (&app.keys, &app.policy);
        let decoy = regain_core::subject::Subject::decoy(keys, policy, purpose, &user_id, &crowd);
        let has = |method| decoy.options.iter().any(|option| option.method == method);
        if has(method) && has(Method::Email) && !decoy.administrator {
            found.push(user_id);
        }
        if found.len() == count {
            return found;
        }
    }
    found
}

fn stopped(view: &View) -> Option<(Scope, Vec<Method>)> {
    let View::Choose { options, problem: Some(ChoiceProblem::NotNow { scope, .. }), .. } = view else { return None };
    Some((*scope, options.iter().filter(|option| option.stopped).map(|option| option.method).collect()))
}

#[tokio::test]
async fn a_flood_of_texts_hits_the_stop_and_email_remains() {
    use Method::{Email, MobileCall, Text};
    for (settings, scope) in [
        ("messages = [{ count = 3, seconds = 3600 }]", Scope::Messages),
        ("usual_floor = 3", Scope::Usual),
        ("prices = { '44' = 0.3 }\nmoney = [{ amount = 1.0, seconds = 3600 }]", Scope::Money),
    ] {
        for engine in Engine::both().await {
            let test = TestApp::open(&engine, &only(settings)).await;
            let users = strangers(&test.app, Text, 8).await;
            let mut sent = 0;
            for (n, user_id) in users.iter().enumerate() {
                let view = asks(&test, n, user_id, Text).await;
                sent += usize::from(matches!(view, View::Code { .. }));
                if n >= 3 {
                    let (why, methods) = stopped(&view).unwrap_or_else(|| panic!("{scope:?}: {view:?}"));
                    assert!(
                        why == scope && methods.contains(&Text) && !methods.contains(&Email),
                        "{scope:?} {methods:?}"
                    );
                }
            }
            assert_eq!(sent, 3, "{scope:?} on {}", engine.name);
            // Somebody who exists sees the same, by call as well, and email goes on.
            let known = asks(&test, 20, JO, MobileCall).await;
            assert_eq!(stopped(&known), Some((scope, vec![Text, MobileCall])), "{scope:?}");
            assert!(matches!(test.choose(flow(20), Email).await, View::Code { .. }), "{scope:?}: email goes");
            // Those who run the service are told, once.
            let told = test.messages().await.into_iter().filter(|message| message.to == "care@example.org");
            let told: Vec<_> = told.collect();
            assert_eq!(told.len(), 1, "{scope:?}");
            assert!(
                told[0].subject.contains("stopped something") && told[0].text.contains("Texts and calls"),
                "{}",
                told[0].text
            );
            assert_eq!(test.app.store.audit_of_act("limit_reached").await.unwrap().len(), 1);
            test.clock.pass(Span::hours(1));
            assert!(matches!(asks(&test, 21, JO, Text).await, View::Code { .. }), "{scope:?}: later they go again");
        }
    }
}

#[tokio::test]
async fn a_flood_of_emails_leaves_texts() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, &only("emails = [{ count = 2, seconds = 3600 }]")).await;
        for n in 0..2 {
            assert!(matches!(asks(&test, n, JO, Method::Email).await, View::Code { .. }));
        }
        let view = asks(&test, 2, JO, Method::Email).await;
        assert_eq!(stopped(&view), Some((Scope::Emails, vec![Method::Email])));
        assert!(matches!(test.choose(flow(2), Method::Text).await, View::Code { .. }));
    }
}

#[tokio::test]
async fn many_messages_to_one_range_of_numbers_stop() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, &only("number_range = [{ count = 3, seconds = 3600 }]")).await;
        for n in 0..6 {
            let (user_id, number) = (format!("range.{n}@example.org"), format!("+44740012300{n}"));
            test.add(&user_id, &[], &[(ContactKind::Mobile, &number), (ContactKind::Email, "a@mail.example")]).await;
            let view = asks(&test, n, &user_id, Method::Text).await;
            let expected = Some((Scope::Range, vec![Method::Text, Method::MobileCall]));
            assert_eq!(stopped(&view), expected.filter(|_| n >= 3), "{n}");
        }
        assert!(matches!(asks(&test, 10, JO, Method::Text).await, View::Code { .. }), "another range");
        // Office phones lie in one range, and are the administrators'.
        for n in 0..6 {
            let (user_id, number) = (format!("office.{n}@example.org"), format!("+44207946000{n}"));
            test.add(&user_id, &[], &[(ContactKind::Office, &number)]).await;
            assert!(matches!(asks(&test, 20 + n, &user_id, Method::OfficeCall).await, View::Code { .. }));
        }
    }
}

#[tokio::test]
async fn an_hour_may_be_as_busy_as_the_same_hours_of_two_weeks_make_likely() {
    for engine in Engine::both().await {
        let test = TestApp::open(&engine, &only("usual_floor = 2\nusual_deviations = 1")).await;
        let now = test.clock.now();
        // 4 each day at this hour: 4 + 1 · √4.
        let insert = "INSERT INTO throttle (counter, count, since, until) VALUES ($1, 4, 0, $2)";
        let until = now + Span::hours(24 * 20);
        let rows = budget::past(now).into_iter().map(|hour| Stmt::new(insert, vec![hour.into(), until.into()]));
        test.app.store.db().write(rows.collect()).await.unwrap();
        for n in 0..8 {
            let view = asks(&test, n, JO, Method::Text).await;
            assert_eq!(matches!(view, View::Code { .. }), n < 6, "{n}");
        }
        test.drive(flow(0), Event::Resend).await;
        let View::Code { problem: Some(CodeProblem::NotNow { until }), .. } = test.view(flow(0)).await else {
            panic!("not another one either")
        };
        assert_eq!(until, now + Span::hours(1), "the clock began at the full hour");
        test.clock.pass(Span::hours(1));
        for n in 10..14 {
            let view = asks(&test, n, JO, Method::Text).await;
            assert_eq!(matches!(view, View::Code { .. }), n < 12, "{n}: this hour has no past but the floor");
        }
    }
}

#[tokio::test]
async fn what_is_stopped_is_shown_beside_what_is_not() {
    let engine = Engine::sqlite();
    let test = TestApp::open(&engine, &only("messages = [{ count = 1, seconds = 3600 }]")).await;
    asks(&test, 0, JO, Method::Text).await;
    let mut pages = Vec::new();
    let stranger = strangers(&test.app, Method::Text, 1).await.remove(0);
    for user_id in [JO, &stranger] {
        let mut browser = Browser::new(&test.app);
        browser.get("/reset").await;
        let page = browser.submit("/reset", &[("user_id", user_id)]).await.text();
        let place = page.split("Send a text").next().unwrap().rsplit("name=\"option\" value=\"").next().unwrap();
        let place = place.split('"').next().unwrap().to_owned();
        let page = browser.submit("/reset/choose", &[("option", &place)]).await.text();
        assert!(page.contains("Codes cannot go to telephones just now") && page.contains("at 11:00"), "{page}");
        assert!(page.matches("Not available just now").count() >= 2 && page.contains("Email my"), "{page}");
        pages.push(page.matches("disabled").count());
    }
    assert!(pages.iter().all(|count| *count >= 2), "{pages:?}");
}

#[tokio::test]
async fn where_nothing_goes_one_can_try_again_and_it_goes_once_that_is_lifted() {
    let test = TestApp::open(&Engine::sqlite(), &only("messages = [{ count = 1, seconds = 3600 }]")).await;
    assert!(matches!(asks(&test, 0, JO, Method::Text).await, View::Code { .. }));
    let mut browser = Browser::new(&test.app);
    browser.get("/reset").await;
    browser.submit("/reset", &[("user_id", "robin.khan@example.org")]).await;
    let call = [("option", "0")];
    let page = browser.submit("/reset/choose", &call).await.text();
    assert!(page.contains("Codes cannot be sent just now"), "{page}");
    assert!(page.contains("<button class=\"main\">Call</button>") && !page.contains(" disabled"), "{page}");
    let counters = test.app.store.counters(test.clock.now()).await.unwrap();
    let forgotten = counters.into_iter().map(|counted| counted.counter).collect();
    let lifted = test.app.store.forgiving(Bygone { forgotten, ..Bygone::default() });
    test.app.store.db().write(lifted).await.unwrap();
    let page = browser.submit("/reset/choose", &call).await.text();
    assert!(page.contains("Enter your verification code"), "{page}");
}

#[tokio::test]
async fn a_range_is_listed_by_its_mask_also_if_registering_began_it() {
    let test = TestApp::open(&Engine::sqlite(), crate::register::FREELY).await;
    let mut browser = crate::register::signed_in(&test, crate::register::SAM).await;
    crate::register::phone(&mut browser, "07700 900777", "text").await;
    let counters = test.app.store.counters(test.clock.now()).await.unwrap();
    let ranges = counters.iter().filter(|counted| counted.counter.starts_with("range:"));
    assert_eq!(ranges.map(|counted| counted.whom.as_str()).collect::<Vec<_>>(), ["*********77"]);
}
