//! Signing in: how often one may try, what comes first, and where it leads.

use std::net::SocketAddr;

use regain_core::registration::Change;
use regain_core::{Span, Time};

use super::{JO, SAM, account, change, confirm, each, is_in, sign_in, sign_in_for, signed_in};
use crate::support::app::{OLD, TestApp};
use crate::support::browser::Browser;

fn from(test: &TestApp, address: &str) -> Browser {
    let mut browser = Browser::new(&test.app);
    browser.from = Some(SocketAddr::new(address.parse().expect("an address"), 1));
    browser
}

#[tokio::test]
async fn ten_wrong_passwords_rest_a_user_id_known_or_not() {
    each("", async |test| {
        let mut answers = Vec::new();
        for user_id in [JO, "nobody.here@example.org"] {
            let mut browser = from(test, "192.0.2.1");
            let mut statuses = Vec::new();
            for n in 0..11 {
                let answer = sign_in(&mut browser, user_id, "wrong").await;
                statuses.push(answer.status.as_u16());
                if n == 0 {
                    answers.push(answer.text().replace(user_id, "X").replace(&browser.csrf, "T"));
                }
            }
            assert_eq!(statuses, [[422; 10].as_slice(), &[429]].concat(), "{user_id}");
        }
        let [known, unknown] = &answers[..] else { panic!("two answers") };
        let encoded =
            |text: &str| text.replace("jo.bloggs%40example.org", "X").replace("nobody.here%40example.org", "X");
        assert_eq!(encoded(known), encoded(unknown), "nothing tells them apart");
        let mut elsewhere = from(test, "203.0.113.1");
        assert_eq!(sign_in(&mut elsewhere, JO, OLD).await.status, 429, "it is the account that rests");
        test.clock.pass(Span::minutes(15));
        assert!(
            sign_in(&mut elsewhere, JO, OLD).await.status.is_redirection(),
            "the directory's account never was locked"
        );
    })
    .await;
}

#[tokio::test]
async fn too_many_wrong_passwords_rest_a_network() {
    each("[throttle]\nsign_ins_per_network = [{ count = 12, seconds = 900 }]", async |test| {
        confirm(test, JO).await;
        for (addresses, next_door) in [
            (["192.0.2.1", "192.0.2.200"], "192.0.3.1"),
            (["2001:db8:0:aa01::1", "2001:db8:0:aaff:9::"], "2001:db8:0:ab00::1"),
        ] {
            for n in 0..20 {
                let mut browser = from(test, addresses[n % 2]);
                assert!(sign_in(&mut browser, JO, OLD).await.status.is_redirection(), "a right one is no guess");
            }
            for n in 0..12 {
                let mut browser = from(test, addresses[n % 2]);
                assert_eq!(sign_in(&mut browser, &format!("somebody-{n}"), "wrong").await.status, 422);
            }
            for address in addresses {
                assert_eq!(sign_in(&mut from(test, address), JO, OLD).await.status, 429, "{address}");
            }
            assert!(sign_in(&mut from(test, next_door), JO, OLD).await.status.is_redirection(), "{next_door}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_somebody_wanted_is_where_they_are_sent_if_it_is_on_the_list() {
    let settings = "[server]\nreturn_to = ['https://portal.example.org/app']";
    each(settings, async |test| {
        confirm(test, JO).await;
        let portal = "https://portal.example.org/app/x?y=1";
        for (asked, to) in [
            ("", "/account"),
            (portal, portal),
            ("/change", "/change"),
            ("/register", "/register"),
            ("/account", "/account"),
            ("/reset", "/account"),
            ("/change?x=y", "/account"),
            ("/change/../sign-out", "/account"),
            ("//evil.example", "/account"),
            ("/\\evil.example", "/account"),
            ("https://evil.example/", "/account"),
            ("https://portal.example.org/", "/account"),
            ("https://portal.example.org/apple", "/account"),
            ("https://portal.example.org@evil.example/app", "/account"),
            ("http://portal.example.org/app", "/account"),
            ("javascript:alert(1)", "/account"),
        ] {
            let mut browser = Browser::new(&test.app);
            let answer = sign_in_for(&mut browser, JO, OLD, asked).await;
            assert_eq!(answer.leads_to(), Some(to), "{asked}");
            let policy = answer.headers["content-security-policy"].to_str().unwrap().to_owned();
            assert!(
                policy.contains("form-action 'self' https://portal.example.org;"),
                "or browsers stay here: {policy}"
            );
        }
        // It survives a wrong password and a forgotten User ID.
        let mut browser = Browser::new(&test.app);
        let asked = format!("/?return_to={}", portal.replace('?', "%3F"));
        assert!(browser.get(&asked).await.text().contains(portal));
        let page = browser.post("/", browser.form(&[("username", ""), ("return_to", portal)])).await;
        assert!(page.text().contains(portal));
        let page = sign_in_for(&mut browser, JO, "wrong", portal).await;
        assert!(page.text().contains(portal));
    })
    .await;
}

#[tokio::test]
async fn a_page_for_those_who_are_signed_in_leads_there_and_back() {
    each("", async |test| {
        confirm(test, JO).await;
        let mut browser = Browser::new(&test.app);
        let answer = browser.get("/change").await;
        assert_eq!(answer.leads_to(), Some("/?return_to=/change"));
        let answer = browser.post("/change", "old=a&password=b&again=b").await;
        assert_eq!(answer.leads_to(), Some("/?return_to=/change"), "a form too");
        assert!(browser.get("/?return_to=/change").await.text().contains("value=\"/change\""));
        let answer = sign_in_for(&mut browser, JO, OLD, "/change").await;
        assert_eq!(answer.leads_to(), Some("/change"));
        assert_eq!(browser.get("/").await.leads_to(), Some("/account"), "nobody signs in twice");
        assert_eq!(browser.get("/?username=sam").await.status, 200, "unless somebody else is meant");
    })
    .await;
}

#[tokio::test]
async fn who_has_not_enough_is_asked_to_register_and_after_a_while_must() {
    each("[server]\nreturn_to = ['https://portal.example.org/']", async |test| {
        let portal = "https://portal.example.org/";
        let asked = async || test.app.store.registration(Some(&account(test, SAM).await)).await.unwrap().asked;
        assert_eq!(asked().await, None);
        let mut browser = Browser::new(&test.app);
        let answer = sign_in_for(&mut browser, SAM, OLD, portal).await;
        assert_eq!(answer.leads_to(), Some("/register"));
        let first = asked().await.expect("it is written down");
        assert_eq!(browser.get(&format!("/?return_to={portal}")).await.leads_to(), Some(portal), "it may be put off");
        let day = Span::hours(24);
        for (passed, required) in [(Span(day.0 * 14 - 1), false), (Span(1), true), (day, true)] {
            test.clock.pass(passed);
            let mut browser = Browser::new(&test.app);
            assert_eq!(sign_in_for(&mut browser, SAM, OLD, portal).await.leads_to(), Some("/register"));
            assert_eq!(asked().await, Some(first), "only the first time counts");
            let next = browser.get(&format!("/?return_to={portal}")).await;
            assert_eq!(next.leads_to(), Some(if required { "/register" } else { portal }));
        }
    })
    .await;
}

#[tokio::test]
async fn who_has_enough_confirms_it_now_and_then() {
    each("[policy]\nreconfirm_days = 10", async |test| {
        let leads_to = async || {
            let mut browser = Browser::new(&test.app);
            sign_in(&mut browser, JO, OLD).await.leads_to().map(str::to_owned)
        };
        assert_eq!(leads_to().await.as_deref(), Some("/register"), "never confirmed");
        confirm(test, JO).await;
        assert_eq!(leads_to().await.as_deref(), Some("/account"));
        test.clock.pass(Span(Span::hours(240).0 - 1));
        assert_eq!(leads_to().await.as_deref(), Some("/account"));
        test.clock.pass(Span(1));
        assert_eq!(leads_to().await.as_deref(), Some("/register"));
        let session = async || {
            let browser = {
                let mut browser = Browser::new(&test.app);
                sign_in(&mut browser, JO, OLD).await;
                browser
            };
            let cookie = browser.session.expect("a session");
            let token = regain::session::Token::parse(cookie.trim_start_matches("regain-session=")).unwrap();
            test.app.session(&token).await.unwrap().unwrap()
        };
        let regain::session::Due::Register { by, required, .. } = test.app.due(&session().await).await.unwrap() else {
            panic!("it is due")
        };
        let due = Time(test.app.clock.now().0);
        assert_eq!((by, required), (due + Span::hours(14 * 24), false), "the days of grace begin when it is due");
    })
    .await;
    each("[policy]\nreconfirm_days = 0", async |test| {
        let mut browser = Browser::new(&test.app);
        assert_eq!(sign_in(&mut browser, JO, OLD).await.leads_to(), Some("/account"), "never asked");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_asked_for_what_would_be_of_no_use() {
    each("[policy]\nscope = ['staff']", async |test| {
        let mut browser = Browser::new(&test.app);
        assert_eq!(sign_in(&mut browser, SAM, OLD).await.leads_to(), Some("/account"), "may not reset anyway");
    })
    .await;
    each("[policy]\nmethods = ['office_call']", async |test| {
        let mut browser = Browser::new(&test.app);
        assert_eq!(sign_in(&mut browser, SAM, OLD).await.leads_to(), Some("/account"), "nothing they could register");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_compared_does_not_count() {
    each("", async |test| {
        let mut browser = signed_in(test, JO).await;
        assert!(is_in(&mut browser).await);
        change(test, JO, Change::Rehearsed).await;
        let long = "x".repeat(1025);
        assert_eq!(sign_in(&mut browser, JO, &long).await.status, 400, "refused before it is hashed");
        let counted = test.app.store.db().read("SELECT COUNT(*) FROM throttle WHERE count > 0", vec![]).await.unwrap();
        assert_eq!(counted[0].int(0).unwrap(), 0);
    })
    .await;
}
