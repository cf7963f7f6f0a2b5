//! Passwords that somebody had before, for directories that keep no history: `password.history`.
//!
//! What is kept of a password is an argon2id hash of it and the hash's salt, both sealed. People choose words that can be
//! guessed, so the hash is slow; the seal makes it worthless without the installation's key. The salt is one for each person,
//! so that a new password is hashed once, however many it is compared with. See docs/decisions/0012-history-of-our-own.md.

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64URL_NOPAD;
use regain_core::password::{Mark, Recalled};
use regain_core::{Digest, Secret};

use crate::clock;

const SALT: usize = 16;

/// Memory for one hash, in KiB, and passes over it: the least OWASP advises (Password Storage Cheat Sheet, Argon2id).
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// What one person's earlier passwords are recognised by.
pub struct History {
    /// For new ones.
    salt: [u8; SALT],
    known: Vec<([u8; SALT], Digest)>,
}

impl History {
    /// From what was kept, newest first. A mark that cannot be read recognises nothing.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn of(marks: &[Mark]) -> Result<Self, getrandom::Error> {
        let known: Vec<_> = marks.iter().filter_map(read).collect();
        let salt = known.first().map_or_else(clock::random, |(salt, _)| Ok(*salt))?;
        Ok(Self { salt, known })
    }

    /// Looks a normalised password up. Takes 19 MiB and about 16 ms; twice that in the rare case that two first passwords were
    /// set at the same moment.
    pub fn recall(&self, password: &Secret) -> Option<Recalled> {
        let new = hash(&self.salt, password)?;
        let mut before = false;
        for (salt, digest) in &self.known {
            let found = if *salt == self.salt { new } else { hash(salt, password)? };
            before |= found.same_as(digest);
        }
        let mark = Mark(BASE64URL_NOPAD.encode(&[&self.salt[..], &new.0].concat()));
        Some(Recalled { before, mark })
    }
}

fn read(mark: &Mark) -> Option<([u8; SALT], Digest)> {
    let bytes = BASE64URL_NOPAD.decode(mark.0.as_bytes()).ok()?;
    let (salt, digest) = bytes.split_first_chunk()?;
    Some((*salt, Digest(digest.try_into().ok()?)))
}

fn hash(salt: &[u8], password: &Secret) -> Option<Digest> {
    let params = Params::new(MEMORY, PASSES, 1, None).ok()?;
    let mut digest = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.reveal().as_bytes(), salt, &mut digest).ok()?;
    Some(Digest(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recalled(history: &History, text: &str) -> Recalled {
        history.recall(&Secret::new(text)).unwrap()
    }

    #[test]
    fn what_was_remembered_is_recognised_and_nothing_else() {
        let empty = History::of(&[]).unwrap();
        let first = recalled(&empty, "plum kettle");
        assert!(!first.before);
        let one = History::of(std::slice::from_ref(&first.mark)).unwrap();
        assert_eq!(recalled(&one, "plum kettle"), Recalled { before: true, mark: first.mark.clone() });
        let second = recalled(&one, "plum kettlf");
        assert!(!second.before);
        assert_eq!(second.mark.0[..21], first.mark.0[..21], "one salt for each person");
        assert_ne!(second.mark, first.mark);
        let both = History::of(&[second.mark, first.mark.clone()]).unwrap();
        assert!(recalled(&both, "plum kettle").before && recalled(&both, "plum kettlf").before);

        let other = recalled(&History::of(&[]).unwrap(), "plum kettle").mark;
        assert_ne!(other, first.mark, "each person has a salt of their own");
        // As two resets at the same moment leave it.
        let mixed = History::of(&[first.mark, other]).unwrap();
        assert!(recalled(&mixed, "plum kettle").before && !recalled(&mixed, "orbit").before);
    }

    #[test]
    fn marks_that_cannot_be_read_recognise_nothing() {
        let marks = ["", "====", "AAAA", &"A".repeat(500)].map(|text| Mark(text.into()));
        assert!(!recalled(&History::of(&marks).unwrap(), "plum kettle").before);
    }

    #[test]
    fn a_mark_is_not_shown() {
        let mark = recalled(&History::of(&[]).unwrap(), "plum kettle").mark;
        assert!(!format!("{mark:?}").contains(&mark.0));
    }
}
