//! What `regain doctor` looks at with every server that speaks LDAP: its certificate, its clock, the sign-in, what it can do.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_core::Time;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Stream};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::address::Address;
use super::entry::Query;
use super::pool::{Pool, Role};
use super::sheet::Sheet;
use crate::finding::Finding;

/// Asks for StartTLS (RFC 4511, 4.14.1): message 1, extended request 1.3.6.1.4.1.1466.20037.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// Days before its end at which a certificate is worth a word.
const SOON: i64 = 21;
const DAY: i64 = 86_400;
/// How far a server's clock may be off, in milliseconds: Kerberos takes five minutes (RFC 4120, 8.2).
const OFF: i64 = 300_000;

/// Every server.
pub(in crate::directory) async fn servers(pool: &Pool, now: Time) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in pool.servers() {
        let (address, tls, limit) = (server.address.clone(), pool.settings.tls.clone(), pool.settings.connect);
        let shown = tokio::task::spawn_blocking(move || certificate(&address, tls, limit, now)).await;
        findings.push(shown.unwrap_or_else(|_| Finding::skipped("certificate", "it could not be looked at")));
        findings.extend(signed_in(pool, &server.address.to_string(), now).await);
    }
    findings
}

async fn signed_in(pool: &Pool, name: &str, now: Time) -> Vec<Finding> {
    let mut lease = match pool.lease_at(name, Role::Service).await {
        Ok(lease) => lease,
        Err(error) => {
            let fix = "Check directory.servers, directory.bind_dn, its password, and what lies between.";
            return vec![Finding::bad("sign-in", error.to_string(), fix)];
        }
    };
    let mut findings = vec![Finding::good("sign-in", format!("{name} lets Regain sign in"))];
    let root = Query::entry("", &["currentTime"]);
    if let Ok(Ok(found)) = lease.search(&root).await {
        let entry = found.only().unwrap_or_default();
        findings.extend(entry.text("currentTime").and_then(generalized).map(|theirs| clocks(name, theirs, now)));
    }
    findings.push(Finding::good("capabilities", format!("{name}: {}", lease.sheet().words().join("; "))));
    findings
}

/// What a server can do, for who decides by it.
pub(in crate::directory) fn first_sheet(pool: &Pool) -> Arc<Sheet> {
    pool.sheet().unwrap_or_default()
}

fn clocks(name: &str, theirs: Time, now: Time) -> Finding {
    let off = (theirs.0 - now.0).abs();
    if off < OFF {
        return Finding::good("clock", format!("{name} has the same time, to {} s", off / 1_000));
    }
    let says = format!(
        "{name} and this machine are {} s apart: ends of locks and ages of passwords come out wrong",
        off / 1_000
    );
    Finding::bad("clock", says, "Set both by NTP.")
}

/// `YYYYMMDDHHMMSS.0Z` (RFC 4517, 3.3.13), as Active Directory writes it.
fn generalized(text: &str) -> Option<Time> {
    let digits = text.get(..14).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let (date, time) = ((part(0, 4), part(4, 6), part(6, 8)), (part(8, 10), part(10, 12), part(12, 14)));
    let iso = format!("{}-{}-{}T{}:{}:{}Z", date.0, date.1, date.2, time.0, time.1, time.2);
    iso.parse::<Timestamp>().ok().map(|time| Time(time.as_millisecond()))
}

fn certificate(address: &Address, tls: Arc<ClientConfig>, limit: Duration, now: Time) -> Finding {
    match shown(address, tls, limit) {
        Ok(der) => judged(address, &der, now),
        Err(why) => {
            let fix = "Name the authority that signed it in directory.ca_file, and the server as its certificate calls it in \
                       directory.servers; openssl s_client -showcerts shows what it sends.";
            Finding::bad("certificate", format!("{address}: {why}"), fix)
        }
    }
}

/// The server's certificate, once it was found to be good.
fn shown(address: &Address, tls: Arc<ClientConfig>, limit: Duration) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut found = (address.host.as_str(), address.port).to_socket_addrs().map_err(told)?;
    let found = found.next().ok_or("its name leads nowhere")?;
    let mut socket = TcpStream::connect_timeout(&found, limit).map_err(told)?;
    socket.set_read_timeout(Some(limit)).map_err(told)?;
    if address.start_tls {
        socket.write_all(START_TLS).map_err(told)?;
        let mut answer = [0; 512];
        let length = socket.read(&mut answer).map_err(told)?;
        // Result code 0 stands right after the tag of the extended response.
        let begun = answer.get(..length).is_some_and(|answer| answer.windows(3).any(|part| part == [0x0a, 0x01, 0x00]));
        if !begun {
            return Err("it does not begin encryption (StartTLS)".into());
        }
    }
    let name = ServerName::try_from(address.host.clone()).map_err(|error| error.to_string())?;
    let mut session = ClientConnection::new(tls, name).map_err(|error| error.to_string())?;
    let mut stream = Stream::new(&mut session, &mut socket);
    stream.flush().map_err(told)?;
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(stream.sock).map_err(told)?;
    }
    let certificates = session.peer_certificates().unwrap_or_default();
    certificates.first().map(|first| first.to_vec()).ok_or_else(|| "it shows no certificate".into())
}

fn judged(address: &Address, der: &[u8], now: Time) -> Finding {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return Finding::good("certificate", format!("{address}: it is trusted"));
    };
    let end = certificate.validity().not_after.timestamp();
    let left = (end - now.0 / 1_000) / DAY;
    let until = Timestamp::from_second(end).map(|end| end.strftime("%-d %B %Y").to_string()).unwrap_or_default();
    let says = format!("{address}: {}, by {}, until {until}", certificate.subject(), certificate.issuer());
    if left < SOON {
        return Finding::warn("certificate", format!("{says}, which is in {left} days"), "Have it renewed.");
    }
    Finding::good("certificate", says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_s_time_is_read() {
        assert_eq!(generalized("20261124180912.0Z"), Some(Time(1_795_543_752_000)));
        for wrong in ["", "2026", "20261124x80912.0Z", "20261324180912.0Z"] {
            assert_eq!(generalized(wrong), None, "{wrong}");
        }
        assert_eq!(clocks("a", Time(0), Time(OFF)).state, crate::finding::State::Bad);
        assert_eq!(clocks("a", Time(0), Time(OFF - 1)).state, crate::finding::State::Good);
    }
}
