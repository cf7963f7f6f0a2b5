//! Counters. Each count is a statement of its own, committed before anything is compared.

use regain_core::Time;
use regain_core::throttle::{Claim, Limit};

use super::db::{Error, Outcome, Row, Stmt};
use super::{Store, statements};

statements! {
    /// Counts one more, or starts a new window when the last is over; hits no row when the limit is reached.
    TAKE = "INSERT INTO throttle (counter, count, since, until, whom) VALUES ($1, 1, $2, $3, $4) \
            ON CONFLICT (counter) DO UPDATE SET \
            count = CASE WHEN throttle.until <= excluded.since THEN 1 ELSE throttle.count + 1 END, \
            since = CASE WHEN throttle.until <= excluded.since THEN excluded.since ELSE throttle.since END, \
            whom = CASE WHEN throttle.until <= excluded.since THEN excluded.whom ELSE throttle.whom END, \
            until = CASE WHEN throttle.until <= excluded.since THEN excluded.until ELSE throttle.until END \
            WHERE throttle.until <= excluded.since OR throttle.count < $5";
    /// Where a counter stands.
    LOOK = "SELECT count, until FROM throttle WHERE counter = $1";
    /// Where all counters stand.
    ALL = "SELECT counter, count, until, whom FROM throttle WHERE until > $1 ORDER BY counter";
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

/// Where a counter stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Its name.
    pub counter: String,
    /// How many.
    pub count: i64,
    /// Until when its window lasts.
    pub until: Time,
    /// Whose it is, as the claim said that began the window; empty where an earlier version did not write it down.
    pub whom: String,
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
        // All nodes lock counters in one order, or two could wait for each other.
        let mut ordered: Vec<&Claim> = claims.iter().collect();
        ordered.sort_by(|one, other| one.counter.cmp(&other.counter));
        // What stood in the way may be given back before it is looked at: then it is tried again.
        for _ in 0..5 {
            let batch = ordered.iter().map(|claim| self.one_more(claim, now)).collect::<Result<_, _>>()?;
            if let Outcome::Committed(_) = self.db.write(batch).await? {
                return Ok(None);
            }
            if let Some(worst) = self.exceeded(claims, now).await? {
                return Ok(Some(worst));
            }
        }
        Err(Error::Unavailable("a counter is given back and taken faster than it can be read".into()))
    }

    /// Which of these limits is reached already, if any: of several the one that lasts longest. Counts nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn exceeded(&self, claims: &[Claim], now: Time) -> Result<Option<Exceeded>, Error> {
        let mut worst: Option<Exceeded> = None;
        for claim in claims {
            let until = self.resting(&claim.counter, claim.limit.count, now).await?;
            if let Some(until) = until.filter(|until| worst.as_ref().is_none_or(|worst| worst.until < *until)) {
                worst = Some(Exceeded { claim: claim.clone(), until });
            }
        }
        Ok(worst)
    }

    /// The statement that counts one more; a guard that does not hold where the limit is reached.
    fn one_more(&self, claim: &Claim, now: Time) -> Result<Stmt, Error> {
        let until = now + claim.limit.window;
        let whom = self.vault.seal(&["throttle", &claim.counter, "whom"], &claim.whom)?;
        let (counter, limit) = (claim.counter.as_str(), i64::from(claim.limit.count));
        Ok(Stmt::guard(TAKE, vec![counter.into(), now.into(), until.into(), whom.into(), limit.into()]))
    }

    /// The statement that says that this limit is reached: a guard that holds for whoever is first to say so.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn first_to_tell(&self, exceeded: &Exceeded, now: Time) -> Result<Stmt, Error> {
        let claim = &exceeded.claim;
        let limit = Limit { count: 1, window: exceeded.until - now };
        self.one_more(&Claim { counter: format!("told:{}", claim.counter), limit, ..claim.clone() }, now)
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

    /// All counters whose window is not over.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn counters(&self, now: Time) -> Result<Vec<Counted>, Error> {
        let counted = |row: &Row| {
            let counter = row.text(0)?.to_owned();
            let whom = match row.opt_text(3)? {
                Some(sealed) => self.vault.open(&["throttle", &counter, "whom"], sealed)?,
                None => String::new(),
            };
            Ok(Counted { count: row.int(1)?, until: Time(row.int(2)?), whom, counter })
        };
        self.db.read(ALL, vec![now.into()]).await?.iter().map(counted).collect()
    }

    /// Gives back what was counted for something that did not come to be decided.
    ///
    /// # Errors
    /// If the store cannot be written; the counts then stay, on the safe side.
    pub async fn give_back_all(&self, claims: &[Claim]) -> Result<(), Error> {
        if claims.is_empty() {
            return Ok(());
        }
        let batch = self.giving_back(claims.iter().map(|claim| claim.counter.clone()).collect());
        self.db.write(batch).await.map(drop)
    }

    /// The statements that take back one count each, in the order in which all nodes lock counters.
    pub fn giving_back(&self, counters: Vec<String>) -> Vec<Stmt> {
        in_order(GIVE_BACK, counters)
    }

    /// The statements that forget counters, in the order in which all nodes lock counters.
    pub fn forgiving(&self, counters: Vec<String>) -> Vec<Stmt> {
        in_order(FORGIVE, counters)
    }

    /// Deletes windows that are over.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_counters(&self, now: Time) -> Result<(), Error> {
        self.db.write(vec![Stmt::new(FORGET, vec![now.into()])]).await.map(drop)
    }
}

fn in_order(sql: &'static str, mut counters: Vec<String>) -> Vec<Stmt> {
    counters.sort();
    counters.into_iter().map(|counter| Stmt::new(sql, vec![counter.into()])).collect()
}
