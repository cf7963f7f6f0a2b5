//! `/account`: what somebody who is signed in can do here, and the way out.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::page::Shell;
use super::signed_in::{self, PostedIn, SignedIn};
use super::visitor::Asked;
use super::{Refusal, Web};

#[derive(Template)]
#[template(path = "account/account.html")]
pub(crate) struct AccountPage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) name: String,
    pub(crate) user_id: String,
    /// Good news, such as that the password is changed.
    pub(crate) note: String,
}

/// `GET /account`.
pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    person: SignedIn,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Result<Response, Refusal> {
    let page = person.shell(&web, "account-title");
    let note = match asked.get("note") {
        Some("changed") => page.say("change-done"),
        _ => String::new(),
    };
    let state = person.session.state;
    signed_in::show(StatusCode::OK, &AccountPage { page, name: state.person, user_id: state.user_id, note })
}

/// `POST /sign-out`.
pub(crate) async fn sign_out(State(web): State<Arc<Web>>, posted: PostedIn) -> Result<Response, Refusal> {
    web.app.sign_out(&posted.person.session, &posted.person.origin).await?;
    let answer = Redirect::to("/?note=signed-out").into_response();
    Ok(signed_in::forget(&web.app.settings.server, answer))
}
