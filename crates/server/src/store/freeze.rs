//! "This wasn't me": what the links in notices offer. A row is written with the change that the notice tells of; its name is the
//! flow in which the offer is taken up, from which nobody can work out the link.

use regain_core::effect::{FREEZE_OFFER_LIFE, FreezeOffer, freeze_flow};
use regain_core::{FlowId, Time};

use super::db::{Error, Stmt};
use super::flow::flow_name;
use super::{Store, statements};

statements! {
    /// One more; several messages of one change have the same.
    OFFER = "INSERT INTO freeze_offer (flow, offer, made) VALUES ($1, $2, $3) ON CONFLICT (flow) DO NOTHING";
    /// An offer that is still good.
    LOAD = "SELECT offer, used FROM freeze_offer WHERE flow = $1 AND made > $2";
    /// Taken up.
    USE = "UPDATE freeze_offer SET used = $1 WHERE flow = $2 AND used IS NULL";
    /// Offers that are too old.
    FORGET = "DELETE FROM freeze_offer WHERE made <= $1";
}

/// An offer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// What is offered.
    pub offer: FreezeOffer,
    /// When it was taken up, if it was.
    pub used: Option<Time>,
}

impl Store {
    /// The statement that keeps an offer.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn offer_freeze(&self, offer: &FreezeOffer) -> Result<Stmt, Error> {
        let name = flow_name(freeze_flow(&self.keys, &offer.token(&self.keys)));
        let text = serde_json::to_string(offer).map_err(|error| Error::Corrupt(error.to_string()))?;
        let sealed = self.vault.seal(&["freeze_offer", &name, "offer"], &text)?;
        Ok(Stmt::new(OFFER, vec![name.into(), sealed.into(), offer.at.into()]))
    }

    /// The offer that is taken up in this flow, unless it is too old.
    ///
    /// # Errors
    /// If the store cannot be read, or the row was altered.
    pub async fn freeze_offer(&self, flow: FlowId, now: Time) -> Result<Option<Offered>, Error> {
        let name = flow_name(flow);
        let then = Time(now.0 - FREEZE_OFFER_LIFE.0);
        let rows = self.db.read(LOAD, vec![name.as_str().into(), then.into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let text = self.vault.open(&["freeze_offer", &name, "offer"], row.text(0)?)?;
        let offer = serde_json::from_str(&text).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(Some(Offered { offer, used: row.opt_int(1)?.map(Time) }))
    }

    /// The statement that marks the offer of this flow as taken up.
    pub fn use_freeze_offer(&self, flow: FlowId, now: Time) -> Stmt {
        Stmt::new(USE, vec![now.into(), flow_name(flow).into()])
    }

    /// Deletes offers that are too old.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_freeze_offers(&self, now: Time) -> Result<(), Error> {
        let then = Time(now.0 - FREEZE_OFFER_LIFE.0);
        self.db.write(vec![Stmt::new(FORGET, vec![then.into()])]).await.map(drop)
    }
}
