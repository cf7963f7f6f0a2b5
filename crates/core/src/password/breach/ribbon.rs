//! One block of a filter: a ribbon filter (Dillinger and Walzer, "Ribbon filter: practically smaller than Bloom and Xor", 2021).
//!
//! Each key names 128 slots that follow each other and picks about half of them; together those must give its fingerprint.
//! That is one linear equation for each key, and the slots are a solution of all of them. It takes 4 % more slots than keys,
//! and a look-up reads 128 slots from one place, where other filters of this size read three far from each other.
//!
//! It is written here and not taken from a crate because its slots are read from a file: where they lie is part of the format,
//! which must outlive any version of a crate. No floating-point number takes part, so that a corpus gives the same file on
//! every machine.

use super::Precision;

/// The slots that a key may pick.
const WIDTH: usize = 128;

/// The longest [`Place`], in bytes.
pub const LONGEST_PLACE: usize = WIDTH * 2;

/// Slots for 100 entries. Of blocks of [`super::BLOCK`] entries all but a few are solved at the first try with it; with 103, one
/// in fifty is not.
const SLOTS_FOR_100: u64 = 104;

/// The most entries of one block. With keys that are spread evenly, blocks of [`super::BLOCK`] on average stay far below it.
const MOST: usize = 1 << 20;

/// How often another seed is tried.
const TRIES: u32 = 256;

/// Which slots a block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub(super) slots: u32,
}

impl Shape {
    /// The shape of a block with so many entries.
    pub fn of(entries: u32) -> Self {
        let slots = (u64::from(entries) * SLOTS_FOR_100).div_ceil(100) + WIDTH as u64;
        Self { slots: u32::try_from(slots).unwrap_or(u32::MAX) }
    }

    /// The shape with so many slots; nothing if they are too few for any key.
    pub(super) fn with(slots: u32) -> Option<Self> {
        (index(slots) >= WIDTH).then_some(Self { slots })
    }

    /// How many slots it has.
    pub fn slots(self) -> u32 {
        self.slots
    }

    /// The first of the slots that a hash may pick.
    fn first(self, hash: u64) -> usize {
        let firsts = u128::from(self.slots) - (WIDTH as u128 - 1);
        usize::try_from((u128::from(hash) * firsts) >> 64).unwrap_or(0)
    }
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

/// Which of its slots a key picks: the first, and each other by chance.
fn picked(hash: u64) -> u128 {
    let (low, high) = (mixed(hash ^ 0x9e37_79b9_7f4a_7c15), mixed(hash ^ 0xd1b5_4a32_d192_ed03));
    u128::from(high) << 64 | u128::from(low) | 1
}

/// What the slots of a key must give together.
fn fingerprint(hash: u64) -> u16 {
    u16::try_from((hash ^ (hash >> 32)) & 0xffff).unwrap_or(0)
}

/// A block that is ready to be written.
pub struct Filled {
    /// Its shape.
    pub shape: Shape,
    /// The seed with which its equations have a solution.
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
    let (seed, rows) = (1..=TRIES).find_map(|seed| Some((seed, rows(keys, shape, seed)?)))?;
    let bytes = match precision {
        Precision::Usual => solved::<8>(&rows).iter().map(|slot| slot.to_le_bytes()[0]).collect(),
        Precision::Precise => solved::<16>(&rows).iter().flat_map(|slot| slot.to_le_bytes()).collect(),
    };
    Some(Filled { shape, seed, bytes })
}

/// An equation, kept at the first slot it picks: that one, the slots after it, and what they give. One that picks none says
/// nothing.
#[derive(Clone, Copy, Default)]
struct Row {
    picked: u128,
    gives: u16,
}

/// Brings the equations into the form in which no two begin with the same slot (Gauss); nothing if they contradict or repeat
/// each other. With which slots the rows begin does not depend on the order of the keys, so neither does the solution.
fn rows(keys: &[u64], shape: Shape, seed: u32) -> Option<Vec<Row>> {
    let mut rows = vec![Row::default(); index(shape.slots)];
    for key in keys {
        let hash = hash(*key, seed);
        let (mut first, mut row) = (shape.first(hash), Row { picked: picked(hash), gives: fingerprint(hash) });
        loop {
            if row.picked == 0 {
                return None;
            }
            let passed = row.picked.trailing_zeros();
            row.picked >>= passed;
            first += index(passed);
            let there = rows.get_mut(first)?;
            if there.picked == 0 {
                *there = row;
                break;
            }
            row = Row { picked: row.picked ^ there.picked, gives: row.gives ^ there.gives };
        }
    }
    Some(rows)
}

/// The slots, of which the first so many bits count: from the last one to the first, each made to fit those behind it. A slot
/// with which no row begins is 0.
fn solved<const BITS: usize>(rows: &[Row]) -> Vec<u16> {
    // For each bit, that bit of the slots behind: the nearest is the lowest.
    let mut behind = [0_u128; BITS];
    let mut slots = vec![0; rows.len()];
    for (slot, row) in slots.iter_mut().zip(rows).rev() {
        for (bit, behind) in behind.iter_mut().enumerate() {
            let given = (*behind << 1 & row.picked).count_ones() & 1 == 1;
            let wanted = row.gives >> bit & 1 == 1;
            let set = row.picked != 0 && given != wanted;
            *behind = *behind << 1 | u128::from(set);
            *slot |= u16::from(set) << bit;
        }
    }
    slots
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
    picked: u128,
    fingerprint: u16,
    precision: Precision,
}

impl Place {
    /// Of a key in a block with this shape and seed that begins at byte `start`.
    pub(super) fn of(key: u64, start: u64, shape: Shape, seed: u32, precision: Precision) -> Self {
        let hash = hash(key, seed);
        let width = precision.width();
        let at = start + (shape.first(hash) * width) as u64;
        Self { at, length: WIDTH * width, picked: picked(hash), fingerprint: fingerprint(hash), precision }
    }

    /// Whether the key is there, going by the bytes of this place. Not if they are too few.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let Some(bytes) = bytes.get(..self.length) else { return false };
        let together = match self.precision {
            Precision::Usual => together::<8>(self.picked, bytes),
            Precision::Precise => together::<16>(self.picked, bytes),
        };
        (together ^ self.fingerprint) & u16::MAX >> (16 - 8 * self.precision.width()) == 0
    }
}

/// What the picked slots, of so many bits each, give together; eight bytes at a time. Takes as long whichever they are: to
/// guess what to pass over would cost more than to add nothing.
fn together<const BITS: u32>(picked: u128, bytes: &[u8]) -> u16 {
    let slots = 64 / BITS;
    let (words, _) = bytes.as_chunks();
    let (mut picked, mut sum) = (picked, 0);
    for word in words {
        let [here, ..] = picked.to_le_bytes();
        sum ^= u64::from_le_bytes(*word) & spread::<BITS>(u64::from(here) & u64::MAX >> (64 - slots));
        picked >>= slots;
    }
    let folded = (0..slots).fold(0, |folded, slot| folded ^ sum >> (slot * BITS));
    u16::try_from(folded & 0xffff).unwrap_or(0)
}

/// For each of the lowest bits, in order, a slot of so many bits that are all as it is.
fn spread<const BITS: u32>(bits: u64) -> u64 {
    let (ones, own) = match BITS {
        8 => (0x0101_0101_0101_0101, 0x8040_2010_0804_0201),
        _ => (0x0001_0001_0001_0001, 0x0008_0004_0002_0001),
    };
    // To a slot that is not 0, all ones but the highest are added: that sets the highest.
    let (all, highest) = (u64::MAX >> (64 - BITS), BITS - 1);
    let set = (bits.wrapping_mul(ones) & own) + ones * (all >> 1);
    (set >> highest & ones) * all
}
