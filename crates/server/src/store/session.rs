//! Who is signed in: one row for each session, named by a keyed hash of what its cookie holds.

use regain_core::Time;
use regain_core::subject::AccountId;

use super::db::{Error, Outcome, Stmt};
use super::{Store, statements};

statements! {
    /// A place for a session, before the password is looked at: whatever ends the account's sessions from now on ends this
    /// one as well.
    RESERVE = "INSERT INTO session (id, account, state, started, seen) VALUES ($1, $2, '', $3, $3)";
    /// The session takes its place, if that is still there.
    FILL = "UPDATE session SET state = $1, started = $2, seen = $2 WHERE id = $3";
    /// A session under another name, if it is still there.
    RENAME = "UPDATE session SET id = $1, state = $2, started = $3, seen = $3 WHERE id = $4";
    /// One session.
    LOAD = "SELECT account, state, started, seen FROM session WHERE id = $1 AND state <> ''";
    /// What it remembers.
    KEEP = "UPDATE session SET state = $1 WHERE id = $2 AND state <> ''";
    /// Somebody is there.
    SEEN = "UPDATE session SET seen = $1 WHERE id = $2";
    /// Signs one browser out.
    END = "DELETE FROM session WHERE id = $1";
    /// Signs an account out everywhere.
    END_ALL = "DELETE FROM session WHERE account = $1";
    /// Sessions that are over.
    FORGET = "DELETE FROM session WHERE seen <= $1 OR started <= $2";
}

/// A session as it lies in the store.
pub struct Kept {
    /// Whose.
    pub account: AccountId,
    /// What it remembers, unsealed.
    pub state: String,
    /// When the password was typed.
    pub started: Time,
    /// When the last page was asked for, to the minute.
    pub seen: Time,
}

impl Store {
    /// Keeps a place for a session of this account; of nobody, if there is none, which costs the same.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn reserve_session(&self, id: &str, account: Option<&AccountId>, now: Time) -> Result<(), Error> {
        let account = account.map_or("", |account| &account.0);
        self.db.write(vec![Stmt::new(RESERVE, vec![id.into(), account.into(), now.into()])]).await.map(drop)
    }

    /// The guarded statement that puts a session into its place.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn fill_session(&self, id: &str, state: &str, now: Time) -> Result<Stmt, Error> {
        Ok(Stmt::guard(FILL, vec![self.sealed(id, state)?.into(), now.into(), id.into()]))
    }

    /// The guarded statement that gives a session another name, because the password was typed again.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn rename_session(&self, from: &str, to: &str, state: &str, now: Time) -> Result<Stmt, Error> {
        Ok(Stmt::guard(RENAME, vec![to.into(), self.sealed(to, state)?.into(), now.into(), from.into()]))
    }

    fn sealed(&self, id: &str, state: &str) -> Result<String, Error> {
        self.vault.seal(&["session", id, "state"], state)
    }

    /// The session of this name.
    ///
    /// # Errors
    /// If the store cannot be read, or the row was altered.
    pub async fn session(&self, id: &str) -> Result<Option<Kept>, Error> {
        let rows = self.db.read(LOAD, vec![id.into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let state = self.vault.open(&["session", id, "state"], row.text(1)?)?;
        let account = AccountId(row.text(0)?.to_owned());
        Ok(Some(Kept { account, state, started: Time(row.int(2)?), seen: Time(row.int(3)?) }))
    }

    /// Replaces what a session remembers; gives whether it was still there.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn keep_session(&self, id: &str, state: &str) -> Result<bool, Error> {
        let keep = Stmt::guard(KEEP, vec![self.sealed(id, state)?.into(), id.into()]);
        Ok(matches!(self.db.write(vec![keep]).await?, Outcome::Committed(_)))
    }

    /// Writes down that somebody is there.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn see_session(&self, id: &str, now: Time) -> Result<(), Error> {
        self.db.write(vec![Stmt::new(SEEN, vec![now.into(), id.into()])]).await.map(drop)
    }

    /// The statement that ends one session.
    pub fn end_session(&self, id: &str) -> Stmt {
        Stmt::new(END, vec![id.into()])
    }

    /// The statement that signs an account out everywhere.
    pub fn end_sessions(&self, account: &AccountId) -> Stmt {
        Stmt::new(END_ALL, vec![account.0.as_str().into()])
    }

    /// Deletes sessions in which nobody was seen since `idle`, and such as began before `long`.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_sessions(&self, idle: Time, long: Time) -> Result<(), Error> {
        self.db.write(vec![Stmt::new(FORGET, vec![idle.into(), long.into()])]).await.map(drop)
    }
}
