//! The command line. Each command is a file of its own.

pub mod check;
pub mod demo;
pub mod method;
pub mod password;
pub mod serve;
mod sheet;
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
    /// Look after the people of the embedded directory
    User(user::Args),
    /// Look after the contacts by which people are verified
    Method(method::Args),
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

/// Parses the arguments and runs the command. Exit status: 0 done, 1 it did not work, 2 the arguments are wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the runtime could not be started: {error}")),
    };
    let done = match cli.command {
        Command::Demo(args) => runtime.block_on(demo::run(args)),
        Command::Serve(args) => runtime.block_on(serve::run(args)),
        Command::Check(args) => check::run(&args),
        Command::User(args) => runtime.block_on(user::run(args)),
        Command::Method(args) => runtime.block_on(method::run(args)),
        Command::Password(args) => return password::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => failed(&message),
    }
}

fn failed(message: &str) -> ExitCode {
    eprintln!("regain: {message}");
    ExitCode::FAILURE
}
