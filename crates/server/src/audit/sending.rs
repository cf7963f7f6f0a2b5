//! The trail goes to its receivers: at least once, and in order. How far each has got stands in the store.

use std::sync::Arc;
use std::time::Duration;

use regain_core::Span;
use tokio::sync::watch;

use super::Trail;
use super::line;
use super::sink::Item;
use crate::clock;
use crate::store::Error;
use crate::store::trail::Place;

/// Events sent together.
const BATCH: i64 = 500;

/// How long a server keeps hold of a receiver after it last said so.
const HOLD: Span = Span::seconds(60);

/// Between two looks for new events.
const DOZE: Duration = Duration::from_secs(1);

/// A receiver that fails is left alone for longer each time, up to this.
const LONGEST: Duration = Duration::from_secs(60);

/// A receiver that is so far behind is worth a line in the log …
const FAR: Span = Span::minutes(5);

/// What came of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Something was sent; there may be more.
    Sent,
    /// There was nothing to send, or another server does it.
    Idle,
}

/// Sends until told to stop.
pub(super) async fn keep_on(trail: Arc<Trail>, n: usize, mut stop: watch::Receiver<bool>) {
    let mut pause = DOZE;
    let mut warned = None;
    while !*stop.borrow() {
        let round = trail.send_some(n).await;
        let now = trail.clock.now();
        pause = match &round {
            Ok(_) => DOZE,
            Err(_) => (pause * 2).min(LONGEST),
        };
        if let Err(why) = &round
            && warned.is_none_or(|at| now - at >= FAR)
        {
            warned = Some(now);
            trail.warn(n, why).await;
        }
        if round == Ok(Round::Sent) {
            warned = None;
            continue;
        }
        tokio::select! {
            () = clock::wait(pause) => {}
            _ = stop.changed() => {}
        }
    }
    if let Some(sink) = trail.sinks.get(n)
        && let Err(error) = trail.store.let_sink_go(sink.name(), &trail.name).await
    {
        tracing::warn!(%error, receiver = sink.name(), "another server goes on with this receiver only in a minute");
    }
}

impl Trail {
    async fn warn(&self, n: usize, why: &str) {
        let Some(sink) = self.sinks.get(n) else { return };
        let name = sink.name();
        let places = self.store.sinks().await.unwrap_or_default();
        let place = places.iter().find(|(known, _)| known == name).map_or(0, |(_, seq)| *seq);
        let behind = self.store.audit_head().await.map_or(0, |(last, _)| last - place);
        tracing::warn!(
            receiver = name,
            behind,
            answer = why,
            "the audit trail could not be sent; events wait in the store"
        );
    }

    /// Sends what comes next to the n-th receiver, unless another server does that.
    ///
    /// # Errors
    /// Why it could not be sent; it is sent again.
    pub async fn send_some(&self, n: usize) -> Result<Round, String> {
        let Some(sink) = self.sinks.get(n) else { return Ok(Round::Idle) };
        let now = self.clock.now();
        let held = self.store.hold_sink(sink.name(), &self.name, now, now + HOLD).await;
        let Some(place) = held.map_err(|error| error.to_string())? else { return Ok(Round::Idle) };
        let (items, next) = self.after(place).await.map_err(|error| error.to_string())?;
        if items.is_empty() {
            return Ok(Round::Idle);
        }
        crate::fault::point("audit.send.before");
        sink.send(&items).await?;
        crate::fault::point("audit.send.after");
        self.store.move_sink(sink.name(), &self.name, next).await.map_err(|error| error.to_string())?;
        Ok(Round::Sent)
    }

    /// What comes after a place, and the place after that: events first, then the checkpoints about them.
    async fn after(&self, place: Place) -> Result<(Vec<Item>, Place), Error> {
        let (head, _) = self.store.audit_head().await?;
        let events = self.store.linked_audit(place.seq, head, BATCH).await?;
        let mut next = Place { seq: events.last().map_or(place.seq, |last| last.seq), ..place };
        let mut items: Vec<Item> = Vec::new();
        for event in &events {
            let (act, outcome) = (event.row.act.clone(), event.row.outcome.clone());
            items.push(Item { act, outcome, at: event.row.at, line: line::event(event) });
        }
        for (signed, after) in self.store.checkpoints_after(next).await? {
            let (act, outcome) = ("checkpoint".to_owned(), "success".to_owned());
            items.push(Item { act, outcome, at: after.at.0, line: line::checkpoint(&signed) });
            next = after;
        }
        Ok((items, next))
    }
}
