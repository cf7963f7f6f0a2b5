//! A filter that lies in a file.
//!
//! It is read by position and not mapped into memory: see docs/decisions/0008-breach-filter-read-by-position.md.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use regain_core::Secret;
use regain_core::password::breach::{About, Damage, Index, LONGEST_PLACE, Place};

/// What tells one file from another at the same path, and whether it was written to since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) device: u64,
    pub(super) inode: u64,
    length: u64,
    written: (i64, i64),
}

impl Stamp {
    pub(super) fn of(found: &std::fs::Metadata) -> Self {
        let written = (found.mtime(), found.mtime_nsec());
        Self { device: found.dev(), inode: found.ino(), length: found.len(), written }
    }
}

/// A filter, looked through and open. Of the file itself nothing is kept in memory but head and table.
#[derive(Debug)]
pub struct Filter {
    index: Index,
    file: File,
    path: PathBuf,
    stamp: Stamp,
}

impl Filter {
    /// Opens a filter and reads all of it, to be sure that it is as it was written. Takes as long as the disk needs: about a
    /// second for 10⁹ passwords that the system has in memory.
    ///
    /// # Errors
    /// With the path, the reason and what to do.
    pub fn open(path: &Path) -> Result<Self, String> {
        let named = |error: String| format!("{}: {error}", path.display());
        let read = |error: io::Error| named(format!("{error}; check the path and who may read it"));
        let file = File::open(path).map_err(read)?;
        let found = file.metadata().map_err(read)?;
        if !found.is_file() {
            return Err(named(Damage::Foreign.to_string()));
        }
        let index = index(&file, found.len()).map_err(read)?.map_err(|damage| named(damage.to_string()))?;
        let filter = Self { index, file, path: path.to_owned(), stamp: Stamp::of(&found) };
        filter.look_through().map_err(read)?.map_err(|damage| named(damage.to_string()))?;
        Ok(filter)
    }

    /// What it is made of.
    pub fn about(&self) -> About {
        self.index.about()
    }

    /// Bytes of the file.
    pub fn length(&self) -> u64 {
        self.index.length()
    }

    /// Whether a password has appeared in a breach. It must be in the form in which it is used
    /// ([`regain_core::password::normalised`]). One system call, no allocation.
    ///
    /// A file that cannot be read any more holds nothing: the other rules still stand, and nobody is shut out by a fault of a
    /// disk. The log says so.
    pub fn holds(&self, password: &Secret) -> bool {
        self.index.place(password).is_some_and(|place| self.has(&place))
    }

    /// The same for the key of a line, as [`regain_core::password::breach::entry`] gives it.
    pub fn holds_key(&self, key: u64) -> bool {
        self.index.place_of(key).is_some_and(|place| self.has(&place))
    }

    fn has(&self, place: &Place) -> bool {
        let mut bytes = [0; LONGEST_PLACE];
        let Some(bytes) = bytes.get_mut(..place.length) else { return false };
        if let Err(error) = self.file.read_exact_at(bytes, place.at) {
            tracing::error!(%error, file = %self.path.display(), "the breach filter cannot be read; a password was not looked up in it");
            return false;
        }
        place.holds(bytes)
    }

    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Reads every block and compares its checksum.
    fn look_through(&self) -> io::Result<Result<(), Damage>> {
        let mut bytes = Vec::new();
        for (number, (at, length, crc)) in self.index.blocks().enumerate() {
            bytes.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
            self.file.read_exact_at(&mut bytes, at)?;
            if crc32fast::hash(&bytes) != crc {
                return Ok(Err(Damage::Block { number, at }));
            }
        }
        Ok(Ok(()))
    }
}

/// Reads head and table.
fn index(file: &File, length: u64) -> io::Result<Result<Index, Damage>> {
    let mut bytes = vec![0; Index::HEAD.min(usize::try_from(length).unwrap_or(Index::HEAD))];
    file.read_exact_at(&mut bytes, 0)?;
    let needed = match Index::needed(&bytes) {
        Ok(needed) => needed.min(usize::try_from(length).unwrap_or(needed)),
        Err(damage) => return Ok(Err(damage)),
    };
    bytes.resize(needed, 0);
    file.read_exact_at(&mut bytes, 0)?;
    Ok(Index::parse(&bytes, length))
}
