//! Messages waiting to be sent: queued with the change they tell of, sent after it, at least once.

use regain_core::effect::Delivery;
use regain_core::{FlowId, Span, Time};
use serde::{Deserialize, Serialize};

use super::db::{Error, Outcome, Row, Stmt, Value};
use super::flow::flow_name;
use super::{Store, statements};

statements! {
    /// Queues a message.
    QUEUE = "INSERT INTO outbox (id, flow, channel, payload, created, deadline, due, attempts, state) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting') ON CONFLICT (id) DO NOTHING";
    /// Takes what is due, for a while: another node passes over it, and takes it if this one dies.
    CLAIM = "UPDATE outbox SET due = $1, attempts = attempts + 1 WHERE id IN \
             (SELECT id FROM outbox WHERE state = 'waiting' AND due <= $2 ORDER BY due LIMIT 32 /*pg FOR UPDATE SKIP LOCKED */) \
             RETURNING id, payload, deadline, attempts";
    /// What became of a message.
    SETTLE = "UPDATE outbox SET state = $1, gateway = $2, answer = $3, done = $4 WHERE id = $5 AND state = 'waiting'";
    /// Still being sent.
    HOLD = "UPDATE outbox SET due = $1 WHERE id = $2 AND state = 'waiting'";
    /// Later again.
    DELAY = "UPDATE outbox SET due = $1, answer = $2 WHERE id = $3 AND state = 'waiting'";
    /// When the next one is due.
    NEXT = "SELECT MIN(due) FROM outbox WHERE state = 'waiting'";
    /// Messages whose time is long over.
    FORGET = "DELETE FROM outbox WHERE deadline <= $1";
    /// How many wait.
    WAITING = "SELECT COUNT(*), MIN(created) FROM outbox WHERE state = 'waiting'";
}

/// What is kept, sealed, of a message until it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// What core asked for.
    pub delivery: Delivery,
    /// The User ID as typed.
    pub user_id: String,
    /// From where the browser came: told to the person in notices.
    pub address: String,
}

/// A message that was taken to be sent.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its name: the same at each attempt.
    pub id: String,
    /// What is to be said to whom.
    pub payload: Payload,
    /// After this it is worth nothing.
    pub deadline: Time,
    /// Which attempt this is, from 1.
    pub attempt: i64,
    /// Until when nobody else takes it.
    pub until: Time,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its name.
    pub id: String,
    /// How it ended.
    pub how: Settled,
    /// The gateway that took it.
    pub gateway: Option<String>,
    /// What that said, or why it was not sent: for the care team, never a code.
    pub answer: Option<String>,
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// A gateway took it.
    Sent,
    /// It can never go.
    Failed,
    /// There was nobody to send it to.
    Dropped,
    /// Its time ran out.
    TooLate,
}

impl Settled {
    const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
            Self::TooLate => "too_late",
        }
    }
}

/// A message's name is its flow's and a number, so that it cannot be queued twice.
fn message_name(flow: FlowId, version: i64, n: usize) -> String {
    format!("{}-{version}-{n}", flow_name(flow))
}

/// How long a taken message is left to whoever took it, unless they hold on to it.
pub const LEASE: Span = Span::seconds(8);

impl Store {
    /// The statement that queues the n-th message of a flow's version.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn queue(&self, flow: FlowId, version: i64, n: usize, payload: &Payload, now: Time) -> Result<Stmt, Error> {
        let id = message_name(flow, version, n);
        self.queued(&id, flow, payload, now, (now, 0))
    }

    /// The statement that queues it as taken by this node already, with what was taken.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn queue_taken(
        &self,
        flow: FlowId,
        version: i64,
        n: usize,
        payload: Payload,
        now: Time,
    ) -> Result<(Stmt, Taken), Error> {
        let (id, until) = (message_name(flow, version, n), now + LEASE);
        let statement = self.queued(&id, flow, &payload, now, (until, 1))?;
        let deadline = payload.delivery.deadline;
        Ok((statement, Taken { id, payload, deadline, attempt: 1, until }))
    }

    fn queued(
        &self,
        id: &str,
        flow: FlowId,
        payload: &Payload,
        now: Time,
        (due, attempts): (Time, i64),
    ) -> Result<Stmt, Error> {
        let text = serde_json::to_string(payload).map_err(|error| Error::Corrupt(error.to_string()))?;
        let sealed = self.vault.seal(&["outbox", id, "payload"], &text)?;
        let flow = flow_name(flow);
        let channel = payload.delivery.channel.name();
        let deadline = payload.delivery.deadline;
        Ok(Stmt::new(
            QUEUE,
            vec![
                id.into(),
                flow.into(),
                channel.into(),
                sealed.into(),
                now.into(),
                deadline.into(),
                due.into(),
                attempts.into(),
            ],
        ))
    }

    /// Takes messages that are due.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn take_messages(&self, now: Time) -> Result<Vec<Taken>, Error> {
        let lease = now + LEASE;
        let outcome = self.db.write(vec![Stmt::new(CLAIM, vec![lease.into(), now.into()])]).await?;
        let Outcome::Committed(results) = outcome else { return Ok(Vec::new()) };
        let mut readable = Vec::new();
        for row in results.iter().flatten() {
            match self.taken(row, lease) {
                Ok(taken) => readable.push(taken),
                Err(error) => self.give_up(row.text(0)?, &error).await?,
            }
        }
        Ok(readable)
    }

    /// One message that cannot be read must not hold up the others.
    async fn give_up(&self, id: &str, error: &Error) -> Result<(), Error> {
        tracing::error!(message = id, %error, "a message cannot be read and is given up");
        let answer = Some("it could not be read".to_owned());
        self.settle_messages(vec![Ended { id: id.to_owned(), how: Settled::Failed, gateway: None, answer }]).await
    }

    fn taken(&self, row: &Row, until: Time) -> Result<Taken, Error> {
        let id = row.text(0)?.to_owned();
        let text = self.vault.open(&["outbox", &id, "payload"], row.text(1)?)?;
        let payload = serde_json::from_str(&text).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(Taken { id, payload, deadline: Time(row.int(2)?), attempt: row.int(3)?, until })
    }

    /// Writes down what became of messages, all of it or nothing.
    ///
    /// # Errors
    /// If the store cannot be written; then they go again.
    pub async fn settle_messages(&self, ended: Vec<Ended>) -> Result<(), Error> {
        let now = self.clock.now();
        let settle = |ended: Ended| {
            let Ended { id, how, gateway, answer } = ended;
            Stmt::new(SETTLE, vec![how.name().into(), gateway.into(), answer.into(), now.into(), id.into()])
        };
        self.db.write(ended.into_iter().map(settle).collect()).await.map(drop)
    }

    /// Holds on to a message that takes long to send, so that no other node sends it too.
    ///
    /// # Errors
    /// If the store cannot be written; then another node may.
    pub async fn hold_message(&self, id: &str) -> Result<(), Error> {
        let lease = self.clock.now() + LEASE;
        self.db.write(vec![Stmt::new(HOLD, vec![lease.into(), id.into()])]).await.map(drop)
    }

    /// Puts a message off.
    ///
    /// # Errors
    /// If the store cannot be written; then it goes again when its lease is over.
    pub async fn delay_message(&self, id: &str, due: Time, answer: String) -> Result<(), Error> {
        let args: Vec<Value> = vec![due.into(), answer.into(), id.into()];
        self.db.write(vec![Stmt::new(DELAY, args)]).await.map(drop)
    }

    /// When the next message is due, if any waits.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn next_message(&self) -> Result<Option<Time>, Error> {
        let rows = self.db.read(NEXT, vec![]).await?;
        rows.first().map_or(Ok(None), |row| row.opt_int(0)).map(|due| due.map(Time))
    }

    /// Deletes messages whose deadline was before `then`.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_messages(&self, then: Time) -> Result<(), Error> {
        self.db.write(vec![Stmt::new(FORGET, vec![then.into()])]).await.map(drop)
    }

    /// How many messages wait, and since when the oldest does.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn waiting_messages(&self) -> Result<(i64, Option<Time>), Error> {
        let rows = self.db.read(WAITING, vec![]).await?;
        let Some(row) = rows.first() else { return Ok((0, None)) };
        Ok((row.int(0)?, row.opt_int(1)?.map(Time)))
    }
}
