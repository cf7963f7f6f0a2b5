//! Measures the real program over loopback: what a complete reset costs, how long pages take, what it weighs.
//!
//! Both sides share the machine, so rates are lower bounds; the CPU time is the server's alone.

mod audit;
mod directory;
pub(crate) mod http;
mod password;
pub(crate) mod people;
pub(crate) mod server;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::host::{self, Outcome};
use http::Browser;
use people::{Codes, Lane};
use server::{Postgres, Server, Setup};

/// People who reset at the same moment.
const LANES: usize = 32;
/// Resets that are measured.
const RESETS: usize = 2_000;
/// People who read pages at the same moment, and how many pages each.
const READERS: usize = 200;
const PAGES: usize = 20;
/// Each of them asks for a page this often.
const PAUSE: Duration = Duration::from_secs(1);
/// Flows that are kept alive.
const FLOWS: usize = 10_000;

/// `cargo xtask bench`.
pub(crate) fn run(words: &[String]) -> Outcome {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => whole(),
        ["audit"] => audit::run(),
        ["directory"] => build().and_then(|()| directory::run()),
        ["password"] => password::verdict(),
        ["breach"] => password::breach("100000000"),
        ["breach", largest] => password::breach(largest),
        _ => Err(format!(
            "bench takes nothing, \"audit\", \"directory\", \"password\", or \"breach\" and a number, not \"{}\".",
            words.join(" ")
        )),
    }
}

fn build() -> Outcome {
    println!("Building the release first.");
    host::run(
        Command::new("cargo").args(["build", "--quiet", "--release", "--package", "regain"]).current_dir(host::root()),
    )
}

fn whole() -> Outcome {
    build()?;
    let program = host::root().join("target/release/regain");
    let bytes = program.metadata().map_err(|error| error.to_string())?.len();
    row("binary", format!("{:.1} MB", bytes as f64 / 1e6), "≤ 30 MB");

    let codes = Codes::default();
    let port = people::text_gateway(&codes)?;
    let gateway =
        format!("kind = 'http'\nurl = 'http://127.0.0.1:{port}/'\nencoding = 'text'\nbody = '{{to}} {{text}}'");
    println!("\nSQLite");
    on_a_store(&codes, &gateway, None)?;
    println!("\nPostgreSQL");
    let postgres = Postgres::start()?;
    on_a_store(&codes, &gateway, Some(&postgres))
}

fn on_a_store(codes: &Codes, gateway: &str, postgres: Option<&Postgres>) -> Outcome {
    let people = (0..LANES).map(Lane::by_text).collect();
    let setup = Setup { postgres, directory: None, method: "text", gateway: gateway.to_owned(), people };
    let server = Server::start(&setup)?;
    row("start to first page", format!("{:.0} ms", server.started.as_secs_f64() * 1e3), "≤ 100 ms");
    row("memory, idle", format!("{:.1} MiB", server.memory()?), "≤ 30 MiB");
    resets(&server, codes)?;
    pages(&server)?;
    flows(&server)
}

fn row(what: &str, found: String, goal: &str) {
    println!("  {what:<34} {found:<28} {goal}");
}

/// Complete resets: all requests of a browser that comes for the first time, style and script included.
fn resets(server: &Server, codes: &Codes) -> Outcome {
    together(LANES, |lane| Lane::by_text(lane).reset(server.port, codes))?;
    let next = AtomicUsize::new(0);
    let (cpu, begun) = (server.cpu()?, host::start());
    let requests = together(LANES, |lane| {
        let lane = Lane::by_text(lane);
        let mut requests = 0;
        while next.fetch_add(1, Ordering::Relaxed) < RESETS {
            requests += lane.reset(server.port, codes)?;
        }
        Ok(requests)
    })?;
    let (took, used) = (begun.elapsed().as_secs_f64(), server.cpu()? - cpu);
    let each = requests.iter().sum::<usize>() as f64 / RESETS as f64;
    row("complete resets", format!("{:.0}/s ({LANES} at once)", RESETS as f64 / took), "");
    let found = format!("{:.2} ms ({each:.0} requests)", used.as_secs_f64() * 1e3 / RESETS as f64);
    row("CPU of the server for each", found, "≤ 1.2 ms");
    Ok(())
}

/// How long pages take when many people are there: the first page, the reset's first page, a look-up, the ways to prove.
fn pages(server: &Server) -> Outcome {
    let times = together(READERS, |reader| {
        people::pause(PAUSE.mul_f64(reader as f64 / READERS as f64));
        let mut browser = Browser::new(server.port);
        let mut times = Vec::new();
        for page in 0..PAGES {
            let begun = host::start();
            people::read(&mut browser, reader, page)?;
            times.push(begun.elapsed());
            people::pause(PAUSE.saturating_sub(begun.elapsed()));
        }
        Ok(times)
    })?;
    let mut times: Vec<Duration> = times.into_iter().flatten().collect();
    times.sort_unstable();
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    row(&format!("pages, {READERS} people"), format!("p50 {:.1} ms, p99 {:.1} ms", at(0.5), at(0.99)), "p99 < 10 ms");
    Ok(())
}

/// Memory with many flows that have got as far as the choice of a way.
fn flows(server: &Server) -> Outcome {
    let next = AtomicUsize::new(0);
    let begun = host::start();
    together(LANES, |_| {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= FLOWS {
                return Ok(());
            }
            people::identify(&mut Browser::new(server.port), &format!("stranger.{n}@example.org"))?;
        }
    })?;
    let rate = FLOWS as f64 / begun.elapsed().as_secs_f64();
    row(&format!("memory, {FLOWS} live flows"), format!("{:.1} MiB", server.memory()?), "");
    row("flows begun", format!("{rate:.0}/s"), "");
    Ok(())
}

/// Lets several people do the same at once; gives what each found, or the first thing that went wrong.
fn together<T: Send>(count: usize, act: impl Fn(usize) -> Outcome<T> + Sync) -> Outcome<Vec<T>> {
    let act = &act;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|n| scope.spawn(move || act(n))).collect();
        let joined = threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread broke off".to_owned())?);
        joined.collect()
    })
}

/// A form's fields.
type Form<'a> = BTreeMap<&'a str, &'a str>;

/// Whether something has taken too long.
fn late(begun: Instant) -> bool {
    begun.elapsed() > Duration::from_secs(20)
}
