//! "Make me a password": passphrases drawn by chance, shown once and stored nowhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use regain_core::password::passphrase;
use regain_core::reset::View;
use regain_core::{FlowId, Secret};

use super::chooser::Chooser;
use super::fields::Posted;
use super::page::{Shell, respond};
use super::reset::pages::password;
use super::{Refusal, Web, strength};
use crate::app::App;
use crate::clock;
use crate::drive::Fault;

/// How many are offered, and how often one is drawn in the place of one that breaks the rules.
const PHRASES: usize = 3;
const DRAWS: usize = 30;

/// Passphrases as a page shows them.
#[derive(Default)]
pub(crate) struct Phrases {
    pub(crate) lines: Vec<String>,
    pub(crate) hint: String,
}

impl Phrases {
    /// Those that were drawn, if they were asked for; a problem more, if there are none.
    pub(crate) fn of(page: &Shell<'_>, drawn: Option<&[Secret]>, problems: &mut Vec<String>) -> Self {
        let Some(drawn) = drawn else { return Self::default() };
        if drawn.is_empty() {
            problems.push(page.say("phrases-none"));
        }
        let lines = drawn.iter().map(|phrase| phrase.reveal().to_owned()).collect();
        Self { lines, hint: page.say_with("phrases-hint", &[("bits", passphrase::bits().into())]) }
    }
}

/// `POST /reset/passphrases`: the page again, with passphrases to choose from.
pub(crate) async fn for_reset(State(web): State<Arc<Web>>, posted: Posted) -> Result<Response, Refusal> {
    let (visitor, flow) = (&posted.visitor, posted.visitor.flow);
    let look = web.app.look(flow).await?.filter(|look| look.proofs <= visitor.proofs);
    let elsewhere = || Ok(Redirect::to("/reset?note=moved").into_response());
    let Some(look) = look else { return elsewhere() };
    let View::Password { user_id, stepper, .. } = &look.view else { return elsewhere() };
    let chooser = web.chooser(&look.known, flow, user_id, stepper.steps).await?;
    let phrases = draw(&web, flow, &chooser).await?;
    let (rules, survey) = (&chooser.rules, &chooser.survey);
    let asked = password::Asked { rules, survey, problems: &[], phrases: Some(&phrases) };
    let page = Shell::of(&web, visitor, "new-title");
    let page = password::password(page, &look, None, user_id, stepper, &asked);
    respond(&web, visitor, StatusCode::OK, &page)
}

/// Passphrases that this person's rules accept; fewer than three if the draws do not bring them.
pub(crate) async fn draw(web: &Web, flow: FlowId, chooser: &Arc<Chooser>) -> Result<Vec<Secret>, Refusal> {
    let permit = strength::judge_for(web, flow).await?;
    let (app, chooser) = (Arc::clone(&web.app), Arc::clone(chooser));
    let work = move || {
        let phrases = (0..DRAWS).filter_map(|_| phrase(&app, &chooser).transpose()).take(PHRASES).collect();
        drop(permit);
        phrases
    };
    let phrases: Result<Vec<Secret>, Fault> = tokio::task::spawn_blocking(work).await.map_err(Fault::from)?;
    Ok(phrases?)
}

/// A passphrase that is accepted, if the draw brings one. Nobody had one of these before.
fn phrase(app: &App, chooser: &Chooser) -> Result<Option<Secret>, Fault> {
    let phrase = passphrase::phrase(&chooser.rules, &clock::random()?);
    let fits = |phrase: &Secret| app.judge(&chooser.rules, &chooser.person, None, phrase, None).problems().is_empty();
    Ok(phrase.filter(fits))
}
