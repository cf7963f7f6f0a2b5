//! The world around a registration: the pages one person has open, what is registered, messages and time.

use std::sync::Arc;

use regain_core::effect::{FreezeOffer, Message, To};
use regain_core::method::issued_code::{Issue, Purpose};
use regain_core::method::{ContactKind, Method};
use regain_core::register::{Event, Person, Register, Stage, View};
use regain_core::registration::Registered;
use regain_core::subject::{AccountId, ContactId};
use regain_core::{Ctx, Effect, FlowId, Keys, Policy, Registration, Secret, Step, Time};

use crate::kept::Kept;
use crate::watch::Ghost;

/// The decision under test, or one with a seeded bug.
pub(crate) type Machine = fn(&Ctx, Register, Event) -> Step<Register, View>;

/// Rules and bounds of one run.
pub(crate) struct Config {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    pub(crate) contacts: Vec<Registered>,
    pub(crate) administrator: bool,
    /// Pages open at once, each a flow of its own.
    pub(crate) pages: usize,
    /// Whether one request may lie between reading and writing.
    pub(crate) slow: bool,
    /// The addresses that are typed.
    pub(crate) addresses: &'static [&'static str],
    /// When the pages end, and the run with them.
    pub(crate) end: i64,
    /// How often what is registered is changed.
    pub(crate) changes: i64,
    pub(crate) compare_and_swap: bool,
    pub(crate) machine: Machine,
    /// Names of what must be reachable.
    pub(crate) reaches: &'static [&'static str],
}

/// A code on its way to a new contact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mail {
    pub(crate) page: usize,
    pub(crate) issue: Issue,
    pub(crate) address: String,
    pub(crate) at: i64,
    /// The contact that there was when its first code was asked for.
    pub(crate) replaces: Option<ContactId>,
}

/// A request that was read and waits to be decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Loaded {
    page: usize,
    flow: Arc<Register>,
    kept: Arc<Kept>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: i64,
    pub(crate) signed_in: i64,
    pub(crate) kept: Arc<Kept>,
    pub(crate) pages: Vec<Arc<Register>>,
    slow: Option<Loaded>,
    pub(crate) mails: Vec<Mail>,
    offers: Vec<FreezeOffer>,
    pub(crate) ghost: Ghost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    Right,
    Wrong,
    /// The code of another page.
    Other,
    /// What the code would be in a reset.
    Purpose,
}

/// What somebody at the browser sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Do {
    Prove(&'static str),
    Resend,
    Code(Typed),
    Stop,
    Remove(ContactKind),
    Thaw,
    Tick,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Load(usize),
    Request { page: usize, slow: bool, what: Do },
    Follow(usize),
    SignIn,
    TimePasses,
}

pub(crate) struct Model {
    pub(crate) config: Config,
    pub(crate) keys: Keys,
}

impl Model {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, keys: Keys::new([7; 32]) }
    }

    pub(crate) fn ctx<'a>(&'a self, now: i64, kept: &'a Kept) -> Ctx<'a> {
        let mut entropy = [0; 32];
        // A new contact has a name of its own.
        entropy[31] = u8::try_from(kept.registration.version).unwrap_or(u8::MAX);
        let policy = &self.config.policy;
        Ctx { now: Time(now), entropy, policy, keys: &self.keys, registration: &kept.registration }
    }

    fn start(&self) -> World {
        let registration = Registration { contacts: self.config.contacts.clone(), ..Registration::default() };
        let kept = Kept { registration, ..Kept::default() };
        let person = Person {
            account: AccountId("17".into()),
            user_id: "jo".into(),
            own_mail: None,
            administrator: self.config.administrator,
        };
        let page = |place: usize| {
            let number = u8::try_from(place).expect("few pages");
            let flow = Register::new(FlowId([number; 16]), Time(0));
            let flow = Register { expires: Time(self.config.end), ..flow };
            Arc::new(regain_core::register::step(&self.ctx(0, &kept), flow, Event::Open(person.clone())).state)
        };
        let pages: Vec<_> = (0..self.config.pages).map(page).collect();
        let ghost = Ghost::new(pages.len());
        let (mails, offers) = (Vec::new(), Vec::new());
        World { now: 0, signed_in: 0, kept: Arc::new(kept), pages, slow: None, mails, offers, ghost }
    }

    fn requests(&self) -> Vec<Do> {
        let mut all: Vec<Do> = self.config.addresses.iter().map(|address| Do::Prove(address)).collect();
        all.extend([Typed::Right, Typed::Wrong, Typed::Other, Typed::Purpose].map(Do::Code));
        all.extend([Do::Remove(ContactKind::Email), Do::Remove(ContactKind::Mobile)]);
        all.extend([Do::Resend, Do::Stop, Do::Thaw, Do::Tick]);
        all
    }

    /// The event a request stands for, given what was loaded; nothing where there is nothing to type.
    fn event(&self, world: &World, page: usize, flow: &Register, what: Do) -> Option<Event> {
        let signed_in = Time(world.signed_in);
        let typed = |typed| Event::Code { typed, seen: flow.wrong };
        let sent = match &flow.stage {
            Stage::Proving { sent, .. } => Some(sent.issue.clone()),
            _ => None,
        };
        let mine = || world.mails.iter().rev().find(|mail| mail.page == page).map(|mail| mail.issue.clone());
        Some(match what {
            Do::Prove(address) => {
                let method = if address.contains('@') { Method::Email } else { Method::Text };
                Event::Prove { method, address: address.into(), signed_in }
            }
            Do::Resend => Event::Resend,
            Do::Code(Typed::Right) => typed(sent.or_else(mine)?.code(&self.keys)),
            Do::Code(Typed::Wrong) => typed(Secret::new("none")),
            Do::Code(Typed::Other) => typed(world.mails.iter().find(|mail| mail.page != page)?.issue.code(&self.keys)),
            Do::Code(Typed::Purpose) => typed(Issue { purpose: Purpose::Reset, ..sent? }.code(&self.keys)),
            Do::Stop => Event::Stop,
            Do::Remove(kind) => Event::Remove { kind, signed_in },
            Do::Thaw => Event::Thaw { signed_in: Some(signed_in), by: "jo".into() },
            Do::Tick => Event::Tick,
        })
    }

    fn request(&self, world: &World, page: usize, slow: bool, what: Do) -> Option<World> {
        let mut next = world.clone();
        let loaded = if slow {
            next.slow.take()?
        } else {
            Loaded { page, flow: world.pages[page].clone(), kept: world.kept.clone() }
        };
        let event = self.event(world, loaded.page, &loaded.flow, what)?;
        self.decide(&mut next, &loaded, event);
        (next != *world).then_some(next)
    }

    /// Decide, compare and swap, and only then let anything happen.
    fn decide(&self, world: &mut World, loaded: &Loaded, event: Event) {
        let Loaded { page, flow, kept } = loaded;
        let ctx = self.ctx(world.now, kept);
        let claims = flow.claims(&ctx, &event).len();
        let Step { state, effects, .. } = (self.config.machine)(&ctx, (**flow).clone(), event.clone());
        let changes = effects.iter().any(|effect| matches!(effect, Effect::Register { .. }));
        let stale =
            *flow != world.pages[*page] || changes && kept.registration.version != world.kept.registration.version;
        if stale && self.config.compare_and_swap {
            return;
        }
        world.ghost = self.watch(world, *page, &ctx, (flow, &state), (&event, claims), &effects);
        for effect in &effects {
            Self::carry_out(world, *page, kept, &event, effect);
        }
        world.pages[*page] = Arc::new(state);
    }

    fn carry_out(world: &mut World, page: usize, kept: &Kept, event: &Event, effect: &Effect) {
        match effect {
            Effect::Register { change, .. } => Arc::make_mut(&mut world.kept).change(change, Time(world.now)),
            Effect::Deliver(delivery) => match (&delivery.message, &delivery.to) {
                (Message::Code(issue), To::New { kind, address }) => {
                    // Another code for what is being proven does not begin anew.
                    let again = matches!(event, Event::Resend);
                    let first = world.mails.iter().rev().find(|mail| again && mail.page == page);
                    let now = kept.registration.of(*kind).map(|contact| contact.id.clone());
                    let replaces = first.map_or(now, |mail| mail.replaces.clone());
                    let (issue, address) = (issue.clone(), address.clone());
                    world.mails.push(Mail { page, issue, address, at: world.now, replaces });
                }
                (Message::RegistrationChanged { offer, .. }, _) if world.offers.last() != Some(offer) => {
                    world.offers.push(offer.clone());
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Somebody follows the link of a notice: a flow of its own, which is over at once.
    fn follow(&self, world: &World, offer: usize) -> World {
        let mut next = world.clone();
        let ctx = self.ctx(world.now, &world.kept);
        let event = Event::Freeze(world.offers[offer].clone());
        let fresh = Register::new(FlowId([9; 16]), Time(world.now));
        let Step { state, effects, .. } = (self.config.machine)(&ctx, fresh.clone(), event.clone());
        next.ghost = self.watch(world, 0, &ctx, (&fresh, &state), (&event, 0), &effects);
        effects.iter().for_each(|effect| Self::carry_out(&mut next, 0, &world.kept, &event, effect));
        next
    }
}

impl stateright::Model for Model {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![self.start()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.ghost.broken() {
            return;
        }
        if world.now < self.config.end {
            actions.push(Action::TimePasses);
        }
        if world.signed_in < world.now {
            actions.push(Action::SignIn);
        }
        if world.kept.registration.version < self.config.changes {
            actions.extend((0..world.offers.len()).map(Action::Follow));
        }
        for what in self.requests() {
            let done = world.kept.registration.version >= self.config.changes;
            if done && matches!(what, Do::Code(_) | Do::Remove(_) | Do::Thaw) {
                continue;
            }
            actions.extend((0..self.config.pages).map(|page| Action::Request { page, slow: false, what }));
            if world.slow.is_some() {
                actions.push(Action::Request { page: 0, slow: true, what });
            }
        }
        if self.config.slow && world.slow.is_none() {
            actions.extend((0..self.config.pages).map(Action::Load));
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Load(page) => {
                next.slow = Some(Loaded { page, flow: world.pages[page].clone(), kept: world.kept.clone() });
            }
            Action::Request { page, slow, what } => return self.request(world, page, slow, what),
            Action::Follow(offer) => return Some(self.follow(world, offer)),
            Action::SignIn => next.signed_in = world.now,
            Action::TimePasses => next.now += 1,
        }
        Some(next)
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        crate::watch::properties(self.config.reaches)
    }
}
