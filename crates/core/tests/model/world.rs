//! The world around one reset: the row in the store, the people at the browser, what is under way, time and mishaps.

use std::sync::Arc;

use regain_core::captcha::{self, Answer};
use regain_core::keys::Digest;
use regain_core::method::Method;
use regain_core::method::issued_code::{Issue, Proof, Purpose};
use regain_core::password::{self, Judged, Lists};
use regain_core::reset::{Event, LookedUp, Reset, Stage, View, Written};
use regain_core::subject::{self, Account, Contact, Subject};
use regain_core::throttle::{Claim, free_at};
use regain_core::{Ctx, Effect, FlowId, Keys, Policy, Registration, Secret, Span, Step, Time};

use crate::registered::registered;
use crate::watch::Ghost;

/// The decision under test, or one with a seeded bug, which may keep proofs in the spare place of the row.
pub(crate) type Machine = fn(&Ctx, &mut Vec<Proof>, Reset, Event) -> Step<Reset, View>;

/// One person an attacker or a locked-out person can name.
pub(crate) struct Person {
    pub(crate) user_id: &'static str,
    pub(crate) account: Option<Account>,
}

/// Rules, people and bounds of one run.
pub(crate) struct Config {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    pub(crate) people: Vec<Person>,
    /// Requests that may lie between reading the row and writing it, besides one that does both at once.
    pub(crate) tabs: usize,
    /// Crashes, lost answers and doubled answers together.
    pub(crate) mishaps: u8,
    /// How often a User ID is typed or another picture asked for.
    pub(crate) pictures: u32,
    /// How the directory may answer a write.
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) machine: Machine,
    pub(crate) compare_and_swap: bool,
    /// Names of what must be reachable.
    pub(crate) reaches: &'static [&'static str],
}

/// What the store keeps under a version. The version itself is not modelled: a tab knows whether its copy is the newest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub(crate) flow: Reset,
    pub(crate) spare: Vec<Proof>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Tab {
    Idle,
    Current,
    Stale(Arc<Row>),
}

/// A code that was queued.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mail {
    pub(crate) issue: Issue,
    /// Whose contact and by which method; nothing for a decoy's.
    pub(crate) to: Option<(usize, Method)>,
    pub(crate) at: i64,
}

/// Work begun after a commit and held in memory only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flight {
    LookUp { user_id: String },
    Set { serial: u8, write: u8 },
    Wrote { serial: u8, write: u8, answer: Written },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Done,
    Refused,
    Unavailable,
    LostThoughWritten,
    LostNotWritten,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: i64,
    pub(crate) row: Arc<Row>,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) outbox: Vec<Mail>,
    pub(crate) flight: Vec<Flight>,
    pub(crate) mishaps: u8,
    pub(crate) counters: Vec<u32>,
    pub(crate) ghost: Ghost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    Right,
    Wrong,
    Old,
}

/// What somebody at the browser, or the worker, sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Do {
    Identify {
        person: usize,
        read: bool,
    },
    NewPicture,
    Choose {
        option: usize,
        confirm: Typed,
    },
    Resend,
    Code(Typed),
    OtherWay,
    Password {
        good: bool,
    },
    Extend,
    Back,
    Resume,
    Cancel,
    Tick,
    /// Answers of the directory, fed back by whoever performed the effect.
    Found(bool),
    Wrote,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Load(usize),
    Request { tab: Option<usize>, what: Do },
    Perform { flight: usize, outcome: Outcome },
    Answer { flight: usize, found: bool, again: bool },
    Lose(usize),
    Crash,
    TimePasses,
}

pub(crate) struct Model {
    pub(crate) config: Config,
    pub(crate) keys: Keys,
    pub(crate) good: Judged,
    bad: Judged,
    counters: Vec<String>,
    options: usize,
    registration: Registration,
}

pub(crate) const FLOW: FlowId = FlowId([5; 16]);

/// A limit this high is never met in a run, so it is not counted.
const BOUNDLESS: u32 = 100;

impl Model {
    pub(crate) fn new(config: Config) -> Self {
        let keys = Keys::new([7; 32]);
        let (rules, lists, nobody) = (&config.policy.password, Lists::default(), password::Person::default());
        let judge = |text: &str| password::judge(rules, &lists, &nobody, &Secret::new(text), None);
        let (good, bad) = (judge("plum kettle 94 orbit"), judge("password"));
        assert!(good.problems().is_empty() && !bad.problems().is_empty());
        let accounts = config.people.iter().filter_map(|person| person.account.as_ref());
        let contacts: Vec<Contact> = accounts.flat_map(|account| account.contacts.clone()).collect();
        let registration = registered(&contacts);
        let mut model = Self { keys, good, bad, counters: Vec::new(), options: 0, registration, config };
        let subjects: Vec<Subject> = (0..model.config.people.len()).map(|person| model.subject(person)).collect();
        for subject in &subjects {
            model.counters.push(subject.counter.clone());
            for (option, limit) in subject.options.iter().zip(model.config.policy.sends_to_one.iter().cycle()) {
                let name = regain_core::throttle::counter_of_destination(&option.device, limit.window);
                if !model.counters.contains(&name) {
                    model.counters.push(name);
                }
            }
        }
        model.options = subjects.iter().map(|subject| subject.options.len()).max().unwrap_or_default();
        model
    }

    fn subject(&self, person: usize) -> Subject {
        let Person { user_id, account } = &self.config.people[person];
        match account {
            Some(account) => Subject::real(&self.keys, &self.config.policy, Purpose::Reset, account),
            None => Subject::decoy(&self.keys, &self.config.policy, Purpose::Reset, user_id),
        }
    }

    pub(crate) fn ctx(&self, now: i64) -> Ctx<'_> {
        Ctx {
            now: Time(now),
            entropy: [0; 32],
            policy: &self.config.policy,
            keys: &self.keys,
            registration: &self.registration,
        }
    }

    /// Whom the typed User ID means.
    pub(crate) fn person(&self, user_id: &str) -> Option<usize> {
        self.config.people.iter().position(|person| person.user_id == user_id)
    }

    pub(crate) fn account(&self, person: usize) -> Option<&Account> {
        self.config.people[person].account.as_ref()
    }

    /// The contact of that name, and the person it belongs to.
    pub(crate) fn contact(&self, id: &subject::ContactId) -> Option<(usize, &Contact)> {
        let all = self.config.people.iter().enumerate();
        all.flat_map(|(place, person)| {
            person.account.iter().flat_map(move |a| a.contacts.iter().map(move |c| (place, c)))
        })
        .find(|(_, contact)| contact.id == *id)
    }

    fn end_of_time(&self) -> i64 {
        let policy = &self.config.policy;
        policy.lifetime.0 * (i64::from(policy.extensions) + 1) + policy.write_patience.0
    }

    fn start(&self) -> World {
        let flow = Reset::new(FLOW, Time(0), self.config.policy.lifetime);
        World {
            now: 0,
            row: Arc::new(Row { flow, spare: Vec::new() }),
            tabs: vec![Tab::Idle; self.config.tabs],
            outbox: Vec::new(),
            flight: Vec::new(),
            mishaps: self.config.mishaps,
            counters: vec![0; self.counters.len()],
            ghost: Ghost::new(self.config.policy.lifetime),
        }
    }

    /// All that can be sent. What does not fit the stage is sent as well: it must change nothing.
    fn requests(&self, world: &World) -> Vec<Do> {
        let mut all = vec![Do::Resend, Do::OtherWay, Do::Extend, Do::Back, Do::Cancel, Do::Tick];
        let picture = self.config.policy.captcha != captcha::Kind::Off;
        let room = world.flight.len() < 2;
        if room && world.row.flow.picture < self.config.pictures {
            for person in 0..self.config.people.len() {
                all.push(Do::Identify { person, read: true });
                if picture {
                    all.push(Do::Identify { person, read: false });
                }
            }
            if picture {
                all.push(Do::NewPicture);
            }
        }
        if room {
            all.push(Do::Resume);
        }
        for option in 0..self.options {
            all.push(Do::Choose { option, confirm: Typed::Right });
            if self.config.policy.confirm_email || self.config.policy.confirm_number {
                all.push(Do::Choose { option, confirm: Typed::Wrong });
            }
        }
        all.extend([Typed::Right, Typed::Wrong, Typed::Old].map(Do::Code));
        all.extend([true, false].map(|good| Do::Password { good }));
        all
    }

    /// The event a request stands for, given what its tab has loaded; nothing where the person has nothing to type.
    fn event(&self, world: &World, row: &Row, what: Do) -> Option<Event> {
        let seen = row.flow.wrong;
        let code = |issue: &Issue| Event::Code { typed: issue.code(&self.keys), seen };
        let sent = match &row.flow.stage {
            Stage::Proving { sent, .. } => Some(sent.issue.clone()),
            _ => world.outbox.last().map(|mail| mail.issue.clone()),
        };
        Some(match what {
            Do::Identify { person, read } => {
                let characters = captcha::characters(&self.keys, FLOW, row.flow.picture);
                let answer = if read { Answer::Characters(characters) } else { Answer::None };
                Event::Identify { user_id: self.config.people[person].user_id.into(), answer, unlock: false }
            }
            Do::NewPicture => Event::NewPicture,
            Do::Choose { option, confirm } => {
                // Even the device of a decoy, which nobody can know, must not help.
                let device = row.flow.stage.subject().and_then(|subject| Some(subject.options.get(option)?.device));
                let confirmation = if confirm == Typed::Right { device } else { Some(Digest([1; 32])) };
                Event::Choose { option, confirmation }
            }
            Do::Resend => Event::Resend,
            Do::Code(Typed::Right) => code(&sent?),
            Do::Code(Typed::Old) => {
                code(&world.outbox.iter().rev().map(|mail| &mail.issue).find(|i| Some(*i) != sent.as_ref())?.clone())
            }
            Do::Code(Typed::Wrong) => Event::Code { typed: Secret::new("none"), seen },
            Do::OtherWay => Event::OtherWay,
            Do::Password { good } => Event::Password(if good { self.good.clone() } else { self.bad.clone() }),
            Do::Extend => Event::Extend,
            Do::Back => Event::Back,
            Do::Resume => Event::Resume,
            Do::Cancel => Event::Cancel,
            Do::Tick => Event::Tick,
            Do::Found(_) | Do::Wrote => return None,
        })
    }

    fn request(&self, world: &World, tab: Option<usize>, what: Do) -> Option<World> {
        let mut next = world.clone();
        let loaded = tab.map_or(Tab::Current, |tab| std::mem::replace(&mut next.tabs[tab], Tab::Idle));
        let (row, newest) = match loaded {
            Tab::Idle => return None,
            Tab::Current => (world.row.clone(), true),
            Tab::Stale(row) => (row, false),
        };
        let event = self.event(world, &row, what)?;
        self.decide(&mut next, &row, newest, what, event);
        (next != *world).then_some(next)
    }

    /// One turn of the loop: count, decide, compare and swap, and only then let anything happen.
    fn decide(&self, world: &mut World, loaded: &Arc<Row>, newest: bool, what: Do, event: Event) {
        let ctx = self.ctx(world.now);
        let claims = loaded.flow.claims(&ctx, &event);
        let event = match self.over(world, &claims) {
            Some(claim) => Event::Throttled { what: claim.what, until: free_at(claim.limit, Time(0)) },
            None => {
                claims.iter().filter_map(|claim| self.counter(claim)).for_each(|place| world.counters[place] += 1);
                event
            }
        };
        let mut spare = loaded.spare.clone();
        let Step { state, effects, .. } = (self.config.machine)(&ctx, &mut spare, loaded.flow.clone(), event.clone());
        if !newest && self.config.compare_and_swap {
            world.ghost.lost_swap = true;
            return;
        }
        let after = Arc::new(Row { flow: state, spare });
        let ghost = self.watch(world, loaded, &after, what, &event, &claims, &effects);
        world.ghost = ghost;
        if after != world.row {
            let old = std::mem::replace(&mut world.row, after);
            for tab in world.tabs.iter_mut().filter(|tab| **tab == Tab::Current) {
                *tab = Tab::Stale(old.clone());
            }
        }
        effects.into_iter().for_each(|effect| self.carry_out(world, effect));
    }

    fn counter(&self, claim: &Claim) -> Option<usize> {
        let place = self.counters.iter().position(|name| *name == claim.counter).expect("a counter of these people");
        (claim.limit.count < BOUNDLESS).then_some(place)
    }

    fn over<'a>(&self, world: &World, claims: &'a [Claim]) -> Option<&'a Claim> {
        claims.iter().find(|claim| self.counter(claim).is_some_and(|place| world.counters[place] >= claim.limit.count))
    }

    fn carry_out(&self, world: &mut World, effect: Effect) {
        let place = |name: String| self.counters.iter().position(|counter| *counter == name).expect("a known counter");
        match effect {
            Effect::Audit(_) | Effect::EndSessions { .. } => {}
            Effect::ChangePassword { .. } | Effect::Unlock { .. } | Effect::Register { .. } => {}
            Effect::Deliver(delivery) => world.outbox.extend(self.mail(&delivery, world.now)),
            Effect::LookUp { user_id } => world.flight.push(Flight::LookUp { user_id }),
            Effect::SetPassword { write, .. } => world.flight.push(Flight::Set { serial: world.ghost.writes, write }),
            Effect::GiveBack { counter } => {
                let place = place(counter);
                world.counters[place] = world.counters[place].saturating_sub(1);
            }
            Effect::Forgive { counter } => world.counters[place(counter)] = 0,
        }
    }

    fn perform(&self, world: &World, flight: usize, outcome: Outcome) -> Option<World> {
        let Flight::Set { serial, write } = world.flight[flight] else { return None };
        let mut next = world.clone();
        if matches!(outcome, Outcome::Done | Outcome::LostThoughWritten) {
            next.ghost.write_took_effect();
        }
        let answer = match outcome {
            Outcome::Done => Written::Done,
            Outcome::Refused => Written::Refused { problem: password::Problem::InHistory, reason: String::new() },
            Outcome::Unavailable => Written::Unavailable,
            Outcome::LostThoughWritten | Outcome::LostNotWritten => Written::Unknown,
        };
        next.flight[flight] = Flight::Wrote { serial, write, answer };
        Some(next)
    }

    fn answer(&self, world: &World, flight: usize, found: bool, again: bool) -> Option<World> {
        let mut next = world.clone();
        let answered = if again { world.flight[flight].clone() } else { next.flight.remove(flight) };
        next.mishaps -= u8::from(again);
        match answered {
            Flight::Set { .. } => return None,
            Flight::LookUp { user_id } => {
                let found_event = if found { self.look_up(world, &user_id) } else { LookedUp::Failed };
                let event = Event::LookedUp { user_id, found: found_event };
                self.decide(&mut next, &world.row, true, Do::Found(found), event);
            }
            Flight::Wrote { serial, write, answer } => {
                next.ghost.answering = Some(serial);
                self.decide(&mut next, &world.row, true, Do::Wrote, Event::Written { write, answer });
                next.ghost.answering = None;
            }
        }
        Some(next)
    }

    fn look_up(&self, world: &World, user_id: &str) -> LookedUp {
        let person = self.person(user_id).expect("somebody of the table");
        let limit = self.config.policy.failed_proofs;
        let counter = self.subject(person).counter;
        let place = self.counters.iter().position(|name| *name == counter).expect("a known counter");
        let resting = (world.counters[place] >= limit.count).then(|| free_at(limit, Time(0)));
        LookedUp::Answer { account: self.account(person).cloned(), resting }
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
        if world.now < self.end_of_time() {
            actions.push(Action::TimePasses);
        }
        for what in self.requests(world) {
            actions.push(Action::Request { tab: None, what });
            for tab in (0..world.tabs.len()).filter(|tab| world.tabs[*tab] != Tab::Idle) {
                actions.push(Action::Request { tab: Some(tab), what });
            }
        }
        actions.extend((0..world.tabs.len()).filter(|tab| world.tabs[*tab] == Tab::Idle).map(Action::Load));
        for (place, flight) in world.flight.iter().enumerate() {
            match flight {
                Flight::Set { .. } => {
                    let all = self.config.outcomes.iter();
                    actions.extend(all.map(|outcome| Action::Perform { flight: place, outcome: *outcome }));
                }
                Flight::Wrote { .. } => answers(actions, place, &[true], world.mishaps),
                Flight::LookUp { .. } => answers(actions, place, &[true, false], world.mishaps),
            }
        }
        if world.mishaps > 0 && (!world.flight.is_empty() || world.tabs.iter().any(|tab| *tab != Tab::Idle)) {
            actions.push(Action::Crash);
            actions.extend((0..world.flight.len()).map(Action::Lose));
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Load(tab) => next.tabs[tab] = Tab::Current,
            Action::Request { tab, what } => return self.request(world, tab, what),
            Action::Perform { flight, outcome } => return self.perform(world, flight, outcome),
            Action::Answer { flight, found, again } => return self.answer(world, flight, found, again),
            Action::Lose(flight) => {
                next.flight.remove(flight);
                next.mishaps -= 1;
            }
            Action::Crash => {
                next.flight.clear();
                next.tabs.fill(Tab::Idle);
                next.mishaps -= 1;
            }
            Action::TimePasses => next.now += 1,
        }
        Some(next)
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        crate::watch::properties(self.config.reaches)
    }
}

fn answers(actions: &mut Vec<Action>, flight: usize, found: &[bool], mishaps: u8) {
    for found in found {
        actions.push(Action::Answer { flight, found: *found, again: false });
        if mishaps > 0 {
            actions.push(Action::Answer { flight, found: *found, again: true });
        }
    }
}

/// Rules so small that everything in them can be visited.
pub(crate) fn tiny(methods: &[Method]) -> Policy {
    Policy {
        methods: methods.to_vec(),
        captcha: captcha::Kind::Off,
        lifetime: Span(3),
        extensions: 0,
        code_lifetime: Span(2),
        tries: 2,
        sends: 2,
        resend_after: Span(1),
        password_tries: 2,
        write_patience: Span(1),
        failed_proofs: regain_core::throttle::Limit { count: BOUNDLESS, window: Span(BOUNDLESS.into()) },
        sends_to_one: Vec::new(),
        ..Policy::default()
    }
}
