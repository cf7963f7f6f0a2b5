//! The gateways that take all messages.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use crate::bench::people;
use crate::host::Outcome;

/// What becomes of a message: to whom it is, and its words.
pub(super) type Keep = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// Starts the one for texts and calls; gives its port. What is posted to it is the number, a space, and the words.
pub(super) fn http(keep: &Keep) -> Outcome<u16> {
    people::listen(keep, |stream, keep| {
        people::receive(stream, |to, words| keep(to, words));
    })
}

/// Starts the one for mail; gives its port.
pub(super) fn mail(keep: &Keep) -> Outcome<u16> {
    people::listen(keep, |stream, keep| {
        receive(stream, keep);
    })
}

/// As much of SMTP as it takes (RFC 5321).
fn receive(stream: TcpStream, keep: &Keep) -> Option<()> {
    let mut connection = BufReader::new(stream);
    let (mut line, mut in_mail) = (String::new(), false);
    let (mut to, mut mail) = (String::new(), String::new());
    connection.get_mut().write_all(b"220 sink\r\n").ok()?;
    loop {
        line.clear();
        if connection.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let ends = in_mail && line == ".\r\n";
        if in_mail && !ends {
            mail.push_str(&line);
            continue;
        }
        if ends {
            // Lines that were broken for the way are whole again (RFC 2045, 6.7).
            keep(&to, &mail.replace("=\r\n", "").replace("=3D", "="));
            mail.clear();
        }
        if line.to_ascii_uppercase().starts_with("RCPT") {
            line.split(['<', '>']).nth(1)?.clone_into(&mut to);
        }
        in_mail = !ends && line.to_ascii_uppercase().starts_with("DATA");
        let answer: &[u8] = if in_mail { b"354 go on\r\n" } else { b"250 sink\r\n" };
        connection.get_mut().write_all(answer).ok()?;
    }
}
