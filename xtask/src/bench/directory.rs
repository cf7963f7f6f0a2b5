//! `cargo xtask bench directory`: complete resets on a real OpenLDAP with mail by SMTP, beside the least that anybody could need
//! for them, in one run.

mod bare;
mod mail;
mod slapd;

use std::sync::atomic::{AtomicUsize, Ordering};

use super::people::Lane;
use super::server::{Server, Setup, cpu};
use super::{row, together};
use crate::host::{self, Outcome};
use bare::Bare;
use mail::Mailboxes;
use slapd::Slapd;

/// How many at once, and how many resets then.
const RUNS: [(usize, usize); 2] = [(1, 300), (16, 1_600)];
/// The bare loop is so many times longer: it is quicker.
const LONGER: usize = 3;

pub(super) fn run() -> Outcome {
    let most = RUNS.map(|(lanes, _)| lanes).into_iter().max().unwrap_or(1);
    let slapd = Slapd::start(most)?;
    let boxes = Mailboxes::default();
    let port = boxes.listen()?;
    let gateway =
        format!("kind = 'smtp'\nhost = '127.0.0.1'\nport = {port}\nsecurity = 'none'\nfrom = 'help@example.org'");
    let section = slapd.section();
    let people = (0..most).map(Lane::by_mail).collect();
    let setup = Setup { postgres: None, directory: Some(&section), method: "email", gateway, people };
    let before = slapd.connections()?;
    let server = Server::start(&setup)?;
    // Everybody once: connections are opened, statements are prepared.
    together(most, |lane| Lane::by_mail(lane).reset(server.port, boxes.codes()))?;
    println!("\nOpenLDAP, {{SSHA}} and its usual durability; mail by SMTP; SQLite");
    row("LDAP connections until it is warm", slapd.opened_since(before)?.to_string(), "");
    for (lanes, resets) in RUNS {
        println!("\n{lanes} at once");
        let floor = bare(&slapd, port, lanes, resets * LONGER)?;
        let own = complete(&slapd, &server, &boxes, lanes, resets)?;
        row("Regain's rate to the floor's", format!("{:.2}", own / floor), "≥ 0.25");
    }
    Ok(())
}

/// One search, one change of a password (RFC 3062), one mail, by each of several threads over connections it keeps open; gives how
/// many of that in a second.
fn bare(slapd: &Slapd, mail: u16, lanes: usize, count: usize) -> Outcome<f64> {
    let next = AtomicUsize::new(0);
    let (slapd_before, begun) = (cpu(slapd.pid())?, host::start());
    let used = together(lanes, |lane| {
        let mut bare = Bare::connect(slapd, mail)?;
        let lane = Lane::by_mail(lane);
        while next.fetch_add(1, Ordering::Relaxed) < count {
            bare.reset(&lane)?;
        }
        bare::cpu_of_this_thread()
    })?;
    let (took, of_slapd) = (begun.elapsed().as_secs_f64(), cpu(slapd.pid())? - slapd_before);
    let each = |seconds: f64| seconds * 1e3 / count as f64;
    row("floor: search, RFC 3062, mail", format!("{:.0}/s", count as f64 / took), "");
    let own: f64 = used.iter().map(std::time::Duration::as_secs_f64).sum();
    row("  CPU of the bare loop for each", format!("{:.2} ms", each(own)), "");
    row("  CPU of slapd for each", format!("{:.2} ms", each(of_slapd.as_secs_f64())), "");
    Ok(count as f64 / took)
}

/// Complete resets by the real program; gives how many in a second.
fn complete(slapd: &Slapd, server: &Server, boxes: &Mailboxes, lanes: usize, resets: usize) -> Outcome<f64> {
    let next = AtomicUsize::new(0);
    boxes.forget_times();
    let connections = slapd.connections()?;
    let (own_before, slapd_before, begun) = (server.cpu()?, cpu(slapd.pid())?, host::start());
    together(lanes, |lane| {
        let lane = Lane::by_mail(lane);
        while next.fetch_add(1, Ordering::Relaxed) < resets {
            lane.reset(server.port, boxes.codes())?;
        }
        Ok(())
    })?;
    let took = begun.elapsed().as_secs_f64();
    let (own, of_slapd) = (server.cpu()? - own_before, cpu(slapd.pid())? - slapd_before);
    let opened = slapd.opened_since(connections)?;
    let each = |time: std::time::Duration| time.as_secs_f64() * 1e3 / resets as f64;
    row("complete resets", format!("{:.0}/s", resets as f64 / took), "");
    row("  CPU of Regain for each", format!("{:.2} ms", each(own)), "≤ 1.2 ms");
    row("  CPU of slapd for each", format!("{:.2} ms", each(of_slapd)), "");
    row("  LDAP connections opened", format!("{opened} for {resets} resets"), "one pool");
    let (mails, middle, slowest) = boxes.times();
    let found = format!("p50 {middle:.2} ms, p99.9 {slowest:.1} ms ({mails} mails)");
    row("  a mail, from MAIL to its end", found, "no 40 ms");
    Ok(resets as f64 / took)
}
