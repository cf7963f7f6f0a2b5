//! The page of a reset that the primary directory has taken and another has not: what became of each, and the boxes for one
//! more try.

use askama::Template;
use regain_core::elsewhere::Target;
use regain_core::password::{Problem, Rules};
use regain_core::reset::Stepper;

use super::password::password_problem;
use super::{Frame, Note, frame};
use crate::drive::Look;
use crate::web::elsewhere::{Line, failed, lines, rules_again};
use crate::web::page::Shell;

#[derive(Template)]
#[template(path = "reset/elsewhere.html")]
pub(crate) struct ElsewherePage<'a> {
    page: Shell<'a>,
    flow: Frame,
    problems: Vec<String>,
    lines: Vec<Line>,
    /// The directories that are tried again.
    failed: String,
    rules: Vec<String>,
}

/// What the page is about.
pub(crate) struct Again<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) stepper: &'a Stepper,
    pub(crate) others: &'a [Target],
    /// Why the last password was not sent anywhere.
    pub(crate) problems: &'a [Problem],
    pub(crate) rules: &'a Rules,
}

pub(crate) fn elsewhere<'a>(
    mut page: Shell<'a>,
    look: &Look,
    note: Option<Note>,
    again: &Again<'_>,
) -> ElsewherePage<'a> {
    let problems: Vec<String> =
        again.problems.iter().map(|problem| password_problem(&page, &look.reference, problem)).collect();
    page.error = !problems.is_empty();
    // Who it is about cannot be corrected any more: their password is set.
    let flow = Frame { correctable: false, ..frame(&page, look, again.user_id, Some(again.stepper), note) };
    let lines = lines(&page, &look.reference, (&look.goal, None), again.others);
    let rules = rules_again(&page, again.rules);
    ElsewherePage { failed: failed(&page, again.others), flow, problems, lines, rules, page }
}
