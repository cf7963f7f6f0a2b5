//! What must always hold, checked at every commit against facts kept beside the machine rather than in it.

use std::sync::Arc;

use regain_core::audit::Act;
use regain_core::effect::{Message, To};
use regain_core::method::ContactKind;
use regain_core::method::issued_code::Issue;
use regain_core::register::{End, Event, Problem, Register, Stage};
use regain_core::registration::Change;
use regain_core::subject::ContactId;
use regain_core::{Ctx, Effect, Secret};
use stateright::Property;

use crate::world::{Model, World};

pub(crate) const R1: &str = "R1 no contact counts without the code that was sent to it";
pub(crate) const R2: &str = "R2 what is needed is not removed";
pub(crate) const R3: &str = "R3 nothing is changed long after the password was typed";
pub(crate) const R4: &str = "R4 a freeze stops it";
pub(crate) const R5: &str = "R5 wrong codes and messages are bounded and counted";
pub(crate) const R6: &str = "R6 what somebody else has changed meanwhile stays";
pub(crate) const R7: &str = "R7 everybody is told, and only what is old enough comes back";
pub(crate) const R8: &str = "R8 a page that is over changes nothing, and every change is audited";

const ALWAYS: [&str; 8] = [R1, R2, R3, R4, R5, R6, R7, R8];

/// Facts the machine does not know of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ghost {
    used: Vec<Issue>,
    wrong: Vec<u8>,
    sent: Vec<u8>,
    violated: u8,
}

impl Ghost {
    pub(crate) fn new(pages: usize) -> Self {
        let (used, none) = (Vec::new(), vec![0; pages]);
        Self { used, wrong: none.clone(), sent: none, violated: 0 }
    }

    pub(crate) fn broken(&self) -> bool {
        self.violated != 0
    }

    fn check(&mut self, property: &str, holds: bool) {
        let place = ALWAYS.iter().position(|name| *name == property).expect("one of the eight");
        self.violated |= u8::from(!holds) << place;
    }
}

impl Model {
    /// The facts after this commit.
    pub(crate) fn watch(
        &self,
        world: &World,
        page: usize,
        ctx: &Ctx,
        (before, after): (&Register, &Register),
        (event, claims): (&Event, usize),
        effects: &[Effect],
    ) -> Ghost {
        let mut ghost = world.ghost.clone();
        let over = before.ended() || ctx.now >= before.expires;
        let acts = || {
            effects.iter().filter_map(|effect| match effect {
                Effect::Audit(event) => Some(&event.act),
                _ => None,
            })
        };
        for effect in effects {
            match effect {
                Effect::Register { change, .. } => {
                    ghost.check(R8, !over && acts().next().is_some());
                    self.watch_change(&mut ghost, world, page, event, change, effects);
                }
                Effect::Deliver(delivery) => {
                    let code = matches!(delivery.message, Message::Code(_));
                    ghost.check(R8, !over);
                    ghost.check(R7, code == matches!(delivery.to, To::New { .. }));
                    if code {
                        self.watch_code(&mut ghost, world, page, ctx, event, claims);
                    }
                }
                _ => {}
            }
        }
        if acts().any(|act| matches!(act, Act::CodeWrong { .. })) {
            ghost.check(R5, claims == 1);
            ghost.wrong[page] += 1;
            ghost.check(R5, ghost.wrong[page] < self.config.policy.tries || after.ended());
            ghost.check(R5, ghost.wrong[page] <= self.config.policy.tries);
        }
        ghost
    }

    fn watch_code(&self, ghost: &mut Ghost, world: &World, page: usize, ctx: &Ctx, event: &Event, claims: usize) {
        ghost.sent[page] += 1;
        let policy = &self.config.policy;
        ghost.check(R5, claims == policy.sends_to_one.len() + policy.limits.sends_of_account.len());
        ghost.check(R5, ghost.sent[page] <= self.config.policy.sends);
        ghost.check(R4, ctx.registration.frozen.is_none());
        ghost.check(R3, matches!(event, Event::Resend) || self.is_fresh(world));
    }

    fn is_fresh(&self, world: &World) -> bool {
        world.now < world.signed_in + self.config.policy.fresh.0
    }

    fn watch_change(
        &self,
        ghost: &mut Ghost,
        world: &World,
        page: usize,
        event: &Event,
        change: &Change,
        effects: &[Effect],
    ) {
        let registration = &world.kept.registration;
        match change {
            Change::Set { id, kind, address } => {
                ghost.check(R4, registration.frozen.is_none());
                self.watch_set(ghost, world, page, event, (*kind, address));
                self.watch_notices(ghost, world, effects, Some(id));
            }
            Change::Remove { kind } => {
                ghost.check(R4, registration.frozen.is_none());
                ghost.check(R3, self.is_fresh(world));
                let counts = registration.of(*kind).is_some_and(|contact| contact.verified.is_some());
                if counts {
                    let left = registration.contacts.iter().filter(|c| c.kind != *kind && c.verified.is_some());
                    ghost.check(R2, left.count() >= if self.config.administrator { 2 } else { 1 });
                    self.watch_notices(ghost, world, effects, None);
                }
            }
            Change::Freeze { restore, .. } => {
                let care = |effect: &Effect| matches!(effect, Effect::Deliver(delivery) if delivery.to == To::CareTeam);
                ghost.check(R7, effects.iter().any(care));
                self.watch_notices(ghost, world, effects, restore.as_ref());
            }
            Change::Thaw => {
                ghost.check(R3, self.is_fresh(world));
                self.watch_notices(ghost, world, effects, None);
            }
            Change::Asked | Change::Confirm | Change::Rehearsed => {}
        }
    }

    fn watch_set(
        &self,
        ghost: &mut Ghost,
        world: &World,
        page: usize,
        event: &Event,
        (kind, address): (ContactKind, &str),
    ) {
        let none = Secret::new("");
        let typed = if let Event::Code { typed, .. } = event { typed } else { &none };
        let code = world.mails.iter().find(|mail| mail.page == page && mail.issue.code(&self.keys).same_as(typed));
        let lifetime = self.config.policy.code_lifetime.0;
        let right = code.is_some_and(|mail| {
            mail.address == address && world.now < mail.at + lifetime && !ghost.used.contains(&mail.issue)
        });
        ghost.check(R1, right);
        let Some(mail) = code else { return };
        let there = world.kept.registration.of(kind).map(|contact| &contact.id);
        ghost.check(R6, there == mail.replaces.as_ref());
        ghost.used.push(mail.issue.clone());
    }

    /// Whoever can be reached was told, and this one too; what the notice offers back was there long before.
    fn watch_notices(&self, ghost: &mut Ghost, world: &World, effects: &[Effect], also: Option<&ContactId>) {
        let proven = world.kept.registration.contacts.iter().filter(|contact| contact.verified.is_some());
        let all = proven.map(|contact| &contact.id).chain(also);
        let told = |id: &ContactId| {
            effects
                .iter()
                .any(|effect| matches!(effect, Effect::Deliver(delivery) if delivery.to == To::Contact(id.clone())))
        };
        for id in all {
            ghost.check(R7, told(id));
        }
        for effect in effects {
            let Effect::Deliver(delivery) = effect else { continue };
            let Message::RegistrationChanged { offer, .. } = &delivery.message else { continue };
            let old = |id: &ContactId| self.config.contacts.iter().any(|c| c.id == *id && c.verified.is_some());
            ghost.check(R7, offer.former.as_ref().is_none_or(old));
        }
    }
}

fn holds<const PLACE: u8>(_: &Model, world: &World) -> bool {
    world.ghost.violated & (1 << PLACE) == 0
}

fn ended(world: &World, how: End) -> bool {
    world.pages.iter().any(|page| matches!(page.stage, Stage::Ended { end, .. } if end == how))
}

fn email_is(world: &World, address: &str) -> bool {
    world.kept.registration.of(ContactKind::Email).is_some_and(|contact| contact.address == address)
}

type Condition = fn(&Model, &World) -> bool;

/// What has to be reachable somewhere, lest the rest hold for want of anything happening.
const SOMETIMES: [(&str, Condition); 9] = [
    ("set", |_, w| email_is(w, "new@mail.example")),
    ("removed", |_, w| w.kept.registration.of(ContactKind::Email).is_none() && !w.kept.aside.is_empty()),
    ("frozen", |_, w| w.kept.registration.frozen.is_some()),
    ("restored", |_, w| w.kept.registration.frozen.is_some() && email_is(w, "old@mail.example")),
    ("thawed, then set", |_, w| w.kept.registration.version > 3 && email_is(w, "new@mail.example")),
    ("overtaken", |_, w| {
        let problem = Some(Problem::Overtaken);
        w.pages.iter().any(|page| page.stage == Stage::Open { problem })
    }),
    ("too many tries", |_, w| ended(w, End::TooManyTries)),
    ("expired", |_, w| ended(w, End::Expired)),
    ("frozen on the way", |_, w| {
        let proving = |page: &Arc<Register>| matches!(page.stage, Stage::Proving { .. });
        w.kept.registration.frozen.is_some() && w.pages.iter().any(proving)
    }),
];

pub(crate) fn properties(reaches: &[&str]) -> Vec<Property<Model>> {
    let hold: [Condition; 8] =
        [holds::<0>, holds::<1>, holds::<2>, holds::<3>, holds::<4>, holds::<5>, holds::<6>, holds::<7>];
    let always = ALWAYS.into_iter().zip(hold).map(|(name, condition)| Property::always(name, condition));
    let known = |name: &&str| SOMETIMES.iter().any(|(known, _)| known == name);
    assert!(reaches.iter().all(known), "{reaches:?}");
    let wanted = SOMETIMES.into_iter().filter(|(name, _)| reaches.contains(name));
    always.chain(wanted.map(|(name, condition)| Property::sometimes(name, condition))).collect()
}
