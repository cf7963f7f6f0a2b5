//! The edge over real sockets: each strange request gets its one defined answer, changes nothing, and leaves whoever comes
//! next alone.

mod machines;
mod slow;
mod stop;
mod tls;

use super::written;
use crate::support::app::NEW;
use crate::support::edge::{Served, heard, statuses};
use tokio::io::AsyncWriteExt as _;

/// The connection ends without an answer.
const NOTHING: u16 = 0;

/// A request for `/reset` with these lines in place of the usual ones.
fn get(lines: &str) -> Vec<u8> {
    format!("GET /reset HTTP/1.1\r\n{lines}Connection: close\r\n\r\n").into_bytes()
}

/// A request for this target.
fn at(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n").into_bytes()
}

/// A form with these lines, and what comes after the head.
fn post(lines: &str, rest: &str) -> Vec<u8> {
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    format!("POST /reset HTTP/1.1\r\nHost: HOST\r\n{form}{lines}\r\n{rest}").into_bytes()
}

/// Sends each, and looks at the statuses that come before the connection ends.
async fn check(served: &Served, cases: Vec<(&str, Vec<u8>, u16)>) {
    let before = written(&served.test).await;
    for (what, bytes, expected) in cases {
        let heard = served.say(&bytes).await;
        let expected = if expected == NOTHING { vec![] } else { vec![expected] };
        assert_eq!(statuses(&heard), expected, "{what}: {heard}");
        assert!(!heard.contains("evil"), "{what}: {heard}");
    }
    assert_eq!(written(&served.test).await, before, "nothing was written");
    served.honest_reset(NEW).await;
}

#[tokio::test]
async fn heads_that_no_browser_sends() {
    let served = Served::start("").await;
    let many: String = (0..101).map(|n| format!("X-{n}: y\r\n")).collect();
    let few: String = (0..90).map(|n| format!("X-{n}: y\r\n")).collect();
    let long = "x".repeat(20_000);
    let cases = vec![
        ("an honest one", get("Host: HOST\r\n"), 200),
        ("many lines", get(&format!("Host: HOST\r\n{few}")), 200),
        ("too many lines", get(&format!("Host: HOST\r\n{many}")), 431),
        ("a huge line", get(&format!("Host: HOST\r\nX: {long}\r\n")), 431),
        ("a huge target", at(&format!("/reset?{long}")), 431),
        ("a folded line", get("Host: HOST\r\nX: a\r\n b\r\n"), 400),
        ("a space before the colon", get("Host: HOST\r\nX : a\r\n"), 400),
        ("no colon", get("Host: HOST\r\nX\r\n"), 400),
        ("NUL in a line", get("Host: HOST\r\nX: a\0b\r\n"), 400),
        ("CR alone", get("Host: HOST\r\nX: a\rContent-Length: 5\r\n"), 400),
        // A line may end so (RFC 9112 §2.2), and proxies read it the same.
        ("LF alone", b"GET /reset HTTP/1.1\nHost: HOST\nConnection: close\n\n".to_vec(), 200),
        ("no version", b"GET /reset\r\n\r\n".to_vec(), 400),
        ("another version", b"GET /reset HTTP/3.0\r\nHost: HOST\r\n\r\n".to_vec(), 400),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), NOTHING),
        ("two spaces", b"GET  /reset HTTP/1.1\r\nHost: HOST\r\n\r\n".to_vec(), 400),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n".to_vec(), 400),
        ("HTTP/1.0", b"GET /reset HTTP/1.0\r\nHost: HOST\r\n\r\n".to_vec(), 200),
        (
            "HTTP/1.0 in pieces",
            b"POST /reset HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(),
            400,
        ),
        ("an upgrade", get("Host: HOST\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), 200),
    ];
    check(&served, cases).await;
}

#[tokio::test]
async fn names_that_are_not_ours() {
    let served = Served::start("").await;
    let port = served.address.port();
    let six = format!("Host: [::1]:{port}\r\n");
    let cases = vec![
        ("none", get(""), 400),
        ("two", get("Host: HOST\r\nHost: HOST\r\n"), 400),
        ("two, one strange", get("Host: HOST\r\nHost: evil.example\r\n"), 400),
        ("an empty one", get("Host: \r\n"), 421),
        ("another", get("Host: evil.example\r\n"), 421),
        ("another port", get("Host: 127.0.0.1:1\r\n"), 421),
        ("a dot at the end", get(&format!("Host: localhost.:{port}\r\n")), 421),
        ("somebody before it", get("Host: evil@HOST\r\n"), 421),
        ("IPv6, our own", get(&six), 200),
        ("IPv6, another", get(&format!("Host: [2001:db8::1]:{port}\r\n")), 421),
        ("none in HTTP/1.0", b"GET /reset HTTP/1.0\r\n\r\n".to_vec(), 421),
        ("none in HTTP/1.0, from a machine", b"GET /healthz HTTP/1.0\r\n\r\n".to_vec(), 200),
        (
            "another, from a machine",
            b"GET /readyz HTTP/1.1\r\nHost: 10.0.0.7\r\nConnection: close\r\n\r\n".to_vec(),
            200,
        ),
        ("the whole address", at("http://HOST/reset"), 200),
        ("the whole address of another", at("http://evil.example/reset"), 421),
        ("ours, but Host is another", b"GET http://HOST/reset HTTP/1.1\r\nHost: evil.example\r\n\r\nX".to_vec(), 421),
        (
            "forwarded for another",
            get("Host: HOST\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n"),
            200,
        ),
    ];
    let closing = cases.into_iter().map(|(what, bytes, status)| (what, closed(bytes), status)).collect();
    check(&served, closing).await;
}

/// The same request, as the last one of its connection.
fn closed(bytes: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(bytes).expect("text");
    let text =
        text.strip_suffix("\r\n\r\nX").map_or(text.clone(), |head| format!("{head}\r\nConnection: close\r\n\r\n"));
    text.into_bytes()
}

#[tokio::test]
async fn ways_of_asking_that_no_page_of_ours_has() {
    let served = Served::start("").await;
    let ask = |line: &str| format!("{line} HTTP/1.1\r\nHost: HOST\r\n\r\n").into_bytes();
    let cases = vec![
        ("CONNECT", ask("CONNECT evil.example:443"), 405),
        ("TRACE", ask("TRACE /reset"), 405),
        ("OPTIONS", ask("OPTIONS *"), 405),
        ("PUT", ask("PUT /reset"), 405),
        ("DELETE", ask("DELETE /no-such-page"), 405),
        ("a word of its own", ask("BREW /reset"), 405),
        ("small letters", ask("get /reset"), 405),
        ("*", at("*"), 404),
        ("no slash, as if it were a name", at("reset"), 421),
        ("dots", at("/assets/../reset"), 404),
        ("encoded dots", at("/assets/%2e%2e/reset"), 404),
        ("an encoded slash", at("/reset%2fcode"), 404),
        ("a double slash", at("//reset"), 404),
        ("a slash at the end", at("/reset/"), 404),
        ("capitals", at("/RESET"), 404),
        ("a part behind a semicolon", at("/reset;x=1"), 404),
        ("an encoded NUL", at("/reset%00"), 404),
        ("NUL", at("/reset\0"), 400),
        ("a space", at("/reset x"), 400),
        ("a bad escape", at("/assets/%zz"), 404),
        ("bytes that are no text", at("/freeze/%ff%fe"), 404),
        ("anything behind the question mark", at("/reset?%00=%ff&&&=%"), 200),
        ("figures", at("/metrics"), 404),
    ];
    check(&served, cases).await;
}

#[tokio::test]
async fn bodies_that_lie_about_their_end() {
    let served = Served::start("").await;
    let smuggled = "0\r\n\r\nGET /evil HTTP/1.1\r\nHost: HOST\r\n\r\n";
    let form = "csrf=x&user_id=jo";
    let cases = vec![
        ("a length, then pieces", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", smuggled), 411),
        ("pieces, then a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", smuggled), 411),
        ("pieces", post("Transfer-Encoding: chunked\r\n", "11\r\ncsrf=x&user_id=jo\r\n0\r\n\r\n"), 411),
        ("a piece that lies", post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\nx\r\n0\r\n\r\n"), 411),
        ("no pieces after all", post("Transfer-Encoding: xchunked\r\n", smuggled), 400),
        ("identity", post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", smuggled), 400),
        ("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "123456"), 400),
        ("two in one line", post("Content-Length: 5, 5\r\n", "12345"), 400),
        ("a signed length", post("Content-Length: +5\r\n", "12345"), 400),
        ("less than nothing", post("Content-Length: -1\r\n", ""), 400),
        ("more than there is", post("Content-Length: 99999999999999999999\r\n", ""), 400),
        ("a huge body", post("Content-Length: 20000\r\n", &"x".repeat(20_000)), 413),
        ("a huge body that never comes", post("Content-Length: 20000\r\n", ""), 413),
        ("one that asks first", post("Content-Length: 20000\r\nExpect: 100-continue\r\n", ""), 413),
        ("a body where none belongs", [get("Host: HOST\r\nContent-Length: 5\r\n"), b"12345".to_vec()].concat(), 400),
        ("half a form", post("Content-Length: 50\r\nConnection: close\r\n", form), 400),
        ("another kind", b"POST /reset HTTP/1.1\r\nHost: HOST\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345".to_vec(), 415),
        ("two kinds", post("Content-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n", "12345"), 415),
        ("packed", post("Content-Encoding: gzip\r\nContent-Length: 5\r\nConnection: close\r\n", "12345"), 415),
        ("another alphabet", b"POST /reset HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-16\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345".to_vec(), 415),
        ("no kind", b"POST /reset HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(), 415),
        ("a form without a token", post(&format!("Content-Length: {}\r\nConnection: close\r\n", form.len()), form), 403),
    ];
    let before = written(&served.test).await;
    for (what, bytes, expected) in cases {
        let mut stream = served.connect().await;
        let bytes = String::from_utf8_lossy(&bytes).replace("HOST", &served.address.to_string());
        drop(stream.write_all(bytes.as_bytes()).await);
        if what == "half a form" {
            stream.shutdown().await.expect("our side is ended");
        }
        let heard = heard(&mut stream).await;
        assert_eq!(statuses(&heard), [expected], "{what}: {heard}");
    }
    assert_eq!(written(&served.test).await, before, "nothing was written");
    served.honest_reset(NEW).await;
}

#[tokio::test]
async fn a_head_alone_says_what_the_page_would() {
    let served = Served::start("").await;
    let page = served.say(&get("Host: HOST\r\n")).await;
    let head = served.say(b"HEAD /reset HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n").await;
    let lines = |text: &str| {
        let head = text.split("\r\n\r\n").next().unwrap_or_default().to_lowercase();
        head.lines().filter_map(|line| line.split(':').next().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert!(head.ends_with("\r\n\r\n") && head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(lines(&head), lines(&page));
}
