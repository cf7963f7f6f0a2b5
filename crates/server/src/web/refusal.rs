//! Answers that are no page of a flow: refusals, each with its status, and faults with an incident number.

use std::any::Any;
use std::error::Error;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use data_encoding::BASE32_NOPAD;

use super::Web;
use super::page::Shell;
use crate::clock;
use crate::drive::Fault;

/// Why a request was not taken. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No cookie or token of ours, or an old one, or a form of another site.
    Old {
        /// Where to go on, with the User ID typed so that it need not be typed again.
        back: String,
    },
    /// Not a form of ours: not UTF-8, a field missing or there twice.
    Unreadable,
    /// A field holds too much; the key of the sentence that says which.
    Overlong(&'static str),
    /// The whole form is too large.
    TooLarge,
    /// Posted without saying how much it is.
    Length,
    /// Not a form at all.
    Media,
    /// No such page.
    NotFound,
    /// The page is not asked for in this way.
    Method,
    /// Not our name.
    Host,
    /// The proxy in front does not say where the request comes from in a way that can be read.
    Forwarded,
    /// Too many are asking for the same costly thing.
    Busy,
    /// A fault of ours; its number is in the log.
    Fault {
        /// The number.
        incident: String,
    },
}

impl Refusal {
    /// Writes a fault down and gives the page for it.
    pub(crate) fn fault(error: &(dyn Error + 'static)) -> Self {
        let mut chain = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            chain = format!("{chain}: {inner}");
            cause = inner.source();
        }
        Self::incident(&chain)
    }

    fn incident(what: &str) -> Self {
        // Without randomness there is no number; the log has the fault all the same.
        let incident = clock::random::<5>().map(|bytes| BASE32_NOPAD.encode(&bytes)).unwrap_or_default();
        tracing::error!(incident, error = what, "a request failed");
        Self::Fault { incident }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Old { .. } => StatusCode::FORBIDDEN,
            Self::Unreadable | Self::Overlong(_) | Self::Forwarded => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Length => StatusCode::LENGTH_REQUIRED,
            Self::Media => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The keys of its heading and its sentences.
    fn words(&self) -> (&'static str, Vec<&'static str>) {
        match self {
            Self::Old { .. } => ("old-title", vec!["old-body", "old-next"]),
            Self::Unreadable | Self::Media | Self::Length => ("unreadable-title", vec!["unreadable-body"]),
            Self::Overlong(which) => ("overlong-title", vec![which]),
            Self::TooLarge => ("large-title", vec!["large-body"]),
            Self::NotFound => ("missing-title", vec!["missing-body"]),
            Self::Method => ("method-title", vec!["method-body"]),
            Self::Host => ("host-title", vec!["host-body"]),
            Self::Forwarded => ("forwarded-title", vec!["forwarded-body", "forwarded-next"]),
            Self::Busy => ("busy-title", vec!["busy-body"]),
            Self::Fault { .. } => ("fault-title", vec!["fault-body"]),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::fault(&fault)
    }
}

impl From<getrandom::Error> for Refusal {
    fn from(error: getrandom::Error) -> Self {
        Self::fault(&Fault::from(error))
    }
}

impl From<askama::Error> for Refusal {
    fn from(error: askama::Error) -> Self {
        Self::fault(&error)
    }
}

impl IntoResponse for Refusal {
    /// The bare status; [`dress`] puts the page on, which needs to know whose pages they are.
    fn into_response(self) -> Response {
        let mut answer = self.status().into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}

/// A handler that panicked has told nobody why: the incident number leads to the log.
pub(crate) fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let said = cause.downcast_ref::<&str>().copied().map(str::to_owned);
    let said = said.or_else(|| cause.downcast_ref::<String>().cloned());
    Refusal::incident(&format!("a handler panicked: {}", said.unwrap_or_default())).into_response()
}

#[derive(Template)]
#[template(path = "error/error.html")]
pub(crate) struct ErrorPage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) body: Vec<String>,
    pub(crate) incident: String,
    pub(crate) link: String,
    pub(crate) link_text: String,
}

impl<'a> ErrorPage<'a> {
    /// For a request to this path.
    pub(crate) fn new(web: &'a Web, refusal: &Refusal, path: &str) -> Self {
        let (title, body) = refusal.words();
        let mut page = Shell::new(web, "", title);
        page.bare = *refusal == Refusal::Host;
        let body = body.into_iter().map(|key| page.say(key)).collect();
        let incident = if let Refusal::Fault { incident } = refusal { incident.clone() } else { String::new() };
        let (link, link_text) = match refusal {
            Refusal::Old { back } => (back.clone(), page.say("back-reset")),
            Refusal::Busy | Refusal::Overlong(_) | Refusal::Unreadable | Refusal::TooLarge if back(path) != "/" => {
                (back(path).into(), page.say("back-reset"))
            }
            Refusal::Host => (format!("{}/", web.app.settings.server.public_url), page.say("back-home")),
            _ => ("/".into(), page.say("back-home")),
        };
        Self { page, body, incident, link, link_text }
    }
}

/// Whoever opens the address of a form, which their browser shows while a page of problems is there, gets the page the form
/// stands on.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Response {
    match method {
        Method::GET | Method::HEAD => Redirect::to(back(uri.path())).into_response(),
        _ => Refusal::Method.into_response(),
    }
}

/// The page on which the form stands that was posted here.
fn back(path: &str) -> &str {
    let below = |area: &str| path.strip_prefix(area).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match path {
        "/register/phone" | "/register/email" => path,
        _ if path.starts_with("/freeze/") => path,
        _ => ["/reset", "/change", "/register"].into_iter().find(|area| below(area)).unwrap_or("/"),
    }
}

/// Gives a refusal its page.
pub(crate) async fn dress(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let answer = next.run(request).await;
    let Some(refusal) = answer.extensions().get::<Refusal>() else { return answer };
    let mut dressed = match ErrorPage::new(&web, refusal, &path).render() {
        Ok(html) => (answer.status(), Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the page of a refusal could not be rendered");
            return answer;
        }
    };
    for (name, value) in answer.headers() {
        dressed.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    dressed
}

#[cfg(test)]
mod tests {
    use super::back;

    #[test]
    fn a_form_that_was_not_taken_leads_back_to_where_it_stands() {
        for (path, expected) in [
            ("/reset/password", "/reset"),
            ("/change", "/change"),
            ("/change/resume", "/change"),
            ("/register/phone", "/register/phone"),
            ("/register/code", "/register"),
            ("/freeze/abc", "/freeze/abc"),
            ("/sign-in", "/"),
            ("/resets", "/"),
            ("/", "/"),
        ] {
            assert_eq!(back(path), expected, "{path}");
        }
    }
}
