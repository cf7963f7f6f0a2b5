//! Counters. Each count is a statement of its own, committed before anything is compared.

use regain_core::Time;
use regain_core::throttle::Claim;

use super::db::{Error, Outcome, Stmt};
use super::{Store, statements};

statements! {
    /// Counts one more, or starts a new window when the last is over; hits no row when the limit is reached.
    TAKE = "INSERT INTO throttle (counter, count, since, until) VALUES ($1, 1, $2, $3) \
            ON CONFLICT (counter) DO UPDATE SET \
            count = CASE WHEN throttle.until <= excluded.since THEN 1 ELSE throttle.count + 1 END, \
            since = CASE WHEN throttle.until <= excluded.since THEN excluded.since ELSE throttle.since END, \
            until = CASE WHEN throttle.until <= excluded.since THEN excluded.until ELSE throttle.until END \
            WHERE throttle.until <= excluded.since OR throttle.count < $4";
    /// Where a counter stands.
    LOOK = "SELECT count, until FROM throttle WHERE counter = $1";
    /// Takes one back.
    GIVE_BACK = "UPDATE throttle SET count = count - 1 WHERE counter = $1 AND count > 0";
    /// Forgets a counter.
    FORGIVE = "DELETE FROM throttle WHERE counter = $1";
    /// Windows that are over.
    FORGET = "DELETE FROM throttle WHERE until <= $1";
}

/// A claim that went over its limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// The claim.
    pub claim: Claim,
    /// When it is free again.
    pub until: Time,
}

impl Store {
    /// Counts all claims or none, and says which limit is exceeded, if any: of several the one that lasts longest.
    ///
    /// # Errors
    /// If the store cannot be written: then nothing may be compared.
    pub async fn take(&self, claims: &[Claim], now: Time) -> Result<Option<Exceeded>, Error> {
        if claims.is_empty() {
            return Ok(None);
        }
        let count = |claim: &Claim| {
            let until = now + claim.limit.window;
            let limit = i64::from(claim.limit.count);
            Stmt::guard(TAKE, vec![claim.counter.as_str().into(), now.into(), until.into(), limit.into()])
        };
        if let Outcome::Committed(_) = self.db.write(claims.iter().map(count).collect()).await? {
            return Ok(None);
        }
        let mut worst: Option<Exceeded> = None;
        for claim in claims {
            let until = self.resting(&claim.counter, claim.limit.count, now).await?;
            if let Some(until) = until.filter(|until| worst.as_ref().is_none_or(|worst| worst.until < *until)) {
                worst = Some(Exceeded { claim: claim.clone(), until });
            }
        }
        // The one that stood in the way may have been given back meanwhile; then the next try will pass.
        Ok(worst.or_else(|| claims.first().map(|claim| Exceeded { claim: claim.clone(), until: now })))
    }

    /// Until when this counter is used up, if it is.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn resting(&self, counter: &str, limit: u32, now: Time) -> Result<Option<Time>, Error> {
        let rows = self.db.read(LOOK, vec![counter.into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let (count, until) = (row.int(0)?, Time(row.int(1)?));
        Ok((count >= i64::from(limit) && now < until).then_some(until))
    }

    /// Gives back what was counted for something that did not come to be decided.
    ///
    /// # Errors
    /// If the store cannot be written; the counts then stay, on the safe side.
    pub async fn give_back_all(&self, claims: &[Claim]) -> Result<(), Error> {
        if claims.is_empty() {
            return Ok(());
        }
        let batch = claims.iter().map(|claim| self.give_back(&claim.counter)).collect();
        self.db.write(batch).await.map(drop)
    }

    /// The statement that takes one count back.
    pub fn give_back(&self, counter: &str) -> Stmt {
        Stmt::new(GIVE_BACK, vec![counter.into()])
    }

    /// The statement that forgets a counter.
    pub fn forgive(&self, counter: &str) -> Stmt {
        Stmt::new(FORGIVE, vec![counter.into()])
    }

    /// Deletes windows that are over.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_counters(&self, now: Time) -> Result<(), Error> {
        self.db.write(vec![Stmt::new(FORGET, vec![now.into()])]).await.map(drop)
    }
}
