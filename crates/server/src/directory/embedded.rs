//! The directory that Regain keeps itself, in its own store.

mod admin;
mod hashing;

use async_trait::async_trait;
use regain_core::subject::{self, AccountId};
use regain_core::{Secret, password};
use serde::Deserialize;

use super::{Deps, Directory, Error, Kind, Lock, Lost, PasswordRules, Person, Refusal, Status, Verdict};
use crate::store::account::Account;
use crate::store::{self, Store};

pub use admin::{Change, NewPerson, Problem};
use hashing::Hashing;

/// `directory.kind = "embedded"`.
pub const KIND: Kind = Kind {
    name: "embedded",
    check: |section| Section::read(section).map(drop),
    open: |deps, section| Embedded::open(deps, section).map(|opened| std::sync::Arc::new(opened) as _),
};

/// `[directory]` of this kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    /// Memory for one hash, in KiB. The least OWASP advises with two passes (Password Storage Cheat Sheet, Argon2id).
    argon2_memory_kib: u32,
    /// Passes over that memory.
    argon2_passes: u32,
    /// A new password may be none of the last so many, the present one among them; 0 allows any.
    history: u32,
    /// Fewest characters of a password.
    min_length: usize,
}

impl Default for Section {
    fn default() -> Self {
        Self { argon2_memory_kib: 19 * 1024, argon2_passes: 2, history: 5, min_length: 8 }
    }
}

impl Section {
    fn read(section: toml::Table) -> Result<(Self, Hashing), String> {
        let section: Result<Self, toml::de::Error> = section.try_into();
        let section = section.map_err(|error| format!("directory: {}", error.to_string().trim().replace('\n', " ")))?;
        let hashing = Hashing::new(section.argon2_memory_kib, section.argon2_passes)?;
        Ok((section, hashing))
    }
}

/// How often a change starts over because the account changed at the same time.
const ATTEMPTS: usize = 3;

/// An embedded directory. Cheap to clone: clones share everything.
#[derive(Clone)]
pub struct Embedded {
    store: Store,
    hashing: Hashing,
    history: i64,
    min_length: usize,
}

impl Embedded {
    /// Opens it with its section of the configuration; `kind` may stand there.
    ///
    /// # Errors
    /// A sentence that names the key and says what to do.
    pub fn open(deps: Deps, mut section: toml::Table) -> Result<Self, String> {
        section.remove("kind");
        let (section, hashing) = Section::read(section)?;
        let (history, min_length) = (i64::from(section.history), section.min_length);
        Ok(Self { store: deps.store, hashing, history, min_length })
    }

    /// The hash of a password that is long enough and, for an account that has some, was not used before.
    async fn acceptable(&self, password: &Secret, account: Option<&Account>) -> Result<Secret, Error> {
        if password.reveal().chars().count() < self.min_length {
            return Err(Error::Refused(Refusal::TooShort { min: self.min_length }));
        }
        if let Some(account) = account.filter(|_| self.history > 0) {
            let mut used = self.store.password_history(&account.id, self.history).await?;
            let present = account.password.iter().filter(|present| !used.iter().any(|hash| hash.same_as(present)));
            let present: Vec<Secret> = present.cloned().collect();
            used.extend(present);
            if self.hashing.is_any(password, used).await? {
                return Err(Error::Refused(Refusal::InHistory));
            }
        }
        self.hashing.hash(password).await
    }

    /// Sets a password, as long as the account is as it was read; with the old one, only if that is right.
    async fn set_password(&self, account: &AccountId, old: Option<&Secret>, new: &Secret) -> Result<(), Error> {
        let password = password::normalised(new);
        for _ in 0..ATTEMPTS {
            let found = self.store.account(account).await?;
            let found = found.ok_or(Error::Refused(Refusal::Gone))?;
            if found.disabled {
                return Err(Error::Refused(Refusal::Disabled));
            }
            if let Some(old) = old
                && !self.hashing.is(old, found.password.as_ref()).await?
            {
                return Err(Error::Refused(Refusal::OldPassword));
            }
            let hash = self.acceptable(&password, Some(&found)).await?;
            // Who resets gets back in at once; who changes was not locked out, and an administrator's lock stays.
            let unlock = old.is_none();
            if self.store.set_password(account, found.version, &hash, self.history, unlock).await? {
                return Ok(());
            }
            // It changed in between and nothing was written: look at it anew, it may be disabled now.
        }
        Err(Error::Unavailable("the account kept changing".into()))
    }

    /// What is told of an account. The rules are everybody's.
    fn known(&self, account: Account) -> Person {
        let Account { id, user_id, name, mail, groups, disabled, locked, must_change, .. } = account;
        let locked = locked.then_some(Lock::Lasting);
        let status = Status { disabled, locked, must_change, ..Status::default() };
        let rules = PasswordRules {
            min_length: Some(self.min_length),
            complexity: Some(false),
            history: u32::try_from(self.history).ok(),
            history_on_reset: true,
            ..PasswordRules::default()
        };
        Person { id, user_id, name, mail, groups, contacts: Vec::new(), status, rules }
    }

    /// A hash made with weaker parameters is replaced when the password is at hand. That it works is not important now.
    async fn renew(&self, account: &Account, password: &Secret, kept: &Secret) {
        if !self.hashing.is_outdated(kept) {
            return;
        }
        let renewed = match self.hashing.hash(password).await {
            Ok(hash) => self.store.rehash(&account.id, kept, &hash).await.map_err(Error::from),
            Err(error) => Err(error),
        };
        if let Err(error) = renewed {
            tracing::warn!(%error, "a password could not be hashed anew");
        }
    }
}

#[async_trait]
impl Directory for Embedded {
    async fn find(&self, user_id: &str) -> Result<Option<Person>, Error> {
        let found = self.store.account_of(&subject::canonical(user_id)).await?;
        Ok(found.map(|account| self.known(account)))
    }

    async fn verify(&self, account: Option<&AccountId>, password: &Secret) -> Result<Verdict, Error> {
        // The name nobody has runs the same statement as a real one.
        let nobody = AccountId(String::new());
        let found = self.store.account(account.unwrap_or(&nobody)).await?;
        let password = password::normalised(password);
        let kept = found.as_ref().and_then(|account| account.password.as_ref());
        let right = self.hashing.is(&password, kept).await?;
        match (found, right) {
            (Some(account), true) if account.disabled => Ok(Verdict::Disabled),
            (Some(account), true) if account.locked => Ok(Verdict::Locked),
            (Some(account), true) => {
                if let Some(kept) = &account.password {
                    self.renew(&account, &password, kept).await;
                }
                Ok(if account.must_change { Verdict::MustChange } else { Verdict::Right })
            }
            _ => Ok(Verdict::Wrong),
        }
    }

    async fn reset(&self, account: &AccountId, password: &Secret) -> Result<(), Error> {
        self.set_password(account, None, password).await
    }

    async fn names(&self, most: usize) -> Result<Vec<AccountId>, Error> {
        let accounts = self.store.accounts().await?.into_iter();
        Ok(accounts.take(most).map(|account| account.id).collect())
    }

    async fn person(&self, account: &AccountId) -> Result<Option<Person>, Error> {
        Ok(self.store.account(account).await?.map(|account| self.known(account)))
    }

    async fn change(&self, account: &AccountId, old: &Secret, new: &Secret) -> Result<(), Error> {
        self.set_password(account, Some(&password::normalised(old)), new).await
    }

    async fn unlock(&self, account: &AccountId) -> Result<(), Error> {
        let found = self.store.account(account).await?.ok_or(Error::Refused(Refusal::Gone))?;
        if found.disabled {
            return Err(Error::Refused(Refusal::Disabled));
        }
        Ok(self.store.unlock_account(account).await?)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Indeterminate(why) => Self::Indeterminate(Lost { why, server: None }),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
