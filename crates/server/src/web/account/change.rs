//! `/change`: another password, for somebody who knows the one they have.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use regain_core::Secret;
use regain_core::change::{End, Event, Problem, View};
use regain_core::elsewhere::{Outcome, Target};
use regain_core::password;
use regain_core::reset::Goal;

use crate::drive::Hold;
use crate::session::Session;
use crate::web::chooser::Chooser;
use crate::web::elsewhere::{Ahead, Line, all_done, failed, lines, rules_again, told};
use crate::web::onward::onward;
use crate::web::page::Shell;
use crate::web::phrases::{self, Phrases};
use crate::web::reset::pages::password::{password_problem, rule};
use crate::web::signed_in::{self, PostedIn, SignedIn};
use crate::web::visitor::Asked;
use crate::web::{Refusal, Web, strength};

type Reply = Result<Response, Refusal>;

#[derive(Template)]
#[template(path = "account/change.html")]
pub(crate) struct ChangePage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) problems: Vec<String>,
    pub(crate) note: String,
    pub(crate) user_id: String,
    /// Whether the box for the old password has to be looked at, and whether those for the new one.
    pub(crate) bad_old: bool,
    pub(crate) bad_new: bool,
    /// Whether nothing else can be done before.
    pub(crate) must: bool,
    /// What the new password must be like, as a list.
    pub(crate) rules: Vec<String>,
    /// Passphrases that were asked for.
    pub(crate) phrases: Phrases,
    /// What is to be said of further directories.
    pub(crate) ahead: Ahead,
}

/// What became of each directory, after the primary one has the new password.
#[derive(Template)]
#[template(path = "account/elsewhere.html")]
pub(crate) struct ElsewherePage<'a> {
    pub(crate) page: Shell<'a>,
    pub(crate) problems: Vec<String>,
    pub(crate) user_id: String,
    pub(crate) lines: Vec<Line>,
    /// The directories that can be tried again; empty if none can.
    pub(crate) failed: String,
    pub(crate) rules: Vec<String>,
}

#[derive(Template)]
#[template(path = "account/wait.html")]
pub(crate) struct WaitPage<'a> {
    pub(crate) page: Shell<'a>,
}

/// `GET /change`.
pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    person: SignedIn,
    Ok(asked): Result<Asked, std::convert::Infallible>,
) -> Reply {
    let view = web.app.look_at_change(person.change_flow(&web)).await?;
    if view == Some(View::Wait) {
        return signed_in::show(StatusCode::OK, &WaitPage { page: person.shell(&web, "wait-title") });
    }
    let chooser = web.chooser_who_knows(person.change_flow(&web), person.changer()).await?;
    match &view {
        Some(View::Elsewhere { others, problems, .. }) => {
            return signed_in::show(StatusCode::OK, &elsewhere(&web, &person, &chooser, others, problems, true));
        }
        Some(View::Ended { end: End::Done, others }) if person.session.state.changed.is_some() => {
            return signed_in::show(StatusCode::OK, &elsewhere(&web, &person, &chooser, others, &[], false));
        }
        _ => {}
    }
    let page = person.shell(&web, "change-title");
    let word = asked.get("note").and_then(strength::known);
    signed_in::show(StatusCode::OK, &ask(page, &person.session, &chooser, view.as_ref(), word, None))
}

/// `POST /change/passphrases`: the page again, with passphrases to choose from.
pub(crate) async fn passphrases(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let person = posted.person;
    let flow = person.change_flow(&web);
    if web.app.look_at_change(flow).await? == Some(View::Wait) {
        return Ok(Redirect::to("/change").into_response());
    }
    let chooser = web.chooser_who_knows(flow, person.changer()).await?;
    let drawn = phrases::draw(&web, flow, &chooser).await?;
    let page = person.shell(&web, "change-title");
    signed_in::show(StatusCode::OK, &ask(page, &person.session, &chooser, None, None, Some(&drawn)))
}

fn ask<'a>(
    mut page: Shell<'a>,
    session: &Session,
    chooser: &Chooser,
    view: Option<&View>,
    word: Option<&'static str>,
    drawn: Option<&[Secret]>,
) -> ChangePage<'a> {
    let none = Vec::new();
    let problems = if let Some(View::Ask { problems, .. }) = view { problems } else { &none };
    let is_new = |problem: &Problem| matches!(problem, Problem::New(_));
    let (bad_new, bad_old) = (problems.iter().any(is_new), problems.iter().any(|problem| !is_new(problem)));
    let reference = session.change_flow(&page.web.app.keys).reference(&page.web.app.keys);
    let new = problems.iter().filter_map(|problem| match problem {
        Problem::New(problem) => Some(problem),
        Problem::Old | Problem::Resting { .. } => None,
    });
    let ahead = Ahead::new(&page, &chooser.survey, new);
    let mut problems: Vec<String> = problems.iter().map(|problem| sentence(&page, &reference, problem)).collect();
    if let (Some(key), true) = (word, bad_new) {
        let word = page.say(key);
        problems.push(page.say_with("bad-was", &[("word", word.into())]));
    }
    let phrases = Phrases::of(&page, drawn, &mut problems);
    page.error = !problems.is_empty();
    let note = match view {
        Some(View::Ended { end: End::TooManyTries, .. }) => page.say("change-many"),
        Some(View::Ended { .. }) => page.say("change-over"),
        _ => String::new(),
    };
    let rules = chooser.rules.lines().into_iter().map(|line| rule(&page, line)).collect();
    let (user_id, must) = (session.state.user_id.clone(), session.state.must_change);
    ChangePage { page, problems, note, user_id, bad_old, bad_new, must, rules, phrases, ahead }
}

fn elsewhere<'a>(
    web: &'a Web,
    person: &SignedIn,
    chooser: &Chooser,
    others: &[Target],
    problems: &[password::Problem],
    again: bool,
) -> ElsewherePage<'a> {
    let title = if all_done(others) { "done-title" } else { "partly-title" };
    let mut page = person.shell(web, title);
    let reference = person.change_flow(web).reference(&web.app.keys);
    let problems: Vec<String> = problems.iter().map(|problem| password_problem(&page, &reference, problem)).collect();
    page.error = !problems.is_empty();
    ElsewherePage {
        problems,
        user_id: person.session.state.user_id.clone(),
        lines: lines(&page, &reference, (&Goal::Reset, None), others),
        failed: if again { failed(&page, others) } else { String::new() },
        rules: rules_again(&page, &chooser.rules),
        page,
    }
}

fn sentence(page: &Shell<'_>, reference: &str, problem: &Problem) -> String {
    match problem {
        Problem::Old => page.say("change-old-wrong"),
        Problem::Resting { until } => {
            let when = page.when().moment(*until);
            page.say_with("change-resting", &[("when", when.into())])
        }
        Problem::New(problem) => password_problem(page, reference, problem),
    }
}

/// `POST /change`: the old password, and the new one twice.
pub(crate) async fn change(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let PostedIn { mut person, fields } = posted;
    let (old, typed, again) = (fields.secret("old")?, fields.secret("password")?, fields.secret("again")?);
    let before = web.app.look_at_change(person.change_flow(&web)).await?;
    if matches!(before, Some(View::Ended { .. })) || (before.is_none() && person.session.state.changed.is_some()) {
        // That one is over: this is another.
        person.session.state.changes += 1;
        person.session.state.changed = None;
        web.app.keep_session(&person.session).await?;
    }
    let flow = person.change_flow(&web);
    web.ask_anew(flow);
    let mut chooser = Chooser::clone(&*web.chooser_who_knows(flow, person.changer()).await?);
    chooser.person.old = Some(old.clone());
    let survey = told(&fields, &chooser.survey);
    let judged = strength::judge(&web, flow, Arc::new(chooser), typed, again).await?;
    let note = strength::said(&judged);
    let hold = Hold::all(flow);
    web.app.drive(&person.origin, hold, Event::Open(person.changer())).await?;
    web.app.drive(&person.origin, hold, Event::Change { old, new: judged, survey }).await?;
    web.ask_anew(flow);
    landed(&web, person, note).await
}

/// `POST /change/resume`: go on after an interruption.
pub(crate) async fn resume(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let hold = Hold::all(posted.person.change_flow(&web));
    web.app.drive(&posted.person.origin, hold, Event::Resume).await?;
    landed(&web, posted.person, None).await
}

/// `POST /change/again`: the new password for the directories that failed.
pub(crate) async fn again(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let PostedIn { person, fields } = posted;
    let (typed, again, flow) = (fields.secret("password")?, fields.secret("again")?, person.change_flow(&web));
    let Some(View::Elsewhere { .. }) = web.app.look_at_change(flow).await? else {
        return Ok(Redirect::to("/change").into_response());
    };
    web.ask_anew(flow);
    let chooser = web.chooser_who_knows(flow, person.changer()).await?;
    let survey = chooser.survey.clone();
    let new = strength::judge(&web, flow, chooser, typed, again).await?;
    web.app.drive(&person.origin, Hold::all(flow), Event::Again { new, survey }).await?;
    Ok(Redirect::to("/change").into_response())
}

/// `POST /change/finish`: what failed is left as it is.
pub(crate) async fn finish(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let mut person = posted.person;
    let Some(flow) = person.session.state.changed.take() else { return Ok(Redirect::to("/change").into_response()) };
    web.app.drive(&person.origin, Hold::all(flow), Event::Finish).await?;
    web.app.keep_session(&person.session).await?;
    Ok(Redirect::to(&onward(&web, &mut person.session, &person.origin).await?).into_response())
}

/// `POST /change/strength`: the word for what is being typed.
pub(crate) async fn rate(State(web): State<Arc<Web>>, posted: PostedIn) -> Reply {
    let flow = posted.person.change_flow(&web);
    let chooser = web.chooser_who_knows(flow, posted.person.changer()).await?;
    let page = posted.person.shell(&web, "change-title");
    strength::rating(&web, flow, chooser, posted.fields.secret("password")?, &page).await
}

/// Where it goes on after something was done: all sessions of the account have ended with a new password, and this browser
/// gets another.
async fn landed(web: &Arc<Web>, person: SignedIn, note: Option<&str>) -> Reply {
    let server = &web.app.settings.server;
    match web.app.look_at_change(person.change_flow(web)).await? {
        // The next page of such a session is about further directories.
        Some(View::Elsewhere { .. } | View::Ended { end: End::Done, .. }) if person.session.state.changed.is_some() => {
            Ok(Redirect::to("/change").into_response())
        }
        Some(View::Elsewhere { others, .. } | View::Ended { end: End::Done, others }) => {
            afresh(web, person, &others).await
        }
        Some(View::Ended { end: End::Unknown, .. }) => {
            Ok(signed_in::forget(server, Redirect::to("/?note=perhaps-changed").into_response()))
        }
        _ => {
            let note = note.map(|note| format!("?note={note}")).unwrap_or_default();
            Ok(Redirect::to(&format!("/change{note}")).into_response())
        }
    }
}

async fn afresh(web: &Arc<Web>, mut person: SignedIn, others: &[Target]) -> Reply {
    let flow = person.change_flow(web);
    let there = others.iter().any(|other| other.outcome != Outcome::NotThere);
    person.session.state.changed = there.then_some(flow);
    let begun = web.app.session_after_change(person.session).await?;
    let Some((token, mut session)) = begun else { return Ok(Redirect::to("/").into_response()) };
    if there {
        let answer = Redirect::to("/change").into_response();
        return Ok(signed_in::remember(&web.app.settings.server, answer, &token));
    }
    let to = onward(web, &mut session, &person.origin).await?;
    // On our own pages the next one says that it is done.
    let to = if ["/account", "/register"].contains(&to.as_str()) { format!("{to}?note=changed") } else { to };
    Ok(signed_in::remember(&web.app.settings.server, Redirect::to(&to).into_response(), &token))
}
