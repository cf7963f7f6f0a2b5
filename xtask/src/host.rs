//! What the chores share: the machine they run on and the commands they give it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Done, or a sentence that says what is wrong and what to do.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where the browser tests live.
pub(crate) fn browser_tests() -> PathBuf {
    root().join("crates/server/tests/browser")
}

/// Whether a word such as `--no-install` was given; any other word is refused.
pub(crate) fn flag(words: &[String], known: &str) -> Outcome<bool> {
    match words.iter().find(|word| *word != known) {
        Some(strange) => Err(format!("\"{strange}\" is not an option here. The only one is {known}.")),
        None => Ok(!words.is_empty()),
    }
}

/// Whether we may do everything.
pub(crate) fn is_root() -> bool {
    ask("id", &["-u"]).as_deref() == Some("0")
}

/// A point in time to measure from.
#[expect(clippy::disallowed_methods, reason = "this tool has no clock of its own; only durations are shown")]
pub(crate) fn start() -> Instant {
    Instant::now()
}

/// Runs a command in the foreground.
pub(crate) fn run(command: &mut Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} ended with {status}.", shown(command))),
        Err(error) => Err(format!("{} could not be started: {error}.", shown(command))),
    }
}

/// What a command printed, if it could be started and succeeded.
pub(crate) fn ask(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A command as somebody would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
