//! A browser that can misbehave: it speaks to the router directly, and sends whatever bytes it is given.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use regain::app::App;
use regain::web;
use tower::ServiceExt as _;

use super::{links, secrets};

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Where it leads.
    pub(crate) fn leads_to(&self) -> Option<&str> {
        self.headers.get(LOCATION).and_then(|to| to.to_str().ok())
    }
}

/// Somebody at a browser.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    host: String,
    /// Where all pages lead.
    public_url: String,
    /// Where else one may: people sign in there.
    elsewhere: Option<String>,
    /// `name=value`, as the last answer set it.
    pub(crate) cookie: Option<String>,
    /// The cookie that names the flow which ended last.
    ended: Option<String>,
    /// The cookie of the session.
    pub(crate) session: Option<String>,
    /// Where it comes from, if that is to be known.
    pub(crate) from: Option<SocketAddr>,
    /// The token of the last page.
    pub(crate) csrf: String,
}

impl Browser {
    /// Without a cookie.
    pub(crate) fn new(app: &Arc<App>) -> Self {
        let router = web::router(Arc::clone(app)).expect("the pages open");
        let host = app.settings.server.host.clone();
        let public_url = app.settings.server.public_url.clone();
        let elsewhere = app.settings.organisation.sign_in_url.clone();
        Self {
            router,
            host,
            public_url,
            elsewhere,
            cookie: None,
            ended: None,
            session: None,
            from: None,
            csrf: String::new(),
        }
    }

    /// The same browser, with the program started anew.
    pub(crate) fn at(&self, app: &Arc<App>) -> Self {
        Self { router: web::router(Arc::clone(app)).expect("the pages open"), ..self.clone() }
    }

    /// Opens a page.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// Posts a form with its token, and follows where it leads.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, self.form(fields)).await;
        self.follow(answer).await
    }

    /// Goes where an answer leads, to the page at the end.
    pub(crate) async fn follow(&mut self, mut answer: Answer) -> Answer {
        while let Some(to) = answer.leads_to().map(str::to_owned) {
            answer = self.get(&to).await;
        }
        answer
    }

    /// These fields, with the token.
    pub(crate) fn form(&self, fields: &[(&str, &str)]) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf).extend_pairs(fields);
        form.finish()
    }

    /// Posts bytes as if they were a form.
    pub(crate) async fn post(&mut self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = body.into();
        let answer = self.send(request.body(Body::from(body.clone())).expect("a request")).await;
        secrets::page(&body, &answer.body);
        answer
    }

    /// Sends a request; `Host` and the cookie are added unless it has them.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let headers = request.headers_mut();
        headers.entry(HOST).or_insert(self.host.parse().expect("a host"));
        let cookies: Vec<&str> =
            [&self.cookie, &self.ended, &self.session].into_iter().flatten().map(String::as_str).collect();
        if !cookies.is_empty() {
            headers.entry(COOKIE).or_insert(cookies.join("; ").parse().expect("cookies"));
        }
        if let Some(from) = self.from {
            request.extensions_mut().insert(ConnectInfo(from));
        }
        let answer = self.router.clone().oneshot(request).await.expect("the router always answers");
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("the body comes").to_vec();
        for set in parts.headers.get_all(SET_COOKIE).iter().filter_map(|set| set.to_str().ok()) {
            let cookie = set.split(';').next().map(str::to_owned);
            let (name, _) = set.split_once('=').expect("a cookie has a name");
            let jar = match name {
                _ if name.ends_with("-ended") => &mut self.ended,
                _ if name.ends_with("-session") => &mut self.session,
                _ => &mut self.cookie,
            };
            *jar = cookie.filter(|_| !set.contains("Max-Age=0"));
        }
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        let text = answer.text();
        links::page(&text, &self.public_url, self.elsewhere.as_deref().as_slice());
        if let Some((_, rest)) = text.split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split('"').next().unwrap_or_default().to_owned();
        }
        answer
    }
}
