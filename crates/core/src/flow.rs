//! How a flow is named and stored, and the one door to the machines behind it.

use serde::{Deserialize, Serialize};

use crate::audit::Act;
use crate::budget::Postage;
use crate::change::{self, ChangePassword};
use crate::effect::Effect;
use crate::keys::{Keys, Use};
use crate::register::{self, Register};
use crate::reset::{self, Reset};
use crate::subject::AccountId;
use crate::throttle::{self, Claim};
use crate::time::Time;
use crate::{Ctx, Policy, Step};

/// Names one flow: 128 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FlowId(pub [u8; 16]);

/// The letters of a reference: no I, L, O, U, 0 or 1, which are misheard or misread.
const REFERENCE_LETTERS: &[u8; 30] = b"ABCDEFGHJKMNPQRSTVWXYZ23456789";

impl FlowId {
    /// The short number a person reads to the care team, such as `K7QF-2M9X`. It names the flow in the audit trail and
    /// opens nothing.
    pub fn reference(&self, keys: &Keys) -> String {
        let digest = keys.derive(Use::Reference, &[&self.0]);
        let letters = digest.0.iter().take(8).filter_map(|byte| REFERENCE_LETTERS.get(usize::from(byte % 30)));
        letters.enumerate().fold(String::with_capacity(9), |mut text, (place, letter)| {
            if place == 4 {
                text.push('-');
            }
            text.push(char::from(*letter));
            text
        })
    }
}

/// The envelope in which a flow lies in the store. `v` grows when a change of shape needs a conversion; every version ever
/// written stays readable, which `tests/stored.rs` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Version of the shape.
    pub v: u16,
    /// The flow itself.
    pub flow: Flow,
}

/// The kinds of flow there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Somebody cannot sign in.
    Reset(Reset),
    /// Somebody says how they can be recognised.
    Register(Register),
    /// Somebody changes a password they know.
    Change(ChangePassword),
}

/// What can happen to a flow, by its kind. What is meant for another kind changes nothing.
#[derive(Clone)]
pub enum Event {
    /// To a reset.
    Reset(reset::Event),
    /// To a registration.
    Register(register::Event),
    /// To a change of a password.
    Change(change::Event),
    /// To any: time went by.
    Tick,
}

impl Event {
    /// The account it names, if it is one that begins a flow.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Register(register::Event::Open(person)) => Some(&person.account),
            Self::Register(register::Event::Freeze(offer)) => Some(&offer.account),
            Self::Change(change::Event::Open(person)) => Some(&person.account),
            _ => None,
        }
    }
}

impl Stored {
    /// The version this program writes.
    pub const VERSION: u16 = 1;

    /// Wraps a flow for the store.
    pub fn new(flow: Flow) -> Self {
        Self { v: Self::VERSION, flow }
    }
}

impl Flow {
    /// The flow that this event finds where there is none yet.
    pub fn fresh(event: &Event, id: FlowId, ctx: &Ctx) -> Self {
        match event {
            Event::Reset(_) | Event::Tick => Self::Reset(Reset::new(id, ctx.now, ctx.policy.lifetime)),
            Event::Register(_) => Self::Register(Register::new(id, ctx.now)),
            Event::Change(_) => Self::Change(ChangePassword::new(id, ctx.now)),
        }
    }

    /// Its name.
    pub fn id(&self) -> FlowId {
        match self {
            Self::Reset(flow) => flow.id,
            Self::Register(flow) => flow.id,
            Self::Change(flow) => flow.id,
        }
    }

    /// The account it is about, once one is known to exist.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Reset(flow) => flow.stage.subject().and_then(|subject| subject.account.as_ref()),
            Self::Register(flow) => flow.person.as_ref().map(|person| &person.account),
            Self::Change(flow) => flow.person.as_ref().map(|person| &person.account),
        }
    }

    /// The User ID as typed, or as the directory has it.
    pub fn user_id(&self) -> &str {
        match self {
            Self::Reset(flow) => &flow.user_id,
            Self::Register(flow) => flow.person.as_ref().map_or("", |person| &person.user_id),
            Self::Change(flow) => flow.person.as_ref().map_or("", |person| &person.user_id),
        }
    }

    /// Proofs that somebody has to hold to go on with it.
    pub fn proved(&self) -> u8 {
        match self {
            Self::Reset(flow) => flow.proved,
            // These are opened by who is signed in, and named by the session.
            Self::Register(_) | Self::Change(_) => 0,
        }
    }

    /// When it has to be looked at again even if nothing happens.
    pub fn due(&self, policy: &Policy) -> Time {
        match self {
            Self::Reset(flow) => flow.due(policy),
            Self::Register(flow) => flow.expires,
            Self::Change(flow) => flow.due(policy.write_patience),
        }
    }

    /// When it ended, if it has.
    pub fn ended_at(&self) -> Option<Time> {
        match self {
            Self::Reset(Reset { stage: reset::Stage::Ended { at, .. }, .. })
            | Self::Register(Register { stage: register::Stage::Ended { at, .. }, .. })
            | Self::Change(ChangePassword { stage: change::Stage::Ended { at, .. }, .. }) => Some(*at),
            _ => None,
        }
    }

    /// What was reached, if it has ended well: whatever came last in further directories, the primary one has done it.
    pub fn reached(&self) -> Option<Act> {
        match self {
            Self::Reset(Reset { stage: reset::Stage::Ended { end: reset::End::Done, .. }, .. }) => {
                Some(Act::PasswordSet)
            }
            Self::Reset(Reset { stage: reset::Stage::Ended { end: reset::End::Unlocked, .. }, .. }) => {
                Some(Act::Unlocked)
            }
            Self::Change(ChangePassword { stage: change::Stage::Ended { end: change::End::Done, .. }, .. }) => {
                Some(Act::PasswordChanged)
            }
            _ => None,
        }
    }

    /// What has to be counted when this event is decided in the same `ctx`, in one transaction with it and before it is answered.
    /// It comes from somebody in this network.
    pub fn claims(&self, ctx: &Ctx, event: &Event, network: &str) -> Vec<Claim> {
        let (own, whats) = match (self, event) {
            (Self::Reset(flow), Event::Reset(event)) => (flow.claims(ctx, event), flow.counts(ctx, event)),
            (Self::Register(flow), Event::Register(event)) => (flow.claims(ctx, event), flow.counts(ctx, event)),
            // Somebody who is signed in, and whose answer comes with a later event: the account's own limit is enough.
            (Self::Change(flow), Event::Change(event)) => (flow.claims(ctx, event), Vec::new()),
            _ => (Vec::new(), Vec::new()),
        };
        [own, throttle::around(ctx.keys, ctx.policy, network, &whats)].concat()
    }

    /// The code that this event sends, if it sends one.
    pub fn postage<'a>(&'a self, ctx: &'a Ctx, event: &'a Event) -> Option<Postage<'a>> {
        match (self, event) {
            (Self::Reset(flow), Event::Reset(event)) => flow.postage(ctx, event),
            (Self::Register(flow), Event::Register(event)) => flow.postage(ctx, event),
            _ => None,
        }
    }

    /// What a flow of this kind is told when a limit forbids what was asked for.
    pub fn throttled(&self, claim: &Claim, until: Time) -> Event {
        let (what, scope) = (claim.what, claim.scope);
        match self {
            Self::Reset(_) => Event::Reset(reset::Event::Throttled { what, scope, until }),
            Self::Register(_) => Event::Register(register::Event::Throttled { what, scope, until }),
            Self::Change(_) => Event::Change(change::Event::Throttled { until }),
        }
    }
}

/// Decides, by the machine of the flow's kind.
pub fn step(ctx: &Ctx, flow: Flow, event: Event) -> (Flow, Vec<Effect>) {
    match (flow, event) {
        (Flow::Reset(flow), Event::Reset(event)) => of(reset::step(ctx, flow, event), Flow::Reset),
        (Flow::Reset(flow), Event::Tick) => of(reset::step(ctx, flow, reset::Event::Tick), Flow::Reset),
        (Flow::Register(flow), Event::Register(event)) => of(register::step(ctx, flow, event), Flow::Register),
        (Flow::Register(flow), Event::Tick) => of(register::step(ctx, flow, register::Event::Tick), Flow::Register),
        (Flow::Change(flow), Event::Change(event)) => of(change::step(ctx, flow, event), Flow::Change),
        (Flow::Change(flow), Event::Tick) => of(change::step(ctx, flow, change::Event::Tick), Flow::Change),
        (flow, _) => (flow, Vec::new()),
    }
}

fn of<S, V>(step: Step<S, V>, wrap: fn(S) -> Flow) -> (Flow, Vec<Effect>) {
    (wrap(step.state), step.effects)
}

impl From<reset::Event> for Event {
    fn from(event: reset::Event) -> Self {
        Self::Reset(event)
    }
}

impl From<register::Event> for Event {
    fn from(event: register::Event) -> Self {
        Self::Register(event)
    }
}

impl From<change::Event> for Event {
    fn from(event: change::Event) -> Self {
        Self::Change(event)
    }
}
