//! What every gateway must do. The suite runs over the registry, against something real for each kind, so that a new kind is
//! tested before anybody wrote a test for it.

mod http;
mod smtp;

use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::future::{Either, join_all, select};
use regain::clock::Clock;
use regain::delivery::{Content, Delivery, Failure, GATEWAYS, Inbox, Outgoing, Spoken};
use regain_core::method::Channel;
use regain_core::{Span, Time};

use crate::support::gateways::{Fake, Fate, Seen, fake};
use crate::support::logs::Logs;

const CODE: &str = "407163";
const WORDS: &str = "Grüße, Zoë 👋 & <b>\"you\" and 'me'</b> {to} %41 \\n + =20\nسطر";

/// The other sides of all kinds that can be started here.
async fn fakes() -> Vec<Fake> {
    join_all(GATEWAYS.iter().map(fake)).await.into_iter().flatten().collect()
}

fn open(channel: Channel, sections: &[&toml::Table]) -> Result<Delivery, Vec<String>> {
    let sections = sections.iter().map(|section| (*section).clone()).collect();
    Delivery::open(&BTreeMap::from([(channel, sections)]), Clock::by_hand(Time(0)))
}

/// The gateway alone, with this time-out.
fn alone(fake: &Fake, seconds: i64) -> Delivery {
    let mut section = fake.section.clone();
    section.insert("timeout_seconds".into(), seconds.into());
    open(fake.channel, &[&section]).expect("the section is right")
}

async fn send(delivery: &Delivery, fake: &Fake, fate: Fate, content: &Content) -> Result<String, Failure> {
    let message = Outgoing { to: fake.to(fate), content, key: "flow-1/2" };
    let receipt = delivery.send(fake.channel, &message).await?;
    assert_eq!(receipt.gateway, fake.section["kind"].as_str().unwrap_or_default());
    Ok(receipt.answer)
}

fn is_refused<T>(result: &Result<T, Failure>) -> bool {
    matches!(result, Err(Failure::Refused(_)))
}

fn is_unavailable<T>(result: &Result<T, Failure>) -> bool {
    matches!(result, Err(Failure::Unavailable(_)))
}

/// The same text with line ends as Unix has them: mail changes those.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[tokio::test]
async fn a_message_arrives_with_exactly_its_words() {
    for fake in fakes().await {
        let delivery = alone(&fake, 10);
        for words in [WORDS, "plain", "a \"},{\"to\":\"x", "</Say><Hangup/>"] {
            let content = fake.content(words, CODE);
            send(&delivery, &fake, Fate::Taken, &content).await.expect(words);
            let seen = fake.seen().pop().expect("it arrived");
            assert_eq!(seen.to, fake.to(Fate::Taken));
            assert_eq!(lines(&seen.words), fake.words(words, CODE));
        }
        assert_eq!(fake.seen().len(), 4);
    }
}

#[tokio::test]
async fn a_message_that_is_sent_again_can_be_recognised() {
    for fake in fakes().await {
        let (delivery, content) = (alone(&fake, 10), fake.content(WORDS, CODE));
        for _ in 0..2 {
            send(&delivery, &fake, Fate::Taken, &content).await.expect("it is taken");
        }
        let seen: [Seen; 2] = fake.seen().try_into().expect("two messages");
        assert_eq!(seen[0], seen[1]);
        assert!(
            !seen[0].id.is_empty() || fake.section["kind"].as_str() == Some("twilio"),
            "Twilio has no place for it"
        );
    }
}

#[tokio::test]
async fn bad_destinations_are_refused_and_failures_are_not() {
    for fake in fakes().await {
        let (delivery, content) = (alone(&fake, 1), fake.content(WORDS, CODE));
        assert!(is_refused(&send(&delivery, &fake, Fate::Refused, &content).await));
        assert_eq!(delivery.resting(), [], "a refusal is no failure of the gateway");
        for fate in [Fate::Later, Fate::Silent] {
            let sent = send(&delivery, &fake, fate, &content).await;
            assert!(is_unavailable(&sent), "{fate:?}: {sent:?}");
            assert_eq!(delivery.resting().len(), 1);
        }
        send(&delivery, &fake, Fate::Taken, &content).await.expect("and after all that it still works");
        assert_eq!(delivery.resting(), []);
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_and_adds_nothing() {
    let bad = [
        "",
        "zoe@example.org\r\nRCPT TO:<eve@example.org>",
        "zoe@example.org>\r\n",
        "zoe@example.org, eve@example.org",
        "Zoë <zoe@example.org>",
        "+447700900123\r\nX: y",
        "+447700900123&Body=x",
        "07700900123",
        "\"},{",
    ];
    for fake in fakes().await {
        let (delivery, content) = (alone(&fake, 10), fake.content(WORDS, CODE));
        for to in bad {
            let sent = delivery.send(fake.channel, &Outgoing { to, content: &content, key: "k" }).await;
            assert!(is_refused(&sent), "{to}: {sent:?}");
        }
        assert_eq!(fake.seen(), []);
    }
}

#[tokio::test]
async fn neither_answers_nor_logs_hold_the_code_or_the_address() {
    for fake in fakes().await {
        let logs = Logs::capture();
        let (delivery, content) = (alone(&fake, 1), fake.content(WORDS, CODE));
        let mut told = Vec::new();
        for fate in [Fate::Taken, Fate::Refused, Fate::Later, Fate::Silent] {
            let sent = send(&delivery, &fake, fate, &content).await;
            told.push(format!("{sent:?}"));
            told.extend(sent.err().map(|failure| failure.to_string()));
        }
        let (told, logged) = (told.join("\n"), logs.text());
        assert!(logged.contains("a gateway failed"), "the log is captured: {logged}");
        for text in [&told, &logged] {
            // Each number, also in groups; all digits of the text in one row, with its times and ports, hold any code now and then.
            let numbers = text.split(|c: char| !c.is_ascii_digit() && !matches!(c, ' ' | '-' | ',' | '.' | '\u{a0}'));
            let digits = numbers.map(|number| number.chars().filter(char::is_ascii_digit).collect::<String>());
            assert!(!digits.into_iter().any(|digits| digits.contains(CODE)), "{text}");
            assert!(!text.contains("Grüße"), "{text}");
            assert!(!text.contains("secret-1"), "{text}");
            for fate in [Fate::Taken, Fate::Refused, Fate::Later, Fate::Silent] {
                assert!(!text.contains(fake.to(fate)), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn a_gateway_that_is_gone_is_unavailable_and_the_next_one_is_tried_at_once() {
    for fake in fakes().await {
        let gone = moved(&fake.section, fake.port);
        let content = fake.content(WORDS, CODE);
        let sent = send(&open(fake.channel, &[&gone]).expect("it opens"), &fake, Fate::Taken, &content).await;
        assert!(is_unavailable(&sent), "{sent:?}");
        let both = open(fake.channel, &[&gone, &fake.section]).expect("they open");
        let message = Outgoing { to: fake.to(Fate::Taken), content: &content, key: "k" };
        let receipt = both.send(fake.channel, &message).await.expect("the second one takes it");
        let kind = fake.section["kind"].as_str().unwrap_or_default();
        assert_eq!(receipt.gateway, format!("{kind}-2"));
        let resting: Vec<String> = both.resting().into_iter().map(|resting| resting.gateway).collect();
        assert_eq!(resting, [kind]);
    }
}

/// The section with a port where nobody listens.
fn moved(section: &toml::Table, port: u16) -> toml::Table {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let free = free.expect("a free port").port();
    let moved = |value: &toml::Value| match value {
        toml::Value::Integer(n) if *n == i64::from(port) => i64::from(free).into(),
        toml::Value::String(text) => text.replace(&format!(":{port}"), &format!(":{free}")).into(),
        other => other.clone(),
    };
    section.iter().map(|(key, value)| (key.clone(), moved(value))).collect()
}

#[tokio::test]
async fn messages_do_not_wait_for_one_another() {
    for fake in fakes().await {
        let (delivery, content) = (alone(&fake, 120), fake.content(WORDS, CODE));
        let stuck = pin!(join_all((0..20).map(|_| send(&delivery, &fake, Fate::Silent, &content))));
        let quick = pin!(send(&delivery, &fake, Fate::Taken, &content));
        match select(stuck, quick).await {
            Either::Left(_) => panic!("nobody answers these"),
            Either::Right((sent, _)) => drop(sent.expect("it is taken")),
        };
    }
}

#[tokio::test]
async fn wrong_sections_are_told_by_their_key_path() {
    for fake in fakes().await {
        let path = format!("delivery.{}.gateway[0].", fake.channel.name());
        let problems = |section: &toml::Table| open(fake.channel, &[section]).err().unwrap_or_default();
        let mut unknown = fake.section.clone();
        unknown.insert("colour".into(), "blue".into());
        let found = problems(&unknown);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("{path}colour: there is no such key")), "{found:?}");
        for key in fake.section.keys() {
            let mut wrong = fake.section.clone();
            wrong.insert(key.clone(), false.into());
            let found = problems(&wrong);
            assert!(found.iter().any(|line| line.starts_with(&format!("{path}{key}: "))), "{key}: {found:?}");
            let mut without = fake.section.clone();
            without.remove(key);
            let found = problems(&without);
            assert!(found.iter().all(|line| line.starts_with(&path)), "{key}: {found:?}");
        }
        let bare = fake.section.iter().filter(|(key, _)| *key == "kind");
        let found = problems(&bare.map(|(key, value)| (key.clone(), value.clone())).collect());
        assert!(!found.is_empty(), "a gateway needs more than its kind");
    }
}

#[tokio::test]
async fn secrets_are_read_from_files() {
    for fake in fakes().await {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("secret");
        let mut section = fake.section.clone();
        let secret = section.remove(fake.secret).expect("the section has its secret");
        std::fs::write(&file, format!("{}\n", secret.as_str().unwrap_or_default())).expect("it can be written");
        let key = format!("{}_file", fake.secret);
        section.insert(key.clone(), file.display().to_string().into());
        let delivery = open(fake.channel, &[&section]).expect("the secret is found");
        send(&delivery, &fake, Fate::Taken, &fake.content(WORDS, CODE)).await.expect("and it is the right one");

        section.insert(key.clone(), "/nowhere/secret".into());
        let found = open(fake.channel, &[&section]).err().unwrap_or_default().join("\n");
        assert!(found.contains(&format!("gateway[0].{key}: cannot read /nowhere/secret")), "{found}");

        std::fs::write(&file, "not the secret").expect("it can be written");
        section.insert(key, file.display().to_string().into());
        let delivery = open(fake.channel, &[&section]).expect("it opens");
        let sent = send(&delivery, &fake, Fate::Taken, &fake.content(WORDS, CODE)).await;
        assert!(is_unavailable(&sent), "a wrong secret is our mistake, not the destination's: {sent:?}");
    }
}

#[test]
fn all_problems_of_all_gateways_are_told_at_once() {
    let section = |text: &str| text.parse::<toml::Table>().expect("a section");
    let text = vec![section("kind = 'twilio'\ntimeout_seconds = 0"), section("kind = 'pigeon'"), section("")];
    let sections = BTreeMap::from([(Channel::Email, vec![section("kind = 'smtp'")]), (Channel::Text, text)]);
    let found = Delivery::open(&sections, Clock::real()).err().unwrap_or_default();
    for start in [
        "delivery.email.gateway[0].host: is missing",
        "delivery.email.gateway[0].from: is missing",
        "delivery.text.gateway[0].timeout_seconds: must be a whole number from 1 to 120",
        "delivery.text.gateway[0].account_sid: is missing",
        "delivery.text.gateway[0].auth_token: is missing",
        "delivery.text.gateway[0].from: give either from",
        "delivery.text.gateway[1].kind: there is no kind \"pigeon\" for this channel; use one of: twilio, http",
        "delivery.text.gateway[2].kind: is missing",
    ] {
        assert!(found.iter().any(|line| line.starts_with(start)), "{start}\n{found:#?}");
    }
    assert_eq!(found.len(), 8, "{found:#?}");
}

#[tokio::test]
async fn the_demo_shows_what_would_have_been_sent() {
    let (inbox, clock) = (Inbox::default(), Clock::by_hand(Time(5)));
    let delivery = Delivery::demo(inbox.clone(), clock.clone());
    let mail = Content::Email { subject: "Your code".into(), text: "It is 407163.".into(), html: "<p>".into() };
    let call = Content::Call(Spoken {
        before: "Your code is".into(),
        digits: Some(CODE.into()),
        after: "Goodbye.".into(),
        language: "en-GB".into(),
    });
    for (channel, to, content) in [
        (Channel::Email, "jo@example.org", &mail),
        (Channel::Text, "+447700900123", &Content::Text("Code 407163".into())),
        (Channel::Call, "+442079460000;ext=12", &call),
    ] {
        assert!(delivery.offers(channel));
        clock.pass(Span(1));
        delivery.send(channel, &Outgoing { to, content, key: "k" }).await.expect("it is shown");
    }
    let shown = serde_json::to_value(inbox.messages()).expect("JSON");
    let expected = serde_json::json!([
        { "channel": "email", "to": "jo@example.org", "subject": "Your code", "text": "It is 407163.", "at": 6 },
        { "channel": "text", "to": "+447700900123", "subject": "", "text": "Code 407163", "at": 7 },
        { "channel": "call", "to": "+442079460000;ext=12", "subject": "", "text": "Your code is 407163 Goodbye.", "at": 8 },
    ]);
    assert_eq!(shown, expected);
    for n in 0..600 {
        let content = Content::Text(format!("message {n}"));
        delivery
            .send(Channel::Text, &Outgoing { to: "+447700900123", content: &content, key: "k" })
            .await
            .expect("shown");
    }
    let kept = inbox.messages();
    assert_eq!((kept.len(), kept[0].text.as_str()), (500, "message 100"));
}

#[tokio::test]
async fn without_a_gateway_nothing_is_offered() {
    let none = Delivery::none();
    assert!(!none.offers(Channel::Text));
    let content = Content::Text("x".into());
    let sent = none.send(Channel::Text, &Outgoing { to: "+447700900123", content: &content, key: "k" }).await;
    assert!(is_unavailable(&sent) && format!("{sent:?}").contains("[[delivery.text.gateway]]"));
}
