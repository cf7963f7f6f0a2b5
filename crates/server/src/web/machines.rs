//! What machines of one's own ask, on a listener of its own: whether we live, whether we are ready, and the figures.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{Refusal, Web};
use crate::app::App;
use crate::{clock, metrics};

/// The pages for machines.
pub fn router(app: Arc<App>) -> Router {
    let routes = Router::new().route("/healthz", get(alive)).route("/readyz", get(ready_here));
    routes.route("/metrics", get(figures)).with_state(app)
}

/// `GET /healthz`: the program runs.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the program can do its work, and is not about to stop.
pub(crate) async fn ready(State(web): State<Arc<Web>>) -> (StatusCode, &'static str) {
    is_ready(&web.app).await
}

async fn ready_here(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    is_ready(&app).await
}

async fn is_ready(app: &App) -> (StatusCode, &'static str) {
    if app.stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "about to stop\n");
    }
    match app.store.ping().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::error!(%error, "the store does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}

/// `GET /metrics`: the figures, never on the listener that everybody reaches.
async fn figures(State(app): State<Arc<App>>) -> Response {
    let told = match app.store.waiting_messages().await {
        Ok((waiting, oldest)) => {
            let oldest = oldest.map_or(0, |oldest| (app.clock.now() - oldest).0 / 1000);
            metrics::text(waiting, oldest).map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    match told {
        Ok(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(error, "the figures could not be gathered");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Counts a request by the page that it was for.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let began = clock::steady();
    let answer = next.run(request).await;
    let lost = answer.extensions().get::<Refusal>() == Some(&Refusal::NotFound);
    let route = route.as_ref().filter(|_| !lost).map_or("other", MatchedPath::as_str);
    metrics::request(route, &method, answer.status().as_u16(), began.elapsed());
    answer
}
