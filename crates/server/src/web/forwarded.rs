//! Which address a request comes from, behind proxies.
//!
//! `X-Forwarded-For` is believed from the right, as far as our own proxies wrote it: what stands further left is whatever the
//! visitor sent along, and is not looked at. What has to be read must be readable: to pass over it would be to count one
//! person as another. `Forwarded` (RFC 7239) is not read at all, so that a proxy which sets only the one cannot be fooled by the
//! other.

use std::net::{IpAddr, SocketAddrV4};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The longest list of hops that is taken, in bytes: fifty of the longest addresses.
const LONGEST: usize = 2_048;

/// The address of the client: the last hop that is none of ours, or the first one if all are.
///
/// # Errors
/// Why the list cannot be used.
pub(super) fn client(proxies: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> Result<IpAddr, &'static str> {
    let ours = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(&address));
    let mut client = peer.to_canonical();
    if !ours(client) {
        return Ok(client);
    }
    let lines = headers.get_all("x-forwarded-for");
    if lines.iter().map(|line| line.len()).sum::<usize>() > LONGEST {
        return Err("it is too long");
    }
    for hop in lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
        client = address(hop).ok_or("what our own proxy wrote is no address")?;
        if !ours(client) {
            break;
        }
    }
    Ok(client)
}

/// One hop: an address, perhaps with a port, with brackets or with the zone of the machine that wrote it.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim_matches([' ', '\t']);
    let address = if let Some(rest) = text.strip_prefix('[') {
        let (inside, port) = rest.split_once(']')?;
        let plain = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
        IpAddr::V6(without_zone(inside).filter(|_| plain)?.parse().ok()?)
    } else if let Ok(with_port) = text.parse::<SocketAddrV4>() {
        IpAddr::V4(*with_port.ip())
    } else {
        without_zone(text)?.parse().ok()?
    };
    Some(address.to_canonical())
}

/// The zone of a link-local address says something on the machine that wrote it only (RFC 4007 §11).
fn without_zone(text: &str) -> Option<&str> {
    let Some((address, zone)) = text.split_once('%') else { return Some(text) };
    let named =
        !zone.is_empty() && zone.len() <= 32 && zone.chars().all(|c| c.is_ascii_alphanumeric() || ".-_~".contains(c));
    (named && address.contains(':')).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn proxies() -> Vec<IpNet> {
        ["10.0.0.0/24", "2001:db8::/48", "fe80::/10"].map(|one| one.parse().expect("a network")).to_vec()
    }

    fn of(peer: &str, lines: &[&[u8]]) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).expect("a header"));
        }
        client(&proxies(), peer.parse().expect("an address"), &headers).map(|address| address.to_string())
    }

    #[test]
    fn only_our_proxies_are_believed() {
        for (peer, header, expected) in [
            ("192.0.2.9", "198.51.100.1", "192.0.2.9"),
            ("192.0.2.9", "nonsense", "192.0.2.9"),
            ("10.0.1.1", "198.51.100.1", "10.0.1.1"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.200", "203.0.113.5, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
            ("10.0.0.1", "nonsense, 198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "caf\u{e9}, 198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", ",, 198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "203.0.113.5, 198.51.100.7, 10.0.0.2, 10.0.0.1", "198.51.100.7"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "203.0.113.5, ::ffff:198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7"),
            ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("::ffff:192.0.2.9", "198.51.100.1", "192.0.2.9"),
            ("10.0.0.2", "2001:db9::7, 2001:db8:0:1::1", "2001:db9::7"),
            ("10.0.0.1", "198.51.100.7:51000", "198.51.100.7"),
            ("10.0.0.1", "[2001:db9::7]", "2001:db9::7"),
            ("10.0.0.1", "[2001:db9::7]:443", "2001:db9::7"),
            ("10.0.0.1", "198.51.100.7, fe80::1%eth0", "198.51.100.7"),
            ("fe80::2", "198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(of(peer, &[header.as_bytes()]).as_deref(), Ok(expected), "{peer} {header}");
        }
        assert_eq!(of("10.0.0.1", &[]).as_deref(), Ok("10.0.0.1"), "no header at all");
        let two: [&[u8]; 2] = [b"203.0.113.5", b"198.51.100.7, 10.0.0.2"];
        assert_eq!(of("10.0.0.1", &two).as_deref(), Ok("198.51.100.7"), "the last line is the nearest");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let long = format!("203.0.113.5{}, 198.51.100.7", " ".repeat(LONGEST));
        let unreadable: [&[u8]; 16] = [
            b"",
            b" ",
            b"nonsense",
            b"unknown",
            b"_hidden",
            b"198.51.100.7, ",
            b"198.51.100.7, nonsense",
            b"203.0.113.5, 198.51.100.7 10.0.0.1",
            b"198.51.100.7, nonsense, 10.0.0.1",
            b"\xff\xfe",
            b"198.51.100.7:port",
            b"[2001:db9::7",
            b"[198.51.100.7]",
            b"198.51.100.7%eth0",
            b"fe80::1%",
            long.as_bytes(),
        ];
        for header in unreadable {
            let text = String::from_utf8_lossy(header);
            assert!(of("10.0.0.1", &[header]).is_err(), "{text}");
            assert_eq!(of("192.0.2.9", &[header]).as_deref(), Ok("192.0.2.9"), "of no concern from elsewhere: {text}");
        }
        let two: [&[u8]; 2] = [b"198.51.100.7", b"nonsense"];
        assert!(of("10.0.0.1", &two).is_err());
    }
}
