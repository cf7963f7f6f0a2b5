//! The HTTP client of all gateways that speak HTTP.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{RequestBuilder, Url};

use super::{Failure, Looked};
use crate::certificate;

/// As much of an answer as is read, in bytes.
const READ: usize = 16 * 1024;

/// A provider's answer.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The beginning of the body.
    pub(crate) body: String,
}

/// Makes a client that keeps its connections open, follows no redirect (the message would go to a host that nobody chose),
/// uses no proxy and sends nothing twice. Trusts the public authorities and those in `ca_file` (PEM).
///
/// # Errors
/// A sentence about `ca_file`, or the operating system's refusal.
pub(crate) fn open(ca_file: Option<&Path>) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls(ca_file)?)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(90))
        .user_agent(concat!("Regain/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("the HTTP client cannot be made ({error})"))
}

/// What such a client trusts.
///
/// # Errors
/// A sentence about `ca_file`.
pub(crate) fn tls(ca_file: Option<&Path>) -> Result<rustls::ClientConfig, String> {
    ca_file.map_or_else(|| Ok(crate::tls::client()), crate::tls::client_trusting)
}

/// A provider as the doctor sees it: where it is, and whom it has to be.
pub(crate) struct Peer {
    url: Url,
    tls: Arc<rustls::ClientConfig>,
}

impl Peer {
    /// The provider at this address.
    ///
    /// # Errors
    /// As [`open`].
    pub(crate) fn new(url: Url, ca_file: Option<&Path>) -> Result<Self, String> {
        Ok(Self { url, tls: Arc::new(tls(ca_file)?) })
    }

    /// Connects, encrypts, and hangs up. No request is made, so nothing is sent or paid for; whether the provider takes the
    /// password shows only when something is.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]
    pub(crate) async fn look(&self) -> Result<Option<Looked>, Failure> {
        let (url, tls) = (self.url.clone(), Arc::clone(&self.tls));
        let looked = tokio::task::spawn_blocking(move || reached(&url, tls)).await;
        let looked = looked.unwrap_or_else(|error| Err(error.to_string()));
        looked.map(Some).map_err(Failure::Unavailable)
    }
}

fn reached(url: &Url, tls: Arc<rustls::ClientConfig>) -> Result<Looked, String> {
    let bare = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let host = url.host_str().map(bare).unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let patience = Duration::from_secs(5);
    let told = |error: String| format!("cannot connect to {host}:{port}: {error}");
    let later = "whether it takes the password shows only when something is sent";
    if url.scheme() == "http" {
        certificate::reached((&host, port), patience).map_err(told)?;
        return Ok(Looked { says: format!("{host}:{port} answers, in clear; {later}"), certificate: None });
    }
    let certificate = certificate::shown((&host, port), tls, patience, |_| Ok(())).map_err(told)?;
    Ok(Looked { says: format!("{host}:{port} answers, encrypted; {later}"), certificate: Some(certificate) })
}

/// Takes an address that messages may be sent to: `https`, or `http` to this machine.
///
/// # Errors
/// What to write instead.
pub(crate) fn address(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).map_err(|error| format!("is not an address ({error}); write it as https://host/path"))?;
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => {
            Err("must not hold a name and password; use user and password".into())
        }
        "https" => Ok(url),
        "http" if loopback(host) => Ok(url),
        "http" => Err("must begin with https://; http:// is allowed to this machine only (127.0.0.1)".into()),
        _ => Err("must begin with https://".into()),
    }
}

/// Whether a host is this machine.
pub(crate) fn loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Sends a request and reads the beginning of the answer.
///
/// # Errors
/// [`Failure::Unavailable`] without the address of the request, which may hold the message.
pub(crate) async fn ask(request: RequestBuilder) -> Result<Answer, Failure> {
    let mut response = request.send().await.map_err(failure)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        body.extend_from_slice(&chunk);
        if body.len() >= READ {
            body.truncate(READ);
            break;
        }
    }
    Ok(Answer { status: response.status().as_u16(), body: String::from_utf8_lossy(&body).into_owned() })
}

fn failure(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    Failure::Unavailable(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_this_machine() {
        for good in
            ["https://api.example.com/send?x=1", "http://127.0.0.1:8080/", "http://[::1]/a", "http://localhost/"]
        {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.example.com/",
            "ftp://127.0.0.1/",
            "api.example.com",
            "https://u:p@host/",
            "",
            "http://127.0.0.1.example.com/",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
