//! The key that signs checkpoints: Ed25519 (RFC 8032), by `ring`.

use std::path::Path;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use regain_core::Secret;
use regain_core::audit::checkpoint::{Checkpoint, Signed};
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::config::audit::Audit;
use crate::store::KeyFile;

/// Signs. It has no `Debug`.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// The key from the settings, or from its file, which is made if it is not there.
    ///
    /// # Errors
    /// With what to do about it.
    pub fn open(settings: &Audit, file: &Path) -> Result<Self, String> {
        match &settings.signing_key {
            Some(key) => Self::parse(key),
            None => {
                let read = KeyFile::read_or_make(file).map_err(|error| format!("audit.signing_key_file: {error}"))?;
                Self::from_seed(read.used())
            }
        }
    }

    /// The key from the settings, or from its file if that is there: for whoever only looks.
    ///
    /// # Errors
    /// With what to do about it.
    pub fn existing(settings: &Audit, file: &Path) -> Result<Self, String> {
        if settings.signing_key.is_none() && !file.exists() {
            return Err(format!(
                "audit.signing_key_file: {} is not there: start `regain serve` once, which makes it, or give --public-key",
                file.display()
            ));
        }
        Self::open(settings, file)
    }

    /// From 64 hexadecimal characters.
    ///
    /// # Errors
    /// If it is something else. The text is not repeated.
    pub(super) fn parse(text: &Secret) -> Result<Self, String> {
        let bytes = HEXLOWER.decode(text.reveal().trim().to_lowercase().as_bytes()).ok();
        let seed: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        let wrong = "audit.signing_key: must be 64 hexadecimal characters, as `openssl rand -hex 32` makes them";
        Self::from_seed(&seed.ok_or(wrong)?)
    }

    /// From the 32 bytes of its file.
    ///
    /// # Errors
    /// If they cannot be a key.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, String> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|error| format!("audit.signing_key: {error}"))?;
        let bytes = <[u8; 32]>::try_from(pair.public_key().as_ref()).map_err(|error| error.to_string())?;
        Ok(Self { pair, public: PublicKey(bytes) })
    }

    /// What others need to check its signatures.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signed line of a checkpoint.
    pub fn sign(&self, checkpoint: &Checkpoint) -> String {
        let statement = checkpoint.statement();
        let signature = self.pair.sign(statement.as_bytes());
        format!("{statement} {}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }
}

/// Checks signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// From 64 hexadecimal characters.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes = HEXLOWER.decode(text.trim().to_lowercase().as_bytes()).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        let wrong =
            || format!("\"{text}\" is not a public key: 64 hexadecimal characters, as `regain audit key` prints them");
        bytes.map(Self).ok_or_else(wrong)
    }

    /// As people copy it: 64 hexadecimal characters.
    pub fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// Its name in checkpoints.
    pub fn id(&self) -> String {
        HEXLOWER.encode(digest(&SHA256, &self.0).as_ref()).chars().take(16).collect()
    }

    /// For other programs, as PEM (RFC 8410).
    pub fn pem(&self) -> String {
        let mut der = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        der.extend(self.0);
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(&der))
    }

    /// Whether this key has signed it.
    pub fn has_signed(&self, line: &Signed) -> bool {
        let Ok(signature) = BASE64URL_NOPAD.decode(line.signature.as_bytes()) else { return false };
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        line.checkpoint.key == self.id() && key.verify(line.signed.as_bytes(), &signature).is_ok()
    }
}
