//! `/`: signing in, the User ID first. Nothing here tells whether an account exists.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::fields::Posted;
use super::page::{Shell, respond};
use super::visitor::{Asked, Visitor};
use super::{Refusal, Web};
use crate::directory;
use crate::drive::Fault;
use crate::sign_in::SignIn;

#[derive(Template)]
#[template(path = "sign_in/user_id.html")]
pub(crate) struct UserIdPage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) problems: Vec<String>,
    pub(crate) user_id: String,
}

#[derive(Template)]
#[template(path = "sign_in/password.html")]
pub(crate) struct PasswordPage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) problems: Vec<String>,
    pub(crate) user_id: String,
}

#[derive(Template)]
#[template(path = "sign_in/works.html")]
pub(crate) struct WorksPage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) name: String,
}

/// `GET /`.
pub(crate) async fn first(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Result<Response, Refusal> {
    let page = Shell::of(&web, &visitor, "sign-in-title");
    let user_id = asked.user_id().unwrap_or_default().to_owned();
    respond(&web, &visitor, StatusCode::OK, &UserIdPage { page, problems: Vec::new(), user_id })
}

/// `POST /`: on to the password, whoever it is.
pub(crate) async fn second(State(web): State<Arc<Web>>, posted: Posted) -> Result<Response, Refusal> {
    let user_id = posted.user_id("username")?.to_owned();
    if user_id.is_empty() {
        let mut page = Shell::of(&web, &posted.visitor, "sign-in-title");
        page.error = true;
        let problems = vec![page.say("sign-in-empty")];
        let page = UserIdPage { page, problems, user_id };
        return respond(&web, &posted.visitor, StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let page = Shell::of(&web, &posted.visitor, "password-title");
    respond(&web, &posted.visitor, StatusCode::OK, &PasswordPage { page, problems: Vec::new(), user_id })
}

/// `POST /sign-in`.
pub(crate) async fn check(State(web): State<Arc<Web>>, posted: Posted) -> Result<Response, Refusal> {
    let (user_id, password) = (posted.user_id("username")?.to_owned(), posted.secret("password")?);
    let mut page = Shell::of(&web, &posted.visitor, "password-title");
    let (status, problem) = match web.app.sign_in(&user_id, &password).await {
        Ok(SignIn::Right { name }) => {
            page.title = page.say("works-title");
            return respond(&web, &posted.visitor, StatusCode::OK, &WorksPage { page, name });
        }
        Ok(SignIn::Wrong) => (StatusCode::UNPROCESSABLE_ENTITY, page.say("sign-in-wrong")),
        Ok(SignIn::Disabled) => {
            (StatusCode::FORBIDDEN, page.say_with("sign-in-disabled", &[("team", page.team().into())]))
        }
        Ok(SignIn::Resting { until }) => {
            let when = page.when().moment(until);
            (StatusCode::TOO_MANY_REQUESTS, page.say_with("sign-in-resting", &[("when", when.into())]))
        }
        Err(Fault::Directory(error @ directory::Error::Unavailable(_))) => {
            tracing::error!(%error, "a password could not be checked");
            (StatusCode::SERVICE_UNAVAILABLE, page.say("sign-in-unavailable"))
        }
        Err(fault) => return Err(fault.into()),
    };
    page.error = true;
    respond(&web, &posted.visitor, status, &PasswordPage { page, problems: vec![problem], user_id })
}
