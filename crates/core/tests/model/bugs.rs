//! Machines with one mistake each, such as have been made elsewhere. A checker that does not find them is no checker.

use regain_core::audit::Act;
use regain_core::effect::{Delivery, Message, To};
use regain_core::elsewhere::{Outcome, Target};
use regain_core::method::Channel;
use regain_core::method::issued_code::Proof;
use regain_core::registration::Registered;
use regain_core::reset::{End, Event, Goal, LookedUp, Reset, Stage, View, Written, step};
use regain_core::subject::{Account, ContactId, Option_};
use regain_core::{Ctx, Effect, Policy, Registration, Secret, Span, Step, Time};

type Spare = Vec<Proof>;
type Result = Step<Reset, View>;

/// The machine itself.
pub(crate) fn none(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    step(ctx, flow, event)
}

/// A new code comes with new tries.
pub(crate) fn resend_refills_tries(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let codes = flow.codes;
    let mut result = step(ctx, flow, event);
    if result.state.codes > codes {
        result.state.wrong = 0;
    }
    result
}

/// Going back comes with new tries.
pub(crate) fn back_refills_tries(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let back = matches!(event, Event::Back);
    let mut result = step(ctx, flow, event);
    if back && !result.state.ended() {
        result.state.wrong = 0;
    }
    result
}

/// A wrong code costs nothing.
pub(crate) fn wrong_is_not_counted(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let wrong = flow.wrong;
    let mut result = step(ctx, flow, event);
    if !result.state.ended() {
        result.state.wrong = wrong;
    }
    result
}

/// The end of the flow is looked at nowhere.
pub(crate) fn flow_expiry_ignored(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let expires = flow.expires;
    let endless = Reset { expires: Time(i64::MAX), ..flow };
    let mut result = step(ctx, endless, event);
    if result.state.expires == Time(i64::MAX) {
        result.state.expires = expires;
    }
    result
}

/// The end of a code is looked at nowhere.
pub(crate) fn code_expiry_ignored(ctx: &Ctx, _: &mut Spare, mut flow: Reset, event: Event) -> Result {
    if let Stage::Proving { sent, .. } = &mut flow.stage {
        sent.expires = Time(i64::MAX);
    }
    step(ctx, flow, event)
}

/// After an interruption the password is sent to the directory once more.
pub(crate) fn written_again_on_resume(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let resume = matches!(event, Event::Resume);
    let mut result = step(ctx, flow, event);
    if let (true, Stage::Writing { subject, others, at, .. }) = (resume, &result.state.stage) {
        let account = subject.account.clone().expect("only a real subject writes");
        let there = others.iter().find(|other| Some(&other.name) == at.as_ref());
        let account = there.and_then(|other| other.account.clone()).unwrap_or(account);
        let (write, directory, password) = (result.state.refused, at.clone(), Secret::new("plum kettle 94 orbit"));
        result.effects.push(Effect::SetPassword { write, directory, account, password });
    }
    result
}

/// An answer of the directory counts for whichever write is under way.
pub(crate) fn answers_have_no_number(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let event = match event {
        Event::Written { directory, answer, password, .. } => {
            Event::Written { write: flow.refused, directory, answer, password }
        }
        other => other,
    };
    step(ctx, flow, event)
}

/// The answer to a look-up counts for whichever User ID is now typed.
pub(crate) fn look_ups_have_no_name(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let event = match event {
        Event::LookedUp { found, .. } => Event::LookedUp { user_id: flow.user_id.clone(), found },
        other => other,
    };
    step(ctx, flow, event)
}

/// What was proven for one User ID still counts after going back and typing another.
pub(crate) fn proofs_survive_back(ctx: &Ctx, spare: &mut Spare, flow: Reset, event: Event) -> Result {
    if let (Event::Back, Stage::Choosing { proofs, .. } | Stage::Password { proofs, .. }) = (&event, &flow.stage) {
        spare.clone_from(proofs);
    }
    let looked_up = matches!(event, Event::LookedUp { .. });
    let mut result = step(ctx, flow, event);
    if let (true, Stage::Choosing { subject, proofs, .. }) = (looked_up, &mut result.state.stage) {
        proofs.append(spare);
        if ctx.policy.satisfied(subject, proofs) {
            let (subject, proofs) = (subject.clone(), std::mem::take(proofs));
            result.state.stage = Stage::Password { subject, proofs, problems: Vec::new() };
        }
    }
    result
}

/// Steps are counted and not compared: the same method, or an administrator's one telephone, passes for two.
pub(crate) fn steps_are_only_counted(ctx: &Ctx, spare: &mut Spare, mut flow: Reset, event: Event) -> Result {
    let two = flow.stage.subject().is_some_and(|subject| ctx.policy.steps_for(subject) == 2);
    if !two {
        return step(ctx, flow, event);
    }
    // Each step is played as the only one; what the first proved is put aside meanwhile.
    let policy = Policy { steps: 1, ..ctx.policy.clone() };
    let one =
        Ctx { policy: &policy, now: ctx.now, entropy: ctx.entropy, keys: ctx.keys, registration: ctx.registration };
    let mut administrator = false;
    if let Stage::Choosing { subject, .. } | Stage::Proving { subject, .. } | Stage::Password { subject, .. } =
        &mut flow.stage
    {
        administrator = std::mem::replace(&mut subject.administrator, false);
    }
    let proving = matches!(flow.stage, Stage::Proving { .. });
    let mut result = step(&one, flow, event);
    let back = matches!(result.state.stage, Stage::Identify { .. });
    match &mut result.state.stage {
        Stage::Password { subject, proofs, .. } if proving && spare.is_empty() => {
            spare.append(proofs);
            let subject = subject.clone();
            result.state.stage = Stage::Choosing { subject, proofs: Vec::new(), problem: None };
        }
        _ => {}
    }
    if let Stage::Choosing { subject, .. }
    | Stage::Proving { subject, .. }
    | Stage::Password { subject, .. }
    | Stage::Writing { subject, .. } = &mut result.state.stage
    {
        subject.administrator = administrator;
    }
    if back {
        spare.clear();
    }
    result
}

/// The change of method leaves no trace.
pub(crate) fn other_way_is_not_audited(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let mut result = step(ctx, flow, event);
    result.effects.retain(|effect| !matches!(effect, Effect::Audit(event) if event.act == Act::OtherWay));
    result
}

/// The address is taken from somewhere else than the list of this person (CVE-2023-7028).
pub(crate) fn code_goes_elsewhere(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let mut result = step(ctx, flow, event);
    for effect in &mut result.effects {
        if let Effect::Deliver(delivery) = effect
            && matches!(delivery.message, Message::Code(_))
        {
            delivery.to = To::Contact(ContactId("b-email".into()));
        }
    }
    result
}

/// The number of codes starts again with each choice.
pub(crate) fn sends_start_again(ctx: &Ctx, _: &mut Spare, mut flow: Reset, event: Event) -> Result {
    if matches!(event, Event::Choose { .. }) {
        flow.codes = flow.codes.min(u32::from(ctx.policy.sends) - 1);
    }
    step(ctx, flow, event)
}

/// More time can be had without end.
pub(crate) fn extended_without_end(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let flow = if matches!(event, Event::Extend) { Reset { extensions: 0, ..flow } } else { flow };
    step(ctx, flow, event)
}

/// A cancelled flow is opened again by going back.
pub(crate) fn the_end_can_be_undone(ctx: &Ctx, _: &mut Spare, mut flow: Reset, event: Event) -> Result {
    if flow.ended() && matches!(event, Event::Back) {
        flow.stage = Stage::Identify { problem: None };
        flow.expires = ctx.now + Span(1);
    }
    step(ctx, flow, event)
}

/// Nobody looks whether resets are frozen.
pub(crate) fn the_freeze_is_overlooked(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let registration = Registration { frozen: None, ..ctx.registration.clone() };
    let event = match event {
        Event::LookedUp { user_id, found: LookedUp::Answer { account, resting, crowd } } => {
            let account = account.map(|account| Account { frozen: false, ..account });
            Event::LookedUp { user_id, found: LookedUp::Answer { account, resting, crowd } }
        }
        other => other,
    };
    step(&with_registration(ctx, &registration), flow, event)
}

fn with_registration<'a>(ctx: &'a Ctx, registration: &'a Registration) -> Ctx<'a> {
    Ctx { now: ctx.now, entropy: ctx.entropy, policy: ctx.policy, keys: ctx.keys, registration }
}

/// The contacts are those of the look-up, whatever became of them.
pub(crate) fn removed_contacts_count(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let mut registration = ctx.registration.clone();
    let known = flow.stage.subject().into_iter().flat_map(|subject| &subject.options);
    let contact = |option: &Option_| {
        let id = option.contact.clone()?;
        Some(Registered {
            id,
            kind: option.method.contact(),
            address: String::new(),
            verified: Some(Time(0)),
            barred: false,
        })
    };
    registration.contacts = known.filter_map(contact).collect();
    step(&with_registration(ctx, &registration), flow, event)
}

/// A history that is never written.
pub(crate) fn nothing_is_remembered(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let mut result = step(ctx, flow, event);
    result.effects.retain(|effect| !matches!(effect, Effect::Remember { .. }));
    result
}

/// A history of what was tried, not of what was set.
pub(crate) fn what_is_refused_is_remembered(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let refused = matches!(event, Event::Written { answer: Written::Refused { .. }, .. });
    let mut result = step(ctx, flow.clone(), event);
    if let (true, Stage::Writing { subject, mark: Some(mark), .. }) = (refused, flow.stage) {
        let account = subject.account.expect("only a real subject writes");
        result.effects.push(Effect::Remember { account, mark });
    }
    result
}

/// A rehearsal is a reset by another name.
pub(crate) fn a_rehearsal_writes(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    if let (Event::Password { .. }, Goal::Rehearsal { .. }) = (&event, &flow.goal) {
        return step(ctx, Reset { goal: Goal::Reset, ..flow }, event);
    }
    step(ctx, flow, event)
}

/// Whoever came to unlock may choose a password as well.
pub(crate) fn unlocking_takes_a_password(ctx: &Ctx, _: &mut Spare, mut flow: Reset, event: Event) -> Result {
    if let (Event::Password { .. }, Stage::Unlock { subject, proofs, .. }) = (&event, &flow.stage) {
        flow.stage = Stage::Password { subject: subject.clone(), proofs: proofs.clone(), problems: Vec::new() };
        flow.goal = Goal::Reset;
    }
    step(ctx, flow, event)
}

/// Nobody looks how old a contact is.
pub(crate) fn new_contacts_are_as_good_as_old(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let event = match event {
        Event::LookedUp { user_id, found: LookedUp::Answer { mut account, resting, crowd } } => {
            let contacts = account.iter_mut().flat_map(|account| &mut account.contacts);
            contacts.for_each(|contact| contact.young = false);
            Event::LookedUp { user_id, found: LookedUp::Answer { account, resting, crowd } }
        }
        other => other,
    };
    step(ctx, flow, event)
}

/// What was found of one person passes for another.
pub(crate) fn anybodys_survey_will_do(ctx: &Ctx, _: &mut Spare, flow: Reset, mut event: Event) -> Result {
    if let Event::Password { survey, .. } | Event::Again { survey, .. } | Event::Unlock { survey } = &mut event {
        survey.of = flow.stage.subject().and_then(|subject| subject.account.clone());
    }
    step(ctx, flow, event)
}

/// Nobody is told what cannot be reached.
pub(crate) fn away_is_not_told(ctx: &Ctx, _: &mut Spare, flow: Reset, mut event: Event) -> Result {
    if let Event::Password { survey, .. } = &mut event {
        survey.told = survey.targets.iter().map(|target| target.name.clone()).collect();
    }
    step(ctx, flow, event)
}

/// The further directories are told though the primary one would not have it.
pub(crate) fn the_others_are_told_whatever_the_primary_says(
    ctx: &Ctx,
    _: &mut Spare,
    flow: Reset,
    event: Event,
) -> Result {
    let refused = matches!(event, Event::Written { directory: None, answer: Written::Refused { .. }, .. });
    let first = flow.stage.others().first().cloned();
    let mut result = step(ctx, flow, event);
    if let (true, Some(Target { name, account: Some(account), .. })) = (refused, first) {
        let (write, directory) = (result.state.refused, Some(name));
        let password = Secret::new("plum kettle 94 orbit");
        result.effects.push(Effect::SetPassword { write, directory, account, password });
    }
    result
}

/// A further directory that does not answer is taken to agree.
pub(crate) fn silence_elsewhere_is_consent(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let event = match (&flow.stage, event) {
        (Stage::Writing { at: at @ Some(_), .. }, Event::Resume) => {
            Event::Written { write: flow.refused, directory: at.clone(), answer: Written::Done, password: None }
        }
        (_, event) => event,
    };
    step(ctx, flow, event)
}

/// What may be set is called unchanged when the next try comes to nothing.
pub(crate) fn a_lost_answer_is_forgotten(ctx: &Ctx, _: &mut Spare, mut flow: Reset, event: Event) -> Result {
    if let (Event::Again { .. }, Stage::Elsewhere { others, .. }) = (&event, &mut flow.stage) {
        let lost = others.iter_mut().filter(|other| other.outcome == Outcome::Unknown);
        lost.for_each(|other| other.outcome = Outcome::Unavailable);
    }
    step(ctx, flow, event)
}

/// Who stops after the primary directory has it is told that nothing was changed.
pub(crate) fn leaving_the_rest_is_cancelling(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let leaving = matches!((&flow.stage, &event), (Stage::Elsewhere { .. }, Event::Cancel));
    let mut result = step(ctx, flow, event);
    if let (true, Stage::Ended { end, .. }) = (leaving, &mut result.state.stage) {
        *end = End::Cancelled;
    }
    result
}

/// The notice is sent for each directory.
pub(crate) fn each_directory_has_a_notice(ctx: &Ctx, _: &mut Spare, flow: Reset, event: Event) -> Result {
    let answer = matches!(&event, Event::Written { directory: Some(_), answer: Written::Done, .. });
    let user_id = flow.user_id.clone();
    let to = flow.stage.subject().and_then(|subject| subject.options.first()?.contact.clone());
    let mut result = step(ctx, flow, event);
    if let (true, Some(contact)) = (answer, to) {
        let message = Message::PasswordChanged { certain: true, user_id, at: ctx.now, offer: None };
        let (to, channel, deadline) = (To::Contact(contact), Channel::Email, ctx.now + Span(1));
        result.effects.push(Effect::Deliver(Delivery { to, channel, message, deadline }));
    }
    result
}
