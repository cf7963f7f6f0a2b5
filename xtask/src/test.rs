//! Every check and every test, in the order in which a mistake is cheapest to find. Stops at the first that fails.

mod hints;

use std::process::Command;

use crate::host::{self, Outcome};
use crate::{fuzz, setup, tidy};

/// A part of the whole run.
struct Stage {
    name: &'static str,
    run: fn() -> Outcome,
    /// What somebody does about a failure.
    advice: &'static str,
}

static STAGES: &[Stage] = &[
    Stage { name: "format", run: format, advice: "Run `cargo fmt` and look at what it changed." },
    Stage { name: "tidy", run: tidy::check, advice: "Each line above says where, which rule, and what to do." },
    Stage {
        name: "lint",
        run: lint,
        advice: "Mend what clippy names. A lint that is wrong in one place gets an `expect` with a reason, there only.",
    },
    Stage {
        name: "fuzz targets",
        run: fuzz::check,
        advice: "A target in fuzz/targets calls what has changed, or fuzz/Cargo.lock is behind: run `cargo metadata` in fuzz.",
    },
    Stage {
        name: "tests",
        run: tests,
        advice: "Run one alone with `cargo test -p <package> <part of its name>`. A server that is missing is installed \
                 by `cargo xtask setup`.",
    },
    Stage {
        name: "browser",
        run: browser,
        advice: "Run them alone with `npm test` in crates/server/tests/browser; a failing walk leaves a picture of the \
                 page in target/browser.",
    },
];

/// A run of its own, on a server that takes too long for every day.
struct Special {
    option: &'static str,
    run: fn(install: bool) -> Outcome,
}

static SPECIALS: &[Special] =
    &[Special { option: "--389ds", run: on_ds389 }, Special { option: "--ad-hints", run: hints::run }];

/// `cargo xtask test`.
pub(crate) fn run(words: &[String]) -> Outcome {
    let special = SPECIALS.iter().find(|special| words.iter().any(|word| word == special.option));
    let others: Vec<String> =
        words.iter().filter(|word| special.is_none_or(|special| *word != special.option)).cloned().collect();
    let install = !host::flag(&others, "--no-install")?;
    if let Some(special) = special {
        if !host::is_root() {
            let option = special.option;
            return Err(format!(
                "test {option} needs root: the server it starts does. Try: sudo --preserve-env=PATH cargo xtask test {option}"
            ));
        }
        return (special.run)(install);
    }
    let begun = host::start();
    timed("setup", || setup::prepare(install), "Nothing was tested. The lines above say what is missing.")?;
    for stage in STAGES {
        timed(stage.name, stage.run, stage.advice)?;
    }
    println!("\nAll well after {:.0} s.", begun.elapsed().as_secs_f64());
    Ok(())
}

fn on_ds389(install: bool) -> Outcome {
    setup::prepare_one(&setup::DS389, install)?;
    let words = ["test", "--locked", "--package", "regain", "--test", "it", "ds389"];
    host::run(cargo(&words).env("REGAIN_TEST_389DS", "1"))
}

fn timed(name: &str, run: impl FnOnce() -> Outcome, advice: &str) -> Outcome {
    println!("\n== {name}");
    let begun = host::start();
    let outcome = run();
    let seconds = begun.elapsed().as_secs_f64();
    match outcome {
        Ok(()) => {
            println!("== {name}: well, {seconds:.1} s");
            Ok(())
        }
        Err(told) => Err(format!("== {name}: FAILED after {seconds:.1} s\n{told}\n{advice}")),
    }
}

fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(words).current_dir(host::root());
    command
}

fn format() -> Outcome {
    host::run(&mut cargo(&["fmt", "--all", "--check"]))
}

fn lint() -> Outcome {
    host::run(&mut cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

fn tests() -> Outcome {
    // With this set, a test whose server is missing fails instead of saying what it skipped.
    host::run(cargo(&["test", "--quiet", "--workspace", "--locked"]).env("REGAIN_TEST_REQUIRE", "1"))
}

fn browser() -> Outcome {
    host::run(&mut cargo(&["build", "--quiet", "--locked", "--package", "regain"]))?;
    let own = std::env::current_exe().map_err(|error| format!("cannot tell where the programs were built: {error}"))?;
    let program = own.with_file_name("regain");
    host::run(Command::new("npm").args(["test", "--silent"]).current_dir(host::browser_tests()).env("REGAIN", program))
}
