//! The key file: one line for each key, `64 hexadecimal characters` for the one in use. While it is changed there is a second
//! line, with a word before the key: `next` for one that is known everywhere before anything is sealed with it, `former` for one
//! that opens what is not sealed anew yet.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use regain_core::Keys;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::clock;

/// Why the key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    /// Others may read it.
    #[error(
        "{path} can be read by others (mode {mode:o}): run `chmod 600 {path}`, and change the key if somebody may have"
    )]
    Readable {
        /// The file.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// It is not 64 hexadecimal characters.
    #[error("{0} does not hold a key (64 hexadecimal characters): put back the file from your backup")]
    Malformed(String),
    /// It cannot be read or made.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// The system's words.
        cause: String,
    },
}

/// What stands in the key file. No `Debug`, wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct KeyFile {
    used: [u8; 32],
    next: Option<[u8; 32]>,
    former: Option<[u8; 32]>,
}

impl KeyFile {
    /// Reads the key file, or makes it on the first start: 32 random bytes in hexadecimal, readable by the owner only.
    ///
    /// # Errors
    /// With what to do about it.
    pub fn read_or_make(path: &Path) -> Result<Self, KeyProblem> {
        let name = path.display().to_string();
        let file = |error: std::io::Error| KeyProblem::File { path: name.clone(), cause: error.to_string() };
        match fs::metadata(path) {
            Ok(found) => {
                let mode = found.permissions().mode() & 0o777;
                if mode & 0o077 != 0 {
                    return Err(KeyProblem::Readable { path: name, mode });
                }
                let text = Zeroizing::new(fs::read_to_string(path).map_err(file)?);
                Self::parse(&text).ok_or(KeyProblem::Malformed(name))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let made = Self { used: fresh().map_err(file)?, next: None, former: None };
                // A link, unlike a rename, never takes the place of a key that another process has made meanwhile.
                let place = |draft: &Path| fs::hard_link(draft, path).and_then(|()| fs::remove_file(draft));
                written(path, &made.text()).and_then(|draft| place(&draft)).map_err(file)?;
                Ok(made)
            }
            Err(error) => Err(file(error)),
        }
    }

    /// The keys: nothing is made with any but the first.
    pub fn keys(&self) -> Keys {
        Keys::ring(self.used, self.next.into_iter().chain(self.former).collect())
    }

    /// The key in use itself, for a kind of key that nothing is derived from.
    pub fn used(&self) -> &[u8; 32] {
        &self.used
    }

    /// Whether there is a key that will be in use.
    pub fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// The key that was in use before, if it is still needed.
    pub fn former(&self) -> Option<Keys> {
        self.former.map(Keys::new)
    }

    /// With a new key that is known, and not in use yet.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn with_next(&self) -> std::io::Result<Self> {
        Ok(Self { next: Some(fresh()?), ..self.clone() })
    }

    /// With the next key in use, and the one of now as the former.
    pub fn advanced(&self) -> Self {
        match self.next {
            Some(next) => Self { used: next, next: None, former: Some(self.used) },
            None => self.clone(),
        }
    }

    /// Without the former key.
    pub fn retired(&self) -> Self {
        Self { former: None, ..self.clone() }
    }

    /// Takes the place of the file, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written; the old one is as it was then.
    pub fn replace(&self, path: &Path) -> std::io::Result<()> {
        // A link to where the file really is stays a link, and whoever the service runs as can still read it.
        let path = fs::canonicalize(path)?;
        let owner = fs::metadata(&path)?;
        let draft = written(&path, &self.text())?;
        chown(&draft, Some(owner.uid()), Some(owner.gid())).and_then(|()| fs::rename(&draft, &path)).inspect_err(
            |_| {
                // What is left of it is a key that nobody knows of.
                let _ = fs::remove_file(&draft);
            },
        )?;
        // The old name for the new file must survive a power cut before anything is sealed with the new key.
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(220));
        let lines = [("", Some(self.used)), ("next ", self.next), ("former ", self.former)];
        for (word, key) in lines.into_iter().filter_map(|(word, key)| Some((word, key?))) {
            text.push_str(word);
            HEXLOWER.encode_append(&key, &mut text);
            text.push('\n');
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let (mut used, mut next, mut former) = (None, None, None);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (place, key) = match line.split_once(' ') {
                None => (&mut used, line),
                Some(("next", key)) => (&mut next, key),
                Some(("former", key)) => (&mut former, key),
                Some(_) => return None,
            };
            let key = Zeroizing::new(HEXLOWER.decode(key.trim().to_lowercase().as_bytes()).ok()?);
            if place.replace(<[u8; 32]>::try_from(key.as_slice()).ok()?).is_some() {
                return None;
            }
        }
        Some(Self { used: used?, next, former })
    }
}

fn fresh() -> std::io::Result<[u8; 32]> {
    clock::random().map_err(|error| std::io::Error::other(error.to_string()))
}

/// Writes a draft that others cannot read, whole: half a key after a power cut would be worse than none.
fn written(path: &Path, text: &str) -> std::io::Result<PathBuf> {
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    made.write_all(text.as_bytes())?;
    made.sync_all()?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::key_id;

    #[test]
    fn a_key_file_is_made_once_and_refused_when_others_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("regain.key");
        let made = KeyFile::read_or_make(&path).unwrap();
        let again = KeyFile::read_or_make(&path).unwrap();
        assert_eq!(key_id(&made.keys()), key_id(&again.keys()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(KeyFile::read_or_make(&path), Err(KeyProblem::Readable { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for wrong in ["not a key", "", "next", &format!("former {}", "0".repeat(64)), &"0".repeat(63)] {
            fs::write(&path, wrong).unwrap();
            assert!(matches!(KeyFile::read_or_make(&path), Err(KeyProblem::Malformed(_))), "{wrong}");
        }
    }

    #[test]
    fn a_link_to_the_file_stays_one_and_its_owner_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.key"), folder.path().join("regain.key"));
        let old = KeyFile::read_or_make(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        // Only root can give a file away; for everybody else it is theirs before and after.
        let _ = chown(&real, Some(65_534), Some(65_534));
        let before = fs::metadata(&real).unwrap();
        old.with_next().unwrap().advanced().replace(&link).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let after = fs::metadata(&real).unwrap();
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
        assert_ne!(after.ino(), before.ino(), "it is another file");
    }

    #[test]
    fn a_key_is_changed_step_by_step() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("regain.key");
        let old = KeyFile::read_or_make(&path).unwrap();
        let ids = |file: &KeyFile| file.keys().each().map(|keys| key_id(&keys)).collect::<Vec<_>>();
        let read = |file: KeyFile| {
            file.replace(&path).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            KeyFile::read_or_make(&path).unwrap()
        };
        let announced = read(old.with_next().unwrap());
        assert_eq!((ids(&announced)[0].clone(), ids(&announced).len()), (ids(&old)[0].clone(), 2));
        let changed = read(announced.advanced());
        assert_eq!(ids(&changed), [ids(&announced)[1].clone(), ids(&old)[0].clone()]);
        let done = read(changed.retired());
        assert_eq!(ids(&done), [ids(&changed)[0].clone()]);
    }
}
