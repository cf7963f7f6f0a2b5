//! Who is at the browser: the cookie that names a flow, the token in every form, the address it comes from.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{COOKIE, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderValue, request};
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use regain_core::keys::Use;
use regain_core::{Digest, FlowId, Keys, Span, Time};

use super::{Refusal, Web};
use crate::clock;
use crate::config::server::Server;
use crate::drive::Origin;

/// How long a cookie is believed. Flows are over long before; this keeps an old page's form working for a day.
const COOKIE_LIFE: Span = Span::hours(24);

/// The most of a browser's name for itself that is kept, in characters.
const BROWSER: usize = 200;

/// Somebody at a browser.
pub(crate) struct Visitor {
    /// The flow the cookie names, or a fresh one.
    pub(crate) flow: FlowId,
    /// Whether the cookie was missing, old or not ours, so that a new one has to be set.
    pub(crate) fresh: bool,
    /// For the audit trail.
    pub(crate) origin: Origin,
}

impl Visitor {
    pub(crate) fn of(web: &Web, parts: &request::Parts) -> Result<Self, Refusal> {
        let origin = origin(&web.app.settings.server, parts);
        let known = cookie(web, parts);
        let flow = known.map_or_else(clock::flow_id, Ok)?;
        Ok(Self { flow, fresh: known.is_none(), origin })
    }

    /// The same browser, starting over.
    pub(crate) fn renew(&mut self) -> Result<(), Refusal> {
        self.flow = clock::flow_id()?;
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
        given.is_some_and(|given| token(keys, self.flow).same_as(&Digest(given)))
    }

    /// Sets the cookie on an answer, if it is new.
    pub(crate) fn remembered(&self, web: &Web, mut answer: Response) -> Response {
        if self.fresh {
            let (name, secure) = name(&web.app.settings.server);
            let value = sealed(&web.app.keys, self.flow, web.app.clock.now());
            let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}");
            // Letters, digits and punctuation of ours only: it always is a header value.
            if let Ok(cookie) = HeaderValue::try_from(cookie) {
                answer.headers_mut().insert(SET_COOKIE, cookie);
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

/// The cookie's name, and what makes it secure. `__Host-` (RFC 6265bis) binds it to this host and to https; on this machine
/// alone, over http, browsers would not take such a cookie.
fn name(server: &Server) -> (&'static str, &'static str) {
    if server.https { ("__Host-regain", "; Secure") } else { ("regain", "") }
}

fn cookie(web: &Web, parts: &request::Parts) -> Option<FlowId> {
    let (name, _) = name(&web.app.settings.server);
    let lines = parts.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    opened(&web.app.keys, value, web.app.clock.now())
}

/// The flow, when the cookie was given, and the seal over both.
fn sealed(keys: &Keys, flow: FlowId, now: Time) -> String {
    let time = now.0.to_be_bytes();
    let seal = keys.derive(Use::Cookie, &[&flow.0, &time]);
    BASE64URL_NOPAD.encode(&[&flow.0[..], &time, &seal.0].concat())
}

fn opened(keys: &Keys, value: &str, now: Time) -> Option<FlowId> {
    let bytes = BASE64URL_NOPAD.decode(value.as_bytes()).ok()?;
    let (flow, rest) = bytes.split_first_chunk::<16>()?;
    let (time, seal) = rest.split_first_chunk::<8>()?;
    let seal = Digest(seal.try_into().ok()?);
    let given = Time(i64::from_be_bytes(*time));
    let ours = keys.derive(Use::Cookie, &[flow, time]).same_as(&seal);
    (ours && now < given + COOKIE_LIFE).then_some(FlowId(*flow))
}

fn token(keys: &Keys, flow: FlowId) -> Digest {
    keys.derive(Use::Csrf, &[&flow.0])
}

/// Where the request comes from. `X-Forwarded-For` is believed from the right, as far as our own proxies wrote it: what
/// stands further left is whatever the visitor sent along.
fn origin(server: &Server, parts: &request::Parts) -> Origin {
    let browser = browser(parts);
    let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
        return Origin { address: String::new(), browser };
    };
    let peer = peer.ip().to_canonical();
    let address = if ours(server, peer) { forwarded(server, parts).unwrap_or(peer) } else { peer };
    Origin { address: address.to_string(), browser }
}

/// The last address that is not one of our proxies; nothing if that is not an address.
fn forwarded(server: &Server, parts: &request::Parts) -> Option<IpAddr> {
    let lines = parts.headers.get_all("x-forwarded-for").iter().rev();
    let entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut addresses = entries.map(|entry| {
        let text = std::str::from_utf8(entry).ok()?.trim();
        text.parse().ok().map(|address: IpAddr| address.to_canonical())
    });
    addresses.find(|address| address.is_none_or(|address| !ours(server, address))).flatten()
}

fn ours(server: &Server, address: IpAddr) -> bool {
    server.proxies.iter().any(|proxy| proxy.to_canonical() == address)
}

fn browser(parts: &request::Parts) -> String {
    let name = parts.headers.get(USER_AGENT).and_then(|name| name.to_str().ok()).unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(BROWSER).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: FlowId = FlowId([3; 16]);
    const NOW: Time = Time(1_800_000_000_000);

    fn keys() -> Keys {
        Keys::new([7; 32])
    }

    #[test]
    fn a_cookie_comes_back_and_a_forged_one_does_not() {
        let value = sealed(&keys(), FLOW, NOW);
        assert_eq!(opened(&keys(), &value, NOW), Some(FLOW));
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

    #[test]
    fn only_our_proxies_are_believed() {
        let proxies =
            ["10.0.0.1", "::ffff:10.0.0.2", "2001:db8::1"].map(|one| one.parse().expect("an address")).to_vec();
        let check = |peer: &str, header: &str, expected: &str| {
            let server = Server {
                listen: ([127, 0, 0, 1], 1).into(),
                public_url: String::new(),
                https: true,
                host: String::new(),
                proxies: proxies.clone(),
            };
            let request = request::Request::builder().header("x-forwarded-for", header);
            let (mut parts, ()) = request.body(()).expect("a request").into_parts();
            let peer: IpAddr = peer.parse().expect("an address");
            parts.extensions.insert(ConnectInfo(SocketAddr::new(peer, 1)));
            assert_eq!(origin(&server, &parts).address, expected, "{peer} {header}");
        };
        check("192.0.2.9", "198.51.100.1", "192.0.2.9");
        check("10.0.0.1", "198.51.100.1", "198.51.100.1");
        check("10.0.0.1", "203.0.113.5, 198.51.100.1, 10.0.0.1", "198.51.100.1");
        check("10.0.0.1", "nonsense", "10.0.0.1");
        check("10.0.0.1", "nonsense, 198.51.100.7", "198.51.100.7");
        check("10.0.0.1", "caf\u{e9}, 198.51.100.7", "198.51.100.7");
        check("10.0.0.1", ",, 198.51.100.7", "198.51.100.7");
        check("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1");
        check("10.0.0.1", "198.51.100.7, ", "10.0.0.1");
        check("10.0.0.1", "203.0.113.5, 198.51.100.7, 10.0.0.2, 10.0.0.1", "198.51.100.7");
        check("10.0.0.1", "10.0.0.2", "10.0.0.1");
        check("10.0.0.1", "203.0.113.5, ::ffff:198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7");
        check("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7");
        check("10.0.0.2", "2001:db8::7, 2001:db8::1", "2001:db8::7");
        check("::ffff:192.0.2.9", "198.51.100.1", "192.0.2.9");
        check("10.0.0.1", "", "10.0.0.1");
    }
}
