//! What Regain decides, and nothing else.
//!
//! A flow is a value. `step` (of [`reset`], [`register`] or [`change`]) takes the flow and one thing that happened and gives back the next flow, the effects
//! somebody else has to carry out, and what the person may now see:
//!
//! ```text
//! step(ctx, state, event) -> Step { state, effects, view }
//! ```
//!
//! The function is total: it never fails and never panics. It reads no clock, no file, no network and no source of
//! randomness; all it may depend on is in [`Ctx`]. That makes every decision replayable, and lets `tests/model.rs` visit
//! all of them.
#![warn(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod audit;
pub mod budget;
pub mod captcha;
pub mod change;
pub mod crowd;
pub mod effect;
pub mod flow;
pub mod hours;
pub mod keys;
pub mod mask;
pub mod method;
pub mod password;
pub mod policy;
pub mod register;
pub mod registration;
pub mod reset;
pub mod secret;
pub mod subject;
pub mod throttle;
pub mod time;

pub use effect::Effect;
pub use flow::FlowId;
pub use keys::{Digest, Keys};
pub use policy::Policy;
pub use registration::Registration;
pub use secret::Secret;
pub use time::{Span, Time};

/// Everything a decision may depend on besides the flow and the event.
pub struct Ctx<'a> {
    /// The moment of the decision.
    pub now: Time,
    /// Fresh randomness from the operating system, used for salts only.
    pub entropy: [u8; 32],
    /// The organisation's rules.
    pub policy: &'a Policy,
    /// The installation's keys.
    pub keys: &'a Keys,
    /// What is registered for the person the flow is about; [`registration::NOBODY`] while nobody is known, and for a decoy.
    pub registration: &'a Registration,
}

/// What a decision comes to.
pub struct Step<S, V> {
    /// The flow as it is from now on.
    pub state: S,
    /// What has to be done about it, in order.
    pub effects: Vec<Effect>,
    /// What the person may see now. Equal for a real and a decoy subject.
    pub view: V,
}
