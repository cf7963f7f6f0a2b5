//! `cargo xtask adversary timing`: whether anything that can be observed up to the proof tells of what kind somebody is.
//!
//! The release, with OpenLDAP behind it, is asked about people of every kind and about made-up ones, in turn and many at a
//! time. Of each page, Welch's t is printed for every pair of kinds; and how well a classifier that is trained on one half of
//! the people tells, in the other half, those who exist from those who do not. Other work on the machine only adds noise to
//! all kinds alike.

pub(super) mod directory;
mod figures;
pub(super) mod people;
pub(super) mod site;
mod visit;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::host::{self, Outcome};
use figures::Sum;
use people::{Kind, Person};
use site::Site;
use visit::{PAGES, Seen};

/// The goals: no t beyond this, and no classifier better than guessing.
const MOST_T: f64 = 4.5;
const MOST_BETTER: f64 = 0.02;

/// One visit in so many may break off.
const FEW: usize = 50;

/// How much is asked.
struct Extent {
    /// People of each kind.
    people: usize,
    /// Visits for each kind.
    visits: usize,
    /// Visits at once.
    lanes: usize,
    /// `server.pad_milliseconds`; the program's own if nothing.
    pad: Option<u32>,
    /// Another program than the release.
    program: Option<String>,
}

impl Extent {
    fn read(words: &[String]) -> Outcome<Self> {
        let mut extent = Self { people: 2_500, visits: 20_000, lanes: 128, pad: None, program: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => (extent.people, extent.visits) = (250, 1_500),
                "--no-pad" => extent.pad = Some(0),
                "--visits" => {
                    extent.visits = value()?.parse().map_err(|_| "--visits needs a number")?;
                    // Nobody is visited more often than eight times: ten wrong passwords rest a User ID.
                    extent.people = extent.visits.div_ceil(8).max(1);
                }
                "--lanes" => extent.lanes = value()?.parse().map_err(|_| "--lanes needs a number")?,
                "--program" => extent.program = Some(value()?.clone()),
                strange => {
                    let known = "--quick (fewer visits), --visits N (of each kind), --no-pad (what would be seen without padding), --lanes N, \
                                 --program PATH (another than the release)";
                    return Err(format!("\"{strange}\" is not an option here; there are {known}."));
                }
            }
        }
        Ok(extent)
    }
}

/// A visit: who was asked about, and what was seen.
struct Visit {
    person: Person,
    seen: Seen,
}

pub(super) fn run(words: &[String]) -> Outcome {
    let extent = Extent::read(words)?;
    let site = Site::start(extent.people, extent.pad, extent.program.as_deref())?;
    println!(
        "{} visits of each kind, {} at once, answers padded: {}.",
        extent.visits,
        extent.lanes,
        extent.pad.map_or("as usual".to_owned(), |pad| format!("{pad} ms"))
    );
    let visits = visit_all(&site, &extent)?;
    let worst = pages(&visits);
    let better = classifiers(&visits);
    println!(
        "\nLargest |t| {worst:.2} (goal below {MOST_T}); largest AUC beyond guessing, less what chance explains, {better:.3} (goal {MOST_BETTER})."
    );
    if (worst < MOST_T && better <= MOST_BETTER) || extent.pad == Some(0) {
        return Ok(());
    }
    Err("Kinds of people can be told apart.".into())
}

/// All visits, in an order in which every kind comes as often as any other at any time. Those that an overloaded machine breaks
/// off are left out, as long as they are few.
fn visit_all(site: &Site, extent: &Extent) -> Outcome<Vec<Visit>> {
    let (next, total) = (AtomicUsize::new(0), extent.visits * Kind::ALL.len());
    let (done, failed) = (Mutex::new(Vec::with_capacity(total)), Mutex::new(Vec::new()));
    let begun = host::start();
    std::thread::scope(|scope| {
        for _ in 0..extent.lanes {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= total || failed.lock().is_ok_and(|failed| failed.len() > total / FEW) {
                        return;
                    }
                    let person = Person::visited(n, extent.people);
                    match visit::visit(site.port, n, &person) {
                        Ok(seen) => drop(done.lock().map(|mut done| done.push(Visit { person, seen }))),
                        Err(told) => drop(failed.lock().map(|mut failed| failed.push((person.kind, told)))),
                    }
                    if n % 5_000 == 4_999 {
                        println!("  {} visits in {:.0} s", n + 1, begun.elapsed().as_secs_f64());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_default();
    if let Some((_, told)) = failed.first() {
        let of = |kind: Kind| failed.iter().filter(|(failed, _)| *failed == kind).count();
        let counts = Kind::ALL.map(|kind| format!("{} {}", kind.name(), of(kind)));
        println!("Visits that broke off: {}.", counts.join(", "));
        if failed.len() > total / FEW {
            return Err(format!("Too many visits broke off.\n{told}\nThe server said:\n{}", site.log()));
        }
    }
    done.into_inner().map_err(|_| "a visit broke off".into())
}

/// Prints the times of every page; gives the largest t.
fn pages(visits: &[Visit]) -> f64 {
    let mut worst: f64 = 0.0;
    for (place, page) in PAGES.iter().enumerate() {
        let sums = Kind::ALL.map(|kind| {
            let of_kind = visits.iter().filter(|visit| visit.person.kind == kind);
            of_kind.filter_map(|visit| visit.seen.times[place]).collect::<Sum>()
        });
        println!("\n{page}");
        for (kind, sum) in Kind::ALL.iter().zip(&sums).filter(|(_, sum)| sum.count() > 1.0) {
            let against = Kind::ALL.iter().zip(&sums).filter(|(other, sum)| *other != kind && sum.count() > 1.0);
            let ts: Vec<String> =
                against.map(|(other, with)| format!("{} {:+.2}", other.name(), sum.t(with))).collect();
            let (count, mean, deviation) = (sum.count(), sum.mean() * 1e3, sum.deviation() * 1e3);
            println!("  {:<18} {count:>6}  {mean:8.3} ms ± {deviation:7.3}   t: {}", kind.name(), ts.join("  "));
        }
        for (n, one) in sums.iter().enumerate() {
            let others = sums.iter().skip(n + 1).filter(|other| other.count() > 1.0 && one.count() > 1.0);
            worst = others.map(|other| one.t(other).abs()).fold(worst, f64::max);
        }
    }
    worst
}

/// Prints what classifiers make of it; gives by how much the best is better than guessing.
fn classifiers(visits: &[Visit]) -> f64 {
    println!("\nA classifier that is trained on half of the people tells in the other half, AUC:");
    let sample = |visit: &Visit, words: Vec<String>, numbers: Vec<f64>| figures::Sample {
        words,
        numbers,
        positive: visit.person.kind.exists(),
        trains: visit.person.number.is_multiple_of(2),
    };
    let all = visits.iter().map(|visit| sample(visit, visit.seen.words(&visit.person), visit.seen.numbers())).collect();
    let mut best = report("whoever exists, by everything", all);
    let timed = visits.iter().map(|visit| sample(visit, Vec::new(), visit.seen.numbers())).collect();
    best = best.max(report("whoever exists, by times", timed));
    for kind in Kind::ALL.into_iter().filter(|kind| kind.exists()) {
        // What page somebody of one kind is shown is theirs; that it took as long must not be.
        let of_both = visits.iter().filter(|visit| visit.person.kind == kind || !visit.person.kind.exists());
        let samples = of_both.map(|visit| sample(visit, Vec::new(), visit.seen.common_numbers())).collect();
        best = best.max(report(&format!("{}, by times", kind.name()), samples));
    }
    best
}

fn report(what: &str, samples: Vec<figures::Sample>) -> f64 {
    let (auc, deviation) = figures::auc(samples);
    println!("  {what:<36} {auc:.3}, by chance up to ± {:.3}", 3.0 * deviation);
    // With few visits, chance alone goes beyond the goal.
    (auc - 0.5).abs() - (3.0 * deviation - MOST_BETTER).max(0.0)
}
