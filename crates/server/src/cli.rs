//! The command line. Each command is a file of its own.

pub mod audit;
pub mod breach;
pub mod check;
pub mod demo;
pub mod doctor;
pub mod key;
pub mod limit;
pub mod method;
mod open;
pub mod password;
pub mod serve;
mod sheet;
mod trail;
mod typed;
pub mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Self-hosted self-service password reset.
#[derive(Parser)]
#[command(name = "regain", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Try it: everything embedded, sample people, and a page with the messages "sent"
    Demo(demo::Args),
    /// Run the service
    Serve(serve::Args),
    /// Look through the configuration and name all problems at once
    Check(check::Args),
    /// Look at every connection as it is now, and say what to do about what is wrong
    Doctor(doctor::Args),
    /// Look after the people of the embedded directory
    User(user::Args),
    /// Change the installation's key
    Key(key::Args),
    /// Look after the contacts by which people are verified
    Method(method::Args),
    /// See whether the audit trail is as it was written, and read it elsewhere
    Audit(audit::Args),
    /// See who has to wait because of a limit, and let them go on
    Limit(limit::Args),
    /// Make and ask the filter of passwords known from data breaches
    Breach(breach::Args),
    /// See how a password is judged
    Password(password::Args),
}

/// Where the configuration is; shared by the commands that need it.
#[derive(clap::Args, Clone, Debug)]
pub struct ConfigArg {
    /// The configuration file; without one, defaults and REGAIN__SECTION__KEY variables hold
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
}

/// Parses the arguments and runs the command. Exit status: 0 done, 1 it did not work, 2 the arguments are wrong, or the doctor
/// or the audit could not look.
pub fn main() -> ExitCode {
    keep_memory_to_ourselves();
    let cli = Cli::parse();
    // One of them may be waiting for the disk, see `store/sqlite.rs`.
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the runtime could not be started: {error}")),
    };
    let done = runtime.block_on(async {
        let done = match cli.command {
            Command::Audit(args) => return audit::run(args).await.map_err(|message| (message, 2)),
            Command::Doctor(args) => return doctor::run(args).await.map_err(|message| (message, 2)),
            Command::Demo(args) => demo::run(args).await,
            Command::Serve(args) => serve::run(args).await,
            Command::Check(args) => check::run(&args),
            Command::User(args) => user::run(args).await,
            Command::Key(args) => key::run(args).await,
            Command::Method(args) => method::run(args).await,
            Command::Limit(args) => limit::run(args).await,
            Command::Breach(args) => return Ok(breach::run(args)),
            Command::Password(args) => return Ok(password::run(&args)),
        };
        done.map(|()| ExitCode::SUCCESS).map_err(|message| (message, 1))
    });
    done.unwrap_or_else(|(message, status)| {
        eprintln!("regain: {message}");
        ExitCode::from(status)
    })
}

/// The moment in UTC (RFC 3339).
fn date(time: regain_core::Time) -> String {
    jiff::Timestamp::from_millisecond(time.0).map_or_else(|_| time.0.to_string(), |time| time.to_string())
}

/// Passwords pass through the memory: it is written into no file when the program breaks off, and no other program of the same
/// user may look into it (core(5), `PR_SET_DUMPABLE` in prctl(2)).
fn keep_memory_to_ourselves() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let done = setrlimit(Resource::Core, none).and(set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(error) = done {
        eprintln!("regain: the memory could not be protected from core dumps: {error}");
    }
}

fn failed(message: &str) -> ExitCode {
    eprintln!("regain: {message}");
    ExitCode::FAILURE
}
