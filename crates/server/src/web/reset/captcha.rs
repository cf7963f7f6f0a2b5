//! The picture and the sound: each is made anew from the flow and a number whenever it is asked for, and kept nowhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use regain_core::captcha::{Kind, characters};
use regain_core::keys::Use;
use regain_core::reset::View;
use tokio::task::spawn_blocking;

use super::look;
use crate::captcha;
use crate::drive::Fault;
use crate::web::visitor::{Asked, Visitor};
use crate::web::{Refusal, Web};

type Query = Result<Asked, std::convert::Infallible>;

/// `GET /reset/picture.png?n=`.
pub(crate) async fn picture(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Ok(asked): Query,
) -> Result<Response, Refusal> {
    drawn(&web, &visitor, &asked, "image/png", captcha::picture).await
}

/// `GET /reset/sound.wav?n=`.
pub(crate) async fn sound(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Ok(asked): Query,
) -> Result<Response, Refusal> {
    drawn(&web, &visitor, &asked, "audio/wav", captcha::sound).await
}

/// Only for a browser that has the flow's cookie, and only the number that is shown there now.
async fn drawn(
    web: &Web,
    visitor: &Visitor,
    asked: &Asked,
    kind: &'static str,
    draw: fn(&str, u64) -> Vec<u8>,
) -> Result<Response, Refusal> {
    if visitor.fresh || web.app.policy.captcha == Kind::Off {
        return Err(Refusal::NotFound);
    }
    let shown = match look(web, visitor).await?.view {
        View::Identify { picture, .. } => picture,
        _ => return Err(Refusal::NotFound),
    };
    if asked.get("n").and_then(|n| n.parse().ok()) != Some(shown) {
        return Err(Refusal::NotFound);
    }
    let text = characters(&web.app.keys, visitor.flow, shown);
    let seed = web.app.keys.derive(Use::Captcha, &[b"seed", &visitor.flow.0, &shown.to_be_bytes()]);
    let seed = seed.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let body = spawn_blocking(move || draw(&text, seed)).await.map_err(Fault::from)?;
    Ok(([(CONTENT_TYPE, kind)], body).into_response())
}
