//! `[server]` and `[store]`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::return_to::ReturnTo;

/// `[server]` as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSection {
    /// Address and port to listen on.
    listen: String,
    /// What the browser sees: scheme, host, port. Links are built from it and from nothing else.
    public_url: String,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    proxies: Vec<IpAddr>,
    /// Where somebody may be sent back to after signing in.
    return_to: Vec<String>,
    /// How long answers before the proof take at least, 0 to 5000; they take up to 1.6 times as long.
    pad_milliseconds: u64,
}

impl Default for ServerSection {
    fn default() -> Self {
        let (listen, public_url) = ("127.0.0.1:8080".into(), "http://127.0.0.1:8080".into());
        Self { listen, public_url, proxies: Vec::new(), return_to: Vec::new(), pad_milliseconds: 250 }
    }
}

/// `[server]`, checked.
#[derive(Clone, Debug)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Scheme, host and port, without a slash at the end.
    pub public_url: String,
    /// Whether the browser speaks TLS with us or with the proxy before us.
    pub https: bool,
    /// The only `Host` that is answered: host and, unless it is the scheme's own, port.
    pub host: String,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
    /// Where somebody may be sent back to after signing in.
    pub return_to: ReturnTo,
    /// How long answers before the proof take at least.
    pub pad: Duration,
}

impl ServerSection {
    /// Checks the section; gives something usable even then, so that other sections can be checked too.
    pub fn check(self, problems: &mut Vec<String>) -> Server {
        let listen = self.listen.parse().unwrap_or_else(|_| {
            problems
                .push(format!("server.listen: \"{}\" is not an address and port such as 127.0.0.1:8080", self.listen));
            SocketAddr::from(([127, 0, 0, 1], 8080))
        });
        let public_url = self.public_url.trim_end_matches('/').to_owned();
        let parts = public_url
            .split_once("://")
            .filter(|(_, host)| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']));
        let (https, host) = match parts {
            Some(("https", host)) => (true, host.strip_suffix(":443").unwrap_or(host)),
            Some(("http", host)) => (false, host.strip_suffix(":80").unwrap_or(host)),
            _ => {
                problems.push(format!("server.public_url: \"{public_url}\" must be like https://reset.example.org"));
                (true, "localhost")
            }
        };
        if !https && !loopback(host) {
            problems.push("server.public_url: passwords travel over https only; http is for this machine alone".into());
        }
        let host = host.to_lowercase();
        let return_to = ReturnTo::check(&self.return_to, problems);
        if self.pad_milliseconds > 5_000 {
            problems.push(format!("server.pad_milliseconds: {} is not from 0 to 5000", self.pad_milliseconds));
        }
        let pad = Duration::from_millis(self.pad_milliseconds.min(5_000));
        Server { pad, listen, https, host, public_url: public_url.to_lowercase(), proxies: self.proxies, return_to }
    }
}

fn loopback(host: &str) -> bool {
    let name =
        if host.starts_with('[') { host.trim_start_matches('[').split(']').next() } else { host.split(':').next() };
    let name = name.unwrap_or_default();
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `[store]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSection {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// A file that holds the address instead, because it has a password in it.
    pub url_file: Option<PathBuf>,
    /// The key file, made on the first start.
    pub key_file: PathBuf,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self { url: "sqlite:regain.db".into(), url_file: None, key_file: "regain.key".into() }
    }
}

impl StoreSection {
    /// The address, from the file if one is named.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn address(&self) -> Result<String, String> {
        let Some(path) = &self.url_file else { return Ok(self.url.clone()) };
        let text = std::fs::read_to_string(path);
        text.map(|text| text.trim().to_owned()).map_err(|error| format!("store.url_file: {}: {error}", path.display()))
    }
}
