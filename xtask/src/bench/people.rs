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

/// Codes that have arrived, by number or address.
#[derive(Clone, Default)]
pub(super) struct Codes(Arc<(Mutex<HashMap<String, String>>, Condvar)>);

impl Codes {
    /// Keeps the code in a message, if there is one, for whoever waits for it.
    pub(super) fn keep(&self, to: &str, words: &str) {
        let (codes, rung) = &*self.0;
        if let Some(code) = words.split(|c: char| !c.is_ascii_alphanumeric()).find(|part| is_code(part)) {
            codes.lock().unwrap_or_else(PoisonError::into_inner).insert(to.to_owned(), code.to_owned());
            rung.notify_all();
        }
    }

    fn take(&self, to: &str) -> Outcome<String> {
        let (codes, rung) = &*self.0;
        let begun = host::start();
        let mut guard = codes.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(code) = guard.remove(to) {
                return Ok(code);
            }
            if late(begun) {
                return Err(format!("no code came for {to}"));
            }
            let waited = rung.wait_timeout(guard, Duration::from_secs(1)).unwrap_or_else(PoisonError::into_inner);
            guard = waited.0;
        }
    }
}

fn is_code(word: &str) -> bool {
    word.len() == 6 && word.bytes().all(|digit| digit.is_ascii_digit())
}

/// Starts a gateway that takes text messages over HTTP; gives its port.
pub(super) fn text_gateway(codes: &Codes) -> Outcome<u16> {
    listen(codes, |stream, codes| {
        receive(stream, |to, words| codes.keep(to, words));
    })
}

/// Serves every connection in a thread of its own; gives the port.
pub(crate) fn listen<S: Clone + Send + 'static>(shared: &S, serve: fn(TcpStream, &S)) -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let shared = shared.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = shared.clone();
            std::thread::spawn(move || serve(stream, &shared));
        }
    });
    Ok(port)
}

fn user_id(n: usize) -> String {
    format!("person.{n}@example.org")
}

/// Takes messages of one connection until it is closed. A message is the number, a space, and the words.
pub(crate) fn receive(stream: TcpStream, keep: impl Fn(&str, &str)) -> Option<()> {
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
        if let Some((to, words)) = String::from_utf8_lossy(&body).split_once(' ') {
            keep(to, words);
        }
        connection.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").ok()?;
    }
}

/// Somebody with a mobile phone or a mailbox of their own.
pub(super) struct Lane {
    pub(super) user_id: String,
    /// Where codes come.
    pub(super) contact: String,
}

impl Lane {
    pub(super) fn by_text(n: usize) -> Self {
        Self { user_id: user_id(n), contact: format!("+447700900{n:03}") }
    }

    pub(super) fn by_mail(n: usize) -> Self {
        Self { user_id: user_id(n), contact: format!("person{n}@mail.example") }
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
        let code = codes.take(&self.contact)?;
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
