//! The demo's inbox: every email, text and call that was "sent".

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use regain_core::Time;
use serde::Serialize;

use super::page::Shell;
use super::{Refusal, Web, dressed, pages};
use crate::app::App;
use crate::delivery::{Captured, Inbox};

/// All pages, and the inbox.
///
/// # Errors
/// If the organisation's colour or logo cannot be used, with what to do.
pub fn router(app: Arc<App>, inbox: Inbox) -> Result<Router, String> {
    let web = Web::new(app, true)?;
    let inbox_pages = Router::new().route("/demo/inbox", get(show)).route("/demo/inbox.json", get(list));
    Ok(dressed(pages().merge(inbox_pages.layer(Extension(inbox))), web))
}

/// A message as scripts read it.
#[derive(Serialize)]
struct Item {
    channel: &'static str,
    to: String,
    subject: String,
    text: String,
    at: String,
}

impl Item {
    fn new(message: Captured) -> Self {
        let Captured { channel, to, subject, text, at } = message;
        Self { channel: channel.name(), to, subject, text, at: iso(at) }
    }
}

/// RFC 3339, in UTC.
fn iso(at: Time) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "demo/inbox.html")]
struct InboxPage<'a> {
    page: Shell<'a>,
    messages: Vec<Item>,
}

/// `GET /demo/inbox.json`: oldest first.
async fn list(Extension(inbox): Extension<Inbox>) -> Json<Vec<Item>> {
    Json(inbox.messages().into_iter().map(Item::new).collect())
}

/// `GET /demo/inbox`: newest first.
async fn show(State(web): State<Arc<Web>>, Extension(inbox): Extension<Inbox>) -> Result<Response, Refusal> {
    let messages = inbox.messages().into_iter().rev().map(Item::new).collect();
    let page = InboxPage { page: Shell::new(&web, "", "inbox-title"), messages };
    Ok((StatusCode::OK, Html(page.render()?)).into_response())
}
