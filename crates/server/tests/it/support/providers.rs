//! Providers of texts and calls on this machine, which speak what the real ones publish and repeat everything they are told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    /// The body, or for another string, as a form.
    pub(crate) fn form(text: &str) -> BTreeMap<String, String> {
        form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a plain header"))
    }
}

/// What a provider answers: a status, and the body or where a redirect leads. Nothing means that it never does.
pub(crate) type Reply = Option<(u16, String)>;

/// A running provider.
pub(crate) struct Provider {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Desk {
    asked: Arc<Mutex<Vec<Asked>>>,
    reply: Arc<dyn Fn(&Asked) -> Reply + Send + Sync>,
}

impl Provider {
    /// Starts one on 127.0.0.1.
    pub(crate) async fn start(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let desk = Desk { asked: Arc::clone(&asked), reply: Arc::new(reply) };
        let router = Router::new().fallback(answer).with_state(desk);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a port").port();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { port, asked, task }
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test failed in here").clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(desk): State<Desk>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).expect("the body is UTF-8");
    let asked = Asked { method, uri, headers, body };
    let reply = (desk.reply)(&asked);
    desk.asked.lock().expect("no test failed in here").push(asked);
    match reply {
        Some((status @ 300..=399, to)) => (code(status), [(LOCATION, to)]).into_response(),
        Some((status, body)) => (code(status), body).into_response(),
        None => std::future::pending().await,
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status")
}

pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "twilio-secret-1";

/// Twilio's API for messages and calls, as published: path, basic authentication, form fields, the shape of its errors.
pub(crate) fn twilio(asked: &Asked, fate: impl Fn(&str) -> Reply) -> Reply {
    let error = |status: u16, code: u32, message: &str| {
        let body = serde_json::json!({
            "code": code, "message": message, "status": status,
            "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        });
        Some((status, body.to_string()))
    };
    let expected = format!("{ACCOUNT}:{TOKEN}");
    let expected = format!("Basic {}", data_encoding::BASE64.encode(expected.as_bytes()));
    if asked.header("authorization") != expected {
        return error(401, 20003, "Authenticate");
    }
    let form = Asked::form(&asked.body);
    let (required, optional): (&[&str], &[&str]) = match asked.uri.path().rsplit('/').next() {
        Some("Messages.json") if form.contains_key("MessagingServiceSid") => {
            (&["To", "MessagingServiceSid", "Body"], &[])
        }
        Some("Messages.json") => (&["To", "From", "Body"], &[]),
        Some("Calls.json") => (&["To", "From", "Twiml"], &["SendDigits", "Timeout"]),
        _ => return error(404, 20404, "The requested resource was not found"),
    };
    let home = format!("/2010-04-01/Accounts/{ACCOUNT}/");
    let is_form = asked.header("content-type") == "application/x-www-form-urlencoded";
    if asked.method != Method::POST || !asked.uri.path().starts_with(&home) || !is_form {
        return error(405, 20004, "Method not allowed");
    }
    let known = |name: &String| required.contains(&name.as_str()) || optional.contains(&name.as_str());
    if let Some(name) = form.keys().find(|name| !known(name)) {
        return error(400, 20001, &format!("unknown parameter {name}"));
    }
    if let Some(name) = required.iter().find(|name| !form.contains_key(**name)) {
        return error(400, 21602, &format!("{name} is required"));
    }
    let echo =
        serde_json::json!({ "sid": "SM0123456789abcdef0123456789abcdee", "status": "queued", "body": asked.body });
    match fate(&form["To"]) {
        Some((200, _)) => Some((201, echo.to_string())),
        Some((404, _)) => error(400, 21211, &format!("Invalid 'To' Phone Number: {}", asked.body)),
        Some((status, _)) => error(status, 20500, &format!("Internal: {}", asked.body)),
        None => None,
    }
}

/// The words of each `Say` in a call's script, with its language. Fails if the script is not well-formed XML, or has an
/// element that is not known.
pub(crate) fn said(script: &str) -> Vec<(String, String)> {
    let (mut open, mut said) = (Vec::new(), Vec::new());
    let mut rest = script.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("an XML declaration");
    while let Some((words, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("each tag ends");
        if !words.is_empty() {
            assert_eq!(open.last().map(|(name, _): &(&str, _)| *name), Some("Say"), "words stand in Say: {words}");
            let language = open.last().map(|(_, language)| String::clone(language)).unwrap_or_default();
            said.push((language, unescaped(words)));
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().map(|(name, _)| name), Some(name), "the tags nest");
        } else {
            let (name, attributes) = tag.trim_end_matches('/').split_once(' ').unwrap_or((tag, ""));
            assert!(["Response", "Say", "Pause"].contains(&name), "a known element: {name}");
            let language = attributes.split("language=\"").nth(1).and_then(|rest| rest.split('"').next());
            if !tag.ends_with('/') {
                open.push((name, unescaped(language.unwrap_or_default())));
            }
        }
        rest = after;
    }
    assert!(open.is_empty() && rest.is_empty(), "all is closed: {script}");
    said
}

fn unescaped(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    let bare = entities.iter().fold(text.to_owned(), |text, (entity, _)| text.replace(entity, ""));
    assert!(!bare.contains(['&', '<', '>', '"']), "everything is escaped: {text}");
    entities.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}
