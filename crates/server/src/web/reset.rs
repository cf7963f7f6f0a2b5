//! `/reset`: getting back into an account. One address shows where the flow stands; every form posts one event.

pub(crate) mod captcha;
pub(crate) mod pages;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use regain_core::captcha::{Answer, Kind};
use regain_core::method::{ContactKind, Method};
use regain_core::reset::{End, Event, OptionView, View};
use regain_core::{Digest, Secret, Span, Time, subject};
use serde_json::json;

use super::fields::Posted;
use super::page::{Shell, with_user_id};
use super::visitor::{Asked, Visitor};
use super::{Refusal, Web, strength};
use crate::drive::Look;
use crate::phone::Number;
use pages::{Note, until};

/// How long the page of an ended flow is shown to somebody who comes back; later they find a fresh form.
const REMEMBERED: Span = Span::hours(1);

type Reply = Result<Response, Refusal>;

/// `GET /reset`: where this visitor's flow stands.
pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    mut visitor: Visitor,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Reply {
    let mut look = look(&web, &visitor).await?;
    if starts_over(&web, &look, asked.user_id()) {
        visitor.renew()?;
        look = web.app.look_at_new(visitor.flow)?;
    }
    let named_other = asked.user_id().is_some_and(|asked| is_about_another(&look, asked));
    let note = if named_other { Some(Note::Other) } else { Note::parse(asked.get("note")) };
    pages::page(&web, &visitor, StatusCode::OK, &look, note, asked.user_id())
}

/// Whether this visit is the beginning of another reset: the last one is over, and somebody is named or a while has passed.
/// A reset that is under way stays, whatever the address says: a link on another site or an old page must not end it.
fn starts_over(web: &Web, look: &Look, asked: Option<&str>) -> bool {
    let View::Ended { .. } = &look.view else { return false };
    asked.is_some() || web.app.clock.now() >= look.ended_at.unwrap_or(look.expires) + REMEMBERED
}

/// Whether a reset is under way, and for another User ID than this one.
fn is_about_another(look: &Look, asked: &str) -> bool {
    match &look.view {
        View::Choose { user_id, .. } | View::Code { user_id, .. } | View::Password { user_id, .. } => {
            subject::canonical(asked) != subject::canonical(user_id)
        }
        View::Identify { .. } | View::Wait { .. } | View::Ended { .. } => false,
    }
}

async fn look(web: &Web, visitor: &Visitor) -> Result<Look, Refusal> {
    match web.app.look(visitor.flow).await? {
        Some(look) => Ok(look),
        None => Ok(web.app.look_at_new(visitor.flow)?),
    }
}

/// `POST /reset`: the User ID, and what shows that a person typed it.
pub(crate) async fn identify(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    let user_id = posted.user_id("user_id")?.to_owned();
    let look = look(&web, &posted.visitor).await?;
    let View::Identify { .. } = look.view else { return Ok(moved(&look)) };
    let answer = answer(web.app.policy.captcha, posted.maybe("characters"), posted.maybe("work"));
    let unfinished = if user_id.is_empty() {
        Some(Note::NoUserId)
    } else if answer == Answer::None && web.app.policy.captcha != Kind::Off {
        Some(Note::NoCharacters)
    } else {
        None
    };
    if let Some(note) = unfinished {
        return again_please(&web, &posted, &look, note, Some(&user_id));
    }
    let typed = user_id.clone();
    go(&web, &posted, Event::Identify { user_id: typed, answer }).await
}

fn answer(kind: Kind, characters: Option<&str>, work: Option<&str>) -> Answer {
    let characters = characters.map(str::trim).filter(|typed| !typed.is_empty());
    match (kind, characters, work.and_then(|number| number.parse().ok())) {
        (Kind::Off, ..) => Answer::None,
        (_, Some(typed), _) => Answer::Characters(typed.to_owned()),
        (_, None, Some(number)) => Answer::Work(number),
        (_, None, None) => Answer::None,
    }
}

/// `POST /reset/picture`: another picture and sound; the User ID typed so far comes along.
pub(crate) async fn new_picture(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    let user_id = posted.user_id("user_id")?.to_owned();
    let look = look(&web, &posted.visitor).await?;
    let View::Identify { .. } = look.view else { return Ok(moved(&look)) };
    web.app.drive(&posted.visitor.origin, posted.visitor.flow, Event::NewPicture).await?;
    Ok(Redirect::to(&with_user_id("/reset", &user_id)).into_response())
}

/// `POST /reset/choose`: one of the ways.
pub(crate) async fn choose(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    let look = look(&web, &posted.visitor).await?;
    let View::Choose { options, .. } = &look.view else { return Ok(moved(&look)) };
    let Some(place) = posted.maybe("option") else {
        return again_please(&web, &posted, &look, Note::NoChoice, None);
    };
    let chosen = place.parse().ok().and_then(|place: usize| options.iter().find(|option| option.place == place));
    let option = chosen.ok_or(Refusal::Unreadable)?;
    let confirmation = if option.confirm { confirmation(&web, &posted, option)? } else { None };
    go(&web, &posted, Event::Choose { option: option.place, confirmation }).await
}

/// What the whole number or address typed is recognised by; nothing if it is neither.
fn confirmation(web: &Web, posted: &Posted, option: &OptionView) -> Result<Option<Digest>, Refusal> {
    let typed = posted.get(&format!("confirm-{}", option.place))?.trim();
    let kind = option.method.contact();
    let address = match option.method {
        Method::Email => Some(typed.to_owned()),
        Method::Text | Method::MobileCall | Method::OfficeCall => number(web, typed),
    };
    Ok(address.filter(|address| !address.is_empty()).map(|address| device(web, kind, &address)))
}

fn device(web: &Web, kind: ContactKind, address: &str) -> Digest {
    subject::device(&web.app.keys, kind, address)
}

/// `POST /reset/code`: the code that came.
pub(crate) async fn code(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    let look = look(&web, &posted.visitor).await?;
    let View::Code { wrong, .. } = look.view else { return Ok(moved(&look)) };
    let code = posted.get("code")?.trim();
    if code.is_empty() {
        return again_please(&web, &posted, &look, Note::NoCode, None);
    }
    let seen = posted.maybe("seen").map_or(Some(wrong), |seen| seen.parse().ok()).unwrap_or(u8::MAX);
    go(&web, &posted, Event::Code { typed: Secret::new(code), seen }).await
}

/// `POST /reset/resend`: another code the same way, if the last is old enough.
pub(crate) async fn resend(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    let look = look(&web, &posted.visitor).await?;
    let View::Code { resend_from, .. } = look.view else { return Ok(moved(&look)) };
    if resend_from.is_some_and(|from| web.app.clock.now() < from) {
        return Ok(Redirect::to("/reset?note=early").into_response());
    }
    web.app.drive(&posted.visitor.origin, posted.visitor.flow, Event::Resend).await?;
    let to =
        if was_sent(resend_from, &self::look(&web, &posted.visitor).await?) { "/reset?note=sent" } else { "/reset" };
    Ok(Redirect::to(to).into_response())
}

/// Whether another code was sent since the next one was due at `before`: each puts that off, and the last one leaves no next.
fn was_sent(before: Option<Time>, now: &Look) -> bool {
    matches!(now.view, View::Code { resend_from, .. } if resend_from != before)
}

/// `POST /reset/other-way`: back to the ways.
pub(crate) async fn other_way(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    go(&web, &posted, Event::OtherWay).await
}

/// `POST /reset/password`: the new password, twice.
pub(crate) async fn password(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    let look = look(&web, &posted.visitor).await?;
    let View::Password { user_id, .. } = &look.view else { return Ok(moved(&look)) };
    let (typed, again) = (posted.secret("password")?, posted.secret("again")?);
    let judged = strength::judge(&web, user_id.clone(), typed, again).await?;
    let refused = !judged.problems().is_empty() && !judged.password().is_empty();
    let strength = judged.strength();
    web.app.drive(&posted.visitor.origin, posted.visitor.flow, Event::Password(judged)).await?;
    // Without scripts nobody has seen how strong it was: the page after a refusal says so.
    let to = if refused { format!("/reset?note={}", strength::key(strength)) } else { "/reset".into() };
    Ok(Redirect::to(&to).into_response())
}

/// `POST /reset/extend`: more time. A script gets the answer as JSON, so that what was typed stays.
pub(crate) async fn extend(State(web): State<Arc<Web>>, headers: HeaderMap, posted: Posted) -> Reply {
    web.app.drive(&posted.visitor.origin, posted.visitor.flow, Event::Extend).await?;
    if headers.get(ACCEPT).is_none_or(|accept| accept != "application/json") {
        return Ok(Redirect::to("/reset?note=time").into_response());
    }
    let look = look(&web, &posted.visitor).await?;
    if let View::Ended { .. } = look.view {
        return Ok(StatusCode::CONFLICT.into_response());
    }
    let page = Shell::of(&web, &posted.visitor, "reset-title");
    let left = (look.expires - web.app.clock.now()).whole_seconds();
    let said = page.say_with("time-given", &[("clock", until(&page, &look).into())]);
    Ok(Json(json!({ "left": left, "said": said, "more": look.extensions_left > 0 })).into_response())
}

/// `POST /reset/back`: the User ID was wrong.
pub(crate) async fn back(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    go(&web, &posted, Event::Back).await
}

/// `POST /reset/resume`: go on after an interruption.
pub(crate) async fn resume(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    go(&web, &posted, Event::Resume).await
}

/// `POST /reset/cancel`.
pub(crate) async fn cancel(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    if web.app.look(posted.visitor.flow).await?.is_none() {
        // Nothing was begun, so there is nothing to cancel and nothing to write down.
        return Ok(Redirect::to("/").into_response());
    }
    go(&web, &posted, Event::Cancel).await
}

/// `POST /reset/again`: another flow; the one that ended stays as it is.
pub(crate) async fn again(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    let look = look(&web, &posted.visitor).await?;
    let View::Ended { user_id, end } = look.view else { return Ok(Redirect::to("/reset").into_response()) };
    posted.visitor.renew()?;
    let user_id = if matches!(end, End::Done) { String::new() } else { user_id };
    let to = Redirect::to(&with_user_id("/reset", &user_id));
    Ok(posted.visitor.remembered(&web, to.into_response()))
}

/// Lets it happen, and shows what is there now.
async fn go(web: &Web, posted: &Posted, event: Event) -> Reply {
    web.app.drive(&posted.visitor.origin, posted.visitor.flow, event).await?;
    Ok(Redirect::to("/reset").into_response())
}

/// The form belongs to a step that is over, or not yet there: nothing happens, the page says so and shows where we are.
fn moved(look: &Look) -> Response {
    let to = match look.view {
        View::Ended { .. } | View::Wait { .. } => "/reset",
        View::Identify { .. } => "/reset?note=over",
        _ => "/reset?note=moved",
    };
    Redirect::to(to).into_response()
}

/// The same page once more, because something was left empty: nothing is counted, nothing written.
fn again_please(web: &Web, posted: &Posted, look: &Look, note: Note, user_id: Option<&str>) -> Reply {
    pages::page(web, &posted.visitor, StatusCode::UNPROCESSABLE_ENTITY, look, Some(note), user_id)
}

/// A number in the one spelling in which numbers are registered (E.164).
fn number(web: &Web, typed: &str) -> Option<String> {
    let region = web.app.settings.organisation.region.as_deref();
    Number::parse(typed, region).ok().map(|number| number.to_string())
}
