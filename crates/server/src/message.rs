//! What is said in messages: one text in the forms that email, text and call need.

use askama::Template;
use regain_core::effect::Message;
use regain_core::method::Channel;
use regain_core::{Keys, Time};

use crate::config::Settings;
use crate::delivery::{Content, Spoken};
use crate::store::outbox::Payload;
use crate::text::{Text, Value};

/// Says a queued message in the form of its channel. A code is worked out here, at the last moment, and written nowhere.
pub fn content(settings: &Settings, keys: &Keys, channel: Channel, payload: &Payload) -> Content {
    match &payload.delivery.message {
        Message::Code(issue) => code(settings, channel, issue.code(keys).reveal(), &payload.user_id),
        Message::PasswordChanged { user_id, at } => changed(settings, channel, user_id, *at, &payload.address),
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

fn code(settings: &Settings, channel: Channel, code: &str, user_id: &str) -> Content {
    let text = Text::english();
    let organisation = settings.organisation.name.as_str();
    let values = [("organisation", Value::from(organisation)), ("code", code.into()), ("user", user_id.into())];
    let say = |key: &str| text.say_plain(key, &values);
    match channel {
        Channel::Text => {
            // The last line lets the telephone offer the code on this site and on no other (origin-bound one-time codes).
            let host = settings.server.host.split(':').next().unwrap_or_default();
            Content::Text(format!("{}\n\n@{host} #{code}", say("message-code-short")))
        }
        Channel::Call => Content::Call(Spoken {
            before: say("message-code-spoken"),
            digits: Some(code.to_owned()),
            after: say("message-code-spoken-end"),
            language: "en-GB".into(),
        }),
        Channel::Email => {
            let (intro, after, not_you) =
                (say("message-code-intro"), say("message-code-after"), say("message-code-not-you"));
            let plain = format!("{intro}\n\n    {code}\n\n{after}\n\n{not_you}\n\n{organisation}\n");
            let title = say("message-code-title");
            let colour = settings.organisation.colour.as_str();
            let page = CodeMail { organisation, colour, title, intro, code, after, not_you };
            Content::Email { subject: say("message-code-subject"), text: plain, html: html(&page) }
        }
    }
}

fn changed(settings: &Settings, channel: Channel, user_id: &str, at: Time, address: &str) -> Content {
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
    let say = |key: &str| text.say_plain(key, &values);
    let reach = match (&team.telephone, &team.mail) {
        (Some(_), _) => say("message-changed-short-call"),
        (None, _) => say("message-changed-short-mail"),
    };
    match channel {
        Channel::Text => Content::Text(format!("{} {reach}", say("message-changed-short"))),
        Channel::Call => Content::Call(Spoken {
            before: say("message-changed-short"),
            digits: None,
            after: reach,
            language: "en-GB".into(),
        }),
        Channel::Email => {
            let details = vec![say("message-changed-user"), say("message-changed-when"), say("message-changed-where")];
            let mut contact = Vec::new();
            contact.extend(team.telephone.as_ref().map(|_| say("message-changed-call")));
            contact.extend(team.mail.as_ref().map(|_| say("message-changed-mail")));
            let (intro, not_you) = (say("message-changed-intro"), say("message-changed-not-you"));
            let plain =
                format!("{intro}\n\n{}\n\n{not_you}\n{}\n\n{organisation}\n", details.join("\n"), contact.join("\n"));
            let title = say("message-changed-title");
            let colour = settings.organisation.colour.as_str();
            let page = NoticeMail { organisation, colour, title, intro, details, not_you, contact };
            Content::Email { subject: say("message-changed-subject"), text: plain, html: html(&page) }
        }
    }
}

/// A template that cannot be rendered would be a fault of ours; the text part says everything anyway.
fn html(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}
