//! Syslog: messages of RFC 5424 over TLS, framed as in RFC 5425.
//!
//! Syslog has no answers. What tells that a receiver has everything is the end of the connection: it ends it after it has read
//! that we have ended it, and so after all that came before. It should do so with `close_notify` (RFC 5425, 4.4); rsyslog with
//! GnuTLS only closes. So each batch has a connection of its own, and counts once that end has come; an end that comes before
//! ours, or a connection that breaks, does not count.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use regain_core::Time;

use super::line;
use super::sink::Item;
use crate::config;

/// How long connecting, and how long handing over, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a receiver has to be there after it was sent everything: one that takes connections and drops them shows.
const THERE: Duration = Duration::from_millis(100);

/// The usual port (RFC 5425, 4.1).
const PORT: u16 = 6514;

/// "log audit" (RFC 5424, 6.2.1).
const FACILITY: u8 = 13;

/// A syslog server.
pub(super) struct Syslog {
    peer: Peer,
    host: String,
}

impl Syslog {
    /// Reads its section. `host` is what this installation is called.
    ///
    /// # Errors
    /// The key and what to do.
    pub(super) fn open(section: &config::audit::Syslog, host: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("audit.syslog.address: {why}; write it as siem.example.org:{PORT}");
        let (name, port) = split(&section.address).ok_or_else(|| wrong("is not a host and a port"))?;
        let tls = crate::tls::roots(section.ca_file.as_deref()).map(crate::tls::trusting);
        let tls = tls.map_err(|why| format!("audit.syslog.ca_file: {why}"))?;
        let peer = Peer::new(name, port, Some(tls)).map_err(|why| wrong(&why))?;
        Ok(Self { peer, host: host.to_owned() })
    }

    pub(super) async fn send(&self, items: &[Item]) -> Result<(), String> {
        let framed: String = items.iter().map(|item| frame(&self.host, item)).collect();
        let mut stream = self.peer.encrypted().await?;
        let handing_over = async {
            stream.write_all(framed.as_bytes()).await?;
            stream.flush().await?;
            if let Ok(early) = timeout(THERE, stream.read(&mut [0; 512])).await
                && early? == 0
            {
                return Err(std::io::ErrorKind::ConnectionAborted.into());
            }
            stream.shutdown().await?;
            // Whatever it says is of no meaning; the end is.
            loop {
                match stream.read(&mut [0; 512]).await {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        };
        match timeout(PATIENCE, handing_over).await {
            Ok(done) => done.map_err(|error| format!("the connection broke before everything was taken ({error})")),
            Err(_) => Err("it did not close the connection, so nobody knows whether it has everything".into()),
        }
    }

    pub(super) async fn look(&self) -> Result<(), String> {
        let mut stream = self.peer.encrypted().await?;
        stream.shutdown().await.map_err(|error| error.to_string())
    }
}

/// Host and port of `host:port`, `host`, or `[::1]:port`.
fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.starts_with('[') => (host, port.parse().ok()?),
        _ => (address, PORT),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty() && !host.contains(['/', ' ', '@'])).then_some((host, port))
}

/// `LENGTH MESSAGE` (RFC 5425, 4.3).
fn frame(host: &str, item: &Item) -> String {
    let severity = match (item.act.as_str(), item.outcome.as_str()) {
        ("audit_forged" | "audit_cut", _) => 2,
        (_, "success") => 6,
        (_, "failure") => 5,
        _ => 4,
    };
    let priority = FACILITY * 8 + severity;
    let plain = |text: &str, most| text.chars().filter(char::is_ascii_graphic).take(most).collect::<String>();
    let or_nil = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let (host, id) = (or_nil(plain(host, 255)), or_nil(plain(&item.act, 32)));
    let time = line::time(Time(item.at));
    // ASCII alone, so that the message needs no byte order mark (RFC 5424, 6.4).
    let message = format!("<{priority}>1 {time} {host} regain - {id} - {}", line::ascii(&item.line));
    format!("{} {message}", message.len())
}

/// Where one connects to.
pub(super) struct Peer {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Peer {
    pub(super) fn new(host: &str, port: u16, tls: Option<rustls::ClientConfig>) -> Result<Self, String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| format!("\"{host}\" is not a host"))?;
        let tls = tls.map(|tls| (TlsConnector::from(Arc::new(tls)), name));
        Ok(Self { host: host.to_owned(), port, tls })
    }

    async fn plain(&self) -> Result<TcpStream, String> {
        let opened = timeout(PATIENCE, TcpStream::connect((self.host.as_str(), self.port))).await;
        let opened = opened.map_err(|_| "cannot connect: no answer".to_owned())?;
        opened.map_err(|error| format!("cannot connect ({error})"))
    }

    async fn encrypted(&self) -> Result<TlsStream<TcpStream>, String> {
        let stream = self.plain().await?;
        let (connector, name) = self.tls.as_ref().ok_or("it is not to be encrypted")?;
        let shaken = timeout(PATIENCE, connector.connect(name.clone(), stream)).await;
        let shaken = shaken.map_err(|_| "TLS: no answer".to_owned())?;
        shaken.map_err(|error| format!("TLS: {error}"))
    }

    /// Connects, as encrypted as it is meant to be, and goes away again.
    pub(super) async fn look(&self) -> Result<(), String> {
        match self.tls {
            Some(_) => self.encrypted().await?.shutdown().await.map_err(|error| error.to_string()),
            None => self.plain().await.map(drop),
        }
    }
}
