//! A checkpoint: a signed statement of how far the trail reached at a moment. It can be kept anywhere.
//!
//! One line: `regain-audit/1 KIND SEQ HASH TIME KEY SIGNATURE`. What is signed is the line up to the signature. The key that
//! signs belongs to one installation, and so stands for it.

use crate::keys::Digest;
use crate::time::Time;

const LABEL: &str = "regain-audit/1";

/// What a checkpoint says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The trail reached so far.
    Mark,
    /// The events up to here were in the store before there was a chain; they are as they were found.
    Adopted,
    /// The events up to here were older than the retention, and are gone.
    Pruned,
}

impl Kind {
    /// Its name in lines and rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mark => "mark",
            Self::Adopted => "adopted",
            Self::Pruned => "pruned",
        }
    }
}

/// A statement, not signed yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Checkpoint {
    /// The number of the last event; 0 before the first.
    pub seq: i64,
    /// When it was signed.
    pub at: Time,
    /// What it says.
    pub kind: Kind,
    /// The hash of that event.
    pub hash: Digest,
    /// The id of the key that signs.
    pub key: String,
}

/// A line that was read: the statement, the bytes that were signed, and the signature as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What it says, if the signature is good.
    pub checkpoint: Checkpoint,
    /// What the signature is of.
    pub signed: String,
    /// The signature: base64url without padding.
    pub signature: String,
}

impl Checkpoint {
    /// The bytes to be signed.
    pub fn statement(&self) -> String {
        let Self { seq, at, kind, hash, key } = self;
        format!("{LABEL} {} {seq} {} {} {key}", kind.name(), hash.hex(), at.0)
    }
}

impl Signed {
    /// Reads a line; nothing if it is not one.
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        let words: Vec<&str> = line.split(' ').collect();
        let [LABEL, kind, seq, hash, at, key, signature] = words.as_slice() else { return None };
        let kind = [Kind::Mark, Kind::Adopted, Kind::Pruned].into_iter().find(|known| known.name() == *kind)?;
        let (seq, at, hash) = (seq.parse().ok()?, Time(at.parse().ok()?), Digest::from_hex(hash)?);
        let checkpoint = Checkpoint { seq, at, kind, hash, key: (*key).to_owned() };
        // Written in one way only: a plus sign or a leading zero would be another line with the same meaning.
        let signed = checkpoint.statement();
        let same = line.strip_prefix(&signed)?.strip_prefix(' ')? == *signature;
        same.then(|| Self { checkpoint, signed, signature: (*signature).to_owned() })
    }
}
