//! `regain check`: all problems of the configuration at once.

use std::collections::BTreeSet;

use regain_core::Policy;
use regain_core::method::Channel;

use super::ConfigArg;
use super::serve::drop_uncarried;
use crate::audit;
use crate::banned;
use crate::breach::Filter;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::server::StoreSection;
use crate::delivery::Delivery;
use crate::directory;
use crate::edge::certificate;
use crate::phone::Countries;

/// What `regain check` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
}

/// Reads the configuration and the files it names, and says what is wrong with them. Connects to nothing, makes nothing.
///
/// # Errors
/// The problems, one to a line.
pub fn run(args: &Args) -> Result<(), String> {
    let lines = |problems: Vec<String>| problems.join("\nregain: ");
    let table = Config::table(args.config.config.as_deref()).map_err(lines)?;
    let (mut config, mut problems) = Config::read(table);
    problems.extend(store_problem(&config.store));
    problems.extend(certificate::problem(&config.settings.server, Clock::real().now()));
    problems.extend(directory::check(config.directory.clone()).err());
    problems.extend(config.settings.organisation.logo_problem());
    problems.extend(audit::problems(&config.audit));
    let files = &config.settings.password_files;
    problems.extend(banned::Words::open(files.banned_words.clone()).err());
    let breach = files.breach.as_deref().and_then(|file| Filter::open(file).err());
    problems.extend(breach.map(|why| format!("password.breach_file: {why}")));
    // With a wrong policy its defaults stand there, about which nothing needs to be said.
    let policy_stands = !problems.iter().any(|problem| problem.starts_with("policy"));
    let mut dropped = Vec::new();
    match Delivery::open(&config.delivery, Clock::real()) {
        Ok(delivery) if policy_stands => {
            dropped = drop_uncarried(&mut config, &delivery).unwrap_or_else(|problem| {
                problems.push(problem);
                Vec::new()
            });
        }
        Ok(_) => {}
        Err(found) => problems.extend(found),
    }
    if !problems.is_empty() {
        return Err(lines(problems));
    }
    for method in dropped {
        let name = method.name();
        note(&format!("policy.methods has {name}, but no gateway carries it: it will not be offered"));
    }
    if shuts_administrators_out(&config.policy) {
        note(
            "administrators need two methods on two devices, and what can be sent reaches one device only: none of them can \
             reset alone. Allow another method in policy.methods and add its gateway",
        );
    }
    if config.settings.budget.countries == Countries::All && config.policy.channels != [Channel::Email] {
        note(
            "texts and calls go to every country there is. Set organisation.region, or list in budget.countries where they \
             may go",
        );
    }
    println!("The configuration is good.");
    Ok(())
}

fn note(what: &str) {
    eprintln!("regain: note: {what}");
}

/// Whether the store's address can be one.
fn store_problem(store: &StoreSection) -> Option<String> {
    let url = match store.address() {
        Ok(url) => url,
        Err(problem) => return Some(format!("{problem}; check the path and who may read it")),
    };
    let known = ["sqlite:", "postgres://", "postgresql://"];
    if known.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
        return None;
    }
    // The address is not repeated: there may be a password in it.
    let key = if store.url_file.is_some() { "store.url_file" } else { "store.url" };
    Some(format!("{key}: the address must be like sqlite:regain.db or postgres://user:password@host/database"))
}

/// Whether there are administrators, and no two methods that reach different devices.
fn shuts_administrators_out(policy: &Policy) -> bool {
    let devices: BTreeSet<&str> = policy.methods.iter().map(|method| method.contact().name()).collect();
    !policy.administrators.is_empty() && devices.len() < 2
}
