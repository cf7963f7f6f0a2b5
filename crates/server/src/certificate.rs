//! The certificate that a server shows, and for how long it is good: what `regain doctor` says of every encrypted connection.

use std::io::Write as _;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_core::Time;
use rustls::{ClientConfig, ClientConnection, Stream};
use rustls_pki_types::ServerName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::finding::Finding;

/// Days before its end at which a certificate is worth a word.
const SOON: i64 = 21;
const DAY: i64 = 86_400;

/// Connects, encrypts as `tls` says, hangs up, and gives the server's certificate (DER) once it was found to be good. `begin` may
/// say what has to be said before. It waits: call it where that harms nobody.
///
/// # Errors
/// What went wrong.
pub(crate) fn shown(
    (host, port): (&str, u16),
    tls: Arc<ClientConfig>,
    limit: Duration,
    begin: impl FnOnce(&mut TcpStream) -> Result<(), String>,
) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut socket = reached((host, port), limit)?;
    begin(&mut socket)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let mut session = ClientConnection::new(tls, name).map_err(|error| error.to_string())?;
    let mut stream = Stream::new(&mut session, &mut socket);
    stream.flush().map_err(told)?;
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(stream.sock).map_err(told)?;
    }
    let certificates = session.peer_certificates().unwrap_or_default();
    certificates.first().map(|first| first.to_vec()).ok_or_else(|| "it shows no certificate".into())
}

/// A connection to a server that answers.
///
/// # Errors
/// What went wrong.
pub(crate) fn reached((host, port): (&str, u16), limit: Duration) -> Result<TcpStream, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut why = "its name leads nowhere".to_owned();
    // A name may lead to several addresses, of which this machine reaches some.
    for address in (host, port).to_socket_addrs().map_err(told)? {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(socket) => {
                socket.set_read_timeout(Some(limit)).map_err(told)?;
                socket.set_write_timeout(Some(limit)).map_err(told)?;
                return Ok(socket);
            }
            Err(error) => why = told(error),
        }
    }
    Err(why)
}

/// What is to be said of a good certificate of this server.
pub(crate) fn judged(what: &str, server: &str, der: &[u8], now: Time) -> Finding {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return Finding::good(what, format!("{server}: it is trusted"));
    };
    let end = certificate.validity().not_after.timestamp();
    let left = (end - now.0 / 1_000) / DAY;
    let until = Timestamp::from_second(end).map(|end| end.strftime("%-d %B %Y").to_string()).unwrap_or_default();
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    let days = if left == 1 { "day" } else { "days" };
    let says = format!("{server}: {subject}, by {issuer}, until {until}, which is in {left} {days}");
    if left < SOON { Finding::warn(what, says, "Have it renewed.") } else { Finding::good(what, says) }
}
