//! A code that is sent to a registered contact and typed back.
//!
//! Codes are derived, never stored: the row and the outbox hold the salt and the number of the code, and whoever has the
//! key can work the code out again. It is bound to its flow, its purpose and its step, so that it opens nothing else.

use serde::{Deserialize, Serialize};

use crate::keys::{Digest, Keys, Use};
use crate::method::Method;
use crate::secret::Secret;
use crate::time::Time;
use crate::{Ctx, FlowId};

/// How many digits a code has (NIST SP 800-63B-4 asks for at least six).
pub const DIGITS: u32 = 6;

/// What a code may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Proving who one is in a reset.
    Reset,
    /// Proving who one is to have an account unlocked.
    Unlock,
    /// Practising: proves nothing.
    Rehearsal,
    /// Showing that a new contact is one's own.
    Register,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 4] = [Self::Reset, Self::Unlock, Self::Rehearsal, Self::Register];

    /// Its name in derivations and counters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Unlock => "unlock",
            Self::Rehearsal => "rehearsal",
            Self::Register => "register",
        }
    }
}

/// Which code: all that is needed, with the key, to work it out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Issue {
    /// The flow it belongs to.
    pub flow: FlowId,
    /// What it is for.
    pub purpose: Purpose,
    /// The verification step, 1 or 2.
    pub step: u8,
    /// Counts the codes of this flow, from 1; never starts again.
    pub n: u32,
    /// Random, so that neither the row nor the key alone yields the code.
    pub salt: [u8; 16],
}

impl Issue {
    /// The code's digits.
    pub fn code(&self, keys: &Keys) -> Secret {
        let (step, n) = ([self.step], self.n.to_be_bytes());
        Secret::new(keys.decimal(
            Use::Code,
            DIGITS,
            &[self.purpose.name().as_bytes(), &self.flow.0, &step, &n, &self.salt],
        ))
    }

    /// Whether these digits are the code. One that was sent before the key was changed is good for as long as any.
    fn is(&self, keys: &Keys, typed: &Secret) -> bool {
        keys.any(|keys| self.code(keys).same_as(typed))
    }
}

/// A code on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sent {
    /// Which code.
    pub issue: Issue,
    /// The method chosen.
    pub method: Method,
    /// The option's place in the subject's list.
    pub option: usize,
    /// When it was sent.
    pub at: Time,
    /// From when on it is worth nothing.
    pub expires: Time,
}

/// Evidence that one method succeeded in this flow. Only [`check`] makes one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Proof {
    method: Method,
    device: Digest,
    sent: Sent,
}

impl Proof {
    /// The method that succeeded.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Whether this is the code that was accepted, while it would still be good: somebody whose answer got lost on the way
    /// types it again. It proves nothing more, and has to be counted like any other attempt.
    pub fn was_brought_by(&self, ctx: &Ctx, typed: &Secret) -> bool {
        ctx.now < self.sent.expires && self.sent.issue.is(ctx.keys, &digits(typed.reveal()))
    }

    /// The place, in the subject's list, of the option it was brought by.
    pub fn option(&self) -> usize {
        self.sent.option
    }

    /// The code that was accepted: a password may not hold it.
    pub fn code(&self, keys: &Keys) -> Secret {
        self.sent.issue.code(keys)
    }

    /// When the code was sent.
    pub fn sent_at(&self) -> Time {
        self.sent.at
    }

    /// The device it reached: two ways to one number share it.
    pub fn device(&self) -> &Digest {
        &self.device
    }
}

/// What a typed code comes to.
pub enum Checked {
    /// The right one, in time.
    Right(Proof),
    /// Not the one that was sent.
    Wrong,
    /// Too late to be compared.
    Late,
}

/// The digits of what was typed: people paste codes with spaces and dashes.
pub fn digits(typed: &str) -> Secret {
    let plain = typed.trim().chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}' | '\u{2009}' | '\u{202f}'));
    Secret::new(plain.take(16).collect::<String>())
}

/// Compares a typed code, spaces and dashes left out, with the one sent. `real` is false for a decoy, whose code nobody was ever told.
pub fn check(ctx: &Ctx, sent: &Sent, device: Digest, real: bool, typed: &Secret) -> Checked {
    if ctx.now >= sent.expires {
        return Checked::Late;
    }
    let right = sent.issue.is(ctx.keys, &digits(typed.reveal())) & real;
    if right { Checked::Right(Proof { method: sent.method, device, sent: sent.clone() }) } else { Checked::Wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue() -> Issue {
        Issue { flow: FlowId([1; 16]), purpose: Purpose::Reset, step: 1, n: 1, salt: [9; 16] }
    }

    #[test]
    fn a_code_is_bound_to_its_flow_step_number_and_salt() {
        let keys = Keys::new([7; 32]);
        let code = issue().code(&keys);
        assert!(code.same_as(&issue().code(&keys)), "it can be worked out again");
        for other in [
            Issue { flow: FlowId([2; 16]), ..issue() },
            Issue { step: 2, ..issue() },
            Issue { n: 2, ..issue() },
            Issue { salt: [8; 16], ..issue() },
        ] {
            assert!(!code.same_as(&other.code(&keys)));
        }
        assert!(!code.same_as(&issue().code(&Keys::new([8; 32]))));
    }

    #[test]
    fn typed_codes_may_have_spaces_and_dashes() {
        for typed in ["123456", " 123 456 ", "123-456", "1 2 3 4 5 6", "123\u{a0}456"] {
            assert_eq!(digits(typed).reveal(), "123456", "{typed}");
        }
        assert_eq!(digits("12a456").reveal(), "12a456", "other characters stay, and are wrong");
    }
}
