//! The audit trail as a chain: events that wait for their place, events that have one, what was signed, and how far each
//! receiver has got.
//!
//! Nothing here holds up whoever writes an event: an event is written without a number, in the transaction of the change that
//! it tells of. Whoever chains takes what has no number yet, whenever it was committed, and moves the head; of two who do that
//! at once the guard on the head lets one pass.

use regain_core::audit::chain::{self, Linked};
use regain_core::audit::checkpoint::{Checkpoint, Kind};
use regain_core::{Digest, Time};

use super::db::{Error, Outcome, Row, Stmt};
use super::{Store, statements};

/// The columns of an event, in the order in which they are read.
macro_rules! events {
    ($which:literal) => {
        concat!(
            "SELECT id, at, flow, reference, user_id, account, act, outcome, detail, address, browser, seal, seq, hash \
             FROM audit ",
            $which
        )
    };
}

statements! {
    /// Events that have no place yet.
    WAITING = events!("WHERE seq IS NULL ORDER BY id LIMIT $1");
    /// Of these, the ones that are older than the chain.
    WAITING_UNSEALED = events!("WHERE seq IS NULL AND seal IS NULL ORDER BY id LIMIT $1");
    /// Events in their order.
    LINKED = events!("WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3");
    /// The end of the chain.
    HEAD = "SELECT seq, hash FROM audit_head WHERE name = 'chain'";
    /// Moves it, if it is where it was.
    MOVE_HEAD = "UPDATE audit_head SET seq = $1, hash = $2 WHERE name = 'chain' AND seq = $3 AND hash = $4";
    /// Gives an event its place.
    PLACE = "UPDATE audit SET seq = $1, hash = $2 WHERE id = $3 AND seq IS NULL";
    /// Notes what was signed.
    SIGNED = "INSERT INTO audit_checkpoint (line, kind, seq, at) VALUES ($1, $2, $3, $4) ON CONFLICT (line) DO NOTHING";
    /// All that was signed.
    CHECKPOINTS = "SELECT line FROM audit_checkpoint ORDER BY seq, at, line";
    /// Whether the events that are older than the chain have had their turn.
    BEGUN = "SELECT COUNT(*) FROM audit_checkpoint WHERE kind <> 'mark'";
    /// What was signed long ago.
    OLD_MARKS = "SELECT line FROM audit_checkpoint WHERE kind = 'mark' AND at <= $1 ORDER BY seq, at LIMIT 100";
    /// What a receiver has not been sent of it.
    CHECKPOINTS_AFTER = "SELECT line, at FROM audit_checkpoint WHERE at > $1 AND seq <= $2 ORDER BY at, seq, line LIMIT 100";
    /// Forgets events.
    PRUNE = "DELETE FROM audit WHERE seq <= $1";
    /// And what was signed about them.
    PRUNE_CHECKPOINTS = "DELETE FROM audit_checkpoint WHERE seq <= $1";
    /// A receiver that is new gets everything.
    NEW_SINK = "INSERT INTO audit_sink (name, seq, at, holder, until) VALUES ($1, 0, 0, '', 0) ON CONFLICT (name) DO NOTHING";
    /// One server at a time sends to a receiver.
    HOLD_SINK = "UPDATE audit_sink SET holder = $1, until = $2 WHERE name = $3 AND (holder = $1 OR until <= $4) \
                 RETURNING seq, at";
    /// It has taken more.
    MOVE_SINK = "UPDATE audit_sink SET seq = $1, at = $2 WHERE name = $3 AND holder = $4";
    /// Another server may send at once.
    LET_SINK_GO = "UPDATE audit_sink SET until = 0 WHERE name = $1 AND holder = $2";
    /// How far the receivers have got.
    SINKS = "SELECT name, seq FROM audit_sink ORDER BY name";
}

/// How far a receiver has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The last event that it has taken.
    pub seq: i64,
    /// When the last checkpoint that it has taken was signed.
    pub at: Time,
}

fn event(row: &Row) -> Result<chain::Row, Error> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok(chain::Row {
        id: text(0)?,
        at: row.int(1)?,
        flow: text(2)?,
        reference: text(3)?,
        user_id: text(4)?,
        account: row.opt_text(5)?.map(str::to_owned),
        act: text(6)?,
        outcome: text(7)?,
        detail: text(8)?,
        address: text(9)?,
        browser: text(10)?,
        seal: row.opt_text(11)?.map(str::to_owned),
    })
}

/// A hash that is none reads as one that fits nothing: whoever looks through the trail then names the event.
fn hash(text: Option<&str>) -> Digest {
    text.and_then(Digest::from_hex).unwrap_or(Digest([0xff; 32]))
}

impl Store {
    /// Events that have no place in the chain yet, the oldest first; `old` for only those that are older than the chain.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn waiting_audit(&self, old: bool, most: i64) -> Result<Vec<chain::Row>, Error> {
        let sql = if old { WAITING_UNSEALED } else { WAITING };
        self.db.read(sql, vec![most.into()]).await?.iter().map(event).collect()
    }

    /// Events with their places: those after number `after`, up to `last`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn linked_audit(&self, after: i64, last: i64, most: i64) -> Result<Vec<Linked>, Error> {
        let rows = self.db.read(LINKED, vec![after.into(), last.into(), most.into()]).await?;
        let linked = |row: &Row| Ok(Linked { seq: row.int(12)?, hash: hash(row.opt_text(13)?), row: event(row)? });
        rows.iter().map(linked).collect()
    }

    /// The end of the chain: the last number and its hash.
    ///
    /// # Errors
    /// If the store cannot be read, or there is no end.
    pub async fn audit_head(&self) -> Result<(i64, Digest), Error> {
        let rows = self.db.read(HEAD, vec![]).await?;
        let row = rows.first().ok_or_else(|| Error::Corrupt("the head of the audit trail is gone".into()))?;
        Ok((row.int(0)?, hash(row.opt_text(1)?)))
    }

    /// Gives events their places after `head`, and does `more` with it. False if somebody else was quicker: nothing happened.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn link_audit(&self, head: (i64, Digest), linked: &[Linked], more: Vec<Stmt>) -> Result<bool, Error> {
        let Some(last) = linked.last() else { return Ok(true) };
        let (from, to) = ((head.0, head.1.hex()), (last.seq, last.hash.hex()));
        let mut batch = vec![Stmt::guard(MOVE_HEAD, vec![to.0.into(), to.1.into(), from.0.into(), from.1.into()])];
        let place = |event: &Linked| {
            let args = vec![event.seq.into(), event.hash.hex().into(), event.row.id.as_str().into()];
            Stmt::guard(PLACE, args)
        };
        batch.extend(linked.iter().map(place));
        batch.extend(more);
        Ok(matches!(self.db.write(batch).await?, Outcome::Committed(_)))
    }

    /// Whether the events that are older than the chain have had their turn.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn audit_begun(&self) -> Result<bool, Error> {
        let rows = self.db.read(BEGUN, vec![]).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.int(0))? > 0)
    }

    /// Keeps a checkpoint and its line.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn keep_checkpoint(&self, checkpoint: &Checkpoint, line: &str) -> Result<(), Error> {
        self.db.write(vec![keep(checkpoint, line)]).await.map(drop)
    }

    /// The lines of all checkpoints, in the order of the trail.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn checkpoints(&self) -> Result<Vec<String>, Error> {
        self.db.read(CHECKPOINTS, vec![]).await?.iter().map(|row| row.text(0).map(str::to_owned)).collect()
    }

    /// Lines of marks that are said to be older than `then`: the first of them in the order of the trail.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn old_marks(&self, then: Time) -> Result<Vec<String>, Error> {
        self.db.read(OLD_MARKS, vec![then.into()]).await?.iter().map(|row| row.text(0).map(str::to_owned)).collect()
    }

    /// Forgets the events up to that of a checkpoint, which says so, and takes the place of all earlier ones.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn prune_audit(&self, pruned: &Checkpoint, line: &str) -> Result<(), Error> {
        debug_assert_eq!(pruned.kind, Kind::Pruned);
        let until = || vec![pruned.seq.into()];
        let batch = vec![Stmt::new(PRUNE, until()), Stmt::new(PRUNE_CHECKPOINTS, until()), keep(pruned, line)];
        self.db.write(batch).await.map(drop)
    }

    /// Checkpoints that a receiver at this place has not been sent, with the place after each.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn checkpoints_after(&self, place: Place) -> Result<Vec<(String, Place)>, Error> {
        let rows = self.db.read(CHECKPOINTS_AFTER, vec![place.at.into(), place.seq.into()]).await?;
        let one = |row: &Row| Ok((row.text(0)?.to_owned(), Place { at: Time(row.int(1)?), ..place }));
        rows.iter().map(one).collect()
    }

    /// Takes hold of a receiver until then, and gives how far it has got; nothing while another server has hold of it.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn hold_sink(&self, name: &str, holder: &str, now: Time, until: Time) -> Result<Option<Place>, Error> {
        let hold = Stmt::new(HOLD_SINK, vec![holder.into(), until.into(), name.into(), now.into()]);
        let batch = vec![Stmt::new(NEW_SINK, vec![name.into()]), hold];
        let Outcome::Committed(results) = self.db.write(batch).await? else { return Ok(None) };
        let row = results.get(1).and_then(|rows| rows.first());
        row.map(|row| Ok(Place { seq: row.int(0)?, at: Time(row.int(1)?) })).transpose()
    }

    /// Notes how far a receiver has got.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn move_sink(&self, name: &str, holder: &str, to: Place) -> Result<(), Error> {
        let args = vec![to.seq.into(), to.at.into(), name.into(), holder.into()];
        self.db.write(vec![Stmt::new(MOVE_SINK, args)]).await.map(drop)
    }

    /// Lets go of a receiver.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn let_sink_go(&self, name: &str, holder: &str) -> Result<(), Error> {
        self.db.write(vec![Stmt::new(LET_SINK_GO, vec![name.into(), holder.into()])]).await.map(drop)
    }

    /// The last event that each receiver has taken, by name.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn sinks(&self) -> Result<Vec<(String, i64)>, Error> {
        self.db.read(SINKS, vec![]).await?.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
    }
}

fn keep(checkpoint: &Checkpoint, line: &str) -> Stmt {
    let args = vec![line.into(), checkpoint.kind.name().into(), checkpoint.seq.into(), checkpoint.at.into()];
    Stmt::new(SIGNED, args)
}
