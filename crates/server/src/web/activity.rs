//! `/register/activity`: what happened with the account of whoever is signed in, in plain words.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use regain_core::audit::Act;
use regain_core::method::{ContactKind, Method};

use super::page::Shell;
use super::signed_in::{self, SignedIn};
use super::{Refusal, Web};
use crate::drive::Happened;

/// How many events are shown.
const SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "activity/activity.html")]
pub(crate) struct ActivityPage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) events: Vec<Line>,
}

/// One event in words.
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) when: String,
    pub(crate) from: String,
}

/// `GET /register/activity`.
pub(crate) async fn show(State(web): State<Arc<Web>>, person: SignedIn) -> Result<Response, Refusal> {
    let events = web.app.store.activity(&person.session.account, SHOWN).await;
    let events = events.map_err(|error| Refusal::fault(&error))?;
    let page = person.shell(&web, "activity-title");
    let events = events.iter().map(|event| line(&page, event, &person.origin.address)).collect();
    signed_in::show(StatusCode::OK, &ActivityPage { page, events })
}

fn line(page: &Shell<'_>, event: &Happened, here: &str) -> Line {
    let from = match event.address.as_str() {
        "" => page.say("activity-no-network"),
        address if address == here => page.say_with("activity-here", &[("address", address.into())]),
        address => page.say_with("activity-from", &[("address", address.into())]),
    };
    Line { what: said(page, &event.act), when: page.when().moment_past(event.at), from }
}

/// What happened, in a sentence.
pub(crate) fn said(page: &Shell<'_>, act: &Act) -> String {
    let contact = |kind: ContactKind| {
        page.say(match kind {
            ContactKind::Email => "contact-email",
            ContactKind::Mobile => "contact-mobile",
            ContactKind::Office => "contact-office",
        })
    };
    let way = |method: Method| {
        page.say(match method {
            Method::Email => "way-email",
            Method::Text => "way-text",
            Method::MobileCall | Method::OfficeCall => "way-call",
        })
    };
    match act {
        Act::CodeSent { method, .. } | Act::ContactCodeSent { method } => {
            page.say_with("act-code-sent", &[("way", way(*method).into())])
        }
        Act::Proved { method, .. } => page.say_with("act-proved", &[("way", way(*method).into())]),
        Act::ContactSet { kind, replaced: false } => {
            page.say_with("act-contact-set", &[("contact", contact(*kind).into())])
        }
        Act::ContactSet { kind, replaced: true } => {
            page.say_with("act-contact-replaced", &[("contact", contact(*kind).into())])
        }
        Act::ContactRemoved { kind } => page.say_with("act-contact-removed", &[("contact", contact(*kind).into())]),
        Act::ContactGiven { kind, .. } => page.say_with("act-contact-given", &[("contact", contact(*kind).into())]),
        Act::ContactTakenAway { kind } => {
            page.say_with("act-contact-taken-away", &[("contact", contact(*kind).into())])
        }
        plain => page.say(key(plain)),
    }
}

/// The key of the sentence for an event; the compiler asks for one when there is a new event.
const fn key(act: &Act) -> &'static str {
    match act {
        Act::PictureChanged => "act-picture-changed",
        Act::CaptchaFailed { .. } => "act-captcha-failed",
        Act::Started => "act-started",
        Act::Found | Act::NotFound => "act-found",
        Act::LookUpFailed => "act-look-up-failed",
        Act::SentToCareTeam { .. } => "act-sent-to-care-team",
        Act::CodeSent { .. } | Act::ContactCodeSent { .. } => "act-code-sent",
        Act::ConfirmationFailed { .. } => "act-confirmation-failed",
        Act::CodeWrong { .. } => "act-code-wrong",
        Act::CodeLate { .. } => "act-code-late",
        Act::Proved { .. } => "act-proved",
        Act::OtherWay => "act-other-way",
        Act::WentBack => "act-went-back",
        Act::Extended => "act-extended",
        Act::PasswordUnfit => "act-password-unfit",
        Act::Writing => "act-writing",
        Act::PasswordRefused { .. } => "act-password-refused",
        Act::WriteFailed => "act-write-failed",
        Act::PasswordSet => "act-password-set",
        Act::OutcomeUnknown => "act-outcome-unknown",
        Act::TriesExhausted => "act-tries-exhausted",
        Act::Throttled { .. } => "act-throttled",
        Act::LimitReached { .. } => "act-throttled",
        Act::LimitLifted { .. } => "act-limit-lifted",
        Act::Unlocked => "act-unlocked",
        Act::UnlockRefused { .. } => "act-unlock-refused",
        Act::Rehearsed => "act-rehearsed",
        Act::Superseded => "act-superseded",
        Act::SignedIn => "act-signed-in",
        Act::SignInFailed => "act-sign-in-failed",
        Act::SignedOut => "act-signed-out",
        Act::OldPasswordWrong => "act-old-password-wrong",
        Act::PasswordChanged => "act-password-changed",
        Act::ContactSet { .. } => "act-contact-set",
        Act::ContactRemoved { .. } => "act-contact-removed",
        Act::NotFresh => "act-not-fresh",
        Act::RegistrationConfirmed => "act-registration-confirmed",
        Act::RegistrationAsked => "act-registration-asked",
        Act::Frozen => "act-frozen",
        Act::Thawed { .. } => "act-thawed",
        Act::NotYours => "act-not-yours",
        Act::ContactGiven { .. } => "act-contact-given",
        Act::ContactTakenAway { .. } => "act-contact-taken-away",
        Act::ContactsRevealed { .. } => "act-contacts-revealed",
        Act::Invited => "act-invited",
        // These are about nobody's account.
        Act::AuditExported { .. } | Act::AuditForged { .. } | Act::AuditCut { .. } => "act-trail",
        Act::KeyChanged { .. } | Act::KeyRetired { .. } => "act-key",
        Act::Cancelled => "act-cancelled",
        Act::Expired => "act-expired",
    }
}
