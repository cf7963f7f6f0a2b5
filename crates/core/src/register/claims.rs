//! What is counted over several flows before an event is decided.

use crate::Ctx;
use crate::method::issued_code::Sent;
use crate::register::{Event, Register, Stage};
use crate::subject::device;
use crate::throttle::{self, Claim, What};

impl Register {
    /// What has to be counted, in a committed statement of its own, before this event may be decided in the same `ctx`.
    pub fn claims(&self, ctx: &Ctx, event: &Event) -> Vec<Claim> {
        let target = match (&self.stage, event) {
            (Stage::Open { .. } | Stage::Proving { .. }, Event::Prove { method, address, signed_in })
                if ctx.now < *signed_in + ctx.policy.fresh && self.has_codes_left(ctx) =>
            {
                Some((method.contact(), address))
            }
            (Stage::Proving { kind, address, sent, .. }, Event::Resend) if self.may_resend(ctx, sent) => {
                Some((*kind, address))
            }
            _ => None,
        };
        let Some((kind, address)) = target.filter(|_| ctx.now < self.expires) else { return Vec::new() };
        let device = device(ctx.keys, kind, address);
        let claim = |limit: &throttle::Limit| {
            let counter = throttle::counter_of_destination(&device, limit.window);
            Claim { counter, limit: *limit, what: What::Sends }
        };
        ctx.policy.sends_to_one.iter().map(claim).collect()
    }

    /// Whether this flow may send one more code.
    pub(super) fn has_codes_left(&self, ctx: &Ctx) -> bool {
        self.codes < u32::from(ctx.policy.sends)
    }

    /// Whether the code may be followed by another at this moment.
    pub(super) fn may_resend(&self, ctx: &Ctx, sent: &Sent) -> bool {
        self.has_codes_left(ctx) && ctx.now >= sent.at + ctx.policy.resend_after
    }
}
