//! A browser that does whatever it is told: it takes part in no protection, and keeps what it sent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::site::Site;
use crate::bench::http::{between, escaped};
use crate::host::Outcome;

pub(super) type Form<'a> = [(&'a str, &'a str)];

/// A browser at a site.
#[derive(Clone)]
pub(super) struct Client<'a> {
    site: &'a Site,
    pub(super) cookies: BTreeMap<String, String>,
    /// The token of the last page that had one.
    pub(super) csrf: String,
    /// Headers that go with every request.
    pub(super) extra: Vec<(String, String)>,
    /// Forms that were sent, with the cookies of that moment.
    pub(super) sent: Vec<Sent>,
}

/// A form as it was sent.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) path: String,
    pub(super) body: String,
    pub(super) cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// All headers, as they came.
    pub(super) head: String,
    pub(super) location: Option<String>,
    pub(super) body: String,
    cookies: Vec<(String, String)>,
}

impl Answer {
    /// Whether this word is anywhere in it.
    pub(super) fn says(&self, word: &str) -> bool {
        self.head.contains(word) || self.body.contains(word)
    }
}

impl<'a> Client<'a> {
    pub(super) fn new(site: &'a Site) -> Self {
        Self { site, cookies: BTreeMap::new(), csrf: String::new(), extra: Vec::new(), sent: Vec::new() }
    }

    /// The same, with a header that goes with every request.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Reads a page, wherever its address leads.
    pub(super) fn page(&mut self, path: &str) -> Outcome<String> {
        let answer = self.get(path)?;
        match answer.location {
            Some(location) => self.page(&location),
            None => Ok(answer.body),
        }
    }

    pub(super) fn get(&mut self, path: &str) -> Outcome<Answer> {
        let request = self.request("GET", path, &[], "");
        self.send(request.as_bytes())
    }

    /// Posts a form with the token of the last page.
    pub(super) fn post(&mut self, path: &str, form: &Form<'_>) -> Outcome<Answer> {
        let body = self.body(form);
        self.sent.push(Sent { path: path.to_owned(), body: body.clone(), cookies: self.cookies.clone() });
        let request = self.request("POST", path, &[], &body);
        self.send(request.as_bytes())
    }

    /// Posts a form and reads the page that it leads to.
    pub(super) fn submit(&mut self, path: &str, form: &Form<'_>) -> Outcome<String> {
        let answer = self.post(path, form)?;
        match answer.location {
            Some(location) => self.page(&location),
            None => Ok(answer.body),
        }
    }

    /// A form with the token of the last page.
    pub(super) fn body(&self, form: &Form<'_>) -> String {
        encoded(&[form, &[("csrf", self.csrf.as_str())]].concat())
    }

    /// A request as it goes over the wire. A header that is given takes the place of the usual one.
    pub(super) fn request(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (cookies, length, host) = (cookies.join("; "), body.len().to_string(), self.site.host());
        let mut all = vec![("Host", host.as_str()), ("Connection", "close"), ("Accept", "text/html")];
        if !cookies.is_empty() {
            all.push(("Cookie", &cookies));
        }
        if method == "POST" {
            all.extend([("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", &length)]);
        }
        all.retain(|(name, _)| headers.iter().all(|(other, _)| !other.eq_ignore_ascii_case(name)));
        let extra = self.extra.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let lines: Vec<String> =
            all.into_iter().chain(headers.iter().copied()).chain(extra).map(|(n, v)| format!("{n}: {v}\r\n")).collect();
        format!("{method} {target} HTTP/1.1\r\n{}\r\n{body}", lines.concat())
    }

    /// Sends these bytes, takes the cookies that come back, and keeps the page's token.
    pub(super) fn send(&mut self, request: &[u8]) -> Outcome<Answer> {
        let answer = exchange(&mut connect(self.site)?, request, self.site)?;
        for (name, value) in &answer.cookies {
            self.cookies.insert(name.clone(), value.clone());
        }
        if let Some(csrf) = between(&answer.body, "name=\"csrf\" value=\"", "\"") {
            csrf.clone_into(&mut self.csrf);
        }
        Ok(answer)
    }
}

/// Fields as a form's body.
pub(super) fn encoded(form: &Form<'_>) -> String {
    let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    pairs.join("&")
}

pub(super) fn connect(site: &Site) -> Outcome<TcpStream> {
    let told = |error: std::io::Error| format!("connecting: {error}");
    let stream = TcpStream::connect(("127.0.0.1", site.port)).map_err(told)?;
    stream.set_nodelay(true).map_err(told)?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(told)?;
    Ok(stream)
}

/// Sends a request and reads the answer.
pub(super) fn exchange(stream: &mut TcpStream, request: &[u8], site: &Site) -> Outcome<Answer> {
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let told = |error: std::io::Error| format!("{}: {error}", String::from_utf8_lossy(line));
    stream.write_all(request).map_err(told)?;
    let answer = read(&mut BufReader::new(stream)).map_err(told)?;
    site.evidence.page(&site.url(), answer.location.as_deref(), &answer.body);
    if answer.status == 500 {
        return Err(format!("{} is answered with a fault:\n{}", String::from_utf8_lossy(line), answer.body));
    }
    Ok(answer)
}

fn read(connection: &mut impl BufRead) -> std::io::Result<Answer> {
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let (mut answer, mut length) = (Answer { status, ..Answer::default() }, 0);
    loop {
        line.clear();
        connection.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "location" => answer.location = Some(value.to_owned()),
            "set-cookie" => {
                let pair = value.split(';').next().and_then(|pair| pair.split_once('='));
                answer.cookies.extend(pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            _ => {}
        }
        answer.head.push_str(&line);
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    answer.body = String::from_utf8_lossy(&body).into_owned();
    Ok(answer)
}
