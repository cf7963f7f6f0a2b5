//! Bringing the tables up to date. Forward only; a store from a newer version is left alone.

use regain_core::Time;

use super::db::{Db, Error, Stmt};
use super::statements;

/// All migrations, in order; the first makes version 1.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_foundation.sql"),
    include_str!("../../migrations/0002_registration.sql"),
    include_str!("../../migrations/0003_crowd.sql"),
    include_str!("../../migrations/0004_audit.sql"),
    include_str!("../../migrations/0005_throttle_whom.sql"),
    include_str!("../../migrations/0006_earlier_passwords.sql"),
    include_str!("../../migrations/0007_signed_out.sql"),
];

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS migration (version BIGINT NOT NULL PRIMARY KEY, at BIGINT NOT NULL)";

statements! {
    /// The newest version applied.
    VERSION = "SELECT COALESCE(MAX(version), 0) FROM migration";
    /// Notes one more.
    APPLIED = "INSERT INTO migration (version, at) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING";
}

pub(super) async fn run(db: &Db, now: Time) -> Result<(), Error> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    db.script(LEDGER, None).await?;
    let found = version(db).await?;
    if found > known {
        return Err(Error::Corrupt(format!(
            "it was made by a newer version of Regain (tables {found}, this program knows {known}): use that version"
        )));
    }
    for (version, script) in (1..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        let applied = db.script(script, Some(Stmt::new(APPLIED, vec![version.into(), now.into()]))).await;
        if let Err(error) = applied {
            // Another node may have been quicker; then the version says so.
            if self::version(db).await? < version {
                return Err(error);
            }
        }
    }
    Ok(())
}

async fn version(db: &Db) -> Result<i64, Error> {
    db.read(VERSION, vec![]).await?.first().map_or(Ok(0), |row| row.int(0))
}
