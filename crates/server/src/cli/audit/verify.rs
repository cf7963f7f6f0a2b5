//! `regain audit verify`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use regain_core::Span;
use regain_core::Time;
use regain_core::audit::verify::Problem;
use serde_json::json;

use super::super::sheet;
use crate::audit::line;
use crate::audit::verify::{self as looking, Found};
use crate::clock::Clock;
use crate::config::Config;

/// A running service signs at least every hour; a little longer than that is no news yet.
const QUIET: Span = Span::minutes(70);

/// What it takes.
#[derive(clap::Args)]
pub(super) struct Args {
    /// An export in JSON lines to look through, instead of the store; - for standard input. Needs --public-key
    #[arg(long, value_name = "FILE", requires = "public_key")]
    file: Option<PathBuf>,
    /// A public key whose signatures count (64 hexadecimal characters), besides the installation's own where the store is looked through; can be repeated
    #[arg(long, value_name = "KEY")]
    public_key: Vec<String>,
    /// A checkpoint that was kept elsewhere, or a file with such lines; can be repeated. Without one, whoever may write to the
    /// store can cut off the newest events unseen while the service is stopped
    #[arg(long, value_name = "FILE|LINE")]
    checkpoint: Vec<String>,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Looks, and says what it found.
pub(super) async fn run(args: Args, config: impl Fn() -> Result<Config, String>) -> Result<ExitCode, String> {
    let outside = outside(&args.checkpoint)?;
    let now = Clock::real().now();
    let found = match &args.file {
        Some(file) => {
            let text = String::from_utf8(sheet::load(file)?).map_err(|_| format!("{}: not UTF-8", file.display()))?;
            let found = looking::in_file(&text, &super::parse(&args.public_key)?, &outside);
            found.map_err(|why| format!("{}: {why}", file.display()))?
        }
        None => {
            let config = config()?;
            let keys = super::keys(&config, &args.public_key)?;
            let store = super::open(&config).await?;
            looking::in_store(&store, &keys, &outside, now).await.map_err(|error| error.to_string())?
        }
    };
    let warnings = warnings(&found, args.file.is_some(), outside.is_empty(), now);
    if args.json {
        show_json(&found, &warnings);
    } else {
        show(&found, &warnings);
    }
    Ok(if found.report.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lines of checkpoints: given as such, or in files, where they may stand in JSON or in the midst of a log.
fn outside(given: &[String]) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for text in given {
        let text = if text.starts_with("regain-audit/") {
            text.clone()
        } else {
            std::fs::read_to_string(Path::new(text)).map_err(|error| format!("--checkpoint: {text}: {error}"))?
        };
        let before = lines.len();
        for (at, _) in text.match_indices("regain-audit/") {
            let rest = text.get(at..).unwrap_or_default();
            let line = rest.split(['"', '\n', '\r', '\\']).next().unwrap_or_default();
            lines.push(line.trim().to_owned());
        }
        if lines.len() == before {
            return Err(
                "--checkpoint: there is none in it; a checkpoint is a line that begins with regain-audit/".into()
            );
        }
    }
    Ok(lines)
}

/// What is no proof of anything, and should be known.
fn warnings(found: &Found, file: bool, alone: bool, now: Time) -> Vec<String> {
    let report = &found.report;
    let mut warnings = Vec::new();
    match found.last_signature {
        None => warnings.push("nothing is signed: anything may have been changed".to_owned()),
        Some(at) if !file && now - at > QUIET => warnings.push(format!(
            "the last signature is of {}: unless the service has been stopped since, the newest events and signatures were \
             cut off",
            line::time(at)
        )),
        Some(_) => {}
    }
    if let Some((signed, _)) = report.signed.filter(|(signed, _)| report.last > *signed) {
        let unsigned = report.last - signed;
        warnings.push(format!("the last {unsigned} events are chained and not signed yet"));
    }
    if found.waiting > 0 {
        let since = found.waiting_since.map(|at| format!(", since {}", line::time(at))).unwrap_or_default();
        warnings.push(format!("{} events have no place in the chain yet{since}; the service gives it", found.waiting));
    }
    if report.other_key > 0 {
        warnings.push(format!(
            "{} events were sealed with another installation key: their seals were looked at when they were chained, and \
             cannot be now",
            report.other_key
        ));
    }
    if report.too_old > 0 {
        warnings.push(format!("{} checkpoints are about events that are not kept any more", report.too_old));
    }
    if alone && !file {
        warnings.push(
            "no checkpoint from elsewhere was given: that the newest events were cut off while the service was stopped would \
             show only in the time of the last signature"
                .to_owned(),
        );
    }
    warnings
}

fn show(found: &Found, warnings: &[String]) {
    let report = &found.report;
    for problem in &report.problems {
        println!("BAD     {problem}{}", when(problem));
    }
    if report.more > 0 {
        println!("BAD     and {} more", report.more);
    }
    warnings.iter().for_each(|warning| println!("WARNING {warning}"));
    println!("Events looked at: {}, from {} to {}", report.events, report.pruned + 1, report.last);
    if report.pruned > 0 {
        println!("Up to {}: before this trail, or older than 13 months and forgotten", report.pruned);
    }
    if report.adopted > report.pruned {
        println!("Up to {}: older than the chain; they are as they were found then", report.adopted);
    }
    if let Some((signed, at)) = report.signed {
        println!("Signed up to: {signed}, at {}", line::time(at));
    }
    println!(
        "{}",
        if report.problems.is_empty() {
            "Nothing is wrong with what can be checked."
        } else {
            "The trail is NOT as it was written."
        }
    );
}

/// When that which a problem contradicts was signed.
fn when(problem: &Problem) -> String {
    match problem {
        Problem::Rewritten { at, .. } | Problem::CutOff { at: Some(at), .. } => {
            format!(" (signed at {})", line::time(*at))
        }
        Problem::Unsigned { since, .. } => format!(" (it is of {})", line::time(*since)),
        _ => String::new(),
    }
}

fn show_json(found: &Found, warnings: &[String]) {
    let report = &found.report;
    let problems: Vec<String> = report.problems.iter().map(|problem| format!("{problem}{}", when(problem))).collect();
    let signed = report.signed.map(|(seq, at)| json!({ "seq": seq, "time": line::time(at) }));
    println!(
        "{}",
        json!({
            "good": problems.is_empty(), "problems": problems, "more": report.more, "warnings": warnings,
            "events": report.events, "after": report.pruned, "last": report.last, "adopted": report.adopted,
            "waiting": found.waiting, "signed": signed,
        })
    );
}
