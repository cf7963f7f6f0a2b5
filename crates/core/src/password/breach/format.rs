//! The filter's file: a head, a table of blocks, the blocks.
//!
//! All numbers are little-endian. Head, 80 bytes: `REGAINBF`; version (2 bytes); hash (1: SHA-1, 2: NTLM); bytes of a slot
//! (1 or 2); number of blocks (4); entries (8); smallest count that was taken (8); when it was built, in milliseconds since
//! 1970 (8); bytes of all blocks (8); SHA-256 of all this and of the table (32). Table, 16 bytes a block: entries (4); slots (4);
//! seed (4); CRC-32 of the block (4).

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::ribbon::{Place, Shape};
use super::{Kind, Precision, block_of};
use crate::secret::Secret;
use crate::time::Time;

const MAGIC: &[u8; 8] = b"REGAINBF";
const VERSION: u16 = 2;
/// The head without its checksum.
const SIGNED: usize = 48;
const RECORD: usize = 16;
/// More blocks than 10¹² entries need: a number beyond it is damage, not a reason to take memory.
const MOST_BLOCKS: u32 = 1 << 23;

/// What a filter is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// By which hash it knows passwords.
    pub kind: Kind,
    /// How often it is mistaken.
    pub precision: Precision,
    /// Different passwords in it.
    pub entries: u64,
    /// The smallest count that was taken; 0: all.
    pub min_count: u64,
    /// When it was built.
    pub built: Time,
}

/// One block, as the table names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Passwords in it.
    pub entries: u32,
    /// Its shape.
    pub shape: Shape,
    /// The seed of its hashes.
    pub seed: u32,
    /// CRC-32 (IEEE 802.3) of its bytes.
    pub crc: u32,
}

impl Block {
    /// Its bytes.
    fn length(&self, precision: Precision) -> u64 {
        u64::from(self.shape.slots()) * u64::try_from(precision.width()).unwrap_or(1)
    }

    /// As it stands in the table.
    pub fn encode(&self) -> [u8; RECORD] {
        let mut record = [0; RECORD];
        let fields = [self.entries, self.shape.slots(), self.seed, self.crc].map(u32::to_le_bytes);
        record.iter_mut().zip(fields.as_flattened()).for_each(|(to, from)| *to = *from);
        record
    }

    /// What a record says.
    ///
    /// Nothing if no block can be so.
    pub fn decode(record: &[u8; RECORD]) -> Option<Self> {
        let mut rest = record.as_slice();
        let mut number = || take(&mut rest).map(u32::from_le_bytes);
        let (entries, slots, seed, crc) = (number()?, number()?, number()?, number()?);
        Shape::with(slots).map(|shape| Self { entries, shape, seed, crc })
    }
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is something else.
    Foreign,
    /// It was written by a newer or older Regain: the version of its format.
    Version(u16),
    /// Head or table are not as they were written.
    Head,
    /// It is shorter or longer than it was.
    Length {
        /// Bytes it should have.
        expected: u64,
        /// Bytes it has.
        found: u64,
    },
    /// A block is not as it was written.
    Block {
        /// Which, from 0.
        number: usize,
        /// Its first byte in the file.
        at: u64,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => to.write_str("this is no breach filter: make one with `regain breach build`"),
            Self::Version(version) => write!(
                to,
                "it has format {version}, and this version of Regain reads format {VERSION}: build it again with `regain breach build`"
            ),
            Self::Head => to.write_str("its beginning is damaged: copy or build it again"),
            Self::Length { expected, found } if found < expected => {
                write!(to, "it is cut off, {found} bytes of {expected}: copy or build it again")
            }
            Self::Length { expected, found } => {
                write!(to, "it is too long, {found} bytes instead of {expected}: copy or build it again")
            }
            Self::Block { number, at } => {
                write!(to, "block {number}, from byte {at} on, is damaged: copy or build it again")
            }
        }
    }
}

/// Head and table of a filter: all that is kept in memory of it, 24 bytes for 50,000 passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    about: About,
    blocks: Vec<(u64, Block)>,
    length: u64,
}

impl Index {
    /// Bytes of the head: enough to ask [`Index::needed`] how many more are to be read.
    pub const HEAD: usize = SIGNED + 32;

    /// How many bytes head and table have together.
    ///
    /// # Errors
    /// If this is no head of a filter, or none that can be read.
    pub fn needed(head: &[u8]) -> Result<usize, Damage> {
        let mut rest = head;
        if take(&mut rest) != Some(*MAGIC) {
            return Err(Damage::Foreign);
        }
        let version = take(&mut rest).map(u16::from_le_bytes).ok_or(Damage::Head)?;
        if version != VERSION {
            return Err(Damage::Version(version));
        }
        let _: [u8; 2] = take(&mut rest).ok_or(Damage::Head)?;
        let blocks = take(&mut rest).map(u32::from_le_bytes).filter(|n| (1..=MOST_BLOCKS).contains(n));
        let blocks = blocks.and_then(|blocks| usize::try_from(blocks).ok()).ok_or(Damage::Head)?;
        Ok(Self::HEAD + blocks * RECORD)
    }

    /// Reads head and table of a file that has `length` bytes. Bytes beyond the table do not matter.
    ///
    /// # Errors
    /// If they are not as they were written, or the file has another length.
    pub fn parse(bytes: &[u8], length: u64) -> Result<Self, Damage> {
        let needed = Self::needed(bytes)?;
        let short = || Damage::Length { expected: u64::try_from(needed).unwrap_or(u64::MAX), found: length };
        let bytes = bytes.get(..needed).ok_or_else(short)?;
        let (signed, rest) = bytes.split_at_checked(SIGNED).ok_or(Damage::Head)?;
        let (sum, table) = rest.split_at_checked(32).ok_or(Damage::Head)?;
        if checksum(signed, table) != sum {
            return Err(Damage::Head);
        }
        let (about, data) = about(signed).ok_or(Damage::Head)?;
        let mut at = u64::try_from(needed).map_err(|_| Damage::Head)?;
        let expected = at.checked_add(data).ok_or(Damage::Head)?;
        let mut blocks = Vec::with_capacity(table.len() / RECORD);
        for record in table.as_chunks().0 {
            let block = Block::decode(record).ok_or(Damage::Head)?;
            blocks.push((at, block));
            at += block.length(about.precision);
        }
        let entries: u64 = blocks.iter().map(|(_, block)| u64::from(block.entries)).sum();
        if at != expected || entries != about.entries {
            return Err(Damage::Head);
        }
        if length != expected {
            return Err(Damage::Length { expected, found: length });
        }
        Ok(Self { about, blocks, length })
    }

    /// What the filter is made of.
    pub fn about(&self) -> About {
        self.about
    }

    /// Bytes of the whole file.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The blocks in the order of the file: first byte, length in bytes, and CRC-32.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = (u64, u64, u32)> + '_ {
        self.blocks.iter().map(|(at, block)| (*at, block.length(self.about.precision), block.crc))
    }

    /// Where to look for a password, which must be in the form in which it is used ([`super::super::normalised`]).
    pub fn place(&self, password: &Secret) -> Option<Place> {
        self.place_of(self.about.kind.key(password))
    }

    /// Where to look for a key, as [`super::entry`] gives it.
    pub fn place_of(&self, key: u64) -> Option<Place> {
        let number = block_of(key, u32::try_from(self.blocks.len()).ok()?);
        let (at, block) = self.blocks.get(usize::try_from(number).ok()?)?;
        Some(Place::of(key, *at, block.shape, block.seed, self.about.precision))
    }
}

/// Head and table of a filter with these blocks.
pub fn encode(about: &About, blocks: &[Block]) -> Vec<u8> {
    let data: u64 = blocks.iter().map(|block| block.length(about.precision)).sum();
    let count = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
    let kind = match about.kind {
        Kind::Sha1 => 1,
        Kind::Ntlm => 2,
    };
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend([kind, u8::try_from(about.precision.width()).unwrap_or(0)]);
    bytes.extend(count.to_le_bytes());
    for number in [about.entries, about.min_count, about.built.0.cast_unsigned(), data] {
        bytes.extend(number.to_le_bytes());
    }
    let table: Vec<u8> = blocks.iter().flat_map(Block::encode).collect();
    let sum = checksum(&bytes, &table);
    bytes.extend(sum);
    bytes.extend(table);
    bytes
}

/// What the head says, and the bytes of all blocks.
fn about(head: &[u8]) -> Option<(About, u64)> {
    let mut rest = head.get(10..)?;
    let [kind, width]: [u8; 2] = take(&mut rest)?;
    let kind = match kind {
        1 => Kind::Sha1,
        2 => Kind::Ntlm,
        _ => return None,
    };
    let precision = match width {
        1 => Precision::Usual,
        2 => Precision::Precise,
        _ => return None,
    };
    let _: [u8; 4] = take(&mut rest)?;
    let mut number = || take(&mut rest).map(u64::from_le_bytes);
    let (entries, min_count, built, data) = (number()?, number()?, number()?, number()?);
    Some((About { kind, precision, entries, min_count, built: Time(built.cast_signed()) }, data))
}

fn checksum(head: &[u8], table: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(head).chain_update(table).finalize().into()
}

/// Takes so many bytes off the front.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, others) = rest.split_first_chunk()?;
    *rest = others;
    Some(*first)
}
