//! Stopping: whatever has arrived is answered, and nothing is waited for that has not.

use axum::http::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::edge::{Served, heard, statuses};

/// Reads one answer with a body of three bytes, `ok` and a line's end.
async fn answered(stream: &mut TcpStream) -> String {
    let mut all = String::new();
    let mut byte = [0];
    while !all.ends_with("\r\n\r\nok\n") {
        assert_eq!(stream.read(&mut byte).await.expect("it is open"), 1, "it ended after {all}");
        all.push(char::from(byte[0]));
    }
    all
}

#[tokio::test]
async fn what_has_arrived_is_answered_and_connections_that_are_kept_end() {
    let served = Served::start("header_seconds = 60\nidle_seconds = 600\nstop_seconds = 300").await;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    let (mut idle, mut silent, mut begun, mut body) =
        (served.connect().await, served.connect().await, served.connect().await, served.connect().await);
    for stream in [&mut idle, &mut begun, &mut body] {
        stream.write_all(request.as_bytes()).await.expect("it listens");
        assert!(!answered(stream).await.to_lowercase().contains("connection: close"));
    }
    let (head, rest) = request.split_at(request.len() - 2);
    // The head of a request is on its way on one, and what is posted on another.
    begun.write_all(head.as_bytes()).await.expect("it listens");
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10";
    let posted = format!("POST /reset HTTP/1.1\r\nHost: {}\r\n{form}\r\nExpect: 100-continue\r\n\r\n", served.address);
    body.write_all(posted.as_bytes()).await.expect("it listens");
    let mut go_on = [0; 25];
    body.read_exact(&mut go_on).await.expect("it wants the rest");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");

    served.stop.send_replace(true);
    assert_eq!(heard(&mut idle).await, "");
    assert_eq!(heard(&mut silent).await, "");
    begun.write_all(rest.as_bytes()).await.expect("it listens still");
    let last = heard(&mut begun).await;
    assert!(statuses(&last) == [200] && last.to_lowercase().contains("connection: close"), "{last}");
    body.write_all(b"user_id=jo").await.expect("it listens still");
    assert_eq!(statuses(&heard(&mut body).await), [403]);
    served.running.await.expect("it ends by itself");
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody is let in any more");
}

#[tokio::test]
async fn whoever_never_finishes_does_not_keep_it_from_stopping() {
    let served = Served::start("header_seconds = 60\nstop_seconds = 1").await;
    let mut begun = served.connect().await;
    begun.write_all(b"GET /reset HTT").await.expect("it listens");
    // Whether it was heard shows in another connection's answer after it.
    assert_eq!(served.visitor().open("/healthz").await.map(|page| page.status), Some(StatusCode::OK));
    served.stop.send_replace(true);
    served.running.await.expect("it ends");
    assert_eq!(heard(&mut begun).await, "");
}

#[tokio::test]
async fn whoever_asks_whether_we_are_ready_hears_first_that_we_stop() {
    let served = Served::start("").await;
    let mut machine = served.visitor();
    assert_eq!(machine.open("/readyz").await.map(|page| page.status), Some(StatusCode::OK));
    served.test.app.stopping.store(true, std::sync::atomic::Ordering::Relaxed);
    let page = machine.open("/readyz").await.expect("it is answered");
    assert_eq!((page.status, page.body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "about to stop\n"));
    for path in ["/healthz", "/reset"] {
        assert_eq!(machine.open(path).await.map(|page| page.status), Some(StatusCode::OK), "{path}");
    }
}
