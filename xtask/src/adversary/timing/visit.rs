//! A visit as an adversary makes it: a reset of somebody as far as one gets without a code, and a sign-in with a wrong password.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::people::{Person, mixed};
use crate::host::{self, Outcome};

/// What is asked for, in this order; not everybody is shown all of it.
pub(super) const PAGES: [&str; 7] = [
    "POST /reset (the User ID)",
    "GET /reset (what it leads to)",
    "POST /reset/choose (the first way)",
    "GET /reset (the box for the code)",
    "POST /reset/code (a wrong one)",
    "GET /reset (after a wrong code)",
    "POST /sign-in (a wrong password)",
];

/// All that was observed.
#[derive(Default)]
pub(super) struct Seen {
    /// How long each page took, in seconds.
    pub(super) times: [Option<f64>; PAGES.len()],
    /// What else was observed of each.
    answers: [Option<Answer>; PAGES.len()],
}

/// An answer, and what it weighs.
#[derive(Clone, Default)]
struct Answer {
    status: u16,
    /// The names of the headers in order, and their length but for cookies and dates.
    headers: String,
    location: Option<String>,
    body: String,
}

impl Seen {
    /// What there was or was not, in words.
    pub(super) fn words(&self, person: &Person) -> Vec<String> {
        let mut words = Vec::new();
        for (place, answer) in self.answers.iter().enumerate() {
            let Some(answer) = answer else {
                words.push(format!("{place} is missing"));
                continue;
            };
            words.push(format!("{place} status {}", answer.status));
            words.push(format!("{place} headers {}", answer.headers));
            words.push(format!("{place} leads to {}", answer.location.as_deref().unwrap_or("nothing")));
            // But for the User ID itself, which is the adversary's own.
            let own = answer.body.matches(&person.user_id()).count() * person.user_id().len();
            words.push(format!("{place} size {}", answer.body.len() - own));
        }
        let body = self.answers[1].as_ref().map_or("", |answer| answer.body.as_str());
        words.push(format!("title {}", between(body, "<title>", "</title>").unwrap_or_default()));
        words.push(format!("ways {:?}", body.matches("name=\"option\"").count()));
        for mask in body.split(|c: char| c.is_whitespace() || "<>\"".contains(c)).filter(|word| word.contains("****")) {
            match mask.split_once("*****@") {
                Some((letters, domain)) => {
                    let (user_id, n) = (person.user_id(), letters.len());
                    let parts: Vec<&str> = user_id.split('.').collect();
                    let like = parts.iter().map(|part| part.starts_with(letters)).collect::<Vec<_>>();
                    words.extend([format!("domain {domain}"), format!("{n} letters, like {like:?}")]);
                    words.push(format!("first letter {}", letters.get(..1).unwrap_or_default()));
                }
                None => words.push(format!("ends in {}", mask.get(mask.len().saturating_sub(1)..).unwrap_or_default())),
            }
        }
        words
    }

    /// How long each page took; what was not shown is no number.
    pub(super) fn numbers(&self) -> Vec<f64> {
        self.times.iter().map(|time| time.unwrap_or(f64::NAN)).collect()
    }

    /// Of the pages that everybody is shown.
    pub(super) fn common_numbers(&self) -> Vec<f64> {
        [0, 1, 6].iter().map(|place| self.times[*place].unwrap_or(f64::NAN)).collect()
    }

    /// Posts a form, and notes what came.
    fn post(&mut self, place: usize, browser: &mut Browser, path: &str, form: &Form<'_>) -> Outcome {
        let (answer, took) = browser.ask("POST", path, form)?;
        (self.times[place], self.answers[place]) = (Some(took), Some(answer));
        Ok(())
    }

    /// Reads a page, and notes what came; what it leads to is a part of it. Gives that.
    fn get(&mut self, place: usize, browser: &mut Browser, path: &str) -> Outcome<String> {
        let (mut answer, took) = browser.ask("GET", path, &[])?;
        if let Some(location) = answer.location.clone() {
            answer.body = browser.ask("GET", &location, &[])?.0.body;
        }
        let body = answer.body.clone();
        (self.times[place], self.answers[place]) = (Some(took), Some(answer));
        Ok(body)
    }
}

type Form<'a> = [(&'a str, &'a str)];

/// The visit with this number.
pub(super) fn visit(port: u16, n: usize, person: &Person) -> Outcome<Seen> {
    let (mut browser, mut seen) = (Browser::new(port, n), Seen::default());
    let user_id = person.user_id();
    let csrf = token(&browser.ask("GET", "/reset", &[])?.0.body)?;
    seen.post(0, &mut browser, "/reset", &[("user_id", &user_id), ("csrf", &csrf)])?;
    let page = seen.get(1, &mut browser, "/reset")?;
    if let Some(option) = between(&page, "name=\"option\" value=\"", "\"") {
        seen.post(2, &mut browser, "/reset/choose", &[("option", option), ("csrf", &csrf)])?;
        seen.get(3, &mut browser, "/reset")?;
        seen.post(4, &mut browser, "/reset/code", &[("code", "000000"), ("csrf", &csrf)])?;
        seen.get(5, &mut browser, "/reset")?;
    }
    // Another browser: what came of the reset is not to be seen in this one's cookies.
    let mut browser = Browser::new(port, n);
    let csrf = token(&browser.ask("GET", "/reset", &[])?.0.body)?;
    let form = [("username", user_id.as_str()), ("password", "not-the-password-1"), ("csrf", &csrf)];
    seen.post(6, &mut browser, "/sign-in", &form)?;
    Ok(seen)
}

fn token(page: &str) -> Outcome<String> {
    let token = between(page, "name=\"csrf\" value=\"", "\"");
    token.map(str::to_owned).ok_or_else(|| format!("a page has no token:\n{page}"))
}

/// A browser with cookies, on a connection of its own, from a network of its own.
struct Browser {
    port: u16,
    connection: Option<BufReader<TcpStream>>,
    cookies: HashMap<String, String>,
    network: String,
}

impl Browser {
    fn new(port: u16, n: usize) -> Self {
        let drawn = mixed(n as u64).to_be_bytes();
        let network = format!("10.{}.{}.{}", drawn[0], drawn[1], drawn[2]);
        Self { port, connection: None, cookies: HashMap::new(), network }
    }

    /// An answer, and how many seconds passed from the request to its last byte.
    fn ask(&mut self, method: &str, path: &str, form: &Form<'_>) -> Outcome<(Answer, f64)> {
        let told = |error: std::io::Error| format!("{method} {path}: {error}");
        if self.connection.is_none() {
            let stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(told)?;
            stream.set_nodelay(true).map_err(told)?;
            self.connection = Some(BufReader::new(stream));
        }
        let port = self.port;
        let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let body = pairs.join("&");
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\nX-Forwarded-For: {}\r\n",
            self.network
        );
        if !cookies.is_empty() {
            request.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        if method == "POST" {
            request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
            request.push_str(&format!("Origin: http://127.0.0.1:{port}\r\nContent-Length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        request.push_str(&body);
        let Some(connection) = &mut self.connection else { return Err("there is no connection".into()) };
        let begun = host::start();
        connection.get_mut().write_all(request.as_bytes()).map_err(told)?;
        let (answer, cookies) = read(connection).map_err(told)?;
        let took = begun.elapsed().as_secs_f64();
        self.cookies.extend(cookies);
        if answer.status == 429 || answer.status >= 500 || answer.status == 0 {
            return Err(format!("{method} {path} answered {}:\n{}", answer.status, answer.body));
        }
        Ok((answer, took))
    }
}

type Cookies = Vec<(String, String)>;

/// Reads an answer, and the cookies it sets.
fn read(connection: &mut BufReader<TcpStream>) -> std::io::Result<(Answer, Cookies)> {
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let (mut answer, mut cookies, mut length) = (Answer { status, ..Answer::default() }, Vec::new(), 0);
    loop {
        line.clear();
        connection.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        let name = name.to_ascii_lowercase();
        // Of what differs each time by itself, the length counts.
        let kept =
            if matches!(name.as_str(), "date" | "set-cookie") { value.len().to_string() } else { value.to_owned() };
        match name.as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "location" => answer.location = Some(value.to_owned()),
            "set-cookie" => {
                let pair = value.split(';').next().and_then(|pair| pair.split_once('='));
                cookies.extend(pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            _ => {}
        }
        if name != "content-length" {
            answer.headers.push_str(&format!("{name}:{kept};"));
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    answer.body = String::from_utf8_lossy(&body).into_owned();
    Ok((answer, cookies))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

fn escaped(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    value.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
