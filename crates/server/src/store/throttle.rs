//! Counters. Each count is a statement of its own, committed before anything is compared.

use regain_core::Time;
use regain_core::throttle::{Claim, Limit};

use super::db::{Error, Outcome, Row, Stmt, Value};
use super::{Store, statements};

statements! {
    /// Counts one more, or starts a new window when the last is over; hits no row when the limit is reached.
    TAKE = "INSERT INTO throttle (counter, count, since, until, whom) VALUES ($1, $2, $3, $4, $5) \
            ON CONFLICT (counter) DO UPDATE SET \
            count = CASE WHEN throttle.until <= excluded.since THEN excluded.count ELSE throttle.count + excluded.count END, \
            since = CASE WHEN throttle.until <= excluded.since THEN excluded.since ELSE throttle.since END, \
            whom = CASE WHEN throttle.until <= excluded.since THEN excluded.whom ELSE throttle.whom END, \
            until = CASE WHEN throttle.until <= excluded.since THEN excluded.until ELSE throttle.until END \
            WHERE throttle.until <= excluded.since OR throttle.count + excluded.count <= $6";
    /// Where a counter stands.
    LOOK = "SELECT count, until FROM throttle WHERE counter = $1";
    /// Where all counters stand.
    ALL = "SELECT counter, count, until, whom FROM throttle WHERE until > $1 ORDER BY counter";
    /// Where these counters stand.
    COUNTS = "SELECT count FROM throttle WHERE counter IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    /// Takes so many back.
    GIVE_BACK = "UPDATE throttle SET count = count - $1 WHERE counter = $2 AND count >= $1";
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
        // What is more than a whole window may have never goes.
        if let Some(claim) = claims.iter().find(|claim| claim.weight > claim.limit.count) {
            let until = claim.ends.unwrap_or(now + claim.limit.window);
            return Ok(Some(Exceeded { claim: claim.clone(), until }));
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
            // With this weight it is reached as soon as less than that is left.
            let most = claim.limit.count.saturating_add(1).saturating_sub(claim.weight);
            let until = self.resting(&claim.counter, most, now).await?.map(|until| claim.ends.unwrap_or(until));
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
        let weight = i64::from(claim.weight);
        Ok(Stmt::guard(TAKE, vec![counter.into(), weight.into(), now.into(), until.into(), whom.into(), limit.into()]))
    }

    /// The statement that says that this limit is reached: a guard that holds for whoever is first to say so.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn first_to_tell(&self, exceeded: &Exceeded, now: Time) -> Result<Stmt, Error> {
        let claim = &exceeded.claim;
        let limit = Limit { count: 1, window: exceeded.until - now };
        let counter = format!("told:{}", claim.counter);
        self.one_more(&Claim { counter, limit, weight: 1, ends: None, ..claim.clone() }, now)
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

    /// What these counters, at most fourteen, have come to; those that are not there are 0.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn counts(&self, counters: &[String]) -> Result<Vec<u32>, Error> {
        let args =
            counters.iter().map(|counter| Value::from(counter.as_str())).chain(std::iter::repeat(Value::from("")));
        let rows = self.db.read(COUNTS, args.take(14).collect()).await?;
        let mut counts = Vec::new();
        for row in &rows {
            counts.push(u32::try_from(row.int(0)?).unwrap_or(u32::MAX));
        }
        counts.resize(counters.len(), 0);
        Ok(counts)
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
        let batch = self.giving_back(claims.iter().map(|claim| (claim.counter.clone(), claim.weight)).collect());
        self.db.write(batch).await.map(drop)
    }

    /// The statements that take back so many each, in the order in which all nodes lock counters.
    pub fn giving_back(&self, mut counters: Vec<(String, u32)>) -> Vec<Stmt> {
        counters.sort();
        let back =
            |(counter, weight): (String, u32)| Stmt::new(GIVE_BACK, vec![i64::from(weight).into(), counter.into()]);
        counters.into_iter().map(back).collect()
    }

    /// The statements that forget counters, in the order in which all nodes lock counters.
    pub fn forgiving(&self, mut counters: Vec<String>) -> Vec<Stmt> {
        counters.sort();
        counters.into_iter().map(|counter| Stmt::new(FORGIVE, vec![counter.into()])).collect()
    }

    /// Deletes windows that are over.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_counters(&self, now: Time) -> Result<(), Error> {
        self.db.write(vec![Stmt::new(FORGET, vec![now.into()])]).await.map(drop)
    }
}
