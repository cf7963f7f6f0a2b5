//! A browser without scripts, images or patience: keeps its cookie and fills in forms.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, StatusCode, redirect};

/// A page as it came.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

impl Page {
    /// Whether it has a form that goes there.
    pub(crate) fn has_form(&self, action: &str) -> bool {
        self.body.contains(&format!("action=\"{action}\""))
    }

    /// The first value of a field of this name.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let from = self.body.split_once(&format!("name=\"{name}\" value=\""))?.1;
        from.split('"').next()
    }
}

/// Somebody at a browser.
pub(crate) struct Visitor {
    client: Client,
    base: String,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    /// At the service with this address.
    pub(crate) fn new(base: &str) -> Self {
        let tls = regain::tls::client();
        let client = Client::builder().redirect(redirect::Policy::none()).tls_backend_preconfigured(tls);
        Self { client: client.build().expect("a client"), base: base.to_owned(), cookies: BTreeMap::new() }
    }

    /// Opens a page; nothing if nobody answers.
    pub(crate) async fn open(&mut self, path: &str) -> Option<Page> {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    /// Sends a form, with the token of the page it stands on, and follows where it leads.
    pub(crate) async fn submit(&mut self, from: &Page, action: &str, fields: &[(&str, &str)]) -> Option<Page> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", from.value("csrf").unwrap_or_default());
        form.extend_pairs(fields);
        let request = self.client.post(format!("{}{action}", self.base)).body(form.finish());
        self.send(request.header("Content-Type", "application/x-www-form-urlencoded")).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Option<Page> {
        let mut request = request;
        loop {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, cookies.join("; "));
            let answer = request.send().await.ok()?;
            for set in answer.headers().get_all(SET_COOKIE) {
                let pair = set.to_str().ok().and_then(|set| set.split(';').next()?.split_once('='));
                self.cookies.extend(pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            let status = answer.status();
            let Some(next) = answer.headers().get(LOCATION).filter(|_| status.is_redirection()) else {
                return Some(Page { status, body: answer.text().await.ok()? });
            };
            request = self.client.get(format!("{}{}", self.base, next.to_str().expect("a path")));
        }
    }
}
