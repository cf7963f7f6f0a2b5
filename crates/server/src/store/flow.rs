//! Flows: one row each, replaced only by whoever read its latest version.

use regain_core::flow::{Flow, Stored};
use regain_core::{FlowId, Span, Time};

use super::db::{Error, Stmt};
use super::{Store, statements};

statements! {
    /// One flow.
    LOAD = "SELECT version, state FROM flow WHERE id = $1";
    /// A flow's first row.
    INSERT = "INSERT INTO flow (id, version, state, due, ended) VALUES ($1, 1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
    /// Its next version, if nobody was quicker.
    REPLACE = "UPDATE flow SET state = $1, due = $2, ended = $3, version = version + 1 WHERE id = $4 AND version = $5";
    /// Its next version, which has to be looked at when this one had to.
    REPLACE_STATE = "UPDATE flow SET state = $1, version = version + 1 WHERE id = $2 AND version = $3";
    /// Flows whose time has run out and that nobody has ended.
    OVERDUE = "SELECT id FROM flow WHERE ended IS NULL AND due <= $1 ORDER BY due LIMIT 200";
    /// Flows that ended long ago, and such as could not be ended in a day because they cannot be read.
    FORGET = "DELETE FROM flow WHERE ended <= $1 OR (ended IS NULL AND due <= $2)";
}

/// A flow as it lies in the store.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Grows with each change.
    pub version: i64,
    /// The flow.
    pub flow: Flow,
}

impl Store {
    /// The flow of this name.
    ///
    /// # Errors
    /// If the store cannot be read, or the row was altered.
    pub async fn flow(&self, id: FlowId) -> Result<Option<Loaded>, Error> {
        let name = flow_name(id);
        let rows = self.db.read(LOAD, vec![name.as_str().into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let text = self.vault.open(&["flow", &name, "state"], row.text(1)?)?;
        let stored: Stored = serde_json::from_str(&text).map_err(|error| Error::Corrupt(error.to_string()))?;
        if stored.v > Stored::VERSION {
            return Err(Error::Corrupt(format!("a flow was written by a newer version of Regain ({})", stored.v)));
        }
        Ok(Some(Loaded { version: row.int(0)?, flow: stored.flow }))
    }

    /// The statement that puts the flow in the place of `version` (of nothing, if there is none): a guard.
    /// `due` is when it has to be looked at again.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn put_flow(&self, version: Option<i64>, flow: &Flow, due: Time) -> Result<Stmt, Error> {
        let (name, state) = self.sealed_flow(flow)?;
        let ended = flow.ended_at().map(|at| at.0);
        Ok(match version {
            None => Stmt::guard(INSERT, vec![name.into(), state.into(), due.into(), ended.into()]),
            Some(version) => {
                Stmt::guard(REPLACE, vec![state.into(), due.into(), ended.into(), name.into(), version.into()])
            }
        })
    }

    /// The same for a flow that goes on, and has to be looked at again when the one in its place had to: that spares its place in
    /// the index of those that are due.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn put_flow_going_on(&self, version: i64, flow: &Flow) -> Result<Stmt, Error> {
        let (name, state) = self.sealed_flow(flow)?;
        Ok(Stmt::guard(REPLACE_STATE, vec![state.into(), name.into(), version.into()]))
    }

    fn sealed_flow(&self, flow: &Flow) -> Result<(String, String), Error> {
        let name = flow_name(flow.id());
        let text =
            serde_json::to_string(&Stored::new(flow.clone())).map_err(|error| Error::Corrupt(error.to_string()))?;
        let state = self.vault.seal(&["flow", &name, "state"], &text)?;
        Ok((name, state))
    }

    /// Flows whose time has run out.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn overdue_flows(&self, now: Time) -> Result<Vec<FlowId>, Error> {
        let rows = self.db.read(OVERDUE, vec![now.into()]).await?;
        Ok(rows.iter().filter_map(|row| flow_id(row.text(0).ok()?)).collect())
    }

    /// Deletes flows that ended before `then`, and such as have waited in vain for a day longer.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_flows(&self, then: Time) -> Result<(), Error> {
        let unreadable = Time(then.0 - Span::hours(24).0);
        self.db.write(vec![Stmt::new(FORGET, vec![then.into(), unreadable.into()])]).await.map(drop)
    }
}

/// A flow's name in rows.
pub(super) fn flow_name(id: FlowId) -> String {
    data_encoding::HEXLOWER.encode(&id.0)
}

fn flow_id(name: &str) -> Option<FlowId> {
    data_encoding::HEXLOWER.decode(name.as_bytes()).ok()?.try_into().ok().map(FlowId)
}
