//! Codes guessed at full speed, from everywhere, in many resets of one account.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::client::Client;
use super::site::{Field, Plan, Site};
use super::timing::people::mixed;
use super::walk::must;
use crate::bench::http::between;
use crate::host::{self, Outcome};

const LANES: usize = 24;
const FOR: Duration = Duration::from_secs(20);
/// `throttle.failed_proofs`, unless set: in 24 hours.
const GOAL: usize = 5;
/// A code is one of so many.
const CODES: f64 = 1e6;

/// The limits of networks and of the whole installation are out of the way: they would stop this sooner, and hide what the
/// account's own are worth.
const THROTTLE: &str = "failed_proofs_per_network = []\nfailed_proofs_in_all = []\nsends_per_network = []\nsends_in_all = []\n\
     resets_per_network = []\nresets_in_all = []\nresets_per_user_id = []\nsends = []\nsends_per_account = []\n\
     [budget]\nmessages = []\nemails = []\nnumber_range = []\nusual_floor = 0\n";

/// As it comes.
const DEFAULT: &str = "";

/// What was done.
#[derive(Default)]
struct Tally {
    flows: AtomicUsize,
    guesses: AtomicUsize,
    refused: AtomicUsize,
}

pub(super) fn run(field: &Field) -> Outcome<String> {
    let alone = guess(field, THROTTLE)?;
    let all = guess(field, DEFAULT)?;
    Ok(format!("{alone}; with every limit: {all}"))
}

fn guess(field: &Field, throttle: &str) -> Outcome<String> {
    let site = Site::start(field, Plan { server: "proxies = [\"127.0.0.1\"]\n", throttle, ..Plan::new(1) })?;
    let (person, tally, begun) = (site.person(0)?.clone(), Tally::default(), host::start());
    let spellings = [person.user_id.clone(), person.user_id.to_uppercase(), person.user_id.replace('o', "\u{ff4f}")];
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                let (site, tally, spellings) = (&site, &tally, &spellings);
                scope.spawn(move || -> Outcome {
                    let mut n = lane;
                    while begun.elapsed() < FOR / 2 {
                        visit(site, n, &spellings[n % spellings.len()], tally)?;
                        n += LANES;
                    }
                    Ok(())
                })
            })
            .collect();
        lanes.into_iter().try_for_each(|lane| lane.join().map_err(|_| "a lane broke off".to_owned())?)
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let trail = site.trail()?;
    let about = |act: &str| trail.iter().filter(|event| event.act == act).count();
    let (compared, proved, sent) = (about("code_wrong"), about("proved"), site.inbox.all().len());
    let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
    let (flows, guesses, refused) = (count(&tally.flows), count(&tally.guesses), count(&tally.refused));
    must(proved == 0, || "a code was guessed".into())?;
    must((1..=GOAL).contains(&compared), || {
        format!("{compared} codes were compared, of {guesses} guesses in {flows} resets")
    })?;
    Ok(format!(
        "{compared} of {guesses} guesses compared in {flows} resets, {:.0} requests/s refused, {sent} messages; at most {:.0e} a day \
         for an account",
        refused as f64 / seconds,
        compared as f64 / CODES
    ))
}

/// A reset from a network of its own, as far as a guess, and guesses until nothing is taken any more.
fn visit(site: &Site, n: usize, user_id: &str, tally: &Tally) -> Outcome {
    let [a, b, c, ..] = mixed(n as u64).to_be_bytes();
    let mut client = Client::new(site).with("X-Forwarded-For", &format!("{}.{a}.{b}.{c}", 11 + n % 100));
    let add = |to: &AtomicUsize| to.fetch_add(1, Ordering::Relaxed);
    add(&tally.flows);
    client.get("/reset")?;
    if client.post("/reset", &[("user_id", user_id)])?.status == 429 {
        add(&tally.refused);
        return Ok(());
    }
    let page = client.page("/reset")?;
    let Some(way) = between(&page, "name=\"option\" value=\"", "\"").map(str::to_owned) else {
        add(&tally.refused);
        return Ok(());
    };
    if client.post("/reset/choose", &[("option", &way)])?.status == 429 {
        add(&tally.refused);
    }
    for guess in 0..8 {
        let code = format!("{:06}", mixed((n * 8 + guess) as u64) % 1_000_000);
        add(&tally.guesses);
        let answer = client.post("/reset/code", &[("code", &code)])?;
        if answer.status == 429 || answer.location.as_deref() != Some("/reset") {
            add(&tally.refused);
        }
    }
    Ok(())
}
