//! What is asked before a code is sent to a new contact, and what is counted over several flows for it.

use crate::Ctx;
use crate::budget::Postage;
use crate::method::issued_code::{Purpose, Sent};
use crate::method::{ContactKind, Method};
use crate::register::{Event, Person, Problem, Register, Stage};
use crate::registration::{self, Registered};
use crate::subject::{ContactId, device, masked};
use crate::throttle::{self, Claim, Owner, What};
use crate::time::Time;

/// What an event asks for that is limited over several flows.
enum Asked<'a> {
    /// A try at a code.
    Proof,
    /// A code to this address or number.
    Send(Method, &'a str),
}

impl Register {
    /// What has to be counted when this event is decided in the same `ctx`, in one transaction with it and before it is answered: a
    /// code that is compared, or one that is sent.
    pub fn claims(&self, ctx: &Ctx, event: &Event) -> Vec<Claim> {
        let Some(person) = &self.person else { return Vec::new() };
        match self.asked(ctx, event) {
            None => Vec::new(),
            Some(Asked::Proof) => vec![proofs(ctx, person)],
            Some(Asked::Send(method, address)) => {
                let kind = method.contact();
                let owner = Owner { account: Some(&person.account), user_id: &person.user_id };
                throttle::sends(ctx, owner, device(ctx.keys, kind, address), &masked(kind, address))
            }
        }
    }

    /// What that is which is counted, also where the person has no limit of their own.
    pub fn counts(&self, ctx: &Ctx, event: &Event) -> Vec<What> {
        let what = |asked| match asked {
            Asked::Proof => What::Proofs,
            Asked::Send(..) => What::Sends,
        };
        self.asked(ctx, event).map(what).into_iter().collect()
    }

    /// The code that this event sends, if it sends one.
    pub fn postage<'a>(&'a self, ctx: &Ctx, event: &'a Event) -> Option<Postage<'a>> {
        let Some(Asked::Send(method, address)) = self.asked(ctx, event) else { return None };
        let kind = method.contact();
        let number = (kind != ContactKind::Email).then_some(address);
        Some(Postage { method, number, device: device(ctx.keys, kind, address), mask: masked(kind, address) })
    }

    fn asked<'a>(&'a self, ctx: &Ctx, event: &'a Event) -> Option<Asked<'a>> {
        if self.person.is_none() || ctx.now >= self.expires {
            return None;
        }
        match (&self.stage, event) {
            (Stage::Open { .. } | Stage::Proving { .. }, Event::Prove { method, address, signed_in })
                if self.refusal(ctx, *method, address, *signed_in).is_none() =>
            {
                Some(Asked::Send(*method, address))
            }
            (Stage::Proving { address, sent, .. }, Event::Resend) if self.may_resend(ctx, sent) => {
                Some(Asked::Send(sent.method, address))
            }
            (Stage::Proving { kind, replaces, sent, .. }, Event::Code { seen, .. })
                if ctx.now < sent.expires && *seen == self.wrong && self.is_compared(ctx, *kind, replaces.as_ref()) =>
            {
                Some(Asked::Proof)
            }
            _ => None,
        }
    }

    /// Whether a code is looked at for this contact: nothing happened meanwhile that makes it idle.
    fn is_compared(&self, ctx: &Ctx, kind: ContactKind, replaces: Option<&ContactId>) -> bool {
        ctx.registration.frozen.is_none() && ctx.registration.of(kind).map(|contact| &contact.id) == replaces
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

/// One try at a code: what is registered has counters of its own, beside those of resets.
fn proofs(ctx: &Ctx, person: &Person) -> Claim {
    let counter = throttle::counter_of_account(ctx.keys, Purpose::Register, &person.account);
    throttle::proof(ctx.policy, counter, &person.user_id)
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
