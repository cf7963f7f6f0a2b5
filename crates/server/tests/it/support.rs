//! What the tests start for themselves.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod edge;
pub(crate) mod gateways;
pub(crate) mod https;
pub(crate) mod links;
pub(crate) mod logs;
pub(crate) mod postgres;
pub(crate) mod providers;
pub(crate) mod proxy;
pub(crate) mod samba;
pub(crate) mod secrets;
pub(crate) mod slapd;
pub(crate) mod smtp;
pub(crate) mod visitor;

use regain::clock::Clock;
use regain::store::Store;
use regain_core::{Keys, Time};

/// Monday 23 November 2026, 10:00 in UTC: where clocks that are moved by hand start.
pub(crate) const START: Time = Time(1_795_428_000_000);

/// A store in a folder of its own, or in a database of its own.
pub(crate) struct Engine {
    /// sqlite or postgres.
    pub(crate) name: &'static str,
    /// What `store.url` would say.
    pub(crate) url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Engine {
    /// SQLite in a temporary folder.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self { name: "sqlite", url, _folder: Some(folder) }
    }

    /// A new database on the PostgreSQL server of this test run, if there is one.
    pub(crate) async fn postgres() -> Option<Self> {
        let url = postgres::database().await?;
        Some(Self { name: "postgres", url, _folder: None })
    }

    /// Both engines, or SQLite alone where PostgreSQL is missing and that is allowed.
    pub(crate) async fn both() -> Vec<Self> {
        [Some(Self::sqlite()), Self::postgres().await].into_iter().flatten().collect()
    }

    /// Opens a store on it.
    pub(crate) async fn open(&self, clock: &Clock) -> Store {
        Store::open(&self.url, keys(), clock.clone()).await.expect("the store opens")
    }
}

/// The keys of tests.
pub(crate) fn keys() -> Keys {
    Keys::new([42; 32])
}

/// Says loudly that something was not tested; where everything has to be there, that is a failure.
pub(crate) fn missing(what: &str) {
    let required =
        regain::config::environment().into_iter().any(|(name, on)| name == "REGAIN_TEST_REQUIRE" && on == "1");
    assert!(!required, "{what} is missing: run `cargo xtask test`, which installs it");
    eprintln!("\n!!! NOT TESTED: {what} is missing; run `cargo xtask test`, which installs it\n");
}
