//! The engine: reads, and changes as batches.

use std::sync::Arc;

use super::postgres::Postgres;
use super::sqlite::Sqlite;

/// A value on its way into or out of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// TEXT.
    Text(String),
    /// BIGINT.
    Int(i64),
    /// TEXT that may be missing.
    OptText(Option<String>),
    /// BIGINT that may be missing.
    OptInt(Option<i64>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<regain_core::Time> for Value {
    fn from(time: regain_core::Time) -> Self {
        Self::Int(time.0)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::OptText(text)
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::OptInt(number)
    }
}

/// One statement of a batch. Its text uses `$1`, `$2`, … in the order of their first appearance.
#[derive(Clone, Debug)]
pub struct Stmt {
    pub(super) sql: &'static str,
    pub(super) args: Vec<Value>,
    pub(super) guard: bool,
}

impl Stmt {
    /// A statement.
    pub fn new(sql: &'static str, args: Vec<Value>) -> Self {
        Self { sql, args, guard: false }
    }

    /// A statement that must change (or return) a row; if it does not, the whole batch never happened.
    pub fn guard(sql: &'static str, args: Vec<Value>) -> Self {
        Self { sql, args, guard: true }
    }
}

/// A row that was read.
#[derive(Clone, Debug)]
pub struct Row(pub(super) Vec<Value>);

impl Row {
    /// The text in this column.
    ///
    /// # Errors
    /// If there is none.
    pub fn text(&self, column: usize) -> Result<&str, Error> {
        self.opt_text(column)?.ok_or_else(|| Error::Corrupt(format!("column {column} is empty")))
    }

    /// The text in this column, if any.
    ///
    /// # Errors
    /// If it holds something else.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, Error> {
        match self.0.get(column) {
            Some(Value::Text(text) | Value::OptText(Some(text))) => Ok(Some(text)),
            Some(Value::OptText(None) | Value::OptInt(None)) => Ok(None),
            _ => Err(Error::Corrupt(format!("column {column} is not a text"))),
        }
    }

    /// The number in this column.
    ///
    /// # Errors
    /// If there is none.
    pub fn int(&self, column: usize) -> Result<i64, Error> {
        self.opt_int(column)?.ok_or_else(|| Error::Corrupt(format!("column {column} is empty")))
    }

    /// The number in this column, if any.
    ///
    /// # Errors
    /// If it holds something else.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, Error> {
        match self.0.get(column) {
            Some(Value::Int(number) | Value::OptInt(Some(number))) => Ok(Some(*number)),
            Some(Value::OptText(None) | Value::OptInt(None)) => Ok(None),
            _ => Err(Error::Corrupt(format!("column {column} is not a number"))),
        }
    }
}

/// What became of a batch.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It happened, durably. Holds, for each statement, the rows it returned.
    Committed(Vec<Vec<Row>>),
    /// A guard found no row: nothing happened.
    Guarded,
}

/// What can go wrong with the store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be reached or will not take the statement; nothing happened.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The answer to a commit was lost: it may have happened.
    #[error("the store's answer was lost: {0}")]
    Indeterminate(String),
    /// Something in it is not what this program writes.
    #[error("the store holds something unexpected: {0}")]
    Corrupt(String),
    /// A value that has to be the only one of its kind exists already; nothing happened.
    #[error("exists already: {0}")]
    Duplicate(String),
}

/// One of the two engines.
#[derive(Clone)]
pub enum Db {
    /// SQLite in a file.
    Sqlite(Arc<Sqlite>),
    /// PostgreSQL 14 or later.
    Postgres(Arc<Postgres>),
}

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// If the address is neither, or cannot be opened.
    pub async fn open(url: &str) -> Result<Self, Error> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') || path.contains('?') {
                return Err(Error::Unavailable(
                    "store.url: give a file, such as sqlite:/var/lib/regain/regain.db".into(),
                ));
            }
            return Ok(Self::Sqlite(Arc::new(Sqlite::open(path)?)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(Arc::new(Postgres::open(url).await?)));
        }
        Err(Error::Unavailable("store.url must begin with sqlite: or postgres://".into()))
    }

    /// Reads rows.
    ///
    /// # Errors
    /// If the engine cannot.
    pub async fn read(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, Error> {
        crate::fault::point("store.read");
        match self {
            Self::Sqlite(db) => db.read(sql, &args),
            Self::Postgres(db) => db.read(sql, &args).await,
        }
    }

    /// Carries out a batch: all of it, durably, or nothing.
    ///
    /// # Errors
    /// If the engine cannot; [`Error::Indeterminate`] says that it may have.
    pub async fn write(&self, batch: Vec<Stmt>) -> Result<Outcome, Error> {
        crate::fault::point("store.write.before");
        let outcome = match self {
            Self::Sqlite(db) => db.write(batch).await,
            Self::Postgres(db) => db.write(&batch).await,
        };
        crate::fault::point("store.write.after");
        outcome
    }

    /// Checks that the engine understands a statement, for tests.
    ///
    /// # Errors
    /// If it does not.
    pub async fn prepare(&self, sql: &'static str) -> Result<(), Error> {
        match self {
            Self::Sqlite(db) => db.prepare(sql),
            Self::Postgres(db) => db.prepare(sql).await,
        }
    }

    /// Carries out a script of statements: migrations only.
    pub(super) async fn script(&self, text: &str, last: Option<Stmt>) -> Result<(), Error> {
        match self {
            Self::Sqlite(db) => db.script(text, last.as_ref()),
            Self::Postgres(db) => db.script(text, last.as_ref()).await,
        }
    }
}
