//! What an event counts as, and who hears of it when a limit is reached that many people share.

use regain_core::audit::{self, Act};
use regain_core::effect::{Delivery, Message, To};
use regain_core::flow::{Event, Flow};
use regain_core::method::{Channel, ContactKind};
use regain_core::subject::AccountId;
use regain_core::throttle::{Claim, Scope};
use regain_core::{Ctx, Registration, Span, budget};

use crate::app::App;
use crate::clock;
use crate::metrics;
use crate::phone::{self, Barred};
use crate::store::audit::Origin;
use crate::store::outbox::Payload;
use crate::store::throttle::Exceeded;
use crate::store::{Error, Outcome};

impl App {
    /// Counts all of these or none, and says which limit is exceeded, if any.
    ///
    /// # Errors
    /// If the store cannot be written: then nothing may be compared.
    pub(crate) async fn take(&self, origin: &Origin, claims: &[Claim]) -> Result<Option<Exceeded>, Error> {
        let exceeded = self.store.take(claims, self.clock.now()).await?;
        if let Some(exceeded) = &exceeded {
            self.tell_operators(origin, exceeded).await;
        }
        Ok(exceeded)
    }

    /// Which of these limits is reached already, if any. Counts nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn exceeded(&self, origin: &Origin, claims: &[Claim]) -> Result<Option<Exceeded>, Error> {
        let exceeded = self.store.exceeded(claims, self.clock.now()).await?;
        if let Some(exceeded) = &exceeded {
            self.tell_operators(origin, exceeded).await;
        }
        Ok(exceeded)
    }

    /// What the code that this event sends is counted on in the budget.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn budget_claims(&self, ctx: &Ctx<'_>, flow: &Flow, event: &Event) -> Result<Vec<Claim>, Error> {
        let Some(postage) = flow.postage(ctx, event) else { return Ok(Vec::new()) };
        let past = self.store.counts(&budget::past(ctx.now)).await?;
        // Asked for whoever it is: it must not show in the time.
        let crowd = self.store.crowd().await?;
        Ok(budget::claims(ctx, &postage, &past, &crowd))
    }

    /// Why no code goes to this number, if so.
    pub(crate) fn barred(&self, number: &str) -> Option<Barred> {
        phone::barred(number, &self.settings.budget.countries)
    }

    /// What is registered for this account, with what gets no code any more marked as such.
    ///
    /// # Errors
    /// If the store cannot be read, or a row was altered.
    pub(crate) async fn registration(&self, account: Option<&AccountId>) -> Result<Registration, Error> {
        let mut registration = self.store.registration(account).await?;
        for contact in &mut registration.contacts {
            contact.barred = contact.kind != ContactKind::Email && self.barred(&contact.address).is_some();
        }
        Ok(registration)
    }

    /// What stops many people at once is written down, and those who run the service are told: once for as long as it lasts.
    async fn tell_operators(&self, origin: &Origin, exceeded: &Exceeded) {
        let claim = &exceeded.claim;
        if matches!(claim.scope, Scope::Destination | Scope::Account) {
            return;
        }
        let (what, scope) = (claim.what.name(), claim.scope.name());
        if claim.scope.is_budget() {
            metrics::limit(scope);
        }
        match self.written_down(origin, exceeded).await {
            Ok(false) => {}
            Ok(true) if claim.scope == Scope::Network => {
                tracing::warn!(what, scope, network = claim.whom, "a network has reached a limit");
            }
            Ok(true) => {
                self.post.ring();
                tracing::error!(what, scope, "a limit that everybody shares is reached, and something was stopped");
            }
            Err(error) => tracing::error!(%error, "a limit that is reached could not be written down"),
        }
    }

    /// Whether nobody has written it down before.
    async fn written_down(&self, origin: &Origin, exceeded: &Exceeded) -> Result<bool, Error> {
        let (now, claim) = (self.clock.now(), &exceeded.claim);
        let name = clock::flow_id().map_err(|error| Error::Unavailable(error.to_string()))?;
        let (what, scope) = (claim.what, claim.scope);
        let event = audit::Event { user_id: String::new(), account: None, act: Act::LimitReached { what, scope } };
        let row = self.store.append_audit(name, (0, 0), &event, origin, now)?;
        let mut batch = vec![self.store.first_to_tell(exceeded, now)?, row];
        if scope != Scope::Network && self.policy.channels.contains(&Channel::Email) {
            let message = Message::LimitReached { what, scope, at: now, until: exceeded.until };
            let (to, channel, deadline) = (To::Operators, Channel::Email, now + Span::hours(24));
            let delivery = Delivery { to, channel, message, deadline };
            let payload = Payload { delivery, user_id: String::new(), address: String::new() };
            batch.push(self.store.queue(name, 0, 0, &payload, now)?);
        }
        let written = self.store.db().write(batch).await?;
        Ok(matches!(written, Outcome::Committed(_)))
    }
}
