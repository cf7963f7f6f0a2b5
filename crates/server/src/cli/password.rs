//! `regain password check`: how a password is judged, and why, for whoever runs the service.

use std::process::ExitCode;

use regain_core::Secret;
use regain_core::password::{self, Banned, DirectoryRules, ENOUGH, Judged, Lists, MOST, Person, Problem};
use serde_json::json;

use super::ConfigArg;
use super::typed;
use crate::banned::Words;
use crate::breach::Filter;
use crate::config::Config;

/// What `regain password` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Say how a password is judged: it is asked for, or the first line of standard input. Exit status: 0 accepted, 1 refused,
    /// 2 it cannot be said
    Check(Check),
}

#[derive(clap::Args)]
struct Check {
    /// A word that is banned besides those of the configuration; may be given again
    #[arg(long = "word", value_name = "WORD")]
    words: Vec<String>,
    /// The name of the person whose password it would be
    #[arg(long, value_name = "NAME", default_value = "")]
    person: String,
    /// The User ID of that person
    #[arg(long, value_name = "USER_ID", default_value = "")]
    user_id: String,
    /// Verification steps of that person; those of the configuration unless given
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2))]
    steps: Option<u8>,
    /// Print JSON: accepted, points, strength and reasons
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    let Command::Check(check) = &args.command;
    match judged(args, check) {
        Ok(judged) => {
            println!("{}", if check.json { as_json(&judged) } else { in_words(&judged) });
            if judged.problems().is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(problem) => {
            eprintln!("regain: {problem}");
            ExitCode::from(2)
        }
    }
}

/// The same verdict as on the pages, by the configuration's rules and lists. The directory is not asked.
fn judged(args: &Args, check: &Check) -> Result<Judged, String> {
    let config = config(args)?;
    let file = Words::open(config.settings.password_files.banned_words.clone())?.current();
    let own = Banned::parse(&check.words.join("\n")).map_err(|bad| format!("--word: {}", bad.why))?;
    let person = Person { user_id: check.user_id.clone(), name: check.person.clone(), ..Person::default() };
    let steps = check.steps.unwrap_or(config.policy.steps);
    let rules = config.policy.password.merged(steps, &DirectoryRules::default());
    let typed = typed::password_once()?;
    let breach = config.settings.password_files.breach.as_deref().map(Filter::open).transpose();
    let breach = breach.map_err(|why| format!("password.breach_file: {why}"))?;
    let breached = breach.as_ref().map(|breach| |password: &Secret| breach.holds(password));
    let breached = breached.as_ref().map(|holds| holds as &dyn Fn(&Secret) -> bool);
    let lists = Lists { own: vec![&file, &own], breached, history: None };
    Ok(password::judge(&rules, &lists, &person, &typed, None))
}

/// The configuration; what is wrong elsewhere in it does not matter here.
fn config(args: &Args) -> Result<Config, String> {
    let lines = |problems: Vec<String>| problems.join("\nregain: ");
    let (config, mut problems) = Config::read(Config::table(args.config.config.as_deref()).map_err(lines)?);
    problems
        .retain(|problem| ["password", "policy", "organisation"].iter().any(|section| problem.starts_with(section)));
    if problems.is_empty() { Ok(config) } else { Err(lines(problems)) }
}

fn as_json(judged: &Judged) -> String {
    let reasons: Vec<String> = judged.problems().iter().map(reason).collect();
    let (accepted, points) = (reasons.is_empty(), judged.points());
    json!({ "accepted": accepted, "points": points, "strength": judged.strength(), "reasons": reasons }).to_string()
}

fn in_words(judged: &Judged) -> String {
    let accepted = judged.problems().is_empty();
    let more = if judged.points() >= MOST { " or more" } else { "" };
    let mut lines = vec![
        if accepted { "Accepted." } else { "Refused." }.to_owned(),
        format!("Points: {}{more} ({ENOUGH} are needed).", judged.points()),
        format!("Strength: {}.", strength(judged)),
    ];
    lines.extend(judged.problems().iter().map(|problem| format!("- {}", reason(problem))));
    lines.join("\n")
}

fn strength(judged: &Judged) -> &'static str {
    match judged.strength() {
        password::Strength::Weak => "weak",
        password::Strength::Fair => "fair",
        password::Strength::Good => "good",
        password::Strength::Strong => "strong",
    }
}

/// Why it is refused, for an operator.
fn reason(problem: &Problem) -> String {
    match problem {
        Problem::Empty | Problem::Mismatch => "nothing was typed".into(),
        Problem::TooShort { min } => format!("shorter than {min} characters"),
        Problem::TooLong { max } => format!("longer than {max} characters"),
        Problem::Control => "has a character that cannot be seen or typed again".into(),
        Problem::Kinds { wanted } => format!("has fewer than {wanted} kinds of characters"),
        Problem::ContainsUserId => "contains the User ID".into(),
        Problem::ContainsName { word } => format!("contains \"{word}\", part of the name or an address"),
        Problem::ContainsOrganisation => "contains the organisation's name".into(),
        Problem::ContainsNumber => "contains a telephone number of the person".into(),
        Problem::ContainsCode => "contains the code just used".into(),
        Problem::LikeOld => "is the old password with a small change".into(),
        Problem::Banned { word: Some(word), points } => {
            format!("banned words such as \"{word}\" leave it {points} of {ENOUGH} points")
        }
        Problem::Banned { word: None, points } => format!("banned words leave it {points} of {ENOUGH} points"),
        Problem::Breached => "is in a collection of stolen passwords".into(),
        Problem::TooEasy => "is too easy to guess".into(),
        Problem::InHistory => "was used before".into(),
        Problem::Complexity
        | Problem::TooYoung { .. }
        | Problem::Dictionary
        | Problem::Refused
        | Problem::Locked
        | Problem::Barred
        | Problem::Unavailable => "the directory refuses it".into(),
    }
}
