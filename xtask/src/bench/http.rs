//! As much of a browser as a benchmark needs: one kept-open connection, a cookie, forms and redirects.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::Form;
use crate::host::Outcome;

/// A browser at the server on this port.
pub(super) struct Browser {
    port: u16,
    connection: Option<BufReader<TcpStream>>,
    cookie: String,
    /// Requests made.
    pub(super) requests: usize,
}

/// An answer.
struct Answer {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Browser {
    pub(super) fn new(port: u16) -> Self {
        Self { port, connection: None, cookie: String::new(), requests: 0 }
    }

    /// Reads a page, wherever its address leads.
    pub(super) fn get(&mut self, path: &str) -> Outcome<String> {
        let answer = self.ask("GET", path, "")?;
        match answer.location {
            Some(location) if answer.status == 303 => self.get(&location),
            _ if answer.status == 200 => Ok(answer.body),
            _ => Err(format!("{path} answered {}", answer.status)),
        }
    }

    /// Posts a form of `page`, with its token, and reads the page that it leads to.
    pub(super) fn post<'a>(&mut self, page: &'a str, path: &str, mut form: Form<'a>) -> Outcome<String> {
        let csrf =
            between(page, "name=\"csrf\" value=\"", "\"").ok_or_else(|| format!("no token for {path}:\n{page}"))?;
        form.insert("csrf", csrf);
        let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let answer = self.ask("POST", path, &pairs.join("&"))?;
        match answer.location {
            Some(location) if answer.status == 303 => self.get(&location),
            _ => Err(format!("{path} answered {}:\n{}", answer.status, answer.body)),
        }
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Outcome<Answer> {
        let told = |error: std::io::Error| format!("{method} {path}: {error}");
        if self.connection.is_none() {
            let stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(told)?;
            stream.set_nodelay(true).map_err(told)?;
            self.connection = Some(BufReader::new(stream));
        }
        let Some(connection) = &mut self.connection else { return Err("there is no connection".into()) };
        let port = self.port;
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\n");
        if !self.cookie.is_empty() {
            request.push_str(&format!("Cookie: {}\r\n", self.cookie));
        }
        if method == "POST" {
            let length = body.len();
            request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
            request.push_str(&format!("Origin: http://127.0.0.1:{port}\r\nContent-Length: {length}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        connection.get_mut().write_all(request.as_bytes()).map_err(told)?;
        self.requests += 1;
        let (answer, cookie) = read(connection).map_err(told)?;
        if let Some(cookie) = cookie {
            self.cookie = cookie;
        }
        Ok(answer)
    }
}

/// Reads an answer, and the cookie it sets.
fn read(connection: &mut BufReader<TcpStream>) -> std::io::Result<(Answer, Option<String>)> {
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let (mut length, mut location, mut cookie) = (0, None, None);
    loop {
        line.clear();
        connection.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "location" => location = Some(value.to_owned()),
            // The first names the flow; a second is for looking back at one that ended.
            "set-cookie" => cookie = cookie.or_else(|| value.split(';').next().map(str::to_owned)),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok((Answer { status, location, body: String::from_utf8_lossy(&body).into_owned() }, cookie))
}

/// What stands between two texts, the first time.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

/// As a value in a form or an address.
pub(crate) fn escaped(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    value.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_escaped_and_pages_are_read() {
        assert_eq!(escaped("jo@example.org +é"), "jo%40example.org%20%2B%C3%A9");
        assert_eq!(between("a value=\"b\" c", "value=\"", "\""), Some("b"));
        assert_eq!(between("a", "b", "c"), None);
    }
}
