//! The filter that holds at the moment, and its change for another under way.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use regain_core::Secret;

use super::file::{Filter, Stamp};

/// A place for one filter: where it is looked for, and the one that is in use.
pub struct Shelf {
    path: PathBuf,
    filter: RwLock<Arc<Filter>>,
    /// What was last looked at, whether it was taken or refused.
    seen: Mutex<Option<Stamp>>,
}

impl Shelf {
    /// Opens the filter at this path.
    ///
    /// # Errors
    /// With the path, the reason and what to do.
    pub fn open(path: &Path) -> Result<Self, String> {
        let filter = Filter::open(path)?;
        let seen = Mutex::new(Some(filter.stamp()));
        Ok(Self { path: path.to_owned(), filter: RwLock::new(Arc::new(filter)), seen })
    }

    /// Whether a password has appeared in a breach, going by the filter that is in use ([`Filter::holds`]).
    pub fn holds(&self, password: &Secret) -> bool {
        self.filter().holds(password)
    }

    /// The filter that is in use.
    pub fn filter(&self) -> Arc<Filter> {
        Arc::clone(&self.filter.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks whether another file lies at the path; if so, looks through it and puts it into use. Whoever looks up a password
    /// meanwhile does so in the old one. Takes as long as reading the file: call it where that holds up nobody.
    ///
    /// Gives whether there is another now.
    ///
    /// # Errors
    /// If the new one is not taken: once for each, the old one stays in use.
    pub fn look_again(&self) -> Result<bool, String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let found = std::fs::metadata(&self.path).ok().map(|found| Stamp::of(&found));
        if *seen == found {
            return Ok(false);
        }
        *seen = found;
        let Some(found) = found else {
            return Err(format!("{}: it is gone; the one that was there stays in use", self.path.display()));
        };
        let old = self.filter().stamp();
        let overwritten = (old.device, old.inode) == (found.device, found.inode);
        let filter = Filter::open(&self.path).map_err(|why| match overwritten {
            false => format!("{why}. The one before stays in use"),
            true => format!(
                "{why}. It was written over the one in use, which cannot be relied on now: put the new file \
                             beside it and rename it"
            ),
        })?;
        // Read once more from the open file: it may have been changed after it was looked for.
        *seen = Some(filter.stamp());
        *self.filter.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(filter);
        Ok(true)
    }
}
