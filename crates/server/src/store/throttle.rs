//! Counters. What is counted is committed before the answer that it counts for is given.

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
    STAND = "SELECT counter, count, until FROM throttle WHERE counter IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    /// Takes so many back.
    GIVE_BACK = "UPDATE throttle SET count = count - $1 WHERE counter = $2 AND count >= $1";
    /// Forgets a counter.
    FORGIVE = "DELETE FROM throttle WHERE counter = $1";
    /// Windows that are over.
    FORGET = "DELETE FROM throttle WHERE counter IN \
              (SELECT counter FROM throttle WHERE until <= $1 /*pg FOR UPDATE SKIP LOCKED */)";
}

/// How many counters are read at once; as many as `STAND` has places.
pub const AT_ONCE: usize = 14;

/// A claim that went over its limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// The claim.
    pub claim: Claim,
    /// When it is free again.
    pub until: Time,
}

/// What was counted and is not to be held against anybody.
#[derive(Default)]
pub struct Bygone {
    /// Counters that so many each are taken back from.
    pub back: Vec<(String, u32)>,
    /// Counters that are forgotten.
    pub forgotten: Vec<String>,
}

/// All nodes lock counters in one order, and before anything else in a batch, or two could wait for each other. What happens to the
/// same counter is counted first.
fn in_order(mut all: Vec<(String, Stmt)>, bygone: Bygone) -> Vec<Stmt> {
    for (counter, weight) in bygone.back {
        let statement = Stmt::new(GIVE_BACK, vec![i64::from(weight).into(), counter.as_str().into()]);
        all.push((counter, statement));
    }
    for counter in bygone.forgotten {
        let statement = Stmt::new(FORGIVE, vec![counter.as_str().into()]);
        all.push((counter, statement));
    }
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all.into_iter().map(|(_, statement)| statement).collect()
}

/// The claim that is for more than a whole window may have, if there is one: it never goes.
fn never(claims: &[Claim], now: Time) -> Option<Exceeded> {
    let claim = claims.iter().find(|claim| claim.weight > claim.limit.count)?;
    Some(Exceeded { claim: claim.clone(), until: claim.ends.unwrap_or(now + claim.limit.window) })
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
        if let Some(exceeded) = never(claims, now) {
            return Ok(Some(exceeded));
        }
        // What stood in the way may be given back before it is looked at: then it is tried again.
        for _ in 0..5 {
            let batch = self.counting(claims, Bygone::default(), now)?;
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
        if let Some(exceeded) = never(claims, now) {
            return Ok(Some(exceeded));
        }
        let mut worst: Option<Exceeded> = None;
        for some in claims.chunks(AT_ONCE) {
            let standing = self.standing(some.iter().map(|claim| claim.counter.as_str())).await?;
            for claim in some {
                // With this weight it is reached as soon as less than that is left.
                let most = i64::from(claim.limit.count.saturating_add(1).saturating_sub(claim.weight));
                let reached = |(counter, count, until): &&(String, i64, Time)| {
                    *counter == claim.counter && *count >= most && now < *until
                };
                let until = standing.iter().find(reached).map(|(_, _, until)| claim.ends.unwrap_or(*until));
                if let Some(until) = until.filter(|until| worst.as_ref().is_none_or(|worst| worst.until < *until)) {
                    worst = Some(Exceeded { claim: claim.clone(), until });
                }
            }
        }
        Ok(worst)
    }

    /// What these counters, at most [`AT_ONCE`], have come to, and until when their windows last; those that are not there are
    /// left out.
    async fn standing(&self, counters: impl Iterator<Item = &str>) -> Result<Vec<(String, i64, Time)>, Error> {
        let args = counters.chain(std::iter::repeat("")).map(Value::from).take(AT_ONCE).collect();
        let rows = self.db.read(STAND, args).await?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?, Time(row.int(2)?)))).collect()
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

    /// What these counters, at most [`AT_ONCE`], have come to; those that are not there are 0.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn counts(&self, counters: &[String]) -> Result<Vec<u32>, Error> {
        let standing = self.standing(counters.iter().map(String::as_str)).await?;
        let mut counts: Vec<u32> =
            standing.iter().map(|(_, count, _)| u32::try_from(*count).unwrap_or(u32::MAX)).collect();
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
        let back = claims.iter().map(|claim| (claim.counter.clone(), claim.weight)).collect();
        let batch = self.forgiving(Bygone { back, forgotten: Vec::new() });
        self.db.write(batch).await.map(drop)
    }

    /// The statements that count all of these claims, with what is taken back and forgotten. A claim is a guard that does not hold
    /// where its limit is reached; one for more than a whole window may have has to be turned away by
    /// [`exceeded`](Self::exceeded) before.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn counting(&self, claims: &[Claim], bygone: Bygone, now: Time) -> Result<Vec<Stmt>, Error> {
        let one_more = |claim: &Claim| self.one_more(claim, now).map(|statement| (claim.counter.clone(), statement));
        let claimed = claims.iter().map(one_more).collect::<Result<_, _>>()?;
        Ok(in_order(claimed, bygone))
    }

    /// The statements that take back and forget what was counted.
    pub fn forgiving(&self, bygone: Bygone) -> Vec<Stmt> {
        in_order(Vec::new(), bygone)
    }

    /// Deletes windows that are over.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn forget_counters(&self, now: Time) -> Result<(), Error> {
        self.db.write(vec![Stmt::new(FORGET, vec![now.into()])]).await.map(drop)
    }
}
