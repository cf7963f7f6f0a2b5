//! Choosing a password on the pages: one verdict everywhere, the rules shown before anything is typed, passphrases.

use std::io::Write as _;
use std::process::{Command, Stdio};

use regain::breach::{self, Options, Source};
use regain_core::Time;

use super::*;

/// What `regain password check` says of Jo's password.
fn on_the_command_line(password: &str) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regain"));
    command.args(["password", "check", "--json", "--user-id", JO, "--person", JO]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command starts");
    child.stdin.take().expect("a pipe").write_all(password.as_bytes()).expect("it reads");
    let done = child.wait_with_output().expect("it ends");
    let said: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(done.status.code(), Some(i32::from(said["accepted"] == false)), "{said}");
    said
}

/// What a page says, as somebody reads it.
fn read(page: &Answer) -> String {
    page.text().replace("&#39;", "'").replace("&quot;", "\"").replace("&#34;", "\"").replace("&amp;", "&")
}

#[tokio::test]
async fn the_meter_the_button_and_the_command_line_agree() {
    let (test, mut browser) = open("").await;
    proved(&test, &mut browser).await;
    let refused = [
        "short",
        "password1",
        "xq-jo.bloggs-7Vw",
        "drowssap99",
        "bloggs kettle 94",
        "Summer2031",
        "your organisation 94",
        "plum\u{200b}kettle orbit",
        "qwertyuiop",
        "Пassword1",
    ];
    for password in refused {
        test.clock.pass(Span::seconds(11));
        let rated = browser.post("/reset/strength", browser.form(&[("password", password)])).await;
        let rated: serde_json::Value = serde_json::from_slice(&rated.body).expect("JSON");
        let why = rated["why"].as_str().unwrap_or_else(|| panic!("{password} passes the meter: {rated}"));
        let page = browser.submit("/reset/password", &[("password", password), ("again", password)]).await;
        assert!(read(&page).contains(why), "{password}: the page does not say: {why}");
        let word = rated["word"].as_str().expect("a word");
        assert!(read(&page).contains(&format!("The one you typed was {word}")), "{password} is {word}");
        let said = on_the_command_line(password);
        assert_eq!((&said["accepted"], &said["strength"]), (&false.into(), &rated["word"]), "{password}");
    }
    test.clock.pass(Span::seconds(11));
    let rated = browser.post("/reset/strength", browser.form(&[("password", NEW)])).await;
    let rated: serde_json::Value = serde_json::from_slice(&rated.body).expect("JSON");
    let said = on_the_command_line(NEW);
    assert_eq!((&rated["why"], &said["accepted"]), (&serde_json::Value::Null, &true.into()));
    assert_eq!(rated["word"], said["strength"]);
    let done = browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    assert!(done.text().contains("You have a new password"));
}

#[tokio::test]
async fn the_directory_s_rules_stand_in_the_list_before_anything_is_typed() {
    let (test, mut browser) = open("[directory]\nmin_length = 12\n[password]\nclasses = 2").await;
    let page = proved(&test, &mut browser).await.text();
    for line in ["has 12 to 256 characters", "has 2 of these", "none of your last 5"] {
        assert!(page.contains(line), "{line} in {page}");
    }
    let refused = browser.submit("/reset/password", &[("password", "k3!vQz9mBx"), ("again", "k3!vQz9mBx")]).await;
    assert!(refused.text().contains("at least 12 characters"), "we say so before the directory does");

    let (test, mut browser) = open("[password]\none_step_min = 15").await;
    let page = proved(&test, &mut browser).await.text();
    assert!(page.contains("has 15 to 256 characters"), "one step asks for more");
}

#[tokio::test]
async fn a_password_from_a_breach_is_refused_by_the_meter_and_the_button() {
    const STOLEN: &str = "walrus 71 bicycle tin";
    let folder = tempfile::tempdir().expect("a folder");
    let (list, filter) = (folder.path().join("list"), folder.path().join("filter"));
    std::fs::write(&list, "9930D3753E8438B0E9A346127C19B858A124F704:12\n").expect("it can be written");
    let inputs = [Source::named(list).expect("it is there")];
    breach::build(&inputs, &filter, Options::default(), Time(0), false).expect("it is built");
    let (test, mut browser) = open(&format!("[password]\nbreach_file = '{}'", filter.display())).await;
    proved(&test, &mut browser).await;
    let rate = async |browser: &mut Browser, page: &str, typed: &str| -> serde_json::Value {
        let rated = browser.post(page, browser.form(&[("password", typed)])).await;
        serde_json::from_slice(&rated.body).expect("JSON")
    };
    let why = "stolen somewhere before";
    let rated = rate(&mut browser, "/reset/strength", STOLEN).await;
    assert!(rated["why"].as_str().is_some_and(|said| said.contains(why)), "{rated}");
    assert!(rate(&mut browser, "/reset/strength", NEW).await["why"].is_null());
    let page = browser.submit("/reset/password", &[("password", STOLEN), ("again", STOLEN)]).await;
    assert!(read(&page).contains(why) && !read(&page).contains(STOLEN), "{}", read(&page));
    // However it is spelled: the filter is asked for the form that is used.
    let spelled = STOLEN.replace(' ', "\u{a0}");
    let page = browser.submit("/reset/password", &[("password", &spelled), ("again", &spelled)]).await;
    assert!(read(&page).contains(why));
    let done = browser.submit("/reset/password", &[("password", NEW), ("again", NEW)]).await;
    assert!(done.text().contains("You have a new password"));

    browser.get("/").await;
    browser.submit("/", &[("username", JO)]).await;
    browser.post("/sign-in", browser.form(&[("username", JO), ("password", NEW)])).await;
    browser.get("/change").await;
    let rated = rate(&mut browser, "/change/strength", STOLEN).await;
    assert!(rated["why"].as_str().is_some_and(|said| said.contains(why)), "{rated}");
    let fields = [("old", NEW), ("password", STOLEN), ("again", STOLEN)];
    assert!(read(&browser.submit("/change", &fields).await).contains(why));
    assert!(test.signs_in(JO, NEW).await);
}

#[tokio::test]
async fn passphrases_are_offered_once_and_kept_nowhere() {
    let (test, mut browser) = open("[password]\nclasses = 4").await;
    proved(&test, &mut browser).await;
    let before = written(&test).await;
    let answer = browser.post("/reset/passphrases", browser.form(&[])).await;
    assert_eq!((answer.status, answer.leads_to()), (StatusCode::OK, None));
    assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    let page = answer.text();
    let phrases: Vec<&str> =
        page.split("<code id=\"phrase-").skip(1).filter_map(|rest| rest.split(['>', '<']).nth(1)).collect();
    assert_eq!(phrases.len(), 3, "{page}");
    assert_eq!(written(&test).await, before, "nothing is written");
    let again = browser.get("/reset").await.text();
    assert!(phrases.iter().all(|phrase| !again.contains(phrase)), "nor shown again");

    let done = browser.submit("/reset/password", &[("password", phrases[1]), ("again", phrases[1])]).await;
    assert!(done.text().contains("You have a new password"), "{}", done.text());
    let late = browser.post("/reset/passphrases", browser.form(&[])).await;
    assert_eq!(late.leads_to(), Some("/reset?note=moved"), "only where a password is chosen");
}
