//! Mail by SMTP (RFC 5321), to the organisation's own relay or a provider's submission port (RFC 6409).
//!
//! The commands are given one by one rather than through lettre's transport, because what a `5xx` means depends on where it
//! comes (`line`). It also lets us switch off Nagle's algorithm.

mod encrypted;
mod line;
mod mail;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lettre::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use tokio::net::TcpStream;

use self::line::Line;
use crate::clock;
use crate::delivery::keys::Keys;
use crate::delivery::{Channel, Content, Failure, Looked, Outgoing, client};

/// Connections that wait for the next message; more are closed. Relays take some dozens from one client.
const KEPT_OPEN: usize = 16;
/// How long one may wait. Relays hang up after five minutes (RFC 5321, 4.5.3.2.7), some earlier.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// What its section says.
struct Settings {
    /// The relay's name; its certificate must bear it.
    host: String,
    /// Default 587 for `starttls`, 465 for `tls`, 25 for `none`.
    port: u16,
    /// For AUTH, `user` and `password`.
    credentials: Option<Credentials>,
    /// `Name <address>` or an address.
    from: Mailbox,
    /// From `security`, default `starttls`, with authorities (PEM) besides the public ones from `ca_file`.
    wire: Wire,
}

/// How the connection is kept from others.
enum Wire {
    StartTls(TlsParameters),
    Tls(Arc<ClientConfig>),
    /// Not at all: for a relay on this machine.
    Plain,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Security {
    StartTls,
    Tls,
    None,
}

/// The gateway.
struct Smtp {
    settings: Settings,
    idle: Mutex<Vec<(Line, Instant)>>,
}

/// Opens one from its section.
///
/// # Errors
/// A line per problem.
pub(crate) fn open(section: toml::Table) -> Result<Arc<dyn Channel>, String> {
    let settings = Settings::read(Keys::new(section))?;
    Ok(Arc::new(Smtp { settings, idle: Mutex::default() }))
}

impl Settings {
    fn read(mut keys: Keys) -> Result<Self, String> {
        let host = keys.required("host", "which server takes the mail, such as \"smtp.example.org\"");
        let words = [("starttls", Security::StartTls), ("tls", Security::Tls), ("none", Security::None)];
        let security = keys.choice("security", &words).unwrap_or(Security::StartTls);
        if security == Security::None && !client::loopback(&host) {
            keys.problem("security", "\"none\" is for a server on this machine only; use \"starttls\" or \"tls\"");
        }
        let port = keys.number("port", 1..=65535).and_then(|port| u16::try_from(port).ok());
        let port = port.unwrap_or(match security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        });
        let (user, password) = (keys.text("user"), keys.secret("password"));
        if user.is_some() != password.is_some() {
            keys.problem("user", "goes with password or password_file; give both or neither");
        }
        let credentials = user.zip(password).map(|(user, password)| Credentials::new(user, password.reveal().into()));
        let from = keys.required("from", "who sends, such as \"Password help <help@example.org>\"");
        let from = from.parse::<Mailbox>().map_err(|error| {
            if !from.is_empty() {
                keys.problem("from", &format!("is not an address ({error}); write \"Name <name@example.org>\""));
            }
        });
        let ca_file = keys.path("ca_file");
        let wire = match security {
            Security::StartTls => tls(&host, ca_file.as_deref()).map(Wire::StartTls),
            Security::Tls => client::tls(ca_file.as_deref()).map(|tls| Wire::Tls(Arc::new(tls))),
            Security::None => Ok(Wire::Plain),
        };
        let wire = wire.map_err(|error| keys.problem("ca_file", &error));
        keys.finish()?;
        match (from, wire) {
            (Ok(from), Ok(wire)) => Ok(Self { host, port, credentials, from, wire }),
            _ => Err("from: is not an address".into()),
        }
    }
}

fn tls(host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, String> {
    let mut tls = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::WebpkiRoots);
    if let Some(file) = ca_file {
        let wrong = |error: String| {
            format!("cannot read certificates from {} ({error}); it must be a PEM file", file.display())
        };
        let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
        tls = tls.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?);
    }
    tls.build().map_err(|error| format!("TLS cannot be set up ({error})"))
}

#[async_trait]
impl Channel for Smtp {
    async fn send(&self, message: &Outgoing<'_>) -> Result<String, Failure> {
        let Content::Email { subject, text, html } = message.content else {
            return Err(Failure::Unavailable("this gateway carries mail only".into()));
        };
        let to: Address = message.to.parse().map_err(|_| {
            Failure::Refused("the registered address is not a mail address; it has to be registered again".into())
        })?;
        let mail =
            mail::write(&mail::Parts { from: &self.settings.from, to: &to, key: message.key, subject, text, html })?;
        let mut line = self.begin(&to).await?;
        let outcome = line.hand_over(&to, mail).await;
        self.keep(line, outcome.is_ok()).await;
        outcome
    }

    async fn look(&self) -> Result<Option<Looked>, Failure> {
        let line = self.connect().await?;
        let certificate = line.certificate().filter(|_| !matches!(self.settings.wire, Wire::Plain));
        self.keep(line, true).await;
        let Settings { host, port, wire, credentials, .. } = &self.settings;
        let how = if matches!(wire, Wire::Plain) { "in clear" } else { "encrypted" };
        let signed_in = if credentials.is_some() { ", and takes the password" } else { "" };
        Ok(Some(Looked { says: format!("{host}:{port} answers, {how}{signed_in}"), certificate }))
    }
}

impl Smtp {
    /// A connection on which the mail was begun. An old one may have been closed by the server meanwhile; nothing was sent
    /// then, so a new one takes its place.
    async fn begin(&self, to: &Address) -> Result<Line, Failure> {
        let from = &self.settings.from.email;
        while let Some(mut line) = self.kept() {
            if line.begin(from, to).await.is_ok() {
                return Ok(line);
            }
        }
        let mut line = self.connect().await?;
        line.begin(from, to).await?;
        Ok(line)
    }

    fn kept(&self) -> Option<Line> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| clock::steady().duration_since(*since) < KEPT_FOR);
        idle.pop().map(|(line, _)| line)
    }

    /// Keeps the connection for the next mail, after a failed one if the server can be brought back to the start.
    async fn keep(&self, mut line: Line, clean: bool) {
        if !line.is_of_use(clean).await {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT_OPEN {
            idle.push((line, clock::steady()));
        }
    }

    async fn connect(&self) -> Result<Line, Failure> {
        let Settings { host, port, wire, credentials, .. } = &self.settings;
        let name = ClientId::default();
        // The library's own way to connect would leave Nagle's algorithm on: up to 40 ms for each mail.
        let stream = TcpStream::connect((host.as_str(), *port)).await;
        let stream = stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
        let stream = stream.map_err(|error| unavailable("cannot connect", &error))?;
        let stream: Box<dyn AsyncTokioStream> = match wire {
            Wire::Tls(tls) => {
                Box::new(encrypted::encrypt(stream, host, tls).await.map_err(|e| unavailable("TLS", &e))?)
            }
            Wire::StartTls(_) | Wire::Plain => Box::new(stream),
        };
        let connected = AsyncSmtpConnection::connect_with_transport(stream, &name).await;
        let mut connection = connected.map_err(|error| unavailable("cannot connect", &error))?;
        if let Wire::StartTls(tls) = wire {
            connection.starttls(tls.clone(), &name).await.map_err(|error| unavailable("STARTTLS", &error))?;
        }
        let mut line = Line::open(connection, &name).await;
        if let Some(credentials) = credentials {
            line.sign_in(credentials).await?;
        }
        Ok(line)
    }
}

fn unavailable(stage: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::Unavailable(format!("{stage}: {error}"))
}
