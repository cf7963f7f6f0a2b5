//! An SMTP server that takes every mail, keeps the code in it, and how long the mail took.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::super::people::{Codes, listen};
use crate::host::{self, Outcome};

/// What has arrived.
#[derive(Clone, Default)]
pub(super) struct Mailboxes {
    codes: Codes,
    times: Arc<Mutex<Vec<Duration>>>,
}

impl Mailboxes {
    /// Starts the server; gives its port.
    pub(super) fn listen(&self) -> Outcome<u16> {
        listen(self, |stream, boxes| {
            serve(stream, boxes);
        })
    }

    pub(super) fn codes(&self) -> &Codes {
        &self.codes
    }

    pub(super) fn forget_times(&self) {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// How many mails came, and how long the one in the middle and the one in a thousand took, in milliseconds.
    pub(super) fn times(&self) -> (usize, f64, f64) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner).clone();
        times.sort_unstable();
        let at =
            |part: f64| times.get((times.len() as f64 * part) as usize).map_or(0.0, |time| time.as_secs_f64() * 1e3);
        (times.len(), at(0.5), at(0.999))
    }
}

/// Takes the mails of one connection. Its answers go out at once, so that what is measured is the sender's doing.
fn serve(stream: TcpStream, boxes: &Mailboxes) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut connection = BufReader::new(stream);
    let say = |connection: &mut BufReader<TcpStream>, line: &[u8]| connection.get_mut().write_all(line).ok();
    say(&mut connection, b"220 mail.example\r\n")?;
    let (mut to, mut begun) = (String::new(), host::start());
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.get(..4)? {
            "EHLO" => say(&mut connection, b"250-mail.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n")?,
            "MAIL" => {
                begun = host::start();
                say(&mut connection, b"250 ok\r\n")?;
            }
            "RCPT" => {
                to = line.split(['<', '>']).nth(1)?.to_owned();
                say(&mut connection, b"250 ok\r\n")?;
            }
            "DATA" => {
                say(&mut connection, b"354 go on\r\n")?;
                let mail = body(&mut connection)?;
                boxes.times.lock().unwrap_or_else(PoisonError::into_inner).push(begun.elapsed());
                boxes.codes.keep(&to, mail.split_once("\r\n\r\n")?.1);
                say(&mut connection, b"250 taken\r\n")?;
            }
            "QUIT" => return say(&mut connection, b"221 bye\r\n"),
            _ => say(&mut connection, b"250 ok\r\n")?,
        }
    }
}

fn body(connection: &mut BufReader<TcpStream>) -> Option<String> {
    let mut mail = String::new();
    loop {
        let before = mail.len();
        if connection.read_line(&mut mail).ok()? == 0 {
            return None;
        }
        if mail.get(before..) == Some(".\r\n") {
            return Some(mail);
        }
    }
}
