//! The pages: everything that knows HTTP.
//!
//! A handler is short: it takes what was posted, lets the event happen ([`App::drive`]), and sends the browser to the page
//! that shows what is there now. Reading a page changes nothing in the store. Every page is whole without scripts.
//!
//! Three kinds of bad news: an *outcome* that a person may meet is a view of the flow; a [`Refusal`] has a status and a page;
//! a *fault* is written to the log and shows an incident number.

mod account;
mod activity;
mod asset;
mod brand;
mod chooser;
mod contact;
pub mod demo;
mod elsewhere;
mod fields;
mod forwarded;
mod freeze;
#[cfg(fuzzing)]
pub mod fuzzed;
mod guard;
mod help;
pub mod machines;
mod onward;
mod pad;
mod page;
mod phrases;
mod refusal;
mod register;
mod reset;
mod sign_in;
mod signed_in;
mod strength;
mod visitor;
mod when;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::middleware::{from_fn, from_fn_with_state, map_response_with_state};
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use asset::{Addresses, Assets};
pub(crate) use refusal::Refusal;

/// How many passwords are judged at the same moment: a judgement takes up to 0.1 s of a core.
const JUDGES: usize = 2;

/// What every handler has at hand.
pub(crate) struct Web {
    pub(crate) app: Arc<App>,
    pub(crate) assets: Assets,
    pub(crate) addresses: Addresses,
    /// Whether this is the demo, whose messages can be looked at.
    pub(crate) demo: bool,
    pub(crate) judges: Arc<Semaphore>,
    pub(crate) ratings: strength::Ratings,
    /// The header that says what a page may load and where its forms lead.
    pub(crate) policy: HeaderValue,
    pub(crate) choosers: chooser::Choosers,
    /// When it was last said that answers are slow.
    pub(crate) slow: pad::Said,
}

impl Web {
    pub(crate) fn new(app: Arc<App>, demo: bool) -> Result<Arc<Self>, String> {
        let (assets, addresses) = Assets::new(&app.settings.organisation)?;
        let judges = Arc::new(Semaphore::new(JUDGES));
        let (ratings, choosers) = (strength::Ratings::default(), chooser::Choosers::default());
        let policy = guard::content_security_policy(&app.settings.server)?;
        Ok(Arc::new(Self {
            app,
            assets,
            addresses,
            demo,
            judges,
            ratings,
            policy,
            choosers,
            slow: pad::Said::default(),
        }))
    }
}

/// All pages.
///
/// # Errors
/// If the organisation's colour or logo cannot be used, with what to do.
pub fn router(app: Arc<App>) -> Result<Router, String> {
    let web = Web::new(app, false)?;
    Ok(dressed(pages(&web), web))
}

fn pages(web: &Arc<Web>) -> Router<Arc<Web>> {
    Router::new()
        .route("/", get(sign_in::first).post(sign_in::second))
        .route("/sign-out", post(account::sign_out))
        .route("/account", get(account::show))
        .route("/change", get(account::change::show).post(account::change::change))
        .route("/change/strength", post(account::change::rate))
        .route("/change/passphrases", post(account::change::passphrases))
        .route("/change/resume", post(account::change::resume))
        .route("/change/again", post(account::change::again))
        .route("/change/finish", post(account::change::finish))
        .route("/contact", get(contact::show))
        .route("/help", get(help::show))
        .route("/reset/picture.png", get(reset::captcha::picture))
        .route("/reset/sound.wav", get(reset::captcha::sound))
        .route("/reset/strength", post(strength::rate))
        .route("/reset/passphrases", post(phrases::for_reset))
        .route("/reset/password", post(reset::password))
        .route("/reset/once-more", post(reset::once_more))
        .route("/reset/unlock", post(reset::unlock))
        .route("/register", get(register::show))
        .route("/register/phone", get(register::contact::phone_form).post(register::contact::phone))
        .route("/register/email", get(register::contact::email_form).post(register::contact::email))
        .route("/register/code", post(register::code))
        .route("/register/resend", post(register::resend))
        .route("/register/stop", post(register::stop))
        .route("/register/password", post(register::wish::password))
        .route("/register/remove", get(register::removal).post(register::remove))
        .route("/register/activity", get(activity::show))
        .route("/freeze/{token}", get(freeze::show).post(freeze::freeze))
        .route("/register/thaw", post(register::thaw))
        .route("/register/confirm", post(register::confirm))
        .route("/register/done", get(register::done))
        .route("/register/leave", post(register::leave))
        .route("/register/again", post(register::again))
        .route("/register/practise", post(register::practise))
        .route("/assets/{name}", get(asset::serve))
        .route("/healthz", get(machines::alive))
        .route("/readyz", get(machines::ready))
        .merge(unproven().route_layer(from_fn_with_state(Arc::clone(web), pad::hold)))
        .method_not_allowed_fallback(refusal::wrong_method)
        .fallback(|| async { Refusal::NotFound })
}

/// Where somebody who has proven nothing asks about an account.
fn unproven() -> Router<Arc<Web>> {
    Router::new()
        .route("/sign-in", post(sign_in::check))
        .route("/reset", get(reset::show).post(reset::identify))
        .route("/unlock", get(reset::show_unlock))
        .route("/reset/ended", get(reset::ended))
        .route("/reset/picture", post(reset::new_picture))
        .route("/reset/choose", post(reset::choose))
        .route("/reset/code", post(reset::code))
        .route("/reset/resend", post(reset::resend))
        .route("/reset/other-way", post(reset::other_way))
        .route("/reset/extend", post(reset::extend))
        .route("/reset/back", post(reset::back))
        .route("/reset/resume", post(reset::resume))
        .route("/reset/cancel", post(reset::cancel))
        .route("/reset/again", post(reset::again))
}

/// Puts on what every answer wears: the page of a refusal, the headers, and outside them the checks of its shape and of `Host`.
fn dressed(routes: Router<Arc<Web>>, web: Arc<Web>) -> Router {
    routes
        .layer(CatchPanicLayer::custom(refusal::panicked))
        .layer(from_fn_with_state(Arc::clone(&web), guard::host))
        .layer(from_fn_with_state(Arc::clone(&web), guard::shape))
        .layer(from_fn(machines::count))
        .layer(from_fn_with_state(Arc::clone(&web), refusal::dress))
        .layer(map_response_with_state(Arc::clone(&web), guard::headers))
        .with_state(web)
}

#[cfg(test)]
mod tests;
