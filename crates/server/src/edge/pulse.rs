//! What a connection is doing, and until when it may.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::places::Place;
use crate::clock;
use crate::config::server::Limits;

/// How long a client may take to end what we have ended: what it sends meanwhile is thrown away, so that it reads our answer
/// before it hears that nobody listens any more (RFC 9112 §9.6).
const PARTING: Duration = Duration::from_secs(1);

/// The longest wait is about this long; nobody sets more.
const FAR: Duration = Duration::from_secs(24 * 3600);

/// One connection's.
pub(super) struct Pulse {
    limits: Limits,
    place: Place,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    since: Instant,
    /// Since when the client does not take what we write, and how much of it went since.
    stall: Option<(Instant, u64)>,
    /// Whether the service is about to stop.
    leaving: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing was said yet.
    New,
    /// Between two requests.
    Idle,
    /// A request has begun.
    Head,
    /// Its head is there; what is posted with it comes.
    Body,
    /// It is all there and is being worked on.
    Work,
    /// The answer is on its way.
    Answer,
    /// All is said.
    Parting,
}

impl Pulse {
    pub(super) fn new(limits: Limits, place: Place) -> Self {
        let state = State { phase: Phase::New, since: clock::steady(), stall: None, leaving: false };
        Self { limits, place, state: Mutex::new(state) }
    }

    /// The client sent something.
    pub(super) fn heard(&self) {
        let mut state = self.state();
        if matches!(state.phase, Phase::New | Phase::Idle) {
            // A new connection's time runs from its beginning.
            if state.phase == Phase::Idle {
                state.since = clock::steady();
            }
            state.phase = Phase::Head;
        }
    }

    /// A head is there; what is posted comes.
    pub(super) fn reads(&self) {
        self.goes_on(Phase::Body);
    }

    /// The whole request is there.
    pub(super) fn works(&self) {
        self.goes_on(Phase::Work);
        self.place.works();
    }

    /// The answer is known.
    pub(super) fn answers(&self) {
        self.goes_on(Phase::Answer);
        self.place.waits();
    }

    /// The answer was handed over to be written.
    pub(super) fn rests(&self) {
        self.goes_on(Phase::Idle);
    }

    /// We have ended the connection.
    pub(super) fn parts(&self) {
        let mut state = self.state();
        if state.phase != Phase::Parting {
            (state.phase, state.since) = (Phase::Parting, clock::steady());
        }
    }

    fn goes_on(&self, phase: Phase) {
        let mut state = self.state();
        (state.phase, state.since) = (phase, clock::steady());
    }

    /// The client did not take what was written.
    pub(super) fn stalls(&self) {
        self.state().stall.get_or_insert_with(|| (clock::steady(), 0));
    }

    /// It took so many bytes.
    pub(super) fn took(&self, bytes: usize) {
        if let Some((_, taken)) = &mut self.state().stall {
            *taken += bytes as u64;
        }
    }

    /// It took all.
    pub(super) fn flows(&self) {
        self.state().stall = None;
    }

    /// The service is about to stop: what has arrived is answered, and nothing else is waited for.
    pub(super) fn leave(&self) {
        self.state().leaving = true;
    }

    /// Whether to say in an answer that it is the last.
    pub(super) fn is_leaving(&self) -> bool {
        self.state().leaving
    }

    /// Whether nothing more is waited for from this client.
    pub(super) fn is_done(&self) -> bool {
        let state = self.state();
        state.leaving && matches!(state.phase, Phase::New | Phase::Idle)
    }

    /// Until when this may go on as it is.
    pub(super) fn deadline(&self) -> Instant {
        let state = self.state();
        let Limits { header, body, idle, write, write_rate, .. } = self.limits;
        let allowed = match state.phase {
            Phase::New | Phase::Head => header,
            Phase::Idle => idle,
            Phase::Body => body,
            // What has a limit of its own: a directory, the store.
            Phase::Work | Phase::Answer => FAR,
            Phase::Parting => PARTING,
        };
        let stalled = state.stall.map(|(since, taken)| since + write + Duration::from_secs(taken / write_rate.max(1)));
        let own = state.since + allowed;
        stalled.map_or(own, |stalled| stalled.min(own))
    }

    /// Comes back when the place is needed by somebody else.
    pub(super) async fn has_to_go(&self) {
        self.place.has_to_go().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::places::Places;
    use super::*;
    use crate::config::server::Server;

    /// Seconds from now until the end.
    fn left(pulse: &Pulse) -> u64 {
        (pulse.deadline() - clock::steady() + Duration::from_millis(500)).as_secs()
    }

    fn pulse() -> Pulse {
        let limits = Server::default().limits;
        let place = Places::new(9, 9, &[]).take([127, 0, 0, 1].into()).expect("a place");
        Pulse::new(limits, place)
    }

    #[test]
    fn each_phase_has_its_time() {
        let pulse = pulse();
        assert_eq!(left(&pulse), 10, "nothing was said");
        pulse.heard();
        assert_eq!(left(&pulse), 10, "a head");
        pulse.reads();
        assert_eq!(left(&pulse), 20, "a body");
        pulse.works();
        assert!(left(&pulse) > 600, "work");
        pulse.answers();
        pulse.rests();
        assert_eq!(left(&pulse), 60, "idle");
        pulse.heard();
        assert_eq!(left(&pulse), 10, "the next head");
        pulse.parts();
        assert_eq!(left(&pulse), 1, "parting");
    }

    #[test]
    fn who_reads_slowly_gets_time_for_what_was_read() {
        let pulse = pulse();
        pulse.works();
        pulse.answers();
        pulse.took(5000);
        pulse.stalls();
        assert_eq!(left(&pulse), 20, "what went before does not count");
        pulse.took(3000);
        pulse.stalls();
        assert_eq!(left(&pulse), 23);
        pulse.flows();
        assert!(left(&pulse) > 600);
    }

    #[test]
    fn who_is_in_the_middle_of_a_request_is_waited_for() {
        let pulse = pulse();
        assert!(!pulse.is_done());
        pulse.leave();
        assert!(pulse.is_done());
        pulse.heard();
        assert!(!pulse.is_done() && pulse.is_leaving());
    }
}
