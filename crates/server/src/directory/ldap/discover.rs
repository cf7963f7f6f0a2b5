//! Finding the servers of a domain by DNS (RFC 2782).
//!
//! DNS is not to be trusted: an answer may name any server in the world, and that server has a valid certificate for its name.
//! So only servers below the domain that the operator wrote down are taken.

use std::sync::Weak;
use std::time::Duration;

use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::{Resolver, TokioResolver};

use super::address::Address;
use super::pool::Pool;
use crate::clock;
use crate::finding::Finding;

/// How long a list is good for, and how soon it is asked for again if there was no answer.
const AGAIN: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(3));
/// LDAP over TLS.
const TLS_PORT: u16 = 636;

/// Whether DNS names servers, for the doctor, who does not wait for [`keep_up`]; nothing where they are not to be found so.
pub(super) async fn look(pool: &Pool) -> Option<Finding> {
    let domain = pool.settings.discover.as_ref()?;
    let what = "discovery";
    let fix =
        format!("dig +short SRV _ldap._tcp.{domain} shows what DNS says; name them in directory.servers otherwise.");
    let resolver = match Resolver::builder_tokio().and_then(|builder| builder.build()) {
        Ok(resolver) => resolver,
        Err(error) => {
            return Some(Finding::bad(what, format!("this machine's DNS settings cannot be read: {error}"), fix));
        }
    };
    let found = look_up(&resolver, domain, pool.settings.start_tls).await;
    if found.is_empty() {
        return Some(Finding::bad(what, format!("DNS names no directory server of {domain}"), fix));
    }
    let names: Vec<String> = found.iter().map(ToString::to_string).collect();
    pool.replace(found);
    Some(Finding::good(what, format!("DNS names {}", names.join(", "))))
}

/// Keeps the list of servers up to date, if they are to be found by DNS.
pub(super) async fn keep_up(pool: Weak<Pool>) {
    if pool.upgrade().is_none_or(|pool| pool.settings.discover.is_none()) {
        return;
    }
    let resolver = match Resolver::builder_tokio().and_then(|builder| builder.build()) {
        Ok(resolver) => resolver,
        Err(error) => {
            tracing::error!(%error, "this machine's DNS settings cannot be read: directory.discover finds nothing");
            return;
        }
    };
    loop {
        let Some(pool) = pool.upgrade() else { return };
        let Some(domain) = &pool.settings.discover else { return };
        let found = look_up(&resolver, domain, pool.settings.start_tls).await;
        let again = if found.is_empty() { AGAIN.1 } else { AGAIN.0 };
        if found.is_empty() {
            tracing::error!(domain, "DNS names no directory server of this domain");
        } else {
            pool.replace(found);
        }
        drop(pool);
        clock::wait(again).await;
    }
}

/// The servers of a domain, best first. Where none is listed for LDAP over TLS, as in Active Directory, those for LDAP are
/// asked on the usual port of LDAP over TLS.
async fn look_up(resolver: &TokioResolver, domain: &str, start_tls: bool) -> Vec<Address> {
    let services: &[(&str, Option<u16>)] =
        if start_tls { &[("_ldap", None)] } else { &[("_ldaps", None), ("_ldap", Some(TLS_PORT))] };
    for (service, port) in services {
        match resolver.srv_lookup(format!("{service}._tcp.{domain}.")).await {
            Ok(answer) => {
                let records = answer.answers().iter().filter_map(|record| match &record.data {
                    RData::SRV(srv) => Some(srv),
                    _ => None,
                });
                return addresses(records, domain, *port, start_tls);
            }
            Err(error) => tracing::debug!(%error, service, domain, "nothing found by DNS"),
        }
    }
    Vec::new()
}

/// By priority, and the heavier first: the same order every time, so that a person's next question goes where the last went.
fn addresses<'a>(
    records: impl Iterator<Item = &'a SRV>,
    domain: &str,
    port: Option<u16>,
    start_tls: bool,
) -> Vec<Address> {
    let mut records: Vec<&SRV> = records.collect();
    records.sort_by_key(|srv| (srv.priority, u16::MAX - srv.weight, srv.target.to_lowercase()));
    let mut found: Vec<Address> = Vec::new();
    for srv in records {
        let host = srv.target.to_lowercase().to_ascii();
        let host = host.trim_end_matches('.').to_owned();
        if !host.strip_suffix(domain).is_some_and(|start| start.ends_with('.')) {
            tracing::warn!(host, domain, "DNS names a server outside the domain; it is not asked");
            continue;
        }
        let address = Address { host, port: port.unwrap_or(srv.port), start_tls };
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use hickory_resolver::proto::op::{Message, ResponseCode};
    use hickory_resolver::proto::rr::{Name, Record};
    use tokio::net::UdpSocket;

    use super::*;

    fn srv(priority: u16, weight: u16, port: u16, target: &str) -> SRV {
        SRV::new(priority, weight, port, Name::from_ascii(target).unwrap())
    }

    /// A name server that knows these records under one name, and a resolver that asks it.
    async fn resolver(name: &'static str, records: Vec<SRV>) -> TokioResolver {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut udp = ConnectionConfig::udp();
        udp.port = socket.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut packet = [0; 1_500];
            while let Ok((length, from)) = socket.recv_from(&mut packet).await {
                let mut message = Message::from_vec(&packet[..length]).unwrap();
                let asked = message.queries[0].name().clone();
                if asked.to_ascii() == name {
                    for srv in &records {
                        message.add_answer(Record::from_rdata(asked.clone(), 60, RData::SRV(srv.clone())));
                    }
                } else {
                    message.metadata.response_code = ResponseCode::NXDomain;
                }
                socket.send_to(&message.into_response().to_vec().unwrap(), from).await.unwrap();
            }
        });
        let server = NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![udp]);
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        Resolver::builder_with_config(config, TokioRuntimeProvider::default()).build().unwrap()
    }

    fn told(found: &[Address]) -> Vec<String> {
        found.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn servers_come_in_their_order_and_none_from_outside() {
        let records = vec![
            srv(20, 0, 636, "backup.example.org."),
            srv(10, 1, 1636, "Light.example.org."),
            srv(10, 9, 636, "heavy.example.org."),
            srv(1, 1, 636, "elsewhere.example.com."),
            srv(1, 1, 636, "evilexample.org."),
        ];
        let found = look_up(&resolver("_ldaps._tcp.example.org.", records).await, "example.org", false).await;
        let expected =
            ["ldaps://heavy.example.org:636", "ldaps://light.example.org:1636", "ldaps://backup.example.org:636"];
        assert_eq!(told(&found), expected);
    }

    #[tokio::test]
    async fn where_only_ldap_is_listed_it_is_encrypted_all_the_same() {
        let records = || vec![srv(0, 100, 389, "dc1.corp.example.org.")];
        let resolver = resolver("_ldap._tcp.corp.example.org.", records()).await;
        let found = look_up(&resolver, "corp.example.org", false).await;
        assert_eq!(told(&found), ["ldaps://dc1.corp.example.org:636"]);
        let found = look_up(&resolver, "corp.example.org", true).await;
        assert_eq!(found, [Address { host: "dc1.corp.example.org".into(), port: 389, start_tls: true }]);
        assert!(look_up(&resolver, "other.example.org", false).await.is_empty());
    }
}
