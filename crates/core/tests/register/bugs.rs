//! Machines with one mistake each, such as have been made elsewhere. A checker that does not find them is no checker.

use regain_core::effect::{Delivery, Message, To};
use regain_core::method::issued_code::{Issue, Purpose};
use regain_core::register::{Event, Register, Stage, View, step};
use regain_core::registration::Change;
use regain_core::subject::ContactId;
use regain_core::{Ctx, Effect, FlowId, Registration, Step, Time};

type Result = Step<Register, View>;

/// The machine itself.
pub(crate) fn none(ctx: &Ctx, flow: Register, event: Event) -> Result {
    step(ctx, flow, event)
}

fn with<'a>(ctx: &'a Ctx, registration: &'a Registration) -> Ctx<'a> {
    Ctx { now: ctx.now, entropy: ctx.entropy, policy: ctx.policy, keys: ctx.keys, registration }
}

/// A contact counts as soon as somebody has typed it.
pub(crate) fn counts_when_it_is_typed(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let mut result = step(ctx, flow, event.clone());
    if let (Event::Prove { .. }, Stage::Proving { kind, address, .. }) = (event, &result.state.stage) {
        let account = result.state.person.clone().expect("somebody").account;
        let (id, kind, address) = (ContactId("typed".into()), *kind, address.clone());
        result.effects.push(Effect::Register { account, change: Change::Set { id, kind, address } });
    }
    result
}

/// Types the right code for whoever types one that answers to this other issue.
fn also_right(ctx: &Ctx, flow: &Register, event: Event, other: impl Fn(&Issue) -> Issue) -> Event {
    match (&flow.stage, event) {
        (Stage::Proving { sent, .. }, Event::Code { typed, seen })
            if other(&sent.issue).code(ctx.keys).same_as(&typed) =>
        {
            Event::Code { typed: sent.issue.code(ctx.keys), seen }
        }
        (_, event) => event,
    }
}

/// The code of one page is good at another.
pub(crate) fn codes_of_other_pages_count(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let other = |issue: &Issue| Issue { flow: FlowId([1 - issue.flow.0[0]; 16]), ..issue.clone() };
    let event = also_right(ctx, &flow, event, other);
    step(ctx, flow, event)
}

/// The code of a reset is good here.
pub(crate) fn codes_of_other_purposes_count(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let event = also_right(ctx, &flow, event, |issue| Issue { purpose: Purpose::Reset, ..issue.clone() });
    step(ctx, flow, event)
}

/// The end of a code is looked at nowhere.
pub(crate) fn code_expiry_ignored(ctx: &Ctx, mut flow: Register, event: Event) -> Result {
    if let Stage::Proving { sent, .. } = &mut flow.stage {
        sent.expires = Time(i64::MAX);
    }
    step(ctx, flow, event)
}

/// Whoever confirms a suggestion needs no code for it.
pub(crate) fn suggestions_need_no_code(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let suggested = |kind, address: &str| {
        ctx.registration.of(kind).is_some_and(|contact| contact.verified.is_none() && contact.address == address)
    };
    if let Event::Prove { method, address, .. } = &event
        && suggested(method.contact(), address)
    {
        return counts_when_it_is_typed(ctx, flow, event);
    }
    step(ctx, flow, event)
}

/// Nobody asks whether enough is left.
pub(crate) fn anything_can_be_removed(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let Event::Remove { kind, .. } = event else { return step(ctx, flow, event) };
    let mut registration = ctx.registration.clone();
    // As if there were another way for every kind.
    let others = registration.contacts.clone().into_iter().filter(|contact| contact.kind == kind);
    for (place, other) in regain_core::method::ContactKind::ALL.into_iter().enumerate() {
        let more = others.clone().filter(|_| other != kind);
        let more = more.map(|contact| {
            let (id, address) = (ContactId(format!("more-{place}")), format!("+44770090099{place}"));
            regain_core::registration::Registered { id, kind: other, address, ..contact }
        });
        registration.contacts.extend(more);
    }
    step(&with(ctx, &registration), flow, event)
}

/// What is only suggested counts as what is left.
pub(crate) fn suggestions_are_counted(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let Event::Remove { .. } = event else { return step(ctx, flow, event) };
    let mut registration = ctx.registration.clone();
    registration.contacts.iter_mut().for_each(|contact| contact.verified = contact.verified.or(Some(Time(0))));
    let mut lax = flow.clone();
    if let Some(person) = &mut lax.person {
        person.administrator = false;
    }
    let mut result = step(&with(ctx, &registration), lax, event);
    result.state.person = flow.person;
    result
}

/// However long ago the password was typed.
pub(crate) fn any_sign_in_will_do(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let event = match event {
        Event::Prove { method, address, .. } => Event::Prove { method, address, signed_in: ctx.now },
        Event::Remove { kind, .. } => Event::Remove { kind, signed_in: ctx.now },
        other => other,
    };
    step(ctx, flow, event)
}

/// Nobody looks whether the account is frozen.
pub(crate) fn the_freeze_is_overlooked(ctx: &Ctx, flow: Register, event: Event) -> Result {
    if matches!(event, Event::Freeze(_) | Event::Thaw { .. }) {
        return step(ctx, flow, event);
    }
    let registration = Registration { frozen: None, ..ctx.registration.clone() };
    step(&with(ctx, &registration), flow, event)
}

/// What was begun before the freeze goes on.
pub(crate) fn codes_are_sent_again_though_frozen(ctx: &Ctx, flow: Register, event: Event) -> Result {
    if !matches!(event, Event::Resend) {
        return step(ctx, flow, event);
    }
    the_freeze_is_overlooked(ctx, flow, event)
}

/// Stopping comes with new tries.
pub(crate) fn stopping_refills_tries(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let stop = matches!(event, Event::Stop);
    let mut result = step(ctx, flow, event);
    if stop && !result.state.ended() {
        result.state.wrong = 0;
    }
    result
}

/// Another contact comes with new tries.
pub(crate) fn another_contact_refills_tries(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let prove = matches!(event, Event::Prove { .. });
    let mut result = step(ctx, flow, event);
    if prove && !result.state.ended() {
        result.state.wrong = 0;
    }
    result
}

/// The number of codes starts again with each contact.
pub(crate) fn sends_start_again(ctx: &Ctx, mut flow: Register, event: Event) -> Result {
    if matches!(event, Event::Prove { .. }) {
        flow.codes = flow.codes.min(u32::from(ctx.policy.sends) - 1);
    }
    step(ctx, flow, event)
}

/// What somebody else did meanwhile is written over.
pub(crate) fn the_slower_wins(ctx: &Ctx, mut flow: Register, event: Event) -> Result {
    if let Stage::Proving { kind, replaces, .. } = &mut flow.stage {
        *replaces = ctx.registration.of(*kind).map(|contact| contact.id.clone());
    }
    step(ctx, flow, event)
}

/// Only who is there afterwards is told.
pub(crate) fn the_old_contact_is_not_told(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let mut result = step(ctx, flow, event);
    let old = |to: &To| matches!(to, To::Contact(id) if ctx.registration.holds(id));
    result.effects.retain(|effect| !matches!(effect, Effect::Deliver(delivery) if old(&delivery.to)));
    result
}

/// Whatever was there before comes back, were it ever so new.
pub(crate) fn the_second_notice_brings_back_the_first_thief(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let mut result = step(ctx, flow, event);
    for effect in &mut result.effects {
        if let Effect::Deliver(Delivery { message: Message::RegistrationChanged { kind, offer, .. }, .. }) = effect {
            offer.former = ctx.registration.of(*kind).map(|contact| contact.id.clone());
        }
    }
    result
}

/// The end of the page is looked at nowhere.
pub(crate) fn the_end_is_ignored(ctx: &Ctx, flow: Register, event: Event) -> Result {
    let expires = flow.expires;
    let mut result = step(ctx, Register { expires: Time(i64::MAX), ..flow }, event);
    result.state.expires = expires;
    result
}
