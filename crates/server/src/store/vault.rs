//! Encryption of what is personal: AES-256-GCM-SIV (RFC 8452), bound to the place it is written to.
//!
//! A sealed text is `KEYID.BASE64(nonce ‖ ciphertext)`; the key's id stands in the row so that keys can be changed. The
//! place (table, row, column) is authenticated with it: a value moved to another row does not open.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use regain_core::Keys;
use regain_core::keys::Use;

use super::db::Error;
use crate::clock;

const NONCE: usize = 12;

/// Seals and opens columns.
#[derive(Clone)]
pub struct Vault {
    key: Arc<Aes256GcmSiv>,
    id: String,
}

impl Vault {
    /// With the storage key of this installation.
    pub fn new(keys: &Keys) -> Self {
        let secret = keys.derive(Use::Storage, &[b"aes-256-gcm-siv"]);
        let id = keys.derive(Use::Storage, &[b"id"]).hex()[..8].to_owned();
        Self { key: Arc::new(Aes256GcmSiv::new(&secret.0.into())), id }
    }

    /// Whether a sealed text was sealed with this key.
    pub(super) fn knows(&self, sealed: &str) -> bool {
        sealed.split_once('.').is_some_and(|(id, _)| id == self.id)
    }

    /// Seals a text for this place.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn seal(&self, place: &[&str], text: &str) -> Result<String, Error> {
        let nonce: [u8; NONCE] = clock::random().map_err(|error| Error::Unavailable(error.to_string()))?;
        let aad = aad(&self.id, place);
        let payload = Payload { msg: text.as_bytes(), aad: &aad };
        let sealed = self.key.encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::Unavailable("a text is too long to be sealed".into()))?;
        Ok(format!("{}.{}", self.id, BASE64URL_NOPAD.encode(&[&nonce[..], &sealed].concat())))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// If it was sealed with another key or for another place, or was altered.
    pub fn open(&self, place: &[&str], sealed: &str) -> Result<String, Error> {
        let broken = || Error::Corrupt(format!("{} does not open: altered, or moved from elsewhere", place.join("/")));
        let (id, body) = sealed.split_once('.').ok_or_else(broken)?;
        if id != self.id {
            return Err(Error::Corrupt(format!("{} was sealed with key {id}, this is {}", place.join("/"), self.id)));
        }
        let body = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| broken())?;
        let (nonce, body) = body.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        let aad = aad(id, place);
        let text = self.key.decrypt(&Nonce::from(*nonce), Payload { msg: body, aad: &aad }).map_err(|_| broken())?;
        String::from_utf8(text).map_err(|_| broken())
    }
}

fn aad(id: &str, place: &[&str]) -> Vec<u8> {
    let parts = std::iter::once(id).chain(place.iter().copied());
    parts.flat_map(|part| (part.len() as u64).to_be_bytes().into_iter().chain(part.bytes())).collect()
}

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

/// Reads the key file, or makes it on the first start: 32 random bytes in hexadecimal, readable by the owner only.
///
/// # Errors
/// With what to do about it.
pub fn load_or_make_key(path: &Path) -> Result<Keys, KeyProblem> {
    load_or_make_secret(path).map(Keys::new)
}

/// The same for a key of another kind.
///
/// # Errors
/// With what to do about it.
pub fn load_or_make_secret(path: &Path) -> Result<[u8; 32], KeyProblem> {
    let name = path.display().to_string();
    let file = |error: std::io::Error| KeyProblem::File { path: name.clone(), cause: error.to_string() };
    match fs::metadata(path) {
        Ok(found) => {
            let mode = found.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(KeyProblem::Readable { path: name, mode });
            }
            let text = fs::read_to_string(path).map_err(file)?;
            let bytes = HEXLOWER.decode(text.trim().to_lowercase().as_bytes()).ok().and_then(|b| b.try_into().ok());
            bytes.ok_or(KeyProblem::Malformed(name))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let bytes: [u8; 32] = clock::random().map_err(|error| file(std::io::Error::other(error.to_string())))?;
            write_whole(path, HEXLOWER.encode(&bytes).as_bytes()).map_err(file)?;
            Ok(bytes)
        }
        Err(error) => Err(file(error)),
    }
}

/// Writes a new file that others cannot read, whole or not at all: half a key after a power cut would be worse than none.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = made.write_all(bytes).and_then(|()| made.sync_all());
    // A link, unlike a rename, never takes the place of a key that another process has made meanwhile.
    let placed = written.and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(&Keys::new([7; 32]))
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_place_only() {
        let sealed = vault().seal(&["contact", "1", "address"], "jo@example.org").unwrap();
        assert!(!sealed.contains("jo@"));
        assert_eq!(vault().open(&["contact", "1", "address"], &sealed).unwrap(), "jo@example.org");
        assert!(vault().open(&["contact", "2", "address"], &sealed).is_err());
        assert!(Vault::new(&Keys::new([8; 32])).open(&["contact", "1", "address"], &sealed).is_err());
        let mut altered = sealed.clone().into_bytes();
        let last = altered.len() - 2;
        altered[last] ^= 1;
        assert!(vault().open(&["contact", "1", "address"], &String::from_utf8(altered).unwrap()).is_err());
    }

    #[test]
    fn a_key_file_is_made_once_and_refused_when_others_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("regain.key");
        let made = load_or_make_key(&path).unwrap();
        let again = load_or_make_key(&path).unwrap();
        assert_eq!(made.derive(Use::Code, &[]), again.derive(Use::Code, &[]));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(load_or_make_key(&path), Err(KeyProblem::Readable { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "not a key").unwrap();
        assert!(matches!(load_or_make_key(&path), Err(KeyProblem::Malformed(_))));
    }
}
