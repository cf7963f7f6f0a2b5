//! PostgreSQL 14 or later: a pool of connections, statements prepared once on each.

use std::error::Error as _;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Transaction};
use futures_util::future::join_all;
use tokio_postgres::Statement;
use tokio_postgres::types::{ToSql, Type};

use super::db::{Error, Outcome, Row, Stmt, Value};

/// Connections at most.
const CONNECTIONS: usize = 16;

/// Statements of a batch that are sent before the first answer is there: else each would hold its locks for a round trip more. So
/// few are sent in their order.
const ON_THEIR_WAY: usize = 16;

/// An open PostgreSQL database.
pub struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(super) async fn open(url: &str) -> Result<Self, Error> {
        // The address holds a password: the parser's own words stay out of the message.
        let parsed = url.parse::<tokio_postgres::Config>();
        let mut config = parsed.map_err(|_| Error::Unavailable("store.url is not a PostgreSQL address".into()))?;
        config.connect_timeout(Duration::from_secs(5)).application_name("regain");
        config.tcp_user_timeout(Duration::from_secs(10));
        if config.get_options().is_none() {
            // A server that hangs must not hold up every page: statements and open transactions have an end.
            config.options("-c statement_timeout=5000 -c idle_in_transaction_session_timeout=10000");
        }
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, tls(), manager);
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(Duration::from_secs(5)))
            .create_timeout(Some(Duration::from_secs(5)))
            .recycle_timeout(Some(Duration::from_secs(5)))
            .build()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let opened = Self { pool };
        drop(opened.connection().await?);
        Ok(opened)
    }

    async fn connection(&self) -> Result<Object, Error> {
        self.pool.get().await.map_err(|error| {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            Error::Unavailable(format!("{error}{cause}"))
        })
    }

    pub(super) async fn read(&self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, Error> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached(&text(sql)).await.map_err(refused)?;
        let rows = connection.query(&statement, &bound(args)).await.map_err(refused)?;
        rows.iter().map(row).collect()
    }

    pub(super) async fn write(&self, batch: &[Stmt]) -> Result<Outcome, Error> {
        let mut connection = self.connection().await?;
        let mut prepared = Vec::with_capacity(batch.len());
        for statement in batch {
            prepared.push(connection.prepare_cached(&text(statement.sql)).await.map_err(refused)?);
        }
        let transaction = connection.transaction().await.map_err(refused)?;
        let mut results = Vec::with_capacity(batch.len());
        for some in batch.iter().zip(&prepared).collect::<Vec<_>>().chunks(ON_THEIR_WAY) {
            let answers = some.iter().map(|(statement, prepared)| run(&transaction, prepared, &statement.args));
            for ((statement, _), answer) in some.iter().zip(join_all(answers).await) {
                let (rows, changed) = answer?;
                // What came after it is undone with it.
                if statement.guard && changed == 0 {
                    transaction.rollback().await.map_err(refused)?;
                    return Ok(Outcome::Guarded);
                }
                results.push(rows);
            }
        }
        transaction.commit().await.map_err(|error| match error.as_db_error() {
            Some(_) => refused(error),
            None => Error::Indeterminate(error.to_string()),
        })?;
        Ok(Outcome::Committed(results))
    }

    pub(super) async fn prepare(&self, sql: &str) -> Result<(), Error> {
        self.connection().await?.prepare(&text(sql)).await.map(drop).map_err(refused)
    }

    pub(super) async fn script(&self, script: &str, last: Option<&Stmt>) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await.map_err(refused)?;
        // Two nodes that start together: the second waits here and finds the work done.
        transaction.batch_execute("SELECT pg_advisory_xact_lock(7304136)").await.map_err(refused)?;
        transaction.batch_execute(script).await.map_err(refused)?;
        if let Some(last) = last {
            transaction.execute(last.sql, &bound(&last.args)).await.map_err(refused)?;
        }
        transaction.commit().await.map_err(refused)
    }
}

/// The rows of a statement, and how many it has changed.
async fn run(transaction: &Transaction<'_>, statement: &Statement, args: &[Value]) -> Result<(Vec<Row>, u64), Error> {
    let args = bound(args);
    if statement.columns().is_empty() {
        return Ok((Vec::new(), transaction.execute(statement, &args).await.map_err(refused)?));
    }
    let rows = transaction.query(statement, &args).await.map_err(refused)?;
    let changed = rows.len() as u64;
    Ok((rows.iter().map(row).collect::<Result<_, _>>()?, changed))
}

fn tls() -> tokio_postgres_rustls::MakeRustlsConnect {
    tokio_postgres_rustls::MakeRustlsConnect::new(crate::tls::client())
}

/// SQLite knows no row locks; what only PostgreSQL should read stands between `/*pg` and `*/`.
fn text(sql: &str) -> std::borrow::Cow<'_, str> {
    match sql.split_once("/*pg") {
        None => sql.into(),
        Some((before, rest)) => {
            let (inside, after) = rest.split_once("*/").unwrap_or((rest, ""));
            format!("{before}{inside}{after}").into()
        }
    }
}

fn bound(args: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    args.iter()
        .map(|value| match value {
            Value::Text(text) => text as &(dyn ToSql + Sync),
            Value::Int(number) => number,
            Value::OptText(text) => text,
            Value::OptInt(number) => number,
        })
        .collect()
}

fn row(row: &tokio_postgres::Row) -> Result<Row, Error> {
    let value = |place: usize| match *row.columns()[place].type_() {
        Type::INT8 => row.try_get(place).map(Value::OptInt),
        _ => row.try_get(place).map(Value::OptText),
    };
    (0..row.len()).map(value).collect::<Result<_, _>>().map(Row).map_err(|error| Error::Corrupt(error.to_string()))
}

fn refused(error: tokio_postgres::Error) -> Error {
    // The database's own message may quote values; its code and the name of the constraint may not.
    match error.as_db_error() {
        Some(refusal) if refusal.code() == &tokio_postgres::error::SqlState::UNIQUE_VIOLATION => {
            Error::Duplicate(refusal.constraint().unwrap_or_default().to_owned())
        }
        Some(refusal) => Error::Unavailable(format!("{} {}", refusal.code().code(), refusal.message())),
        None => Error::Unavailable(error.to_string()),
    }
}
