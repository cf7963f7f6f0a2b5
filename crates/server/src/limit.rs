//! Counting before a decision, and who hears of it when a limit is reached that many people share.

use regain_core::audit::{self, Act};
use regain_core::throttle::{Claim, Scope};

use crate::app::App;
use crate::clock;
use crate::store::audit::Origin;
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

    /// What stops many people at once is written down, once for as long as it lasts.
    async fn tell_operators(&self, origin: &Origin, exceeded: &Exceeded) {
        let claim = &exceeded.claim;
        if matches!(claim.scope, Scope::Destination | Scope::Account) {
            return;
        }
        match self.written_down(origin, exceeded).await {
            Ok(false) => {}
            Ok(true) => {
                let (what, scope) = (claim.what.name(), claim.scope.name());
                tracing::warn!(what, scope, network = claim.whom, "a limit that many people share is reached");
            }
            Err(error) => tracing::error!(%error, "a limit that is reached could not be written down"),
        }
    }

    /// Whether nobody has written it down before.
    async fn written_down(&self, origin: &Origin, exceeded: &Exceeded) -> Result<bool, Error> {
        let (now, claim) = (self.clock.now(), &exceeded.claim);
        let name = clock::flow_id().map_err(|error| Error::Unavailable(error.to_string()))?;
        let act = Act::LimitReached { what: claim.what, scope: claim.scope };
        let event = audit::Event { user_id: String::new(), account: None, act };
        let row = self.store.append_audit(name, (0, 0), &event, origin, now)?;
        let written = self.store.db().write(vec![self.store.first_to_tell(exceeded, now)?, row]).await?;
        Ok(matches!(written, Outcome::Committed(_)))
    }
}
