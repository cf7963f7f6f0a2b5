//! The one loop, and the only code that changes a flow.
//!
//! For each event: load; decide; write what the event counts as, the next state, its messages and its audit rows in one batch
//! that is guarded by the limits and by the version that was read; then do what the decision asked for, and feed the answer
//! back as the next event. Nothing of a decision is shown or done before it is written: an attempt that is not counted has no
//! answer. If a limit is reached, that is decided upon instead. If somebody else was quicker the decision is thrown away and
//! made again on what is there now.

mod look;

use std::sync::Arc;

use regain_core::audit::Act;
use regain_core::effect::Effect;
use regain_core::flow::{self, Event, Flow};
use regain_core::registration::Change;
use regain_core::reset;
use regain_core::throttle::{self, Claim, Owner, What};
use regain_core::{Ctx, FlowId, Time};
use tracing::Instrument as _;

use crate::app::App;
use crate::store::flow::Loaded;
use crate::store::outbox::{Payload, Taken};
use crate::store::throttle::{Bygone, Exceeded};
use crate::store::{Outcome, Stmt};
use crate::{metrics, perform};

pub use crate::store::audit::{Happened, Origin};
pub use crate::store::freeze::Offered;
pub use look::{Known, Look};

/// How often a decision is made again when somebody else was quicker.
const ROUNDS: usize = 3;

/// Something that should not happen: the person sees an incident number, the log has the reason.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The operating system gives no randomness.
    #[error("no randomness: {0}")]
    Entropy(getrandom::Error),
    /// A part of the program broke off.
    #[error("a task broke off: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] crate::directory::Error),
}

impl From<getrandom::Error> for Fault {
    fn from(error: getrandom::Error) -> Self {
        Self::Entropy(error)
    }
}

/// What a browser holds of a flow: its name, and how many proofs it brought. With each proof the cookie changes, so that
/// whoever knew the one before cannot go on with what another has proven (session fixation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The flow.
    pub flow: FlowId,
    /// Proofs brought.
    pub proofs: u8,
}

impl Hold {
    /// For the worker, which acts for nobody.
    pub const fn all(flow: FlowId) -> Self {
        Self { flow, proofs: u8::MAX }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drove {
    /// It was decided upon; whoever did it holds so many proofs now.
    Done {
        /// Proofs brought.
        proofs: u8,
        /// Whether that was the end of the flow.
        ended: bool,
    },
    /// Others were quicker each time: nothing happened, the page shows what is there now.
    Overtaken,
    /// Too many resets are being begun: nothing happened.
    Limited {
        /// When it may be tried again.
        until: Time,
    },
}

impl App {
    /// Lets something happen to a flow, and everything that follows from it. What has begun is carried through even if
    /// the browser goes away meanwhile.
    ///
    /// # Errors
    /// If the store cannot be read or written; the flow is then as it was, or as the page will show it.
    pub async fn drive(self: &Arc<Self>, origin: &Origin, hold: Hold, event: impl Into<Event>) -> Result<Drove, Fault> {
        self.drive_on(None, origin, hold, event).await
    }

    /// The same, decided upon what was looked at, if nobody was quicker since.
    ///
    /// # Errors
    /// If the store cannot be read or written; the flow is then as it was, or as the page will show it.
    pub async fn drive_on(
        self: &Arc<Self>,
        seen: Option<Look>,
        origin: &Origin,
        hold: Hold,
        event: impl Into<Event>,
    ) -> Result<Drove, Fault> {
        let (app, origin, event) = (Arc::clone(self), origin.clone(), event.into());
        let known = seen.map(|look| *look.known);
        tokio::spawn(async move { app.drive_through(known, &origin, hold, event).await }).await?
    }

    async fn drive_through(
        &self,
        mut known: Option<Known>,
        origin: &Origin,
        mut hold: Hold,
        event: Event,
    ) -> Result<Drove, Fault> {
        let mut next = Some(event);
        let mut ended = false;
        while let Some(event) = next.take() {
            let decided = match self.decide(origin, hold, event, known.take()).await? {
                Round::Decided(decided) => *decided,
                Round::Overtaken => return Ok(Drove::Overtaken),
                Round::Limited { until } => return Ok(Drove::Limited { until }),
            };
            let Decided { effects, flow, version } = decided;
            (hold.proofs, ended) = (flow.proved(), flow.ended_at().is_some());
            for effect in effects {
                next = self.perform(&flow, effect).await.or(next);
            }
            if let (Some(version), true) = (version, next.is_some()) {
                let registration = self.registration(flow.account()).await?;
                known = Some(Known { loaded: Some(Loaded { version, flow }), registration });
            }
        }
        Ok(Drove::Done { proofs: hold.proofs, ended })
    }

    /// One decision, written down; or nothing, if others were quicker or the flow is not this browser's to go on with. The first
    /// time it is decided upon what is `known`.
    async fn decide(
        &self,
        origin: &Origin,
        hold: Hold,
        event: Event,
        mut known: Option<Known>,
    ) -> Result<Round, Fault> {
        let id = hold.flow;
        for _ in 0..ROUNDS {
            let known = match known.take() {
                Some(known) => Some(known),
                None => self.known(id).await?,
            };
            let Known { loaded, registration } = match known {
                Some(known) => known,
                None => Known { loaded: None, registration: self.registration(event.account()).await? },
            };
            let ctx = self.ctx(&registration)?;
            let version = loaded.as_ref().map(|loaded| loaded.version);
            let flow = loaded.map_or_else(|| Flow::fresh(&event, id, &ctx), |loaded| loaded.flow);
            if flow.proved() > hold.proofs {
                return self.hold_again(&ctx, origin, &flow, hold, &event).await;
            }
            let mut claims = flow.claims(&ctx, &event, &throttle::network(&origin.address));
            claims.extend(self.budget_claims(&ctx, &flow, &event).await?);
            let at = At { ctx: &ctx, origin, version, flow: &flow };
            let exceeded = match self.attempt(&at, event.clone(), &claims).await? {
                Attempt::Decided(decided) => return Ok(Round::Decided(decided)),
                Attempt::Overtaken => continue,
                Attempt::Exceeded(exceeded) => exceeded,
            };
            if exceeded.claim.what == What::LookUps {
                // Nobody is known yet, so there is nobody to write it down for: a flood must not fill the store.
                metrics::limit(What::LookUps.name());
                return Ok(Round::Limited { until: exceeded.until });
            }
            let instead = flow.throttled(&exceeded.claim, exceeded.until);
            if let Attempt::Decided(decided) = self.attempt(&at, instead, &[]).await? {
                return Ok(Round::Decided(decided));
            }
        }
        Ok(Round::Overtaken)
    }

    /// Decides, and writes it down together with what it counts as.
    async fn attempt(&self, at: &At<'_>, event: Event, claims: &[Claim]) -> Result<Attempt, Fault> {
        // Nothing is compared, and nobody asked, where a limit is reached. Whoever comes at the same moment as others may pass here,
        // and is told nothing when it cannot be counted.
        if let Some(exceeded) = self.exceeded(at.origin, claims).await? {
            return Ok(Attempt::Exceeded(exceeded));
        }
        let (mut next, mut effects) = flow::step(at.ctx, at.flow.clone(), event);
        // Looking up writes nothing but an office phone as the directory has it, so nothing has to be written before it.
        if let Some(place) = effects.iter().position(|effect| matches!(effect, Effect::LookUp { .. })) {
            let read = effects.remove(place);
            if let Some(found) = self.perform(&next, read).await {
                let (then, more) = flow::step(&self.ctx(at.ctx.registration)?, next, found);
                next = then;
                effects.extend(more);
            }
        }
        let unchanged = next == *at.flow && effects.is_empty();
        if unchanged && claims.is_empty() {
            let (flow, version) = (at.flow.clone(), at.version);
            return Ok(Attempt::Decided(Box::new(Decided { effects, flow, version })));
        }
        let (batch, messages) = self.batch(at, &next, &effects, claims)?;
        if let Outcome::Committed(_) = self.store.db().write(batch).await? {
            count(at.flow, &next, &effects);
            let (version, effects) = (Some(next_version(at.version)), self.after_commit(effects, messages));
            return Ok(Attempt::Decided(Box::new(Decided { effects, flow: next, version })));
        }
        let exceeded = self.exceeded(at.origin, claims).await?;
        Ok(exceeded.map_or(Attempt::Overtaken, Attempt::Exceeded))
    }

    /// Does what was asked for; what the directory says of it goes to the log with the number that the person is shown.
    async fn perform(&self, flow: &Flow, effect: Effect) -> Option<Event> {
        let span = tracing::error_span!("flow", reference = flow.id().reference(&self.keys));
        perform::perform(self, flow, effect).instrument(span).await
    }

    /// The second press of a button whose first answer got lost: whoever types the code that was accepted last gets hold of
    /// the flow again. Counted like any other attempt, and nothing in the flow changes.
    async fn hold_again(
        &self,
        ctx: &Ctx<'_>,
        origin: &Origin,
        flow: &Flow,
        hold: Hold,
        event: &Event,
    ) -> Result<Round, Fault> {
        let (Flow::Reset(reset), Event::Reset(reset::Event::Code { typed, .. })) = (flow, event) else {
            return Ok(Round::Overtaken);
        };
        let Some(proof) = reset.stage.proofs().last() else { return Ok(Round::Overtaken) };
        let (own, network) = (reset.regain_claims(ctx), throttle::network(&origin.address));
        let claims = [throttle::around(ctx.keys, ctx.policy, &network, &[What::Proofs]), own].concat();
        if reset.proved != hold.proofs.saturating_add(1) || self.take(origin, &claims).await?.is_some() {
            return Ok(Round::Overtaken);
        }
        if !proof.was_brought_by(ctx, typed) {
            return Ok(Round::Overtaken);
        }
        self.store.give_back_all(&claims).await?;
        Ok(Round::Decided(Box::new(Decided { effects: Vec::new(), flow: flow.clone(), version: None })))
    }

    /// The guarded change and all that has to come with it, with the messages that are for our own worker once it is committed.
    fn batch(
        &self,
        at: &At<'_>,
        flow: &Flow,
        effects: &[Effect],
        claims: &[Claim],
    ) -> Result<(Vec<Stmt>, Vec<Taken>), Fault> {
        let At { ctx, origin, version, flow: before } = *at;
        let place = next_version(version);
        let due = flow.due(ctx.policy);
        let goes_on = flow.ended_at().is_none() && due == before.due(ctx.policy);
        let mut batch = vec![match version {
            Some(version) if goes_on => self.store.put_flow_going_on(version, flow)?,
            version => self.store.put_flow(version, flow, due)?,
        }];
        let writes = |effect: &Effect| matches!(effect, Effect::SetPassword { .. } | Effect::Unlock { .. });
        if let Some(account) = flow.account()
            && (flow.proved() > before.proved() || effects.iter().any(writes))
        {
            // These rest on what is registered: not on a contact that is being removed, nor on an account being frozen.
            batch.push(self.store.hold_registration(account, ctx.registration.version));
        }
        let (mut bygone, mut messages, mut offered) = (Bygone::default(), Vec::new(), None);
        for (n, effect) in effects.iter().enumerate() {
            match effect {
                Effect::Audit(event) => {
                    batch.push(self.store.append_audit(flow.id(), (place, n), event, origin, ctx.now)?);
                }
                Effect::Deliver(delivery) => {
                    let (user_id, address) = (flow.user_id().to_owned(), origin.address.clone());
                    let payload = Payload { delivery: delivery.clone(), user_id, address };
                    if self.post.is_open() {
                        let (row, taken) = self.store.queue_taken(flow.id(), place, n, payload, ctx.now)?;
                        batch.push(row);
                        messages.push(taken);
                    } else {
                        batch.push(self.store.queue(flow.id(), place, n, &payload, ctx.now)?);
                    }
                    // Both addresses are offered the same.
                    if let Some(offer) = delivery.message.offer().filter(|offer| offered != Some(*offer)) {
                        batch.push(self.store.offer_freeze(offer)?);
                        offered = Some(offer);
                    }
                }
                Effect::GiveBack { counter } => bygone.back.push((counter.clone(), 1)),
                Effect::Uncount { what } => {
                    let unused = claims.iter().filter(|claim| claim.what == *what);
                    bygone.back.extend(unused.map(|claim| (claim.counter.clone(), claim.weight)));
                }
                Effect::Forgive { account } => {
                    let owner = Owner { account: Some(account), user_id: flow.user_id() };
                    bygone.forgotten = throttle::of_account(&self.keys, &self.policy, owner);
                }
                Effect::Register { account, change } => {
                    let version = ctx.registration.version;
                    batch.extend(self.store.change_registration(account, version, change, ctx.now)?);
                    if let Change::Freeze { .. } = change {
                        batch.push(self.store.use_freeze_offer(flow.id(), ctx.now));
                    }
                }
                Effect::Remember { account, mark } => {
                    let count = ctx.policy.password.history;
                    batch.extend(self.store.remember_password(account, flow.id(), mark, count, ctx.now)?);
                }
                Effect::EndSessions { account } => {
                    batch.extend([self.store.sign_out(account, ctx.now), self.store.end_sessions(account)]);
                }
                Effect::LookUp { .. }
                | Effect::SetPassword { .. }
                | Effect::ChangePassword { .. }
                | Effect::Unlock { .. } => {}
            }
        }
        // The counts come first, in every batch: all nodes lock in one order.
        let mut whole = self.store.counting(claims, bygone, ctx.now)?;
        whole.append(&mut batch);
        Ok((whole, messages))
    }

    fn after_commit(&self, effects: Vec<Effect>, messages: Vec<Taken>) -> Vec<Effect> {
        if effects.iter().any(|effect| matches!(effect, Effect::Deliver(_))) {
            self.post.hand_over(messages);
        }
        let at_once = |effect: &Effect| {
            matches!(effect, Effect::SetPassword { .. } | Effect::ChangePassword { .. } | Effect::Unlock { .. })
        };
        effects.into_iter().filter(at_once).collect()
    }
}

/// Counts what was decided.
fn count(before: &Flow, after: &Flow, effects: &[Effect]) {
    let kind = match after {
        Flow::Reset(_) => "reset",
        Flow::Register(_) => "register",
        Flow::Change(_) => "change",
    };
    let mut last = "other";
    for effect in effects {
        let Effect::Audit(event) = effect else { continue };
        last = event.act.name();
        metrics::event(kind, last);
        if let Act::Throttled { what } = &event.act {
            metrics::limit(what.name());
        }
    }
    if before.ended_at().is_none() && after.ended_at().is_some() {
        metrics::flow(kind, after.reached().map_or(last, |act| act.name()));
    }
}

/// What is decided upon.
struct At<'a> {
    ctx: &'a Ctx<'a>,
    origin: &'a Origin,
    /// Its version, if it is in the store.
    version: Option<i64>,
    flow: &'a Flow,
}

/// What came of writing a decision down.
enum Attempt {
    /// It is written.
    Decided(Box<Decided>),
    /// Somebody else was quicker; nothing is written.
    Overtaken,
    /// This limit is reached; nothing is written.
    Exceeded(Exceeded),
}

/// What came of one event.
enum Round {
    /// A decision, written down.
    Decided(Box<Decided>),
    /// Others were quicker, or the flow is not this browser's to go on with.
    Overtaken,
    /// A limit forbids it, and nothing is written down.
    Limited { until: Time },
}

/// A decision that was written down.
struct Decided {
    /// What is to be carried out at once.
    effects: Vec<Effect>,
    /// The flow as it is from now on.
    flow: Flow,
    /// Its version, if it is in the store.
    version: Option<i64>,
}

/// The version that comes after this one, or after nothing.
fn next_version(version: Option<i64>) -> i64 {
    version.unwrap_or(0) + 1
}
