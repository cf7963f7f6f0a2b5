//! What there is to see of a flow, without changing anything.

use regain_core::change::{self, ChangePassword};
use regain_core::flow::Flow;
use regain_core::reset::{self, Goal, Reset, View};
use regain_core::{FlowId, Registration, Time, register};

use super::Fault;
use crate::app::App;
use crate::store::flow::Loaded;

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
    /// What all this was seen in: what is done next is decided upon that, and not read again.
    pub known: Box<Known>,
}

/// What was read to decide upon. If it is not the latest any more when a decision is written down, the guards notice.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The flow, if it is in the store.
    pub(super) loaded: Option<Loaded>,
    /// What is registered for its person.
    pub(super) registration: Registration,
}

impl Known {
    /// The flow, if it is in the store and somebody cannot sign in.
    pub fn reset(&self) -> Option<&Reset> {
        match &self.loaded {
            Some(Loaded { flow: Flow::Reset(flow), .. }) => Some(flow),
            _ => None,
        }
    }
}

impl App {
    /// What there is to see of a reset, if it exists. Changes nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn look(&self, id: FlowId) -> Result<Option<Look>, Fault> {
        let Some(known) = self.known(id).await? else { return Ok(None) };
        match known.reset().cloned() {
            Some(flow) => Ok(Some(self.look_at(&flow, known)?)),
            None => Ok(None),
        }
    }

    /// What there is to see of a reset nobody has touched yet.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn look_at_new(&self, id: FlowId) -> Result<Look, Fault> {
        let fresh = Reset::new(id, self.clock.now(), self.policy.lifetime);
        self.look_at(&fresh, Known::default())
    }

    fn look_at(&self, flow: &Reset, known: Known) -> Result<Look, Fault> {
        let ended_at = match &flow.stage {
            reset::Stage::Ended { at, .. } => Some(*at),
            _ => None,
        };
        Ok(Look {
            view: reset::view(&self.ctx(&known.registration)?, flow),
            goal: flow.goal.clone(),
            expires: flow.expires,
            extensions_left: self.policy.extensions.saturating_sub(flow.extensions),
            ended_at,
            reference: flow.id.reference(&self.keys),
            proofs: flow.proved,
            known: Box::new(known),
        })
    }

    /// What there is to see of a registration, if it exists. Changes nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn look_at_registration(&self, id: FlowId) -> Result<Option<register::View>, Fault> {
        match self.known(id).await? {
            Some(Known { loaded: Some(Loaded { flow: Flow::Register(flow), .. }), registration }) => {
                Ok(Some(register::view(&self.ctx(&registration)?, &flow)))
            }
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
        match self.known_change(id).await? {
            Some((flow, registration)) => Ok(Some(change::view(&self.ctx(&registration)?, &flow))),
            None => Ok(None),
        }
    }

    /// Whether what a change of a password has set is still the last word on it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn change_stands(&self, id: FlowId) -> Result<bool, Fault> {
        let known = self.known_change(id).await?;
        Ok(known.is_some_and(|(flow, registration)| flow.stands(&registration)))
    }

    async fn known_change(&self, id: FlowId) -> Result<Option<(ChangePassword, Registration)>, Fault> {
        let Some(Known { loaded: Some(loaded), registration }) = self.known(id).await? else { return Ok(None) };
        let Flow::Change(flow) = loaded.flow else { return Ok(None) };
        Ok(Some((flow, registration)))
    }

    /// A flow with what is registered for its person.
    pub(super) async fn known(&self, id: FlowId) -> Result<Option<Known>, Fault> {
        let Some(loaded) = self.store.flow(id).await? else { return Ok(None) };
        let registration = self.registration(loaded.flow.account()).await?;
        Ok(Some(Known { loaded: Some(loaded), registration }))
    }
}
