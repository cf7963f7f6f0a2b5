//! The one loop, and the only code that changes a flow.
//!
//! For each event: load; count what has to be counted, in a committed statement of its own; decide; write the next state,
//! its messages and its audit rows in one batch that is guarded by the version that was read; then do what the decision
//! asked for, and feed the answer back as the next event. If somebody else was quicker the decision is thrown away, nothing
//! of it is shown, and it is made again on what is there now.

use std::sync::Arc;

use regain_core::audit::Act;
use regain_core::effect::Effect;
use regain_core::flow::{self, Event, Flow};
use regain_core::registration::Change;
use regain_core::reset::{self, Goal, Reset, View};
use regain_core::throttle::{self, Claim, Owner, What};
use regain_core::{Ctx, FlowId, Registration, Time, change, register};
use tracing::Instrument as _;

use crate::app::App;
use crate::store::flow::Loaded;
use crate::store::outbox::Payload;
use crate::store::throttle::Exceeded;
use crate::store::{Outcome, Stmt};
use crate::{metrics, perform};

pub use crate::store::audit::{Happened, Origin};
pub use crate::store::freeze::Offered;

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
    },
    /// Others were quicker each time: nothing happened, the page shows what is there now.
    Overtaken,
    /// Too many resets are being begun: nothing happened.
    Limited {
        /// When it may be tried again.
        until: Time,
    },
}

/// What there is to see of a reset.
#[derive(Clone, Debug)]
pub struct Look {
    /// The page.
    pub view: View,
    /// What the person wants.
    pub goal: Goal,
    /// When it ends if nothing happens.
    pub expires: Time,
    /// How often more time can be asked for.
    pub extensions_left: u8,
    /// When it ended, if it has.
    pub ended_at: Option<Time>,
    /// The short number for the care team.
    pub reference: String,
    /// Proofs that somebody has to hold to go on with it.
    pub proofs: u8,
}

impl App {
    /// What there is to see of a reset, if it exists. Changes nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn look(&self, id: FlowId) -> Result<Option<Look>, Fault> {
        match self.known(id).await? {
            Some((Flow::Reset(flow), registration)) => Ok(Some(self.look_at(&flow, &registration)?)),
            _ => Ok(None),
        }
    }

    /// What there is to see of a reset nobody has touched yet.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn look_at_new(&self, id: FlowId) -> Result<Look, Fault> {
        let fresh = Reset::new(id, self.clock.now(), self.policy.lifetime);
        self.look_at(&fresh, &Registration::default())
    }

    fn look_at(&self, flow: &Reset, registration: &Registration) -> Result<Look, Fault> {
        let ended_at = match &flow.stage {
            reset::Stage::Ended { at, .. } => Some(*at),
            _ => None,
        };
        Ok(Look {
            view: reset::view(&self.ctx(registration)?, flow),
            goal: flow.goal.clone(),
            expires: flow.expires,
            extensions_left: self.policy.extensions.saturating_sub(flow.extensions),
            ended_at,
            reference: flow.id.reference(&self.keys),
            proofs: flow.proved,
        })
    }

    /// What there is to see of a registration, if it exists. Changes nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn look_at_registration(&self, id: FlowId) -> Result<Option<register::View>, Fault> {
        match self.known(id).await? {
            Some((Flow::Register(flow), registration)) => Ok(Some(register::view(&self.ctx(&registration)?, &flow))),
            _ => Ok(None),
        }
    }

    /// What there would be to see of a registration that this person has not opened yet. Changes nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn look_at_new_registration(
        &self,
        id: FlowId,
        person: register::Person,
    ) -> Result<register::View, Fault> {
        let registration = self.registration(Some(&person.account)).await?;
        let ctx = self.ctx(&registration)?;
        let fresh = register::Register::new(id, ctx.now);
        Ok(register::step(&ctx, fresh, register::Event::Open(person)).view)
    }

    /// What there is to see of a change of a password, if it exists. Changes nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn look_at_change(&self, id: FlowId) -> Result<Option<change::View>, Fault> {
        match self.known(id).await? {
            Some((Flow::Change(flow), registration)) => Ok(Some(change::view(&self.ctx(&registration)?, &flow))),
            _ => Ok(None),
        }
    }

    /// Whether what a change of a password has set is still the last word on it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn change_stands(&self, id: FlowId) -> Result<bool, Fault> {
        let known = self.known(id).await?;
        Ok(matches!(known, Some((Flow::Change(flow), registration)) if flow.stands(&registration)))
    }

    /// A flow with what is registered for its person.
    async fn known(&self, id: FlowId) -> Result<Option<(Flow, Registration)>, Fault> {
        let Some(loaded) = self.store.flow(id).await? else { return Ok(None) };
        let registration = self.registration(loaded.flow.account()).await?;
        Ok(Some((loaded.flow, registration)))
    }

    /// Lets something happen to a flow, and everything that follows from it. What has begun is carried through even if
    /// the browser goes away meanwhile.
    ///
    /// # Errors
    /// If the store cannot be read or written; the flow is then as it was, or as the page will show it.
    pub async fn drive(self: &Arc<Self>, origin: &Origin, hold: Hold, event: impl Into<Event>) -> Result<Drove, Fault> {
        let (app, origin, event) = (Arc::clone(self), origin.clone(), event.into());
        tokio::spawn(async move { app.drive_through(&origin, hold, event).await }).await?
    }

    async fn drive_through(&self, origin: &Origin, hold: Hold, event: Event) -> Result<Drove, Fault> {
        let mut hold = hold;
        let mut next = Some(event);
        let mut known = None;
        while let Some(event) = next.take() {
            let decided = match self.decide(origin, hold, event, known.take()).await? {
                Round::Decided(decided) => *decided,
                Round::Overtaken => return Ok(Drove::Overtaken),
                Round::Limited { until } => return Ok(Drove::Limited { until }),
            };
            let Decided { effects, flow, version } = decided;
            hold.proofs = flow.proved();
            for effect in effects {
                // What the directory says goes to the log with the number that the person is shown.
                let span = tracing::error_span!("flow", reference = hold.flow.reference(&self.keys));
                next = perform::perform(self, &flow, effect).instrument(span).await.or(next);
            }
            known = version.map(|version| Loaded { version, flow });
        }
        Ok(Drove::Done { proofs: hold.proofs })
    }

    /// One decision, written down; or nothing, if others were quicker or the flow is not this browser's to go on with. `known` is
    /// the flow as it was written last: if it is not the latest any more, the guard notices.
    async fn decide(
        &self,
        origin: &Origin,
        hold: Hold,
        event: Event,
        mut known: Option<Loaded>,
    ) -> Result<Round, Fault> {
        let id = hold.flow;
        let mut counted = Vec::new();
        for _ in 0..ROUNDS {
            let loaded = match known.take() {
                Some(known) => Some(known),
                None => self.store.flow(id).await?,
            };
            let account = loaded.as_ref().and_then(|loaded| loaded.flow.account()).or(event.account());
            let registration = self.registration(account).await?;
            let ctx = self.ctx(&registration)?;
            let version = loaded.as_ref().map(|loaded| loaded.version);
            let flow = loaded.map_or_else(|| Flow::fresh(&event, id, &ctx), |loaded| loaded.flow);
            if flow.proved() > hold.proofs {
                // What was counted for the flow as it was before somebody else moved it; from here on it is counted anew.
                self.store.give_back_all(&counted).await?;
                return self.hold_again(&ctx, origin, &flow, hold, &event).await;
            }
            let event = match self.count(&ctx, origin, &flow, &event, &mut counted).await? {
                None => event.clone(),
                // Nobody is known yet, so there is nobody to write it down for: a flood must not fill the store.
                Some(Exceeded { claim: Claim { what: what @ What::LookUps, .. }, until }) => {
                    metrics::limit(what.name());
                    return Ok(Round::Limited { until });
                }
                Some(exceeded) => flow.throttled(&exceeded.claim, exceeded.until),
            };
            let (next, effects) = flow::step(&ctx, flow.clone(), event);
            if next == flow && effects.is_empty() {
                return Ok(Round::Decided(Box::new(Decided { effects, flow, version })));
            }
            let batch = self.batch(&ctx, origin, version, (&flow, &next), (&effects, &counted))?;
            if let Outcome::Committed(_) = self.store.db().write(batch).await? {
                count(&flow, &next, &effects);
                let (version, effects) = (Some(next_version(version)), self.after_commit(effects));
                return Ok(Round::Decided(Box::new(Decided { effects, flow: next, version })));
            }
        }
        self.store.give_back_all(&counted).await?;
        Ok(Round::Overtaken)
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

    /// Counts what this event asks for on this flow as it is now, unless that was counted already; what was counted for the
    /// flow as it was before somebody else moved it is given back.
    async fn count(
        &self,
        ctx: &Ctx<'_>,
        origin: &Origin,
        flow: &Flow,
        event: &Event,
        counted: &mut Vec<Claim>,
    ) -> Result<Option<Exceeded>, Fault> {
        let mut claims = flow.claims(ctx, event, &throttle::network(&origin.address));
        claims.extend(self.budget_claims(ctx, flow, event).await?);
        if claims == *counted {
            return Ok(None);
        }
        self.store.give_back_all(&std::mem::take(counted)).await?;
        let exceeded = self.take(origin, &claims).await?;
        if exceeded.is_none() {
            *counted = claims;
        }
        Ok(exceeded)
    }

    /// The guarded change and all that has to come with it.
    fn batch(
        &self,
        ctx: &Ctx<'_>,
        origin: &Origin,
        version: Option<i64>,
        (before, flow): (&Flow, &Flow),
        (effects, counted): (&[Effect], &[Claim]),
    ) -> Result<Vec<Stmt>, Fault> {
        let place = next_version(version);
        let mut batch = vec![self.store.put_flow(version, flow, flow.due(ctx.policy))?];
        let writes = |effect: &Effect| matches!(effect, Effect::SetPassword { .. } | Effect::Unlock { .. });
        if let Some(account) = flow.account()
            && (flow.proved() > before.proved() || effects.iter().any(writes))
        {
            // These rest on what is registered: not on a contact that is being removed, nor on an account being frozen.
            batch.push(self.store.hold_registration(account, ctx.registration.version));
        }
        let (mut back, mut bygone) = (Vec::new(), Vec::new());
        for (n, effect) in effects.iter().enumerate() {
            match effect {
                Effect::Audit(event) => {
                    batch.push(self.store.append_audit(flow.id(), (place, n), event, origin, ctx.now)?);
                }
                Effect::Deliver(delivery) => {
                    let (user_id, address) = (flow.user_id().to_owned(), origin.address.clone());
                    let payload = Payload { delivery: delivery.clone(), user_id, address };
                    batch.push(self.store.queue(flow.id(), place, n, &payload, ctx.now)?);
                    if let Some(offer) = delivery.message.offer() {
                        batch.push(self.store.offer_freeze(offer)?);
                    }
                }
                Effect::GiveBack { counter } => back.push((counter.clone(), 1)),
                Effect::Uncount { what } => {
                    let unused = counted.iter().filter(|claim| claim.what == *what);
                    back.extend(unused.map(|claim| (claim.counter.clone(), claim.weight)));
                }
                Effect::Forgive { account } => {
                    let owner = Owner { account: Some(account), user_id: flow.user_id() };
                    bygone = throttle::of_account(&self.keys, &self.policy, owner);
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
                    batch.extend([self.store.end_sessions(account), self.store.sign_out(account, ctx.now)]);
                }
                Effect::LookUp { .. }
                | Effect::SetPassword { .. }
                | Effect::ChangePassword { .. }
                | Effect::Unlock { .. } => {}
            }
        }
        batch.extend(self.store.giving_back(back));
        batch.extend(self.store.forgiving(bygone));
        Ok(batch)
    }

    fn after_commit(&self, effects: Vec<Effect>) -> Vec<Effect> {
        if effects.iter().any(|effect| matches!(effect, Effect::Deliver(_))) {
            self.wake.notify_one();
        }
        let at_once = |effect: &Effect| {
            matches!(
                effect,
                Effect::LookUp { .. }
                    | Effect::SetPassword { .. }
                    | Effect::ChangePassword { .. }
                    | Effect::Unlock { .. }
            )
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
