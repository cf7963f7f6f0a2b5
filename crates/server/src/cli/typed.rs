//! Passwords on the command line: from standard input or typed unseen, never as an argument that others could list.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use regain_core::Secret;

/// Reads a password: typed twice at a terminal, else the first line of standard input.
pub(super) fn password() -> Result<Secret, String> {
    if !std::io::stdin().is_terminal() {
        return line();
    }
    let _hidden = Hidden::new();
    let first = asked("New password (it stays hidden): ")?;
    let second = asked("The same again: ")?;
    if first.same_as(&second) { Ok(first) } else { Err("the two passwords differ: start again".into()) }
}

/// Reads a password that is only looked at: typed once at a terminal, else the first line of standard input.
pub(super) fn password_once() -> Result<Secret, String> {
    if !std::io::stdin().is_terminal() {
        return line();
    }
    let _hidden = Hidden::new();
    asked("Password (it stays hidden): ")
}

fn asked(question: &str) -> Result<Secret, String> {
    eprint!("{question}");
    // Nothing is lost if the question cannot be shown: the answer is read all the same.
    let _ = std::io::stderr().flush();
    let answer = line();
    eprintln!();
    answer
}

fn line() -> Result<Secret, String> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| format!("the password could not be read: {error}"))?;
    let line = without_end(line);
    if line.is_empty() { Err("no password was given: type one, or pass it on standard input".into()) } else { Ok(line) }
}

/// Without the end of the line.
fn without_end(mut line: String) -> Secret {
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Secret::new(line)
}

/// Keeps the terminal from showing what is typed, as long as it lives.
struct Hidden;

impl Hidden {
    fn new() -> Self {
        echo("-echo");
        Self
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        echo("echo");
    }
}

fn echo(setting: &str) {
    let done = Command::new("stty").arg(setting).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("regain: note: the terminal may show what you type");
    }
}
