//! `cargo xtask fuzz [--seconds N]`: every target in `fuzz/targets`, each for so long.
//!
//! The fuzzer is libFuzzer, guided by which code each input reaches. On the stable toolchain that takes only the compiler's
//! flags below (`cargo fuzz run -s none` gives the same); what it does not have is the address sanitizer, which is for
//! unsafe code, of which there is none here.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::host::{self, Outcome};

/// How long each target runs unless told otherwise.
const SECONDS: u32 = 30;

/// Where good inputs lie for those targets that would not come upon one.
const SEEDS: &[(&str, &str)] = &[("stored_flow", "crates/core/tests/stored/v1")];

/// Count what is reached and tell the fuzzer what was compared.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
    "-Ccodegen-units=1",
];

/// `cargo xtask fuzz`.
pub(crate) fn run(words: &[String]) -> Outcome {
    let seconds = match words {
        [] => SECONDS,
        [flag, number] if flag == "--seconds" => number.parse().map_err(|_| format!("{number} is not a number."))?,
        _ => return Err("fuzz takes nothing, or --seconds and a number.".into()),
    };
    let folder = host::root().join("fuzz");
    let built = host::root().join("target/fuzz");
    let target = host::ask("rustc", &["--print", "host-tuple"]).ok_or("rustc does not say for what it builds.")?;
    let mut build = Command::new("cargo");
    // With a target named, what runs while building is not instrumented.
    build.args(["build", "--quiet", "--release", "--locked", "--target", &target, "--target-dir"]).arg(&built);
    host::run(build.env("RUSTFLAGS", FLAGS.join(" ")).current_dir(&folder))?;
    for name in targets(&folder)? {
        println!("\n== {name}, {seconds} s");
        let found = built.join("found").join(&name);
        fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
        let mut fuzzer = Command::new(built.join(&target).join("release").join(&name));
        fuzzer.arg(format!("-max_total_time={seconds}")).arg("-timeout=10").arg("-print_final_stats=1");
        fuzzer.arg(format!("-artifact_prefix={}/failed-", found.display())).arg(&found);
        fuzzer.args(SEEDS.iter().filter(|(target, _)| *target == name).map(|(_, seeds)| host::root().join(seeds)));
        host::run(&mut fuzzer)?;
    }
    Ok(())
}

/// Whether every target compiles: with each change of what they feed, and without running them.
pub(crate) fn check() -> Outcome {
    let mut check = Command::new("cargo");
    check.args(["check", "--quiet", "--locked", "--target-dir"]).arg(host::root().join("target/fuzz"));
    host::run(check.env("RUSTFLAGS", "--cfg=fuzzing").current_dir(host::root().join("fuzz")))
}

fn targets(folder: &std::path::Path) -> Outcome<Vec<String>> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries: Result<Vec<PathBuf>, _> =
        fs::read_dir(folder.join("targets")).map_err(failed)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut names: Vec<String> =
        entries.map_err(failed)?.iter().filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}
