//! The person who is signed in: the cookie of the session, the token in their forms, and where those go who are not.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode, request};
use axum::response::{Html, IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;
use regain_core::keys::Use;
use regain_core::{Digest, FlowId, Keys, change, register};

use super::fields::{Fields, Form};
use super::page::Shell;
use super::visitor::{cookie, names, origin};
use super::{Refusal, Web, guard};
use crate::config::server::Server;
use crate::drive::Origin;
use crate::session::{Session, Token};

/// Pages for those who are signed in, each an area of its own: where a visitor without a session is sent back to afterwards.
const AREAS: [&str; 4] = ["/account", "/register", "/change", "/help"];

/// Where those may go whose password has to be changed first.
const BEFORE_THE_CHANGE: [&str; 2] = ["/change", "/sign-out"];

/// Somebody who is signed in, at one of their pages.
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    /// For the audit trail.
    pub(crate) origin: Origin,
}

/// A form of somebody who is signed in, read and with its token. There is no other way to its fields.
pub(crate) struct PostedIn {
    pub(crate) person: SignedIn,
    pub(crate) fields: Fields,
}

/// Why a page for those who are signed in is not shown.
pub(crate) enum Barred {
    /// Another page comes first.
    First(String),
    /// The request is none of ours.
    Refused(Refusal),
}

impl IntoResponse for Barred {
    fn into_response(self) -> Response {
        match self {
            Self::First(page) => Redirect::to(&page).into_response(),
            Self::Refused(refusal) => refusal.into_response(),
        }
    }
}

impl SignedIn {
    async fn find(web: &Web, parts: &request::Parts) -> Result<Option<Self>, Refusal> {
        let server = &web.app.settings.server;
        let Some(token) = cookie(parts, names(server).session).and_then(Token::parse) else { return Ok(None) };
        let origin = origin(server, parts)?;
        Ok(web.app.session(&token).await?.map(|session| Self { session, origin }))
    }

    async fn required(web: &Web, parts: &request::Parts) -> Result<Self, Barred> {
        let path = parts.uri.path();
        match Self::find(web, parts).await.map_err(Barred::Refused)? {
            None => Err(Barred::First(sign_in_for(path))),
            Some(person) if person.session.state.must_change && !is_in(path, &BEFORE_THE_CHANGE) => {
                Err(Barred::First("/change".into()))
            }
            Some(person) => Ok(person),
        }
    }

    /// Who it is, for a registration.
    pub(crate) fn person(&self, web: &Web) -> register::Person {
        self.session.person(web.app.policy.is_administrator(&self.session.state.groups))
    }

    /// Who it is, for a change of the password.
    pub(crate) fn changer(&self) -> change::Person {
        self.session.changer()
    }

    /// The flow of this session's registration.
    pub(crate) fn register_flow(&self, web: &Web) -> FlowId {
        self.session.register_flow(&web.app.keys)
    }

    /// The flow of this session's change of the password.
    pub(crate) fn change_flow(&self, web: &Web) -> FlowId {
        self.session.change_flow(&web.app.keys)
    }

    /// The token for forms. It stays when the password is typed again, so that a page in another tab still works.
    pub(crate) fn csrf(&self, keys: &Keys) -> String {
        BASE64URL_NOPAD.encode(&token(keys, &self.session).0)
    }

    fn csrf_is(&self, keys: &Keys, given: &str) -> bool {
        let given = BASE64URL_NOPAD.decode(given.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        given.is_some_and(|given| token(keys, &self.session).same_as(&Digest(given)))
    }

    /// The frame of a page of theirs.
    pub(crate) fn shell<'a>(&self, web: &'a Web, title: &str) -> Shell<'a> {
        let mut page = Shell::new(web, self.csrf(&web.app.keys), title);
        page.signed_in = true;
        page
    }
}

/// A rendered page for somebody who is signed in; no cookie changes with it.
pub(crate) fn show(status: StatusCode, page: &impl Template) -> Result<Response, Refusal> {
    Ok((status, Html(page.render()?)).into_response())
}

impl FromRequestParts<Arc<Web>> for SignedIn {
    type Rejection = Barred;

    async fn from_request_parts(parts: &mut request::Parts, web: &Arc<Web>) -> Result<Self, Barred> {
        Self::required(web, parts).await
    }
}

impl OptionalFromRequestParts<Arc<Web>> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut request::Parts, web: &Arc<Web>) -> Result<Option<Self>, Refusal> {
        Self::find(web, parts).await
    }
}

impl FromRequest<Arc<Web>> for PostedIn {
    type Rejection = Barred;

    async fn from_request(request: Request, web: &Arc<Web>) -> Result<Self, Barred> {
        let Form { parts, fields } = Form::read(request).await.map_err(Barred::Refused)?;
        let person = SignedIn::required(web, &parts).await?;
        let given = fields.maybe("csrf").unwrap_or_default();
        if !person.csrf_is(&web.app.keys, given) || !guard::from_here(&web.app.settings.server, &parts) {
            let back = area(parts.uri.path()).unwrap_or("/account").to_owned();
            return Err(Barred::Refused(Refusal::Old { back }));
        }
        Ok(Self { person, fields })
    }
}

fn token(keys: &Keys, session: &Session) -> Digest {
    keys.derive(Use::Csrf, &[b"session", &session.state.root.0])
}

/// The sign-in page, from which they come back to where they wanted to go.
fn sign_in_for(path: &str) -> String {
    area(path).filter(|area| *area != "/account").map_or_else(|| "/".to_owned(), |area| format!("/?return_to={area}"))
}

/// The area that a page belongs to.
fn area(path: &str) -> Option<&'static str> {
    AREAS.into_iter().find(|area| is_in(path, &[area]))
}

/// Whether somebody who signs in may be sent to this page of ours: an area, and nothing but its name.
pub(super) fn is_area(path: &str) -> bool {
    AREAS.contains(&path)
}

fn is_in(path: &str, areas: &[&str]) -> bool {
    let below = |area: &&str| path.strip_prefix(area).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    areas.iter().any(below)
}

/// Gives the browser its session.
pub(crate) fn remember(server: &Server, mut answer: Response, token: &Token) -> Response {
    set(server, &mut answer, &token.text(), "");
    answer
}

/// Takes the session away from the browser.
pub(crate) fn forget(server: &Server, mut answer: Response) -> Response {
    set(server, &mut answer, "", "; Max-Age=0");
    answer
}

fn set(server: &Server, answer: &mut Response, value: &str, life: &str) {
    let names = names(server);
    let cookie = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{life}{}", names.session, names.secure);
    // Letters, digits and punctuation of ours only: it always is a header value.
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
}
