//! What is asked before a code is sent to a new contact, and what is counted over several flows for it.

use crate::Ctx;
use crate::method::issued_code::Sent;
use crate::method::{ContactKind, Method};
use crate::register::{CODES_OF_ONE, Event, Problem, Register, Stage};
use crate::registration::{self, Registered};
use crate::subject::device;
use crate::throttle::{self, Claim, Limit, What};
use crate::time::Time;

impl Register {
    /// What has to be counted, in a committed statement of its own, before this event may be decided in the same `ctx`:
    /// something only where a code is going to be sent.
    pub fn claims(&self, ctx: &Ctx, event: &Event) -> Vec<Claim> {
        let Some(person) = self.person.as_ref().filter(|_| ctx.now < self.expires) else { return Vec::new() };
        let target = match (&self.stage, event) {
            (Stage::Open { .. } | Stage::Proving { .. }, Event::Prove { method, address, signed_in })
                if self.refusal(ctx, *method, address, *signed_in).is_none() =>
            {
                Some((method.contact(), address))
            }
            (Stage::Proving { kind, address, sent, .. }, Event::Resend) if self.may_resend(ctx, sent) => {
                Some((*kind, address))
            }
            _ => None,
        };
        let Some((kind, address)) = target else { return Vec::new() };
        let device = device(ctx.keys, kind, address);
        let claim = |counter: String, limit: Limit| Claim { counter, limit, what: What::Sends };
        let to_it = ctx.policy.sends_to_one.iter();
        let to_it = to_it.map(|limit| claim(throttle::counter_of_destination(&device, limit.window), *limit));
        let by_them = claim(throttle::counter_of_sender(ctx.keys, &person.account), CODES_OF_ONE);
        to_it.chain([by_them]).collect()
    }

    /// Why no code is sent there, if so.
    pub(super) fn refusal(&self, ctx: &Ctx, method: Method, address: &str, signed_in: Time) -> Option<Problem> {
        let no_codes_left = || (!self.has_codes_left(ctx)).then_some(Problem::NoCodesLeft);
        forbidden(ctx, signed_in).or_else(|| self.unfit(ctx, method, address)).or_else(no_codes_left)
    }

    /// Why this contact cannot be registered.
    fn unfit(&self, ctx: &Ctx, method: Method, address: &str) -> Option<Problem> {
        let (kind, policy) = (method.contact(), ctx.policy);
        let offered = kind != ContactKind::Office
            && registration::is_asked_for(policy, kind)
            && registration::ways_to_prove(policy, kind).contains(&method);
        // Addresses are compared as the store looks them up: another spelling is the same mailbox.
        let same = |other: &str| device(ctx.keys, kind, other) == device(ctx.keys, kind, address);
        let own_mail = self.person.as_ref().and_then(|person| person.own_mail.as_ref());
        let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
        let registered = |contact: &Registered| contact.verified.is_some() && same(&contact.address);
        if !offered {
            Some(Problem::NoWay { kind })
        } else if kind == ContactKind::Email && own_mail.is_some_and(|mail| same(mail)) {
            Some(Problem::OwnMailbox)
        } else if domain.is_some_and(|domain| policy.own_domains.iter().any(|own| own.to_lowercase() == domain)) {
            Some(Problem::OwnDomain)
        } else if ctx.registration.of(kind).is_some_and(registered) {
            Some(Problem::Same { kind })
        } else {
            None
        }
    }

    /// Whether this flow may send one more code.
    pub(super) fn has_codes_left(&self, ctx: &Ctx) -> bool {
        self.codes < u32::from(ctx.policy.sends)
    }

    /// Whether the code may be followed by another at this moment.
    pub(super) fn may_resend(&self, ctx: &Ctx, sent: &Sent) -> bool {
        ctx.registration.frozen.is_none() && self.has_codes_left(ctx) && ctx.now >= sent.at + ctx.policy.resend_after
    }
}

/// Why nothing may be changed now: not while frozen, and only shortly after the password was typed.
pub(super) fn forbidden(ctx: &Ctx, signed_in: Time) -> Option<Problem> {
    if ctx.registration.frozen.is_some() {
        Some(Problem::Frozen)
    } else if ctx.now >= signed_in + ctx.policy.fresh {
        Some(Problem::NotFresh)
    } else {
        None
    }
}
