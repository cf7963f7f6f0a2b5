//! What administrators do to accounts.

use std::collections::BTreeSet;

use regain_core::subject::{self, AccountId};
use regain_core::{Secret, password};

use super::{ATTEMPTS, Embedded};
use crate::directory::{Error, Person, Refusal};
use crate::store::account::Account;
use crate::{address, clock, store};

/// Somebody to be added.
#[derive(Clone)]
pub struct NewPerson {
    /// What the person types to sign in.
    pub user_id: String,
    /// The person's name.
    pub name: String,
    /// The account's own address.
    pub mail: Option<String>,
    /// Groups it is in.
    pub groups: Vec<String>,
    /// The password; without one, nobody can sign in until it is reset.
    pub password: Option<Secret>,
}

/// What is to change about an account; what is `None` stays.
#[derive(Clone, Default)]
pub struct Change {
    /// Another User ID.
    pub user_id: Option<String>,
    /// Another name.
    pub name: Option<String>,
    /// Another address of its own; an empty one removes it.
    pub mail: Option<String>,
    /// All groups it is in from now on.
    pub groups: Option<Vec<String>>,
    /// Another password. It must be long enough, but may have been used before: an administrator's password is meant to be
    /// changed.
    pub password: Option<Secret>,
    /// Whether it may not be used at all.
    pub disabled: Option<bool>,
    /// Whether it is locked until somebody unlocks it.
    pub locked: Option<bool>,
    /// Whether its password has to be changed at the next sign-in.
    pub must_change: Option<bool>,
}

/// Why nothing was changed, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The User ID is not one.
    #[error("the User ID \"{0}\" must have 1 to 256 characters, none of them invisible")]
    UserId(String),
    /// The name is not one.
    #[error("the name \"{0}\" must have 1 to 256 characters, none of them invisible")]
    Name(String),
    /// The address is not one.
    #[error("the address \"{0}\" must look like name@example.org")]
    Mail(String),
    /// A group's name is not one.
    #[error("the group \"{0}\" must have 1 to 256 characters, none of them invisible")]
    Group(String),
    /// The User ID belongs to somebody.
    #[error("there is an account \"{0}\" already: choose another User ID, or change that account with \"user set\"")]
    Exists(String),
    /// The User ID stands twice in what is to be added.
    #[error("the User ID \"{0}\" stands here twice: remove one of them")]
    Twice(String),
    /// The User ID belongs to nobody.
    #[error("there is no account \"{0}\": look it up with \"user list\"")]
    Missing(String),
    /// The password is too short.
    #[error("the password must have at least {min} characters")]
    TooShort {
        /// The fewest.
        min: usize,
    },
    /// The directory itself.
    #[error(transparent)]
    Directory(#[from] Error),
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Self::Directory(error.into())
    }
}

impl Embedded {
    /// Adds somebody.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub async fn add(&self, person: NewPerson) -> Result<AccountId, Problem> {
        let mut added = self.add_all(vec![person]).await.map_err(|problems| {
            let first = problems.into_iter().next().map(|(_, problem)| problem);
            first.unwrap_or_else(|| Problem::Directory(Error::Unavailable("nothing was added".into())))
        })?;
        added.pop().ok_or_else(|| Problem::Directory(Error::Unavailable("nothing was added".into())))
    }

    /// Adds people, all of them or nobody. All are looked at before anything is written.
    ///
    /// # Errors
    /// All problems, each with the place of the person in the list.
    pub async fn add_all(&self, people: Vec<NewPerson>) -> Result<Vec<AccountId>, Vec<(usize, Problem)>> {
        let mut problems = Vec::new();
        let mut accounts = Vec::new();
        let mut listed = BTreeSet::new();
        let taken = self.taken().await.map_err(|problem| vec![(0, problem)])?;
        for (place, mut person) in people.into_iter().enumerate() {
            let password = person.password.take();
            if password.as_ref().is_some_and(|password| self.is_too_short(password)) {
                problems.push((place, Problem::TooShort { min: self.min_length }));
            }
            let account = match checked(person) {
                Ok(account) => account,
                Err(found) => {
                    problems.extend(found.into_iter().map(|problem| (place, problem)));
                    continue;
                }
            };
            let canonical = subject::canonical(&account.user_id);
            if taken.contains(&canonical) {
                problems.push((place, Problem::Exists(account.user_id)));
            } else if !listed.insert(canonical) {
                problems.push((place, Problem::Twice(account.user_id)));
            } else {
                accounts.push((place, account, password));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        self.write(accounts).await
    }

    /// Hashes the passwords, which takes a while for many, and writes everything at once.
    async fn write(
        &self,
        people: Vec<(usize, Account, Option<Secret>)>,
    ) -> Result<Vec<AccountId>, Vec<(usize, Problem)>> {
        let mut accounts = Vec::with_capacity(people.len());
        for (place, mut account, password) in people {
            if let Some(password) = password {
                account.password = Some(self.hashed(&password).await.map_err(|problem| vec![(place, problem)])?);
            }
            accounts.push(account);
        }
        match self.store.add_accounts(&accounts, self.history).await {
            Ok(()) => Ok(accounts.into_iter().map(|account| account.id).collect()),
            // Somebody else was quicker: say who is there now.
            Err(store::Error::Duplicate(_)) => {
                let taken = self.taken().await.map_err(|problem| vec![(0, problem)])?;
                let there = |account: &Account| taken.contains(&subject::canonical(&account.user_id));
                let there = accounts.iter().enumerate().filter(|(_, account)| there(account));
                Err(there.map(|(place, account)| (place, Problem::Exists(account.user_id.clone()))).collect())
            }
            Err(error) => Err(vec![(0, error.into())]),
        }
    }

    /// Everybody, in the order of the User IDs.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn list(&self) -> Result<Vec<Person>, Problem> {
        Ok(self.store.accounts().await?.into_iter().map(|account| self.known(account)).collect())
    }

    /// Changes an account, in one step.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub async fn set(&self, user_id: &str, change: Change) -> Result<(), Problem> {
        let hash = match &change.password {
            Some(password) => Some(self.hashed(password).await?),
            None => None,
        };
        for _ in 0..ATTEMPTS {
            let found = self.store.account_of(&subject::canonical(user_id)).await?;
            let found = found.ok_or_else(|| Problem::Missing(user_id.to_owned()))?;
            let account = changed(found, &change, hash.as_ref())?;
            match self.store.change_account(&account, hash.is_some(), self.history).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(store::Error::Duplicate(_)) => return Err(Problem::Exists(account.user_id)),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::Directory(Error::Unavailable("the account kept changing: try again".into())))
    }

    fn is_too_short(&self, password: &Secret) -> bool {
        password::normalised(password).reveal().chars().count() < self.min_length
    }

    async fn taken(&self) -> Result<BTreeSet<String>, Problem> {
        Ok(self.store.accounts().await?.iter().map(|account| subject::canonical(&account.user_id)).collect())
    }

    async fn hashed(&self, password: &Secret) -> Result<Secret, Problem> {
        self.acceptable(&password::normalised(password), None).await.map_err(|error| match error {
            Error::Refused(Refusal::TooShort { min }) => Problem::TooShort { min },
            other => Problem::Directory(other),
        })
    }
}

/// The account of a new person, without the password.
fn checked(person: NewPerson) -> Result<Account, Vec<Problem>> {
    let mut problems = Vec::new();
    let id = clock::random::<16>().map(|id| AccountId(data_encoding::HEXLOWER.encode(&id)));
    let id = id.map_err(|error| vec![Problem::Directory(Error::Unavailable(error.to_string()))])?;
    let mut keep = |checked: Result<String, Problem>| checked.map_err(|problem| problems.push(problem)).ok();
    let user_id = keep(text(&person.user_id, Problem::UserId));
    let name = keep(text(&person.name, Problem::Name));
    let mail = mail(person.mail.as_deref().unwrap_or_default()).map_err(|problem| problems.push(problem)).ok();
    let groups = groups(&person.groups).map_err(|problem| problems.push(problem)).ok();
    match (user_id, name, mail, groups) {
        (Some(user_id), Some(name), Some(mail), Some(groups)) => {
            let (disabled, locked, must_change) = (false, false, false);
            let (version, password) = (0, None);
            Ok(Account { id, user_id, name, mail, groups, disabled, locked, must_change, version, password })
        }
        _ => Err(problems),
    }
}

fn changed(mut account: Account, change: &Change, hash: Option<&Secret>) -> Result<Account, Problem> {
    if let Some(user_id) = &change.user_id {
        account.user_id = text(user_id, Problem::UserId)?;
    }
    if let Some(name) = &change.name {
        account.name = text(name, Problem::Name)?;
    }
    if let Some(address) = &change.mail {
        account.mail = mail(address)?;
    }
    if let Some(names) = &change.groups {
        account.groups = groups(names)?;
    }
    if let Some(hash) = hash {
        account.password = Some(hash.clone());
    }
    account.disabled = change.disabled.unwrap_or(account.disabled);
    account.locked = change.locked.unwrap_or(account.locked);
    account.must_change = change.must_change.unwrap_or(account.must_change);
    Ok(account)
}

fn mail(typed: &str) -> Result<Option<String>, Problem> {
    match address::email(typed) {
        Ok(mail) => Ok(Some(mail)),
        Err(address::Problem::Empty) => Ok(None),
        Err(address::Problem::NotAnAddress) => Err(Problem::Mail(typed.to_owned())),
    }
}

/// Each group once, in order.
fn groups(names: &[String]) -> Result<Vec<String>, Problem> {
    let names: Result<BTreeSet<String>, Problem> = names.iter().map(|name| text(name, Problem::Group)).collect();
    Ok(names?.into_iter().collect())
}

/// A text of one line that shows all it holds.
fn text(typed: &str, problem: fn(String) -> Problem) -> Result<String, Problem> {
    let text = typed.trim();
    let invisible = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffd}')
    };
    let length = text.chars().take(257).count();
    if (1..=256).contains(&length) && !text.contains(invisible) && !subject::canonical(text).is_empty() {
        return Ok(text.to_owned());
    }
    let shown = text.chars().take(40).map(|c| if invisible(c) { '\u{fffd}' } else { c });
    Err(problem(shown.collect()))
}
