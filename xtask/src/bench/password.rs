//! `cargo xtask bench password`: how long the verdict on a password takes, for ordinary and for hostile ones.
//! `cargo xtask bench breach [N]`: what a filter of so many breached passwords costs to build and to ask.

use std::process::Command;

use crate::host::{self, Outcome};

pub(super) fn verdict() -> Outcome {
    example("regain-core", "verdict", &[])
}

pub(super) fn breach(largest: &str) -> Outcome {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load before it begins: {}", load.trim());
    example("regain", "breach", &[largest])
}

fn example(package: &str, name: &str, words: &[&str]) -> Outcome {
    let run = ["run", "--quiet", "--release", "--package", package, "--example", name, "--"];
    host::run(Command::new("cargo").args(run).args(words).current_dir(host::root()))
}
