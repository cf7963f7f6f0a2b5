//! Judging a new password: while it is typed, and when it is posted. What is judged is written nowhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use regain_core::password::{Judged, Strength};
use regain_core::reset::View;
use regain_core::{FlowId, Secret, Span, Time};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::chooser::Chooser;
use super::fields::Posted;
use super::page::Shell;
use super::reset::pages::password;
use super::{Refusal, Web};
use crate::drive::Fault;

/// How long somebody who pressed Finish waits for a judge.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ratings one flow may ask for in a window: somebody who types fast asks three times a second at most.
const RATINGS: u32 = 30;
const WINDOW: Span = Span::seconds(10);
/// Flows that are remembered; when there are more, all windows begin anew.
const FLOWS: usize = 10_000;

/// How often each flow has asked of late. In memory only: it saves work and guards nothing.
#[derive(Default)]
pub(crate) struct Ratings(Mutex<HashMap<FlowId, (Time, u32)>>);

impl Ratings {
    fn one_more(&self, flow: FlowId, now: Time) -> bool {
        let mut flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flows.len() >= FLOWS {
            flows.retain(|_, (since, _)| now < *since + WINDOW);
            if flows.len() >= FLOWS {
                flows.clear();
            }
        }
        let (since, count) = flows.entry(flow).or_insert((now, 0));
        if now >= *since + WINDOW {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= RATINGS
    }
}

/// `POST /reset/strength`: the word for what is being typed. Only where a password is being chosen.
pub(crate) async fn rate(State(web): State<Arc<Web>>, posted: Posted) -> Result<Response, Refusal> {
    let look = web.app.look(posted.visitor.flow).await?.filter(|look| look.proofs <= posted.visitor.proofs);
    let Some(look) = look else { return Ok(StatusCode::CONFLICT.into_response()) };
    let (View::Password { user_id, stepper, .. } | View::Elsewhere { user_id, stepper, .. }) = &look.view else {
        return Ok(StatusCode::CONFLICT.into_response());
    };
    let flow = posted.visitor.flow;
    let chooser = web.chooser(&look.known, flow, user_id, stepper.steps).await?;
    rating(&web, flow, chooser, posted.secret("password")?, &Shell::of(&web, &posted.visitor, "reset-title")).await
}

/// The word for what is being typed, if a judge is free at once.
pub(crate) async fn rating(
    web: &Web,
    flow: FlowId,
    chooser: Arc<Chooser>,
    typed: Secret,
    page: &Shell<'_>,
) -> Result<Response, Refusal> {
    let permit = Arc::clone(&web.judges).try_acquire_owned();
    let (Ok(permit), true) = (permit, web.ratings.one_more(flow, web.app.clock.now())) else {
        return Ok(StatusCode::TOO_MANY_REQUESTS.into_response());
    };
    let judged = judged(web, chooser, typed, None, permit).await?;
    let strength = judged.strength();
    let why = judged
        .problems()
        .first()
        .map(|problem| password::password_problem(page, &flow.reference(&web.app.keys), problem));
    Ok(Json(json!({ "word": page.say(key(strength)), "level": level(strength), "why": why })).into_response())
}

/// Judges what was posted, as soon as a judge is free.
pub(crate) async fn judge(
    web: &Web,
    flow: FlowId,
    chooser: Arc<Chooser>,
    typed: Secret,
    again: Secret,
) -> Result<Judged, Refusal> {
    let permit = judge_for(web, flow).await?;
    Ok(judged(web, chooser, typed, Some(again), permit).await?)
}

/// A judge, as soon as one is free. One flow must not keep all of them busy.
pub(crate) async fn judge_for(web: &Web, flow: FlowId) -> Result<OwnedSemaphorePermit, Refusal> {
    if !web.ratings.one_more(flow, web.app.clock.now()) {
        return Err(Refusal::Busy);
    }
    match tokio::time::timeout(PATIENCE, Arc::clone(&web.judges).acquire_owned()).await {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(Refusal::Busy),
    }
}

async fn judged(
    web: &Web,
    chooser: Arc<Chooser>,
    typed: Secret,
    again: Option<Secret>,
    permit: OwnedSemaphorePermit,
) -> Result<Judged, Fault> {
    let history = web.app.history(chooser.account.as_ref()).await?;
    let app = Arc::clone(&web.app);
    let work = move || {
        let judged = app.judge(&chooser.rules, &chooser.person, history.as_ref(), &typed, again.as_ref());
        drop(permit);
        judged
    };
    Ok(tokio::task::spawn_blocking(work).await?)
}

/// Of a password that was turned down, the key of the word for its strength: without scripts nobody has seen how strong it
/// was.
pub(crate) fn said(judged: &Judged) -> Option<&'static str> {
    (!judged.problems().is_empty() && !judged.password().is_empty()).then(|| key(judged.strength()))
}

/// Such a key that came back with an address.
pub(crate) fn known(text: &str) -> Option<&'static str> {
    ["strength-weak", "strength-fair", "strength-good", "strength-strong"].into_iter().find(|key| *key == text)
}

/// The key of the word for a strength.
pub(crate) fn key(strength: Strength) -> &'static str {
    match strength {
        Strength::Weak => "strength-weak",
        Strength::Fair => "strength-fair",
        Strength::Good => "strength-good",
        Strength::Strong => "strength-strong",
    }
}

fn level(strength: Strength) -> u8 {
    match strength {
        Strength::Weak => 1,
        Strength::Fair => 2,
        Strength::Good => 3,
        Strength::Strong => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_may_ask_so_often_and_again_later() {
        let ratings = Ratings::default();
        let (flow, other, now) = (FlowId([1; 16]), FlowId([2; 16]), Time(0));
        assert!((0..RATINGS).all(|_| ratings.one_more(flow, now)));
        assert!(!ratings.one_more(flow, now));
        assert!(ratings.one_more(other, now));
        assert!(ratings.one_more(flow, now + WINDOW));
    }
}
