//! Passwords that appeared in a data breach: what a filter over them looks like, and how a password is looked up in it.
//!
//! Nothing here touches a file: the server reads [`Index::HEAD`] bytes and the table behind them, asks [`Index::place`] where to
//! look for a password, reads that piece and hands it to [`Place::holds`]. A filter never misses a password it was built from;
//! it takes a password for one of them by mistake as often as its [`Precision`] says.

mod format;
mod line;
mod ribbon;

use md4::{Digest as _, Md4};
use sha1::Sha1;

use crate::secret::Secret;

pub use format::{About, Block, Damage, Index, encode};
pub use line::{Broken, Entry, entry};
pub use ribbon::{Filled, LONGEST_PLACE, Place, Shape, fill};

/// The entries a block has on average, at most. In larger blocks more slots would have to stay empty; smaller ones only make the
/// table of blocks longer.
pub const BLOCK: u64 = 50_000;

/// By which hash a corpus names its passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SHA-1 of the UTF-8 (FIPS 180-4): what public corpora have. It protects nothing here, it only names.
    Sha1,
    /// NTLM: MD4 (RFC 1320) of the UTF-16, little-endian.
    Ntlm,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Ntlm => "NTLM",
        }
    }

    /// The key under which a password is looked up. The password must be in the form in which it is used, as
    /// [`super::normalised`] gives it. Allocates nothing.
    pub fn key(self, password: &Secret) -> u64 {
        let text = password.reveal();
        match self {
            Self::Sha1 => key(beginning(&Sha1::digest(text.as_bytes()))),
            Self::Ntlm => {
                let mut hash = Md4::new();
                text.encode_utf16().for_each(|unit| hash.update(unit.to_le_bytes()));
                key(beginning(&hash.finalize()))
            }
        }
    }
}

/// How often a password is taken for a breached one by mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 1 in 256, at one byte a slot.
    Usual,
    /// 1 in 65,536, at two bytes a slot.
    Precise,
}

impl Precision {
    /// Bytes of one slot.
    pub fn width(self) -> usize {
        match self {
            Self::Usual => 1,
            Self::Precise => 2,
        }
    }

    /// One password in how many is taken for a breached one by mistake.
    pub fn one_in(self) -> u32 {
        match self {
            Self::Usual => 1 << 8,
            Self::Precise => 1 << 16,
        }
    }
}

/// The first eight bytes of a hash as a number. Of 10⁹ hashes no two are likely to share them (1 in 37), and sharing costs
/// nothing but one more password in the filter.
fn beginning(hash: &[u8]) -> u64 {
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The key of a hash that begins so: spread over all numbers, so that a part of a corpus (hashes that all begin alike) fills
/// the blocks as evenly as the whole.
fn key(beginning: u64) -> u64 {
    ribbon::mixed(beginning)
}

/// In which of so many blocks a key is looked up. Blocks follow each other as their keys do.
pub fn block_of(key: u64, blocks: u32) -> u32 {
    u32::try_from((u128::from(key) * u128::from(blocks)) >> 64).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
