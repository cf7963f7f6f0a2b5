//! `regain audit`: whether the trail is as it was written, and a copy of it to be read elsewhere.

mod export;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

use super::ConfigArg;
use crate::audit::{PublicKey, SigningKey, trusted};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{KeyFile, Store};

/// What `regain audit` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Look whether anything was edited, taken out, put in, moved or cut off, and say where
    Verify(verify::Args),
    /// Write events to standard output
    Export(export::Args),
    /// Show the public key, by which others can check signatures
    Key,
}

/// Runs the command. Exit status: 0 done, and nothing is wrong; 1 something is wrong.
///
/// # Errors
/// Why it could not be looked at or written (exit status 2).
pub async fn run(args: Args) -> Result<ExitCode, String> {
    let config = || Config::load(args.config.config.as_deref()).map_err(|problems| problems.join("\nregain: "));
    match args.command {
        Command::Verify(asked) => verify::run(asked, config).await,
        Command::Export(asked) => export::run(&asked, &config()?).await.map(|()| ExitCode::SUCCESS),
        Command::Key => {
            let config = config()?;
            let key = SigningKey::existing(&config.audit, &config.audit.key_file(&config.store.key_file))?;
            println!("{}\n{}", key.public().hex(), key.public().pem());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The store, as it is: nothing is made.
async fn open(config: &Config) -> Result<Store, String> {
    let path = &config.store.key_file;
    if !path.exists() {
        return Err(format!("store.key_file: {} is not there; give the one of this installation", path.display()));
    }
    let keys = KeyFile::read_or_make(path).map_err(|error| format!("store.key_file: {error}"))?.keys();
    let opened = Store::open(&config.store.address()?, keys, Clock::real()).await;
    opened.map_err(|error| format!("store.url: {error}"))
}

/// The keys whose signatures count: the installation's own, the former ones, and those that were given.
fn keys(config: &Config, given: &[String]) -> Result<Vec<PublicKey>, String> {
    let mut keys = parse(given)?;
    keys.extend(trusted(&config.audit)?);
    match SigningKey::existing(&config.audit, &config.audit.key_file(&config.store.key_file)) {
        Ok(own) => keys.push(own.public().clone()),
        Err(problem) if keys.is_empty() => return Err(problem),
        Err(_) => {}
    }
    Ok(keys)
}

fn parse(given: &[String]) -> Result<Vec<PublicKey>, String> {
    given.iter().map(|text| PublicKey::parse(text).map_err(|why| format!("--public-key: {why}"))).collect()
}
