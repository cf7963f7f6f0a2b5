//! What earlier passwords are recognised by, where we keep a history. Newest first; all but the newest are forgotten.

use regain_core::password::Mark;
use regain_core::subject::AccountId;
use regain_core::{FlowId, Time};

use super::db::{Error, Stmt};
use super::flow::flow_name;
use super::{Store, statements};

statements! {
    /// The newest marks of an account.
    NEWEST = "SELECT flow, mark FROM earlier_password WHERE account = $1 ORDER BY at DESC, flow LIMIT $2";
    /// One more; a flow sets one password.
    KEEP = "INSERT INTO earlier_password (account, flow, at, mark) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (account, flow) DO NOTHING";
    /// All but the newest.
    FORGET = "DELETE FROM earlier_password WHERE account = $1 AND flow NOT IN \
              (SELECT flow FROM earlier_password WHERE account = $1 ORDER BY at DESC, flow LIMIT $2)";
    /// All of everybody.
    FORGET_ALL = "DELETE FROM earlier_password";
}

impl Store {
    /// What this account's last so many passwords are recognised by.
    ///
    /// # Errors
    /// If the store cannot be read, or a row was altered.
    pub async fn earlier_passwords(&self, account: &AccountId, count: u32) -> Result<Vec<Mark>, Error> {
        let rows = self.db.read(NEWEST, vec![account.0.as_str().into(), i64::from(count).into()]).await?;
        let mark = |row: &super::Row| Ok(Mark(self.vault.open(&place(&account.0, row.text(0)?), row.text(1)?)?));
        rows.iter().map(mark).collect()
    }

    /// The statements that keep one more of them, and of all together so many.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn remember_password(
        &self,
        account: &AccountId,
        flow: FlowId,
        mark: &Mark,
        count: u32,
        now: Time,
    ) -> Result<[Stmt; 2], Error> {
        let (account, flow) = (account.0.as_str(), flow_name(flow));
        let sealed = self.vault.seal(&place(account, &flow), &mark.0)?;
        let keep = Stmt::new(KEEP, vec![account.into(), flow.as_str().into(), now.into(), sealed.into()]);
        Ok([keep, Stmt::new(FORGET, vec![account.into(), i64::from(count).into()])])
    }

    /// Forgets everything, for an installation that keeps no history any more.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_earlier_passwords(&self) -> Result<(), Error> {
        self.db.write(vec![Stmt::new(FORGET_ALL, vec![])]).await.map(drop)
    }
}

/// Where a mark is written: sealed for this place, it opens nowhere else.
fn place<'a>(account: &'a str, flow: &'a str) -> [&'a str; 4] {
    ["earlier_password", account, flow, "mark"]
}
