//! Who is at the browser: the cookie that names a flow, the token in every form, the address it comes from.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{COOKIE, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderValue, request};
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use regain_core::keys::Use;
use regain_core::{Digest, FlowId, Keys, Span, Time};

use super::{Refusal, Web, forwarded};
use crate::clock;
use crate::config::server::Server;
use crate::drive::{Drove, Hold, Origin};

/// How long a cookie is believed. Flows are over long before; this keeps an old page's form working for a day.
const COOKIE_LIFE: Span = Span::hours(24);

/// The most of a browser's name for itself that is kept, in characters.
const BROWSER: usize = 200;

/// Somebody at a browser.
pub(crate) struct Visitor {
    /// The flow the cookie names, or a fresh one.
    pub(crate) flow: FlowId,
    /// How many proofs this browser brought to it.
    pub(crate) proofs: u8,
    /// The flow that ended here a moment ago, whose last page can be looked at again.
    pub(crate) ended: Option<FlowId>,
    /// Whether the cookie was missing, old or not ours, so that a new one has to be set.
    pub(crate) fresh: bool,
    /// For the audit trail.
    pub(crate) origin: Origin,
}

impl Visitor {
    pub(crate) fn of(web: &Web, parts: &request::Parts) -> Result<Self, Refusal> {
        let origin = origin(&web.app.settings.server, parts)?;
        let (server, keys, now) = (&web.app.settings.server, &web.app.keys, web.app.clock.now());
        let read = |name| opened(keys, cookie(parts, name)?, now);
        let known = read(names(server).flow);
        let Hold { flow, proofs } = match known {
            Some(hold) => hold,
            None => Hold { flow: clock::flow_id()?, proofs: 0 },
        };
        let ended = read(names(server).ended).map(|hold| hold.flow);
        Ok(Self { flow, proofs, ended, fresh: known.is_none(), origin })
    }

    /// What this browser holds of its flow.
    pub(crate) fn hold(&self) -> Hold {
        Hold { flow: self.flow, proofs: self.proofs }
    }

    /// Takes note of what became of an event: with each proof the cookie changes.
    pub(crate) fn holds(&mut self, drove: Drove) {
        if let Drove::Done { proofs, .. } = drove {
            self.fresh |= proofs != self.proofs;
            self.proofs = proofs;
        }
    }

    /// The flow has ended: it can be looked at for a while, and the next visit begins another.
    pub(crate) fn finish(&mut self) -> Result<(), Refusal> {
        self.ended = Some(self.flow);
        self.renew()
    }

    /// The same browser, starting over.
    pub(crate) fn renew(&mut self) -> Result<(), Refusal> {
        self.flow = clock::flow_id()?;
        self.proofs = 0;
        self.fresh = true;
        Ok(())
    }

    /// The token for forms.
    pub(crate) fn csrf(&self, keys: &Keys) -> String {
        BASE64URL_NOPAD.encode(&token(keys, self.flow).0)
    }

    /// Whether this is the token.
    pub(crate) fn csrf_is(&self, keys: &Keys, given: &str) -> bool {
        let given = BASE64URL_NOPAD.decode(given.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        given.is_some_and(|given| keys.any(|keys| token(keys, self.flow).same_as(&Digest(given))))
    }

    /// Sets the cookie on an answer, if it is new.
    pub(crate) fn remembered(&self, web: &Web, mut answer: Response) -> Response {
        if self.fresh {
            let names = names(&web.app.settings.server);
            let mut set = |name, hold, life: &str| {
                let value = sealed(&web.app.keys, hold, web.app.clock.now());
                let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{life}{}", names.secure);
                // Letters, digits and punctuation of ours only: it always is a header value.
                if let Ok(cookie) = HeaderValue::try_from(cookie) {
                    answer.headers_mut().append(SET_COOKIE, cookie);
                }
            };
            set(names.flow, self.hold(), "");
            if let Some(flow) = self.ended {
                set(names.ended, Hold { flow, proofs: 0 }, "; Max-Age=600");
            }
        }
        answer
    }
}

impl FromRequestParts<Arc<Web>> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut request::Parts, web: &Arc<Web>) -> Result<Self, Refusal> {
        Self::of(web, parts)
    }
}

/// What was asked for after the `?`, as far as it can be read; the rest is left out.
pub(crate) struct Asked(Vec<(String, String)>);

impl Asked {
    /// The first value with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The User ID to prefill: not overlong, nothing in it that cannot be typed.
    pub(crate) fn user_id(&self) -> Option<&str> {
        let fits = |text: &&str| !text.is_empty() && text.chars().count() <= 320 && !text.chars().any(char::is_control);
        self.get("username").map(str::trim).filter(fits)
    }
}

impl FromRequestParts<Arc<Web>> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut request::Parts, _web: &Arc<Web>) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

/// The cookies' names, and what makes them secure.
pub(super) struct Names {
    flow: &'static str,
    ended: &'static str,
    pub(super) session: &'static str,
    pub(super) secure: &'static str,
}

/// `__Host-` (RFC 6265bis) binds a cookie to this host and to https; on this machine alone, over http, browsers would not take
/// such a cookie.
pub(super) fn names(server: &Server) -> Names {
    if server.https {
        let (flow, ended, session) = ("__Host-regain", "__Host-regain-ended", "__Host-regain-session");
        Names { flow, ended, session, secure: "; Secure" }
    } else {
        Names { flow: "regain", ended: "regain-ended", session: "regain-session", secure: "" }
    }
}

pub(super) fn cookie<'a>(parts: &'a request::Parts, name: &str) -> Option<&'a str> {
    let lines = parts.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The flow, the proofs brought to it, when the cookie was given, and the seal over all.
fn sealed(keys: &Keys, hold: Hold, now: Time) -> String {
    let (time, proofs) = (now.0.to_be_bytes(), [hold.proofs]);
    let seal = keys.derive(Use::Cookie, &[&hold.flow.0, &proofs, &time]);
    BASE64URL_NOPAD.encode(&[&hold.flow.0[..], &proofs, &time, &seal.0].concat())
}

pub(super) fn opened(keys: &Keys, value: &str, now: Time) -> Option<Hold> {
    let bytes = BASE64URL_NOPAD.decode(value.as_bytes()).ok()?;
    let (flow, rest) = bytes.split_first_chunk::<16>()?;
    let (proofs, rest) = rest.split_first_chunk::<1>()?;
    let (time, seal) = rest.split_first_chunk::<8>()?;
    let seal = Digest(seal.try_into().ok()?);
    let given = Time(i64::from_be_bytes(*time));
    let ours = keys.any(|keys| keys.derive(Use::Cookie, &[flow, proofs, time]).same_as(&seal));
    let [proofs] = *proofs;
    (ours && now < given + COOKIE_LIFE).then_some(Hold { flow: FlowId(*flow), proofs })
}

fn token(keys: &Keys, flow: FlowId) -> Digest {
    keys.derive(Use::Csrf, &[&flow.0])
}

/// Where the request comes from.
pub(super) fn origin(server: &Server, parts: &request::Parts) -> Result<Origin, Refusal> {
    let browser = browser(parts);
    let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
        return Ok(Origin { address: String::new(), browser });
    };
    let address = forwarded::client(&server.proxies, peer.ip(), &parts.headers).map_err(|why| {
        tracing::warn!(proxy = %peer.ip(), why, "a proxy's X-Forwarded-For was refused");
        Refusal::Forwarded
    })?;
    Ok(Origin { address: address.to_string(), browser })
}

fn browser(parts: &request::Parts) -> String {
    let name = parts.headers.get(USER_AGENT).and_then(|name| name.to_str().ok()).unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(BROWSER).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLD: Hold = Hold { flow: FlowId([3; 16]), proofs: 1 };
    const NOW: Time = Time(1_800_000_000_000);

    fn keys() -> Keys {
        Keys::new([7; 32])
    }

    #[test]
    fn a_cookie_comes_back_and_a_forged_one_does_not() {
        let value = sealed(&keys(), HOLD, NOW);
        assert_eq!(opened(&keys(), &value, NOW), Some(HOLD));
        assert_eq!(opened(&keys(), &value, NOW + COOKIE_LIFE), None, "old");
        assert_eq!(opened(&Keys::new([8; 32]), &value, NOW), None, "of another installation");
        let bytes = BASE64URL_NOPAD.decode(value.as_bytes()).expect("it is base64");
        for place in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[place] ^= 1;
            assert_eq!(opened(&keys(), &BASE64URL_NOPAD.encode(&forged), NOW), None, "byte {place}");
        }
        for garbled in ["", "x", "====", &value[1..], &format!("{value}AAAA")] {
            assert_eq!(opened(&keys(), garbled, NOW), None, "{garbled}");
        }
    }
}
