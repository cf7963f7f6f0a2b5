//! SQLite: one connection writes, everybody reads.
//!
//! WAL with `synchronous=FULL`: counters, proofs and audit rows survive a power cut. Whoever finds nobody writing writes in
//! place, without a hop to another thread, which costs more than the writing; batches that come meanwhile wait and are
//! committed together, each in a savepoint of its own: one fsync for many people. At most one thread of the runtime waits for
//! the disk then, and it has at least two (`cli.rs`). Reads take a few microseconds from pages in memory and are done in place, too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use tokio::sync::oneshot;

use super::db::{Error, Outcome, Row, Stmt, Value};

/// How many batches may share one commit.
const TOGETHER: usize = 64;

/// How often whoever writes does so for others, too, before a thread of its own goes on with it.
const ROUNDS: usize = 4;

/// An open SQLite file.
pub struct Sqlite {
    path: String,
    writer: Arc<Writer>,
    readers: Mutex<Vec<Connection>>,
}

/// The connection that writes, and what waits for it.
struct Writer {
    connection: Mutex<Connection>,
    waiting: Mutex<Vec<Job>>,
}

struct Job {
    batch: Vec<Stmt>,
    reply: oneshot::Sender<Result<Outcome, Error>>,
}

impl Sqlite {
    pub(super) fn open(path: &str) -> Result<Self, Error> {
        make_private(path)?;
        let writer = Writer { connection: Mutex::new(connect(path)?), waiting: Mutex::default() };
        Ok(Self { path: path.to_owned(), writer: Arc::new(writer), readers: Mutex::default() })
    }

    pub(super) async fn write(&self, batch: Vec<Stmt>) -> Result<Outcome, Error> {
        let (reply, answer) = oneshot::channel();
        self.writer.waiting().push(Job { batch, reply });
        self.write_waiting();
        answer.await.map_err(|_| Error::Indeterminate("the writing broke off".into()))?
    }

    /// Whoever finds nobody writing reads on that connection: its pages are in memory, while all that others hold is worth
    /// nothing after each write.
    pub(super) fn read(&self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, Error> {
        if let Ok(connection) = self.writer.connection.try_lock() {
            let rows = run(&connection, sql, args).map(|(rows, _)| rows).map_err(refused);
            drop(connection);
            // Who came to write meanwhile found it taken.
            self.write_waiting();
            return rows;
        }
        let kept = self.readers.lock().ok().and_then(|mut readers| readers.pop());
        let connection = kept.map_or_else(|| connect(&self.path), Ok)?;
        let rows = run(&connection, sql, args).map(|(rows, _)| rows).map_err(refused);
        if let Ok(mut readers) = self.readers.lock() {
            readers.push(connection);
        }
        rows
    }

    fn write_waiting(&self) {
        if self.writer.write_waiting(ROUNDS) {
            let writer = Arc::clone(&self.writer);
            tokio::task::spawn_blocking(move || writer.write_waiting(usize::MAX));
        }
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<(), Error> {
        let connection = connect(&self.path)?;
        let statement = connection.prepare(sql).map_err(refused)?;
        for place in 1..=statement.parameter_count() {
            let name = statement.parameter_name(place).unwrap_or_default();
            if name != format!("${place}") {
                return Err(Error::Corrupt(format!("parameter {place} is called {name}: number them as they appear")));
            }
        }
        Ok(())
    }

    pub(super) fn script(&self, text: &str, last: Option<&Stmt>) -> Result<(), Error> {
        let mut connection = connect(&self.path)?;
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
        let transaction = transaction.map_err(refused)?;
        transaction.execute_batch(text).map_err(refused)?;
        if let Some(last) = last {
            run(&transaction, last.sql, &last.args).map_err(refused)?;
        }
        transaction.commit().map_err(|error| Error::Indeterminate(error.to_string()))
    }
}

/// The file holds hashes of passwords: nobody else on the machine may read it.
fn make_private(path: &str) -> Result<(), Error> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    if let Ok(found) = std::fs::metadata(path) {
        let mode = found.permissions().mode() & 0o777;
        let advice =
            || Error::Unavailable(format!("{path} is open to others (mode {mode:o}): run `chmod 600 {path}*`"));
        return if mode & 0o077 == 0 { Ok(()) } else { Err(advice()) };
    }
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map(drop).map_err(|error| Error::Unavailable(format!("cannot make {path}: {error}")))
}

fn connect(path: &str) -> Result<Connection, Error> {
    let open = || {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -4096)?;
        // Pages are written again and again; at 16 MB they are moved into the file, each once.
        connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
        // Batches that share a commit note down what to undo; a file for that would be written and thrown away each time.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        // Else some statements are planned anew for every value that is bound, which takes longer than running them.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| Error::Unavailable(format!("cannot open {path}: {error}")))
}

impl Writer {
    fn waiting(&self) -> MutexGuard<'_, Vec<Job>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what waits, unless somebody is at it: who is, looks again afterwards. Gives whether something still waits after so
    /// many rounds.
    fn write_waiting(&self, rounds: usize) -> bool {
        for _ in 0..rounds {
            let connection = match self.connection.try_lock() {
                Ok(connection) => connection,
                Err(TryLockError::Poisoned(broken)) => broken.into_inner(),
                Err(TryLockError::WouldBlock) => return false,
            };
            let mut waiting = self.waiting();
            let together = waiting.len().min(TOGETHER);
            let jobs: Vec<Job> = waiting.drain(..together).collect();
            drop(waiting);
            let outcomes = if jobs.is_empty() { Vec::new() } else { write_together(&connection, &jobs) };
            for (job, outcome) in jobs.into_iter().zip(outcomes) {
                // Whoever asked may have gone; what was written stays written.
                let _ = job.reply.send(outcome);
            }
            // Let go before looking again: whoever came too late to get hold of it relies on that.
            drop(connection);
            if self.waiting().is_empty() {
                return false;
            }
        }
        true
    }
}

fn write_together(connection: &Connection, jobs: &[Job]) -> Vec<Result<Outcome, Error>> {
    let all = |error: Error| jobs.iter().map(|_| Err(error.clone())).collect();
    if let Err(error) = control(connection, "BEGIN IMMEDIATE") {
        return all(refused(error));
    }
    if let [only] = jobs {
        return vec![write_alone(connection, &only.batch)];
    }
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        outcomes.push(write_one(connection, &job.batch));
        // A full disk undoes the whole transaction by itself: nothing of it may be taken for written.
        if connection.is_autocommit() {
            return all(Error::Unavailable("the disk is full or failing; nothing was written".into()));
        }
    }
    match commit(connection) {
        Ok(()) => outcomes,
        Err(error) => all(error),
    }
}

/// One batch in a transaction of its own: nothing else waits, so it needs no savepoint.
fn write_alone(connection: &Connection, batch: &[Stmt]) -> Result<Outcome, Error> {
    let outcome = run_all(connection, batch);
    if let Ok(Outcome::Committed(_)) = outcome {
        return commit(connection).and(outcome);
    }
    if !connection.is_autocommit() {
        control(connection, "ROLLBACK").map_err(refused)?;
    }
    outcome
}

fn commit(connection: &Connection) -> Result<(), Error> {
    control(connection, "COMMIT").map_err(|error| {
        // A commit that fails in SQLite has not happened once it is rolled back.
        let undone = connection.is_autocommit() || control(connection, "ROLLBACK").is_ok();
        let text = error.to_string();
        if undone { Error::Unavailable(text) } else { Error::Indeterminate(text) }
    })
}

fn control(connection: &Connection, sql: &'static str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// One batch of several that share a transaction.
fn write_one(connection: &Connection, batch: &[Stmt]) -> Result<Outcome, Error> {
    control(connection, "SAVEPOINT batch").map_err(refused)?;
    let outcome = run_all(connection, batch);
    if connection.is_autocommit() {
        return outcome;
    }
    if !matches!(outcome, Ok(Outcome::Committed(_))) {
        control(connection, "ROLLBACK TO batch").map_err(refused)?;
    }
    control(connection, "RELEASE batch").map_err(refused)?;
    outcome
}

/// The statements of a batch, one after the other, up to the first that breaks off.
fn run_all(connection: &Connection, batch: &[Stmt]) -> Result<Outcome, Error> {
    let mut results = Vec::with_capacity(batch.len());
    for statement in batch {
        let (rows, changed) = run(connection, statement.sql, &statement.args).map_err(refused)?;
        if statement.guard && changed == 0 && rows.is_empty() {
            return Ok(Outcome::Guarded);
        }
        results.push(rows);
    }
    Ok(Outcome::Committed(results))
}

fn run(connection: &Connection, sql: &'static str, args: &[Value]) -> rusqlite::Result<(Vec<Row>, u64)> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    if columns == 0 {
        let changed = statement.execute(params_from_iter(args))?;
        return Ok((Vec::new(), changed as u64));
    }
    let mut found = statement.query(params_from_iter(args))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let values = (0..columns).map(|column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Integer(number) => Value::Int(number),
                ValueRef::Null => Value::OptText(None),
                other => Value::Text(other.as_str()?.to_owned()),
            })
        });
        rows.push(Row(values.collect::<rusqlite::Result<_>>()?));
    }
    let changed = rows.len() as u64;
    Ok((rows, changed))
}

fn refused(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => Error::Duplicate(error.to_string()),
        _ => Error::Unavailable(error.to_string()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Text(text) | Self::OptText(Some(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Int(number) | Self::OptInt(Some(number)) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Self::OptText(None) | Self::OptInt(None) => ToSqlOutput::Borrowed(ValueRef::Null),
        })
    }
}
