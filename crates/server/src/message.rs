//! What is said in messages: one text in the forms that email, text and call need.

mod invitation;

use askama::Template;
use regain_core::effect::Message;
use regain_core::method::Channel;
use regain_core::{Keys, Policy, Span, Time};

use crate::config::Settings;
use crate::delivery::{Content, Spoken};
use crate::store::outbox::Payload;
use crate::text::{Text, Value};

/// Says a queued message in the form of its channel. A code is worked out here, at the last moment, and written nowhere.
pub fn content(settings: &Settings, policy: &Policy, keys: &Keys, channel: Channel, payload: &Payload) -> Content {
    match &payload.delivery.message {
        Message::Code(issue) => {
            let minutes = policy.code_lifetime.0 / Span::minutes(1).0;
            code(settings, channel, issue.code(keys).reveal(), &payload.user_id, minutes)
        }
        Message::PasswordChanged { certain: true, user_id, at } => {
            changed(settings, channel, user_id, *at, &payload.address, "message-changed-intro")
        }
        Message::Unlocked { user_id, at }
        | Message::RegistrationChanged { user_id, at, .. }
        | Message::Frozen { user_id, at, .. } => {
            changed(settings, channel, user_id, *at, &payload.address, "message-changed-intro")
        }
        Message::Invitation { user_id, name, missing } => {
            invitation::content(settings, policy, channel, (user_id, name), *missing)
        }
        Message::PasswordChanged { certain: false, user_id, at } => {
            changed(settings, channel, user_id, *at, &payload.address, "message-changed-perhaps")
        }
    }
}

#[derive(Template)]
#[template(path = "message/code.html")]
struct CodeMail<'a> {
    organisation: &'a str,
    colour: &'a str,
    title: String,
    intro: String,
    code: &'a str,
    after: String,
    not_you: String,
}

#[derive(Template)]
#[template(path = "message/notice.html")]
struct NoticeMail<'a> {
    organisation: &'a str,
    colour: &'a str,
    title: String,
    intro: String,
    details: Vec<String>,
    not_you: String,
    contact: Vec<String>,
}

fn code(settings: &Settings, channel: Channel, code: &str, user_id: &str, minutes: i64) -> Content {
    let text = Text::english();
    let organisation = settings.organisation.name.as_str();
    let values = [
        ("organisation", Value::from(organisation)),
        ("code", code.into()),
        ("user", user_id.into()),
        ("minutes", minutes.into()),
    ];
    let words = |key: &str| text.say_plain(key, &values);
    match channel {
        Channel::Text => {
            // The last line lets the telephone offer the code on this site and on no other (origin-bound one-time codes).
            let host = without_port(&settings.server.host);
            Content::Text(format!("{}\n\n@{host} #{code}", words("message-code-short")))
        }
        Channel::Call => Content::Call(Spoken {
            before: words("message-code-spoken"),
            digits: Some(code.to_owned()),
            after: words("message-code-spoken-end"),
            language: "en-GB".into(),
        }),
        Channel::Email => {
            let (intro, after, not_you) =
                (words("message-code-intro"), words("message-code-after"), words("message-code-not-you"));
            let plain = format!("{intro}\n\n    {code}\n\n{after}\n\n{not_you}\n\n{organisation}\n");
            let title = words("message-code-title");
            let colour = settings.organisation.colour.as_str();
            let page = CodeMail { organisation, colour, title, intro, code, after, not_you };
            Content::Email { subject: words("message-code-subject"), text: plain, html: html(&page) }
        }
    }
}

/// The host alone; a literal IPv6 address keeps its brackets (RFC 3986 §3.2.2).
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

fn changed(settings: &Settings, channel: Channel, user_id: &str, at: Time, address: &str, intro: &str) -> Content {
    let text = Text::english();
    let team = &settings.care_team;
    let when = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned_datetime(team.zone.clone());
    let when = format!("{} ({})", when.strftime("%A %-d %B %Y, %H:%M"), team.zone_name);
    let organisation = settings.organisation.name.as_str();
    let values = [
        ("organisation", Value::from(organisation)),
        ("user", user_id.into()),
        ("when", when.into()),
        ("address", address.to_owned().into()),
        ("team", team.name.clone().into()),
        ("telephone", team.telephone.clone().unwrap_or_default().into()),
        ("mail", team.mail.clone().unwrap_or_default().into()),
    ];
    let words = |key: &str| text.say_plain(key, &values);
    let reach = match (&team.telephone, &team.mail) {
        (Some(_), _) => words("message-changed-short-call"),
        (None, _) => words("message-changed-short-mail"),
    };
    match channel {
        Channel::Text => Content::Text(format!("{} {reach}", words("message-changed-short"))),
        Channel::Call => Content::Call(Spoken {
            before: words("message-changed-short"),
            digits: None,
            after: reach,
            language: "en-GB".into(),
        }),
        Channel::Email => {
            let mut details = vec![words("message-changed-user"), words("message-changed-when")];
            details.extend((!address.is_empty()).then(|| words("message-changed-where")));
            let mut contact = Vec::new();
            contact.extend(team.telephone.as_ref().map(|_| words("message-changed-call")));
            contact.extend(team.mail.as_ref().map(|_| words("message-changed-mail")));
            let (intro, not_you) = (words(intro), words("message-changed-not-you"));
            let plain =
                format!("{intro}\n\n{}\n\n{not_you}\n{}\n\n{organisation}\n", details.join("\n"), contact.join("\n"));
            let title = words("message-changed-title");
            let colour = settings.organisation.colour.as_str();
            let page = NoticeMail { organisation, colour, title, intro, details, not_you, contact };
            Content::Email { subject: words("message-changed-subject"), text: plain, html: html(&page) }
        }
    }
}

/// A template that cannot be rendered would be a fault of ours; the text part says everything anyway.
fn html(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use regain_core::FlowId;
    use regain_core::effect::{Delivery, To};
    use regain_core::method::issued_code::{Issue, Purpose};

    use super::*;
    use crate::config::Config;

    fn settings() -> Settings {
        let text = "[organisation]\nname = \"Thornbury <Trust>\"\n[care_team]\ntelephone = \"0300 555 0184\"\nmail = \"care@example.org\"";
        Config::from_table(text.parse().unwrap()).unwrap().settings
    }

    fn payload(message: Message) -> Payload {
        let delivery = Delivery { to: To::Nobody, channel: Channel::Email, message, deadline: Time(0) };
        Payload { delivery, user_id: "jo<b>@example.org".into(), address: "192.0.2.7".into() }
    }

    fn issue() -> Issue {
        Issue { flow: FlowId([1; 16]), purpose: Purpose::Reset, step: 1, n: 1, salt: [2; 16] }
    }

    /// All that a channel would send, in one text.
    fn said(channel: Channel, message: Message) -> String {
        match content(&settings(), &Policy::default(), &Keys::new([7; 32]), channel, &payload(message)) {
            Content::Email { subject, text, html } => format!("{subject}\n{text}\n{html}"),
            Content::Text(text) => text,
            Content::Call(call) => format!("{} {} {}", call.before, call.digits.unwrap_or_default(), call.after),
        }
    }

    #[test]
    fn every_channel_says_the_code_and_whose_it_is() {
        let code = issue().code(&Keys::new([7; 32]));
        for channel in Channel::ALL {
            let said = said(channel, Message::Code(issue()));
            assert!(said.contains(code.reveal()), "{said}");
            assert!(said.contains("Thornbury"), "{said}");
            assert!(!said.contains("message-"), "a message without words: {said}");
        }
    }

    #[test]
    fn a_text_is_short_plain_and_ends_in_the_line_for_autofill() {
        let code = issue().code(&Keys::new([7; 32]));
        let said = said(Channel::Text, Message::Code(issue()));
        assert!(said.ends_with(&format!("\n\n@127.0.0.1 #{}", code.reveal())), "{said}");
        assert!(said.is_ascii() && said.len() <= 160, "one GSM-7 message: {} characters", said.len());
    }

    #[test]
    fn the_line_for_autofill_names_the_host_alone() {
        for (host, expected) in [
            ("reset.example.org", "reset.example.org"),
            ("reset.example.org:8443", "reset.example.org"),
            ("127.0.0.1:8080", "127.0.0.1"),
            ("[::1]:8080", "[::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
        ] {
            let mut settings = settings();
            settings.server.host = host.into();
            let message = payload(Message::Code(issue()));
            let said = content(&settings, &Policy::default(), &Keys::new([7; 32]), Channel::Text, &message);
            let Content::Text(text) = said else { panic!("a text") };
            assert!(text.contains(&format!("\n\n@{expected} #")), "{host}: {text}");
        }
    }

    #[test]
    fn the_notice_says_when_from_where_and_whom_to_ask() {
        let message = Message::PasswordChanged {
            certain: true,
            user_id: "jo<b>@example.org".into(),
            at: Time(1_795_467_600_000),
        };
        let mail = said(Channel::Email, message.clone());
        for part in ["2026", "192.0.2.7", "0300 555 0184", "care@example.org", "jo<b>@example.org"] {
            assert!(mail.contains(part), "{part} in {mail}");
        }
        let html = mail.split_once("<!doctype html>").unwrap().1;
        assert!(!html.contains("<b>") && !html.contains("<Trust>"), "typed text is escaped in HTML");
        assert!(!mail.contains("message-"), "a message without words: {mail}");
        assert!(said(Channel::Text, message).contains("0300 555 0184"));
    }
}
