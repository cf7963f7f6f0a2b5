//! Looking through the trail in the store, or in a file that was exported.

use regain_core::Time;
use regain_core::audit::chain::Sealing;
use regain_core::audit::checkpoint::{Checkpoint, Kind, Signed};
use regain_core::audit::verify::{Problem, Report, Verifier};

use super::PublicKey;
use super::line::{self, Read};
use crate::store::{Error, Store};

/// Events read together.
const PAGE: i64 = 1_000;

/// Events without a place that are looked at.
const WAITING: i64 = 10_000;

/// What came of it.
pub struct Found {
    /// About the chain.
    pub report: Report,
    /// Events that wait for their place.
    pub waiting: usize,
    /// When the first of them happened.
    pub waiting_since: Option<Time>,
    /// When the last checkpoint was signed.
    pub last_signature: Option<Time>,
}

/// Takes the lines of checkpoints apart: those that a key has signed, and those that none has.
pub fn judge(lines: &[String], keys: &[PublicKey]) -> (Vec<Checkpoint>, Vec<Problem>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for line in lines {
        match Signed::parse(line).filter(|signed| keys.iter().any(|key| key.has_signed(signed))) {
            Some(signed) => good.push(signed.checkpoint),
            None => bad.push(Problem::NotSigned { line: line.clone() }),
        }
    }
    (good, bad)
}

/// Looks through the trail in the store. `outside` are lines of checkpoints that were kept elsewhere.
///
/// # Errors
/// If the store cannot be read.
pub async fn in_store(store: &Store, keys: &[PublicKey], outside: &[String], now: Time) -> Result<Found, Error> {
    loop {
        let before = store.checkpoints().await?;
        let found = once(store, keys, (&before, outside), now).await?;
        let pruned = |lines: &[String]| {
            let all = lines.iter().filter_map(|line| Signed::parse(line));
            all.filter(|line| line.checkpoint.kind == Kind::Pruned).map(|line| line.checkpoint.seq).max()
        };
        // Events that were forgotten while we looked are not missing.
        if found.report.problems.is_empty() || pruned(&before) == pruned(&store.checkpoints().await?) {
            return Ok(found);
        }
    }
}

async fn once(
    store: &Store,
    keys: &[PublicKey],
    (inside, outside): (&[String], &[String]),
    now: Time,
) -> Result<Found, Error> {
    let head = store.audit_head().await?;
    let (mut good, mut bad) = judge(inside, keys);
    let last_signature = good.iter().map(|point| point.at).max();
    let (kept, unsigned) = judge(outside, keys);
    good.extend(kept);
    bad.extend(unsigned);
    let signed = good.iter().map(|point| point.seq).max().unwrap_or(0);
    let mut verifier = Verifier::new(good, Some(store.keys()));
    bad.into_iter().for_each(|problem| verifier.note(problem));
    let (mut after, end) = (verifier.start(), head.0.max(signed));
    loop {
        let page = store.linked_audit(after, end, PAGE).await?;
        page.iter().for_each(|event| verifier.event(event));
        let Some(last) = page.last() else { break };
        after = last.seq;
    }
    // Events that have come meanwhile lie before the end as it is now.
    if let Some(beyond) = store.linked_audit(end, i64::MAX, 1).await?.first()
        && store.audit_head().await?.0 < beyond.seq
    {
        verifier.note(Problem::HeadMoved { last: beyond.seq });
    }
    let waiting = store.waiting_audit(false, WAITING).await?;
    let adopting = !store.audit_begun().await?;
    for row in &waiting {
        let sealing = row.sealing(store.keys());
        if sealing == Sealing::Broken || sealing == Sealing::Missing && !adopting {
            verifier.note(Problem::ForgedWaiting { id: row.id.clone() });
        }
    }
    let waiting_since = waiting.iter().map(|row| Time(row.at)).min();
    Ok(Found { report: verifier.end(Some(head), Some(now)), waiting: waiting.len(), waiting_since, last_signature })
}

/// Looks through an export in lines of JSON. It has to be whole: every event between its first and its last.
///
/// # Errors
/// The line that cannot be read, and why.
pub fn in_file(text: &str, keys: &[PublicKey], outside: &[String]) -> Result<Found, String> {
    let (mut events, mut lines, mut waiting) = (Vec::new(), Vec::new(), 0);
    for (number, written) in (1..).zip(text.lines()).filter(|(_, written)| !written.trim().is_empty()) {
        match line::read(written).map_err(|why| format!("line {number}: {why}"))? {
            Read::Event(event) => events.push(*event),
            Read::Waiting => waiting += 1,
            Read::Checkpoint(signed) => lines.push(signed),
        }
    }
    lines.extend(outside.iter().cloned());
    let (good, bad) = judge(&lines, keys);
    let last_signature = good.iter().map(|point| point.at).max();
    let mut verifier = Verifier::from_part(good, events.first().map_or(1, |event| event.seq));
    bad.into_iter().for_each(|problem| verifier.note(problem));
    events.iter().for_each(|event| verifier.event(event));
    Ok(Found { report: verifier.end(None, None), waiting, waiting_since: None, last_signature })
}
