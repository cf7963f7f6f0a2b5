//! Plays the adversary against the real program: servers of its own on loopback, and nothing else.

mod client;
mod evidence;
mod forms;
mod guessing;
mod hosts;
mod ids;
mod inbox;
mod injection;
mod races;
mod sink;
mod site;
mod slow;
mod steps;
mod timing;
mod walk;

use std::process::Command;
use std::sync::Arc;

use crate::host::{self, Outcome};
use site::Field;

/// A thing that an adversary tries. What it gives was measured while it held; an error is how far they got.
struct Attack {
    name: &'static str,
    run: fn(&Field) -> Outcome<String>,
}

static ATTACKS: &[Attack] = &[
    Attack { name: "every order of steps", run: steps::run },
    Attack { name: "ids swapped and altered", run: ids::run },
    Attack { name: "names of other hosts", run: hosts::run },
    Attack { name: "forms of other sites", run: forms::forged },
    Attack { name: "a cookie known before", run: forms::fixation },
    Attack { name: "replays", run: forms::replays },
    Attack { name: "100 at once, SQLite", run: races::sqlite },
    Attack { name: "100 at once, PostgreSQL", run: races::postgres },
    Attack { name: "injection", run: injection::run },
    Attack { name: "injection, OpenLDAP", run: injection::ldap },
    Attack { name: "User IDs that look alike", run: injection::look_alike },
    Attack { name: "guessing at full speed", run: guessing::run },
    Attack { name: "2,000 slow connections", run: slow::run },
    // Looks through what all those before it have seen.
    Attack { name: "links", run: |field| field.evidence.verdict() },
];

/// `cargo xtask adversary`, or one of its parts.
pub(crate) fn run(words: &[String]) -> Outcome {
    match words {
        [] => suite(""),
        [first, rest @ ..] if first == "timing" => timing::run(rest),
        [flag, name] if flag == "--only" => suite(name),
        _ => {
            Err("adversary takes nothing, --only and a part of an attack's name, or \"timing\" and its options.".into())
        }
    }
}

/// Every attack whose name has this in it.
fn suite(part: &str) -> Outcome {
    host::run(Command::new("cargo").args(["build", "--quiet", "--package", "regain"]).current_dir(host::root()))?;
    let field = Field { program: host::root().join("target/debug/regain"), evidence: Arc::default() };
    let attacks: Vec<&Attack> = ATTACKS.iter().filter(|attack| attack.name.contains(part)).collect();
    if attacks.is_empty() {
        return Err(format!("no attack has \"{part}\" in its name."));
    }
    let (mut broken, begun) = (0, host::start());
    for attack in attacks {
        let begun = host::start();
        let (verdict, told) = match (attack.run)(&field) {
            Ok(told) => ("held", told),
            Err(told) => ("BROKEN", told),
        };
        broken += usize::from(verdict == "BROKEN");
        println!("{:<25} {verdict:<6} {told} ({:.1} s)", attack.name, begun.elapsed().as_secs_f64());
    }
    println!("\n{:.0} s in all.", begun.elapsed().as_secs_f64());
    if broken == 0 { Ok(()) } else { Err(format!("{broken} of the attacks got somewhere.")) }
}
