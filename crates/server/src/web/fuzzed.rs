//! What of the pages reads bytes of strangers, for `fuzz/targets`: compiled for the fuzzer alone.

use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;

use axum::extract::ConnectInfo;
use axum::http::header::COOKIE;
use axum::http::{HeaderValue, request};
use regain_core::{Keys, Time};

use super::visitor::{cookie, names, opened, origin};
use super::{fields, signed_in};
use crate::config::{Config, Settings};
use crate::session::Token;

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let text = "[server]\nproxies = ['10.0.0.1', '10.0.0.2', '2001:db8::1']\n";
    Config::read(text.parse().expect("TOML")).0.settings
});

/// A form is read or refused; what is read and written again as a browser would is read as the same.
pub fn form(bytes: &[u8]) {
    let Ok(read) = fields::read(bytes) else { return };
    let again = form_urlencoded::Serializer::new(String::new()).extend_pairs(&read).finish();
    assert_eq!(fields::read(again.as_bytes()).expect("it was read before"), read);
}

/// No cookie that somebody made up names a flow, and one that looks like a session's is that very text.
pub fn cookies(bytes: &[u8]) {
    let server = &SETTINGS.server;
    let parts = headers("cookie", bytes);
    let names = names(server);
    for name in [names.session, "regain", "regain-ended"] {
        let Some(value) = cookie(&parts, name) else { continue };
        assert!(opened(&Keys::new([7; 32]), value, Time(1_800_000_000_000)).is_none(), "forged");
        if let Some(token) = Token::parse(value) {
            assert_eq!(token.text(), value);
        }
    }
    assert!(parts.headers.get_all(COOKIE).iter().count() <= bytes.len() + 1);
    if let Ok(path) = std::str::from_utf8(bytes) {
        assert!(!signed_in::is_area(path) || path.starts_with('/'));
    }
}

/// Whatever stands in `X-Forwarded-For`, the address is one that stands there, or that of who is connected.
pub fn forwarded(bytes: &[u8]) {
    let mut parts = headers("x-forwarded-for", bytes);
    let peer: IpAddr = [10, 0, 0, 1].into();
    parts.extensions.insert(ConnectInfo(SocketAddr::new(peer, 1)));
    // What cannot be read is refused.
    let Ok(origin) = origin(&SETTINGS.server, &parts) else { return };
    let found: IpAddr = origin.address.parse().expect("an address");
    let entries = bytes.split(|byte| matches!(byte, b',' | b'\n'));
    let mut named = entries.filter_map(bare);
    assert!(found == peer || named.any(|address| address.to_canonical() == found), "{found} stands nowhere");
}

/// The address of one hop, without brackets, zone and port.
fn bare(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let text = text.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(text);
    let text = text.split('%').next()?;
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// A request with one header for each line.
fn headers(name: &str, bytes: &[u8]) -> request::Parts {
    let mut request = request::Request::builder();
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            request = request.header(name, value);
        }
    }
    request.body(()).expect("a request").into_parts().0
}
