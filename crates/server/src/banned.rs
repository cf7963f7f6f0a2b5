//! The words that the organisation bans from passwords: a file, read at the start and again whenever it has changed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use regain_core::password::Banned;

/// The list in use.
#[derive(Debug, Default)]
pub struct Words {
    file: Option<PathBuf>,
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Which state of the file was looked at last, good or not; nothing if it was gone.
    seen: Option<Stamp>,
    list: Arc<Banned>,
}

/// What tells one state of a file from another: when it was written, and its length.
type Stamp = (SystemTime, u64);

impl Words {
    /// Reads the list, if there is one.
    ///
    /// # Errors
    /// Why it cannot be used, with the line.
    pub fn open(file: Option<PathBuf>) -> Result<Self, String> {
        let kept = match &file {
            None => Kept::default(),
            Some(path) => {
                let seen = stamp(path)?;
                Kept { seen: Some(seen), list: Arc::new(read(path)?) }
            }
        };
        Ok(Self { file, kept: RwLock::new(kept) })
    }

    /// The list as it is now.
    pub fn current(&self) -> Arc<Banned> {
        Arc::clone(&self.kept.read().unwrap_or_else(PoisonError::into_inner).list)
    }

    /// Reads the file again if it has changed; gives the number of words then. Blocks while it reads.
    ///
    /// # Errors
    /// Why the changed file is not used, once for each change; the list before it stays in use.
    pub fn look_again(&self) -> Result<Option<usize>, String> {
        let Some(path) = &self.file else { return Ok(None) };
        let now = stamp(path).ok();
        if now == self.seen() {
            return Ok(None);
        }
        self.keep(|kept| kept.seen = now);
        let list = read(path)?;
        let count = list.len();
        self.keep(|kept| kept.list = Arc::new(list));
        Ok(Some(count))
    }

    fn seen(&self) -> Option<Stamp> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).seen
    }

    fn keep(&self, change: impl FnOnce(&mut Kept)) {
        change(&mut self.kept.write().unwrap_or_else(PoisonError::into_inner));
    }
}

fn stamp(path: &Path) -> Result<Stamp, String> {
    let stamp = std::fs::metadata(path).and_then(|file| Ok((file.modified()?, file.len())));
    stamp.map_err(|error| problem(path, &error.to_string()))
}

fn read(path: &Path) -> Result<Banned, String> {
    let text = std::fs::read_to_string(path).map_err(|error| problem(path, &error.to_string()))?;
    Banned::parse(&text).map_err(|bad| problem(path, &format!("line {}: {}", bad.line, bad.why)))
}

fn problem(path: &Path, why: &str) -> String {
    format!("password.banned_words_file: {}: {why}; write one word a line, and let us read the file", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_list_is_taken_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.txt");
        std::fs::write(&path, "Thornbury\n").unwrap();
        let words = Words::open(Some(path.clone())).unwrap();
        assert_eq!((words.current().len(), words.look_again()), (1, Ok(None)));

        std::fs::write(&path, "Thornbury\nWester\n").unwrap();
        assert_eq!((words.look_again(), words.current().len()), (Ok(Some(2)), 2));

        std::fs::write(&path, "Thornbury\nWester\nx\n").unwrap();
        let told = words.look_again().unwrap_err();
        assert!(told.contains("line 3"), "{told}");
        assert_eq!((words.current().len(), words.look_again()), (2, Ok(None)), "told once, the old list stays");

        std::fs::remove_file(&path).unwrap();
        assert!(words.look_again().is_err());
        assert_eq!((words.current().len(), words.look_again()), (2, Ok(None)));

        std::fs::write(&path, "Ross\n").unwrap();
        assert_eq!((words.look_again(), words.current().len()), (Ok(Some(1)), 1));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_a_reason_not_to_start() {
        let told = Words::open(Some("nowhere/words.txt".into())).unwrap_err();
        assert!(told.starts_with("password.banned_words_file: nowhere/words.txt: "), "{told}");
        assert!(Words::open(None).unwrap().current().is_empty());
    }
}
