//! `regain breach`: the filter of passwords known from data breaches.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use regain_core::password;

use super::ConfigArg;
use super::serve::arm_faults;
use super::typed;
use crate::breach::{self, Built, Filter, Options, Source};
use crate::clock::Clock;
use crate::config::Config;

/// What `regain breach` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a filter from lists of hashes; run it again if it broke off, and it goes on from there
    Build {
        /// Lists with one HASH:COUNT to a line (SHA-1 or NTLM; the count may be missing), plain or packed by gzip or zstd; -
        /// for standard input
        #[arg(required = true, value_name = "INPUT")]
        inputs: Vec<PathBuf>,
        /// The filter; one that is there is replaced when the new one is ready
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// Refuse anything but NTLM hashes; otherwise the first line says what the lists have
        #[arg(long)]
        ntlm: bool,
        /// Mistake a good password for a breached one once in 65,536 times instead of 256, in a file twice as large
        #[arg(long)]
        precise: bool,
        /// Leave out what was seen less often; lines without a count are taken
        #[arg(long, value_name = "N", default_value_t = 0)]
        min_count: u64,
        /// Leave out lines that cannot be read, and count them, instead of refusing the list
        #[arg(long)]
        skip_bad: bool,
    },
    /// Look up a password, typed or from standard input: exit status 0 if it is not there, 1 if it is, 2 if that cannot be
    /// told
    Check {
        /// The filter; without it, password.breach_file of the configuration
        #[arg(short, long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Say what a filter is made of, and look through it for damage
    Info {
        /// The filter
        file: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command. Whoever asks about a password gets an exit status for each answer, and another one for none.
pub fn run(args: Args) -> ExitCode {
    let (done, unknown) = match args.command {
        Command::Build { inputs, output, ntlm, precise, min_count, skip_bad } => {
            arm_faults();
            (build(inputs, &output, Options { ntlm, precise, min_count, skip_bad }), 1)
        }
        Command::Check { file } => (check(file, &args.config), 2),
        Command::Info { file, json } => (info(&file, json), 1),
    };
    done.unwrap_or_else(|error| {
        eprintln!("regain: {error}");
        ExitCode::from(unknown)
    })
}

fn build(inputs: Vec<PathBuf>, output: &Path, options: Options) -> Result<ExitCode, String> {
    let inputs = inputs.into_iter().map(Source::named).collect::<Result<Vec<_>, _>>()?;
    let built = breach::build(&inputs, output, options, Clock::real().now(), std::io::stderr().is_terminal())?;
    print!("{}", summary(&built, output));
    Ok(ExitCode::SUCCESS)
}

fn summary(built: &Built, output: &Path) -> String {
    let Built { about, length, taken, rare, bad } = built;
    let mut said = format!(
        "{}: {} passwords ({}) in {length} bytes, {:.2} each\n",
        output.display(),
        about.entries,
        about.kind.name(),
        *length as f64 / about.entries as f64
    );
    for (count, what) in [
        (taken - about.entries, "lines that say the same as another"),
        (*rare, "lines left out because of --min-count"),
        (*bad, "lines left out that cannot be read"),
    ] {
        if count > 0 {
            said += &format!("{count} {what}\n");
        }
    }
    said
}

fn check(file: Option<PathBuf>, config: &ConfigArg) -> Result<ExitCode, String> {
    let file = match file {
        Some(file) => file,
        None => configured(config)?,
    };
    let filter = Filter::open(&file)?;
    let password = password::normalised(&typed::password_once()?);
    if filter.holds(&password) {
        println!("This password has appeared in a data breach.");
        return Ok(ExitCode::FAILURE);
    }
    println!("This password is not in the filter.");
    Ok(ExitCode::SUCCESS)
}

fn configured(config: &ConfigArg) -> Result<PathBuf, String> {
    let config = Config::load(config.config.as_deref()).map_err(|problems| problems.join("\nregain: "))?;
    config
        .settings
        .password_files
        .breach
        .ok_or_else(|| "there is no filter: name one with -f, or set password.breach_file".into())
}

fn info(file: &Path, json: bool) -> Result<ExitCode, String> {
    let filter = Filter::open(file)?;
    let (about, length) = (filter.about(), filter.length());
    let built = jiff::Timestamp::from_millisecond(about.built.0).map(|built| built.to_string()).unwrap_or_default();
    let each = (length as f64 / about.entries as f64 * 1_000.0).round() / 1_000.0;
    let one_in = about.precision.one_in();
    if json {
        let said = serde_json::json!({
            "version": 2,
            "hash": about.kind.name(),
            "entries": about.entries,
            "bytes": length,
            "bytes_per_entry": each,
            "false_positives": 1.0 / f64::from(one_in),
            "min_count": about.min_count,
            "built": built,
            "checksum": "verified",
        });
        println!("{said}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("Format           2");
    println!("Passwords        {} ({})", about.entries, about.kind.name());
    println!("Size             {length} bytes, {each} each");
    println!("False positives  1 in {one_in}");
    match about.min_count {
        0 => println!("Smallest count   all were taken"),
        count => println!("Smallest count   {count}"),
    }
    println!("Built            {built}");
    println!("Checksum         verified");
    Ok(ExitCode::SUCCESS)
}
