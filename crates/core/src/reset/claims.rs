//! What is counted over several flows when an event is decided, and what makes deciding it idle.

use crate::audit::{Act, CareTeamReason};
use crate::budget::Postage;
use crate::method::ContactKind;
use crate::method::issued_code::{Proof, Sent};
use crate::reset::{End, Event, Machine, Reset, Stage, view};
use crate::subject::Subject;
use crate::throttle::{self, Claim, Owner, Scope, What};
use crate::time::Time;
use crate::{Ctx, captcha};

/// What an event asks for that is limited over several flows.
enum Asked<'a> {
    /// A try at a code, or at a whole address.
    Proof(&'a Subject),
    /// A code to the option in this place.
    Send(&'a Subject, usize),
    /// A User ID to be looked up.
    LookUp(&'a str),
}

impl Asked<'_> {
    const fn what(&self) -> What {
        match self {
            Self::Proof(_) => What::Proofs,
            Self::Send(..) => What::Sends,
            Self::LookUp(_) => What::LookUps,
        }
    }
}

impl Reset {
    /// What has to be counted when this event is decided in the same `ctx`, in one transaction with it and before it is answered.
    /// All are counted or none: a claim that is over its limit must not cost the others.
    pub fn claims(&self, ctx: &Ctx, event: &Event) -> Vec<Claim> {
        let own = |asked| match asked {
            Asked::Proof(subject) => vec![self.proofs(ctx, subject)],
            Asked::Send(subject, option) => self.sends(ctx, subject, option),
            Asked::LookUp(user_id) => throttle::look_ups(ctx, user_id),
        };
        self.asked(ctx, event).into_iter().flat_map(own).collect()
    }

    /// What that is which is counted, also where the person has no limit of their own.
    pub fn counts(&self, ctx: &Ctx, event: &Event) -> Vec<What> {
        self.asked(ctx, event).iter().map(Asked::what).collect()
    }

    /// The code that this event sends, if it sends one.
    pub fn postage<'a>(&'a self, ctx: &'a Ctx, event: &Event) -> Option<Postage<'a>> {
        let place = self.asked(ctx, event).into_iter().find_map(|asked| match asked {
            Asked::Send(_, place) => Some(place),
            Asked::Proof(_) | Asked::LookUp(_) => None,
        })?;
        let option = self.stage.subject()?.options.get(place)?;
        let contacts = ctx.registration.contacts.iter();
        let contact = option.contact.as_ref().and_then(|id| contacts.into_iter().find(|contact| contact.id == *id));
        let number =
            contact.filter(|contact| contact.kind != ContactKind::Email).map(|contact| contact.address.as_str());
        Some(Postage { method: option.method, number, device: option.device, mask: option.mask.clone() })
    }

    fn asked<'a>(&'a self, ctx: &Ctx, event: &'a Event) -> Vec<Asked<'a>> {
        if ctx.now >= self.expires || self.overtaken(ctx).is_some() {
            return Vec::new();
        }
        match (&self.stage, event) {
            (Stage::Proving { subject, sent, .. }, Event::Code { seen, .. })
                if ctx.now < sent.expires && *seen == self.wrong =>
            {
                vec![Asked::Proof(subject)]
            }
            (Stage::Proving { subject, sent, .. }, Event::Resend) if self.may_resend(ctx, sent) => {
                vec![Asked::Send(subject, sent.option)]
            }
            (Stage::Choosing { subject, proofs: passed, .. }, Event::Choose { option, .. })
                if self.has_codes_left(ctx) && ctx.policy.usable(subject, passed).contains(option) =>
            {
                let confirmed = view::asks_confirmation(ctx, subject, *option).then_some(Asked::Proof(subject));
                confirmed.into_iter().chain([Asked::Send(subject, *option)]).collect()
            }
            (Stage::Identify { .. }, Event::Identify { user_id, answer, .. })
                if !user_id.trim().is_empty()
                    && captcha::passed(ctx.policy.captcha, ctx.keys, self.id, self.picture, answer) =>
            {
                vec![Asked::LookUp(user_id)]
            }
            _ => Vec::new(),
        }
    }

    /// What has to be counted before somebody may try to show that the last proof was theirs.
    pub fn regain_claims(&self, ctx: &Ctx) -> Vec<Claim> {
        self.stage.subject().map(|subject| self.proofs(ctx, subject)).into_iter().collect()
    }

    /// What happened to the person's registration meanwhile that ends this: "This wasn't me", a contact that was used here is not
    /// theirs any more, or the password is another one since.
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
            // Our own new password came after our own proofs.
            let until = self.set.map_or(proof.sent_at(), |set| set.max(proof.sent_at()));
            !registration.honours(until) || contact.is_none_or(|contact| !registration.holds(contact))
        };
        if registration.frozen.is_some() {
            Some((End::CareTeam, Act::SentToCareTeam { reason: CareTeamReason::Frozen }))
        } else if stage.proofs().iter().any(gone) {
            Some((End::Superseded, Act::Superseded))
        } else {
            None
        }
    }

    fn proofs(&self, ctx: &Ctx, subject: &Subject) -> Claim {
        throttle::proof(ctx.policy, subject.counter.clone(), &self.user_id)
    }

    /// Limits on messages to the destination of this option, and on those of this person.
    fn sends(&self, ctx: &Ctx, subject: &Subject, option: usize) -> Vec<Claim> {
        let Some(option) = subject.options.get(option) else { return Vec::new() };
        let owner = Owner { account: subject.account.as_ref(), user_id: &self.user_id };
        throttle::sends(ctx, owner, option.device, &option.mask)
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

impl Machine<'_> {
    /// Where the account itself has had too many wrong answers, its resets rest; else it is only this that has to wait.
    pub(super) fn throttled(&mut self, (what, scope): (What, Scope), until: Time, stay: Stage) {
        if (what, scope) == (What::Proofs, Scope::Account) {
            return self.end(End::Resting { until }, Act::Throttled { what });
        }
        self.audit(Act::Throttled { what });
        self.flow.stage = stay;
    }
}
