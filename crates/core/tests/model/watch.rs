//! What must always hold, checked at every commit against facts kept beside the machine rather than in it.

use regain_core::audit::{self, Act};
use regain_core::effect::{Delivery, Message, To};
use regain_core::elsewhere;
use regain_core::method::{Channel, ContactKind, Method};
use regain_core::registration::Change;
use regain_core::reset::{End, Event, Goal, Stage, Written};
use regain_core::subject::AccountId;
use regain_core::throttle::{Claim, What};
use regain_core::{Effect, Span};
use stateright::Property;

use crate::parts::{Do, Found, Mail, Row, Surveyed, World};
use crate::world::Model;

pub(crate) const P1: &str = "P1 no write without the proofs the policy asks of that very account";
pub(crate) const P2: &str = "P2 a code is accepted at most once";
pub(crate) const P3: &str = "P3 wrong answers are bounded and counted";
pub(crate) const P4: &str = "P4 one write at a time, and one that takes effect";
pub(crate) const P5: &str = "P5 nothing is accepted after its time";
pub(crate) const P6: &str = "P6 an ended flow never moves";
pub(crate) const P7: &str = "P7 every change is audited";
pub(crate) const P8: &str = "P8 few messages, and only to addresses on offer";
pub(crate) const P9: &str = "P9 a freeze stops it";
pub(crate) const P10: &str = "P10 a contact that was removed proves nothing";
pub(crate) const P11: &str = "P11 a rehearsal writes nothing, and unlocking sets no password";
pub(crate) const P12: &str = "P12 a password that is set, or perhaps is, is remembered, and no other";
pub(crate) const P13: &str =
    "P13 a further directory is told only after the primary one has it, once in a try, of this person";
pub(crate) const P14: &str =
    "P14 what is said of a further directory is what it did, and what the primary one has stands";

const ALWAYS: [&str; 14] = [P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14];

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
    /// Whether the primary directory has said that it is done.
    primary: bool,
    /// Notices queued.
    notices: u8,
    /// Further directories told in this try, and those in which it took effect, ever.
    told: Vec<String>,
    elsewhere: Vec<String>,
    /// Tries.
    tries: u8,
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
            primary: false,
            notices: 0,
            told: Vec::new(),
            elsewhere: Vec::new(),
            tries: 0,
            violated: 0,
        }
    }

    pub(crate) fn broken(&self) -> bool {
        self.violated != 0
    }

    pub(crate) fn write_took_effect(&mut self, unlock: bool, directory: Option<&str>) {
        match directory {
            Some(directory) => self.elsewhere.push(directory.to_owned()),
            None if unlock => {}
            None => {
                self.effective += 1;
                self.check(P4, self.effective <= 1);
            }
        }
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
        ghost.check(P12, remembered == (perhaps_set(after) && !perhaps_set(&world.row)));
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
        // The answer of one directory may bring the telling of the next.
        if ghost.answering.is_some() && changed && ghost.answering == ghost.unanswered {
            ghost.unanswered = None;
        }
        if let (Event::Written { write, answer: Written::Done, .. }, Stage::Writing { at: None, .. }) =
            (event, &before.flow.stage)
        {
            ghost.primary |= *write == before.flow.refused;
        }
        // A write elsewhere that was given up may be followed by the one of another try.
        let given_up = matches!(what, Do::Resume | Do::Tick) && changed;
        if let (true, Stage::Writing { at: Some(_), .. }) = (given_up, &before.flow.stage) {
            ghost.unanswered = None;
        }
        if let (Do::Password { .. } | Do::Unlock(_), true) = (what, changed) {
            ghost.told.clear();
            ghost.tries += u8::from(!matches!(after.flow.stage, Stage::Password { .. }));
        }
        watch_others(&mut ghost, after);
        self.watch_answers(&mut ghost, world, before, after, event, claims, effects);
        for effect in effects {
            match effect {
                Effect::SetPassword { account, password, directory, .. } => {
                    ghost.check(P11, !ghost.unlocks && !self.config.rehearsal);
                    self.watch_telling(&mut ghost, world, after, what, account, directory.as_deref());
                    ghost.check(P1, password.same_as(self.good.password()));
                    ghost.check(P4, ghost.unanswered.is_none());
                    ghost.writes += 1;
                    ghost.unanswered = Some(ghost.writes);
                }
                Effect::Unlock { account, directory, .. } => {
                    ghost.check(P11, ghost.unlocks);
                    self.watch_telling(&mut ghost, world, after, what, account, directory.as_deref());
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
        ghost.refused |= acts(effects).any(|act| matches!(act, Act::PasswordRefused { .. }));
        ghost.late |= acts(effects).any(|act| matches!(act, Act::CodeLate { .. }));
        ghost
    }

    /// A directory is told: the primary one of this account, or a further one of the account that goes with it.
    fn watch_telling(
        &self,
        ghost: &mut Ghost,
        world: &World,
        after: &Row,
        what: Do,
        account: &AccountId,
        directory: Option<&str>,
    ) {
        let found = match what {
            Do::Password { found, .. } => found,
            Do::Unlock(found) => Surveyed { told: true, ..found },
            _ => Surveyed { place: 0, told: true, own: true },
        };
        let Some(name) = directory else {
            let away = self.config.surveys[found.place].contains(&Found::Away);
            ghost.check(P13, found.told || !away);
            return self.watch_end(ghost, world, after, account);
        };
        ghost.check(P13, ghost.primary && !ghost.told.iter().any(|told| told == name));
        ghost.told.push(name.to_owned());
        let primary = account.0.strip_suffix(&format!("@{name}")).unwrap_or_default();
        let person = self.person(&after.flow.user_id).and_then(|person| self.account(person));
        ghost.check(P13, person.is_some_and(|person| person.id.0 == primary));
        self.watch_end(ghost, world, after, &AccountId(primary.into()));
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
                ghost.notices += 1;
                let told = ghost.primary || matches!(after.flow.stage, Stage::Ended { end: End::Unknown, .. });
                ghost.check(P8, told && ghost.writes > 0 && ghost.notices <= 1);
            }
            Message::Unlocked { .. } => {
                ghost.notices += 1;
                ghost.check(P8, ghost.primary && ghost.writes > 0 && ghost.notices <= 1);
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
        | Stage::Writing { proofs, .. }
        | Stage::Elsewhere { proofs, .. } => proofs.len(),
        Stage::Identify { .. } | Stage::LookingUp | Stage::Ended { .. } => 0,
    }
}

/// Whether the primary directory has a new password, or perhaps has.
fn perhaps_set(row: &Row) -> bool {
    match &row.flow.stage {
        Stage::Ended { end, .. } => matches!(end, End::Done | End::Unknown),
        Stage::Writing { at: Some(_), .. } | Stage::Elsewhere { .. } => row.flow.goal == Goal::Reset,
        _ => false,
    }
}

/// What the flow says of the further directories is no more than what happened there.
fn watch_others(ghost: &mut Ghost, after: &Row) {
    let under_way = if let Stage::Writing { at, .. } = &after.flow.stage { at.as_ref() } else { None };
    for other in after.flow.stage.others().iter().filter(|other| Some(&other.name) != under_way) {
        let there = ghost.elsewhere.contains(&other.name);
        ghost.check(P14, there || other.outcome != elsewhere::Outcome::Done);
        ghost.check(P14, !there || matches!(other.outcome, elsewhere::Outcome::Done | elsewhere::Outcome::Unknown));
    }
    let stands = match after.flow.stage {
        Stage::Ended { end, .. } => matches!(end, End::Done | End::Unlocked),
        Stage::Elsewhere { .. } => true,
        Stage::Writing { ref at, .. } => at.is_some(),
        _ => false,
    };
    ghost.check(P14, stands || !ghost.primary);
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

fn all(world: &World, outcome: &elsewhere::Outcome) -> bool {
    let others = world.row.flow.stage.others();
    !others.is_empty() && others.iter().all(|other| other.outcome == *outcome)
}

type Condition = fn(&Model, &World) -> bool;

/// What has to be reachable somewhere, lest the rest hold for want of anything happening.
const SOMETIMES: [(&str, Condition); 25] = [
    ("done everywhere", |_, w| ended(w, |end| *end == End::Done) && all(w, &elsewhere::Outcome::Done)),
    ("done at the second try", |_, w| {
        ended(w, |end| *end == End::Done) && all(w, &elsewhere::Outcome::Done) && w.ghost.tries > 1
    }),
    ("unlocked everywhere", |_, w| ended(w, |end| *end == End::Unlocked) && all(w, &elsewhere::Outcome::Done)),
    ("left as it is", |_, w| {
        ended(w, |end| *end == End::Done) && w.now < w.row.flow.expires.0 && all(w, &elsewhere::Outcome::Unavailable)
    }),
    ("unknown elsewhere", |_, w| w.row.flow.stage.others().iter().any(|o| o.outcome == elsewhere::Outcome::Unknown)),
    ("frozen before the second", |_, w| {
        ended(w, |end| *end == End::Done)
            && w.kept.registration.frozen.is_some()
            && all(w, &elsewhere::Outcome::Untried)
    }),
    ("unlocked", |_, w| ended(w, |end| *end == End::Unlocked)),
    ("rehearsed", |_, w| ended(w, |end| *end == End::Rehearsed)),
    ("superseded", |_, w| ended(w, |end| *end == End::Superseded)),
    ("thawed, then done", |_, w| ended(w, |end| *end == End::Done) && w.kept.registration.version > 2),
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
    let holds: [Condition; 14] = [
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
        holds::<12>,
        holds::<13>,
    ];
    let always = ALWAYS.into_iter().zip(holds).map(|(name, condition)| Property::always(name, condition));
    let known = |name: &str| SOMETIMES.iter().any(|(known, _)| *known == name);
    assert!(reaches.iter().all(|name| known(name)), "{reaches:?}");
    let wanted = SOMETIMES.into_iter().filter(|(name, _)| reaches.contains(name));
    always.chain(wanted.map(|(name, condition)| Property::sometimes(name, condition))).collect()
}
