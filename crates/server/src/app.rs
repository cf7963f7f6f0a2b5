//! Puts the parts together.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use regain_core::password::{self, Judged, Lists, Person, Rules};
use regain_core::subject::AccountId;
use regain_core::{Ctx, Keys, Policy, Registration, Secret};

use crate::banned;
use crate::breach::Shelf;
use crate::clock::{self, Clock};
use crate::config::{Config, Settings};
use crate::directory::several::{self, Others};
use crate::directory::{self, Deps, Directory};
use crate::history::History;
use crate::post::Post;
use crate::store::{KeyFile, Store};

/// The running program: what every handler and the worker share.
pub struct App {
    /// What the pages and messages need to know.
    pub settings: Settings,
    /// The rules.
    pub policy: Policy,
    /// The keys.
    pub keys: Keys,
    /// The time.
    pub clock: Clock,
    /// What lasts.
    pub store: Store,
    /// Where accounts live; the primary one, where there are several.
    pub directory: Arc<dyn Directory>,
    /// Further directories, which get the same passwords.
    pub others: Others,
    /// Words that the organisation bans from passwords.
    pub banned: banned::Words,
    /// Passwords known from data breaches, if there is a filter.
    pub breach: Option<Shelf>,
    /// Messages on their way to the worker.
    pub post: Post,
    /// Whether it is about to stop.
    pub stopping: AtomicBool,
}

impl App {
    /// Opens everything the configuration names.
    ///
    /// # Errors
    /// With what to do about it.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, String> {
        let breach = config.settings.password_files.breach.as_deref().map(Shelf::open).transpose();
        let breach = breach.map_err(|why| format!("password.breach_file: {why}"))?;
        let key_file = key_file(&config)?;
        let keys = KeyFile::read_or_make(&key_file).map_err(|error| format!("store.key_file: {error}"))?.keys();
        let url = config.store.address()?;
        let opened = Store::open(&url, keys.clone(), clock.clone()).await;
        let store = opened.map_err(|error| format!("store.url: {error}"))?;
        let deps = Deps { store: store.clone(), clock: clock.clone(), groups: config.policy.groups() };
        let others = several::open(&deps, config.others)?;
        let directory = directory::open(deps, config.directory)?;
        let (settings, policy) = (config.settings, config.policy);
        let banned = banned::Words::open(settings.password_files.banned_words.clone())?;
        let (post, stopping) = (Post::default(), AtomicBool::new(false));
        Ok(Self { settings, policy, keys, clock, store, directory, others, banned, breach, post, stopping })
    }

    /// What is known of this account's earlier passwords; nothing where no history is kept, or of nobody.
    ///
    /// # Errors
    /// If the store cannot be read, or the operating system gives no randomness.
    pub async fn history(&self, account: Option<&AccountId>) -> Result<Option<History>, crate::store::Error> {
        let count = self.policy.password.history;
        let Some(account) = account.filter(|_| count > 0) else { return Ok(None) };
        let history = History::of(&self.store.earlier_passwords(account, count).await?);
        history.map(Some).map_err(|error| crate::store::Error::Unavailable(error.to_string()))
    }

    /// The verdict on a password, with the lists as they are now. Takes up to 0.1 s: call it where that holds up nobody.
    pub fn judge(
        &self,
        rules: &Rules,
        person: &Person,
        history: Option<&History>,
        typed: &Secret,
        again: Option<&Secret>,
    ) -> Judged {
        let own = self.banned.current();
        let breached = self.breach.as_ref().map(|breach| |password: &Secret| breach.holds(password));
        let breached = breached.as_ref().map(|holds| holds as &dyn Fn(&Secret) -> bool);
        let recall = history.map(|history| |password: &Secret| history.recall(password));
        let history = recall.as_ref().map(|recall| recall as password::Recall<'_>);
        password::judge(rules, &Lists { own: vec![&own], breached, history }, person, typed, again)
    }

    /// What a decision about the person with this registration may depend on, at this moment.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn ctx<'a>(&'a self, registration: &'a Registration) -> Result<Ctx<'a>, getrandom::Error> {
        let (now, entropy) = (self.clock.now(), clock::random()?);
        Ok(Ctx { now, entropy, policy: &self.policy, keys: &self.keys, registration })
    }
}

/// The key lies where the configuration says; a relative path is meant from the working directory.
///
/// # Errors
/// If no path is given.
pub fn key_file(config: &Config) -> Result<PathBuf, String> {
    let path = config.store.key_file.clone();
    if path.as_os_str().is_empty() { Err("store.key_file: give a path".into()) } else { Ok(path) }
}
