//! What whoever waits for a build sees of it.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::clock;

/// Says on standard error how far a build has come: one line that changes at a terminal, else a line now and then.
pub(super) struct Progress {
    /// How much of the step is done.
    pub(super) read: Arc<AtomicU64>,
    terminal: bool,
    every: Duration,
    step: &'static str,
    unit: &'static str,
    whole: u64,
    begun: Instant,
    at_begin: Option<u64>,
    told: Instant,
}

impl Progress {
    pub(super) fn new(terminal: bool) -> Self {
        let every = if terminal { Duration::from_millis(250) } else { Duration::from_secs(30) };
        let (read, now) = (Arc::new(AtomicU64::new(0)), clock::steady());
        Self { read, terminal, every, step: "", unit: "", whole: 0, begun: now, at_begin: None, told: now }
    }

    /// A step begins, in which there is so much to do; 0 if nobody knows.
    pub(super) fn begin(&mut self, step: &'static str, whole: u64, unit: &'static str) {
        self.read.store(0, Ordering::Relaxed);
        let now = clock::steady();
        (self.step, self.whole, self.unit, self.begun, self.at_begin, self.told) = (step, whole, unit, now, None, now);
    }

    /// Says how far it has come, if it is time to; `made` is what the step has given so far.
    pub(super) fn tell(&mut self, made: u64) {
        let (done, now) = (self.read.load(Ordering::Relaxed), clock::steady());
        // What an earlier build did says nothing about the pace of this one.
        let before = *self.at_begin.get_or_insert(done);
        if now - self.told < self.every {
            return;
        }
        self.told = now;
        let (since, fresh) = ((now - self.begun).as_secs_f64(), done.saturating_sub(before));
        let left = if fresh > 0 && self.whole > done { since * (self.whole - done) as f64 / fresh as f64 } else { 0.0 };
        let line = line(self.step, done, self.whole, self.unit, made, left);
        let end = if self.terminal { "\x1b[K\r" } else { "\n" };
        // Nobody is worse off if it cannot be said.
        let _ = write!(std::io::stderr(), "{line}{end}");
    }

    /// Says something that stays.
    pub(super) fn note(&self, what: &str) {
        eprintln!("regain: {what}");
    }
}

fn line(step: &str, done: u64, whole: u64, unit: &str, made: u64, left: f64) -> String {
    let made = match unit {
        "B" => format!(", {} taken", short(made)),
        _ => String::new(),
    };
    let space = if whole.max(done) < 10_000 || unit != "B" { " " } else { "" };
    if whole == 0 {
        return format!("{step}: {}{space}{unit}{made}", short(done));
    }
    let part = (done as f64 / whole as f64 * 100.0).min(100.0);
    format!("{step}: {part:.0} % of {}{space}{unit}{made}; about {} left for this step", short(whole), time(left))
}

fn short(number: u64) -> String {
    match number {
        0..10_000 => number.to_string(),
        10_000..10_000_000 => format!("{:.1} k", number as f64 / 1e3),
        10_000_000..10_000_000_000 => format!("{:.1} M", number as f64 / 1e6),
        _ => format!("{:.1} G", number as f64 / 1e9),
    }
}

fn time(seconds: f64) -> String {
    if seconds < 90.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_how_much_is_left() {
        assert_eq!(
            line("reading", 12_000_000_000, 40_000_000_000, "B", 270_000_000, 250.0),
            "reading: 30 % of 40.0 GB, 270.0 M taken; about 4 min left for this step"
        );
        assert_eq!(line("reading", 1_000, 0, "B", 20, 0.0), "reading: 1000 B, 20 taken");
        assert_eq!(
            line("sorting", 5_000, 10_000, "lines", 0, 3.0),
            "sorting: 50 % of 10.0 k lines; about 3 s left for this step"
        );
    }
}
