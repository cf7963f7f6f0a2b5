//! `cargo xtask bench audit`: how many events a second are written and chained, on both stores.

use std::process::Command;

use super::server::Postgres;
use crate::host::{self, Outcome};

pub(super) fn run() -> Outcome {
    println!("SQLite");
    on(None)?;
    println!("\nPostgreSQL");
    let postgres = Postgres::start()?;
    on(Some(&postgres.url))
}

fn on(url: Option<&str>) -> Outcome {
    let words = ["run", "--quiet", "--release", "--package", "regain", "--example", "audit", "--"];
    host::run(Command::new("cargo").args(words).args(url).current_dir(host::root()))
}
