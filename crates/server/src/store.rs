//! What lasts: all SQL, on SQLite or PostgreSQL.
//!
//! There is one text for both engines, and one shape of change: a batch of statements handed over whole, of which some are
//! guards that must hit a row or the batch never happened. Nothing holds a transaction open while it waits for anything.

pub mod account;
pub mod audit;
pub mod crowd;
mod db;
pub mod enrolment;
pub mod flow;
pub mod freeze;
pub mod history;
mod key_file;
mod migrate;
pub mod outbox;
mod postgres;
pub mod registration;
pub mod reseal;
pub mod session;
mod sqlite;
pub mod throttle;
pub mod trail;
mod vault;

use regain_core::Keys;

use crate::clock::Clock;

pub use db::{Db, Error, Outcome, Row, Stmt, Value};
pub use key_file::{KeyFile, KeyProblem};
pub use vault::{Vault, key_id};

/// Every statement there is, for the test that prepares them all on both engines.
pub static STATEMENTS: &[&[&str]] = &[
    account::STATEMENTS,
    audit::STATEMENTS,
    crowd::STATEMENTS,
    enrolment::STATEMENTS,
    flow::STATEMENTS,
    freeze::STATEMENTS,
    history::STATEMENTS,
    migrate::STATEMENTS,
    outbox::STATEMENTS,
    registration::STATEMENTS,
    reseal::STATEMENTS,
    session::STATEMENTS,
    throttle::STATEMENTS,
    trail::STATEMENTS,
];

/// The store. Cheap to clone: clones share everything.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
}

impl Store {
    /// Opens the store at `sqlite:PATH` or `postgres://…` and brings its tables up to date.
    ///
    /// # Errors
    /// If it cannot be reached or written, or was made by a newer version.
    pub async fn open(url: &str, keys: Keys, clock: Clock) -> Result<Self, Error> {
        let db = Db::open(url).await?;
        migrate::run(&db, clock.now()).await?;
        let vault = Vault::new(&keys);
        for row in db.read(enrolment::ANY, vec![]).await? {
            if !vault.knows(row.text(0)?) {
                let advice = "it was sealed with another key: put back the key file that belongs to this store";
                return Err(Error::Corrupt(advice.into()));
            }
        }
        Ok(Self { db, vault, keys, clock })
    }

    /// The engine itself, for tests and for the statements of the embedded directory.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The installation's keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What encrypts columns.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Whether the store answers: for `/readyz`.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.db.read(migrate::VERSION, vec![]).await.map(drop)
    }
}

/// Names the statements of a module and lists them, so that none escapes the test that prepares them all.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = $sql;)*
        pub(crate) const STATEMENTS: &[&str] = &[$($name),*];
    };
}
pub(crate) use statements;
