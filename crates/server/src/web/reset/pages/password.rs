//! The page on which a new password is chosen: the rules, what was wrong with the last one, the boxes.

use askama::Template;
use regain_core::Secret;
use regain_core::elsewhere::Survey;
use regain_core::password::{Line, Problem, Rules};
use regain_core::reset::Stepper;

use super::{Frame, Note, frame};
use crate::drive::Look;
use crate::web::elsewhere::Ahead;
use crate::web::page::Shell;
use crate::web::phrases::Phrases;

#[derive(Template)]
#[template(path = "reset/password.html")]
pub(crate) struct PasswordPage<'a> {
    page: Shell<'a>,
    flow: Frame,
    problems: Vec<String>,
    /// What the password must be like, as a list.
    rules: Vec<String>,
    /// Passphrases that were asked for.
    phrases: Phrases,
    /// What is to be said of further directories.
    ahead: Ahead,
}

/// What the page is about.
pub(crate) struct Asked<'a> {
    pub(crate) rules: &'a Rules,
    /// What further directories have of the person.
    pub(crate) survey: &'a Survey,
    /// Why the last one was not taken.
    pub(crate) problems: &'a [Problem],
    /// Passphrases, if they were asked for. They are on this one page and nowhere else.
    pub(crate) phrases: Option<&'a [Secret]>,
}

/// The page with the two boxes.
pub(crate) fn password<'a>(
    mut page: Shell<'a>,
    look: &Look,
    note: Option<Note>,
    user_id: &str,
    stepper: &Stepper,
    asked: &Asked<'_>,
) -> PasswordPage<'a> {
    let rules = asked.rules.lines().into_iter().map(|line| rule(&page, line)).collect();
    let mut problems: Vec<String> =
        asked.problems.iter().map(|problem| password_problem(&page, &look.reference, problem)).collect();
    if let (Some(Note::Was(key)), false) = (note, problems.is_empty()) {
        let word = page.say(key);
        problems.push(page.say_with("bad-was", &[("word", word.into())]));
    }
    let phrases = Phrases::of(&page, asked.phrases, &mut problems);
    page.error = !problems.is_empty();
    let flow = frame(&page, look, user_id, Some(stepper), note);
    let ahead = Ahead::new(&page, asked.survey, asked.problems.iter());
    PasswordPage { page, flow, problems, rules, phrases, ahead }
}

/// A line of the list of rules.
pub(crate) fn rule(page: &Shell<'_>, line: Line) -> String {
    match line {
        Line::Length { min, max } => page.say_with("rule-length", &[("min", min.into()), ("max", max.into())]),
        Line::Kinds { wanted } => page.say_with("rule-kinds", &[("wanted", wanted.into())]),
        Line::NotYou => page.say("rule-not-you"),
        Line::HardToGuess => page.say("rule-guess"),
        Line::NotBefore { count } => page.say_with("rule-history", &[("count", count.into())]),
        Line::Anything => page.say("rule-anything"),
    }
}

/// Why a password is not taken, and what to do. The reference stands beside the directory's own words in the log.
pub(crate) fn password_problem(page: &Shell<'_>, reference: &str, problem: &Problem) -> String {
    let to_the_team = |key: &str| page.say_with(key, &[("team", page.team().into()), ("reference", reference.into())]);
    match problem {
        Problem::Empty => page.say("bad-empty"),
        Problem::Mismatch => page.say("bad-mismatch"),
        Problem::TooShort { min } => page.say_with("bad-short", &[("min", (*min).into())]),
        Problem::TooLong { max } => page.say_with("bad-long", &[("max", (*max).into())]),
        Problem::Control => page.say("bad-control"),
        Problem::Kinds { wanted } => page.say_with("bad-kinds", &[("wanted", (*wanted).into())]),
        Problem::ContainsUserId => page.say("bad-user-id"),
        Problem::ContainsName { word } => page.say_with("bad-name", &[("word", word.as_str().into())]),
        Problem::ContainsOrganisation => page.say("bad-organisation"),
        Problem::ContainsNumber => page.say("bad-number"),
        Problem::ContainsCode => page.say("bad-code"),
        Problem::LikeOld => page.say("bad-like-old"),
        Problem::Banned { word: Some(word), .. } => page.say_with("bad-word", &[("word", word.as_str().into())]),
        Problem::Banned { word: None, .. } => page.say("bad-words"),
        Problem::Breached => page.say("bad-breached"),
        Problem::TooEasy => page.say("bad-easy"),
        Problem::InHistory => page.say("bad-history"),
        Problem::Complexity => page.say("bad-complexity"),
        Problem::TooYoung { until: Some(until) } => {
            page.say_with("bad-young-until", &[("when", page.when().moment(*until).into())])
        }
        Problem::TooYoung { until: None } => page.say_with("bad-young", &[("team", page.team().into())]),
        Problem::Dictionary => page.say("bad-dictionary"),
        Problem::Refused => to_the_team("bad-refused"),
        Problem::Locked => page.say("bad-locked"),
        Problem::Barred => to_the_team("bad-barred"),
        Problem::Unavailable => page.say("bad-unavailable"),
        Problem::Away { directory } => page.say_with("bad-away", &[("name", directory.as_str().into())]),
    }
}
