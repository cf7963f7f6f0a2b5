//! `/`: signing in, the User ID first. Nothing here tells whether an account exists.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::fields::Posted;
use super::onward::{allowed, onward};
use super::page::{Shell, respond};
use super::signed_in::{self, SignedIn};
use super::visitor::{Asked, Visitor};
use super::{Refusal, Web};
use crate::drive::Fault;
use crate::session::{Due, Session, Token};
use crate::sign_in::SignIn;

#[derive(Template)]
#[template(path = "sign_in/user_id.html")]
pub(crate) struct UserIdPage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) problems: Vec<String>,
    /// Something that is no problem, such as that they have signed out.
    pub(crate) note: String,
    pub(crate) user_id: String,
    /// Where they want to go afterwards.
    pub(crate) return_to: String,
}

#[derive(Template)]
#[template(path = "sign_in/password.html")]
pub(crate) struct PasswordPage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) problems: Vec<String>,
    pub(crate) user_id: String,
    /// Where they want to go afterwards.
    pub(crate) return_to: String,
}

/// `GET /`. Who is signed in already is not asked again, unless somebody else is named.
pub(crate) async fn first(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    person: Option<SignedIn>,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Result<Response, Refusal> {
    let return_to = asked.get("return_to").and_then(|to| allowed(&web, to));
    if let (Some(person), None) = (person, asked.user_id()) {
        return Ok(Redirect::to(&straight(&web, &person.session, return_to).await?).into_response());
    }
    let page = Shell::of(&web, &visitor, "sign-in-title");
    let note = match asked.get("note") {
        Some("signed-out") => page.say("signed-out"),
        Some("perhaps-changed") => page.say("change-perhaps"),
        _ => String::new(),
    };
    let (user_id, return_to) = (asked.user_id().unwrap_or_default().to_owned(), return_to.unwrap_or_default());
    let page = UserIdPage { page, problems: Vec::new(), note, user_id, return_to };
    respond(&web, &visitor, StatusCode::OK, &page)
}

/// Where somebody goes who is signed in already. Changes nothing.
async fn straight(web: &Web, session: &Session, return_to: Option<String>) -> Result<String, Refusal> {
    Ok(match web.app.due(session).await? {
        Due::Change => "/change".into(),
        Due::Register { required: true, .. } => "/register".into(),
        Due::Register { required: false, .. } | Due::Nothing => return_to.unwrap_or_else(|| "/account".into()),
    })
}

/// `POST /`: on to the password, whoever it is.
pub(crate) async fn second(State(web): State<Arc<Web>>, posted: Posted) -> Result<Response, Refusal> {
    let user_id = posted.user_id("username")?.to_owned();
    let return_to = return_to(&web, &posted);
    if user_id.is_empty() {
        let mut page = Shell::of(&web, &posted.visitor, "sign-in-title");
        page.error = true;
        let problems = vec![page.say("sign-in-empty")];
        let page = UserIdPage { page, problems, note: String::new(), user_id, return_to };
        return respond(&web, &posted.visitor, StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let page = Shell::of(&web, &posted.visitor, "password-title");
    let page = PasswordPage { page, problems: Vec::new(), user_id, return_to };
    respond(&web, &posted.visitor, StatusCode::OK, &page)
}

fn return_to(web: &Web, posted: &Posted) -> String {
    posted.maybe("return_to").and_then(|to| allowed(web, to)).unwrap_or_default()
}

/// `POST /sign-in`.
pub(crate) async fn check(
    State(web): State<Arc<Web>>,
    before: Option<SignedIn>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let (user_id, password) = (posted.user_id("username")?.to_owned(), posted.secret("password")?);
    let return_to = return_to(&web, &posted);
    let mut page = Shell::of(&web, &posted.visitor, "password-title");
    let (status, problem) = match web.app.sign_in(&posted.visitor.origin, &user_id, &password).await {
        Ok(SignIn::Right { token, mut session }) => {
            session.state.return_to = Some(return_to).filter(|to| !to.is_empty());
            return enter(&web, before, &token, *session, &posted).await;
        }
        Ok(other) => refused(&page, &other),
        Err(Fault::Directory(error)) => {
            tracing::error!(%error, "a password could not be checked");
            (StatusCode::SERVICE_UNAVAILABLE, page.say("sign-in-unavailable"))
        }
        Err(fault) => return Err(fault.into()),
    };
    page.error = true;
    respond(&web, &posted.visitor, status, &PasswordPage { page, problems: vec![problem], user_id, return_to })
}

/// Why nobody was signed in, in words.
pub(crate) fn refused(page: &Shell<'_>, what: &SignIn) -> (StatusCode, String) {
    match what {
        SignIn::Disabled => (StatusCode::FORBIDDEN, page.say_with("sign-in-disabled", &[("team", page.team().into())])),
        SignIn::Resting { until } => {
            let when = page.when().moment(*until);
            (StatusCode::TOO_MANY_REQUESTS, page.say_with("sign-in-resting", &[("when", when.into())]))
        }
        SignIn::Wrong | SignIn::Right { .. } => (StatusCode::UNPROCESSABLE_ENTITY, page.say("sign-in-wrong")),
    }
}

/// The browser gets its session, and what it had before ends.
async fn enter(
    web: &Arc<Web>,
    before: Option<SignedIn>,
    token: &Token,
    mut session: Session,
    posted: &Posted,
) -> Result<Response, Refusal> {
    let origin = &posted.visitor.origin;
    if let Some(before) = before {
        web.app.sign_out(&before.session, origin).await?;
    }
    web.app.keep_session(&session).await?;
    let to = onward(web, &mut session, origin).await?;
    Ok(signed_in::remember(&web.app.settings.server, Redirect::to(&to).into_response(), token))
}
