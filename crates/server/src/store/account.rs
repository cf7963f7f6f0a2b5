//! Accounts of the embedded directory.

use regain_core::subject::AccountId;
use regain_core::{Secret, Time};

use super::db::{Error, Outcome, Row, Stmt};
use super::{Store, Vault, statements};

statements! {
    /// The account with a User ID, one row for each group. A User ID that belongs to nobody runs the same statement.
    BY_CANONICAL = "SELECT a.id, a.user_id, a.name, a.mail, a.disabled, a.locked, a.must_change, a.version, \
                    a.password, g.name FROM account a \
                    LEFT JOIN account_group g ON g.account = a.id WHERE a.canonical = $1 ORDER BY g.name";
    /// The account with a lasting name.
    BY_ID = "SELECT a.id, a.user_id, a.name, a.mail, a.disabled, a.locked, a.must_change, a.version, \
                    a.password, g.name FROM account a \
             LEFT JOIN account_group g ON g.account = a.id WHERE a.id = $1 ORDER BY g.name";
    /// All accounts, for lists.
    ALL = "SELECT a.id, a.user_id, a.name, a.mail, a.disabled, a.locked, a.must_change, a.version, \
                    a.password, g.name FROM account a \
           LEFT JOIN account_group g ON g.account = a.id ORDER BY a.canonical, g.name";
    /// One more account.
    ADD = "INSERT INTO account (id, canonical, user_id, name, mail, password, disabled, version, changed) \
           VALUES ($1, $2, $3, $4, $5, $6, 0, 1, $7)";
    /// Changes an account that is still as it was read.
    CHANGE = "UPDATE account SET canonical = $1, user_id = $2, name = $3, mail = $4, password = $5, disabled = $6, \
              locked = $7, must_change = $8, version = version + 1, changed = $9 WHERE id = $10 AND version = $11";
    /// Leaves all groups.
    LEAVE = "DELETE FROM account_group WHERE account = $1";
    /// Enters a group.
    ENTER = "INSERT INTO account_group (account, name) VALUES ($1, $2)";
    /// Changes the password of an account that is still as it was read; where $2 is 0, it is unlocked.
    SET_PASSWORD = "UPDATE account SET password = $1, locked = locked * $2, must_change = 0, version = version + 1, \
                    changed = $3 WHERE id = $4 AND version = $5 AND disabled = 0";
    /// Unlocks an account.
    UNLOCK = "UPDATE account SET locked = 0, version = version + 1 WHERE id = $1 AND disabled = 0 AND locked <> 0";
    /// Hashes the same password anew.
    REHASH = "UPDATE account SET password = $1 WHERE id = $2 AND password = $3";
    /// The hashes an account had, newest first.
    HISTORY = "SELECT password FROM password_history WHERE account = $1 ORDER BY n DESC LIMIT $2";
    /// Keeps a hash, numbered by the account's version.
    KEEP = "INSERT INTO password_history (account, n, password) VALUES ($1, $2, $3)";
    /// Forgets all but the newest hashes.
    FORGET = "DELETE FROM password_history WHERE account = $1 AND n NOT IN \
              (SELECT n FROM password_history WHERE account = $1 ORDER BY n DESC LIMIT $2)";
}

/// An account as it is kept. The hash of its password is treated like the password: it has no `Debug`.
#[derive(Clone)]
pub struct Account {
    /// Lasting name.
    pub id: AccountId,
    /// The User ID as it was given.
    pub user_id: String,
    /// The person's name.
    pub name: String,
    /// The account's own address. Sealed in the row.
    pub mail: Option<String>,
    /// Groups it is in.
    pub groups: Vec<String>,
    /// Whether it may not be used.
    pub disabled: bool,
    /// Whether it is locked until somebody unlocks it.
    pub locked: bool,
    /// Whether its password has to be changed at the next sign-in.
    pub must_change: bool,
    /// Grows with every change; 0 for an account that is not kept yet.
    pub version: i64,
    /// The hash of its password, if it has one.
    pub password: Option<Secret>,
}

impl Store {
    /// The account with this User ID, in any spelling that counts as the same.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn account_of(&self, canonical: &str) -> Result<Option<Account>, Error> {
        let rows = self.db.read(BY_CANONICAL, vec![storable(canonical).into()]).await?;
        Ok(accounts(&self.vault, &rows)?.pop())
    }

    /// The account with this lasting name.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>, Error> {
        let rows = self.db.read(BY_ID, vec![storable(&id.0).into()]).await?;
        Ok(accounts(&self.vault, &rows)?.pop())
    }

    /// All accounts, in the order of their User IDs.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        accounts(&self.vault, &self.db.read(ALL, vec![]).await?)
    }

    /// Adds accounts, all or none, and remembers as many of their passwords as `history` says.
    ///
    /// # Errors
    /// [`Error::Duplicate`] if a User ID is taken; else if the store cannot be written.
    pub async fn add_accounts(&self, accounts: &[Account], history: i64) -> Result<(), Error> {
        let now = self.clock.now();
        let mut batch = Vec::new();
        for account in accounts {
            batch.extend(self.add(account, history, now)?);
        }
        self.db.write(batch).await.map(drop)
    }

    /// Changes everything about an account that is still of this version. `new_password` says that the password is
    /// another, to be remembered too. False if it has changed meanwhile, or is gone.
    ///
    /// # Errors
    /// [`Error::Duplicate`] if the User ID is taken; else if the store cannot be written.
    pub async fn change_account(&self, account: &Account, new_password: bool, history: i64) -> Result<bool, Error> {
        let id = account.id.0.as_str();
        let change = Stmt::guard(
            CHANGE,
            vec![
                regain_core::subject::canonical(&account.user_id).into(),
                account.user_id.as_str().into(),
                account.name.as_str().into(),
                self.sealed_mail(account)?.into(),
                hash(account).into(),
                i64::from(account.disabled).into(),
                i64::from(account.locked).into(),
                i64::from(account.must_change).into(),
                self.clock.now().into(),
                id.into(),
                account.version.into(),
            ],
        );
        let mut batch = vec![change, Stmt::new(LEAVE, vec![id.into()])];
        batch.extend(enter(account));
        if let Some(hash) = hash(account).filter(|_| new_password) {
            batch.extend(remember(id, account.version + 1, hash, history));
        }
        if new_password || account.disabled || account.locked {
            // Whoever is inside by the old password, or on an account that is closed now, is out, and codes on their way are void.
            batch.extend([self.sign_out(&account.id, self.clock.now()), self.end_sessions(&account.id)]);
        }
        Ok(matches!(self.db.write(batch).await?, Outcome::Committed(_)))
    }

    /// Sets the hash of the password of an enabled account that is still of this version, and remembers it; with `unlock`,
    /// the account is not locked any more. False if it has changed meanwhile, or is gone.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn set_password(
        &self,
        id: &AccountId,
        version: i64,
        hash: &Secret,
        history: i64,
        unlock: bool,
    ) -> Result<bool, Error> {
        let (name, hash, keep_lock) = (id.0.as_str(), hash.reveal().to_owned(), i64::from(!unlock));
        let args = vec![hash.as_str().into(), keep_lock.into(), self.clock.now().into(), name.into(), version.into()];
        let mut batch = vec![Stmt::guard(SET_PASSWORD, args)];
        batch.extend(remember(name, version + 1, hash, history));
        Ok(matches!(self.db.write(batch).await?, Outcome::Committed(_)))
    }

    /// Unlocks an enabled account.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn unlock_account(&self, id: &AccountId) -> Result<(), Error> {
        self.db.write(vec![Stmt::new(UNLOCK, vec![id.0.as_str().into()])]).await.map(drop)
    }

    /// Replaces the hash of a password by another of the same password, unless the password has changed.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn rehash(&self, id: &AccountId, old: &Secret, new: &Secret) -> Result<(), Error> {
        let args = vec![new.reveal().into(), id.0.as_str().into(), old.reveal().into()];
        self.db.write(vec![Stmt::new(REHASH, args)]).await.map(drop)
    }

    /// The newest hashes of passwords an account had, its present one among them.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn password_history(&self, id: &AccountId, history: i64) -> Result<Vec<Secret>, Error> {
        let rows = self.db.read(HISTORY, vec![storable(&id.0).into(), history.into()]).await?;
        rows.iter().map(|row| row.text(0).map(Secret::new)).collect()
    }

    fn add(&self, account: &Account, history: i64, now: Time) -> Result<Vec<Stmt>, Error> {
        let id = account.id.0.as_str();
        let args = vec![
            id.into(),
            regain_core::subject::canonical(&account.user_id).into(),
            account.user_id.as_str().into(),
            account.name.as_str().into(),
            self.sealed_mail(account)?.into(),
            hash(account).into(),
            now.into(),
        ];
        let mut batch = vec![Stmt::new(ADD, args)];
        batch.extend(enter(account));
        if let Some(hash) = hash(account) {
            batch.extend(remember(id, 1, hash, history));
        }
        Ok(batch)
    }

    fn sealed_mail(&self, account: &Account) -> Result<Option<String>, Error> {
        account.mail.as_ref().map(|mail| self.vault.seal(&mail_of(&account.id.0), mail)).transpose()
    }
}

/// PostgreSQL's texts hold no NUL. What comes from outside may; no account's name has the character put in its place.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Where an account's address is written: sealed for this place, it opens nowhere else.
fn mail_of(id: &str) -> [&str; 3] {
    ["account", id, "mail"]
}

fn hash(account: &Account) -> Option<String> {
    account.password.as_ref().map(|hash| hash.reveal().to_owned())
}

fn enter(account: &Account) -> impl Iterator<Item = Stmt> {
    let into = |group: &String| Stmt::new(ENTER, vec![account.id.0.as_str().into(), group.as_str().into()]);
    account.groups.iter().map(into)
}

fn remember(id: &str, n: i64, hash: String, history: i64) -> Vec<Stmt> {
    let keep = Stmt::new(KEEP, vec![id.into(), n.into(), hash.into()]);
    let forget = Stmt::new(FORGET, vec![id.into(), history.into()]);
    if history > 0 { vec![keep, forget] } else { vec![forget] }
}

/// Rows that stand together are one account and its groups.
fn accounts(vault: &Vault, rows: &[Row]) -> Result<Vec<Account>, Error> {
    let mut found: Vec<Account> = Vec::new();
    for row in rows {
        let group = row.opt_text(9)?.map(str::to_owned);
        match found.last_mut().filter(|last| row.text(0).is_ok_and(|id| id == last.id.0)) {
            Some(last) => last.groups.extend(group),
            None => found.push(Account {
                id: AccountId(row.text(0)?.to_owned()),
                user_id: row.text(1)?.to_owned(),
                name: row.text(2)?.to_owned(),
                mail: row.opt_text(3)?.map(|mail| vault.open(&mail_of(row.text(0)?), mail)).transpose()?,
                groups: group.into_iter().collect(),
                disabled: row.int(4)? != 0,
                locked: row.int(5)? != 0,
                must_change: row.int(6)? != 0,
                version: row.int(7)?,
                password: row.opt_text(8)?.map(Secret::new),
            }),
        }
    }
    Ok(found)
}
