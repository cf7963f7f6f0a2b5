//! `/freeze/…`: "This wasn't me". The link in a notice opens a page that changes nothing (programs that look through mail open
//! links, too); the button on it stops all resets of the account and undoes the change.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::HEXLOWER;
use regain_core::FlowId;
use regain_core::effect::freeze_flow;
use regain_core::method::ContactKind;
use regain_core::register::Event;

use super::fields::Posted;
use super::page::{Care, Shell, respond};
use super::visitor::Visitor;
use super::{Refusal, Web};
use crate::drive::{Hold, Offered};

#[derive(Template)]
#[template(path = "freeze/ask.html")]
pub(crate) struct AskPage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) user_id: String,
    pub(crate) what: String,
    /// Whether something that was registered comes back.
    pub(crate) undoes: bool,
    pub(crate) token: String,
}

#[derive(Template)]
#[template(path = "freeze/told.html")]
pub(crate) struct ToldPage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) body: Vec<String>,
    /// What to do, in order.
    pub(crate) next: Vec<String>,
    pub(crate) good: bool,
    pub(crate) care: Care,
}

/// The offer behind a link, with the flow in which it is taken up. Forged, too old and never made look alike.
async fn offered(web: &Web, token: &str) -> Result<Option<(FlowId, Offered)>, Refusal> {
    let Some(token) = HEXLOWER.decode(token.as_bytes()).ok().and_then(|token| token.try_into().ok()) else {
        return Ok(None);
    };
    // A link is good for as long as ever, though the key was changed since it was made.
    for keys in web.app.keys.each() {
        let flow = freeze_flow(&keys, &token);
        let found = web.app.store.freeze_offer(flow, web.app.clock.now()).await;
        if let Some(offered) = found.map_err(|error| Refusal::fault(&error))? {
            return Ok(Some((flow, offered)));
        }
    }
    Ok(None)
}

/// `GET /freeze/…`: asks, or says what was done. Changes nothing.
pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, Refusal> {
    match offered(&web, &token).await? {
        None => gone(&web, &visitor),
        Some((_, Offered { used: Some(_), offer })) => {
            respond(&web, &visitor, StatusCode::OK, &done(&web, &visitor, offer.kind.is_some()))
        }
        Some((_, Offered { offer, .. })) => {
            let page = Shell::of(&web, &visitor, "freeze-title");
            let when = page.when().moment_past(offer.at);
            let contact = |kind: ContactKind| match kind {
                ContactKind::Email => "contact-email",
                ContactKind::Mobile => "contact-mobile",
                ContactKind::Office => "contact-office",
            };
            let what = match offer.kind.map(contact) {
                Some(contact) => {
                    page.say_with("freeze-what", &[("contact", page.say(contact).into()), ("when", when.into())])
                }
                None => page.say_with("freeze-what-password", &[("when", when.into())]),
            };
            let page = AskPage { page, user_id: offer.user_id, what, undoes: offer.kind.is_some(), token };
            respond(&web, &visitor, StatusCode::OK, &page)
        }
    }
}

/// `POST /freeze/…`: stops all resets of the account, once; pressed again, it says so again.
pub(crate) async fn freeze(
    State(web): State<Arc<Web>>,
    Path(token): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Some((flow, offered)) = offered(&web, &token).await? else { return gone(&web, &posted.visitor) };
    if offered.used.is_none() {
        let hold = Hold { flow, proofs: 0 };
        web.app.drive(&posted.visitor.origin, hold, Event::Freeze(offered.offer)).await?;
    }
    Ok(Redirect::to(&format!("/freeze/{token}")).into_response())
}

fn gone(web: &Web, visitor: &Visitor) -> Result<Response, Refusal> {
    respond(web, visitor, StatusCode::NOT_FOUND, &too_old(web, visitor))
}

pub(crate) fn done<'a>(web: &'a Web, visitor: &Visitor, undone: bool) -> ToldPage<'a> {
    let page = Shell::of(web, visitor, "freeze-done-title");
    let team = [("team", page.team().into())];
    let mut body = vec![page.say("freeze-done-body"), page.say_with("freeze-done-told", &team)];
    body.extend(undone.then(|| page.say("freeze-done-undone")));
    let next = vec![page.say("freeze-done-lift"), page.text.say_with("freeze-done-ask", &team)];
    let care = Care::new(&page.when());
    ToldPage { page, body, next, good: true, care }
}

pub(crate) fn too_old<'a>(web: &'a Web, visitor: &Visitor) -> ToldPage<'a> {
    let page = Shell::of(web, visitor, "freeze-gone-title");
    let body = vec![page.say("freeze-gone-body"), page.say_with("freeze-gone-next", &[("team", page.team().into())])];
    let care = Care::new(&page.when());
    ToldPage { page, body, next: Vec::new(), good: false, care }
}
