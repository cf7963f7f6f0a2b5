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
use regain_core::elsewhere::Survey;
use regain_core::method::{ContactKind, Method};
use regain_core::password::Judged;
use regain_core::reset::{Event, Goal, OptionView, View};
use regain_core::{Digest, Secret, Time, subject};
use serde_json::json;

use super::fields::Posted;
use super::page::{Shell, with_user_id};
use super::visitor::{Asked, Visitor};
use super::{Refusal, Web, elsewhere, strength};
use crate::drive::{Drove, Look};
use crate::phone::Number;
use pages::{Note, until};

type Reply = Result<Response, Refusal>;

/// `GET /reset`: where this visitor's flow stands.
pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Reply {
    shown(&web, visitor, &asked, false).await
}

/// `GET /unlock`: the first page of the same flow, for somebody who knows the password.
pub(crate) async fn show_unlock(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Reply {
    shown(&web, visitor, &asked, true).await
}

async fn shown(web: &Web, mut visitor: Visitor, asked: &Asked, unlock: bool) -> Reply {
    let mut look = begun(web, &visitor).await?;
    if look.as_ref().is_some_and(is_over) {
        if asked.user_id().is_none() && !unlock {
            return Ok(Redirect::to("/reset/ended").into_response());
        }
        visitor.finish()?;
        look = None;
    } else if look
        .as_ref()
        .is_some_and(|look| look.proofs > visitor.proofs || starts_over(look, asked.user_id(), unlock))
    {
        // What others have proven is not for this browser; nor is the flow of a person who is not meant any more.
        visitor.renew()?;
        look = None;
    }
    let named_other = look.as_ref().is_some_and(|look| is_about_another(look, asked.user_id()));
    let mut look = look.map_or_else(|| web.app.look_at_new(visitor.flow), Ok)?;
    if unlock {
        let View::Identify { .. } = look.view else { return Ok(Redirect::to("/reset").into_response()) };
        if let (Goal::Reset, View::Identify { problem, .. }) = (&look.goal, &mut look.view) {
            // That was said about what was typed on the other page.
            *problem = None;
        }
        look.goal = Goal::Unlock;
    }
    if let View::Password { user_id, stepper, .. } | View::Elsewhere { user_id, stepper, .. } = &look.view {
        web.chooser(&look.known, visitor.flow, user_id, stepper.steps).await?;
    }
    let note = if named_other { Some(Note::Other) } else { Note::parse(asked.get("note")) };
    pages::page(web, &visitor, StatusCode::OK, &look, note, asked.user_id())
}

/// `GET /reset/ended`: how the last reset of this browser ended. Once this page has arrived, the next visit begins another;
/// until then, and for a while after it, it can be asked for again.
pub(crate) async fn ended(State(web): State<Arc<Web>>, mut visitor: Visitor) -> Reply {
    let mut look = begun(&web, &visitor).await?.filter(is_over);
    if look.is_some() {
        visitor.finish()?;
    } else if let Some(flow) = visitor.ended {
        look = web.app.look(flow).await?.filter(is_over);
    }
    match look {
        Some(look) => pages::page(&web, &visitor, StatusCode::OK, &look, None, None),
        None => Ok(Redirect::to("/reset").into_response()),
    }
}

fn is_over(look: &Look) -> bool {
    matches!(look.view, View::Ended { .. })
}

/// Whether this visit is the beginning of another flow: somebody else is named, or something else is wanted, and nothing
/// has been proven yet.
fn starts_over(look: &Look, asked: Option<&str>, unlock: bool) -> bool {
    let other_goal = if unlock { look.goal == Goal::Reset } else { look.goal == Goal::Unlock && asked.is_some() };
    let begun = !matches!(look.view, View::Identify { .. });
    look.proofs == 0 && ((other_goal && (begun || !unlock)) || is_about_another(look, asked))
}

/// Whether a reset is under way, and for another User ID than the one named.
fn is_about_another(look: &Look, asked: Option<&str>) -> bool {
    let other = |user_id: &str| asked.is_some_and(|asked| subject::canonical(asked) != subject::canonical(user_id));
    match &look.view {
        View::Choose { user_id, .. }
        | View::Code { user_id, .. }
        | View::Password { user_id, .. }
        | View::Unlock { user_id, .. }
        | View::Elsewhere { user_id, .. } => other(user_id),
        View::Identify { .. } | View::Wait { .. } | View::Ended { .. } => false,
    }
}

/// Where this visitor's flow stands, if it has begun; one that was named just now has not.
async fn begun(web: &Web, visitor: &Visitor) -> Result<Option<Look>, Refusal> {
    if visitor.fresh { Ok(None) } else { Ok(web.app.look(visitor.flow).await?) }
}

/// What the form that was posted is about; not what others have proven.
async fn look(web: &Web, visitor: &Visitor) -> Result<Look, Refusal> {
    match web.app.look(visitor.flow).await? {
        Some(look) if look.proofs > visitor.proofs => Err(Refusal::Old { back: "/reset".into() }),
        Some(look) => Ok(look),
        None => Ok(web.app.look_at_new(visitor.flow)?),
    }
}

/// `POST /reset`: the User ID, and what shows that a person typed it.
pub(crate) async fn identify(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    let user_id = posted.user_id("user_id")?.to_owned();
    let mut look = look(&web, &posted.visitor).await?;
    let View::Identify { .. } = look.view else { return Ok(moved(&look)) };
    let unlock = wants_unlock(&posted);
    if let (true, Goal::Reset) = (unlock, &look.goal) {
        look.goal = Goal::Unlock;
    }
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
    let event = Event::Identify { user_id, answer, unlock };
    go(&web, &mut posted, Some(look), event).await
}

/// Whether the form says that the password is known.
fn wants_unlock(posted: &Posted) -> bool {
    posted.maybe("goal") == Some("unlock")
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
    web.app.drive(&posted.visitor.origin, posted.visitor.hold(), Event::NewPicture).await?;
    let page = if wants_unlock(&posted) { "/unlock" } else { "/reset" };
    Ok(Redirect::to(&with_user_id(page, &user_id)).into_response())
}

/// `POST /reset/choose`: one of the ways.
pub(crate) async fn choose(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    let look = look(&web, &posted.visitor).await?;
    let View::Choose { options, user_id, .. } = &look.view else { return Ok(moved(&look)) };
    if of_another(&posted, user_id) {
        return Ok(moved(&look));
    }
    let Some(place) = posted.maybe("option") else {
        return again_please(&web, &posted, &look, Note::NoChoice, None);
    };
    let chosen = place.parse().ok().and_then(|place: usize| options.iter().find(|option| option.place == place));
    let option = chosen.ok_or(Refusal::Unreadable)?;
    let confirmation = if option.confirm { confirmation(&web, &posted, option)? } else { None };
    let event = Event::Choose { option: option.place, confirmation };
    go(&web, &mut posted, Some(look), event).await
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
pub(crate) async fn code(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    let typed = Secret::new(posted.get("code")?.trim());
    let seen = posted.maybe("seen").map(|seen| seen.parse().unwrap_or(u8::MAX));
    let Some(look) = web.app.look(posted.visitor.flow).await? else {
        return Ok(moved(&web.app.look_at_new(posted.visitor.flow)?));
    };
    let seen = if look.proofs > posted.visitor.proofs {
        // Perhaps the second press, whose first answer got lost: whether it is, the code decides.
        seen.unwrap_or(0)
    } else {
        let View::Code { wrong, ref user_id, .. } = look.view else { return Ok(moved(&look)) };
        if of_another(&posted, user_id) {
            return Ok(moved(&look));
        }
        if typed.is_empty() {
            return again_please(&web, &posted, &look, Note::NoCode, None);
        }
        seen.unwrap_or(wrong)
    };
    go(&web, &mut posted, Some(look), Event::Code { typed, seen }).await
}

/// `POST /reset/resend`: another code the same way, if the last is old enough.
pub(crate) async fn resend(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    let look = look(&web, &posted.visitor).await?;
    let View::Code { resend_from, .. } = look.view else { return Ok(moved(&look)) };
    if resend_from.is_some_and(|from| web.app.clock.now() < from) {
        return Ok(Redirect::to("/reset?note=early").into_response());
    }
    let drove = web.app.drive(&posted.visitor.origin, posted.visitor.hold(), Event::Resend).await?;
    posted.visitor.holds(drove);
    let to =
        if was_sent(resend_from, &self::look(&web, &posted.visitor).await?) { "/reset?note=sent" } else { "/reset" };
    Ok(Redirect::to(to).into_response())
}

/// Whether another code was sent since the next one was due at `before`: each puts that off, and the last one leaves no next.
fn was_sent(before: Option<Time>, now: &Look) -> bool {
    matches!(now.view, View::Code { resend_from, .. } if resend_from != before)
}

/// `POST /reset/other-way`: back to the ways.
pub(crate) async fn other_way(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    go(&web, &mut posted, None, Event::OtherWay).await
}

/// `POST /reset/password`: the new password, twice.
pub(crate) async fn password(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    let look = look(&web, &posted.visitor).await?;
    let View::Password { user_id, stepper, .. } = &look.view else { return Ok(moved(&look)) };
    let (user_id, steps) = (user_id.clone(), stepper.steps);
    chosen(&web, posted, look, (&user_id, steps), |judged, survey| Event::Password { judged, survey }).await
}

/// `POST /reset/once-more`: a password for the directories that failed. The page before it promised that it goes to all, so
/// that one posts elsewhere.
pub(crate) async fn once_more(State(web): State<Arc<Web>>, posted: Posted) -> Reply {
    let look = look(&web, &posted.visitor).await?;
    let View::Elsewhere { user_id, stepper, .. } = &look.view else { return Ok(moved(&look)) };
    let (user_id, steps) = (user_id.clone(), stepper.steps);
    chosen(&web, posted, look, (&user_id, steps), |judged, survey| Event::Again { judged, survey }).await
}

async fn chosen(
    web: &Web,
    posted: Posted,
    look: Look,
    (user_id, steps): (&str, u8),
    event: impl FnOnce(Judged, Survey) -> Event,
) -> Reply {
    if of_another(&posted, user_id) {
        return Ok(moved(&look));
    }
    let (typed, again) = (posted.secret("password")?, posted.secret("again")?);
    web.ask_anew(posted.visitor.flow);
    let chooser = web.chooser(&look.known, posted.visitor.flow, user_id, steps).await?;
    let survey = elsewhere::told(&posted, &chooser.survey);
    let judged = strength::judge(web, posted.visitor.flow, chooser, typed, again).await?;
    let said = strength::said(&judged);
    let (origin, hold) = (&posted.visitor.origin, posted.visitor.hold());
    let drove = web.app.drive_on(Some(look), origin, hold, event(judged, survey)).await?;
    web.ask_anew(posted.visitor.flow);
    let note = said.map(|key| format!("?note={key}")).unwrap_or_default();
    Ok(Redirect::to(&format!("{}{note}", page_after(drove))).into_response())
}

/// `POST /reset/unlock`: the button that unlocks the account.
pub(crate) async fn unlock(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    let look = look(&web, &posted.visitor).await?;
    let (View::Unlock { user_id, stepper, .. } | View::Elsewhere { user_id, stepper, .. }) = &look.view else {
        return Ok(moved(&look));
    };
    if of_another(&posted, user_id) {
        return Ok(moved(&look));
    }
    let survey = web.survey(&look.known, posted.visitor.flow, user_id, stepper.steps).await?;
    go(&web, &mut posted, Some(look), Event::Unlock { survey }).await
}

/// `POST /reset/extend`: more time. A script gets the answer as JSON, so that what was typed stays.
pub(crate) async fn extend(State(web): State<Arc<Web>>, headers: HeaderMap, posted: Posted) -> Reply {
    web.app.drive(&posted.visitor.origin, posted.visitor.hold(), Event::Extend).await?;
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
pub(crate) async fn back(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    go(&web, &mut posted, None, Event::Back).await
}

/// `POST /reset/resume`: go on after an interruption.
pub(crate) async fn resume(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    go(&web, &mut posted, None, Event::Resume).await
}

/// `POST /reset/cancel`.
pub(crate) async fn cancel(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    if web.app.look(posted.visitor.flow).await?.is_none() {
        // Nothing was begun, so there is nothing to cancel and nothing to write down.
        return Ok(Redirect::to("/").into_response());
    }
    go(&web, &mut posted, None, Event::Cancel).await
}

/// `POST /reset/again`: another flow; the one that ended stays as it is.
pub(crate) async fn again(State(web): State<Arc<Web>>, mut posted: Posted) -> Reply {
    let user_id = posted.maybe("user_id").unwrap_or_default().trim().to_owned();
    if web.app.look(posted.visitor.flow).await?.as_ref().is_some_and(is_over) {
        posted.visitor.renew()?;
    }
    let page = if wants_unlock(&posted) { "/unlock" } else { "/reset" };
    Ok(posted.visitor.remembered(&web, Redirect::to(&with_user_id(page, &user_id)).into_response()))
}

/// Lets it happen to what was looked at, and goes on to the page that shows what is there now; a User ID that was typed stays
/// where nothing happened because of a limit.
async fn go(web: &Web, posted: &mut Posted, seen: Option<Look>, event: Event) -> Reply {
    let (origin, hold) = (&posted.visitor.origin, posted.visitor.hold());
    let drove = web.app.drive_on(seen, origin, hold, event).await?;
    posted.visitor.holds(drove);
    if let Drove::Limited { until } = drove {
        let mut look = look(web, &posted.visitor).await?;
        if let (true, Goal::Reset) = (wants_unlock(posted), &look.goal) {
            look.goal = Goal::Unlock;
        }
        let (note, typed) = (Some(Note::Limited(until)), posted.maybe("user_id"));
        return pages::page(web, &posted.visitor, StatusCode::TOO_MANY_REQUESTS, &look, note, typed);
    }
    Ok(posted.visitor.remembered(web, Redirect::to(page_after(drove)).into_response()))
}

/// The page that shows where a flow stands after this.
const fn page_after(drove: Drove) -> &'static str {
    if let Drove::Done { ended: true, .. } = drove { "/reset/ended" } else { "/reset" }
}

/// Whether the form was shown for another User ID than the one the flow is about now: a page left open before it was
/// corrected.
fn of_another(posted: &Posted, user_id: &str) -> bool {
    posted.maybe("for").is_some_and(|shown| shown != user_id)
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
