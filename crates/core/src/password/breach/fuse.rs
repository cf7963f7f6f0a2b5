//! One block of a filter: a binary fuse filter with three slots to a key (Graf and Lemire, "Binary Fuse Filters: Fast and
//! Smaller Than Xor Filters", 2022).
//!
//! It is written here and not taken from a crate because its slots are read from a file: where they lie is part of the format,
//! which must outlive any version of a crate. No floating-point number takes part, so that a corpus gives the same file on
//! every machine.

use super::Precision;

/// From how many entries on a segment has 2ᵏ slots, k = 2, 3 …: 3.33 to the power of k − 2.25.
const SEGMENTS_FROM: [u32; 10] = [0, 3, 9, 28, 91, 304, 1_009, 3_356, 11_176, 37_215];

/// Slots for 1,000 entries of a block of 2ᵏ, k = 0, 1 …: 875 + 250 · ln 10⁶ / ln 2ᵏ, and never less than 1,125.
const SLOTS_FOR_1000: [u64; 21] = [
    9_000, 5_860, 3_370, 2_540, 2_122, 1_873, 1_707, 1_588, 1_499, 1_430, 1_374, 1_329, 1_291, 1_259, 1_232, 1_208,
    1_187, 1_169, 1_153, 1_138, 1_125,
];

/// The most slots of a segment, as a power of two: it bounds what one look-up reads.
pub(super) const LARGEST_SEGMENT: u8 = 11;

/// The longest [`Place`], in bytes.
pub const LONGEST_PLACE: usize = (3 * 2) << LARGEST_SEGMENT;

/// The most entries of one block. With keys that are spread evenly, blocks of [`super::BLOCK`] on average stay far below it.
const MOST: usize = 1 << 20;

/// How often another seed is tried. Each has at least an even chance unless a key is there twice.
const TRIES: u32 = 256;

/// Which slots a block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The slots of a segment, as a power of two.
    pub(super) segment: u8,
    /// The segments in which the first slot of a key may lie; there are two more.
    pub(super) segments: u16,
}

impl Shape {
    /// The shape of a block with so many entries.
    pub fn of(entries: u32) -> Self {
        let segment = SEGMENTS_FROM.iter().rposition(|from| entries >= *from).unwrap_or(0) + 2;
        let segment = u8::try_from(segment).unwrap_or(LARGEST_SEGMENT);
        let wanted = (u64::from(entries) * slots_for_1000(entries)).div_ceil(1_000);
        let segments = wanted.div_ceil(1 << segment).saturating_sub(2).max(1);
        Self { segment, segments: u16::try_from(segments).unwrap_or(u16::MAX) }
    }

    /// How many slots it has.
    pub fn slots(self) -> u32 {
        (u32::from(self.segments) + 2) << self.segment
    }

    /// The three slots of a hash, each in the segment after the one before.
    fn of_hash(self, hash: u64) -> [u32; 3] {
        let (length, mask) = (1_u32 << self.segment, (1_u64 << self.segment) - 1);
        let first = (u128::from(hash) * (u128::from(self.segments) << self.segment)) >> 64;
        let first = u32::try_from(first).unwrap_or(0);
        let within = |bits: u64| u32::try_from(bits & mask).unwrap_or(0);
        [first, (first + length) ^ within(hash >> 18), (first + 2 * length) ^ within(hash)]
    }
}

/// Between two powers of two in proportion, which is never too little.
fn slots_for_1000(entries: u32) -> u64 {
    let power = entries.max(1).ilog2();
    let at = |power: u32| usize::try_from(power).ok().and_then(|at| SLOTS_FOR_1000.get(at)).copied().unwrap_or(1_125);
    let (here, next) = (at(power), at(power + 1));
    let saved = (here - next) * u64::from(entries.max(1) - (1 << power));
    here - (saved >> power)
}

/// A bijection that spreads numbers evenly (the finaliser of MurmurHash3).
pub(super) fn mixed(number: u64) -> u64 {
    let mut mixed = number;
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

fn hash(key: u64, seed: u32) -> u64 {
    mixed(key.wrapping_add(u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// What the slots of a key must give together.
fn fingerprint(hash: u64) -> u16 {
    u16::try_from((hash ^ (hash >> 32)) & 0xffff).unwrap_or(0)
}

/// A block that is ready to be written.
pub struct Filled {
    /// Its shape.
    pub shape: Shape,
    /// The seed with which its keys found their places.
    pub seed: u32,
    /// Its slots.
    pub bytes: Vec<u8>,
}

/// Makes the block of these keys. The same keys give the same block, in whatever order they come.
///
/// Nothing if a key is there twice, or if there are more than 2²⁰.
pub fn fill(keys: &[u64], precision: Precision) -> Option<Filled> {
    if keys.len() > MOST {
        return None;
    }
    let shape = Shape::of(u32::try_from(keys.len()).ok()?);
    let (seed, order) = (1..=TRIES).find_map(|seed| Some((seed, peel(keys, shape, seed)?)))?;
    let mut slots = vec![0_u16; usize::try_from(shape.slots()).ok()?];
    for (hash, slot) in order.into_iter().rev() {
        // The slot itself is still empty.
        let others =
            shape.of_hash(hash).iter().fold(0, |all, slot| all ^ slots.get(index(*slot)).copied().unwrap_or(0));
        *slots.get_mut(index(slot))? = fingerprint(hash) ^ others;
    }
    let bytes = match precision {
        Precision::Usual => slots.iter().map(|slot| slot.to_le_bytes()[0]).collect(),
        Precision::Precise => slots.iter().flat_map(|slot| slot.to_le_bytes()).collect(),
    };
    Some(Filled { shape, seed, bytes })
}

/// What is known of a slot while a block is made: the keys that still lie in it.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// How many.
    count: u32,
    /// Their hashes, one over the other: with one key left, its hash.
    hashes: u64,
}

/// Takes the keys out one by one, each from a slot where it lies alone. Gives them in that order, or nothing if some stay.
fn peel(keys: &[u64], shape: Shape, seed: u32) -> Option<Vec<(u64, u32)>> {
    let mut slots = vec![Slot::default(); index(shape.slots())];
    for key in keys {
        let hash = hash(*key, seed);
        for at in shape.of_hash(hash) {
            let slot = slots.get_mut(index(at))?;
            *slot = Slot { count: slot.count + 1, hashes: slot.hashes ^ hash };
        }
    }
    // In the order of the slots, and each slot's followers at once: the order does not depend on that of the keys.
    let mut alone: Vec<u32> = Vec::new();
    let mut order = Vec::with_capacity(keys.len());
    for start in 0..shape.slots() {
        alone.push(start);
        while let Some(at) = alone.pop() {
            let Some(Slot { count: 1, hashes: hash }) = slots.get(index(at)).copied() else { continue };
            order.push((hash, at));
            for at in shape.of_hash(hash) {
                let slot = slots.get_mut(index(at))?;
                *slot = Slot { count: slot.count - 1, hashes: slot.hashes ^ hash };
                if slot.count == 1 {
                    alone.push(at);
                }
            }
        }
    }
    (order.len() == keys.len()).then_some(order)
}

fn index(slot: u32) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}

/// Where the slots of a key lie in a file, and what they must give.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The first byte to read.
    pub at: u64,
    /// How many bytes, at most [`LONGEST_PLACE`].
    pub length: usize,
    slots: [usize; 3],
    fingerprint: u16,
    precision: Precision,
}

impl Place {
    /// Of a key in a block with this shape and seed that begins at byte `start`.
    pub(super) fn of(key: u64, start: u64, shape: Shape, seed: u32, precision: Precision) -> Self {
        let hash = hash(key, seed);
        let [first, second, third] = shape.of_hash(hash);
        let width = precision.width();
        let slots = [first, second, third].map(|slot| index(slot - first) * width);
        let at = start + u64::from(first) * u64::try_from(width).unwrap_or(1);
        Self { at, length: index(third - first) * width + width, slots, fingerprint: fingerprint(hash), precision }
    }

    /// Whether the key is there, going by the bytes of this place. Not if they are too few.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let slot = |at: usize| match self.precision {
            Precision::Usual => bytes.get(at).map(|byte| u16::from(*byte)),
            Precision::Precise => bytes.get(at..)?.first_chunk().map(|two| u16::from_le_bytes(*two)),
        };
        let [first, second, third] = self.slots.map(slot);
        let (Some(first), Some(second), Some(third)) = (first, second, third) else { return false };
        let difference = first ^ second ^ third ^ self.fingerprint;
        match self.precision {
            Precision::Usual => difference & 0xff == 0,
            Precision::Precise => difference == 0,
        }
    }
}
