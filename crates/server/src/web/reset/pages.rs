//! From what there is to see of a flow to the page that shows it.

pub(crate) mod elsewhere;
pub(crate) mod ended;
mod note;
pub(crate) mod password;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use regain_core::captcha::{Kind, WORK_BITS, puzzle};
use regain_core::method::Method;
use regain_core::reset::{ChoiceProblem, CodeProblem, Goal, IdentifyProblem, OptionView, Stepper, UnlockProblem, View};
use regain_core::throttle::Scope;

use crate::drive::Look;
use crate::web::page::{Shell, respond};
use crate::web::visitor::Visitor;
use crate::web::{Refusal, Web};

pub(crate) use note::Note;

/// What all pages of a flow show.
pub(crate) struct Frame {
    /// What is being done, above all steps.
    pub(crate) title: String,
    /// Whether the password is known, and the account is to be unlocked.
    pub(crate) unlock: bool,
    pub(crate) user_id: String,
    /// Whether there is a User ID to correct.
    pub(crate) correctable: bool,
    pub(crate) steps: Vec<StepView>,
    /// Until when there is time, in words; empty where that does not matter.
    pub(crate) until: String,
    /// Seconds until then.
    pub(crate) left: i64,
    pub(crate) extendable: bool,
    /// Good news, such as that there is more time.
    pub(crate) note: String,
    /// Whether nothing will be changed.
    pub(crate) rehearsal: bool,
}

/// One step of the line above the form.
pub(crate) struct StepView {
    pub(crate) name: String,
    pub(crate) class: &'static str,
    pub(crate) done: bool,
    pub(crate) now: bool,
}

#[derive(Template)]
#[template(path = "reset/identify.html")]
pub(crate) struct IdentifyPage<'a> {
    page: Shell<'a>,
    flow: Frame,
    problems: Vec<String>,
    bad_user_id: bool,
    bad_characters: bool,
    /// Whether characters are asked for at all.
    asks: bool,
    puzzle: String,
    bits: u32,
    picture: u32,
}

#[derive(Template)]
#[template(path = "reset/wait.html")]
pub(crate) struct WaitPage<'a> {
    page: Shell<'a>,
    flow: Frame,
    problems: Vec<String>,
}

#[derive(Template)]
#[template(path = "reset/choose.html")]
pub(crate) struct ChoosePage<'a> {
    page: Shell<'a>,
    flow: Frame,
    problems: Vec<String>,
    lead: String,
    ways: Vec<Way>,
}

/// One of the ways to get a code.
pub(crate) struct Way {
    place: usize,
    icon: &'static str,
    label: String,
    explanation: String,
    button: String,
    chosen: bool,
    confirm: bool,
    phone: bool,
    bad: bool,
    /// Whether it is not available at the moment, to anybody, while others are.
    stopped: bool,
}

#[derive(Template)]
#[template(path = "reset/code.html")]
pub(crate) struct CodePage<'a> {
    page: Shell<'a>,
    flow: Frame,
    problems: Vec<String>,
    sent: String,
    look: String,
    resend: bool,
    /// Seconds until another code can be asked for.
    wait: i64,
    resend_note: String,
    other_ways: bool,
    /// Wrong answers this page knows of, to be sent back with the code.
    seen: u8,
}

#[derive(Template)]
#[template(path = "reset/unlock.html")]
pub(crate) struct UnlockPage<'a> {
    page: Shell<'a>,
    flow: Frame,
    problems: Vec<String>,
}

/// The page for what there is to see. `typed` is a User ID that the flow does not know yet.
pub(crate) fn page(
    web: &Web,
    visitor: &Visitor,
    status: StatusCode,
    look: &Look,
    note: Option<Note>,
    typed: Option<&str>,
) -> Result<Response, Refusal> {
    let shell = |title: &str| Shell::of(web, visitor, title);
    let now = web.app.clock.now();
    match &look.view {
        View::Identify { user_id, picture, problem } => {
            let page = shell(title(&look.goal));
            let begun = !user_id.is_empty()
                || *picture > 0
                || problem.is_some()
                || look.extensions_left < web.app.policy.extensions;
            let user_id = typed.unwrap_or(user_id);
            let captcha = match web.app.policy.captcha {
                Kind::Ladder => Captcha { asks: true, puzzle: puzzle(&web.app.keys, visitor.flow, *picture) },
                Kind::Picture => Captcha { asks: true, puzzle: String::new() },
                Kind::Off => Captcha { asks: false, puzzle: String::new() },
            };
            let mut page = identify(page, look, note, user_id, *problem, captcha, *picture);
            if !begun {
                // There is no flow yet, so no time runs out.
                page.flow.until.clear();
            }
            respond(web, visitor, status, &page)
        }
        View::Wait { user_id } => {
            let page = shell("wait-title");
            let mut flow = frame(&page, look, user_id, None, note);
            (flow.until, flow.correctable) = (String::new(), false);
            respond(web, visitor, status, &WaitPage { page, flow, problems: Vec::new() })
        }
        View::Choose { user_id, stepper, options, problem } => {
            let page = shell("choose-title");
            respond(web, visitor, status, &choose(page, look, note, user_id, stepper, options, *problem))
        }
        View::Code { user_id, stepper, method, mask, resend_from, other_ways, wrong, problem } => {
            let page = shell("code-title");
            let wait = resend_from.map(|from| (from - now).whole_seconds());
            let code = Code { method: *method, mask, wait, other_ways: *other_ways, wrong: *wrong, problem: *problem };
            respond(web, visitor, status, &self::code(page, look, note, user_id, stepper, code))
        }
        View::Password { user_id, stepper, problems } => {
            let page = shell("new-title");
            let chooser = web.known_chooser(visitor.flow, stepper.steps);
            let (rules, survey) = (&chooser.rules, &chooser.survey);
            let asked = password::Asked { rules, survey, problems, phrases: None };
            respond(web, visitor, status, &password::password(page, look, note, user_id, stepper, &asked))
        }
        View::Unlock { user_id, stepper, problem } => {
            let mut page = shell("unlock-title");
            let key = problem.map(|problem| match problem {
                UnlockProblem::Refused => "unlock-refused",
                UnlockProblem::Unavailable => "unlock-unavailable",
            });
            page.error = key.is_some();
            let problems = key.map(|key| page.say_with(key, &[("team", page.team().into())])).into_iter().collect();
            let flow = frame(&page, look, user_id, Some(stepper), note);
            respond(web, visitor, status, &UnlockPage { page, flow, problems })
        }
        View::Elsewhere { user_id, stepper, others, problems } => {
            let rules = &web.known_chooser(visitor.flow, stepper.steps).rules;
            let again = elsewhere::Again { user_id, stepper, others, problems, rules };
            respond(web, visitor, status, &elsewhere::elsewhere(shell(title(&look.goal)), look, note, &again))
        }
        View::Ended { user_id, end, others } => {
            let reference = look.reference.clone();
            respond(web, visitor, status, &ended::ended(web, visitor, (user_id, *end, others), reference, &look.goal))
        }
    }
}

/// `17:05 GMT`: the end of the time there is.
pub(crate) fn until(page: &Shell<'_>, look: &Look) -> String {
    page.when().clock(look.expires)
}

fn frame(page: &Shell<'_>, look: &Look, user_id: &str, stepper: Option<&Stepper>, note: Option<Note>) -> Frame {
    let clock = until(page, look);
    let note = match note {
        Some(Note::Time) => page.say_with("time-given", &[("clock", clock.clone().into())]),
        Some(Note::Moved) => page.say("note-moved"),
        Some(Note::Other) => page.say("note-other"),
        Some(Note::Over) => page.say("note-over"),
        Some(Note::Sent) => page.say("note-sent"),
        _ => String::new(),
    };
    let unlock = look.goal == Goal::Unlock;
    Frame {
        title: page.say(title(&look.goal)),
        unlock,
        user_id: user_id.to_owned(),
        correctable: stepper.is_some(),
        steps: stepper.map(|stepper| steps(page, stepper, &look.goal)).unwrap_or_default(),
        until: page.say_with("time-until", &[("clock", clock.into())]),
        left: (look.expires - page.web.app.clock.now()).whole_seconds(),
        extendable: look.extensions_left > 0,
        note,
        rehearsal: matches!(look.goal, Goal::Rehearsal { .. }),
    }
}

/// The key of the heading above all steps.
fn title(goal: &Goal) -> &'static str {
    match goal {
        Goal::Unlock => "unlock-title",
        Goal::Reset | Goal::Rehearsal { .. } => "reset-title",
    }
}

fn steps(page: &Shell<'_>, stepper: &Stepper, goal: &Goal) -> Vec<StepView> {
    let last = if *goal == Goal::Unlock { "step-unlock" } else { "step-password" };
    let names = ["step-1", "step-2"].into_iter().take(usize::from(stepper.steps)).chain([last]);
    let step = |(place, name): (usize, &str)| {
        let at = usize::from(stepper.at);
        let (done, now) = (place + 1 < at, place + 1 == at);
        let class = if done {
            "done"
        } else if now {
            "now"
        } else {
            "later"
        };
        StepView { name: page.say(name), class, done, now }
    };
    names.enumerate().map(step).collect()
}

/// When resets can be begun again, if too many are being begun.
fn limited(page: &Shell<'_>, note: Option<Note>) -> Option<String> {
    let Some(Note::Limited(until)) = note else { return None };
    let when = page.when().moment(until);
    Some(page.say_with("who-limited", &[("when", when.into()), ("team", page.team().into())]))
}

struct Captcha {
    asks: bool,
    puzzle: String,
}

fn identify<'a>(
    mut page: Shell<'a>,
    look: &Look,
    note: Option<Note>,
    user_id: &str,
    problem: Option<IdentifyProblem>,
    captcha: Captcha,
    picture: u32,
) -> IdentifyPage<'a> {
    let (bad_user_id, bad_characters, key) = match (note, problem) {
        (Some(Note::Limited(_)), _) => (false, false, None),
        (Some(Note::NoUserId), _) => (true, false, Some("who-empty")),
        (Some(Note::NoCharacters), _) => (false, true, Some("who-no-characters")),
        (_, Some(IdentifyProblem::Captcha)) => (false, true, Some("who-captcha")),
        (_, Some(IdentifyProblem::Unavailable)) => (false, false, Some("who-unavailable")),
        (_, Some(IdentifyProblem::NotYours)) => (true, false, Some("who-not-yours")),
        (_, None) => (false, false, None),
    };
    let say = |key| if key == "who-empty" { page.say_user_id("who-empty") } else { page.say(key) };
    let problems: Vec<String> = key.map(say).or(limited(&page, note)).into_iter().collect();
    page.error = !problems.is_empty();
    let flow = frame(&page, look, user_id, None, note);
    let Captcha { asks, puzzle } = captcha;
    IdentifyPage { page, flow, problems, bad_user_id, bad_characters, asks, puzzle, bits: WORK_BITS, picture }
}

fn choose<'a>(
    mut page: Shell<'a>,
    look: &Look,
    note: Option<Note>,
    user_id: &str,
    stepper: &Stepper,
    options: &[OptionView],
    problem: Option<ChoiceProblem>,
) -> ChoosePage<'a> {
    let bad = match problem {
        Some(ChoiceProblem::Confirmation { option }) => Some(option),
        _ => None,
    };
    // Where nothing goes, trying again is what is left: it may have been lifted meanwhile.
    let all = options.iter().all(|option| option.stopped);
    let stopped = |option: &OptionView| option.stopped && !all;
    let chosen = bad.or(options.iter().find(|option| !stopped(option)).map(|option| option.place));
    let several = |method: Method| options.iter().filter(|option| option.method == method).count() > 1;
    let way = |option: &OptionView| Way {
        place: option.place,
        icon: icon(option.method),
        label: label(&page, option, several(option.method)),
        explanation: explanation(&page, option),
        button: page.say(button(option.method)),
        chosen: chosen == Some(option.place),
        confirm: option.confirm,
        phone: option.method != Method::Email,
        bad: bad == Some(option.place),
        stopped: stopped(option),
    };
    let ways: Vec<Way> = options.iter().map(way).collect();
    let lead = page.say(match (stepper.steps, stepper.at) {
        (1, _) => "choose-only",
        (_, 1) => "choose-first",
        _ => "choose-second",
    });
    let mut problems: Vec<String> =
        problem.map(|problem| choice_problem(&page, options, problem)).into_iter().collect();
    if note == Some(Note::NoChoice) {
        problems = vec![page.say("choose-nothing")];
    }
    page.error = !problems.is_empty();
    let flow = frame(&page, look, user_id, Some(stepper), note);
    ChoosePage { page, flow, problems, lead, ways }
}

fn icon(method: Method) -> &'static str {
    match method {
        Method::Email => "email",
        Method::Text => "text",
        Method::MobileCall => "mobile",
        Method::OfficeCall => "office",
    }
}

fn label(page: &Shell<'_>, option: &OptionView, several: bool) -> String {
    let label = page.say(match option.method {
        Method::Email => "choose-email",
        Method::Text => "choose-text",
        Method::MobileCall => "choose-mobile",
        Method::OfficeCall => "choose-office",
    });
    if !several {
        return label;
    }
    page.say_with("choose-with-mask", &[("label", label.into()), ("mask", option.mask.as_str().into())])
}

fn explanation(page: &Shell<'_>, option: &OptionView) -> String {
    let key = match option.method {
        Method::Email => "explain-email",
        Method::Text => "explain-text",
        Method::MobileCall => "explain-mobile",
        Method::OfficeCall => "explain-office",
    };
    with_mask(page, key, &option.mask)
}

/// The sentence with this key around a masked address or number.
fn with_mask(page: &Shell<'_>, key: &str, mask: &str) -> String {
    page.text.say_with(key, &[("mask", mask.into())])
}

fn button(method: Method) -> &'static str {
    match method {
        Method::Email => "button-email",
        Method::Text => "button-text",
        Method::MobileCall | Method::OfficeCall => "button-call",
    }
}

fn choice_problem(page: &Shell<'_>, options: &[OptionView], problem: ChoiceProblem) -> String {
    match problem {
        ChoiceProblem::Confirmation { option } => {
            let email = options.iter().any(|shown| shown.place == option && shown.method == Method::Email);
            page.say(if email { "choose-confirm-email" } else { "choose-confirm-phone" })
        }
        ChoiceProblem::NoCodesLeft => page.say_with("choose-no-codes", &[("team", page.team().into())]),
        ChoiceProblem::TooManySends { until } => {
            let when = page.when().moment(until);
            page.say_with("choose-too-many", &[("when", when.into()), ("team", page.team().into())])
        }
        ChoiceProblem::NotNow { scope, until } => {
            let key = match scope {
                _ if options.iter().all(|option| option.stopped) => "choose-not-now-all",
                Scope::Emails => "choose-not-now-email",
                _ => "choose-not-now-phone",
            };
            page.say_with(key, &[("when", page.when().moment(until).into()), ("team", page.team().into())])
        }
        ChoiceProblem::Resting { until } => {
            page.say_with("code-resting", &[("when", page.when().moment(until).into())])
        }
    }
}

struct Code<'a> {
    method: Method,
    mask: &'a str,
    wait: Option<i64>,
    other_ways: bool,
    wrong: u8,
    problem: Option<CodeProblem>,
}

fn code<'a>(
    mut page: Shell<'a>,
    look: &Look,
    note: Option<Note>,
    user_id: &str,
    stepper: &Stepper,
    code: Code<'_>,
) -> CodePage<'a> {
    let (sent, hint) = match code.method {
        Method::Email => ("code-sent-email", "nothing-email"),
        Method::Text => ("code-sent-text", "nothing-text"),
        Method::MobileCall => ("code-sent-mobile", "nothing-call"),
        Method::OfficeCall => ("code-sent-office", "nothing-call"),
    };
    let wait = code.wait.unwrap_or_default();
    let problem = match (note, code.problem) {
        (Some(Note::NoCode), _) => Some(page.say("code-empty")),
        (Some(Note::Early), _) if wait > 0 => Some(page.say_with("code-early", &[("seconds", wait.into())])),
        (Some(Note::Early), _) => Some(page.say("code-early-over")),
        (_, Some(CodeProblem::Wrong { left })) => Some(page.say_with("code-wrong", &[("left", left.into())])),
        (_, Some(CodeProblem::Late)) => Some(page.say("code-late")),
        (_, Some(CodeProblem::TooManySends { until })) => {
            let when = page.when().moment(until);
            Some(page.say_with("code-too-many", &[("when", when.into())]))
        }
        (_, Some(CodeProblem::NotNow { until })) => {
            Some(page.say_with("code-not-now", &[("when", page.when().moment(until).into())]))
        }
        (_, Some(CodeProblem::Resting { until })) => {
            Some(page.say_with("code-resting", &[("when", page.when().moment(until).into())]))
        }
        (_, None) => None,
    };
    page.error = problem.is_some();
    let resend_note = match code.wait {
        None => page.say("resend-none"),
        Some(seconds) if seconds > 0 => page.say_with("resend-wait", &[("seconds", seconds.into())]),
        Some(_) => String::new(),
    };
    let note = note.filter(|note| *note != Note::Sent || problem.is_none());
    CodePage {
        flow: frame(&page, look, user_id, Some(stepper), note),
        sent: with_mask(&page, sent, code.mask),
        look: with_mask(&page, hint, code.mask),
        problems: problem.into_iter().collect(),
        resend: code.wait.is_some(),
        wait,
        resend_note,
        other_ways: code.other_ways,
        seen: code.wrong,
        page,
    }
}
