//! `/contact`: who helps, how to reach them, and when.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::page::{Care, Shell};
use super::{Refusal, Web};

#[derive(Template)]
#[template(path = "contact/contact.html")]
pub(crate) struct ContactPage<'a> {
    page: Shell<'a>,
    care: Care,
}

impl<'a> ContactPage<'a> {
    pub(crate) fn new(web: &'a Web) -> Self {
        let page = Shell::new(web, "", "contact-title");
        let care = Care::new(&page.when());
        Self { page, care }
    }
}

/// `GET /contact`.
pub(crate) async fn show(State(web): State<Arc<Web>>) -> Result<Response, Refusal> {
    Ok((StatusCode::OK, Html(ContactPage::new(&web).render()?)).into_response())
}
