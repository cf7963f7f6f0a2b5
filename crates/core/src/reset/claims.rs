//! What is counted over several flows before an event is decided, and what makes deciding it idle.

use crate::Ctx;
use crate::audit::{Act, CareTeamReason};
use crate::method::issued_code::{Proof, Sent};
use crate::reset::{End, Event, Reset, Stage, view};
use crate::subject::Subject;
use crate::throttle::{self, Claim, What};

impl Reset {
    /// What has to be counted, in a committed statement of its own, before this event may be decided in the same `ctx`. All
    /// are counted or none: a claim that is over its limit must not cost the others.
    pub fn claims(&self, ctx: &Ctx, event: &Event) -> Vec<Claim> {
        if ctx.now >= self.expires || self.overtaken(ctx).is_some() {
            return Vec::new();
        }
        match (&self.stage, event) {
            (Stage::Proving { subject, sent, .. }, Event::Code { seen, .. })
                if ctx.now < sent.expires && *seen == self.wrong =>
            {
                vec![proofs(ctx, subject)]
            }
            (Stage::Proving { subject, sent, .. }, Event::Resend) if self.may_resend(ctx, sent) => {
                sends(ctx, subject, sent.option)
            }
            (Stage::Choosing { subject, proofs: passed, .. }, Event::Choose { option, .. })
                if self.has_codes_left(ctx) && ctx.policy.usable(subject, passed).contains(option) =>
            {
                let asked = view::asks_confirmation(ctx, subject, *option);
                let mut claims = if asked { vec![proofs(ctx, subject)] } else { Vec::new() };
                claims.extend(sends(ctx, subject, *option));
                claims
            }
            _ => Vec::new(),
        }
    }

    /// What has to be counted before somebody may try to show that the last proof was theirs.
    pub fn regain_claims(&self, ctx: &Ctx) -> Vec<Claim> {
        self.stage.subject().map(|subject| proofs(ctx, subject)).into_iter().collect()
    }

    /// What happened to the person's registration meanwhile that ends this: "This wasn't me", or a contact that was used here
    /// is not theirs any more.
    pub(super) fn overtaken(&self, ctx: &Ctx) -> Option<(End, Act)> {
        // What is being written is carried through.
        if let Stage::Writing { .. } = self.stage { None } else { self.undermined(ctx) }
    }

    /// The same, whatever is being written.
    pub(super) fn undermined(&self, ctx: &Ctx) -> Option<(End, Act)> {
        let stage = &self.stage;
        let subject = stage.subject().filter(|subject| subject.is_real())?;
        let registration = ctx.registration;
        let gone = |proof: &Proof| {
            let contact = subject.options.get(proof.option()).and_then(|option| option.contact.as_ref());
            contact.is_none_or(|contact| !registration.holds(contact))
        };
        if registration.frozen.is_some() {
            Some((End::CareTeam, Act::SentToCareTeam { reason: CareTeamReason::Frozen }))
        } else if stage.proofs().iter().any(gone) {
            Some((End::Superseded, Act::Superseded))
        } else {
            None
        }
    }

    /// Whether this flow may send one more code.
    pub(super) fn has_codes_left(&self, ctx: &Ctx) -> bool {
        self.codes < u32::from(ctx.policy.sends)
    }

    /// Whether this code may be followed by another the same way at this moment. Another way need not wait.
    pub(super) fn may_resend(&self, ctx: &Ctx, sent: &Sent) -> bool {
        self.has_codes_left(ctx) && ctx.now >= sent.at + ctx.policy.resend_after
    }
}

fn proofs(ctx: &Ctx, subject: &Subject) -> Claim {
    Claim { counter: subject.counter.clone(), limit: ctx.policy.failed_proofs, what: What::Proofs }
}

/// One claim for each limit on messages to the destination of this option.
pub(super) fn sends(ctx: &Ctx, subject: &Subject, option: usize) -> Vec<Claim> {
    let Some(device) = subject.options.get(option).map(|option| option.device) else { return Vec::new() };
    let claim = |limit: &throttle::Limit| {
        let counter = throttle::counter_of_destination(&device, limit.window);
        Claim { counter, limit: *limit, what: What::Sends }
    };
    ctx.policy.sends_to_one.iter().map(claim).collect()
}
