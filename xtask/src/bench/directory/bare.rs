//! The floor: what a reset asks of a directory (RFC 4511, RFC 3062) and of a mail server (RFC 5321), in the fewest bytes, with
//! nothing around it. Not even encryption, which Regain never goes without.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::super::people::Lane;
use super::slapd::{SERVICE, SUFFIX, Slapd};
use crate::host::Outcome;

/// Set new passwords by this (RFC 3062).
const PASSWORD_MODIFY: &[u8] = b"1.3.6.1.4.1.4203.1.11.1";
/// As long as Regain's own.
const MAIL: &str = include_str!("mail.txt");

/// A connection to each server.
pub(super) struct Bare {
    ldap: BufReader<TcpStream>,
    smtp: BufReader<TcpStream>,
    number: u8,
    mail: String,
}

impl Bare {
    pub(super) fn connect(slapd: &Slapd, port: u16) -> Outcome<Self> {
        let mail = MAIL.replace('\n', "\r\n") + ".\r\n";
        let mut own = Self { ldap: open(slapd.plain)?, smtp: open(port)?, number: 0, mail };
        let (dn, password) = SERVICE;
        let bind = [tlv(0x02, &[3]), tlv(0x04, dn.as_bytes()), tlv(0x80, password.as_bytes())].concat();
        own.ask(&tlv(0x60, &bind)).map_err(told)?;
        own.hear().map_err(told)?;
        own.say(b"EHLO bench\r\n").map_err(told)?;
        Ok(own)
    }

    /// One search, one new password, one mail.
    pub(super) fn reset(&mut self, lane: &Lane) -> Outcome {
        self.whole(lane).map_err(told)
    }

    fn whole(&mut self, lane: &Lane) -> std::io::Result<()> {
        let filter = tlv(0xa3, &[tlv(0x04, b"uid"), tlv(0x04, lane.user_id.as_bytes())].concat());
        let numbers = [tlv(0x0a, &[2]), tlv(0x0a, &[0]), tlv(0x02, &[0]), tlv(0x02, &[0]), tlv(0x01, &[0])].concat();
        let wanted = tlv(0x30, &tlv(0x04, b"mail"));
        let found = self.ask(&tlv(0x63, &[tlv(0x04, SUFFIX.as_bytes()), numbers, filter, wanted].concat()))?;
        let dn = found.ok_or_else(|| std::io::Error::other(format!("{} is not found", lane.user_id)))?;
        let change = tlv(0x30, &[tlv(0x80, &dn), tlv(0x82, b"nine purple trombones")].concat());
        self.ask(&tlv(0x77, &[tlv(0x80, PASSWORD_MODIFY), tlv(0x81, &change)].concat()))?;
        self.say(b"MAIL FROM:<help@example.org>\r\n")?;
        self.say(format!("RCPT TO:<{}>\r\n", lane.contact).as_bytes())?;
        self.say(b"DATA\r\n")?;
        let mail = self.mail.clone();
        self.say(mail.as_bytes())
    }

    /// Sends an operation and reads up to its result; gives the place of the entry that was found, if it was a search.
    fn ask(&mut self, operation: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
        self.number = self.number % 100 + 1;
        let message = tlv(0x30, &[tlv(0x02, &[self.number]), operation.to_vec()].concat());
        self.ldap.get_mut().write_all(&message)?;
        let mut found = None;
        loop {
            let (_, message) = read(&mut self.ldap)?;
            let mut rest = message.as_slice();
            read(&mut rest)?;
            let (tag, answer) = read(&mut rest)?;
            let mut answer = answer.as_slice();
            let first = read(&mut answer)?.1;
            if tag == 0x64 {
                found = Some(first);
            } else if first == [0] {
                return Ok(found);
            } else {
                return Err(std::io::Error::other(format!("the directory answered {first:?}")));
            }
        }
    }

    fn say(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.smtp.get_mut().write_all(line)?;
        self.hear()
    }

    fn hear(&mut self) -> std::io::Result<()> {
        let mut line = String::new();
        while line.as_bytes().get(3) != Some(&b' ') {
            line.clear();
            if self.smtp.read_line(&mut line)? == 0 {
                return Err(std::io::Error::other("the mail server hung up"));
            }
        }
        Ok(())
    }
}

fn told(error: std::io::Error) -> String {
    format!("the bare loop: {error}")
}

fn open(port: u16) -> Outcome<BufReader<TcpStream>> {
    let stream = TcpStream::connect(("127.0.0.1", port)).map_err(told)?;
    stream.set_nodelay(true).map_err(told)?;
    Ok(BufReader::new(stream))
}

/// A tag, a length, and what it holds (X.690, 8.1).
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let mut out = vec![tag];
    match (high, low) {
        (0, 0..=127) => out.push(low),
        (0, _) => out.extend([0x81, low]),
        _ => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(content);
    out
}

fn read(from: &mut impl Read) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    from.read_exact(&mut head)?;
    let [tag, mut length] = head.map(usize::from);
    if length > 127 {
        let mut more = vec![0; length - 128];
        from.read_exact(&mut more)?;
        length = more.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    }
    let mut content = vec![0; length];
    from.read_exact(&mut content)?;
    Ok((u8::try_from(tag).unwrap_or_default(), content))
}

/// What the thread that asks has used so far.
pub(super) fn cpu_of_this_thread() -> Outcome<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").map_err(|error| error.to_string())?;
    let nanoseconds = told.split(' ').next().and_then(|first| first.parse().ok());
    nanoseconds.map(Duration::from_nanos).ok_or_else(|| "schedstat cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 40_000] {
            let content = vec![7; length];
            let written = tlv(0x30, &content);
            let mut rest = written.as_slice();
            assert_eq!(read(&mut rest).ok(), Some((0x30, content)));
            assert!(rest.is_empty());
        }
    }
}
