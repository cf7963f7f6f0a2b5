//! Events get their places, and the chain is signed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use regain_core::audit::chain::{self, Sealing};
use regain_core::audit::checkpoint::{Checkpoint, Kind, Signed};
use regain_core::audit::{Act, Event};
use regain_core::{Digest, Span, Time};
use tokio::sync::watch;

use super::Trail;
use crate::clock;
use crate::store::audit::Origin;
use crate::store::{Error, Stmt};

/// Events that get their places in one transaction.
const BATCH: i64 = 500;

/// How long an event waits for its place at most, while the service runs.
const DOZE: Duration = Duration::from_secs(1);

/// A signature is made once this many events have none …
const SIGN_EVENTS: i64 = 1_000;

/// … or once this long has passed since the last and there is at least one …
const SIGN_AFTER: Span = Span::minutes(1);

/// … or, with nothing new to sign, after this long: so that whoever looks knows that the trail is looked after.
const SIGN_IDLE: Span = Span::hours(1);

/// How long the audit trail is kept: a year and a month.
const KEEP: Span = Span::hours(24 * 396);

/// What this server has seen itself.
#[derive(Default)]
pub(super) struct Seen {
    /// The end of the chain when it was last looked at.
    head: Option<(i64, Digest)>,
    /// The last event that this server signed, and when.
    signed: Option<(i64, Time)>,
}

/// Chains and signs until told to stop, and once more then.
pub(super) async fn keep_on(trail: Arc<Trail>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = trail.tend().await {
            tracing::error!(%error, "events could not be chained; they wait");
        }
        tokio::select! {
            () = clock::wait(DOZE) => {}
            _ = stop.changed() => {}
        }
    }
    if let Err(error) = trail.finish().await {
        tracing::error!(%error, "the last events could not be chained; they wait for the next start");
    }
}

impl Trail {
    /// Gives every event that waits its place, signs if that is due, and forgets what is older than the retention.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub async fn tend(&self) -> Result<(), Error> {
        loop {
            let placed = self.chain_some().await?;
            let signed = self.sign_if_due().await?;
            if signed {
                self.prune().await?;
            }
            if placed < BATCH {
                return Ok(());
            }
        }
    }

    /// The same at the end: whatever has a place is signed.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub async fn finish(&self) -> Result<(), Error> {
        self.tend().await?;
        let (head, signed) = (self.store.audit_head().await?, self.seen.lock().await.signed);
        if signed.is_none_or(|(signed, _)| head.0 > signed) { self.sign(Kind::Mark, head).await } else { Ok(()) }
    }

    /// Gives some events their places; gives how many.
    async fn chain_some(&self) -> Result<i64, Error> {
        let head = self.store.audit_head().await?;
        self.compare(head).await?;
        let adopting = self.adopting(head).await?;
        let rows = self.store.waiting_audit(adopting, BATCH).await?;
        if rows.is_empty() {
            if adopting {
                self.sign(Kind::Adopted, head).await?;
            }
            return Ok(if adopting { BATCH } else { 0 });
        }
        let mut more = Vec::new();
        for row in rows.iter().filter(|row| !adopting && row.sealing(self.store.keys()) != Sealing::Good) {
            tracing::error!(event = row.id, "an event of the audit trail was altered, or added by somebody else");
            more.push(self.own_event(Act::AuditForged { event: row.id.clone() })?);
        }
        let linked = chain::link(head, rows);
        crate::fault::point("audit.chain");
        // After the events from before the chain, the others have their turn at once.
        let placed = if adopting { BATCH } else { i64::try_from(linked.len()).unwrap_or(BATCH) };
        if !self.store.link_audit(head, &linked, more).await? {
            // Another server was quicker; what is left is looked for anew.
            return Ok(0);
        }
        self.seen.lock().await.head = linked.last().map(|last| (last.seq, last.hash));
        Ok(placed)
    }

    /// Whether the events from before the chain still have to have their turn. They come first and have no seal: once the
    /// chain ends in an event with a seal, nothing can be added to them.
    async fn adopting(&self, head: (i64, Digest)) -> Result<bool, Error> {
        if self.begun.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let last = self.store.linked_audit(head.0 - 1, head.0, 1).await?;
        let sealed = last.iter().any(|last| last.row.seal.is_some());
        let begun = sealed || self.store.audit_begun().await?;
        self.begun.store(begun, Ordering::Relaxed);
        Ok(!begun)
    }

    /// Compares the end of the chain with what this server saw itself: it never goes back.
    async fn compare(&self, head: (i64, Digest)) -> Result<(), Error> {
        let seen = self.seen.lock().await.head.replace(head);
        let Some((was, hash)) = seen else { return Ok(()) };
        if head.0 > was || head == (was, hash) {
            return Ok(());
        }
        tracing::error!(
            was,
            is = head.0,
            "the end of the audit trail was cut off or replaced: run `regain audit verify`"
        );
        let event = self.own_event(Act::AuditCut { was, is: head.0 })?;
        self.store.db().write(vec![event]).await.map(drop)
    }

    async fn sign_if_due(&self) -> Result<bool, Error> {
        let (head, now) = (self.store.audit_head().await?, self.clock.now());
        let due = match self.seen.lock().await.signed {
            None => true,
            Some((signed, at)) => {
                let (events, passed) = (head.0 - signed, now - at);
                events >= SIGN_EVENTS || events > 0 && passed >= SIGN_AFTER || passed >= SIGN_IDLE
            }
        };
        if due {
            self.sign(Kind::Mark, head).await?;
        }
        Ok(due)
    }

    async fn sign(&self, kind: Kind, head: (i64, Digest)) -> Result<(), Error> {
        let checkpoint = self.statement(kind, head);
        crate::fault::point("audit.sign");
        self.store.keep_checkpoint(&checkpoint, &self.key.sign(&checkpoint)).await?;
        self.seen.lock().await.signed = Some((head.0, checkpoint.at));
        Ok(())
    }

    fn statement(&self, kind: Kind, (seq, hash): (i64, Digest)) -> Checkpoint {
        Checkpoint { seq, at: self.clock.now(), kind, hash, key: self.key.public().id() }
    }

    /// Forgets the events that were signed longer ago than they are kept. When that was is read from what was signed, and not
    /// from the events: nobody can have them forgotten by dating them back.
    async fn prune(&self) -> Result<(), Error> {
        let then = Time(self.clock.now().0 - KEEP.0);
        loop {
            let lines = self.store.old_marks(then).await?;
            let marks = lines.iter().filter_map(|line| Signed::parse(line)).filter(|line| self.has_signed(line));
            let old = marks.map(|line| line.checkpoint).find(|mark| mark.kind == Kind::Mark && mark.at <= then);
            let Some(old) = old else { return Ok(()) };
            let pruned = self.statement(Kind::Pruned, (old.seq, old.hash));
            crate::fault::point("audit.prune");
            self.store.prune_audit(&pruned, &self.key.sign(&pruned)).await?;
        }
    }

    fn has_signed(&self, line: &Signed) -> bool {
        self.key.public().has_signed(line) || self.trusted.iter().any(|key| key.has_signed(line))
    }

    /// An event about the trail itself.
    fn own_event(&self, act: Act) -> Result<Stmt, Error> {
        let flow = clock::flow_id().map_err(|error| Error::Unavailable(error.to_string()))?;
        let origin = Origin { address: String::new(), browser: "regain audit".into() };
        let event = Event { user_id: String::new(), account: None, act };
        self.store.append_audit(flow, (1, 0), &event, &origin, self.clock.now())
    }
}
