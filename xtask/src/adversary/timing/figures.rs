//! The figures: Welch's t, and the area under the curve of a classifier.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A sum of measurements.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    count: f64,
    mean: f64,
    squares: f64,
}

impl FromIterator<f64> for Sum {
    /// Welford's method: exact enough for any number of them.
    fn from_iter<T: IntoIterator<Item = f64>>(all: T) -> Self {
        all.into_iter().fold(Self::default(), |mut sum, one| {
            sum.count += 1.0;
            let off = one - sum.mean;
            sum.mean += off / sum.count;
            sum.squares += off * (one - sum.mean);
            sum
        })
    }
}

impl Sum {
    pub(super) fn count(&self) -> f64 {
        self.count
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn deviation(&self) -> f64 {
        self.variance().sqrt()
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0).max(1.0)
    }

    /// Welch's t of two samples that need not vary alike (Welch, Biometrika 34, 1947).
    pub(super) fn t(&self, other: &Self) -> f64 {
        let spread = self.variance() / self.count.max(1.0) + other.variance() / other.count.max(1.0);
        if spread > 0.0 { (self.mean - other.mean) / spread.sqrt() } else { 0.0 }
    }
}

/// What was observed of one person.
pub(super) struct Sample {
    /// What there was or was not.
    pub(super) words: Vec<String>,
    /// What was measured.
    pub(super) numbers: Vec<f64>,
    pub(super) positive: bool,
    /// Whether the classifier is trained with it; else it is tried on it.
    pub(super) trains: bool,
}

/// Places for words; two that share one cost the classifier little.
const PLACES: usize = 1 << 14;
/// Into how many equally frequent parts a number is cut besides being taken as it is.
const PARTS: usize = 24;
const ROUNDS: usize = 6;

/// Trains a logistic regression on one part of the samples, and gives the area under its curve on the other: how often it
/// puts one of the two kinds above the other. 0.5 is guessing.
///
/// The second figure is how far that may be off by chance: its standard deviation if there is nothing to tell.
pub(super) fn auc(samples: Vec<Sample>) -> (f64, f64) {
    let scales = scales(&samples);
    let mut seen: Vec<(Features, bool, bool)> =
        samples.iter().map(|sample| (features(sample, &scales), sample.positive, sample.trains)).collect();
    // In an order that has nothing to do with the kinds, always the same.
    seen.sort_by_cached_key(|(features, ..)| place(&format!("{features:?}"), usize::MAX));
    let share = |positive: bool| {
        let trained = seen.iter().filter(|(_, _, trains)| *trains);
        trained.clone().filter(|(_, is, _)| *is == positive).count() as f64 / trained.count().max(1) as f64
    };
    let weights_of = [0.5 / share(false).max(1e-9), 0.5 / share(true).max(1e-9)];
    let mut weights = vec![0.0; PLACES + 1];
    for round in 0..ROUNDS {
        let rate = 0.02 / (1.0 + round as f64);
        for (features, positive, _) in seen.iter().filter(|(_, _, trains)| *trains) {
            let error = f64::from(u8::from(*positive)) - chance(&weights, features);
            let step = rate * error * weights_of[usize::from(*positive)];
            features.iter().for_each(|(at, value)| weights[*at] += step * value - rate * 1e-4 * weights[*at]);
        }
    }
    let tried = seen.iter().filter(|(_, _, trains)| !*trains);
    let ranked: Vec<_> = tried.map(|(features, positive, _)| (chance(&weights, features), *positive)).collect();
    let positives = ranked.iter().filter(|(_, positive)| *positive).count() as f64;
    let (all, negatives) = (ranked.len() as f64, ranked.len() as f64 - positives);
    // Of the statistic by Mann and Whitney (1947).
    let deviation = ((all + 1.0) / (12.0 * positives * negatives).max(1.0)).sqrt();
    (area(ranked), deviation)
}

/// Places and what stands there.
type Features = Vec<(usize, f64)>;

fn chance(weights: &[f64], features: &[(usize, f64)]) -> f64 {
    let sum: f64 = weights[PLACES] + features.iter().map(|(at, value)| weights[*at] * value).sum::<f64>();
    1.0 / (1.0 + (-sum).exp())
}

/// The middle and the width of each number, and where it is cut, by the samples that train.
fn scales(samples: &[Sample]) -> Vec<(f64, f64, Vec<f64>)> {
    let numbers = samples.first().map_or(0, |sample| sample.numbers.len());
    let scale = |n: usize| {
        let trained = samples.iter().filter(|sample| sample.trains).filter_map(|sample| sample.numbers.get(n).copied());
        let mut all: Vec<f64> = trained.filter(|number| number.is_finite()).collect();
        all.sort_by(f64::total_cmp);
        let sum: Sum = all.iter().copied().collect();
        let cuts = (1..PARTS).filter_map(|part| all.get(all.len() * part / PARTS).copied()).collect();
        (sum.mean(), sum.deviation().max(1e-9), cuts)
    };
    (0..numbers).map(scale).collect()
}

fn features(sample: &Sample, scales: &[(f64, f64, Vec<f64>)]) -> Features {
    let mut features: Features = sample.words.iter().map(|word| (place(word, PLACES), 1.0)).collect();
    for (n, (number, (mean, width, cuts))) in sample.numbers.iter().zip(scales).enumerate() {
        if !number.is_finite() {
            features.push((place(&format!("{n} is missing"), PLACES), 1.0));
            continue;
        }
        let scaled = ((number - mean) / width).clamp(-4.0, 4.0);
        let part = cuts.iter().filter(|cut| number >= cut).count();
        features.push((place(&format!("{n} as it is"), PLACES), scaled));
        features.push((place(&format!("{n} in part {part}"), PLACES), 1.0));
    }
    features
}

fn place(word: &str, places: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    usize::try_from(hasher.finish() % (places as u64)).unwrap_or(0)
}

/// How often a positive one stands above a negative one; of equals, half.
fn area(mut ranked: Vec<(f64, bool)>) -> f64 {
    ranked.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut below, mut won, mut positives, mut at) = (0.0, 0.0, 0.0, 0);
    while at < ranked.len() {
        let equal = ranked[at..].iter().take_while(|(score, _)| *score == ranked[at].0).count();
        let up = ranked[at..at + equal].iter().filter(|(_, positive)| *positive).count() as f64;
        let down = equal as f64 - up;
        won += up * (below + down / 2.0);
        (positives, below, at) = (positives + up, below + down, at + equal);
    }
    if positives * below > 0.0 { won / (positives * below) } else { 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: u32) -> f64 {
        place(&n.to_string(), 10_000) as f64 / 10_000.0
    }

    #[test]
    fn t_tells_samples_apart_that_are_apart() {
        let sum = |from: u32, more: f64| (from..from + 5_000).map(|n| noise(n) + more).collect::<Sum>();
        assert!(sum(0, 0.0).t(&sum(5_000, 0.0)).abs() < 3.0);
        assert!(sum(0, 0.0).t(&sum(5_000, 0.05)) < -6.0);
        assert!((sum(0, 1.0).mean() - 1.5).abs() < 0.02);
    }

    #[test]
    fn a_classifier_finds_what_there_is_and_nothing_else() {
        let samples = |leak: f64, word: bool| {
            let sample = |n: u32| {
                let positive = n.is_multiple_of(2);
                let number = noise(n) + if positive { leak } else { 0.0 };
                let words = if word && positive && n.is_multiple_of(10) { vec!["told".into()] } else { Vec::new() };
                Sample { words, numbers: vec![number], positive, trains: n % 4 < 2 }
            };
            (0..8_000).map(sample).collect::<Vec<_>>()
        };
        let (nothing, deviation) = auc(samples(0.0, false));
        assert!((nothing - 0.5).abs() < 3.0 * deviation && deviation < 0.02);
        assert!(auc(samples(0.3, false)).0 > 0.65, "a time");
        assert!(auc(samples(0.0, true)).0 > 0.55, "a word");
    }

    #[test]
    fn the_area_counts_equals_half() {
        assert_eq!(area(vec![(0.1, false), (0.2, true)]), 1.0);
        assert_eq!(area(vec![(0.1, true), (0.2, false)]), 0.0);
        assert_eq!(area(vec![(0.5, true), (0.5, false)]), 0.5);
    }
}
