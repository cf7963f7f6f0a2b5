//! The invitation to register: why, what to do, how long it takes, and the link.

use askama::Template;
use regain_core::Policy;
use regain_core::method::{Channel, ContactKind};
use regain_core::registration::is_asked_for;

use super::html;
use crate::config::Settings;
use crate::delivery::{Content, Spoken};
use crate::text::{Text, Value};

#[derive(Template)]
#[template(path = "message/invitation.html")]
struct InvitationMail<'a> {
    organisation: &'a str,
    colour: &'a str,
    title: String,
    greeting: String,
    paragraphs: [String; 3],
    link: &'a str,
    button: String,
    afterwards: Vec<String>,
}

/// Says it in the form of its channel.
pub(super) fn content(
    settings: &Settings,
    policy: &Policy,
    channel: Channel,
    (user_id, name): (&str, &str),
    missing: u8,
) -> Content {
    let (text, team) = (Text::english(), &settings.care_team);
    let organisation = settings.organisation.name.as_str();
    let link = format!("{}/register", settings.server.public_url);
    let values = [
        ("organisation", Value::from(organisation)),
        ("name", name.into()),
        ("user", user_id.into()),
        ("missing", i64::from(missing).into()),
        ("link", link.as_str().into()),
        ("team", team.name.as_str().into()),
        ("telephone", team.telephone.clone().unwrap_or_default().into()),
        ("mail", team.mail.clone().unwrap_or_default().into()),
    ];
    let words = |key: &str| text.say_plain(key, &values);
    match channel {
        Channel::Text => Content::Text(words("invite-short")),
        Channel::Call => {
            let (before, after) = (words("invite-spoken"), String::new());
            Content::Call(Spoken { before, digits: None, after, language: "en-GB".into() })
        }
        Channel::Email => {
            let paragraphs = [words("invite-why"), words(what(policy)), words("invite-how-long")];
            let mut afterwards = vec![words("invite-safe"), words("invite-ask")];
            afterwards.extend(team.telephone.as_ref().map(|_| words("invite-call")));
            afterwards.extend(team.mail.as_ref().map(|_| words("invite-mail")));
            let greeting = words("invite-greeting");
            let plain = format!(
                "{greeting}\n\n{}\n\n    {link}\n\n{}\n\n{organisation}\n",
                paragraphs.join("\n\n"),
                afterwards.join("\n")
            );
            let colour = settings.organisation.colour.as_str();
            let (title, button) = (words("invite-title"), words("invite-button"));
            let page =
                InvitationMail { organisation, colour, title, greeting, paragraphs, link: &link, button, afterwards };
            Content::Email { subject: words("invite-subject"), text: plain, html: html(&page) }
        }
    }
}

/// What there is to be added, under this policy.
fn what(policy: &Policy) -> &'static str {
    match (is_asked_for(policy, ContactKind::Mobile), is_asked_for(policy, ContactKind::Email)) {
        (true, false) => "invite-what-phone",
        (false, true) => "invite-what-email",
        _ => "invite-what-both",
    }
}
