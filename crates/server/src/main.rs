//! The one binary.

use std::process::ExitCode;

/// A request makes and drops some hundreds of small texts, on whichever thread it happens to run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    regain::cli::main()
}
