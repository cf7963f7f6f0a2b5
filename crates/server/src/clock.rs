//! The only source of time and randomness.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use regain_core::{FlowId, Span, Time};

/// Tells the time: the machine's, or in tests one that is moved by hand.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    by_hand: Option<Arc<Hand>>,
}

/// A clock that is moved by hand.
#[derive(Debug)]
struct Hand {
    now: AtomicI64,
    /// For how many microseconds it was rested.
    rested: AtomicI64,
}

impl Clock {
    /// The machine's clock.
    pub fn real() -> Self {
        Self::default()
    }

    /// A clock that stands at `start` until it is moved.
    pub fn by_hand(start: Time) -> Self {
        Self { by_hand: Some(Arc::new(Hand { now: AtomicI64::new(start.0), rested: AtomicI64::new(0) })) }
    }

    /// Moves a clock that is moved by hand; the machine's stays as it is.
    pub fn pass(&self, span: Span) {
        if let Some(hand) = &self.by_hand {
            hand.now.fetch_add(span.0, Ordering::SeqCst);
        }
    }

    /// Waits until so long after `begun`. A clock that is moved by hand only takes note of it.
    pub async fn rest(&self, begun: Instant, span: Duration) {
        match &self.by_hand {
            None => wait(span.saturating_sub(steady().duration_since(begun))).await,
            Some(hand) => {
                let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
                hand.rested.fetch_add(span, Ordering::SeqCst);
            }
        }
    }

    /// For how long it was rested since this was last asked, on a clock that is moved by hand.
    pub fn rested(&self) -> Duration {
        let rested = self.by_hand.as_ref().map_or(0, |hand| hand.rested.swap(0, Ordering::SeqCst));
        Duration::from_micros(u64::try_from(rested).unwrap_or(0))
    }

    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now(&self) -> Time {
        self.by_hand
            .as_ref()
            .map_or_else(|| Time(jiff::Timestamp::now().as_millisecond()), |hand| Time(hand.now.load(Ordering::SeqCst)))
    }
}

/// A point in the machine's steady time, for time-outs and measurements only; it cannot be moved by hand.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn steady() -> Instant {
    Instant::now()
}

/// Waits; for the worker and for time-outs, never to make a race come out right.
#[expect(clippy::disallowed_methods, reason = "this is the one place that waits")]
pub async fn wait(span: Duration) {
    tokio::time::sleep(span).await;
}

/// A time-out that can be put off.
pub struct Alarm {
    sleep: Pin<Box<tokio::time::Sleep>>,
    at: Instant,
}

impl Alarm {
    /// Rings then, in the machine's steady time.
    pub fn new(at: Instant) -> Self {
        Self { sleep: Box::pin(tokio::time::sleep_until(at.into())), at }
    }

    /// Rings at another time.
    pub fn set(&mut self, at: Instant) {
        if self.at != at {
            self.at = at;
            self.sleep.as_mut().reset(at.into());
        }
    }

    /// Whether it rings; the task is woken when it does.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.sleep.as_mut().poll(cx)
    }
}

/// Random bytes from the operating system.
///
/// # Errors
/// If the operating system gives none; nothing may go on then.
#[expect(clippy::disallowed_methods, reason = "this is the one place that draws randomness")]
pub fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A new name for a flow.
///
/// # Errors
/// If the operating system gives no randomness.
pub fn flow_id() -> Result<FlowId, getrandom::Error> {
    random().map(FlowId)
}
