//! Flows: one row each, replaced only by whoever read its latest version.

use regain_core::flow::{Flow, Stored};
use regain_core::reset::{Reset, Stage};
use regain_core::{FlowId, Time};

use super::db::{Error, Stmt};
use super::{Store, statements};

statements! {
    /// One flow.
    LOAD = "SELECT version, state FROM flow WHERE id = $1";
    /// A flow's first row.
    INSERT = "INSERT INTO flow (id, version, state, expires, ended) VALUES ($1, 1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
    /// Its next version, if nobody was quicker.
    REPLACE = "UPDATE flow SET state = $1, expires = $2, ended = $3, version = version + 1 WHERE id = $4 AND version = $5";
    /// Flows whose time has run out and that nobody has ended.
    OVERDUE = "SELECT id FROM flow WHERE ended IS NULL AND expires <= $1 ORDER BY expires LIMIT 200";
    /// Flows that ended long ago.
    FORGET = "DELETE FROM flow WHERE ended <= $1";
    /// Messages of flows that are long over.
    FORGET_MESSAGES = "DELETE FROM outbox WHERE deadline <= $1";
}

/// A flow as it lies in the store.
pub struct Loaded {
    /// Grows with each change.
    pub version: i64,
    /// The flow.
    pub flow: Reset,
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
        let Flow::Reset(flow) = stored.flow;
        Ok(Some(Loaded { version: row.int(0)?, flow }))
    }

    /// The statement that puts the flow in the place of `version` (of nothing, if there is none). A guard: it comes first.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn put_flow(&self, version: Option<i64>, flow: &Reset) -> Result<Stmt, Error> {
        let name = flow_name(flow.id);
        let ended = match &flow.stage {
            Stage::Ended { at, .. } => Some(at.0),
            _ => None,
        };
        let (expires, stored) = (flow.expires, Stored::reset(flow.clone()));
        let text = serde_json::to_string(&stored).map_err(|error| Error::Corrupt(error.to_string()))?;
        let state = self.vault.seal(&["flow", &name, "state"], &text)?;
        Ok(match version {
            None => Stmt::guard(INSERT, vec![name.into(), state.into(), expires.into(), ended.into()]),
            Some(version) => {
                Stmt::guard(REPLACE, vec![state.into(), expires.into(), ended.into(), name.into(), version.into()])
            }
        })
    }

    /// Flows whose time has run out.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn overdue_flows(&self, now: Time) -> Result<Vec<FlowId>, Error> {
        let rows = self.db.read(OVERDUE, vec![now.into()]).await?;
        rows.iter().map(|row| flow_id(row.text(0)?)).collect()
    }

    /// Deletes flows that ended before `then`, and messages whose time was over by then.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_flows(&self, then: Time) -> Result<(), Error> {
        let old = vec![Stmt::new(FORGET, vec![then.into()]), Stmt::new(FORGET_MESSAGES, vec![then.into()])];
        self.db.write(old).await.map(drop)
    }
}

/// A flow's name in rows.
pub(super) fn flow_name(id: FlowId) -> String {
    data_encoding::HEXLOWER.encode(&id.0)
}

fn flow_id(name: &str) -> Result<FlowId, Error> {
    let bytes = data_encoding::HEXLOWER.decode(name.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(FlowId).ok_or_else(|| Error::Corrupt(format!("{name} is not a flow")))
}
