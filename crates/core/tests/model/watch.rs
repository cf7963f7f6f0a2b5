//! What must always hold, checked at every commit against facts kept beside the machine rather than in it.

use regain_core::audit::{self, Act};
use regain_core::effect::{Delivery, Message, To};
use regain_core::method::{Channel, ContactKind, Method};
use regain_core::registration::Change;
use regain_core::reset::{End, Event, Stage};
use regain_core::subject::AccountId;
use regain_core::throttle::{Claim, What};
use regain_core::{Effect, Span};
use stateright::Property;

use crate::parts::{Do, Mail, Row, World};
use crate::world::Model;

pub(crate) const P1: &str = "P1 no write without the proofs the policy asks of that very account";
pub(crate) const P2: &str = "P2 a code is accepted at most once";
pub(crate) const P3: &str = "P3 wrong answers are bounded and counted first";
pub(crate) const P4: &str = "P4 one write at a time, and one that takes effect";
pub(crate) const P5: &str = "P5 nothing is accepted after its time";
pub(crate) const P6: &str = "P6 an ended flow never moves";
pub(crate) const P7: &str = "P7 every change is audited";
pub(crate) const P8: &str = "P8 few messages, and only to addresses on offer";
pub(crate) const P9: &str = "P9 a freeze stops it";
pub(crate) const P10: &str = "P10 a contact that was removed proves nothing";
pub(crate) const P11: &str = "P11 a rehearsal writes nothing, and unlocking sets no password";
pub(crate) const P12: &str = "P12 a password that is set, or perhaps is, is remembered, and no other";

const ALWAYS: [&str; 12] = [P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12];

/// A code that was accepted since the User ID was last typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Proven {
    person: usize,
    method: Method,
}

/// Facts the machine does not know of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ghost {
    proven: Vec<Proven>,
    /// Numbers of the codes accepted, ever.
    accepted: Vec<u32>,
    /// Wrong answers compared and committed.
    wrong: u8,
    /// Writes started.
    pub(crate) writes: u8,
    /// The one nobody has answered yet.
    unanswered: Option<u8>,
    /// The write whose answer is being fed back.
    pub(crate) answering: Option<u8>,
    effective: u8,
    deadline: i64,
    extensions: u8,
    pub(crate) lost_swap: bool,
    /// Whether the User ID that stands was typed to have the account unlocked.
    pub(crate) unlocks: bool,
    refused: bool,
    late: bool,
    violated: u16,
}

impl Ghost {
    pub(crate) fn new(lifetime: Span) -> Self {
        Self {
            proven: Vec::new(),
            accepted: Vec::new(),
            wrong: 0,
            writes: 0,
            unanswered: None,
            answering: None,
            effective: 0,
            deadline: lifetime.0,
            extensions: 0,
            lost_swap: false,
            unlocks: false,
            refused: false,
            late: false,
            violated: 0,
        }
    }

    pub(crate) fn broken(&self) -> bool {
        self.violated != 0
    }

    pub(crate) fn write_took_effect(&mut self) {
        self.effective += 1;
        self.check(P4, self.effective <= 1);
    }

    fn check(&mut self, property: &str, holds: bool) {
        let place = ALWAYS.iter().position(|name| *name == property).expect("one of these");
        self.violated |= u16::from(!holds) << place;
    }
}

impl Model {
    /// The facts after this commit.
    #[expect(clippy::too_many_arguments, reason = "one commit is all of these")]
    pub(crate) fn watch(
        &self,
        world: &World,
        before: &Row,
        after: &Row,
        what: Do,
        event: &Event,
        claims: &[Claim],
        effects: &[Effect],
    ) -> Ghost {
        let mut ghost = world.ghost.clone();
        let changed = *after != *world.row;
        let audited = effects.iter().any(|effect| matches!(effect, Effect::Audit(_)));
        ghost.check(P6, !world.row.flow.ended() || !changed && effects.is_empty());
        ghost.check(P7, audited || !changed && effects.is_empty());
        let remembered = effects.iter().any(|effect| matches!(effect, Effect::Remember { .. }));
        let set = matches!(after.flow.stage, Stage::Ended { end: End::Done | End::Unknown, .. });
        ghost.check(P12, remembered == (set && !world.row.flow.ended()));
        if what == Do::Back && changed {
            ghost.proven.clear();
        }
        if let (Do::Identify { unlock, .. }, true) = (what, changed) {
            ghost.unlocks = unlock && !self.config.rehearsal;
        }
        if what == Do::Extend && changed && !after.flow.ended() {
            ghost.extensions += 1;
            ghost.deadline = world.now + self.config.policy.lifetime.0;
            ghost.check(P5, ghost.extensions <= self.config.policy.extensions);
        }
        self.watch_answers(&mut ghost, world, before, after, event, claims, effects);
        for effect in effects {
            match effect {
                Effect::SetPassword { account, password, .. } => {
                    ghost.check(P11, !ghost.unlocks && !self.config.rehearsal);
                    self.watch_end(&mut ghost, world, after, account);
                    ghost.check(P1, password.same_as(self.good.password()));
                    ghost.check(P4, ghost.unanswered.is_none());
                    ghost.writes += 1;
                    ghost.unanswered = Some(ghost.writes);
                }
                Effect::Unlock { account, .. } => {
                    ghost.check(P11, ghost.unlocks);
                    self.watch_end(&mut ghost, world, after, account);
                    ghost.writes += 1;
                }
                Effect::Register { account, change } => {
                    ghost.check(P11, self.config.rehearsal && *change == Change::Rehearsed);
                    self.watch_end(&mut ghost, world, after, account);
                }
                Effect::Deliver(delivery) => self.watch_message(&mut ghost, world, after, claims, delivery),
                _ => {}
            }
        }
        if ghost.answering.is_some() && changed && ghost.answering == ghost.unanswered {
            ghost.unanswered = None;
        }
        ghost.refused |= acts(effects).any(|act| matches!(act, Act::PasswordRefused { .. }));
        ghost.late |= acts(effects).any(|act| matches!(act, Act::CodeLate { .. }));
        ghost
    }

    /// What the proofs have led to, whatever the person wanted.
    fn watch_end(&self, ghost: &mut Ghost, world: &World, after: &Row, account: &AccountId) {
        let person = self.person(&after.flow.user_id);
        let owner = person.and_then(|person| self.account(person));
        let right = owner.is_some_and(|owner| owner.id == *account) && self.proven(ghost, person);
        ghost.check(P1, right);
        ghost.check(P5, world.now < ghost.deadline);
        ghost.check(P9, world.kept.registration.frozen.is_none());
        let there = |proven: &Proven| self.is_there(world, proven);
        ghost.check(P10, ghost.proven.iter().all(there));
    }

    /// Whether the contact that proved something is still registered.
    fn is_there(&self, world: &World, proven: &Proven) -> bool {
        let contacts = self.account(proven.person).map_or(&[][..], |account| &account.contacts);
        let used = contacts.iter().find(|contact| contact.kind == proven.method.contact());
        used.is_some_and(|used| world.kept.registration.contacts.iter().any(|contact| contact.id == used.id))
    }

    #[expect(clippy::too_many_arguments, reason = "one commit is all of these")]
    fn watch_answers(
        &self,
        ghost: &mut Ghost,
        world: &World,
        before: &Row,
        after: &Row,
        event: &Event,
        claims: &[Claim],
        effects: &[Effect],
    ) {
        let counted = claims.iter().any(|claim| claim.what == What::Proofs);
        let accepted = proofs(after) > proofs(before);
        if let (Event::Code { typed, .. }, true) = (event, accepted) {
            let same = |mail: &&Mail| mail.issue.code(&self.keys).same_as(typed);
            let mail = world.outbox.iter().find(same);
            let proven = mail.and_then(|mail| mail.to).map(|(person, method)| Proven { person, method });
            ghost.check(P1, proven.is_some());
            ghost.check(P9, world.kept.registration.frozen.is_none());
            ghost.check(P10, proven.as_ref().is_none_or(|proven| self.is_there(world, proven)));
            ghost.proven.extend(proven);
            let number = mail.map_or(0, |mail| mail.issue.n);
            ghost.check(P2, !ghost.accepted.contains(&number));
            ghost.accepted.push(number);
            let end = mail.map_or(0, |mail| mail.at + self.config.policy.code_lifetime.0);
            ghost.check(P5, world.now < ghost.deadline && world.now < end);
            ghost.check(P3, counted);
        }
        ghost.check(P1, !accepted || matches!(event, Event::Code { .. }));
        let wrong = acts(effects).any(|act| matches!(act, Act::CodeWrong { .. } | Act::ConfirmationFailed { .. }));
        if wrong {
            ghost.wrong += 1;
            ghost.check(P3, counted && ghost.wrong <= self.config.policy.tries);
            ghost.check(P5, world.now < ghost.deadline);
        }
        // An attempt is taken back only when it was right.
        let returned = effects.iter().filter_map(|effect| match effect {
            Effect::Uncount { what } => Some(*what),
            _ => None,
        });
        for what in returned {
            ghost.check(P3, counted && (what == What::Sends) == wrong);
        }
        ghost.check(P3, !effects.iter().any(|effect| matches!(effect, Effect::GiveBack { .. })));
    }

    fn watch_message(&self, ghost: &mut Ghost, world: &World, after: &Row, claims: &[Claim], delivery: &Delivery) {
        let person = self.person(&after.flow.user_id);
        let account = person.and_then(|person| self.account(person));
        let to_them = match &delivery.to {
            To::Contact(id) => self.contact(id).map(|(owner, _)| owner) == person,
            To::OwnMail(mail) => account.is_some_and(|account| account.own_mail.as_ref() == Some(mail)),
            To::New { .. } | To::CareTeam | To::Operators => false,
            To::Nobody => account.is_none(),
        };
        ghost.check(P8, to_them);
        match &delivery.message {
            Message::Code(_) => {
                let limits = self.config.policy.sends_to_one.len();
                ghost.check(P8, claims.iter().filter(|claim| claim.what == What::Sends).count() == limits);
                ghost.check(P8, world.outbox.len() < usize::from(self.config.policy.sends));
                ghost.check(P8, !matches!(delivery.to, To::OwnMail(_)));
                ghost.check(P5, world.now < ghost.deadline);
                let method = self.mail(delivery, world.now).and_then(|mail| mail.to).map(|(_, method)| method);
                let allowed = method.is_none_or(|method| self.config.policy.methods.contains(&method));
                ghost.check(P8, allowed && (method.is_some() || account.is_none()));
            }
            Message::PasswordChanged { .. } => {
                let told = matches!(after.flow.stage, Stage::Ended { end: End::Done | End::Unknown, .. });
                ghost.check(P8, told && ghost.writes > 0);
            }
            Message::Unlocked { .. } => {
                let told = matches!(after.flow.stage, Stage::Ended { end: End::Unlocked, .. });
                ghost.check(P8, told && ghost.writes > 0);
            }
            Message::RegistrationChanged { .. }
            | Message::Frozen { .. }
            | Message::CallForCare { .. }
            | Message::LimitReached { .. }
            | Message::Invitation { .. } => {
                ghost.check(P8, false);
            }
        }
    }

    /// The queued code, with the method that channel and contact make together.
    pub(crate) fn mail(&self, delivery: &Delivery, now: i64) -> Option<Mail> {
        let Message::Code(issue) = &delivery.message else { return None };
        let to = match &delivery.to {
            To::Contact(id) => self.contact(id),
            To::OwnMail(_) | To::New { .. } | To::CareTeam | To::Operators | To::Nobody => None,
        };
        let to = to.and_then(|(person, contact)| {
            let method = match (contact.kind, delivery.channel) {
                (ContactKind::Email, Channel::Email) => Method::Email,
                (ContactKind::Mobile, Channel::Text) => Method::Text,
                (ContactKind::Mobile, Channel::Call) => Method::MobileCall,
                (ContactKind::Office, Channel::Call) => Method::OfficeCall,
                _ => return None,
            };
            Some((person, method))
        });
        Some(Mail { issue: issue.clone(), to, at: now })
    }

    /// Whether what was proven is what the rules ask of this person, worked out without the machine's own policy.
    fn proven(&self, ghost: &Ghost, person: Option<usize>) -> bool {
        let Some((person, account)) = person.and_then(|p| Some((p, self.account(p)?))) else { return false };
        let policy = &self.config.policy;
        let administrator = account.groups.iter().any(|group| policy.administrators.contains(group));
        let theirs: Vec<&Proven> = ghost.proven.iter().filter(|proven| proven.person == person).collect();
        let device = |proven: &Proven| account.contacts.iter().find(|c| c.kind == proven.method.contact());
        let address = |proven: &Proven| device(proven).map(|contact| contact.address.as_str());
        let young = |proven: &Proven| device(proven).is_none_or(|contact| contact.young);
        let one_will_do = !administrator && policy.steps < 2;
        if one_will_do && theirs.iter().any(|proven| !young(proven)) {
            return true;
        }
        // Two ways; on two devices, where it is an administrator's account or one of them is new.
        theirs.iter().any(|one| {
            theirs.iter().any(|other| {
                let strict = administrator || young(one) || young(other);
                one.method != other.method && (!strict || address(one) != address(other))
            })
        })
    }
}

fn proofs(row: &Row) -> usize {
    match &row.flow.stage {
        Stage::Choosing { proofs, .. }
        | Stage::Proving { proofs, .. }
        | Stage::Password { proofs, .. }
        | Stage::Unlock { proofs, .. }
        | Stage::Writing { proofs, .. } => proofs.len(),
        Stage::Identify { .. } | Stage::LookingUp | Stage::Ended { .. } => 0,
    }
}

fn acts(effects: &[Effect]) -> impl Iterator<Item = &Act> {
    effects.iter().filter_map(|effect| match effect {
        Effect::Audit(audit::Event { act, .. }) => Some(act),
        _ => None,
    })
}

fn holds<const PLACE: u8>(_: &Model, world: &World) -> bool {
    world.ghost.violated & (1 << PLACE) == 0
}

fn ended(world: &World, how: fn(&End) -> bool) -> bool {
    matches!(&world.row.flow.stage, Stage::Ended { end, .. } if how(end))
}

type Condition = fn(&Model, &World) -> bool;

/// What has to be reachable somewhere, lest the rest hold for want of anything happening.
const SOMETIMES: [(&str, Condition); 19] = [
    ("unlocked", |_, w| ended(w, |end| *end == End::Unlocked)),
    ("rehearsed", |_, w| ended(w, |end| *end == End::Rehearsed)),
    ("superseded", |_, w| ended(w, |end| *end == End::Superseded)),
    ("thawed, then done", |_, w| ended(w, |end| *end == End::Done) && w.kept.registration.version > 1),
    ("written though frozen meanwhile", |_, w| {
        ended(w, |end| *end == End::Done) && w.kept.registration.frozen.is_some()
    }),
    ("done", |_, w| ended(w, |end| *end == End::Done)),
    ("unknown", |_, w| ended(w, |end| *end == End::Unknown)),
    ("unknown though written", |_, w| ended(w, |end| *end == End::Unknown) && w.ghost.effective == 1),
    ("unknown and not written", |_, w| ended(w, |end| *end == End::Unknown) && w.ghost.effective == 0),
    ("expired", |_, w| ended(w, |end| *end == End::Expired)),
    ("cancelled", |_, w| ended(w, |end| *end == End::Cancelled)),
    ("too many tries", |_, w| ended(w, |end| *end == End::TooManyTries)),
    ("too many pictures", |_, w| ended(w, |end| *end == End::TooManyPictures)),
    ("resting", |_, w| ended(w, |end| matches!(end, End::Resting { .. }))),
    ("care team", |_, w| ended(w, |end| *end == End::CareTeam)),
    ("refused, then done", |_, w| ended(w, |end| *end == End::Done) && w.ghost.refused),
    ("late code, then done", |_, w| ended(w, |end| *end == End::Done) && w.ghost.late),
    ("extended, then done", |_, w| ended(w, |end| *end == End::Done) && w.ghost.extensions > 0),
    ("lost swap, then done", |_, w| ended(w, |end| *end == End::Done) && w.ghost.lost_swap),
];

pub(crate) fn properties(reaches: &[&str]) -> Vec<Property<Model>> {
    let holds: [Condition; 12] = [
        holds::<0>,
        holds::<1>,
        holds::<2>,
        holds::<3>,
        holds::<4>,
        holds::<5>,
        holds::<6>,
        holds::<7>,
        holds::<8>,
        holds::<9>,
        holds::<10>,
        holds::<11>,
    ];
    let always = ALWAYS.into_iter().zip(holds).map(|(name, condition)| Property::always(name, condition));
    let known = |name: &str| SOMETIMES.iter().any(|(known, _)| *known == name);
    assert!(reaches.iter().all(|name| known(name)), "{reaches:?}");
    let wanted = SOMETIMES.into_iter().filter(|(name, _)| reaches.contains(name));
    always.chain(wanted.map(|(name, condition)| Property::sometimes(name, condition))).collect()
}
