//! `[server]` and `[store]`.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
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
    /// Addresses and networks of proxies whose `X-Forwarded-For` is believed.
    proxies: Vec<String>,
    /// Where somebody may be sent back to after signing in.
    return_to: Vec<String>,
    /// How long answers before the proof take at least, 0 to 5000; they take up to 1.6 times as long.
    pad_milliseconds: u64,
    /// The certificate, if we speak TLS ourselves.
    tls: Option<TlsFiles>,
    /// Address and port of the figures for machines.
    metrics_listen: Option<String>,
    /// Seconds in which a request's head has to be there, and TLS agreed upon.
    header_seconds: u64,
    /// Seconds in which what is posted has to be there.
    body_seconds: u64,
    /// Seconds that a connection is kept open for another request.
    idle_seconds: u64,
    /// Seconds in which a client has to go on taking its answer.
    write_seconds: u64,
    /// Bytes that it has to take each second on average.
    write_bytes_per_second: u64,
    /// Most bytes of a request's head.
    header_bytes: u64,
    /// Most header lines.
    header_lines: u64,
    /// Most bytes posted.
    body_bytes: u64,
    /// Most connections at the same time.
    connections: u64,
    /// Most of them from one address.
    connections_per_address: u64,
    /// Seconds between saying that we are about to stop and no longer taking connections.
    stop_notice_seconds: u64,
    /// Seconds that requests under way may then take.
    stop_seconds: u64,
}

/// `tls = { … }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The certificate and those between it and the authority, in PEM.
    pub certificate_file: PathBuf,
    /// Its key, in PEM.
    pub key_file: PathBuf,
}

impl Default for ServerSection {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".into(),
            public_url: "http://127.0.0.1:8080".into(),
            proxies: Vec::new(),
            return_to: Vec::new(),
            pad_milliseconds: 250,
            tls: None,
            metrics_listen: None,
            header_seconds: 10,
            body_seconds: 20,
            idle_seconds: 60,
            write_seconds: 20,
            write_bytes_per_second: 1000,
            header_bytes: 16_384,
            header_lines: 100,
            body_bytes: 16_384,
            connections: 4096,
            connections_per_address: 128,
            stop_notice_seconds: 0,
            stop_seconds: 15,
        }
    }
}

/// What clients may take of us.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// In which a request's head has to be there, and TLS agreed upon.
    pub header: Duration,
    /// In which what is posted has to be there.
    pub body: Duration,
    /// How long a connection is kept open for another request.
    pub idle: Duration,
    /// In which a client has to go on taking its answer.
    pub write: Duration,
    /// Bytes that it has to take each second on average, beyond `write`.
    pub write_rate: u64,
    /// Most bytes of a request's head.
    pub header_bytes: usize,
    /// Most header lines.
    pub header_lines: usize,
    /// Most bytes posted.
    pub body_bytes: usize,
    /// Most connections at the same time.
    pub connections: usize,
    /// Most of them from one address.
    pub connections_per_address: usize,
    /// Between saying that we are about to stop and no longer taking connections.
    pub stop_notice: Duration,
    /// How long requests under way may then take.
    pub stop: Duration,
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
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpNet>,
    /// Where somebody may be sent back to after signing in.
    pub return_to: ReturnTo,
    /// How long answers before the proof take at least.
    pub pad: Duration,
    /// The certificate, if we speak TLS ourselves.
    pub tls: Option<TlsFiles>,
    /// Where figures for machines are answered, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// What clients may take of us.
    pub limits: Limits,
}

impl Default for Server {
    fn default() -> Self {
        ServerSection::default().check(&mut Vec::new())
    }
}

impl ServerSection {
    /// Checks the section; gives something usable even then, so that other sections can be checked too.
    pub fn check(self, problems: &mut Vec<String>) -> Server {
        let limits = self.limits(problems);
        let listen = address("listen", &self.listen, problems).unwrap_or(([127, 0, 0, 1], 8080).into());
        let metrics_listen = self.metrics_listen.and_then(|text| address("metrics_listen", &text, problems));
        if metrics_listen == Some(listen) {
            problems.push("server.metrics_listen: must be another address or port than server.listen".into());
        }
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
        if self.tls.is_some() && !https {
            problems.push("server.tls: server.public_url must begin with https then".into());
        }
        let return_to = ReturnTo::check(&self.return_to, problems);
        let mut proxies = Vec::new();
        for text in &self.proxies {
            match proxy(text) {
                Ok(network) => proxies.push(network),
                Err(why) => problems.push(format!("server.proxies: \"{text}\": {why}")),
            }
        }
        if self.pad_milliseconds > 5_000 {
            problems.push(format!("server.pad_milliseconds: {} is not from 0 to 5000", self.pad_milliseconds));
        }
        let pad = Duration::from_millis(self.pad_milliseconds.min(5_000));
        let (public_url, tls) = (public_url.to_lowercase(), self.tls);
        Server { pad, listen, https, host, public_url, proxies, return_to, tls, metrics_listen, limits }
    }

    fn limits(&self, problems: &mut Vec<String>) -> Limits {
        let mut within = |key: &str, given: u64, range: RangeInclusive<u64>| {
            if !range.contains(&given) {
                problems.push(format!("server.{key}: {given} is not from {} to {}", range.start(), range.end()));
            }
            given.clamp(*range.start(), *range.end())
        };
        let mut seconds = |key: &str, given, range| Duration::from_secs(within(key, given, range));
        let header = seconds("header_seconds", self.header_seconds, 1..=60);
        let body = seconds("body_seconds", self.body_seconds, 1..=120);
        let idle = seconds("idle_seconds", self.idle_seconds, 1..=600);
        let write = seconds("write_seconds", self.write_seconds, 1..=300);
        let stop_notice = seconds("stop_notice_seconds", self.stop_notice_seconds, 0..=60);
        let stop = seconds("stop_seconds", self.stop_seconds, 1..=300);
        let write_rate = within("write_bytes_per_second", self.write_bytes_per_second, 64..=1_000_000);
        let mut count = |key: &str, given, range| usize::try_from(within(key, given, range)).unwrap_or(usize::MAX);
        Limits {
            header,
            body,
            idle,
            write,
            write_rate,
            header_bytes: count("header_bytes", self.header_bytes, 8192..=65_536),
            header_lines: count("header_lines", self.header_lines, 16..=1000),
            body_bytes: count("body_bytes", self.body_bytes, 4096..=1_048_576),
            connections: count("connections", self.connections, 16..=65_536),
            connections_per_address: count("connections_per_address", self.connections_per_address, 4..=65_536),
            stop_notice,
            stop,
        }
    }
}

fn address(key: &str, text: &str, problems: &mut Vec<String>) -> Option<SocketAddr> {
    let parsed = text.parse().ok();
    if parsed.is_none() {
        problems.push(format!("server.{key}: \"{text}\" is not an address and port such as 127.0.0.1:8080"));
    }
    parsed
}

/// One address, or a network such as 10.0.0.0/24. IPv4 within IPv6 is the same as IPv4.
fn proxy(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    let wrong = || "write an address or a network, such as 10.0.0.5 or 10.0.0.0/24".to_owned();
    let network: IpNet = text.parse().map_err(|_| wrong())?;
    let network = match network {
        IpNet::V6(inner) if inner.addr().to_ipv4_mapped().is_some() => {
            let length = inner.prefix_len().checked_sub(96).ok_or_else(wrong)?;
            IpNet::new(inner.addr().to_canonical(), length).map_err(|_| wrong())?
        }
        other => other,
    };
    if network.addr() != network.network() {
        return Err(format!("the network begins at {}", network.trunc()));
    }
    if network.prefix_len() == 0 {
        return Err("this believes every address there is; name your own proxies".into());
    }
    Ok(network)
}

/// The host alone; a literal IPv6 address keeps its brackets (RFC 3986 §3.2.2).
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

/// The host alone and without brackets, as certificates have it.
pub fn bare(host: &str) -> &str {
    without_port(host).trim_start_matches('[').trim_end_matches(']')
}

fn loopback(host: &str) -> bool {
    let name = bare(host);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_and_networks() {
        for (text, expected) in [
            ("10.0.0.5", "10.0.0.5/32"),
            ("10.0.0.0/24", "10.0.0.0/24"),
            ("::ffff:10.0.0.5", "10.0.0.5/32"),
            ("::ffff:10.0.0.0/120", "10.0.0.0/24"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("2001:db8::/48", "2001:db8::/48"),
        ] {
            assert_eq!(proxy(text).map(|network| network.to_string()), Ok(expected.into()), "{text}");
        }
        for (text, why) in [
            ("", "such as"),
            ("proxy.example.org", "such as"),
            ("10.0.0.0/33", "such as"),
            ("10.0.0", "such as"),
            ("10.0.0.5/24", "begins at 10.0.0.0/24"),
            ("0.0.0.0/0", "every address"),
            ("::/0", "every address"),
            ("::ffff:0.0.0.0/96", "every address"),
        ] {
            assert!(proxy(text).is_err_and(|told| told.contains(why)), "{text}");
        }
    }
}
