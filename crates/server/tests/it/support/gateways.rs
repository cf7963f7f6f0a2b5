//! For each kind of gateway something real to speak to, with the section of the configuration that leads there.

use regain::delivery::{Content, Entry, Spoken};
use regain_core::method::Channel;

use super::providers::{self, ACCOUNT, Asked, Provider, Reply, TOKEN};
use super::smtp::{LOGIN, Security, SmtpServer};

/// What becomes of a message; the destination decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Taken,
    Refused,
    Later,
    Silent,
}

/// A gateway's other side.
pub(crate) struct Fake {
    pub(crate) channel: Channel,
    /// Its section, with `kind`.
    pub(crate) section: toml::Table,
    /// The key in it that holds a secret.
    pub(crate) secret: &'static str,
    pub(crate) port: u16,
    seen: Box<dyn Fn() -> Vec<Seen>>,
}

/// A message as it arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) to: String,
    /// All words, in order.
    pub(crate) words: String,
    /// What tells that it is the same message again; empty if the provider has no place for it.
    pub(crate) id: String,
}

/// Starts the other side for a kind of gateway. A new kind needs a line here; until then its tests fail.
pub(crate) async fn fake(entry: &Entry) -> Option<Fake> {
    match (entry.kind, entry.channel) {
        ("smtp", Channel::Email) => smtp(),
        ("twilio", channel) => Some(twilio(channel).await),
        ("http", channel) => Some(http(channel).await),
        (kind, channel) => {
            panic!("{kind} for {}: add what it speaks to in tests/it/support/gateways.rs", channel.name())
        }
    }
}

impl Fake {
    /// An address with this fate.
    pub(crate) fn to(&self, fate: Fate) -> &'static str {
        match (self.channel, fate) {
            (Channel::Email, Fate::Taken) => "zoe@example.org",
            (Channel::Email, Fate::Refused) => "nouser@example.org",
            (Channel::Email, Fate::Later) => "tempfail@example.org",
            (Channel::Email, Fate::Silent) => "slow@example.org",
            (_, Fate::Taken) => "+447700900123",
            (_, Fate::Refused) => "+447700900404",
            (_, Fate::Later) => "+447700900503",
            (_, Fate::Silent) => "+447700900000",
        }
    }

    /// What arrived and was taken.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        (self.seen)()
    }

    /// A message for its channel, with the words that [`Fake::words`] expects.
    pub(crate) fn content(&self, words: &str, code: &str) -> Content {
        match self.channel {
            Channel::Email => Content::Email {
                subject: format!("{} {code}", words.lines().next().unwrap_or_default()),
                text: format!("{words}\n.\n{code}\n"),
                html: format!("<p>{}</p>\n<b>{code}</b>\n", words.replace('<', "&lt;")),
            },
            Channel::Text => Content::Text(format!("{words}\n@host #{code}")),
            Channel::Call => Content::Call(Spoken {
                before: words.into(),
                digits: Some(code.into()),
                after: format!("{words} & bye"),
                language: "de-DE".into(),
            }),
        }
    }

    /// How [`Fake::content`] arrives.
    pub(crate) fn words(&self, words: &str, code: &str) -> String {
        match self.content(words, code) {
            Content::Email { subject, text, html } => format!("{subject}\n{text}\n{html}"),
            Content::Text(text) => text,
            Content::Call(spoken) => {
                let digits: Vec<String> = code.chars().map(String::from).collect();
                format!("de-DE\n{}\n{}\n{}", spoken.before, digits.join(", "), spoken.after)
            }
        }
    }
}

fn table(text: &str) -> toml::Table {
    text.parse().expect("a section")
}

fn smtp() -> Option<Fake> {
    let server = SmtpServer::start(Security::StartTls, &["--echo"])?;
    let section = table(&format!(
        "kind = 'smtp'\nhost = '127.0.0.1'\nport = {}\nuser = '{}'\npassword = '{}'\nfrom = 'Hilfe für alle <help@example.org>'\n\
         ca_file = '{}'",
        server.port,
        LOGIN.0,
        LOGIN.1,
        server.ca_file().display(),
    ));
    let port = server.port;
    let seen = move || {
        let mail = |mail: super::smtp::Mail| Seen {
            to: mail.to.join(", "),
            id: mail.header("Message-ID").join(", "),
            words: format!("{}\n{}\n{}", mail.subject, mail.text, mail.html),
        };
        server.mails().into_iter().map(mail).collect()
    };
    Some(Fake { channel: Channel::Email, section, secret: "password", port, seen: Box::new(seen) })
}

fn fate(to: &str) -> Reply {
    let status = match to.trim_start_matches('+') {
        "447700900404" => 404,
        "447700900503" => 503,
        "447700900000" => return None,
        _ => 200,
    };
    Some((status, String::new()))
}

async fn twilio(channel: Channel) -> Fake {
    let provider = Provider::start(|asked| providers::twilio(asked, fate)).await;
    let port = provider.port;
    let section = table(&format!(
        "kind = 'twilio'\nbase_url = 'http://127.0.0.1:{port}'\naccount_sid = '{ACCOUNT}'\nauth_token = '{TOKEN}'\n\
         from = '+442079460000'",
    ));
    let seen = move || {
        let forms = provider.asked().into_iter().map(|asked| Asked::form(&asked.body));
        let taken = forms.filter(|form| fate(&form["To"]) == Some((200, String::new())));
        taken.map(|form| Seen { to: form["To"].clone(), words: twilio_words(&form), id: String::new() }).collect()
    };
    Fake { channel, section, secret: "auth_token", port, seen: Box::new(seen) }
}

fn twilio_words(form: &std::collections::BTreeMap<String, String>) -> String {
    let Some(script) = form.get("Twiml") else { return form["Body"].clone() };
    let said = providers::said(script);
    assert!(said.iter().all(|(language, _)| *language == said[0].0), "one language: {said:?}");
    let words: Vec<&str> = said.iter().map(|(_, words)| words.as_str()).collect();
    let [before, digits @ .., after] = words.as_slice() else { panic!("not enough is said: {words:?}") };
    let once = &digits[..digits.len() / 3];
    assert_eq!(digits, [once, once, once].concat(), "the code is said three times");
    format!("{}\n{before}\n{}\n{after}", said[0].0, once.join(", "))
}

const HTTP: &str = "kind = 'http'\npassword = 'http-secret-1'\nrefused_status = [404]\nsuccess_body = '\"accepted\"'\n\
    headers = { Authorization = 'Bearer {password}', X-Reference = '{key}', Content-Type = 'application/json' }\n";

async fn http(channel: Channel) -> Fake {
    let reply = |asked: &Asked| {
        let body: serde_json::Value = serde_json::from_str(&asked.body).expect("the body is JSON");
        let to = body["to"].as_str().expect("to is a text");
        let allowed = asked.header("authorization") == "Bearer http-secret-1";
        let status = if allowed { fate(to)?.0 } else { 401 };
        let word = if status == 200 { "accepted" } else { "failed" };
        Some((status, format!("{{\"state\":\"{word}\",\"repeats\":{}}}", asked.body)))
    };
    let provider = Provider::start(reply).await;
    let port = provider.port;
    let mut section = table(HTTP);
    let body = match channel {
        Channel::Call => {
            r#"{"to": "{to_digits}", "say": ["{language}", "{before}", "{code_spaced}", "{after}"], "ext": "{ext}"}"#
        }
        _ => r#"{"to": "{to}", "say": ["{text}"]}"#,
    };
    section.insert("body".into(), body.into());
    section.insert("url".into(), format!("http://127.0.0.1:{port}/v1/{}?ref={{key}}", channel.name()).into());
    let seen = move || provider.asked().iter().filter_map(http_seen).collect();
    Fake { channel, section, secret: "password", port, seen: Box::new(seen) }
}

fn http_seen(asked: &Asked) -> Option<Seen> {
    let body: serde_json::Value = serde_json::from_str(&asked.body).expect("the body is JSON");
    let to = body["to"].as_str().expect("to is a text");
    let say = body["say"].as_array().expect("say is a list").iter().map(|words| words.as_str().expect("of texts"));
    let (words, id) = (say.collect::<Vec<_>>().join("\n"), asked.header("x-reference").to_owned());
    assert_eq!(asked.method, "POST");
    assert_eq!(Asked::form(asked.uri.query().unwrap_or_default())["ref"], id);
    let to = format!("+{}", to.trim_start_matches('+'));
    (fate(&to)? == (200, String::new())).then_some(Seen { to, words, id })
}
