//! To those who run the service: something was stopped, for everybody.

use regain_core::Time;
use regain_core::throttle::{Scope, What};

use super::html;
use super::notice::{NoticeMail, plain, when};
use crate::config::Settings;
use crate::delivery::Content;
use crate::text::{Text, Value};

/// What was stopped, since when and until when, and what to do.
pub(super) fn content(settings: &Settings, (what, scope): (What, Scope), (at, until): (Time, Time)) -> Content {
    let text = Text::english();
    let organisation = settings.organisation.name.as_str();
    let stopped = text.say(match (what, scope) {
        (_, Scope::Range) => "alert-range",
        (_, Scope::Messages) => "alert-messages",
        (_, Scope::Emails) => "alert-emails",
        (_, Scope::Money) => "alert-money",
        (_, Scope::Usual) => "alert-usual",
        (What::Proofs, _) => "alert-proofs",
        (What::Sends, _) => "alert-sends",
        (What::LookUps, _) => "alert-look-ups",
        (What::Passwords, _) => "alert-passwords",
    });
    let values = [
        ("organisation", Value::from(organisation)),
        ("stopped", stopped.into()),
        ("since", when(settings, at).into()),
        ("until", when(settings, until).into()),
    ];
    let words = |key: &str| text.say_plain(key, &values);
    let page = NoticeMail {
        organisation,
        colour: settings.organisation.colour.as_str(),
        title: words("alert-title"),
        intro: words("alert-intro"),
        details: vec![words("alert-since"), words("alert-until")],
        not_you: words("alert-next"),
        link: String::new(),
        button: String::new(),
        contact: vec![words("alert-commands")],
    };
    Content::Email { subject: words("alert-subject"), text: plain(&page), html: html(&page) }
}
