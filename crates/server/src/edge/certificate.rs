//! TLS as a server: the certificate and its key, read again when their files change.

use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use regain_core::{Span, Time};
use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::told;
use crate::clock::{self, Clock};
use crate::config::server::{Server, TlsFiles, bare};
use crate::finding::Finding;

/// How often the files are looked at.
const WATCH: Duration = Duration::from_secs(10);

/// How long before its end the doctor speaks of it: whatever renews it should have done so by then.
const SOON: Span = Span::hours(14 * 24);

/// What the doctor calls it.
const WHAT: &str = "certificate of the page";

/// What we show to browsers. Connections keep what they began with when it changes.
pub struct Certificate {
    files: TlsFiles,
    host: String,
    clock: Clock,
    shown: Arc<Shown>,
    seen: RwLock<Option<Stamp>>,
    acceptor: TlsAcceptor,
}

/// What tells one state of the files from another.
type Stamp = [(SystemTime, u64); 2];

#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Certificate {
    /// Reads the files that `server.tls` names, if it is there. One whose time is over is taken all the same, loudly: the next
    /// one comes by the same way.
    ///
    /// # Errors
    /// Why they cannot be used, and what to do.
    pub fn open(server: &Server, clock: Clock) -> Result<Option<Arc<Self>>, String> {
        let Some(files) = server.tls.clone() else { return Ok(None) };
        let host = server.host.clone();
        let seen = stamp(&files);
        let read = read(&files, &host)?;
        if let Err(problem) = read.holds_at(clock.now()) {
            tracing::error!(problem, "browsers will refuse the certificate");
        }
        let shown = Arc::new(Shown(RwLock::new(Arc::new(read.key))));
        let acceptor = TlsAcceptor::from(Arc::new(settings(Arc::clone(&shown))?));
        Ok(Some(Arc::new(Self { files, host, clock, shown, seen: RwLock::new(seen), acceptor })))
    }

    /// Agrees with a client on how to encrypt.
    pub(super) async fn agree(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// Reads the files again if they have changed; says whether they had. Blocks while it reads.
    ///
    /// # Errors
    /// Why the new ones are not used, once for each change; the old ones stay.
    pub fn look_again(&self) -> Result<bool, String> {
        let now = stamp(&self.files);
        if now == *self.seen.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(false);
        }
        self.read_again().map(|()| true)
    }

    /// Reads the files again.
    ///
    /// # Errors
    /// Why they are not used; those before stay.
    pub fn read_again(&self) -> Result<(), String> {
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = stamp(&self.files);
        let read = read(&self.files, &self.host)?;
        read.holds_at(self.clock.now())?;
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read.key);
        Ok(())
    }

    /// Looks at the files now and then, and whenever SIGHUP comes, until told to stop.
    pub async fn keep(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let Ok(mut hangup) = signal(SignalKind::hangup()) else {
            tracing::error!("SIGHUP cannot be listened to: a new certificate needs a restart");
            return;
        };
        tracing::info!("the certificate is looked after: it is read again when its files change, and on SIGHUP");
        loop {
            let asked = tokio::select! {
                () = told(&mut stop) => return,
                _ = hangup.recv() => true,
                () = clock::wait(WATCH) => false,
            };
            let own = Arc::clone(&self);
            let looked = move || if asked { own.read_again().map(|()| true) } else { own.look_again() };
            match tokio::task::spawn_blocking(looked).await {
                Ok(Ok(true)) => tracing::info!("the certificate was read again; new connections get it"),
                Ok(Ok(false)) => {}
                Ok(Err(problem)) => tracing::error!(problem, "the new certificate is NOT used, the one before stays"),
                Err(error) => tracing::error!(%error, "reading the certificate broke off"),
            }
        }
    }
}

/// What is wrong with the files that `server.tls` names, if anything.
pub fn problem(server: &Server, now: Time) -> Option<String> {
    let files = server.tls.as_ref()?;
    read(files, &server.host).and_then(|read| read.holds_at(now)).err()
}

/// What the doctor says of them; nothing if we do not speak TLS.
pub fn look(server: &Server, now: Time) -> Option<Finding> {
    let files = server.tls.as_ref()?;
    let renew = "Renew it; Regain notices the new files by itself.";
    let finding = match read(files, &server.host) {
        Err(problem) => Finding::bad(WHAT, problem, "Put it right; `regain check` looks at it, too."),
        Ok(read) => match read.holds_at(now) {
            Err(problem) => Finding::bad(WHAT, problem, renew),
            Ok(()) if read.ends < now + SOON => {
                Finding::warn(WHAT, format!("valid only until {}", day(read.ends)), renew)
            }
            Ok(()) => Finding::good(WHAT, format!("valid until {}, and the key fits", day(read.ends))),
        },
    };
    Some(finding)
}

/// What was read.
struct Read {
    key: CertifiedKey,
    begins: Time,
    ends: Time,
}

impl Read {
    fn holds_at(&self, now: Time) -> Result<(), String> {
        match (self.begins, self.ends) {
            (_, ends) if ends <= now => Err(format!("server.tls.certificate_file: its time was over on {}", day(ends))),
            (begins, _) if begins > now => {
                Err(format!("server.tls.certificate_file: it is not valid before {}", day(begins)))
            }
            _ => Ok(()),
        }
    }
}

fn read(files: &TlsFiles, host: &str) -> Result<Read, String> {
    let wrong = |key: &str, file: &Path, why: &str| format!("server.tls.{key}: {}: {why}", file.display());
    let cert = |why: &str| wrong("certificate_file", &files.certificate_file, why);
    let chain = CertificateDer::pem_file_iter(&files.certificate_file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| cert(&format!("{error}; it must be a PEM file that we may read")))?;
    let Some(leaf) = chain.first() else { return Err(cert("there is no certificate in it (PEM)")) };
    let (_, parsed) =
        X509Certificate::from_der(leaf).map_err(|_| cert("the first certificate in it cannot be read"))?;
    let time = |at: x509_parser::time::ASN1Time| Time(at.timestamp().saturating_mul(1000));
    let (begins, ends) = (time(parsed.validity().not_before), time(parsed.validity().not_after));
    let name = bare(host);
    let own = ServerName::try_from(name).map_err(|_| format!("server.public_url: {name} can be in no certificate"))?;
    let fits = ParsedCertificate::try_from(leaf).and_then(|leaf| verify_server_name(&leaf, &own));
    fits.map_err(|_| cert(&format!("it is not for {name}, the host of server.public_url")))?;
    let key = |why: &str| wrong("key_file", &files.key_file, why);
    let private = PrivateKeyDer::from_pem_file(&files.key_file);
    let private = private.map_err(|error| key(&format!("{error}; it must be a PEM file that we may read")))?;
    let pair = CertifiedKey::from_der(chain.clone(), private, &ring::default_provider());
    let pair = pair.map_err(|error| key(&format!("it is not the key of the certificate ({error})")))?;
    Ok(Read { key: pair, begins, ends })
}

fn settings(shown: Arc<Shown>) -> Result<ServerConfig, String> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    // TLS 1.2 and 1.3, with forward secrecy: rustls has nothing else.
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let mut settings = builder.with_no_client_auth().with_cert_resolver(shown);
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(settings)
}

fn stamp(files: &TlsFiles) -> Option<Stamp> {
    let one = |path: &Path| std::fs::metadata(path).and_then(|file| Ok((file.modified()?, file.len()))).ok();
    Some([one(&files.certificate_file)?, one(&files.key_file)?])
}

fn day(at: Time) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}
