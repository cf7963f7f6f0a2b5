//! Whoever takes longer than they may is cut off, and holds up nobody meanwhile.

use std::time::Duration;

use regain::clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::super::written;
use crate::support::app::NEW;
use crate::support::edge::{Served, heard, statuses};

/// Says the same byte again and again, far from often enough, until nobody listens; gives what was answered.
async fn drips(mut stream: TcpStream, begin: String) -> String {
    stream.write_all(begin.as_bytes()).await.expect("it listens");
    let (mut read, mut write) = stream.into_split();
    let dripping = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            clock::wait(Duration::from_millis(100)).await;
        }
    });
    let mut all = Vec::new();
    drop(read.read_to_end(&mut all).await);
    dripping.abort();
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test]
async fn who_is_slow_at_saying_something_is_cut_off() {
    let served = Served::start("header_seconds = 1\nbody_seconds = 1\nidle_seconds = 1").await;
    let before = written(&served.test).await;
    let host = served.address;
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000";
    let begins = [
        String::new(),
        "GET /re".to_owned(),
        format!("GET /reset HTTP/1.1\r\nHost: {host}\r\nX: "),
        format!("POST /reset HTTP/1.1\r\nHost: {host}\r\n{form}\r\n\r\nuser_id="),
    ];
    let mut slow = JoinSet::new();
    for begin in &begins {
        for _ in 0..10 {
            slow.spawn(drips(served.connect().await, begin.clone()));
        }
    }
    let mut silent = served.connect().await;
    served.honest_reset(NEW).await;
    let after = written(&served.test).await;
    while let Some(answered) = slow.join_next().await {
        assert_eq!(answered.expect("it ends"), "", "no answer, only the end");
    }
    assert_eq!(heard(&mut silent).await, "");
    assert_ne!(before, after);
    assert_eq!(written(&served.test).await, after, "only who was honest changed something");
}

#[tokio::test]
async fn a_connection_is_kept_for_another_request_but_not_for_ever() {
    let served = Served::start("header_seconds = 60\nidle_seconds = 1").await;
    let mut stream = served.connect().await;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    stream.write_all(request.repeat(3).as_bytes()).await.expect("it listens");
    assert_eq!(statuses(&heard(&mut stream).await), [200, 200, 200]);
}

#[tokio::test]
async fn who_does_not_read_the_answer_is_cut_off() {
    let served = Served::start("write_seconds = 1\nidle_seconds = 600\nheader_seconds = 60").await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(served.address).await.expect("it listens");
    let request = format!("GET /help HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    // When its answers are not taken no more requests are, either; then the connection ends, and writing fails.
    while stream.write_all(request.as_bytes()).await.is_ok() {}
    served.honest_reset(NEW).await;
}

#[tokio::test]
async fn who_reads_slowly_but_reads_is_served() {
    let served = Served::start("write_seconds = 1\nwrite_bytes_per_second = 64").await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(served.address).await.expect("it listens");
    let request = format!("GET /help HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    let last = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", served.address);
    stream.write_all((request.repeat(40) + &last).as_bytes()).await.expect("it listens");
    let heard = heard(&mut stream).await;
    assert_eq!(statuses(&heard).len(), 41);
    assert!(heard.ends_with("ok\n"));
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_the_oldest_that_wait_go() {
    let served = Served::start("header_seconds = 60\nconnections_per_address = 4").await;
    let mut waiting = Vec::new();
    for _ in 0..10 {
        let mut stream = served.connect().await;
        stream.write_all(b"GET /re").await.expect("it listens");
        waiting.push(stream);
    }
    for stream in waiting.iter_mut().take(6) {
        assert_eq!(heard(stream).await, "");
    }
    served.honest_reset(NEW).await;
}

#[tokio::test]
async fn a_proxy_of_ours_has_as_many_as_there_are() {
    let served =
        Served::start("header_seconds = 60\nproxies = ['127.0.0.1']\nconnections_per_address = 4\nconnections = 16")
            .await;
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(served.connect().await);
    }
    for stream in waiting.iter_mut().take(4) {
        assert_eq!(heard(stream).await, "", "all together are too many");
    }
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", served.address);
    for stream in waiting.iter_mut().skip(4) {
        stream.write_all(request.as_bytes()).await.expect("it listens");
        assert_eq!(statuses(&heard(stream).await), [200]);
    }
    served.honest_reset(NEW).await;
}
