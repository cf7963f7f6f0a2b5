//! Every page from samples: small, whole, labelled, and free of what the security policy forbids.

mod steps;
mod views;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use askama::Template;
use async_trait::async_trait;
use axum::body::to_bytes;
use axum::http::StatusCode;
use regain_core::method::Channel;
use regain_core::reset::{Goal, Stepper, View};
use regain_core::subject::AccountId;
use regain_core::{FlowId, Keys, Policy, Secret, Span, Time, captcha};

use self::views::{options, views};
use super::refusal::ErrorPage;
use super::reset::pages;
use super::visitor::Visitor;
use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::Captured;
use crate::directory::several::Others;
use crate::directory::{Directory, Error, Person, Verdict};
use crate::drive::{Look, Origin};
use crate::post::Post;
use crate::store::Store;

/// The most bytes a page may weigh with its style, scripts and icon; pictures, sounds and the logo apart.
const PAGE: usize = 20_000;

/// The same for the guide, which is all that the other pages have to say at once.
const GUIDE: usize = 32_000;

/// Tuesday 2026-11-24, 14:00 in London.
const NOW: Time = Time(1_795_528_800_000);

const LONG: &str =
    "an.exceedingly.long.name.that.somebody.really.has-and-uses-every-day@a-subdomain.of.an.even.longer.example.org";

struct Nobody;

#[async_trait]
impl Directory for Nobody {
    async fn find(&self, _user_id: &str) -> Result<Option<Person>, Error> {
        Ok(None)
    }

    async fn verify(&self, _account: Option<&AccountId>, _password: &Secret) -> Result<Verdict, Error> {
        Ok(Verdict::Wrong)
    }

    async fn reset(&self, _account: &AccountId, _password: &Secret) -> Result<(), Error> {
        Ok(())
    }
    async fn names(&self, _most: usize) -> Result<Vec<AccountId>, Error> {
        Ok(Vec::new())
    }

    async fn person(&self, _account: &AccountId) -> Result<Option<Person>, Error> {
        Ok(None)
    }

    async fn change(&self, _account: &AccountId, _old: &Secret, _new: &Secret) -> Result<(), Error> {
        Ok(())
    }

    async fn unlock(&self, _account: &AccountId) -> Result<(), Error> {
        Ok(())
    }
}

async fn web(folder: &Path, captcha: captcha::Kind, demo: bool) -> Arc<Web> {
    with_policy(folder, Policy { captcha, ..Policy::default() }, demo).await
}

/// The pages of an installation with these rules.
pub(super) async fn with_policy(folder: &Path, policy: Policy, demo: bool) -> Arc<Web> {
    let table = r##"
        [organisation]
        name = "Northwood Society"
        colour = "#0f5c50"
        [care_team]
        name = "Supporter Care Team"
        mail = "supportercare@northwood.example"
        telephone = "0300 555 0184"
        time_zone = "Europe/London"
        hours = ["Mon-Thu 09:00-17:00", "Fri 09:00-12:30, 13:30-16:00"]
        holidays = ["2026-01-01", "2026-12-25", "2026-12-28"]
    "##;
    let settings = Config::from_table(table.parse().unwrap()).unwrap().settings;
    let (keys, clock) = (Keys::new([7; 32]), Clock::by_hand(NOW));
    let url = format!("sqlite:{}", folder.join("pages.db").display());
    let store = Store::open(&url, keys.clone(), clock.clone()).await.unwrap();
    let app = App {
        settings,
        policy,
        keys,
        clock,
        store,
        directory: Arc::new(Nobody),
        others: Others::default(),
        banned: crate::banned::Words::default(),
        breach: None,
        post: Post::default(),
        stopping: false.into(),
    };
    Web::new(Arc::new(app), demo).unwrap()
}

fn visitor() -> Visitor {
    Visitor { flow: FlowId([3; 16]), proofs: 0, ended: None, fresh: false, origin: Origin::default() }
}

fn look(view: View) -> Look {
    Look {
        view,
        goal: Goal::Reset,
        expires: NOW + Span::minutes(14),
        extensions_left: 10,
        ended_at: None,
        reference: "K7QF-2M9X".into(),
        proofs: 0,
        known: Box::default(),
    }
}

fn refusals() -> Vec<(&'static str, Refusal)> {
    vec![
        ("error-old", Refusal::Old { back: "/reset?username=jo%40example.org".into() }),
        ("error-unreadable", Refusal::Unreadable),
        ("error-overlong", Refusal::Overlong("overlong-user")),
        ("error-large", Refusal::TooLarge),
        ("error-media", Refusal::Media),
        ("error-length", Refusal::Length),
        ("error-missing", Refusal::NotFound),
        ("error-method", Refusal::Method),
        ("error-host", Refusal::Host),
        ("error-busy", Refusal::Busy),
        ("error-fault", Refusal::Fault { incident: "M4QX7RTA".into() }),
    ]
}

/// Every page there is, under a name.
async fn samples(web: &Web) -> Vec<(String, String)> {
    let mut samples = Vec::new();
    for (name, view, note) in views() {
        let answer = pages::page(web, &visitor(), StatusCode::OK, &look(view), note, None).unwrap();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        samples.push((name.to_owned(), String::from_utf8(body.to_vec()).unwrap()));
    }
    for (name, refusal) in refusals() {
        samples.push((name.to_owned(), ErrorPage::new(web, &refusal, "/reset").render().unwrap()));
    }
    let shell = |title| page::Shell::of(web, &visitor(), title);
    let problems = |key: &str| vec![shell("sign-in-title").say(key)];
    for (name, problems, user_id) in
        [("sign-in", vec![], ""), ("sign-in-empty", problems("sign-in-empty"), ""), ("sign-in-long", vec![], LONG)]
    {
        let mut page = shell("sign-in-title");
        page.error = !problems.is_empty();
        let page = sign_in::UserIdPage {
            page,
            problems,
            note: String::new(),
            user_id: user_id.into(),
            return_to: String::new(),
        };
        samples.push((name.into(), page.render().unwrap()));
    }
    for (name, problems) in [("sign-in-password", vec![]), ("sign-in-wrong", problems("sign-in-wrong"))] {
        let mut page = shell("password-title");
        page.error = !problems.is_empty();
        let page = sign_in::PasswordPage {
            page,
            problems,
            user_id: "jo.bloggs@example.org".into(),
            return_to: "https://portal.example.org/".into(),
        };
        samples.push((name.into(), page.render().unwrap()));
    }
    let mut page = shell("account-title");
    page.signed_in = true;
    let (name, user_id, note) = ("Jo Bloggs".into(), LONG.into(), page.say("change-done"));
    let page = account::AccountPage { page, name, user_id, note };
    samples.push(("account".into(), page.render().unwrap()));
    let message = |channel, to: &str, subject: &str, text: &str| Captured {
        channel,
        to: to.into(),
        subject: subject.into(),
        text: text.into(),
        at: NOW,
    };
    let messages = [
        message(
            Channel::Call,
            "+447700900123",
            "",
            "Hello. This is Northwood Society. Here is your verification code. 123456",
        ),
        message(
            Channel::Text,
            "+447700900123",
            "",
            "123456 is your Northwood Society verification code.\n\n@127.0.0.1 #123456",
        ),
        message(
            Channel::Email,
            "jobloggs@mail.example",
            "123456 is your code",
            "Somebody, we hope you…\n\n    123456\n\nIt works once.",
        ),
    ];
    samples.push(("inbox".into(), demo::InboxPage::new(web, &messages).render().unwrap()));
    samples.push(("inbox-empty".into(), demo::InboxPage::new(web, &[]).render().unwrap()));
    samples.push(("contact".into(), contact::ContactPage::new(web).render().unwrap()));
    samples.push(("help".into(), help::HelpPage::new(web).render().unwrap()));
    samples
}

/// The values of an attribute in a page.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    html.match_indices(&opening).filter_map(|(at, _)| html[at + opening.len()..].split('"').next()).collect()
}

/// The tags of this kind in a page.
fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!("<{name}");
    let found = html.match_indices(&opening).filter_map(|(at, _)| html[at..].split_inclusive('>').next());
    found.filter(|tag| tag[opening.len()..].starts_with([' ', '>'])).collect()
}

fn check(web: &Web, name: &str, html: &str) {
    let text = |opening: &str, closing: &str| html.split(opening).nth(1).and_then(|rest| rest.split(closing).next());
    let title = text("<title>", "</title>").unwrap_or_default().trim();
    assert!(title.len() > 10, "{name}: a title");
    assert_eq!(
        title.starts_with("Error: "),
        html.contains("role=\"alert\""),
        "{name}: the title says whether something is wrong"
    );
    assert_eq!(html.matches("<h1").count(), 1, "{name}: one heading");
    assert!(html.contains("<html lang=\"en\" dir=\"ltr\">"), "{name}: language");

    for forbidden in [" style=", "<style", "javascript:", " onclick", " onsubmit", " onload", "{{", "{%"] {
        assert!(!html.contains(forbidden), "{name}: {forbidden}");
    }
    assert!(tags(html, "script").iter().all(|tag| tag.contains(" src=\"/assets/")), "{name}: no script in the page");
    for address in [attributes(html, "href"), attributes(html, "src"), attributes(html, "action")].concat() {
        let ours = (address.starts_with('/') && !address.starts_with("//")) || address.starts_with('#');
        let ours = ours || address.starts_with(&format!("{}/", web.app.settings.server.public_url));
        assert!(ours || address.starts_with("mailto:") || address.starts_with("tel:"), "{name}: {address}");
    }

    let ids = attributes(html, "id");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}: no id twice");
    for pointing in [attributes(html, "aria-describedby"), attributes(html, "for"), attributes(html, "form")].concat() {
        assert!(pointing.split(' ').all(|id| ids.contains(&id)), "{name}: {pointing} is there");
    }
    for input in tags(html, "input") {
        let of = |attribute| attributes(input, attribute).first().copied().unwrap_or_default();
        let labelled = attributes(html, "for").contains(&of("id")) || of("type") == "radio";
        let unseen = of("type") == "hidden" || of("aria-hidden") == "true";
        assert!(labelled || unseen, "{name}: a label for {input}");
        assert!(unseen || of("type") == "checkbox" || !of("name").is_empty(), "{name}: a name for {input}");
    }
    let posting = tags(html, "form").len();
    assert_eq!(html.matches("name=\"csrf\"").count(), posting, "{name}: a token in every form");

    let fetched: BTreeSet<&str> = [attributes(html, "href"), attributes(html, "src")].concat().into_iter().collect();
    let assets: usize =
        fetched.iter().filter(|address| address.starts_with("/assets/")).map(|a| web.assets.size(a)).sum();
    let most = if name == "help" { GUIDE } else { PAGE };
    assert!(html.len() + assets < most, "{name}: {} bytes and {assets} of assets", html.len());
}

#[tokio::test]
async fn every_page_is_small_whole_and_labelled() {
    let folder = tempfile::tempdir().unwrap();
    for kind in [captcha::Kind::Ladder, captcha::Kind::Picture, captcha::Kind::Off] {
        let web = web(folder.path(), kind, kind == captcha::Kind::Off).await;
        let samples = samples(&web).await;
        for (name, html) in &samples {
            check(&web, name, html);
        }
        write_out(&web, &format!("{kind:?}").to_lowercase(), &samples);
    }
}

/// The sample of this name.
fn sample<'a>(samples: &'a [(String, String)], name: &str) -> &'a str {
    &samples.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("a sample of {name}")).1
}

#[tokio::test]
async fn the_pages_of_bad_news_are_there_and_claim_no_more_than_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let web = web(folder.path(), captcha::Kind::Ladder, false).await;
    let samples = samples(&web).await;
    for name in ["error-fault", "error-busy", "resting", "unknown", "expired", "too-many-tries", "too-many-pictures"] {
        assert!(sample(&samples, name).contains("<h1>"), "{name}");
    }
    assert!(!sample(&samples, "done").contains("We have told you"), "there may be nobody to tell");
    assert!(
        sample(&samples, "error-busy").contains("type your new password in both boxes again"),
        "they are empty then"
    );
}

#[tokio::test]
async fn the_page_that_waits_goes_on_by_the_form() {
    let folder = tempfile::tempdir().unwrap();
    let web = web(folder.path(), captcha::Kind::Ladder, false).await;
    let samples = samples(&web).await;
    let wait = sample(&samples, "wait");
    let form = tags(wait, "form").into_iter().find(|form| form.contains("action=\"/reset/resume\"")).unwrap();
    assert_eq!(attributes(form, "data-go-on"), ["2"], "the script posts it: only looking would take nothing up again");
    let script = web.assets.each().find(|(name, _)| name.ends_with(".js") && wait.contains(*name)).unwrap().1;
    let script = std::str::from_utf8(script).unwrap();
    assert!(script.contains("dataset.goOn") && script.contains("[data-go-on]"));
    assert!(wait.contains("<noscript><meta http-equiv=\"refresh\" content=\"2\">") && wait.contains("Press Go on if"));
}

/// To look at them: `REGAIN_SAMPLES=folder cargo test -p regain every_page`, then serve the folder.
fn write_out(web: &Web, kind: &str, samples: &[(String, String)]) {
    let asked = crate::config::environment().into_iter().find(|(name, _)| name == "REGAIN_SAMPLES");
    let Some((_, folder)) = asked else { return };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    std::fs::create_dir_all(folder.join("reset")).unwrap();
    for (name, html) in samples {
        std::fs::write(folder.join(format!("{kind}-{name}.html")), html).unwrap();
    }
    for (name, body) in web.assets.each() {
        std::fs::write(folder.join("assets").join(name), body).unwrap();
    }
    std::fs::write(folder.join("reset/picture.png"), crate::captcha::picture("K7RF4H", 1)).unwrap();
    std::fs::write(folder.join("reset/sound.wav"), crate::captcha::sound("K7RF4H", 1)).unwrap();
}

#[tokio::test]
async fn what_people_typed_is_escaped_and_isolated() {
    let folder = tempfile::tempdir().unwrap();
    let web = web(folder.path(), captcha::Kind::Ladder, false).await;
    let evil = "\"><script>alert(1)</script>\u{202e}";
    let view = View::Choose {
        user_id: evil.into(),
        stepper: Stepper { steps: 1, at: 1 },
        options: options(false),
        problem: None,
    };
    let answer = pages::page(&web, &visitor(), StatusCode::OK, &look(view), None, None).unwrap();
    let html = String::from_utf8(to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap();
    assert!(!html.contains("<script>"), "escaped");
    assert!(html.contains("<bdi class=\"who-id\">"), "isolated");
}
