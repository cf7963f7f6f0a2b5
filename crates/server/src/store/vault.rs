//! Encryption of what is personal: AES-256-GCM-SIV (RFC 8452), bound to the place it is written to.
//!
//! A sealed text is `KEYID.BASE64(nonce ‖ ciphertext)`; the key's id stands in the row so that keys can be changed. The
//! place (table, row, column) is authenticated with it: a value moved to another row does not open.

use std::sync::Arc;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use data_encoding::BASE64URL_NOPAD;
use regain_core::Keys;
use regain_core::keys::Use;

use super::db::Error;
use crate::clock;

const NONCE: usize = 12;

/// Seals columns with the key in use, and opens what any of the known ones has sealed.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    used: Sealer,
    others: Vec<Sealer>,
}

struct Sealer {
    key: Aes256GcmSiv,
    id: String,
}

/// What a key is called: in rows, and to operators. Nothing of the key follows from it.
pub fn key_id(keys: &Keys) -> String {
    keys.derive(Use::Storage, &[b"id"]).hex().chars().take(8).collect()
}

impl Sealer {
    fn new(keys: &Keys) -> Self {
        let secret = keys.derive(Use::Storage, &[b"aes-256-gcm-siv"]);
        Self { key: Aes256GcmSiv::new(&secret.0.into()), id: key_id(keys) }
    }
}

impl Vault {
    /// With the storage keys of this installation.
    pub fn new(keys: &Keys) -> Self {
        let others = keys.each().skip(1).map(|keys| Sealer::new(&keys)).collect();
        Self { inner: Arc::new(Inner { used: Sealer::new(keys), others }) }
    }

    /// What the key in use is called.
    pub fn used(&self) -> &str {
        &self.inner.used.id
    }

    /// Whether there are other keys than the one in use.
    pub fn has_others(&self) -> bool {
        !self.inner.others.is_empty()
    }

    /// Whether a sealed text was sealed with a key that is known.
    pub(super) fn knows(&self, sealed: &str) -> bool {
        sealed.split_once('.').is_some_and(|(id, _)| self.sealer(id).is_some())
    }

    fn sealer(&self, id: &str) -> Option<&Sealer> {
        std::iter::once(&self.inner.used).chain(&self.inner.others).find(|sealer| sealer.id == id)
    }

    /// Seals a text for this place.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn seal(&self, place: &[&str], text: &str) -> Result<String, Error> {
        let nonce: [u8; NONCE] = clock::random().map_err(|error| Error::Unavailable(error.to_string()))?;
        let Sealer { key, id } = &self.inner.used;
        let aad = aad(id, place);
        let payload = Payload { msg: text.as_bytes(), aad: &aad };
        let sealed = key.encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::Unavailable("a text is too long to be sealed".into()))?;
        Ok(format!("{id}.{}", BASE64URL_NOPAD.encode(&[&nonce[..], &sealed].concat())))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// If it was sealed with another key or for another place, or was altered.
    pub fn open(&self, place: &[&str], sealed: &str) -> Result<String, Error> {
        let broken = || Error::Corrupt(format!("{} does not open: altered, or moved from elsewhere", place.join("/")));
        let (id, body) = sealed.split_once('.').ok_or_else(broken)?;
        let sealer = self.sealer(id).ok_or_else(|| {
            let place = place.join("/");
            Error::Corrupt(format!(
                "{place} was sealed with key {id}, which is not in the key file; {} is",
                self.used()
            ))
        })?;
        let body = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| broken())?;
        let (nonce, body) = body.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        let aad = aad(id, place);
        let text = sealer.key.decrypt(&Nonce::from(*nonce), Payload { msg: body, aad: &aad }).map_err(|_| broken())?;
        String::from_utf8(text).map_err(|_| broken())
    }
}

fn aad(id: &str, place: &[&str]) -> Vec<u8> {
    let parts = std::iter::once(id).chain(place.iter().copied());
    parts.flat_map(|part| (part.len() as u64).to_be_bytes().into_iter().chain(part.bytes())).collect()
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
}
