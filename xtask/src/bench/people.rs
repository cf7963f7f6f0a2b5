//! The people of the benchmark, what they do, and the gateway that receives their codes.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::http::{Browser, between};
use super::{Form, late};
use crate::host::{self, Outcome};

/// Waits; people read before they press.
#[expect(clippy::disallowed_methods, reason = "the pace of the people is what is measured with")]
pub(super) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Codes that have arrived, by number.
pub(super) struct Codes {
    /// Where the gateway listens.
    pub(super) port: u16,
    arrived: Arc<(Mutex<HashMap<String, String>>, Condvar)>,
}

impl Codes {
    /// Starts the gateway.
    pub(super) fn listen() -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        let arrived = Arc::<(Mutex<HashMap<String, String>>, Condvar)>::default();
        let codes = Arc::clone(&arrived);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let codes = Arc::clone(&codes);
                std::thread::spawn(move || receive(stream, &codes));
            }
        });
        Ok(Self { port, arrived })
    }

    fn take(&self, number: &str) -> Outcome<String> {
        let (codes, rung) = &*self.arrived;
        let begun = host::start();
        let mut guard = codes.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(code) = guard.remove(number) {
                return Ok(code);
            }
            if late(begun) {
                return Err(format!("no code came for {number}"));
            }
            let waited = rung.wait_timeout(guard, Duration::from_secs(1)).unwrap_or_else(PoisonError::into_inner);
            guard = waited.0;
        }
    }
}

/// Takes messages of one connection until it is closed. A message is the number, a space, and the words.
fn receive(stream: TcpStream, arrived: &(Mutex<HashMap<String, String>>, Condvar)) -> Option<()> {
    let mut connection = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if connection.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body).ok()?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let (number, words) = body.split_once(' ')?;
        let code = words.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 6);
        if let Some(code) = code {
            let (codes, rung) = arrived;
            codes.lock().unwrap_or_else(PoisonError::into_inner).insert(number.to_owned(), code.to_owned());
            rung.notify_all();
        }
        connection.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").ok()?;
    }
}

/// Somebody with a mobile phone of their own.
pub(super) struct Lane {
    pub(super) user_id: String,
    pub(super) mobile: String,
}

impl Lane {
    pub(super) fn new(n: usize) -> Self {
        Self { user_id: format!("person.{n}@example.org"), mobile: format!("+447700900{n:03}") }
    }

    /// A whole reset in a fresh browser, with what it loads besides pages; gives the number of requests.
    pub(super) fn reset(&self, port: u16, codes: &Codes) -> Outcome<usize> {
        let mut browser = Browser::new(port);
        let page = browser.get("/reset")?;
        for attribute in ["href=\"/assets/", "src=\"/assets/"] {
            for rest in page.split(attribute).skip(1) {
                let name = rest.split('"').next().unwrap_or_default();
                browser.get(&format!("/assets/{name}"))?;
            }
        }
        let page = browser.post(&page, "/reset", Form::from([("user_id", self.user_id.as_str())]))?;
        let option = between(&page, "name=\"option\" value=\"", "\"").unwrap_or("0").to_owned();
        let page = browser.post(&page, "/reset/choose", Form::from([("option", option.as_str())]))?;
        let code = codes.take(&self.mobile)?;
        let page = browser.post(&page, "/reset/code", Form::from([("code", code.as_str())]))?;
        let password = "nine purple trombones";
        let form = Form::from([("password", password), ("again", password)]);
        let page = browser.post(&page, "/reset/password", form)?;
        if page.contains("You have a new password") {
            Ok(browser.requests)
        } else {
            Err(format!("no new password:\n{page}"))
        }
    }
}

/// One of the pages that a reader looks at, in turn: first page, reset, look-up, the page after it.
pub(super) fn read(browser: &mut Browser, reader: usize, page: usize) -> Outcome {
    match page % 4 {
        0 => browser.get("/").map(drop),
        1 => browser.get(&format!("/reset?username=reader.{reader}.{page}%40example.org")).map(drop),
        2 => identify(browser, &format!("reader.{reader}.{page}@example.org")),
        _ => browser.get("/reset").map(drop),
    }
}

/// Types a User ID that belongs to nobody; the answer looks as for one that does.
pub(super) fn identify(browser: &mut Browser, user_id: &str) -> Outcome {
    let page = browser.get(&format!("/reset?username={}", user_id.replace('@', "%40")))?;
    browser.post(&page, "/reset", Form::from([("user_id", user_id)])).map(drop)
}
