//! The world around one reset: the row in the store, the people at the browser, what is under way, time and mishaps.

use std::sync::Arc;

use regain_core::captcha::{self, Answer};
use regain_core::crowd::Crowd;
use regain_core::elsewhere::{self, Bar, Survey, Target};
use regain_core::keys::Digest;
use regain_core::method::ContactKind;
use regain_core::method::issued_code::{Issue, Purpose};
use regain_core::password::{self, Judged, Lists, Mark, Recalled};
use regain_core::registration::Change;
use regain_core::reset::{Event, LookedUp, Reset, Stage, Written};
use regain_core::subject::{self, Account, AccountId, Contact, Subject};
use regain_core::throttle::{self, Claim, Owner, free_at};
use regain_core::{Ctx, Effect, FlowId, Keys, Secret, Step, Time};

use crate::kept::Kept;
use crate::parts::{
    Action, BOUNDLESS, Config, Do, Flight, Found, Outcome, Outside, Person, Row, Surveyed, Tab, Typed, World,
};
use crate::registered::registered;
use crate::watch::Ghost;

pub(crate) struct Model {
    pub(crate) config: Config,
    pub(crate) keys: Keys,
    pub(crate) good: Judged,
    bad: Judged,
    counters: Vec<String>,
    options: usize,
    kept: Arc<Kept>,
}

/// What the further directories are called.
pub(crate) const NAMES: [&str; 2] = ["wifi", "library"];

pub(crate) const FLOW: FlowId = FlowId([5; 16]);

impl Model {
    pub(crate) fn new(config: Config) -> Self {
        let keys = Keys::new([7; 32]);
        let recall = |_: &Secret| Some(Recalled { before: false, mark: Mark("new".into()) });
        let lists = Lists { history: Some(&recall), ..Lists::default() };
        let (rules, nobody) = (&config.policy.password, password::Person::default());
        let judge = |text: &str| password::judge(rules, &lists, &nobody, &Secret::new(text), None);
        let (good, bad) = (judge("plum kettle 94 orbit"), judge("password"));
        assert!(good.problems().is_empty() && !bad.problems().is_empty());
        let accounts = config.people.iter().filter_map(|person| person.account.as_ref());
        let contacts: Vec<Contact> = accounts.flat_map(|account| account.contacts.clone()).collect();
        let kept = Arc::new(Kept { registration: registered(&contacts), ..Kept::default() });
        let mut model = Self { keys, good, bad, counters: Vec::new(), options: 0, kept, config };
        let purposes = [Purpose::Reset, Purpose::Unlock, Purpose::Rehearsal].into_iter();
        let people = purposes.flat_map(|purpose| (0..model.config.people.len()).map(move |person| (person, purpose)));
        let subjects: Vec<Subject> = people.map(|(person, purpose)| model.subject(person, purpose)).collect();
        for subject in &subjects {
            model.counters.push(subject.counter.clone());
            for (option, limit) in subject.options.iter().zip(model.config.policy.sends_to_one.iter().cycle()) {
                let name = throttle::counter_of_destination(&option.device, limit.window);
                if !model.counters.contains(&name) {
                    model.counters.push(name);
                }
            }
        }
        model.options = subjects.iter().map(|subject| subject.options.len()).max().unwrap_or_default();
        model
    }

    fn subject(&self, person: usize, purpose: Purpose) -> Subject {
        let Person { user_id, account } = &self.config.people[person];
        match account {
            Some(account) => Subject::real(&self.keys, &self.config.policy, purpose, account),
            None => Subject::decoy(&self.keys, &self.config.policy, purpose, user_id, &Crowd::default()),
        }
    }

    fn ctx<'a>(&'a self, now: i64, kept: &'a Kept) -> Ctx<'a> {
        Ctx {
            now: Time(now),
            entropy: [0; 32],
            policy: &self.config.policy,
            keys: &self.keys,
            registration: &kept.registration,
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
        let mut flow = Reset::new(FLOW, Time(0), self.config.policy.lifetime);
        let first = &self.config.people[0];
        if let (true, Some(account)) = (self.config.rehearsal, &first.account) {
            let practise = Event::Practise { account: account.id.clone(), user_id: first.user_id.into() };
            flow = regain_core::reset::step(&self.ctx(0, &self.kept), flow, practise).state;
        }
        World {
            now: 0,
            row: Arc::new(Row { flow, spare: Vec::new() }),
            tabs: vec![Tab::Idle; self.config.tabs],
            outbox: Vec::new(),
            flight: Vec::new(),
            mishaps: self.config.mishaps,
            counters: vec![0; self.counters.len()],
            kept: self.kept.clone(),
            outside: self.config.outside.1,
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
                for unlock in self.config.unlock.iter().copied() {
                    all.push(Do::Identify { person, read: true, unlock });
                    if picture {
                        all.push(Do::Identify { person, read: false, unlock });
                    }
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
        for found in self.surveyed() {
            all.push(Do::Password { good: true, found });
            if self.config.unlock.contains(&true) {
                all.push(Do::Unlock(found));
            }
        }
        all.push(Do::Password { good: false, found: Surveyed { place: 0, told: true, own: true } });
        all
    }

    /// The surveys an event may bring: with what is away told or not, and one of somebody else.
    fn surveyed(&self) -> Vec<Surveyed> {
        let surveys = self.config.surveys.iter().enumerate();
        let mut all: Vec<Surveyed> =
            surveys.clone().map(|(place, _)| Surveyed { place, told: true, own: true }).collect();
        let away = surveys.filter(|(_, found)| found.contains(&Found::Away));
        all.extend(away.map(|(place, _)| Surveyed { place, told: false, own: true }));
        if !self.config.surveys[0].is_empty() {
            all.push(Surveyed { place: 0, told: true, own: false });
        }
        all
    }

    fn survey(&self, row: &Row, found: Surveyed) -> Survey {
        let own = row.flow.stage.subject().and_then(|subject| subject.account.clone());
        let of = if found.own { own } else { Some(AccountId("mallory".into())) };
        let target = |(name, found): (&str, &Found)| {
            let account = of.as_ref().map(|account| AccountId(format!("{}@{name}", account.0)));
            let (outcome, account) = match found {
                Found::There => (elsewhere::Outcome::Untried, account),
                Found::Barred => (elsewhere::Outcome::Barred { bar: Bar::Protected }, account),
                Found::Away => (elsewhere::Outcome::Unavailable, None),
                Found::NotThere => (elsewhere::Outcome::NotThere, None),
            };
            Target { name: name.to_owned(), account, outcome, once_more: false }
        };
        let targets: Vec<Target> = NAMES.into_iter().zip(self.config.surveys[found.place]).map(target).collect();
        let told = if found.told { NAMES.map(str::to_owned).to_vec() } else { Vec::new() };
        Survey { of, targets, told }
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
            Do::Identify { person, read, unlock } => {
                let characters = captcha::characters(&self.keys, FLOW, row.flow.picture);
                let answer = if read { Answer::Characters(characters) } else { Answer::None };
                Event::Identify { user_id: self.config.people[person].user_id.into(), answer, unlock }
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
            Do::Unlock(found) => Event::Unlock { survey: self.survey(row, found) },
            Do::Password { good, found } => {
                let judged = if good { self.good.clone() } else { self.bad.clone() };
                let survey = self.survey(row, found);
                match row.flow.stage {
                    // As the page shows it.
                    Stage::Elsewhere { .. } => Event::Again { judged, survey },
                    _ => Event::Password { judged, survey },
                }
            }
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
        let at_once = || Tab::Current(world.kept.clone());
        let loaded = tab.map_or_else(at_once, |tab| std::mem::replace(&mut next.tabs[tab], Tab::Idle));
        let (row, kept, newest) = match loaded {
            Tab::Idle => return None,
            Tab::Current(kept) => (world.row.clone(), kept, true),
            Tab::Stale(row, kept) => (row, kept, false),
        };
        let event = self.event(world, &row, what)?;
        self.decide(&mut next, (&row, &kept), newest, what, event);
        (next != *world).then_some(next)
    }

    /// One turn of the loop: count, decide, compare and swap, and only then let anything happen.
    fn decide(&self, world: &mut World, (loaded, kept): (&Arc<Row>, &Arc<Kept>), newest: bool, what: Do, event: Event) {
        let ctx = self.ctx(world.now, kept);
        let claims = loaded.flow.claims(&ctx, &event);
        let event = match self.over(world, &claims) {
            Some(Claim { what, scope, limit, .. }) => {
                Event::Throttled { what: *what, scope: *scope, until: free_at(*limit, Time(0)) }
            }
            None => {
                claims.iter().filter_map(|claim| self.counter(claim)).for_each(|place| world.counters[place] += 1);
                event
            }
        };
        let mut spare = loaded.spare.clone();
        let Step { state, effects, .. } = (self.config.machine)(&ctx, &mut spare, loaded.flow.clone(), event.clone());
        // What rests on the registration, and what changes it, is guarded by its version as well.
        let rests = state.proved > loaded.flow.proved
            || effects.iter().any(|effect| {
                matches!(effect, Effect::SetPassword { .. } | Effect::Unlock { .. } | Effect::Register { .. })
            });
        let moved =
            rests && self.config.holds_registration && kept.registration.version != world.kept.registration.version;
        if moved || !newest && self.config.compare_and_swap {
            world.ghost.lost_swap = true;
            return;
        }
        let after = Arc::new(Row { flow: state, spare });
        let ghost = self.watch(world, loaded, &after, what, &event, &claims, &effects);
        world.ghost = ghost;
        if after != world.row {
            let old = std::mem::replace(&mut world.row, after);
            for tab in &mut world.tabs {
                if let Tab::Current(kept) = tab {
                    *tab = Tab::Stale(old.clone(), kept.clone());
                }
            }
        }
        effects.into_iter().for_each(|effect| self.carry_out(world, &claims, effect));
    }

    fn counter(&self, claim: &Claim) -> Option<usize> {
        let place = self.counters.iter().position(|name| *name == claim.counter).expect("a counter of these people");
        (claim.limit.count < BOUNDLESS).then_some(place)
    }

    fn over<'a>(&self, world: &World, claims: &'a [Claim]) -> Option<&'a Claim> {
        claims.iter().find(|claim| self.counter(claim).is_some_and(|place| world.counters[place] >= claim.limit.count))
    }

    fn carry_out(&self, world: &mut World, claims: &[Claim], effect: Effect) {
        let place = |name: String| self.counters.iter().position(|counter| *counter == name).expect("a known counter");
        match effect {
            Effect::Audit(_) | Effect::Remember { .. } | Effect::ChangePassword { .. } => {}
            Effect::EndSessions { .. } => {
                let registration = &mut Arc::make_mut(&mut world.kept).registration;
                (registration.version, registration.signed_out) = (registration.version + 1, Some(Time(world.now)));
            }
            Effect::Unlock { write, directory, .. } => self.tell_directory(world, write, true, directory),
            Effect::Register { change, .. } => Arc::make_mut(&mut world.kept).change(&change, Time(world.now)),
            Effect::Deliver(delivery) => world.outbox.extend(self.mail(&delivery, world.now)),
            Effect::LookUp { user_id } => world.flight.push(Flight::LookUp { user_id }),
            Effect::SetPassword { write, directory, .. } => self.tell_directory(world, write, false, directory),
            Effect::GiveBack { counter } => {
                let place = place(counter);
                world.counters[place] = world.counters[place].saturating_sub(1);
            }
            Effect::Uncount { what } => {
                let unused = claims.iter().filter(|claim| claim.what == what);
                for place in unused.filter_map(|claim| self.counter(claim)) {
                    world.counters[place] = world.counters[place].saturating_sub(1);
                }
            }
            Effect::Forgive { account } => {
                let owner = Owner { account: Some(&account), user_id: "" };
                let all = throttle::of_account(&self.keys, &self.config.policy, owner);
                let places = all.iter().filter_map(|name| self.counters.iter().position(|counter| counter == name));
                places.for_each(|place| world.counters[place] = 0);
            }
        }
    }

    fn tell_directory(&self, world: &mut World, write: u8, unlock: bool, directory: Option<String>) {
        world.flight.push(Flight::Set { serial: world.ghost.writes, write, unlock, directory });
    }

    fn perform(&self, world: &World, flight: usize, outcome: Outcome) -> Option<World> {
        let Flight::Set { serial, write, unlock, directory } = world.flight[flight].clone() else { return None };
        let mut next = world.clone();
        if matches!(outcome, Outcome::Done | Outcome::LostThoughWritten) {
            next.ghost.write_took_effect(unlock, directory.as_deref());
        }
        let answer = match outcome {
            Outcome::Done => Written::Done,
            Outcome::Refused => Written::Refused { problem: password::Problem::InHistory, reason: String::new() },
            Outcome::Unavailable => Written::Unavailable,
            Outcome::LostThoughWritten | Outcome::LostNotWritten => Written::Unknown,
        };
        next.flight[flight] = Flight::Wrote { serial, write, directory, answer };
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
                self.decide(&mut next, (&world.row, &world.kept), true, Do::Found(found), event);
            }
            Flight::Wrote { serial, write, directory, answer } => {
                next.ghost.answering = Some(serial);
                let event = Event::Written { write, directory, answer, password: Some(self.good.password().clone()) };
                self.decide(&mut next, (&world.row, &world.kept), true, Do::Wrote, event);
                next.ghost.answering = None;
            }
        }
        Some(next)
    }

    fn look_up(&self, world: &World, user_id: &str) -> LookedUp {
        let person = self.person(user_id).expect("somebody of the table");
        let limit = self.config.policy.failed_proofs;
        let counter = self.subject(person, world.row.flow.goal.purpose()).counter;
        let place = self.counters.iter().position(|name| *name == counter).expect("a known counter");
        let resting = (world.counters[place] >= limit.count).then(|| free_at(limit, Time(0)));
        let mut account = self.account(person).cloned();
        if let Some(account) = &mut account {
            account.frozen = world.kept.registration.frozen.is_some();
            account.contacts.retain(|contact| world.kept.registration.holds(&contact.id));
        }
        LookedUp::Answer { account, resting, crowd: Arc::default() }
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
        if world.outside > 0 {
            let thawed = world.kept.registration.frozen.is_none();
            let all = self.config.outside.0.iter().filter(|what| thawed == (**what != Outside::Thaw));
            actions.extend(all.map(|what| Action::Outside(*what)));
        }
        if world.mishaps > 0 && (!world.flight.is_empty() || world.tabs.iter().any(|tab| *tab != Tab::Idle)) {
            actions.push(Action::Crash);
            actions.extend((0..world.flight.len()).map(Action::Lose));
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Load(tab) => next.tabs[tab] = Tab::Current(world.kept.clone()),
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
            Action::Outside(outside) => {
                next.outside -= 1;
                let nothing = ContactKind::Office;
                let change = match outside {
                    Outside::Freeze => Change::Freeze { kind: Some(nothing), restore: None },
                    Outside::Thaw => Change::Thaw,
                    Outside::Remove(kind) => Change::Remove { kind },
                };
                Arc::make_mut(&mut next.kept).change(&change, Time(world.now));
            }
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
