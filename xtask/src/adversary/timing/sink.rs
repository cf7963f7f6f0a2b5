//! The gateways that take all messages, and keep none.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::host::Outcome;

/// Starts the one for texts and calls; gives its port.
pub(super) fn http() -> Outcome<u16> {
    listen(take)
}

/// Starts the one for mail; gives its port.
pub(super) fn mail() -> Outcome<u16> {
    listen(receive)
}

fn listen(serve: fn(TcpStream) -> Option<()>) -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    Ok(port)
}

/// Takes messages of one connection until it is closed.
fn take(stream: TcpStream) -> Option<()> {
    let mut connection = BufReader::new(stream);
    loop {
        let (mut length, mut line) = (0, String::new());
        while line != "\r\n" {
            line.clear();
            if connection.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().ok()?;
            }
        }
        connection.read_exact(&mut vec![0; length]).ok()?;
        connection.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").ok()?;
    }
}

/// As much of SMTP as it takes (RFC 5321).
fn receive(stream: TcpStream) -> Option<()> {
    let mut connection = BufReader::new(stream);
    let (mut line, mut in_mail) = (String::new(), false);
    connection.get_mut().write_all(b"220 sink\r\n").ok()?;
    loop {
        line.clear();
        if connection.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let ends = in_mail && line == ".\r\n";
        if in_mail && !ends {
            continue;
        }
        in_mail = !ends && line.to_ascii_uppercase().starts_with("DATA");
        let answer: &[u8] = if in_mail { b"354 go on\r\n" } else { b"250 sink\r\n" };
        connection.get_mut().write_all(answer).ok()?;
    }
}
