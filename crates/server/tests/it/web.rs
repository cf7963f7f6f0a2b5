//! The pages through the router: what bad input, other tabs and other sites come to.

mod edge;
mod holding;
mod password;
mod telling;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::{Method as Verb, Request, StatusCode};
use regain_core::flow::Flow;
use regain_core::reset::{Reset, Stage};
use regain_core::{FlowId, Span};

use crate::support::Engine;
use crate::support::app::{NEW, OLD, TestApp};
use crate::support::browser::{Answer, Browser};

const JO: &str = "jo.bloggs@example.org";
const COUNTS: &str = "SELECT (SELECT COUNT(*) FROM flow), (SELECT COALESCE(SUM(version), 0) FROM flow), \
                      (SELECT COUNT(*) FROM outbox), (SELECT COUNT(*) FROM audit), (SELECT COALESCE(SUM(count), 0) FROM throttle)";

async fn open(settings: &str) -> (TestApp, Browser) {
    let test = TestApp::open(&Engine::sqlite(), settings).await;
    let browser = Browser::new(&test.app);
    (test, browser)
}

/// All that a request could have written.
async fn written(test: &TestApp) -> Vec<i64> {
    let rows = test.app.store.db().read(COUNTS, vec![]).await.expect("the store answers");
    (0..5).map(|column| rows[0].int(column).expect("a number")).collect()
}

/// Up to the list of ways.
async fn identified(browser: &mut Browser) -> Answer {
    browser.get("/reset").await;
    let page = browser.submit("/reset", &[("user_id", JO)]).await;
    assert!(page.text().contains("action=\"/reset/choose\""), "the list of ways");
    page
}

/// Up to the box for the code.
async fn sent(browser: &mut Browser) -> Answer {
    let page = identified(browser).await.text();
    let option =
        page.split("name=\"option\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an option");
    browser.submit("/reset/choose", &[("option", option)]).await
}

/// Up to the boxes for the password.
async fn proved(test: &TestApp, browser: &mut Browser) -> Answer {
    sent(browser).await;
    let code = test.code().await;
    browser.submit("/reset/code", &[("code", &code)]).await
}

#[tokio::test]
async fn a_password_is_reset_through_the_pages() {
    let (test, mut browser) = open("").await;
    let page = proved(&test, &mut browser).await;
    assert!(page.text().contains("Enter new password"));
    let done = browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    assert!(done.text().contains("You have a new password"), "{}", done.text());

    for (password, leads_to) in [(OLD, None), (NEW, Some("/register"))] {
        browser.get("/").await;
        browser.submit("/", &[("username", JO)]).await;
        let answer = browser.post("/sign-in", browser.form(&[("username", JO), ("password", password)])).await;
        assert_eq!(answer.leads_to(), leads_to, "{}", answer.text());
    }
}

#[tokio::test]
async fn looking_changes_nothing() {
    let (test, mut browser) = open("[captcha]\nkind = 'picture'").await;
    let before = written(&test).await;
    for path in [
        "/",
        "/?username=jo",
        "/contact",
        "/reset",
        "/reset?username=jo",
        "/?lang=cy",
        "/contact?lang=cy",
        "/reset?lang=cy&username=jo",
        "/reset?lang=%ff%00&lang=",
        "/reset/picture.png?n=0",
        "/reset/sound.wav?n=0",
    ] {
        for verb in [Verb::GET, Verb::HEAD] {
            let request = Request::builder().method(verb.clone()).uri(path).body(Body::empty()).expect("a request");
            assert_eq!(browser.send(request).await.status, StatusCode::OK, "{verb} {path}");
        }
    }
    assert_eq!(browser.get("/reset/picture.png?n=1").await.status, StatusCode::NOT_FOUND, "only the picture shown");
    assert_eq!(browser.get("/reset/picture.png").await.status, StatusCode::NOT_FOUND);
    assert_eq!(written(&test).await, before);
}

/// What was sent, to which page, and the status it gets. Each has a good cookie and token.
fn bad_forms() -> Vec<(&'static str, Vec<u8>, StatusCode)> {
    let long = |name: &str, count: usize| format!("{name}={}", "x".repeat(count)).into_bytes();
    vec![
        ("/reset", b"user_id=%ff%fe".to_vec(), StatusCode::BAD_REQUEST),
        ("/reset", b"user_id=\xff".to_vec(), StatusCode::BAD_REQUEST),
        ("/reset", b"user_id=a%00b".to_vec(), StatusCode::BAD_REQUEST),
        ("/reset", b"user_id=a&user_id=b".to_vec(), StatusCode::BAD_REQUEST),
        ("/reset", b"".to_vec(), StatusCode::BAD_REQUEST),
        ("/reset", b"user_id=".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("/reset", b"user_id=%20+%09".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("/reset", long("user_id", 321), StatusCode::BAD_REQUEST),
        ("/reset", long("user_id", 20_000), StatusCode::PAYLOAD_TOO_LARGE),
        ("/reset/picture", b"".to_vec(), StatusCode::BAD_REQUEST),
        ("/reset/code", long("code", 33), StatusCode::BAD_REQUEST),
        ("/reset/password", long("password", 1025), StatusCode::BAD_REQUEST),
        ("/reset/choose", long("confirm-0", 321), StatusCode::BAD_REQUEST),
        ("/", b"".to_vec(), StatusCode::BAD_REQUEST),
        ("/", b"username=".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("/sign-in", b"username=jo".to_vec(), StatusCode::BAD_REQUEST),
        ("/sign-in", long("password", 1025), StatusCode::BAD_REQUEST),
    ]
}

#[tokio::test]
async fn bad_forms_get_a_clear_page_and_write_nothing() {
    let (test, mut browser) = open("").await;
    browser.get("/reset").await;
    let before = written(&test).await;
    for (path, body, status) in bad_forms() {
        let token = browser.form(&[]);
        let body = [token.as_bytes(), b"&", &body].concat();
        let shown = String::from_utf8_lossy(&body[..body.len().min(90)]).into_owned();
        let answer = browser.post(path, body).await;
        assert_eq!(answer.status, status, "{path} {shown}");
        assert!(answer.text().contains("<h1>"), "a page: {path} {shown}");
    }
    assert_eq!(written(&test).await, before, "nothing was written");
}

#[tokio::test]
async fn fields_that_are_missing_write_nothing_at_any_step() {
    let (test, mut browser) = open("").await;
    identified(&mut browser).await;
    let before = written(&test).await;
    assert_eq!(browser.post("/reset/choose", browser.form(&[])).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.post("/reset/choose", browser.form(&[("option", "99")])).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.post("/reset/choose", browser.form(&[("option", "-1")])).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(written(&test).await, before);

    let (test, mut browser) = open("").await;
    sent(&mut browser).await;
    let before = written(&test).await;
    assert_eq!(browser.post("/reset/code", browser.form(&[])).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        browser.post("/reset/code", browser.form(&[("code", " ")])).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(written(&test).await, before, "an empty code costs no try");

    let (test, mut browser) = open("").await;
    proved(&test, &mut browser).await;
    let before = written(&test).await;
    let half = browser.form(&[("password", NEW)]);
    assert_eq!(browser.post("/reset/password", half).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(written(&test).await, before);
}

#[tokio::test]
async fn steps_out_of_order_lead_to_where_one_is() {
    let (test, mut browser) = open("").await;
    browser.get("/reset").await;
    let posts: [(&str, &[(&str, &str)]); 5] = [
        ("/reset/choose", &[("option", "0")]),
        ("/reset/code", &[("code", "123456")]),
        ("/reset/resend", &[]),
        ("/reset/password", &[("password", NEW), ("again", NEW)]),
        ("/reset/again", &[]),
    ];
    let before = written(&test).await;
    for (path, fields) in posts {
        let answer = browser.submit(path, fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text().contains("Who are you?"), "{path}");
    }
    assert_eq!(written(&test).await, before);

    sent(&mut browser).await;
    let before = written(&test).await;
    for (path, fields) in
        [("/reset", &[("user_id", JO)][..]), ("/reset/password", &[("password", NEW), ("again", NEW)])]
    {
        let answer = browser.submit(path, fields).await.text();
        assert!(answer.contains("already gone on") && answer.contains("Enter your verification code"), "{path}");
    }
    assert_eq!(written(&test).await, before);
    let rating = browser.post("/reset/strength", browser.form(&[("password", NEW)])).await;
    assert_eq!(rating.status, StatusCode::CONFLICT, "passwords are rated only where one is chosen");
}

#[tokio::test]
async fn replayed_forms_and_other_tabs_do_nothing_twice() {
    let (test, mut browser) = open("").await;
    sent(&mut browser).await;
    let code = test.code().await;
    let mut other = browser.clone();
    browser.submit("/reset/code", &[("code", &code)]).await;
    // Tabs share their cookies; the page in this one is still the old.
    other.cookie = browser.cookie.clone();
    let before = written(&test).await;
    let page = other.submit("/reset/code", &[("code", &code)]).await;
    assert!(page.text().contains("Enter new password"), "the other tab shows where the flow is now");
    assert_eq!(written(&test).await, before, "a code is taken once");

    browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    let before = written(&test).await;
    let page = other
        .submit("/reset/password", &[("password", "another kettle 94 plum"), ("again", "another kettle 94 plum")])
        .await;
    assert!(page.text().contains("You have a new password"));
    assert_eq!(written(&test).await, before, "one write for one flow");
    assert!(test.signs_in(JO, NEW).await);
}

#[tokio::test]
async fn forged_old_and_missing_cookies_get_a_page_and_a_way_on() {
    let (test, mut browser) = open("").await;
    browser.get("/reset").await;
    let good = browser.clone();
    let before = written(&test).await;
    let cookie = good.cookie.clone().expect("a cookie was set");
    let value = cookie.split_once('=').expect("a pair").1;
    let flipped = format!("regain={}{}", if value.starts_with('A') { "B" } else { "A" }, &value[1..]);
    for forged in [None, Some(flipped), Some("regain=".into()), Some("regain=%00".into()), Some("other=1".into())] {
        let mut browser = good.clone();
        browser.cookie = forged.clone();
        let answer = browser.post("/reset", browser.form(&[("user_id", JO)])).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{forged:?}");
        assert!(answer.text().contains("href=\"/reset?username=jo.bloggs%40example.org\""), "the User ID is kept");
    }
    for csrf in ["", "AAAA", &"A".repeat(43), "%ff"] {
        let mut browser = good.clone();
        browser.csrf = csrf.into();
        assert_eq!(
            browser.post("/reset", browser.form(&[("user_id", JO)])).await.status,
            StatusCode::FORBIDDEN,
            "{csrf}"
        );
    }
    test.clock.pass(Span::hours(25));
    let mut old = good.clone();
    assert_eq!(old.post("/reset", old.form(&[("user_id", JO)])).await.status, StatusCode::FORBIDDEN, "old");
    let answer = old.get("/reset").await;
    assert!(answer.headers.contains_key(SET_COOKIE), "an old cookie is replaced");
    assert_eq!(written(&test).await, before);
}

#[tokio::test]
async fn forms_of_other_sites_and_other_kinds_are_refused() {
    let (test, mut browser) = open("").await;
    browser.get("/reset").await;
    let before = written(&test).await;
    let form = browser.form(&[("user_id", JO)]);
    let kind = "application/x-www-form-urlencoded";
    for (name, value, kind, status) in [
        ("origin", "https://evil.example", kind, StatusCode::FORBIDDEN),
        ("sec-fetch-site", "cross-site", kind, StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-site", kind, StatusCode::FORBIDDEN),
        ("x-nothing", "", "text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("x-nothing", "", "multipart/form-data; boundary=x", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let request = Request::post("/reset").header(CONTENT_TYPE, kind).header(name, value);
        let answer = browser.send(request.body(Body::from(form.clone())).expect("a request")).await;
        assert_eq!(answer.status, status, "{name} {value} {kind}");
    }
    assert_eq!(written(&test).await, before);
}

#[tokio::test]
async fn a_strange_host_is_not_answered_and_reaches_no_link() {
    let (test, mut browser) = open("").await;
    for host in ["evil.example", "127.0.0.1:8080.evil.example", "127.0.0.1", ""] {
        let request = Request::get("/reset").header(HOST, host).header("x-forwarded-host", host);
        let answer = browser.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert!(!answer.text().contains("evil"), "{host}");
        assert!(!answer.headers.contains_key(SET_COOKIE));
    }
    let request = Request::get("/reset").header("x-forwarded-host", "evil.example").body(Body::empty());
    let answer = browser.send(request.expect("a request")).await;
    assert!(answer.status == StatusCode::OK && !answer.text().contains("evil"));
    assert!(test.app.settings.server.public_url.contains("127.0.0.1"));
}

#[tokio::test]
async fn every_answer_wears_the_headers() {
    let (_test, mut browser) = open("[server]\npublic_url = 'https://reset.example.org'").await;
    for (verb, path, status) in [
        (Verb::GET, "/", StatusCode::OK),
        (Verb::GET, "/reset", StatusCode::OK),
        (Verb::GET, "/no-such-page", StatusCode::NOT_FOUND),
        (Verb::GET, "/assets/../../etc/passwd", StatusCode::NOT_FOUND),
        (Verb::DELETE, "/reset", StatusCode::METHOD_NOT_ALLOWED),
        (Verb::DELETE, "/reset/code", StatusCode::METHOD_NOT_ALLOWED),
        (Verb::GET, "/reset/code", StatusCode::SEE_OTHER),
        (Verb::GET, "/healthz", StatusCode::OK),
        (Verb::GET, "/readyz", StatusCode::OK),
    ] {
        let request = Request::builder().method(verb.clone()).uri(path).body(Body::empty()).expect("a request");
        let answer = browser.send(request).await;
        assert_eq!(answer.status, status, "{verb} {path}");
        let header =
            |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert!(!header("content-security-policy").contains("unsafe"), "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(header("strict-transport-security").starts_with("max-age="), "{path}");
    }
    browser.cookie = None;
    let cookie = browser.get("/reset").await.headers[SET_COOKIE].clone();
    let cookie = cookie.to_str().expect("text");
    assert!(cookie.starts_with("__Host-regain="), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let page = browser.get("/reset").await.text();
    let style =
        page.split("rel=\"stylesheet\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a style sheet");
    let answer = browser.get(style).await;
    assert!(answer.headers[CACHE_CONTROL].to_str().expect("text").contains("immutable"));
    let request = Request::get("/").header(COOKIE, "\u{7f}").body(Body::empty());
    assert!(request.is_err() || browser.send(request.expect("a request")).await.status == StatusCode::OK);
}

#[tokio::test]
async fn time_can_be_extended_with_and_without_scripts() {
    let (test, mut browser) = open("").await;
    sent(&mut browser).await;
    test.clock.pass(Span::minutes(14));
    let page = browser.submit("/reset/extend", &[]).await.text();
    assert!(page.contains("You have more time now") && page.contains("Enter your verification code"));
    test.clock.pass(Span::minutes(14));
    let request = Request::post("/reset/extend").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.header("accept", "application/json").body(Body::from(browser.form(&[])));
    let answer = browser.send(request.expect("a request")).await.text();
    assert!(answer.contains("\"left\":900") && answer.contains("\"more\":true"), "{answer}");
    test.clock.pass(Span::minutes(16));
    let before = written(&test).await;
    assert!({
        let answer = browser.get("/reset").await;
        browser.follow(answer).await.text().contains("Your time ran out")
    });
    assert_eq!(written(&test).await, before, "looking writes no end either");
    let page = browser.submit("/reset/again", &[("user_id", JO)]).await.text();
    assert!(page.contains("Who are you?") && page.contains(JO), "a fresh form with the User ID typed");
}

#[tokio::test]
async fn an_address_that_names_somebody_else_starts_over_while_nothing_is_proven() {
    let (test, mut browser) = open("").await;
    identified(&mut browser).await;
    let same = browser.get("/reset?username=JO.Bloggs@example.org").await.text();
    assert!(same.contains("action=\"/reset/choose\"") && !same.contains("begun already"), "the same person goes on");
    let before = written(&test).await;
    let other = browser.get("/reset?username=robin.khan@example.org").await.text();
    assert!(other.contains("Who are you?") && other.contains("robin.khan@example.org"));
    assert_eq!(written(&test).await, before);
}

#[tokio::test]
async fn an_address_that_names_somebody_else_does_not_end_what_is_proven() {
    let (test, mut browser) = open("[policy]\nsteps = 2").await;
    proved(&test, &mut browser).await;
    let (before, cookie) = (written(&test).await, browser.cookie.clone());
    let other = browser.get("/reset?username=robin.khan@example.org").await.text();
    assert!(other.contains("action=\"/reset/choose\"") && other.contains(JO), "it is still there");
    assert!(other.contains("begun already") && other.contains("action=\"/reset/back\""), "and how to correct it");
    assert!(!other.contains("robin.khan"), "nobody else is shown");
    assert_eq!((written(&test).await, &browser.cookie), (before, &cookie));

    let corrected = browser.submit("/reset/back", &[]).await.text();
    assert!(corrected.contains("Who are you?") && corrected.contains(JO));
    let named = browser.get("/reset?username=robin.khan@example.org").await.text();
    assert!(named.contains("Who are you?") && named.contains("robin.khan@example.org"));
}

#[tokio::test]
async fn whoever_is_named_after_the_end_starts_over() {
    let (test, mut browser) = open("").await;
    identified(&mut browser).await;
    let cookie = browser.cookie.clone();
    browser.submit("/reset/cancel", &[]).await;
    let before = written(&test).await;
    let other = browser.get("/reset?username=robin.khan@example.org").await.text();
    assert!(other.contains("Who are you?") && other.contains("robin.khan@example.org"));
    assert_eq!(written(&test).await, before);
    assert_ne!(browser.cookie, cookie);
}

#[tokio::test]
async fn no_clock_runs_before_there_is_anything_to_end() {
    let (_test, mut browser) = open("[captcha]\nkind = 'picture'").await;
    for path in ["/reset", "/reset?username=jo", "/reset?username=jo&note=over"] {
        assert!(!browser.get(path).await.text().contains("data-left"), "{path}");
    }
    let unfinished = browser.submit("/reset", &[("user_id", "jo")]).await.text();
    assert!(unfinished.contains("role=\"alert\"") && !unfinished.contains("data-left"), "still nothing was begun");
    let begun = browser.submit("/reset/picture", &[("user_id", "")]).await.text();
    assert!(begun.contains("data-left"), "time runs from the first thing that is kept");
}

#[tokio::test]
async fn another_code_is_claimed_only_if_it_was_sent() {
    let says = "We have sent another code";
    let (test, mut browser) = open("[policy]\nresend_seconds = 30\nsends = 2").await;
    sent(&mut browser).await;
    test.clock.pass(Span::seconds(31));
    assert!(browser.submit("/reset/resend", &[]).await.text().contains(says), "the last one that may be sent");
    test.clock.pass(Span::seconds(31));
    assert!(!browser.submit("/reset/resend", &[]).await.text().contains(says), "none are left");
    assert_eq!(test.messages().await.len(), 2);

    let limited = "[policy]\nresend_seconds = 0\n[throttle]\nsends = [{ count = 1, seconds = 3600 }]";
    let (test, mut browser) = open(limited).await;
    sent(&mut browser).await;
    test.clock.pass(Span::seconds(1));
    let page = browser.submit("/reset/resend", &[]).await.text();
    assert!(page.contains("role=\"alert\"") && !page.contains(says), "the limit is said, and nothing else");
    assert_eq!(test.messages().await.len(), 1);
}

#[tokio::test]
async fn a_look_up_that_was_interrupted_is_taken_up_again_by_the_form_alone() {
    let (test, mut browser) = open("").await;
    browser.get("/reset").await;
    let cookie = browser.cookie.clone().expect("a cookie");
    let bytes = data_encoding::BASE64URL_NOPAD.decode(cookie.trim_start_matches("regain=").as_bytes()).expect("base64");
    let id = FlowId(*bytes.first_chunk().expect("it begins with the flow"));
    let mut flow = Reset::new(id, test.clock.now(), Span::minutes(15));
    (flow.user_id, flow.stage) = (JO.into(), Stage::LookingUp);
    let put = test
        .app
        .store
        .put_flow(None, &Flow::Reset(flow.clone()), flow.due(&test.app.policy))
        .expect("it can be written");
    test.app.store.db().write(vec![put]).await.expect("the store takes it");
    for _ in 0..2 {
        let page = browser.get("/reset").await.text();
        assert!(page.contains("One moment, please") && page.contains("data-go-on"), "looking changes nothing");
    }
    let page = browser.submit("/reset/resume", &[]).await.text();
    assert!(page.contains("action=\"/reset/choose\""), "{page}");
}

#[tokio::test]
async fn the_whole_number_is_taken_in_any_usual_spelling() {
    let settings = "[policy]\nconfirm_number = true\nconfirm_email = true\nresend_seconds = 0\n[throttle]\nsends = []\n\
                    [organisation]\nregion = 'GB'";
    for (label, typed, right) in [
        ("Send a text", "07700 900123", true),
        ("Send a text", "+44 (0)7700-900123", true),
        ("Send a text", "07700 900124", false),
        ("Send a text", "nonsense", false),
        ("Send a text", "", false),
        ("Email my", "JobLoggs@mail.co.uk ", true),
        ("Email my", "jobloggs@mail.com", false),
    ] {
        let (_test, mut browser) = open(settings).await;
        let page = identified(&mut browser).await.text();
        let ways = page.split("name=\"option\" value=\"").skip(1).find(|way| way.contains(label)).expect("the way");
        let option = ways.split('"').next().expect("its place");
        let others =
            ["0", "1", "2", "3"].map(|place| (format!("confirm-{place}"), if place == option { typed } else { "" }));
        let mut fields = vec![("option", option)];
        fields.extend(others.iter().map(|(name, typed)| (name.as_str(), *typed)));
        let page = browser.submit("/reset/choose", &fields).await.text();
        assert_eq!(page.contains("Enter your verification code"), right, "{label} {typed}");
        assert_eq!(page.contains("role=\"alert\""), !right, "{label} {typed}");
    }
}
