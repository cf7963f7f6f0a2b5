//! Answers before the proof take a time that says nothing of the person they are about.
//!
//! Each is held until a moment that is drawn when it is ready: evenly from `server.pad_milliseconds` to 1.6 times as long
//! after the request came, and for pages that are only shown an eighth of that. What the directory and the store need is done
//! by then. If it is not, the answer goes at the next of as many equal steps, so that of a slow one nothing shows but the
//! step. Nothing is held meanwhile but the answer: no thread, no lock, no transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use regain_core::Span;

use super::{Refusal, Web};
use crate::clock;

/// How often it is said at most that answers are slower than what hides it.
const SAID_EVERY: Span = Span::minutes(5);

/// When it was said last.
#[derive(Default)]
pub(crate) struct Said(AtomicI64);

/// Holds the answer.
pub(crate) async fn hold(State(web): State<Arc<Web>>, request: Request, next: Next) -> Result<Response, Refusal> {
    let (begun, acts) = (clock::steady(), request.method() == Method::POST);
    let answer = next.run(request).await;
    let pad = web.app.settings.server.pad;
    let least = if acts { pad } else { pad / 8 };
    if least.is_zero() {
        return Ok(answer);
    }
    let step = step(least, clock::random()?);
    let took = clock::steady().duration_since(begun);
    if took > step && acts {
        web.slow.say(&web, took);
    }
    web.app.clock.rest(begun, until(step, took)).await;
    Ok(answer)
}

/// A draw from `least` to 1.6 times as long.
fn step(least: Duration, draw: [u8; 4]) -> Duration {
    let part = f64::from(u32::from_be_bytes(draw)) / f64::from(u32::MAX);
    least + least.mul_f64(0.6 * part)
}

/// The first whole number of steps that is not over yet.
fn until(step: Duration, took: Duration) -> Duration {
    let over = took.as_nanos() / step.as_nanos().max(1);
    step.saturating_mul(u32::try_from(over).unwrap_or(u32::MAX).saturating_add(1))
}

impl Said {
    fn say(&self, web: &Web, took: Duration) {
        let (now, last) = (web.app.clock.now().0, self.0.load(Ordering::Relaxed));
        if now >= last + SAID_EVERY.0 {
            self.0.store(now, Ordering::Relaxed);
            let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(
                took,
                "an answer took longer than server.pad_milliseconds hides; raise it if this is the usual time"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn a_step_is_drawn_evenly() {
        assert_eq!(step(MS(250), [0; 4]), MS(250));
        assert_eq!(step(MS(250), [255; 4]), MS(400));
        let half = step(MS(250), [128, 0, 0, 0]);
        assert!(half > MS(324) && half < MS(326), "{half:?}");
    }

    #[test]
    fn slow_answers_wait_for_the_next_step() {
        for (took, expected) in [(0, 300), (299, 300), (300, 600), (599, 600), (1_000, 1_200)] {
            assert_eq!(until(MS(300), MS(took)), MS(expected), "{took}");
        }
    }
}
