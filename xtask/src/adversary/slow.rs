//! Connections that say next to nothing, thousands of them, while an honest person resets a password.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::client::Client;
use super::site::{Field, Plan, Site};
use super::timing::site::pause;
use super::walk::{must, reset};
use crate::host::{self, Outcome};

const CONNECTIONS: usize = 2_000;
const LANES: usize = 8;
/// Whole resets of honest people meanwhile, and what the longest may take.
const RESETS: usize = 5;
const GOAL: f64 = 2.0;

/// What is sent, byte by byte: heads that never end, and a body that is announced and hardly comes.
const HEAD: &[u8] = b"GET /reset HTTP/1.1\r\nX-Slow: ";
const BODY: &[u8] =
    b"POST /reset HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000\r\n\r\nuser_id=";

/// What becomes of the connections.
#[derive(Default)]
struct Tally {
    open: AtomicUsize,
    cut: AtomicUsize,
    over: AtomicBool,
}

pub(super) fn run(field: &Field) -> Outcome<String> {
    files()?;
    let site = Site::start(field, Plan::new(RESETS + 1))?;
    let alone = timed(&site, 0)?;
    let tally = Tally::default();
    let times = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                scope.spawn({
                    let (site, tally) = (&site, &tally);
                    move || hold(site, lane, tally)
                })
            })
            .collect();
        let times = meanwhile(&site, &tally);
        tally.over.store(true, Ordering::Relaxed);
        let held: Outcome<Vec<()>> =
            lanes.into_iter().map(|lane| lane.join().map_err(|_| "a lane broke off".to_owned())?).collect();
        held.and(times)
    })?;
    let (open, cut) = (tally.open.load(Ordering::Relaxed), tally.cut.load(Ordering::Relaxed));
    let longest = times.iter().copied().fold(0.0, f64::max);
    must(open >= CONNECTIONS * 9 / 10, || format!("only {open} connections were open"))?;
    must(longest < GOAL, || format!("a reset took {longest:.2} s with {open} connections, {alone:.2} s without"))?;
    let all: Vec<String> = times.iter().map(|time| format!("{time:.2}")).collect();
    Ok(format!(
        "{open} open, {cut} cut off meanwhile; whole resets, not padded, took {} s (alone {alone:.2} s)",
        all.join(", ")
    ))
}

/// Resets of honest people, once all connections are there.
fn meanwhile(site: &Site, tally: &Tally) -> Outcome<Vec<f64>> {
    for _ in 0..600 {
        if tally.open.load(Ordering::Relaxed) >= CONNECTIONS {
            break;
        }
        pause(50);
    }
    let mut times = Vec::new();
    for n in 1..=RESETS {
        times.push(timed(site, n)?);
        pause(1_000);
    }
    Ok(times)
}

fn timed(site: &Site, n: usize) -> Outcome<f64> {
    let begun = host::start();
    reset(&mut Client::new(site), site, site.person(n)?)?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Holds a share of the connections open, a byte at a time; those that are cut off come again.
fn hold(site: &Site, lane: usize, tally: &Tally) -> Outcome {
    let share = CONNECTIONS / LANES;
    let mut streams = Vec::with_capacity(share);
    for n in 0..share {
        streams.push((slow(site, lane * share + n)?, 0));
        tally.open.fetch_add(1, Ordering::Relaxed);
    }
    while !tally.over.load(Ordering::Relaxed) {
        for (n, (stream, at)) in streams.iter_mut().enumerate() {
            let words = if n % 2 == 0 { HEAD } else { BODY };
            let byte = words.get(*at).copied().unwrap_or(b'x');
            *at += 1;
            if stream.write_all(&[byte]).is_err() || is_over(stream) {
                tally.cut.fetch_add(1, Ordering::Relaxed);
                (*stream, *at) = (slow(site, lane * share + n)?, 0);
            }
        }
        pause(200);
    }
    Ok(())
}

/// Whether the server has ended it.
fn is_over(stream: &mut TcpStream) -> bool {
    let waits = |error: std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
    match stream.read(&mut [0; 512]) {
        Ok(length) => length == 0,
        Err(error) => !waits(error),
    }
}

/// A connection from one of 249 addresses: from each, Regain takes only so many.
fn slow(site: &Site, n: usize) -> Outcome<TcpStream> {
    let told = |error: rustix::io::Errno| format!("a slow connection: {error}");
    let last = u8::try_from(2 + n % 249).unwrap_or(2);
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).map_err(told)?;
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, last), 0)).map_err(told)?;
    connect(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, site.port)).map_err(told)?;
    let stream = TcpStream::from(socket);
    stream.set_nonblocking(true).map_err(|error| error.to_string())?;
    Ok(stream)
}

/// Lets this program open as many files as the system allows.
fn files() -> Outcome {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    must(maximum.is_none_or(|most| most > 4_096), || "the system allows too few open files: raise ulimit -n".into())?;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).map_err(|error| error.to_string())
}
