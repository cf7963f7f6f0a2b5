//! `/register`: by which phone and mailbox a person can be recognised. One address shows where the flow stands; every form
//! posts one event. What changes something asks for the password again if that was typed too long ago.

pub(crate) mod contact;
pub(crate) mod pages;
mod reasons;
pub(crate) mod wish;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use regain_core::register::{End, Event, View};
use regain_core::{Secret, reset};

use super::onward::put_off;
use super::signed_in::{self, PostedIn, SignedIn};
use super::visitor::{Asked, Visitor};
use super::{Refusal, Web};
use crate::drive::Hold;
use wish::Wish;

pub(crate) type Reply = Result<Response, Refusal>;

/// `GET /register`: what is registered, or the box for the code that is on its way.
pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    person: SignedIn,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Reply {
    let view = look(&web, &person).await?;
    pages::page(&web, &person, StatusCode::OK, &view, pages::Note::parse(asked.get("note"))).await
}

/// What there is to see; of a page that nobody has opened yet, what there would be.
async fn look(web: &Web, person: &SignedIn) -> Result<View, Refusal> {
    let view = web.app.look_at_registration(person.register_flow(web)).await?;
    match view {
        Some(view) if view != View::Closed => Ok(view),
        _ => Ok(web.app.look_at_new_registration(person.register_flow(web), person.person(web)).await?),
    }
}

/// Lets it happen, on the page of this person, and gives what is there to see now.
async fn happen(web: &Arc<Web>, person: &SignedIn, event: Event) -> Result<View, Refusal> {
    let hold = Hold::all(person.register_flow(web));
    web.app.drive(&person.origin, hold, Event::Open(person.person(web))).await?;
    web.app.drive(&person.origin, hold, event).await?;
    look(web, person).await
}

fn to(page: &str) -> Response {
    Redirect::to(page).into_response()
}

/// `POST /register/code`: the code that came.
pub(crate) async fn code(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let (person, fields) = (&posted.person, &posted.fields);
    let view = look(&web, person).await?;
    let View::Code { address, wrong, .. } = &view else { return Ok(to("/register?note=moved")) };
    if fields.maybe("for").is_some_and(|shown| shown != address) {
        return Ok(to("/register?note=moved"));
    }
    let typed = Secret::new(fields.get("code")?.trim());
    if typed.is_empty() {
        let note = Some(pages::Note::NoCode);
        return pages::page(&web, person, StatusCode::UNPROCESSABLE_ENTITY, &view, note).await;
    }
    let seen = fields.maybe("seen").map_or(*wrong, |seen| seen.parse().unwrap_or(u8::MAX));
    let now = happen(&web, person, Event::Code { typed, seen }).await?;
    Ok(to(match now {
        View::Open { problem: None, .. } => "/register?note=set",
        _ => "/register",
    }))
}

/// `POST /register/resend`: another code the same way, if the last is old enough.
pub(crate) async fn resend(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let View::Code { resend_from: before, .. } = look(&web, &posted.person).await? else {
        return Ok(to("/register?note=moved"));
    };
    if before.is_some_and(|from| web.app.clock.now() < from) {
        return Ok(to("/register?note=early"));
    }
    let sent = match happen(&web, &posted.person, Event::Resend).await? {
        View::Code { resend_from, problem: None, .. } => resend_from != before,
        _ => false,
    };
    Ok(to(if sent { "/register?note=sent" } else { "/register" }))
}

/// `POST /register/stop`: leave the contact as it was.
pub(crate) async fn stop(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    happen(&web, &posted.person, Event::Stop).await?;
    Ok(to("/register?note=as-it-was"))
}

/// `GET /register/remove`: asks first.
pub(crate) async fn removal(
    State(web): State<Arc<Web>>,
    person: SignedIn,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Reply {
    let (Some(kind), View::Open { rows, .. }) = (asked.get("kind").and_then(wish::kind), look(&web, &person).await?)
    else {
        return Ok(to("/register"));
    };
    match rows.into_iter().find(|row| row.kind == kind && row.removable) {
        Some(row) => pages::removal(&web, &person, &row),
        None => Ok(to("/register")),
    }
}

/// `POST /register/remove`.
pub(crate) async fn remove(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let wish = Wish::read(&posted.fields)?;
    let Wish::Remove { kind, address } = &wish else { return Err(Refusal::Unreadable) };
    // A page left open from before it was changed removes nothing.
    let there = match look(&web, &posted.person).await? {
        View::Open { rows, .. } => {
            rows.into_iter().any(|row| row.kind == *kind && row.address.as_ref() == Some(address))
        }
        _ => false,
    };
    if there { wish::grant(&web, posted.person, wish).await } else { Ok(to("/register?note=moved")) }
}

/// `POST /register/thaw`: resets may go on.
pub(crate) async fn thaw(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    wish::grant(&web, posted.person, Wish::Thaw).await
}

/// `POST /register/confirm`: it looks good.
pub(crate) async fn confirm(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    happen(&web, &posted.person, Event::Confirm).await?;
    Ok(to("/register/done"))
}

/// `GET /register/done`: when it was confirmed, and where to go on.
pub(crate) async fn done(State(web): State<Arc<Web>>, person: SignedIn) -> Reply {
    match look(&web, &person).await? {
        View::Open { confirmed: Some(at), standing, confirm_by, .. } => {
            pages::done(&web, &person, at, standing.missing, confirm_by)
        }
        _ => Ok(to("/register")),
    }
}

/// `POST /register/leave`: all stays as it was, and the person goes where they wanted to go.
pub(crate) async fn leave(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let mut person = posted.person;
    if let View::Code { .. } = look(&web, &person).await? {
        happen(&web, &person, Event::Stop).await?;
    }
    let next = put_off(&web, &mut person.session).await?;
    Ok(to(if next == "/register" { "/register?note=required" } else { &next }))
}

/// `POST /register/again`: the page has ended; out, and in again by the password.
pub(crate) async fn again(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let person = posted.person;
    let View::Ended { end: End::TooManyTries | End::Expired, .. } = look(&web, &person).await? else {
        return Ok(to("/register"));
    };
    web.app.sign_out(&person.session, &person.origin).await?;
    Ok(signed_in::forget(&web.app.settings.server, to("/?return_to=/register")))
}

/// `POST /register/practise`: a reset in which nothing is changed.
pub(crate) async fn practise(State(web): State<Arc<Web>>, mut visitor: Visitor, posted: PostedIn) -> Reply {
    visitor.renew()?;
    let session = &posted.person.session;
    let event = reset::Event::Practise { account: session.account.clone(), user_id: session.state.user_id.clone() };
    web.app.drive(&visitor.origin, visitor.hold(), event).await?;
    Ok(visitor.remembered(&web, to("/reset")))
}
