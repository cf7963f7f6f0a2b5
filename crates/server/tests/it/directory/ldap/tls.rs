//! No password goes over a wire in clear, and none to a server that is not who it says.

use std::sync::{Arc, Mutex};

use regain::directory::{self, Directory, Error};
use regain_core::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{FIRST, dn, open};
use crate::support::proxy::Proxy;
use crate::support::slapd::{SERVICE, SUFFIX, Setup, Slapd, person};

async fn is_there(directory: &dyn Directory) -> Result<bool, Error> {
    directory.find("jo").await.map(|found| found.is_some())
}

fn with_jo(setup: &Setup) -> Option<Slapd> {
    let server = Slapd::start(setup)?;
    server.add(&person("jo", "Jo Bloggs", &format!("userPassword: {FIRST}")));
    Some(server)
}

#[tokio::test]
async fn start_tls_encrypts_before_anything_is_said() {
    let Some(server) = with_jo(&Setup::default()) else { return };
    let wire = Proxy::to(server.plain).await;
    let address = wire.address().replace("ldaps:", "ldap:");
    let directory = open(server.section_at(&[address], "start_tls = true")).await;
    let jo = directory.find("jo").await.unwrap().expect("is there");
    directory.reset(&jo.id, &Secret::new("second kettle 95")).await.unwrap();
    assert!(server.lets_in(&dn("jo"), "second kettle 95"));
    let sent = String::from_utf8_lossy(&wire.sent()).into_owned();
    assert!(sent.contains("1.3.6.1.4.1.1466.20037"), "the word that begins it is all that is clear");
    for clear in [SERVICE.1, "kettle", "cn=regain", "uid"] {
        assert!(!sent.contains(clear), "{clear}");
    }
}

#[tokio::test]
async fn another_authority_or_another_name_is_not_believed() {
    let (Some(server), Some(other)) =
        (with_jo(&Setup::default()), with_jo(&Setup { name: "DNS:elsewhere.example.org", ..Setup::default() }))
    else {
        return;
    };
    let mut section = server.section("");
    section.insert("ca_file".into(), other.ca_file().display().to_string().into());
    let wrong_name = other.section("");
    let mut public = server.section("");
    public.remove("ca_file");
    for section in [section, wrong_name, public] {
        let told = is_there(&*open(section).await).await;
        assert!(matches!(&told, Err(Error::Unavailable(why)) if why.contains("certificate")), "{told:?}");
    }
    assert!(is_there(&*open(server.section("")).await).await.unwrap());
}

#[tokio::test]
async fn a_server_is_called_by_its_ipv6_address_and_its_certificate_must_bear_that() {
    let (Some(server), Some(other)) =
        (with_jo(&Setup { name: "IP:::1", ..Setup::default() }), with_jo(&Setup::default()))
    else {
        return;
    };
    let Some(wire) = Proxy::between("[::1]:0", server.tls).await else {
        return crate::support::missing("an IPv6 address (::1)");
    };
    let directory = open(server.section_at(&[format!("ldaps://[::1]:{}", wire.port)], "")).await;
    assert!(is_there(&*directory).await.unwrap());
    let wire = Proxy::between("[::1]:0", other.tls).await.expect("one more port");
    let told = is_there(&*open(other.section_at(&[format!("ldaps://[::1]:{}", wire.port)], "")).await).await;
    assert!(matches!(&told, Err(Error::Unavailable(why)) if why.contains("certificate")), "{told:?}");
}

#[tokio::test]
async fn an_address_in_clear_is_refused_before_anything_is_opened() {
    let section = format!(
        "kind = 'ldap'\nservers = ['ldap://127.0.0.1']\nbind_dn = 'cn=x'\nbind_password = 'x'\nbase_dn = '{SUFFIX}'"
    );
    let told = directory::check(section.parse().unwrap()).unwrap_err();
    assert!(told.contains("clear text") && told.contains("start_tls"), "{told}");
}

/// A server that answers StartTLS with these bytes, and keeps whatever else is said to it.
async fn liar(answer: &'static [u8]) -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ldap://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let mut bytes = vec![0; 4_096];
                while let Ok(n) = client.read(&mut bytes).await {
                    if n == 0 || client.write_all(answer).await.is_err() {
                        return;
                    }
                    kept.lock().unwrap().extend_from_slice(&bytes[..n]);
                }
            });
        }
    });
    (address, heard)
}

#[tokio::test]
async fn a_server_or_a_wire_that_takes_encryption_away_hears_no_password() {
    let answers: [&'static [u8]; 5] = [
        // protocolError; success and nothing after it; success with a bind's success put behind it; no LDAP at all; a length
        // that never comes.
        &[0x30, 0x0c, 2, 1, 1, 0x78, 7, 10, 1, 2, 4, 0, 4, 0],
        &[0x30, 0x0c, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0],
        &[0x30, 0x0c, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0, 0x30, 0x0c, 2, 1, 2, 0x61, 7, 10, 1, 0, 4, 0, 4, 0],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff],
    ];
    for answer in answers {
        let (address, heard) = liar(answer).await;
        let section = format!(
            "kind = 'ldap'\nservers = ['{address}']\nstart_tls = true\nbind_dn = 'cn=regain'\nbind_password = 'service-secret-1'\n\
             base_dn = '{SUFFIX}'\nconnect_milliseconds = 300"
        );
        let directory = open(section.parse().unwrap()).await;
        assert!(matches!(is_there(&*directory).await, Err(Error::Unavailable(_))), "{answer:?}");
        let heard = heard.lock().unwrap().clone();
        assert!(!heard.is_empty(), "it was asked");
        let text = String::from_utf8_lossy(&heard);
        assert!(!text.contains("service-secret") && !text.contains("cn=regain"), "{answer:?}");
    }
}
