//! Notices: what was done to an account, when and from where, and what to do if it was somebody else.

use askama::Template;
use data_encoding::HEXLOWER;
use regain_core::effect::{Changed, FreezeOffer, Message};
use regain_core::method::{Channel, ContactKind};
use regain_core::{Keys, Time};

use super::html;
use crate::config::Settings;
use crate::delivery::{Content, Spoken};
use crate::store::outbox::Payload;
use crate::text::{Text, Value};

#[derive(Template)]
#[template(path = "message/notice.html")]
pub(super) struct NoticeMail<'a> {
    pub(super) organisation: &'a str,
    pub(super) colour: &'a str,
    pub(super) title: String,
    pub(super) intro: String,
    pub(super) details: Vec<String>,
    pub(super) not_you: String,
    /// The address behind the button, and its words; empty where nothing can be undone.
    pub(super) link: String,
    pub(super) button: String,
    pub(super) contact: Vec<String>,
}

/// What is said: the keys of its words, and the link that undoes it.
struct Notice<'a> {
    user_id: &'a str,
    at: Time,
    subject: &'static str,
    title: &'static str,
    intro: &'static str,
    short: &'static str,
    not_you: &'static str,
    /// The kind of contact it is about, if it is about one.
    contact: Option<ContactKind>,
    offer: Option<&'a FreezeOffer>,
}

/// Says a notice in the form of this channel.
pub(super) fn content(settings: &Settings, keys: &Keys, channel: Channel, payload: &Payload) -> Content {
    let notice = notice(&payload.delivery.message);
    let (text, team) = (Text::english(), &settings.care_team);
    let organisation = settings.organisation.name.as_str();
    let link = notice.offer.map(|offer| link(settings, keys, offer)).unwrap_or_default();
    let values = [
        ("organisation", Value::from(organisation)),
        ("user", notice.user_id.into()),
        ("when", when(settings, notice.at).into()),
        ("address", payload.address.as_str().into()),
        ("team", team.name.as_str().into()),
        ("telephone", team.telephone.as_deref().unwrap_or_default().into()),
        ("mail", team.mail.as_deref().unwrap_or_default().into()),
        ("contact", notice.contact.map(|kind| text.say(contact(kind))).unwrap_or_default().into()),
        ("link", link.clone().into()),
    ];
    let words = |key: &str| text.say_plain(key, &values);
    let reach = match (&team.telephone, &team.mail) {
        (Some(_), _) => words("message-changed-short-call"),
        (None, _) => words("message-changed-short-mail"),
    };
    let (short, undo) = (words(notice.short), !link.is_empty());
    match channel {
        Channel::Text if undo => Content::Text(format!("{short} {}", words("message-short-undo"))),
        Channel::Text => Content::Text(format!("{short} {reach}")),
        Channel::Call => Content::Call(Spoken { before: short, digits: None, after: reach, language: "en-GB".into() }),
        Channel::Email => {
            let mut details = vec![words("message-changed-user"), words("message-changed-when")];
            details.extend((!payload.address.is_empty()).then(|| words("message-changed-where")));
            let mut contact = Vec::new();
            if !matches!(payload.delivery.message, Message::CallForCare { .. }) {
                contact.extend(team.telephone.as_ref().map(|_| words("message-changed-call")));
                contact.extend(team.mail.as_ref().map(|_| words("message-changed-mail")));
            }
            let button = if undo { words("message-undo") } else { String::new() };
            let colour = settings.organisation.colour.as_str();
            let (title, intro, not_you) = (words(notice.title), words(notice.intro), words(notice.not_you));
            let page = NoticeMail { organisation, colour, title, intro, details, not_you, link, button, contact };
            Content::Email { subject: words(notice.subject), text: plain(&page), html: html(&page) }
        }
    }
}

pub(super) fn plain(page: &NoticeMail<'_>) -> String {
    let undo = if page.link.is_empty() { String::new() } else { format!("{}: {}\n", page.button, page.link) };
    let NoticeMail { intro, details, not_you, contact, organisation, .. } = page;
    format!("{intro}\n\n{}\n\n{not_you}\n{undo}{}\n\n{organisation}\n", details.join("\n"), contact.join("\n"))
}

fn notice(message: &Message) -> Notice<'_> {
    let of = |user_id, at, subject, title, intro, short| Notice {
        user_id,
        at,
        subject,
        title,
        intro,
        short,
        not_you: "message-changed-not-you",
        contact: None,
        offer: None,
    };
    match message {
        Message::PasswordChanged { certain, user_id, at, offer } => {
            let intro = if *certain { "message-changed-intro" } else { "message-changed-perhaps" };
            stopped(
                offer.as_ref(),
                of(user_id, *at, "message-changed-subject", "message-changed-title", intro, "message-changed-short"),
            )
        }
        Message::Unlocked { user_id, at, offer } => stopped(
            offer.as_ref(),
            of(
                user_id,
                *at,
                "message-unlocked-subject",
                "message-unlocked-title",
                "message-unlocked-intro",
                "message-unlocked-short",
            ),
        ),
        Message::CallForCare { user_id, at } => Notice {
            not_you: "message-care-next",
            ..of(user_id, *at, "message-care-subject", "message-care-title", "message-care-intro", "message-care-short")
        },
        Message::Frozen { user_id, frozen: true, at } => Notice {
            not_you: "message-frozen-not-you",
            ..of(
                user_id,
                *at,
                "message-frozen-subject",
                "message-frozen-title",
                "message-frozen-intro",
                "message-frozen-short",
            )
        },
        Message::Frozen { user_id, frozen: false, at } => of(
            user_id,
            *at,
            "message-thawed-subject",
            "message-thawed-title",
            "message-thawed-intro",
            "message-thawed-short",
        ),
        Message::RegistrationChanged { user_id, kind, how, at, offer } => {
            let (title, intro, short) = match how {
                Changed::Added => ("message-added-title", "message-added-intro", "message-added-short"),
                Changed::Replaced => ("message-replaced-title", "message-replaced-intro", "message-replaced-short"),
                Changed::Removed => ("message-removed-title", "message-removed-intro", "message-removed-short"),
            };
            Notice {
                not_you: "message-undo-not-you",
                contact: Some(*kind),
                offer: Some(offer),
                ..of(user_id, *at, "message-registered-subject", title, intro, short)
            }
        }
        // Not notices; `message::content` has said them already.
        Message::Code(_) | Message::Invitation { .. } | Message::LimitReached { .. } => of("", Time(0), "", "", "", ""),
    }
}

/// The same with a link that stops resets, if there is one.
fn stopped<'a>(offer: Option<&'a FreezeOffer>, notice: Notice<'a>) -> Notice<'a> {
    let not_you = if offer.is_some() { "message-stop-not-you" } else { notice.not_you };
    Notice { offer, not_you, ..notice }
}

const fn contact(kind: ContactKind) -> &'static str {
    match kind {
        ContactKind::Email => "contact-email",
        ContactKind::Mobile => "contact-mobile",
        ContactKind::Office => "contact-office",
    }
}

pub(super) fn when(settings: &Settings, at: Time) -> String {
    let team = &settings.care_team;
    let when = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned_datetime(team.zone.clone());
    format!("{} ({})", when.strftime("%A %-d %B %Y, %H:%M"), team.zone_name)
}

/// The address behind "This wasn't me": 40 characters after the host, so that a text holds it, and
/// none that a telephone cuts off the end of a link.
fn link(settings: &Settings, keys: &Keys, offer: &FreezeOffer) -> String {
    format!("{}/freeze/{}", settings.server.public_url, HEXLOWER.encode(&offer.token(keys)))
}
