//! A gateway that is all configuration: which request is made, and which answer means what.
//!
//! ```toml
//! [[delivery.text.gateway]]
//! kind = "http"
//! url = "https://sms.example.com/v1/messages"
//! headers = { Authorization = "Bearer {password}", Content-Type = "application/json" }
//! body = '{"to": "{to}", "text": "{text}", "reference": "{key}"}'
//! password_file = "/etc/regain/sms-token"
//! refused_status = [404, 422]
//! ```
//!
//! The method, the address, the headers and the body may hold places to fill in ([`template`]). `{user}` and `{password}` can
//! be used in all of them; if they are not, and both are given, they are sent as basic authentication (RFC 7617).

pub(crate) mod template;

use std::ops::RangeInclusive;
use std::sync::Arc;

use async_trait::async_trait;
use regain_core::Secret;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::client::{self, Answer, Peer};
use super::keys::Keys;
use super::number::Number;
use super::{Channel, Content, Failure, Looked, Outgoing};
use template::{Encoding, Template};

/// What its section says.
struct Http {
    client: reqwest::Client,
    peer: Peer,
    /// Default `POST`.
    method: Method,
    url: Template,
    headers: Vec<(HeaderName, Template)>,
    body: Option<(Template, Encoding)>,
    user: Option<String>,
    password: Option<Secret>,
    /// Whether these go as basic authentication: no template uses them.
    basic: bool,
    rules: Rules,
}

/// Which answer means what. A refusal is looked for first.
struct Rules {
    /// Default 200 to 299.
    success_status: Vec<RangeInclusive<u16>>,
    /// A piece of text that must be in the body as well.
    success_body: Option<String>,
    /// Statuses that mean: this destination never. Default none.
    refused_status: Vec<RangeInclusive<u16>>,
    /// Or a piece of text in the body that means so.
    refused_body: Option<String>,
}

/// Opens one from its section; `places` are what this channel can fill in.
///
/// # Errors
/// A line per problem.
pub(crate) fn open(section: toml::Table, places: &[&str]) -> Result<Arc<dyn Channel>, String> {
    let mut keys = Keys::new(section);
    let places: Vec<&str> = places.iter().copied().chain(["user", "password"]).collect();
    let methods = [("POST", Method::POST), ("GET", Method::GET), ("PUT", Method::PUT)];
    let choices: Vec<(&str, &Method)> = methods.iter().map(|(name, method)| (*name, method)).collect();
    let method = keys.choice("method", &choices).unwrap_or(&Method::POST).clone();
    let url = keys.required("url", "where the provider takes messages");
    let url = url_template(&mut keys, &url, &places);
    let mut headers = headers(&mut keys, &places);
    let body = body(&mut keys, &places, &mut headers);
    if body.is_some() && method == Method::GET {
        keys.problem("body", "does not go with method = \"GET\"; put everything into the url, or use \"POST\"");
    }
    let (user, password) = (keys.text("user"), keys.secret("password"));
    let rules = Rules::read(&mut keys);
    let ca_file = keys.path("ca_file");
    let client = client::open(ca_file.as_deref()).map_err(|what| keys.problem("ca_file", &what));
    let templates = url.iter().chain(headers.iter().map(|(_, value)| value)).chain(body.iter().map(|(body, _)| body));
    let used: Vec<&Template> = templates.collect();
    let uses = |name| used.iter().any(|template| template.has(name));
    let basic = user.is_some() && password.is_some() && !uses("user") && !uses("password");
    for (name, given) in [("user", user.is_some()), ("password", password.is_some())] {
        if uses(name) && !given {
            keys.problem(name, &format!("is missing; {{{name}}} is to be filled in"));
        } else if given && !uses(name) && !basic {
            keys.problem(name, "is given but not used; give both user and password, or use it in a template");
        }
    }
    keys.finish()?;
    let (client, url) = client.ok().zip(url).ok_or("url: is missing")?;
    // The host stands before anything that is filled in.
    let peer = Peer::new(client::address(&url.fill(Encoding::Percent, |_| "1".into()))?, ca_file.as_deref())?;
    Ok(Arc::new(Http { client, peer, method, url, headers, body, user, password, basic, rules }))
}

/// The address. Which host is asked must not depend on what is filled in.
fn url_template(keys: &mut Keys, text: &str, places: &[&str]) -> Option<Template> {
    if text.is_empty() {
        return None;
    }
    let checked = Template::parse(text, places).and_then(|template| {
        let after_scheme = template.beginning().split_once("://").map_or("", |(_, rest)| rest);
        if !after_scheme.contains(['/', '?']) {
            return Err(
                "must begin with the whole host, as in https://host/; only what follows can be filled in".into()
            );
        }
        client::address(&template.fill(Encoding::Percent, |_| "1".into())).map(|_| template)
    });
    checked.map_err(|what| keys.problem("url", &what)).ok()
}

fn headers(keys: &mut Keys, places: &[&str]) -> Vec<(HeaderName, Template)> {
    let mut headers = Vec::new();
    for (name, value) in keys.texts("headers") {
        let key = format!("headers.{name}");
        match (name.parse::<HeaderName>(), Template::parse(&value, places)) {
            (Err(_), _) => keys.problem(&key, "is not the name of a header"),
            (_, Err(what)) => keys.problem(&key, &what),
            (Ok(_), Ok(value)) if header(&value, |_| "1".into()).is_none() => {
                keys.problem(&key, "must not have line ends or other control characters");
            }
            (Ok(name), Ok(value)) => headers.push((name, value)),
        }
    }
    headers
}

fn header(template: &Template, value: impl Fn(&str) -> String) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(&template.fill(Encoding::Plain, value)).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// The body and its encoding, from `encoding` or the header Content-Type; each implies the other.
fn body(keys: &mut Keys, places: &[&str], headers: &mut Vec<(HeaderName, Template)>) -> Option<(Template, Encoding)> {
    let words = [
        ("json", (Encoding::Json, "application/json")),
        ("form", (Encoding::Percent, "application/x-www-form-urlencoded")),
        ("xml", (Encoding::Xml, "application/xml; charset=utf-8")),
        ("text", (Encoding::Plain, "text/plain; charset=utf-8")),
    ];
    let (text, chosen) = (keys.text("body"), keys.choice("encoding", &words));
    let text = text?;
    let stated =
        headers.iter().find(|(name, _)| name == CONTENT_TYPE).map(|(_, value)| value.beginning().to_lowercase());
    let inferred = stated.as_deref().and_then(|stated| words.iter().find(|(word, _)| stated.contains(word)));
    let Some((encoding, content_type)) = chosen.or(inferred.map(|(_, found)| *found)) else {
        let what = "cannot be told from the header Content-Type; set it, or one of: json, form, xml, text";
        keys.problem("encoding", what);
        return None;
    };
    if stated.is_none() {
        headers.extend(Template::parse(content_type, &[]).ok().map(|value| (CONTENT_TYPE, value)));
    }
    let template = Template::parse(&text, places).map_err(|what| keys.problem("body", &what)).ok()?;
    let sample = |name: &str| if name.contains("digits") || name == "code" { "1" } else { "\"\\\n" }.to_owned();
    let filled = template.fill(encoding, sample);
    if encoding == Encoding::Json && serde_json::from_str::<serde_json::Value>(&filled).is_err() {
        keys.problem(
            "body",
            "is not JSON once it is filled in; check its commas, and put places in quotes: \"{text}\"",
        );
    }
    Some((template, encoding))
}

impl Rules {
    fn read(keys: &mut Keys) -> Self {
        Self {
            success_status: keys.statuses("success_status").unwrap_or_else(|| vec![200..=299]),
            success_body: keys.text("success_body"),
            refused_status: keys.statuses("refused_status").unwrap_or_default(),
            refused_body: keys.text("refused_body"),
        }
    }

    fn judge(&self, answer: &Answer) -> Result<String, Failure> {
        let Answer { status, body } = answer;
        let said = format!("HTTP {status}: {}", body.trim());
        let said = said.trim_end_matches(": ").to_owned();
        let among = |ranges: &[RangeInclusive<u16>]| ranges.iter().any(|range| range.contains(status));
        if among(&self.refused_status) || self.refused_body.as_ref().is_some_and(|part| body.contains(part)) {
            return Err(Failure::Refused(said));
        }
        if among(&self.success_status) && self.success_body.as_ref().is_none_or(|part| body.contains(part)) {
            return Ok(said);
        }
        Err(Failure::Unavailable(said))
    }
}

#[async_trait]
impl Channel for Http {
    async fn look(&self) -> Result<Option<Looked>, Failure> {
        self.peer.look().await
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<String, Failure> {
        let number = Number::parse(message.to)?;
        let value = |name: &str| self.value(name, message, number);
        let url = self.url.fill(Encoding::Percent, value);
        let mut headers = HeaderMap::new();
        for (name, template) in &self.headers {
            let wrong = || {
                let what =
                    format!("the header {name} would have a line end; move what is filled in there into the body");
                Failure::Unavailable(what)
            };
            headers.append(name, header(template, value).ok_or_else(wrong)?);
        }
        let mut request = self.client.request(self.method.clone(), url).headers(headers);
        if self.basic {
            request = request
                .basic_auth(self.user.as_deref().unwrap_or_default(), self.password.as_ref().map(Secret::reveal));
        }
        if let Some((body, encoding)) = &self.body {
            request = request.body(body.fill(*encoding, value));
        }
        self.rules.judge(&client::ask(request).await?)
    }
}

impl Http {
    /// What is filled in for a place; nothing where the message has none.
    fn value(&self, name: &str, message: &Outgoing<'_>, number: Number<'_>) -> String {
        let own = match name {
            "to" => Some(number.e164),
            "to_digits" => Some(number.digits),
            "ext" => number.ext,
            "key" => Some(message.key),
            "user" => self.user.as_deref(),
            "password" => self.password.as_ref().map(Secret::reveal),
            _ => None,
        };
        own.map(String::from).or_else(|| said(name, message.content)).unwrap_or_default()
    }
}

fn said(name: &str, content: &Content) -> Option<String> {
    match (name, content) {
        ("text", Content::Text(text)) => Some(text.clone()),
        ("before", Content::Call(spoken)) => Some(spoken.before.clone()),
        ("after", Content::Call(spoken)) => Some(spoken.after.clone()),
        ("language", Content::Call(spoken)) => Some(spoken.language.clone()),
        ("code", Content::Call(spoken)) => spoken.digits.clone(),
        ("code_spaced", Content::Call(spoken)) => spoken.digits.as_deref().map(spaced),
        _ => None,
    }
}

/// `123` as `1, 2, 3`: read aloud digit by digit, with a breath after each.
fn spaced(digits: &str) -> String {
    digits.chars().map(String::from).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
