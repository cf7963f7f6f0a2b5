//! What texts and calls by Twilio's REST API (2010-04-01) share: the account, the request and what the answers mean.

use regain_core::Secret;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;

use super::client::{self, Answer, Peer};
use super::keys::Keys;
use super::{Failure, Looked};

/// Error codes that are about the number called, from the provider's published list: not a number, not reachable, not a
/// mobile, opted out, a country or kind of number that this account may not reach. It says that the list changes, so a code
/// that is not here is taken as a failure of the gateway and the next one is tried.
const ABOUT_DESTINATION: &[u64] = &[
    13223, 13224, 13225, 13226, 13227, 21211, 21214, 21215, 21216, 21217, 21219, 21265, 21401, 21408, 21608, 21610,
    21612, 21614, 21635,
];

/// An account and how to reach it.
pub(crate) struct Account {
    client: reqwest::Client,
    peer: Peer,
    /// With the account's path, ending in a slash.
    url: Url,
    user: String,
    password: Secret,
}

/// The part of an answer that is read; the rest repeats the message.
#[derive(Deserialize)]
struct Said {
    sid: Option<String>,
    code: Option<u64>,
    message: Option<String>,
}

impl Account {
    /// Reads `account_sid`, `auth_token` (or `api_key_sid` and `api_key_secret`), `base_url` and `ca_file`.
    pub(crate) fn read(keys: &mut Keys) -> Option<Self> {
        let sid = keys.required("account_sid", "whose account this is: the 34 characters beginning with AC");
        if !sid.is_empty() && !is_sid(&sid, "AC") {
            keys.problem("account_sid", "must be AC and 32 characters from 0-9 and a-f; copy it from the console");
        }
        let credentials = credentials(keys, &sid);
        let base = keys.text("base_url").unwrap_or_else(|| "https://api.twilio.com".into());
        let path = format!("{}/2010-04-01/Accounts/{sid}/", base.trim_end_matches('/'));
        let url = client::address(&path).map_err(|what| keys.problem("base_url", &what));
        let ca_file = keys.path("ca_file");
        let client = client::open(ca_file.as_deref()).map_err(|what| keys.problem("ca_file", &what));
        let (user, password) = credentials?;
        let url = url.ok()?;
        let peer = Peer::new(url.clone(), ca_file.as_deref()).ok()?;
        Some(Self { client: client.ok()?, peer, url, user, password })
    }

    /// How far one gets without a message.
    ///
    /// # Errors
    /// [`Failure`]
    pub(crate) async fn look(&self) -> Result<Option<Looked>, Failure> {
        self.peer.look().await
    }

    /// Posts a form to one of the account's resources, such as `Messages.json`, and gives back what may be kept of the answer.
    ///
    /// # Errors
    /// [`Failure`]
    pub(crate) async fn post(&self, resource: &str, form: &[(&str, &str)]) -> Result<String, Failure> {
        let url = self.url.join(resource).map_err(|error| Failure::Unavailable(error.to_string()))?;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.client.post(url).basic_auth(&self.user, Some(self.password.reveal()));
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        understand(&client::ask(request).await?)
    }
}

fn credentials(keys: &mut Keys, sid: &str) -> Option<(String, Secret)> {
    let token = keys.secret("auth_token");
    let (key, secret) = (keys.text("api_key_sid"), keys.secret("api_key_secret"));
    if key.is_some() != secret.is_some() {
        keys.problem("api_key_sid", "goes with api_key_secret or api_key_secret_file; give both");
    }
    let by_key = key.zip(secret);
    if by_key.is_some() && token.is_some() {
        keys.problem("auth_token", "is not needed beside api_key_sid; remove one of the two");
    }
    let by_token = token.map(|token| (sid.to_owned(), token));
    let found = by_key.or(by_token);
    if found.is_none() {
        keys.problem("auth_token", "is missing; give it or auth_token_file, or api_key_sid with api_key_secret");
    }
    found
}

/// Whether this is one of Twilio's identifiers of a kind.
pub(crate) fn is_sid(text: &str, kind: &str) -> bool {
    let hex = |rest: &str| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.strip_prefix(kind).is_some_and(hex)
}

/// Whether a caller's number is one: E.164.
pub(crate) fn is_number(text: &str) -> bool {
    super::number::Number::parse(text).is_ok_and(|number| number.ext.is_none())
}

fn understand(answer: &Answer) -> Result<String, Failure> {
    let said: Option<Said> = serde_json::from_str(&answer.body).ok();
    let status = answer.status;
    let Some(said) = said else {
        return Err(Failure::Unavailable(format!("HTTP {status}, and no answer that can be read; check base_url")));
    };
    if (200..300).contains(&status) {
        let sid =
            said.sid.ok_or_else(|| Failure::Unavailable(format!("HTTP {status} without a sid; check base_url")))?;
        return Ok(sid);
    }
    let code = said.code.unwrap_or_default();
    let what = format!("HTTP {status}, error {code}: {}", said.message.unwrap_or_default());
    let refused = (400..500).contains(&status) && status != 429 && ABOUT_DESTINATION.contains(&code);
    Err(if refused { Failure::Refused(what) } else { Failure::Unavailable(what) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_answers_mean() {
        let of = |status, body: &str| understand(&Answer { status, body: body.into() });
        assert_eq!(of(201, r#"{"sid":"SM1","status":"queued","body":"123456","error_code":null}"#), Ok("SM1".into()));
        for code in ABOUT_DESTINATION {
            let body = format!(r#"{{"code":{code},"message":"m","status":400}}"#);
            assert!(matches!(of(400, &body), Err(Failure::Refused(_))), "{code}");
            assert!(matches!(of(429, &body), Err(Failure::Unavailable(_))), "{code}");
        }
        for (status, body) in [
            (400, r#"{"code":21606,"message":"from is wrong"}"#),
            (401, r#"{"code":20003,"message":"Authenticate"}"#),
            (429, r#"{"code":20429,"message":"too many"}"#),
            (500, "{}"),
            (502, "<html>"),
            (200, "{}"),
            (200, ""),
            (302, "{}"),
        ] {
            assert!(matches!(of(status, body), Err(Failure::Unavailable(_))), "{status} {body}");
        }
    }
}
