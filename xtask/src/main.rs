//! The chores of this repository: `cargo xtask <command>`.

mod adversary;
mod bench;
mod fuzz;
mod host;
mod setup;
mod test;
mod tidy;
mod words;

use std::process::ExitCode;

use host::Outcome;

/// A command of this tool.
struct Chore {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Outcome,
}

static CHORES: &[Chore] = &[
    Chore { name: "test", about: "install what the tests need, then run every check and test", run: test::run },
    Chore { name: "setup", about: "only install what the tests need from Debian and npm", run: setup::run },
    Chore { name: "tidy", about: "only check the rules that no compiler checks", run: tidy::run },
    Chore {
        name: "fuzz",
        about: "feed every parser with bytes nobody thought of; --seconds N for each",
        run: fuzz::run,
    },
    Chore { name: "words", about: "make the word lists of crates/core/words anew", run: words::run },
    Chore {
        name: "adversary",
        about: "attack the program over loopback; --only PART of an attack's name; timing [--quick] [--no-pad]",
        run: adversary::run,
    },
    Chore { name: "bench", about: "measure the release over loopback, on both stores", run: bench::run },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = words.split_first() else {
        help();
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        help();
        return ExitCode::SUCCESS;
    }
    let Some(chore) = CHORES.iter().find(|chore| chore.name == name) else {
        eprintln!("There is no command \"{name}\".\n");
        help();
        return ExitCode::from(2);
    };
    match (chore.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(told) => {
            eprintln!("\n{told}");
            ExitCode::FAILURE
        }
    }
}

fn help() {
    println!("Usage: cargo xtask <command>\n");
    for chore in CHORES {
        println!("  {:<9} {}", chore.name, chore.about);
    }
    println!("\nOptions of test and setup:");
    println!("  --389ds        of test: only 389 Directory Server, which takes long to start; needs root");
    println!("  --ad-hints     of test: only Active Directory, on a Samba with policy hints in a folder; needs root");
    println!("  --no-install   install nothing; what is missing then fails where it is needed");
}
