//! Looking through a trail: whether it is what was chained and signed, and if not, where.

use std::collections::BTreeMap;
use std::fmt;

use super::chain::{GENESIS, Linked, Sealing};
use super::checkpoint::{Checkpoint, Kind};
use crate::keys::{Digest, Keys};
use crate::time::{Span, Time};

/// An event that no signature covers after so long: signatures were taken away, or the service was killed and is not running.
pub const SIGNED_WITHIN: Span = Span::minutes(10);

/// So many problems are told; more are only counted.
const TOLD: usize = 100;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Numbers that no event has.
    Missing {
        /// The first.
        first: i64,
        /// The last.
        last: i64,
    },
    /// An event that does not fit its hash.
    Altered {
        /// Its number.
        seq: i64,
        /// Its name.
        id: String,
    },
    /// The hashes fit one another, and not what was signed.
    Rewritten {
        /// The last event before that was signed as it is.
        after: i64,
        /// The event that was signed with another hash.
        signed: i64,
        /// When that was signed.
        at: Time,
    },
    /// More was signed, or is in the head of the chain, than there is.
    CutOff {
        /// The last event there is.
        last: i64,
        /// The last event there was.
        was: i64,
        /// When that was signed, if it was.
        at: Option<Time>,
    },
    /// An event that Regain did not write, or not like this.
    Forged {
        /// Its number.
        seq: i64,
        /// Its name.
        id: String,
    },
    /// Events are said to be older than the chain, and among them is one that is not.
    AdoptedTwice {
        /// Its number.
        seq: i64,
    },
    /// A checkpoint that none of the keys has signed.
    NotSigned {
        /// The line.
        line: String,
    },
    /// Events that no signature covers, for too long.
    Unsigned {
        /// The first.
        first: i64,
        /// When it happened.
        since: Time,
    },
    /// What the store calls the end of the chain is not its end.
    HeadMoved {
        /// The last event there is.
        last: i64,
    },
    /// An event that waits for its place in the chain and that Regain did not write.
    ForgedWaiting {
        /// Its name.
        id: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { first, last } if first == last => write!(out, "event {first} is gone"),
            Self::Missing { first, last } => write!(out, "events {first} to {last} are gone"),
            Self::Altered { seq, id } => write!(
                out,
                "event {seq} ({id}) is not what was written: it was edited, or another stands in its place, or the hash before it was"
            ),
            Self::Rewritten { after, signed, .. } => write!(
                out,
                "between event {} and event {signed} the trail was rewritten, with hashes made to fit: it is not what was signed",
                after + 1
            ),
            Self::CutOff { last, was, .. } => {
                write!(out, "the end is gone: the trail stops at event {last}, and there was an event {was}")
            }
            Self::Forged { seq, id } => write!(out, "event {seq} ({id}) was altered or added before it was chained"),
            Self::AdoptedTwice { seq } => {
                write!(out, "event {seq} is called older than the chain, and is not: somebody tried to add events")
            }
            Self::NotSigned { line } => {
                write!(out, "a checkpoint is not signed by a key that is known here: {line}")
            }
            Self::Unsigned { first, .. } => write!(
                out,
                "the events from {first} on are not signed though they should be: signatures were taken away, or the service \
                 was killed and has not run since"
            ),
            Self::HeadMoved { last } => {
                write!(out, "what the store calls the end of the trail is not its end, event {last}: it was moved")
            }
            Self::ForgedWaiting { id } => write!(out, "event {id}, not chained yet, was altered or added"),
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What is wrong, in the order of the trail; at most 100 of them.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more: usize,
    /// Events that were looked at.
    pub events: i64,
    /// Everything up to this event was pruned.
    pub pruned: i64,
    /// Everything up to this event is older than the chain.
    pub adopted: i64,
    /// The last event.
    pub last: i64,
    /// The last event that a signature covers, and since when.
    pub signed: Option<(i64, Time)>,
    /// Events whose seal was made with another key.
    pub other_key: i64,
    /// Checkpoints of events that were pruned: they cannot be compared any more.
    pub too_old: usize,
}

/// Takes the events in the order of their numbers.
pub struct Verifier<'a> {
    keys: Option<&'a Keys>,
    marks: BTreeMap<i64, Vec<Checkpoint>>,
    /// The last event, and its hash where it is known.
    last: (i64, Option<Digest>),
    /// When the first event happened that no signature covers yet.
    unsigned: Option<(i64, Time)>,
    report: Report,
}

impl<'a> Verifier<'a> {
    /// Begins with the checkpoints whose signatures are good, in any order. With the installation's key seals are looked at,
    /// too.
    pub fn new(checkpoints: Vec<Checkpoint>, keys: Option<&'a Keys>) -> Self {
        let pruned = checkpoints.iter().filter(|point| point.kind == Kind::Pruned).max_by_key(|point| point.seq);
        let (start, hash) = pruned.map_or((0, GENESIS), |point| (point.seq, point.hash));
        let mut report = Report { pruned: start, last: start, ..Report::default() };
        let adopted = checkpoints.iter().filter(|point| point.kind == Kind::Adopted).map(|point| point.seq).max();
        report.adopted = adopted.unwrap_or(0);
        let mut marks: BTreeMap<i64, Vec<Checkpoint>> = BTreeMap::new();
        for point in checkpoints {
            if point.seq < start {
                report.too_old += usize::from(point.kind == Kind::Mark);
            } else {
                marks.entry(point.seq).or_default().push(point);
            }
        }
        let mut begun = Self { keys, marks, last: (start, Some(hash)), unsigned: None, report };
        begun.compare(start, &hash);
        begun
    }

    /// For a part of a trail that begins with event `first`: what came before is not looked for.
    pub fn from_part(checkpoints: Vec<Checkpoint>, first: i64) -> Self {
        let mut begun = Self::new(checkpoints, None);
        let before = first - 1;
        if before > begun.last.0 {
            begun.last = (before, None);
            (begun.report.last, begun.report.pruned) = (before, before);
            let earlier = begun.marks.keys().copied().filter(|seq| *seq < before).collect::<Vec<_>>();
            for seq in earlier {
                begun.marks.remove(&seq);
            }
            begun.last.1 = begun.marks.get(&before).and_then(|points| points.first()).map(|point| point.hash);
        }
        begun
    }

    /// The event after which it begins.
    pub fn start(&self) -> i64 {
        self.last.0
    }

    /// Takes the next event.
    pub fn event(&mut self, event: &Linked) {
        let (last, before) = self.last;
        let Linked { seq, hash, row } = event;
        let before = if *seq == last + 1 {
            before
        } else {
            self.found(Problem::Missing { first: last + 1, last: seq - 1 });
            self.marks.get(&(seq - 1)).and_then(|points| points.first()).map(|point| point.hash)
        };
        self.report.events += 1;
        if before.is_some_and(|before| row.hash(&before, *seq) != *hash) {
            self.found(Problem::Altered { seq: *seq, id: row.id.clone() });
        }
        self.look_at_seal(event);
        self.unsigned = self.unsigned.or(Some((*seq, Time(row.at))));
        (self.last, self.report.last) = ((*seq, Some(*hash)), *seq);
        self.compare(*seq, hash);
    }

    fn look_at_seal(&mut self, event: &Linked) {
        let Linked { seq, row, .. } = event;
        let adopted = *seq <= self.report.adopted;
        match (adopted, &row.seal) {
            (true, Some(_)) => self.found(Problem::AdoptedTwice { seq: *seq }),
            (false, None) => self.found(Problem::Forged { seq: *seq, id: row.id.clone() }),
            (true, None) => {}
            (false, Some(_)) => match self.keys.map(|keys| row.sealing(keys)) {
                Some(Sealing::Broken | Sealing::Missing) => {
                    self.found(Problem::Forged { seq: *seq, id: row.id.clone() });
                }
                Some(Sealing::OtherKey) => self.report.other_key += 1,
                Some(Sealing::Good) | None => {}
            },
        }
    }

    /// Compares with what was signed about this event.
    fn compare(&mut self, seq: i64, hash: &Digest) {
        let Some(points) = self.marks.get(&seq) else { return };
        let Some(newest) = points.iter().map(|point| point.at).max() else { return };
        let differs = points.iter().filter(|point| point.hash != *hash).map(|point| point.at).max();
        let after = self.report.signed.map_or(self.report.pruned, |(signed, _)| signed);
        match differs {
            Some(at) => self.found(Problem::Rewritten { after, signed: seq, at }),
            None => {
                (self.report.signed, self.unsigned) = (Some((seq, newest)), None);
            }
        }
    }

    fn found(&mut self, problem: Problem) {
        if self.report.problems.len() < TOLD {
            self.report.problems.push(problem);
        } else {
            self.report.more += 1;
        }
    }

    /// Notes something that was found elsewhere.
    pub fn note(&mut self, problem: Problem) {
        self.found(problem);
    }

    /// Ends: `head` is where the store says that the chain ends, if there is one; `now` is for events that should have been
    /// signed by now.
    pub fn end(mut self, head: Option<(i64, Digest)>, now: Option<Time>) -> Report {
        let last = self.last.0;
        let beyond = self.marks.iter().next_back().filter(|(seq, _)| **seq > last);
        let beyond = beyond.map(|(seq, points)| (*seq, points.iter().map(|point| point.at).max()));
        match (beyond, head) {
            (Some((was, at)), _) => self.found(Problem::CutOff { last, was, at }),
            (None, Some((was, _))) if was > last => self.found(Problem::CutOff { last, was, at: None }),
            _ => {}
        }
        let differs =
            |(seq, hash): (i64, Digest)| seq < last || seq == last && self.last.1.is_some_and(|own| own != hash);
        if head.is_some_and(differs) {
            self.found(Problem::HeadMoved { last });
        }
        if let (Some((first, since)), Some(now)) = (self.unsigned, now)
            && now - since > SIGNED_WITHIN
        {
            self.found(Problem::Unsigned { first, since });
        }
        self.report
    }
}
