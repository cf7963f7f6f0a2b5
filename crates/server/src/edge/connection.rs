//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request, Response};
use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::places::{Place, Places};
use super::pulse::Pulse;
use super::told;
use super::wire::Wire;
use crate::clock::Alarm;
use crate::config::server::Limits;

/// What all connections of a listener share.
pub(super) struct Shared {
    router: TowerToHyperService<Router>,
    pub(super) limits: Limits,
    pub(super) places: Arc<Places>,
    http: http1::Builder,
}

impl Shared {
    pub(super) fn new(router: Router, limits: Limits, places: Arc<Places>) -> Self {
        let mut http = http1::Builder::new();
        // The times are ours, see `pulse`. What is read in one go is a head and what is posted with it.
        http.header_read_timeout(None).max_buf_size(limits.header_bytes.max(8192));
        http.max_header_size(limits.header_bytes).max_headers(limits.header_lines);
        Self { router: TowerToHyperService::new(router), limits, places, http }
    }

    /// Serves a connection until it ends by itself, its client takes too long, or its place is needed.
    pub(super) async fn serve<S>(&self, stream: S, peer: SocketAddr, place: Place, stop: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let mut stop = stop;
        let pulse = Arc::new(Pulse::new(self.limits, place));
        let io = TokioIo::new(Wire::new(stream, Arc::clone(&pulse)));
        let answer = service_fn(|request| self.answer(request, peer, Arc::clone(&pulse)));
        let mut serving = pin!(self.http.serve_connection(io, answer));
        let mut alarm = Alarm::new(pulse.deadline());
        let mut kept = pin!(std::future::poll_fn(|cx| {
            // Why it ended, a broken wire or bytes that are no HTTP, is the client's affair.
            if serving.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            alarm.set(pulse.deadline());
            alarm.poll(cx)
        }));
        loop {
            tokio::select! {
                () = &mut kept => return,
                () = pulse.has_to_go() => return,
                // Whoever has sent nothing by now is not waited for.
                () = told(&mut stop), if !pulse.is_leaving() => pulse.leave(),
            }
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        pulse: Arc<Pulse>,
    ) -> Result<Response<Answer>, Infallible> {
        pulse.reads();
        let mut request = request.map(|body| Body::new(Posted::new(body, Arc::clone(&pulse))));
        request.extensions_mut().insert(ConnectInfo(peer));
        let Ok(mut answer) = self.router.call(request).await;
        if pulse.is_leaving() {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        pulse.answers();
        Ok(answer.map(|body| Answer { body, pulse }))
    }
}

/// What is posted. When it is all there, or nobody wants it, the work begins.
struct Posted {
    body: Incoming,
    /// Until then.
    pulse: Option<Arc<Pulse>>,
}

impl Posted {
    fn new(body: Incoming, pulse: Arc<Pulse>) -> Self {
        let mut posted = Self { body, pulse: Some(pulse) };
        posted.look();
        posted
    }

    fn look(&mut self) {
        if self.body.is_end_stream()
            && let Some(pulse) = self.pulse.take()
        {
            pulse.works();
        }
    }
}

impl hyper::body::Body for Posted {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.look();
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Posted {
    fn drop(&mut self) {
        if let Some(pulse) = self.pulse.take() {
            pulse.works();
        }
    }
}

/// An answer. When hyper lets go of it, it was written or stands in the buffer, and the next request may come.
struct Answer {
    body: Body,
    pulse: Arc<Pulse>,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.pulse.rests();
    }
}
