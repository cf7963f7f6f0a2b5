//! Drawing by the installation's key: the same for one User ID each time, and as seldom another as the shares allow.

use std::fmt::Debug;

use sha2::{Digest as _, Sha256};

use super::Keys;
use crate::keys::{Digest, Use};

/// What is drawn for one User ID.
pub(crate) struct Draw(Digest);

impl Draw {
    /// For a User ID in the spelling in which they are compared.
    pub(crate) fn of(keys: &Keys, canonical: &str) -> Self {
        Self(keys.derive(Use::Decoy, &[canonical.as_bytes()]))
    }

    /// For what was drawn before.
    pub(crate) const fn by(drawn: Digest) -> Self {
        Self(drawn)
    }

    /// One of these, each as likely as its weight says; nothing if all weigh nothing.
    ///
    /// Weighted rendezvous hashing (Schindelhauer and Schomaker, *Weighted Distributed Hash Tables*, 2005, logarithmic
    /// method): each has a keyed hash of its own, and the least of `-ln(hash) / weight` is drawn. When one gains weight, User
    /// IDs move to it and between no others; when it loses some, only its own move.
    pub(crate) fn pick<T: Copy + Debug>(&self, what: &str, all: impl IntoIterator<Item = (T, u64)>) -> Option<T> {
        let place = |(one, weight): (T, u64)| {
            // 53 bits, in the middle of their steps: neither 0 nor 1.
            let hash = (self.hash(what, &format!("{one:?}")) >> 11) as f64 + 0.5;
            (-(hash / 9_007_199_254_740_992.0).ln() / weight as f64, one)
        };
        let drawn = all.into_iter().filter(|(_, weight)| *weight > 0).map(place);
        drawn.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, one)| one)
    }

    /// A number below `bound`, which is small.
    pub(crate) fn number(&self, what: &str, bound: u64) -> u64 {
        self.hash("number", what) % bound.max(1)
    }

    fn hash(&self, what: &str, one: &str) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.0.0);
        hash.update(what.as_bytes());
        hash.update([0]);
        hash.update(one.as_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        hash.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const MANY: u32 = 20_000;

    fn drawn(weights: &[(&'static str, u64)]) -> Vec<&'static str> {
        let keys = Keys::new([7; 32]);
        let one =
            |n| Draw::of(&keys, &format!("person{n}")).pick("thing", weights.iter().copied()).expect("one of them");
        (0..MANY).map(one).collect()
    }

    #[test]
    fn each_is_drawn_as_often_as_it_weighs() {
        let mut found: HashMap<&str, u32> = HashMap::new();
        let weights = [("a", 600), ("b", 300), ("c", 99), ("d", 1), ("e", 0)];
        drawn(&weights).into_iter().for_each(|one| *found.entry(one).or_default() += 1);
        for (one, weight) in weights {
            let (expected, found) =
                (weight as f64 / 1_000.0, f64::from(*found.get(one).unwrap_or(&0)) / f64::from(MANY));
            assert!((expected - found).abs() < 0.01, "{one}: {found}");
        }
        assert_eq!(found.get("e"), None);
    }

    #[test]
    fn only_those_move_that_must() {
        let (before, after) =
            (drawn(&[("a", 500), ("b", 300), ("c", 200)]), drawn(&[("a", 500), ("b", 360), ("c", 200)]));
        let moved: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
        assert!(moved.iter().all(|(_, after)| **after == "b"), "to what has grown");
        let share = moved.len() as f64 / f64::from(MANY);
        let must = 360.0 / 1_060.0 - 300.0 / 1_000.0;
        assert!((share - must).abs() < 0.01, "{share} and not {must}");
    }
}
