//! How a flow is named and stored.

use serde::{Deserialize, Serialize};

use crate::keys::{Keys, Use};
use crate::reset::Reset;

/// Names one flow: 128 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FlowId(pub [u8; 16]);

/// The letters of a reference: no I, L, O, U, 0 or 1, which are misheard or misread.
const REFERENCE_LETTERS: &[u8; 30] = b"ABCDEFGHJKMNPQRSTVWXYZ23456789";

impl FlowId {
    /// The short number a person reads to the care team, such as `K7QF-2M9X`. It names the flow in the audit trail and
    /// opens nothing.
    pub fn reference(&self, keys: &Keys) -> String {
        let digest = keys.derive(Use::Reference, &[&self.0]);
        let letters = digest.0.iter().take(8).filter_map(|byte| REFERENCE_LETTERS.get(usize::from(byte % 30)));
        letters.enumerate().fold(String::with_capacity(9), |mut text, (place, letter)| {
            if place == 4 {
                text.push('-');
            }
            text.push(char::from(*letter));
            text
        })
    }
}

/// The envelope in which a flow lies in the store. `v` grows when a change of shape needs a conversion; every version ever
/// written stays readable, which `tests/stored.rs` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Version of the shape.
    pub v: u16,
    /// The flow itself.
    pub flow: Flow,
}

/// The kinds of flow there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Somebody forgot a password.
    Reset(Reset),
}

impl Stored {
    /// The version this program writes.
    pub const VERSION: u16 = 1;

    /// Wraps a reset for the store.
    pub fn reset(flow: Reset) -> Self {
        Self { v: Self::VERSION, flow: Flow::Reset(flow) }
    }
}
