//! `regain check`: all problems of the configuration at once.

use super::ConfigArg;
use super::serve::drop_uncarried;
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::Delivery;

/// What `regain check` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
}

/// Reads the configuration and says what is wrong with it. Opens nothing.
///
/// # Errors
/// The problems, one to a line.
pub fn run(args: &Args) -> Result<(), String> {
    let checked = Config::load(args.config.config.as_deref())
        .and_then(|config| Delivery::open(&config.delivery, Clock::real()).map(|delivery| (config, delivery)));
    let (mut config, delivery) = checked.map_err(|problems| problems.join("\nregain: "))?;
    for method in drop_uncarried(&mut config, &delivery)? {
        eprintln!(
            "regain: note: policy.methods has {}, but no gateway carries it: it will not be offered",
            method.name()
        );
    }
    println!("The configuration is good.");
    Ok(())
}
