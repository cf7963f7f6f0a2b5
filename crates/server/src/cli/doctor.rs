//! `regain doctor`: looks at every connection as it is now, and says what to do about what is wrong.

use std::process::ExitCode;

use super::ConfigArg;
use super::serve::log;
use crate::audit;
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::Delivery;
use crate::directory::several::{self, Others};
use crate::directory::{self, Deps, Directory, canary};
use crate::edge::certificate;
use crate::finding::{Finding, State};
use crate::store::{KeyFile, Store};

/// What `regain doctor` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// The User ID of an account that is there to be tried out: its password is set and it is locked and unlocked
    #[arg(long, value_name = "USER_ID")]
    canary: Option<String>,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Looks at everything. Exit status: 0 if nothing is bad, 1 if something is.
///
/// # Errors
/// Why nothing could be looked at (exit status 2).
pub async fn run(args: Args) -> Result<ExitCode, String> {
    log();
    let lines = |problems: Vec<String>| problems.join("\nregain: ");
    let config = Config::load(args.config.config.as_deref()).map_err(lines)?;
    let delivery = Delivery::open(&config.delivery, Clock::real()).map_err(lines)?;
    directory::check(config.directory.clone())?;
    several::check(&config.others).into_iter().next().map_or(Ok(()), Err)?;
    let mut findings = Vec::new();
    if let Some(store) = store(&config, &mut findings).await {
        findings.extend(audit::examine(&config.audit, &store).await);
        findings.extend(directory(&config, store, args.canary.as_deref()).await?);
    }
    findings.extend(delivery.look().await);
    findings.extend(certificate::look(&config.settings.server, Clock::real().now()));
    let bad = findings.iter().any(|finding| finding.state == State::Bad);
    if args.json {
        let state = if bad { State::Bad } else { State::Good };
        println!("{}", serde_json::json!({ "state": state, "findings": findings }));
    } else {
        findings.iter().for_each(show);
    }
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn show(finding: &Finding) {
    let Finding { what, state, says, fix } = finding;
    let mark = match state {
        State::Good => "good    ",
        State::Warn => "WARNING ",
        State::Bad => "BAD     ",
        State::Skipped => "skipped ",
    };
    println!("{mark}{what}: {says}");
    if let Some(fix) = fix {
        println!("        to do: {fix}");
    }
}

/// The key and the store. Without a key nothing is made: the doctor only looks.
async fn store(config: &Config, findings: &mut Vec<Finding>) -> Option<Store> {
    let path = &config.store.key_file;
    if !path.exists() {
        let fix = "Start `regain serve` once, which makes it, or bring it back from the backup: what is sealed in the store \
                   cannot be read without it.";
        findings.push(Finding::bad("key", format!("{} is not there", path.display()), fix));
        return None;
    }
    let keys = match KeyFile::read_or_make(path).map(|file| file.keys()) {
        Ok(keys) => keys,
        Err(error) => {
            findings.push(Finding::bad("key", error.to_string(), format!("chmod 600 {}", path.display())));
            return None;
        }
    };
    findings.push(Finding::good("key", format!("{} can be read by its owner alone", path.display())));
    let opened = match config.store.address() {
        Ok(url) => Store::open(&url, keys, Clock::real()).await.map_err(|error| error.to_string()),
        Err(error) => Err(error),
    };
    match opened {
        Ok(store) => {
            findings.push(Finding::good("store", "it answers, its tables are up to date, and the key is its own"));
            Some(store)
        }
        Err(error) => {
            findings.push(Finding::bad("store", error, "Check store.url, and whether the database runs."));
            None
        }
    }
}

async fn directory(config: &Config, store: Store, canary: Option<&str>) -> Result<Vec<Finding>, String> {
    let deps = Deps { store, clock: Clock::real(), groups: config.policy.groups() };
    let others = several::open(&deps, config.others.clone())?;
    let directory = directory::open(deps, config.directory.clone())?;
    let mut findings = directory.examine().await;
    findings.extend(others.examine().await);
    match canary {
        Some(user_id) => {
            findings.extend(canary::try_out(directory.as_ref(), user_id).await);
            findings.extend(elsewhere(directory.as_ref(), &others, user_id).await);
        }
        None => findings.push(Finding::skipped(
            "reset and unlock",
            "whether they work shows only by doing: give --canary the User ID of an account that is there for it",
        )),
    }
    Ok(findings)
}

/// The same account in the further directories.
async fn elsewhere(directory: &dyn Directory, others: &Others, user_id: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    // That it is not found has been said.
    let Ok(Some(person)) = directory.find(user_id).await else { return findings };
    for (name, other, link) in others.links(&person) {
        let found = match link {
            Some(link) => canary::try_out(other, link).await,
            None => {
                vec![Finding::skipped("canary", "the primary directory has no address of it, which would name it here")]
            }
        };
        findings.extend(found.into_iter().map(|finding| finding.of(name)));
    }
    findings
}
