//! What people look like from outside, as shares: one row that all nodes draw decoys from, counted by one of them. It is not
//! sealed: there is nothing in it of a single person.

use std::sync::Arc;

use regain_core::Time;
use regain_core::crowd::Crowd;
use regain_core::subject::AccountId;

use super::db::{Error, Outcome, Stmt};
use super::{Store, statements};

statements! {
    /// The shares.
    LOAD = "SELECT shares FROM crowd WHERE id = 1";
    /// Counting is this node's until $1, if it was due at $2.
    CLAIM = "UPDATE crowd SET due = $1 WHERE id = 1 AND due <= $2";
    /// It was done, and is due again at $1; the shares stay.
    KEEP = "UPDATE crowd SET due = $1 WHERE id = 1";
    /// It was done, is due again at $1, and these are the shares.
    PUT = "UPDATE crowd SET due = $1, shares = $2 WHERE id = 1";
    /// Accounts that have registered, signed in, or been asked to.
    KNOWN = "SELECT account FROM registration WHERE account <> ''";
}

impl Store {
    /// What people look like; as people usually do, if nobody was counted yet.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn crowd(&self) -> Result<Arc<Crowd>, Error> {
        let rows = self.db.read(LOAD, vec![]).await?;
        let text = rows.first().map_or(Ok(None), |row| row.opt_text(0))?;
        let read = |text| {
            serde_json::from_str(text).unwrap_or_else(|error| {
                // Nobody who exists must wait for it to be counted anew.
                tracing::error!(%error, "what people look like cannot be read; decoys are what people usually are");
                Crowd::default()
            })
        };
        Ok(text.map(read).map(Arc::new).unwrap_or_default())
    }

    /// Whether this node is to count now: no other does before `until`.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn claim_counting(&self, now: Time, until: Time) -> Result<bool, Error> {
        let claimed = self.db.write(vec![Stmt::guard(CLAIM, vec![until.into(), now.into()])]).await?;
        Ok(matches!(claimed, Outcome::Committed(_)))
    }

    /// Keeps what was counted, if it is another than before, until it is due again.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn keep_crowd(&self, crowd: Option<&Crowd>, due: Time) -> Result<(), Error> {
        let statement = match crowd {
            None => Stmt::new(KEEP, vec![due.into()]),
            Some(crowd) => {
                let text = serde_json::to_string(crowd).map_err(|error| Error::Corrupt(error.to_string()))?;
                Stmt::new(PUT, vec![due.into(), text.into()])
            }
        };
        self.db.write(vec![statement]).await.map(drop)
    }

    /// Accounts that the store knows of, whatever the directory lets see.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn known_accounts(&self) -> Result<Vec<AccountId>, Error> {
        let rows = self.db.read(KNOWN, vec![]).await?;
        rows.iter().map(|row| row.text(0).map(|name| AccountId(name.to_owned()))).collect()
    }
}
