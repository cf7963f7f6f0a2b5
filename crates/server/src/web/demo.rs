//! The demo: all pages, and one more that shows every email, text and call that was "sent".

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use regain_core::method::Channel;
use serde::Serialize;

use super::page::Shell;
use super::{Refusal, Web, dressed, pages};
use crate::app::App;
use crate::delivery::{Captured, Inbox};

/// The most messages the page shows; the newest are on top.
const SHOWN: usize = 20;

/// All pages, with `/demo/inbox` and `/demo/inbox.json`.
///
/// # Errors
/// If the organisation's colour or logo cannot be used, with what to do.
pub fn router(app: Arc<App>, inbox: Inbox) -> Result<Router, String> {
    let web = Web::new(app, true)?;
    let json = inbox.clone();
    let routes = pages(&web)
        .route("/demo/inbox", get(move |State(web): State<Arc<Web>>| async move { show(&web, &inbox) }))
        .route("/demo/inbox.json", get(move || async move { list(&json) }));
    Ok(dressed(routes, web))
}

#[derive(Template)]
#[template(path = "demo/inbox.html")]
pub(crate) struct InboxPage<'a> {
    page: Shell<'a>,
    messages: Vec<Message>,
}

struct Message {
    icon: &'static str,
    kind: String,
    to: String,
    subject: String,
    text: String,
    at: String,
}

impl<'a> InboxPage<'a> {
    pub(crate) fn new(web: &'a Web, messages: &[Captured]) -> Self {
        let page = Shell::new(web, "", "inbox-title");
        let message = |message: &Captured| {
            let (icon, kind) = match message.channel {
                Channel::Email => ("email", page.say("inbox-email")),
                Channel::Text => ("text", page.say("inbox-text")),
                Channel::Call => ("office", page.say("inbox-call")),
            };
            let at = page.when().clock(message.at);
            let (to, subject, text) = (message.to.clone(), message.subject.clone(), message.text.clone());
            Message { icon, kind, to, subject, text, at }
        };
        let messages = messages.iter().rev().take(SHOWN).map(message).collect();
        Self { page, messages }
    }
}

/// A message as scripts read it.
#[derive(Serialize)]
struct Item {
    channel: &'static str,
    to: String,
    subject: String,
    text: String,
    /// RFC 3339, in UTC.
    at: String,
}

impl From<Captured> for Item {
    fn from(message: Captured) -> Self {
        let Captured { channel, to, subject, text, at } = message;
        let at = jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default();
        Self { channel: channel.name(), to, subject, text, at }
    }
}

/// `GET /demo/inbox.json`: oldest first.
fn list(inbox: &Inbox) -> Json<Vec<Item>> {
    Json(inbox.messages().into_iter().map(Item::from).collect())
}

/// `GET /demo/inbox`: newest first.
fn show(web: &Web, inbox: &Inbox) -> Result<Response, Refusal> {
    Ok((StatusCode::OK, Html(InboxPage::new(web, &inbox.messages()).render()?)).into_response())
}
