//! Further directories in words: which there are before something is written, and what became of each afterwards.

use regain_core::elsewhere::{Bar, Outcome, Survey, Target};
use regain_core::password::{Line as Rule, Problem, Rules};
use regain_core::reset::{End, Goal};

use super::fields::Fields;
use super::page::Shell;
use super::reset::pages::password::{password_problem, rule};

/// A directory and what became of it.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) said: String,
    pub(crate) icon: &'static str,
    pub(crate) tone: &'static str,
}

/// What the page with the boxes says of further directories.
#[derive(Default)]
pub(crate) struct Ahead {
    /// Those that get the same password.
    pub(crate) also: String,
    /// Those that cannot be reached, or where nobody may reset the account, each in a sentence.
    pub(crate) not: Vec<String>,
    /// Which of them were told of, to be sent back with the password: their places among all.
    pub(crate) told: String,
}

impl Ahead {
    /// In words; what cannot be reached is not said twice.
    pub(crate) fn new<'a>(page: &Shell<'_>, survey: &Survey, problems: impl Iterator<Item = &'a Problem>) -> Self {
        let away = |problem: &'a Problem| match problem {
            Problem::Away { directory } => Some(directory.as_str()),
            _ => None,
        };
        let said: Vec<&str> = problems.filter_map(away).collect();
        let mut ahead = Self::default();
        let mut also = Vec::new();
        let mut told = Vec::new();
        for (place, target) in survey.targets.iter().enumerate() {
            let name = [("name", target.name.as_str().into())];
            match &target.outcome {
                Outcome::Unavailable => {
                    told.push(place.to_string());
                    if !said.contains(&target.name.as_str()) {
                        ahead.not.push(page.say_with("ahead-away", &name));
                    }
                }
                Outcome::Barred { .. } => ahead.not.push(page.say_with("ahead-barred", &name)),
                Outcome::NotThere => {}
                _ => also.push(target.name.as_str()),
            }
        }
        if !also.is_empty() {
            ahead.also = page.say_with("ahead-also", &[("names", list(page, &also).into())]);
        }
        ahead.told = told.join(" ");
        ahead
    }
}

/// The survey, with what the page had said of it.
pub(crate) fn told(fields: &Fields, survey: &Survey) -> Survey {
    let places = fields.maybe("told").unwrap_or_default().split(' ').filter_map(|place| place.parse::<usize>().ok());
    let names = places.filter_map(|place| survey.targets.get(place)).map(|target| target.name.clone());
    Survey { told: names.collect(), ..survey.clone() }
}

/// `Wi-Fi, printers and the library`.
fn list(page: &Shell<'_>, names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => {
            let first = first.join(", ");
            page.say_with("ahead-list", &[("first", first.into()), ("last", (*last).into())])
        }
    }
}

/// The rules for one more try. That it must not be an earlier one is left out: it may be the one that has just been set.
pub(crate) fn rules_again(page: &Shell<'_>, rules: &Rules) -> Vec<String> {
    let lines = rules.lines().into_iter().filter(|line| !matches!(line, Rule::NotBefore { .. }));
    lines.map(|line| rule(page, line)).collect()
}

/// The directories that failed and can be tried again.
pub(crate) fn failed(page: &Shell<'_>, others: &[Target]) -> String {
    let failed = others.iter().filter(|other| other.outcome.may_be_tried_again());
    list(page, &failed.map(|other| other.name.as_str()).collect::<Vec<_>>())
}

/// Whether each that has an account of this person has come to a good end.
pub(crate) fn all_done(others: &[Target]) -> bool {
    others.iter().all(|other| matches!(other.outcome, Outcome::Done | Outcome::NotThere))
}

/// What became of each directory in which the person has an account, the primary one first; nothing where that is the only
/// one, or where it did not do it.
pub(crate) fn lines(
    page: &Shell<'_>,
    reference: &str,
    (goal, end): (&Goal, Option<End>),
    others: &[Target],
) -> Vec<Line> {
    let there = |other: &&Target| other.outcome != Outcome::NotThere;
    let unlock = *goal == Goal::Unlock;
    let primary = match end {
        _ if others.iter().filter(there).count() == 0 => return Vec::new(),
        None | Some(End::Done | End::Unlocked) => Outcome::Done,
        Some(End::Unknown) => Outcome::Unknown,
        Some(_) => return Vec::new(),
    };
    let name = page.say("outcome-primary");
    let line = |name, outcome| line(page, reference, unlock, name, outcome);
    let shown = others.iter().filter(there).map(|other| line(other.name.clone(), &other.outcome));
    std::iter::once(line(name, &primary)).chain(shown).collect()
}

fn line(page: &Shell<'_>, reference: &str, unlock: bool, name: String, outcome: &Outcome) -> Line {
    let team = [("team", page.team().into())];
    let said = match outcome {
        Outcome::Done => page.say(if unlock { "outcome-unlocked" } else { "outcome-done" }),
        Outcome::Refused { .. } if unlock => page.say("outcome-not-unlocked"),
        Outcome::Refused { problem } => {
            page.say_with("outcome-refused", &[("why", password_problem(page, reference, problem).into())])
        }
        Outcome::Barred { bar: Bar::Disabled } => page.say_with("outcome-disabled", &team),
        Outcome::Barred { bar: Bar::Expired } => page.say_with("outcome-expired", &team),
        Outcome::Barred { bar: Bar::Protected } => page.say_with("outcome-protected", &team),
        Outcome::Unavailable => page.say("outcome-unavailable"),
        Outcome::Unknown if unlock => page.say("outcome-unavailable"),
        Outcome::Unknown => page.say("outcome-unknown"),
        Outcome::Untried | Outcome::NotThere => page.say("outcome-untried"),
    };
    let (icon, tone) = match outcome {
        Outcome::Done => ("ok", "good"),
        Outcome::Unknown if !unlock => ("question", "calm"),
        _ => ("alert", "bad"),
    };
    Line { name, said, icon, tone }
}
