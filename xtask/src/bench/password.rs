//! `cargo xtask bench password`: how long the verdict on a password takes, for ordinary and for hostile ones.

use std::process::Command;

use crate::host::{self, Outcome};

pub(super) fn run() -> Outcome {
    let words = ["run", "--quiet", "--release", "--package", "regain-core", "--example", "verdict"];
    host::run(Command::new("cargo").args(words).current_dir(host::root()))
}
