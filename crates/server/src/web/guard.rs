//! What holds for every request and every answer.

use std::sync::Arc;

use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Version, request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Refusal, Web};
use crate::config::server::Server;

/// Nothing comes from another host, nothing is written into the page itself, nobody may frame it.
/// Forms lead to us, and from us to where people may be sent back to: browsers look at the whole way.
pub(super) fn content_security_policy(server: &Server) -> Result<HeaderValue, String> {
    let elsewhere: String = server.return_to.origins().iter().map(|origin| format!(" {origin}")).collect();
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; \
         connect-src 'self'; form-action 'self'{elsewhere}; frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::try_from(policy).map_err(|error| format!("server.return_to: {error}"))
}

const ALWAYS: [(HeaderName, &str); 5] = [
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Two years, as browsers' preload lists ask for.
const HSTS: &str = "max-age=63072000";

/// Sets the headers that every answer has; what an answer says of caching itself, stays.
pub(crate) async fn headers(State(web): State<Arc<Web>>, mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_SECURITY_POLICY, web.policy.clone());
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if web.app.settings.server.https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    answer
}

/// Takes only what our pages and their forms ask for; anything else, whoever means something by it, ends the connection. A body
/// comes with a length: browsers send none in pieces, and whoever stands in front cannot take its end for another request
/// (request smuggling, RFC 9112 §11.2).
pub(crate) async fn shape(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    match odd(&request, web.app.settings.server.limits.body_bytes) {
        None => next.run(request).await,
        Some(refusal) => ([(CONNECTION, "close"), (ALLOW, "GET, HEAD, POST")], refusal).into_response(),
    }
}

fn odd(request: &Request, most: usize) -> Option<Refusal> {
    let headers = request.headers();
    let posts = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => return Some(Refusal::Method),
    };
    // HTTP/1.0 does not ask for a Host; a missing one is not ours, then.
    let hosts = headers.get_all(HOST).iter().count();
    if hosts > 1 || hosts == 0 && request.version() == Version::HTTP_11 {
        return Some(Refusal::Unreadable);
    }
    // No address of ours has anything escaped before the question mark, and none is straightened out.
    if request.uri().path().contains('%') {
        return Some(Refusal::NotFound);
    }
    let size = request.body().size_hint();
    match size.exact() {
        _ if headers.contains_key(TRANSFER_ENCODING) => Some(Refusal::Length),
        None => Some(Refusal::Length),
        Some(length) if length > most as u64 => Some(Refusal::TooLarge),
        Some(1..) if !posts => Some(Refusal::Unreadable),
        Some(_) => None,
    }
}

/// Answers to our own name only: a name the visitor chose must reach neither a link nor a cookie.
pub(crate) async fn host(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let for_machines = matches!(request.uri().path(), "/healthz" | "/readyz");
    if for_machines || named(&web.app.settings.server, request.headers(), request.uri()) {
        next.run(request).await
    } else {
        Refusal::Host.into_response()
    }
}

fn named(server: &Server, headers: &axum::http::HeaderMap, uri: &axum::http::Uri) -> bool {
    // Whoever writes the whole address says it twice (RFC 9112 §3.2.2): both have to be ours.
    let whole = uri.authority().is_none_or(|authority| ours(server, authority.as_str()));
    whole && headers.get(HOST).and_then(|host| host.to_str().ok()).is_some_and(|host| ours(server, host))
}

/// Whether this is our host. On this machine alone (http) its other names will do as well.
fn ours(server: &Server, host: &str) -> bool {
    let host = host.to_lowercase();
    let host = host.strip_suffix(if server.https { ":443" } else { ":80" }).unwrap_or(&host);
    if server.https {
        return host == server.host;
    }
    let port = server.host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.contains(']'));
    let local = ["127.0.0.1", "localhost", "[::1]"].into_iter();
    let mut names = local.map(|name| port.map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")));
    host == server.host || names.any(|name| name == host)
}

/// Whether a form came from one of our own pages, as far as the browser says (Fetch Metadata; RFC 6454 §7).
pub(crate) fn from_here(server: &Server, parts: &request::Parts) -> bool {
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = header("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let origin = header("origin").is_none_or(|origin| match origin.split_once("://") {
        Some(("https", host)) => server.https && ours(server, host),
        Some(("http", host)) => !server.https && ours(server, host),
        // Browsers that keep the referrer to themselves say "null"; the token in the form decides then.
        _ => origin == "null",
    });
    site && origin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(https: bool, host: &str) -> Server {
        let scheme = if https { "https" } else { "http" };
        Server { public_url: format!("{scheme}://{host}"), https, host: host.into(), ..Server::default() }
    }

    #[test]
    fn only_our_own_name_is_answered() {
        let (there, here) = (server(true, "reset.example.org"), server(false, "127.0.0.1:8080"));
        for (server, host, expected) in [
            (&there, "reset.example.org", true),
            (&there, "Reset.Example.org:443", true),
            (&there, "reset.example.org:8443", false),
            (&there, "localhost", false),
            (&there, "evil.example", false),
            (&there, "reset.example.org.evil.example", false),
            (&here, "127.0.0.1:8080", true),
            (&here, "localhost:8080", true),
            (&here, "[::1]:8080", true),
            (&here, "localhost", false),
            (&here, "localhost:8081", false),
            (&here, "evil.example:8080", false),
        ] {
            assert_eq!(ours(server, host), expected, "{host}");
        }
    }

    #[test]
    fn forms_of_other_sites_are_told_apart() {
        let server = server(true, "reset.example.org");
        for (headers, expected) in [
            (vec![], true),
            (vec![("origin", "https://reset.example.org")], true),
            (vec![("origin", "null")], true),
            (vec![("origin", "http://reset.example.org")], false),
            (vec![("origin", "https://evil.example")], false),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "https://reset.example.org")], false),
        ] {
            let mut request = request::Request::builder();
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            assert_eq!(from_here(&server, &parts), expected, "{headers:?}");
        }
    }
}
