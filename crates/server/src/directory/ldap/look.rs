//! What `regain doctor` looks at with every server that speaks LDAP: its certificate, its clock, the sign-in, what it can do.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use regain_core::Time;
use rustls::ClientConfig;

use super::address::Address;
use super::discover;
use super::entry::Query;
use super::lease::Lease;
use super::pool::{Pool, Role};
use super::sheet::Sheet;
use super::time::generalized;
use crate::certificate;
use crate::finding::Finding;

/// Asks for StartTLS (RFC 4511, 4.14.1): message 1, extended request 1.3.6.1.4.1.1466.20037.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// How far a server's clock may be off, in milliseconds: Kerberos takes five minutes (RFC 4120, 8.2).
const OFF: i64 = 300_000;

/// Every server.
pub(in crate::directory) async fn servers(pool: &Pool, now: Time) -> Vec<Finding> {
    let mut findings: Vec<Finding> = discover::look(pool).await.into_iter().collect();
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
    findings.push(match their_time(&mut lease).await {
        Some(theirs) => clocks(name, theirs, now),
        None => Finding::skipped("clock", format!("{name} does not tell its time (OpenLDAP: database monitor)")),
    });
    findings.push(Finding::good("capabilities", format!("{name}: {}", lease.sheet().words().join("; "))));
    findings
}

/// The server's time: Active Directory tells it in the rootDSE, OpenLDAP below its monitor.
async fn their_time(lease: &mut Lease) -> Option<Time> {
    for (place, name) in [("", "currentTime"), ("cn=Current,cn=Time,cn=Monitor", "monitorTimestamp")] {
        if let Ok(Ok(found)) = lease.search(&Query::entry(place, &[name])).await
            && let Some(time) = found.only().unwrap_or_default().text(name).and_then(generalized)
        {
            return Some(time);
        }
    }
    None
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

fn certificate(address: &Address, tls: Arc<ClientConfig>, limit: Duration, now: Time) -> Finding {
    match certificate::shown((&address.host, address.port), tls, limit, |socket| begin(address, socket)) {
        Ok(der) => certificate::judged("certificate", &address.to_string(), &der, now),
        Err(why) => {
            let fix = "Name the authority that signed it in directory.ca_file, and the server as its certificate calls it in \
                       directory.servers; openssl s_client -showcerts shows what it sends.";
            Finding::bad("certificate", format!("{address}: {why}"), fix)
        }
    }
}

/// Asks for encryption, where it does not begin by itself.
fn begin(address: &Address, socket: &mut TcpStream) -> Result<(), String> {
    if !address.start_tls {
        return Ok(());
    }
    socket.write_all(START_TLS).map_err(|error| error.to_string())?;
    let mut answer = [0; 512];
    let length = socket.read(&mut answer).map_err(|error| error.to_string())?;
    // Result code 0 stands right after the tag of the extended response.
    let begun = answer.get(..length).is_some_and(|answer| answer.windows(3).any(|part| part == [0x0a, 0x01, 0x00]));
    if begun { Ok(()) } else { Err("it does not begin encryption (StartTLS)".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_minutes_apart_are_too_much() {
        assert_eq!(clocks("a", Time(0), Time(OFF)).state, crate::finding::State::Bad);
        assert_eq!(clocks("a", Time(0), Time(OFF - 1)).state, crate::finding::State::Good);
    }
}
