//! The chain of the audit trail: what of a row is sealed and hashed, and in which bytes.
//!
//! Everything here is public arithmetic that others can repeat (`docs/audit.md` says it in words), except the seal, which
//! takes the installation's key.

use sha2::{Digest as _, Sha256};

use crate::keys::{Digest, Keys, Use};

/// The hash before the first event.
pub const GENESIS: Digest = Digest([0; 32]);

/// An event as it lies in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// In which flow.
    pub flow: String,
    /// The number that people read to the care team.
    pub reference: String,
    /// The User ID as typed.
    pub user_id: String,
    /// The account, once it is known to exist.
    pub account: Option<String>,
    /// What happened, by name.
    pub act: String,
    /// success, failure or unknown.
    pub outcome: String,
    /// The event's own fields, as JSON.
    pub detail: String,
    /// The network address of the browser.
    pub address: String,
    /// What the browser calls itself.
    pub browser: String,
    /// The mark of whoever wrote it; none in rows that are older than the chain.
    pub seal: Option<String>,
}

/// An event with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Its number; the first is 1.
    pub seq: i64,
    /// Its hash, which covers the hash before it.
    pub hash: Digest,
    /// The event.
    pub row: Row,
}

/// What a seal says of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// Written by Regain with this key, and as it was written.
    Good,
    /// Made with a key that is not known here: it cannot be judged.
    OtherKey,
    /// Altered since, or never written by Regain.
    Broken,
    /// There is none.
    Missing,
}

impl Row {
    /// The seal that this row has when it is written: the key's id, and the keyed hash of all its other columns.
    pub fn sealed(&self, keys: &Keys) -> String {
        format!("{}.{}", key_id(keys), keys.derive(Use::Audit, &[b"row", &self.content()]).hex())
    }

    /// What its seal says of it.
    pub fn sealing(&self, keys: &Keys) -> Sealing {
        let Some(seal) = &self.seal else { return Sealing::Missing };
        let Some((id, mark)) = seal.split_once('.') else { return Sealing::Broken };
        // While the installation's key is changed, several are known.
        let Some(keys) = keys.each().find(|keys| id == key_id(keys)) else { return Sealing::OtherKey };
        let good = keys.derive(Use::Audit, &[b"row", &self.content()]);
        if Digest::from_hex(mark).is_some_and(|mark| mark.same_as(&good)) { Sealing::Good } else { Sealing::Broken }
    }

    /// The hash of this row as the event `seq`, after an event with the hash `before`.
    pub fn hash(&self, before: &Digest, seq: i64) -> Digest {
        let mut bytes = Vec::with_capacity(512);
        for part in ["regain-audit/1", &before.hex(), &seq.to_string()] {
            put(&mut bytes, part);
        }
        bytes.extend(self.content());
        put_optional(&mut bytes, self.seal.as_deref());
        Digest(Sha256::digest(&bytes).into())
    }

    /// All columns but the seal, one after the other as netstrings.
    fn content(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        let at = self.at.to_string();
        for part in [&self.id, &at, &self.flow, &self.reference, &self.user_id] {
            put(&mut bytes, part);
        }
        put_optional(&mut bytes, self.account.as_deref());
        for part in [&self.act, &self.outcome, &self.detail, &self.address, &self.browser] {
            put(&mut bytes, part);
        }
        bytes
    }
}

/// `5:hello,`: no two lists of texts give the same bytes.
fn put(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(format!("{}:{text},", text.len()).bytes());
}

/// A text that may be missing: `+` and the text, or `-`.
fn put_optional(bytes: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => put(bytes, &format!("+{text}")),
        None => put(bytes, "-"),
    }
}

fn key_id(keys: &Keys) -> String {
    keys.derive(Use::Audit, &[b"id"]).hex().chars().take(8).collect()
}

/// Numbers and hashes rows that follow one another; gives each with its place.
pub fn link(after: (i64, Digest), rows: Vec<Row>) -> Vec<Linked> {
    let (mut seq, mut hash) = after;
    let linked = rows.into_iter().map(|row| {
        seq += 1;
        hash = row.hash(&hash, seq);
        Linked { seq, hash, row }
    });
    linked.collect()
}
