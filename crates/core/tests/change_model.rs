//! The change machine in a world that does its worst: two requests at the same moment, a request that was read long before it
//! is written, answers that get lost or come twice, time. Every state that can be reached is visited; `--nocapture` shows how
//! many.

use regain_core::change::{ChangePassword, End, Event, Person, Problem, Stage, View, step};
use regain_core::elsewhere::Survey;
use regain_core::password::{self, Judged, Lists, Mark, Recalled};
use regain_core::registration::NOBODY;
use regain_core::reset::Written;
use regain_core::subject::AccountId;
use regain_core::throttle::{self, Owner};
use regain_core::{Ctx, Effect, FlowId, Keys, Policy, Secret, Span, Step, Time};
use stateright::{Checker, HasDiscoveries, Model, Property};

const OLD: &str = "the old one";
const GUESS: &str = "a guess";
const NEW: &str = "plum kettle 94 orbit";

const C1: &str = "C1 the directory is told only what the person of this flow typed, with the old password beside it";
const C2: &str = "C2 no second write while one is under way, and none after the end";
const C3: &str = "C3 every old password that is tried is counted, and only right ones are given back";
const C4: &str = "C4 a new password, or perhaps one, signs out everywhere, is told and is remembered";
const C5: &str = "C5 done is said if, and only if, the directory said so";
const C6: &str = "C6 no flow moves after its end, nor is it another's";
const ALL: [&str; 6] = [C1, C2, C3, C4, C5, C6];

type Machine = fn(&Ctx, ChangePassword, Event) -> Step<ChangePassword, View>;

/// How the directory answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Answer {
    Done,
    WrongOld,
    Refused,
    Unavailable,
    Unknown,
}

/// What the directory was asked, or has answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Flight {
    write: u8,
    right: bool,
    answer: Option<Answer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    now: i64,
    row: ChangePassword,
    /// What a slow request has read.
    slow: Option<ChangePassword>,
    flight: Option<Flight>,
    /// An answer that comes a second time.
    echo: Option<(u8, Answer)>,
    /// Old passwords tried, and counted.
    tried: u8,
    counted: i8,
    set: bool,
    broken: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Action {
    Open(&'static str),
    Change { right: bool, fit: bool, slow: bool },
    Read,
    Answer(Answer),
    Echo,
    Lose,
    Resume,
    Later,
}

struct Changes {
    keys: Keys,
    policy: Policy,
    fit: Judged,
    unfit: Judged,
    machine: Machine,
    counting: bool,
    compare_and_swap: bool,
}

fn person(account: &str) -> Person {
    Person { account: AccountId(account.into()), user_id: account.into(), own_mail: Some("jo@example.org".into()) }
}

impl Changes {
    fn new(machine: Machine) -> Self {
        let policy = Policy { password_tries: 3, write_patience: Span::hours(1), ..Policy::default() };
        let judge = |text: &str| {
            let recall = |_: &Secret| Some(Recalled { before: false, mark: Mark("new".into()) });
            let lists = Lists { history: Some(&recall), ..Lists::default() };
            let nobody = password::Person::default();
            password::judge(&policy.password, &lists, &nobody, &Secret::new(text), None)
        };
        let (fit, unfit) = (judge(NEW), judge("short"));
        assert!(fit.problems().is_empty() && !unfit.problems().is_empty());
        Self { keys: Keys::new([7; 32]), policy, fit, unfit, machine, counting: true, compare_and_swap: true }
    }

    /// Lets an event happen to what was read, and writes it down if nobody was quicker.
    fn happen(&self, world: &mut World, read: ChangePassword, event: Event) {
        let now = Time(world.now * Span::hours(3).0);
        let ctx = Ctx { now, entropy: [0; 32], policy: &self.policy, keys: &self.keys, registration: &NOBODY };
        let claims = if self.counting { read.claims(&ctx, &event).len() } else { 0 };
        let Step { state, effects, .. } = (self.machine)(&ctx, read.clone(), event.clone());
        if self.compare_and_swap && read != world.row {
            // Whoever was overtaken gives back what was counted.
            return;
        }
        let before = std::mem::replace(&mut world.row, state);
        world.counted += i8::try_from(claims).expect("few");
        self.watch(world, &before, &event, &effects);
    }

    fn watch(&self, world: &mut World, before: &ChangePassword, event: &Event, effects: &[Effect]) {
        let mut broken = |property, wrong: bool| {
            if wrong && world.broken.is_none() {
                world.broken = Some(property);
            }
        };
        let after = world.row.clone();
        let another = before.person.is_some() && before.person != after.person;
        broken(C6, another || (before.ended() && (&after != before || !effects.is_empty())));
        let account = after.person.as_ref().map(|person| &person.account);
        let counters = throttle::passwords(&self.keys, &self.policy, Owner { account, user_id: "" });
        let mut given_back = 0;
        for effect in effects {
            match effect {
                Effect::ChangePassword { write, account, old, new } => {
                    let Event::Change { old: typed, new: judged, .. } = event else { return world.broken = Some(C1) };
                    let same = old.same_as(typed) && new.same_as(judged.password()) && judged.problems().is_empty();
                    broken(C1, !same || after.person.as_ref().is_none_or(|person| person.account != *account));
                    broken(C2, world.flight.is_some() || before.ended());
                    world.tried += 1;
                    let right = typed.same_as(&Secret::new(OLD));
                    world.flight = Some(Flight { write: *write, right, answer: None });
                }
                Effect::GiveBack { counter } => {
                    broken(C3, counters.iter().all(|claim| claim.counter != *counter));
                    given_back += 1;
                }
                Effect::Forgive { account: forgiven } => {
                    broken(C3, account != Some(forgiven));
                    given_back += 1;
                }
                _ => {}
            }
        }
        let heard = matches!(event, Event::Written { .. }) && before != &after;
        let wrong_old = matches!(&after.stage, Stage::Asking { problems } if problems.contains(&Problem::Old));
        broken(C3, (heard && wrong_old && given_back > 0) || i16::from(world.counted) < i16::from(world.tried));
        let ended = |end: End| matches!(after.stage, Stage::Ended { end: now, .. } if now == end) && !before.ended();
        let signed_out = effects.iter().any(|effect| matches!(effect, Effect::EndSessions { .. }));
        let told = effects.iter().any(|effect| matches!(effect, Effect::Deliver(_)));
        let remembered = effects.iter().any(|effect| matches!(effect, Effect::Remember { .. }));
        let new = ended(End::Done) || ended(End::Unknown);
        broken(C4, new != signed_out || new != told || new != remembered);
        broken(C5, ended(End::Done) && !world.set);
    }

    fn written(flight: &Flight, answer: Answer) -> Event {
        let refused = || Written::Refused { problem: password::Problem::InHistory, reason: "in history".into() };
        let answer = match answer {
            Answer::Done => Some(Written::Done),
            Answer::WrongOld => None,
            Answer::Refused => Some(refused()),
            Answer::Unavailable => Some(Written::Unavailable),
            Answer::Unknown => Some(Written::Unknown),
        };
        Event::Written { write: flight.write, directory: None, answer, password: Some(Secret::new(NEW)) }
    }
}

impl Model for Changes {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let row = ChangePassword::new(FlowId([1; 16]), Time(0));
        let (slow, flight, echo) = (None, None, None);
        vec![World { now: 0, row, slow, flight, echo, tried: 0, counted: 0, set: false, broken: None }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        actions.extend([Action::Open("jo"), Action::Open("eve"), Action::Resume]);
        for (right, fit) in [(true, true), (false, true), (true, false)] {
            actions.push(Action::Change { right, fit, slow: false });
            if world.slow.is_some() {
                actions.push(Action::Change { right, fit, slow: true });
            }
        }
        if world.slow.is_none() {
            actions.push(Action::Read);
        }
        if let Some(flight) = &world.flight {
            let possible: &[Answer] = if flight.right {
                &[Answer::Done, Answer::Refused, Answer::Unavailable, Answer::Unknown]
            } else {
                &[Answer::WrongOld, Answer::Unavailable, Answer::Unknown]
            };
            actions.extend(possible.iter().copied().map(Action::Answer));
            actions.push(Action::Lose);
        }
        if world.echo.is_some() {
            actions.push(Action::Echo);
        }
        if world.now < 4 {
            actions.push(Action::Later);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        let read = world.row.clone();
        match action {
            Action::Open(who) => self.happen(&mut next, read, Event::Open(person(who))),
            Action::Change { right, fit, slow } => {
                let read = if slow { next.slow.take()? } else { read };
                let old = Secret::new(if right { OLD } else { GUESS });
                let new = if fit { self.fit.clone() } else { self.unfit.clone() };
                self.happen(&mut next, read, Event::Change { old, new, survey: Survey::default() });
            }
            Action::Read => next.slow = Some(read),
            Action::Answer(answer) => {
                let flight = next.flight.take()?;
                next.set |= answer == Answer::Done;
                next.echo = Some((flight.write, answer));
                self.happen(&mut next, read, Self::written(&flight, answer));
            }
            Action::Echo => {
                let (write, answer) = next.echo.take()?;
                let flight = Flight { write, right: true, answer: None };
                self.happen(&mut next, read, Self::written(&flight, answer));
            }
            Action::Lose => next.flight = None,
            Action::Resume => self.happen(&mut next, read, Event::Resume),
            Action::Later => next.now += 1,
        }
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn holds<const N: usize>(_: &Changes, world: &World) -> bool {
            world.broken != Some(ALL[N])
        }
        fn ended(world: &World, wanted: End) -> bool {
            matches!(world.row.stage, Stage::Ended { end, .. } if end == wanted)
        }
        vec![
            Property::always(C1, holds::<0>),
            Property::always(C2, holds::<1>),
            Property::always(C3, holds::<2>),
            Property::always(C4, holds::<3>),
            Property::always(C5, holds::<4>),
            Property::always(C6, holds::<5>),
            Property::sometimes("done", |_, world| ended(world, End::Done)),
            Property::sometimes("unknown", |_, world| ended(world, End::Unknown)),
            Property::sometimes("too many", |_, world| ended(world, End::TooManyTries)),
            Property::sometimes("expired", |_, world| ended(world, End::Expired)),
        ]
    }
}

#[test]
fn changing_holds() {
    let checker = Changes::new(step).checker().threads(2).spawn_bfs().join();
    println!("changing: {} states, depth {}", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

/// Expects that the checker finds this property broken.
fn finds(property: &'static str, model: Changes) {
    let until = HasDiscoveries::AnyOf([property].into());
    let checker = model.checker().finish_when(until).spawn_bfs().join();
    assert!(checker.discovery(property).is_some(), "{property}: not found");
}

/// Passes over the number of a write.
fn any_answer_will_do(ctx: &Ctx, flow: ChangePassword, event: Event) -> Step<ChangePassword, View> {
    let event = match event {
        Event::Written { answer, directory, password, .. } => {
            Event::Written { write: flow.refused, directory, answer, password }
        }
        other => other,
    };
    step(ctx, flow, event)
}

fn nobody_is_signed_out(ctx: &Ctx, flow: ChangePassword, event: Event) -> Step<ChangePassword, View> {
    let mut made = step(ctx, flow, event);
    made.effects.retain(|effect| !matches!(effect, Effect::EndSessions { .. }));
    made
}

fn nothing_is_remembered(ctx: &Ctx, flow: ChangePassword, event: Event) -> Step<ChangePassword, View> {
    let mut made = step(ctx, flow, event);
    made.effects.retain(|effect| !matches!(effect, Effect::Remember { .. }));
    made
}

fn the_page_is_whoever_opens_it(ctx: &Ctx, mut flow: ChangePassword, event: Event) -> Step<ChangePassword, View> {
    if let Event::Open(person) = &event {
        flow.person = Some(person.clone());
    }
    step(ctx, flow, event)
}

fn silence_is_consent(ctx: &Ctx, flow: ChangePassword, event: Event) -> Step<ChangePassword, View> {
    let write = flow.refused;
    let event = if let (Stage::Writing { .. }, Event::Resume) = (&flow.stage, &event) {
        Event::Written { write, directory: None, answer: Some(Written::Done), password: None }
    } else {
        event
    };
    step(ctx, flow, event)
}

fn a_wrong_old_one_is_given_back(ctx: &Ctx, flow: ChangePassword, event: Event) -> Step<ChangePassword, View> {
    let wrong = matches!(event, Event::Written { answer: None, .. });
    let account = flow.person.as_ref().map(|person| person.account.clone());
    let mut made = step(ctx, flow, event);
    if wrong {
        let counted = throttle::passwords(ctx.keys, ctx.policy, Owner { account: account.as_ref(), user_id: "" });
        made.effects.extend(counted.into_iter().map(|claim| Effect::GiveBack { counter: claim.counter }));
    }
    made
}

#[test]
fn finds_every_seeded_bug() {
    finds(C5, Changes::new(silence_is_consent));
    finds(C4, Changes::new(nobody_is_signed_out));
    finds(C4, Changes::new(nothing_is_remembered));
    finds(C6, Changes::new(the_page_is_whoever_opens_it));
    finds(C3, Changes::new(a_wrong_old_one_is_given_back));
    finds(C3, Changes { counting: false, ..Changes::new(step) });
    finds(C2, Changes { compare_and_swap: false, ..Changes::new(step) });
}

#[test]
fn an_answer_that_comes_twice_is_not_that_of_the_next_write() {
    let checker = Changes::new(any_answer_will_do).checker().spawn_bfs().join();
    assert!([C2, C3, C5].iter().any(|property| checker.discovery(property).is_some()), "not found");
}
