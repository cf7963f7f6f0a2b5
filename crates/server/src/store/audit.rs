//! The audit trail: rows that come with the change they tell of, and are never altered. Their places in the chain: [`trail`].
//!
//! [`trail`]: super::trail

use regain_core::audit::{Act, Event, chain};
use regain_core::subject::AccountId;
use regain_core::{FlowId, Time};

use super::db::{Error, Row, Stmt};
use super::flow::flow_name;
use super::{Store, statements};

statements! {
    /// One more.
    APPEND = "INSERT INTO audit (id, at, flow, reference, user_id, account, act, outcome, detail, address, browser, \
              seal) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    /// How often something happened in a flow, for tests of races.
    COUNT_ACT = "SELECT COUNT(*) FROM audit WHERE reference = $1 AND act = $2";
    /// What is known of everything of one kind, for tests.
    OF_ACT = "SELECT detail FROM audit WHERE act = $1 ORDER BY id";
    /// What happened with an account, the newest first.
    OF_ACCOUNT = "SELECT at, detail, address FROM audit WHERE account = $1 ORDER BY at DESC, id DESC LIMIT $2";
}

/// Who was at the browser, as far as that can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The network address.
    pub address: String,
    /// What the browser calls itself, shortened.
    pub browser: String,
}

/// An event as it is shown to the person it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Time,
    /// What.
    pub act: Act,
    /// The network address of the browser; empty where there was none.
    pub address: String,
}

impl Store {
    /// The last events that are about this account, the newest first.
    ///
    /// # Errors
    /// If the store cannot be read, or a row was altered.
    pub async fn activity(&self, account: &AccountId, most: i64) -> Result<Vec<Happened>, Error> {
        let rows = self.db.read(OF_ACCOUNT, vec![account.0.as_str().into(), most.into()]).await?;
        let happened = |row: &Row| {
            let act = serde_json::from_str(row.text(1)?).map_err(|error| Error::Corrupt(error.to_string()))?;
            Ok(Happened { at: Time(row.int(0)?), act, address: row.text(2)?.to_owned() })
        };
        rows.iter().map(happened).collect()
    }

    /// The statement that appends the n-th event of a flow's version.
    ///
    /// # Errors
    /// If the event cannot be written as JSON.
    pub fn append_audit(
        &self,
        flow: FlowId,
        place: (i64, usize),
        event: &Event,
        origin: &Origin,
        now: Time,
    ) -> Result<Stmt, Error> {
        let (version, n) = place;
        let name = flow_name(flow);
        // Sorts by time, then within the flow; unique without asking the store for a number.
        let id = format!("{:015}-{name}-{version:06}-{n:03}", now.0);
        let detail = serde_json::to_string(&event.act).map_err(|error| Error::Corrupt(error.to_string()))?;
        let row = chain::Row {
            id,
            at: now.0,
            flow: name,
            reference: flow.reference(&self.keys),
            user_id: event.user_id.clone(),
            account: event.account.as_ref().map(|account| account.0.clone()),
            act: event.act.name().into(),
            outcome: event.act.outcome().into(),
            detail,
            address: origin.address.clone(),
            browser: origin.browser.clone(),
            seal: None,
        };
        let seal = row.sealed(&self.keys);
        Ok(Stmt::new(
            APPEND,
            vec![
                row.id.into(),
                row.at.into(),
                row.flow.into(),
                row.reference.into(),
                row.user_id.into(),
                row.account.into(),
                row.act.into(),
                row.outcome.into(),
                row.detail.into(),
                row.address.into(),
                row.browser.into(),
                seal.into(),
            ],
        ))
    }

    /// How often something happened in the flow with this reference.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn count_audit(&self, reference: &str, act: &str) -> Result<i64, Error> {
        let rows = self.db.read(COUNT_ACT, vec![reference.into(), act.into()]).await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }

    /// The details of everything of one kind that happened, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn audit_of_act(&self, act: &str) -> Result<Vec<String>, Error> {
        let rows = self.db.read(OF_ACT, vec![act.into()]).await?;
        rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
    }
}
