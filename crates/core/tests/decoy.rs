//! Twins: a person who exists and one who does not go through the same events side by side. Whoever knows neither the code
//! nor the whole address sees no difference: not on the page, not in what is counted, not in the number of statements. There
//! are twins for every class of people: whatever an account is like, some made-up one looks the same.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

#[path = "decoy/classes.rs"]
mod classes;
#[path = "support/registered.rs"]
mod registered;

use regain_core::budget::{self, Budget, Prices, Usual};
use regain_core::captcha::{self, Answer};
use regain_core::crowd::Crowd;
use regain_core::effect::Message;
use regain_core::keys::Digest;
use regain_core::method::issued_code::Purpose;
use regain_core::method::{ContactKind, Method};
use regain_core::password::{Judged, Lists, Person, judge};
use regain_core::registration::NOBODY;
use regain_core::reset::{Event, LookedUp, Reset, View, step};
use regain_core::subject::{Account, AccountId, Contact, ContactId, Subject};
use regain_core::throttle::{Claim, Limit, Limits, Scope, What};
use regain_core::{Ctx, Effect, FlowId, Keys, Policy, Registration, Secret, Span, Step, Time};

const FLOW: FlowId = FlowId([5; 16]);

fn keys() -> Keys {
    Keys::new([7; 32])
}

/// Few tries and little time, so that every sequence can be played.
fn tiny() -> Policy {
    let few = Limit { count: 2, window: Span(9) };
    Policy {
        captcha: captcha::Kind::Off,
        lifetime: Span(3),
        extensions: 1,
        code_lifetime: Span(2),
        tries: 2,
        sends: 2,
        resend_after: Span(1),
        failed_proofs: few,
        sends_to_one: vec![few, Limit { count: 3, window: Span(99) }],
        budget: Budget {
            prices: Prices { by_prefix: vec![("44".into(), 400)], otherwise: 100 },
            messages: vec![few],
            emails: vec![few],
            money: vec![few],
            ranges: vec![few],
            usual: Some(Usual { floor: 2, deviations: 4 }),
        },
        limits: Limits { sends_of_account: vec![few], look_ups_of_account: vec![few], ..Limits::none() },
        ..Policy::default()
    }
}

/// The decoy of this User ID while nobody was counted.
fn plain_decoy(policy: &Policy, user_id: &str) -> Subject {
    Subject::decoy(&keys(), policy, Purpose::Reset, user_id, &Crowd::default())
}

/// An address that looks, once masked, like that of this decoy.
fn address_like(decoy: &Subject, kind: ContactKind) -> Option<String> {
    let mask = &decoy.options.iter().find(|option| option.method.contact() == kind)?.mask;
    Some(match kind {
        ContactKind::Email => {
            let (mailbox, domain) = mask.split_once("*****@").expect("a mask");
            let domain = domain.replace("****", "idden");
            // What hides its suffix has a rare one, and what hides the letter too begins with none.
            let domain = if domain.contains('.') { domain } else { format!("{domain}.museum") };
            let domain = if domain.starts_with("idden") { format!("\u{e9}{domain}") } else { domain };
            format!("{mailbox}.hidden@{domain}")
        }
        ContactKind::Mobile | ContactKind::Office => format!("+4477{}{}", kind as u8, mask.trim_matches('*')),
    })
}

/// A person whose addresses look like those of this decoy.
fn twin_of(decoy: &Subject) -> Account {
    let contact = |kind: ContactKind| {
        let address = address_like(decoy, kind)?;
        Some(Contact { id: ContactId(kind.name().into()), kind, address, young: false })
    };
    Account {
        id: AccountId("real".into()),
        own_mail: Some("work@example.org".into()),
        groups: if decoy.administrator { vec!["Administrators".into()] } else { Vec::new() },
        disabled: false,
        frozen: false,
        contacts: ContactKind::ALL.into_iter().filter_map(contact).collect(),
    }
}

/// What happens to both; only the answer to the look-up differs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Do {
    TimePasses,
    Identify { read: bool },
    NewPicture,
    Found { resting: bool },
    LookUpFailed,
    Choose { option: usize, confirm: bool },
    Resend,
    WrongCode,
    OtherWay,
    Unlock,
    Password,
    Extend,
    Back,
    Resume,
    Cancel,
    Tick,
    Throttled(What, Scope),
}

fn all(options: usize) -> Vec<Do> {
    let mut all = vec![
        Do::TimePasses,
        Do::Identify { read: true },
        Do::Identify { read: false },
        Do::NewPicture,
        Do::Found { resting: false },
        Do::Found { resting: true },
        Do::LookUpFailed,
        Do::Resend,
        Do::WrongCode,
        Do::OtherWay,
        Do::Password,
        Do::Unlock,
        Do::Extend,
        Do::Back,
        Do::Resume,
        Do::Cancel,
        Do::Tick,
        Do::Throttled(What::Proofs, Scope::Account),
        Do::Throttled(What::Proofs, Scope::Network),
        Do::Throttled(What::Sends, Scope::Destination),
        Do::Throttled(What::Sends, Scope::Range),
        Do::Throttled(What::Sends, Scope::Emails),
        Do::Throttled(What::Sends, Scope::Money),
    ];
    let choices = (0..=options).flat_map(|option| [true, false].map(|confirm| Do::Choose { option, confirm }));
    all.extend(choices);
    all
}

type Machine = fn(&Ctx, Reset, Event) -> Step<Reset, View>;
type Counting = fn(&Ctx, &Reset, &Event) -> Vec<Claim>;

/// One policy, one User ID, and the machine under test.
struct Twins<'a> {
    user_id: &'a str,
    policy: Policy,
    account: Account,
    unlock: bool,
    registration: Registration,
    crowd: Arc<Crowd>,
    password: Judged,
    keys: Keys,
    machine: Machine,
    counting: Counting,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Pair {
    now: i64,
    real: Reset,
    decoy: Reset,
}

/// What an outsider could measure of one decision.
#[derive(Debug, PartialEq)]
struct Seen {
    view: View,
    claims: Vec<(What, Scope, Limit, usize, u32)>,
    counts: Vec<What>,
    effects: Vec<String>,
}

impl<'a> Twins<'a> {
    fn new(user_id: &'a str, policy: Policy) -> Self {
        let account = twin_of(&plain_decoy(&policy, user_id));
        Self::of(user_id, policy, account, Crowd::default())
    }

    fn of(user_id: &'a str, policy: Policy, account: Account, crowd: Crowd) -> Self {
        let password = judge(
            &policy.password,
            &Lists::default(),
            &Person::with_user_id(user_id),
            &Secret::new("plum kettle 94 orbit"),
            None,
        );
        Self {
            user_id,
            policy,
            registration: registered::registered(&account.contacts),
            account,
            crowd: Arc::new(crowd),
            unlock: false,
            password,
            keys: keys(),
            machine: step,
            counting: |ctx, flow, event| flow.claims(ctx, event),
        }
    }

    fn event(&self, flow: &Reset, what: Do, real: bool) -> Event {
        let until = Time(99);
        match what {
            Do::TimePasses | Do::Tick => Event::Tick,
            Do::Identify { read } => {
                let characters = captcha::characters(&self.keys, FLOW, flow.picture);
                let answer = if read { Answer::Characters(characters) } else { Answer::None };
                Event::Identify { user_id: self.user_id.into(), answer, unlock: self.unlock }
            }
            Do::NewPicture => Event::NewPicture,
            Do::Found { resting } => {
                let account = real.then(|| self.account.clone());
                let (resting, crowd) = (resting.then_some(until), Arc::clone(&self.crowd));
                let found = LookedUp::Answer { account, resting, crowd };
                Event::LookedUp { user_id: flow.user_id.clone(), found }
            }
            Do::LookUpFailed => Event::LookedUp { user_id: flow.user_id.clone(), found: LookedUp::Failed },
            Do::Choose { option, confirm } => {
                Event::Choose { option, confirmation: confirm.then_some(Digest([1; 32])) }
            }
            Do::Resend => Event::Resend,
            Do::WrongCode => Event::Code { typed: Secret::new("none"), seen: flow.wrong },
            Do::OtherWay => Event::OtherWay,
            Do::Unlock => Event::Unlock,
            Do::Password => Event::Password(self.password.clone()),
            Do::Extend => Event::Extend,
            Do::Back => Event::Back,
            Do::Resume => Event::Resume,
            Do::Cancel => Event::Cancel,
            Do::Throttled(what, scope) => Event::Throttled { what, scope, until },
        }
    }

    fn decide(&self, now: i64, flow: &Reset, what: Do, real: bool) -> (Reset, Seen) {
        let known = real && flow.stage.subject().is_some();
        let registration = if known { &self.registration } else { &NOBODY };
        let ctx = Ctx { now: Time(now), entropy: [3; 32], policy: &self.policy, keys: &self.keys, registration };
        let event = self.event(flow, what, real);
        let claims = (self.counting)(&ctx, flow, &event);
        let Step { state, effects, view } = (self.machine)(&ctx, flow.clone(), event);
        let asked = self.event(flow, what, real);
        let counts = flow.counts(&ctx, &asked);
        let postage = flow.postage(&ctx, &asked);
        let of = |postage| budget::claims(&ctx, postage, &[], &Crowd::default());
        let budget: Vec<Claim> = postage.iter().flat_map(of).collect();
        assert!(claims.iter().all(|claim| !claim.whom.is_empty()), "administrators see whose it is");
        let cost = |claim: &Claim| (claim.what, claim.scope, claim.limit, claim.counter.len(), claim.weight);
        let claims = claims.iter().chain(&budget).map(cost).collect();
        (state, Seen { view, claims, counts, effects: effects.iter().map(shape).collect() })
    }

    /// Plays every sequence; gives how many pairs of states there are, or the shortest sequence that tells the two apart.
    fn play(&self) -> Result<usize, String> {
        let fresh = Reset::new(FLOW, Time(0), self.policy.lifetime);
        let start = Pair { now: 0, real: fresh.clone(), decoy: fresh };
        let events = all(Method::ALL.len());
        let mut way: HashMap<Pair, Option<(Pair, Do)>> = HashMap::from([(start.clone(), None)]);
        let mut open = VecDeque::from([start]);
        while let Some(pair) = open.pop_front() {
            for what in &events {
                let now = pair.now + i64::from(*what == Do::TimePasses);
                let (real, seen_of_real) = self.decide(now, &pair.real, *what, true);
                let (decoy, seen_of_decoy) = self.decide(now, &pair.decoy, *what, false);
                if seen_of_real != seen_of_decoy {
                    let told = format!("{what:?}:\nreal  {seen_of_real:?}\ndecoy {seen_of_decoy:?}");
                    return Err(format!("{:?}, then {told}", sequence(&way, &pair)));
                }
                let next = Pair { now, real, decoy };
                // A User ID may be typed and pictures changed three times; after that nothing new comes of it.
                if now <= 9 && next.real.picture <= 3 && !way.contains_key(&next) {
                    way.insert(next.clone(), Some((pair.clone(), *what)));
                    open.push_back(next);
                }
            }
        }
        Ok(way.len())
    }
}

fn sequence(way: &HashMap<Pair, Option<(Pair, Do)>>, to: &Pair) -> Vec<Do> {
    let before = std::iter::successors(way[to].as_ref(), |(pair, _)| way[pair].as_ref());
    let mut all: Vec<Do> = before.map(|(_, what)| *what).collect();
    all.reverse();
    all
}

/// What an effect costs: its kind and all of it that does not name the person.
fn shape(effect: &Effect) -> String {
    match effect {
        Effect::Audit(event) => format!("audit {}", event.user_id),
        Effect::Deliver(delivery) => match &delivery.message {
            Message::Code(issue) => format!("code {:?} {issue:?} {:?}", delivery.channel, delivery.deadline),
            _ => "notice".into(),
        },
        Effect::LookUp { user_id } => format!("look up {user_id}"),
        Effect::SetPassword { .. } => "set password".into(),
        Effect::ChangePassword { .. } => "change password".into(),
        Effect::Unlock { .. } => "unlock".into(),
        Effect::Register { .. } => "register".into(),
        Effect::Remember { .. } => "remember".into(),
        Effect::EndSessions { .. } => "end sessions".into(),
        Effect::GiveBack { counter } => format!("give back {}", counter.len()),
        Effect::Uncount { what } => format!("uncount {what:?}"),
        Effect::Forgive { .. } => "forgive".into(),
    }
}

/// User IDs whose decoys have between them every shape, an administrator's too.
fn user_ids(policy: &Policy) -> Vec<String> {
    let mut shapes = HashSet::new();
    let all = (0..2_000).map(|n| format!("person{n}@example.org"));
    all.filter(|user_id| {
        let decoy = plain_decoy(policy, user_id);
        let methods: Vec<Method> = decoy.options.iter().map(|option| option.method).collect();
        shapes.insert((decoy.administrator, methods))
    })
    .collect()
}

fn check(name: &str, policy: Policy) {
    check_goal(name, policy, false);
}

fn check_goal(name: &str, policy: Policy, unlock: bool) {
    let user_ids = user_ids(&policy);
    assert!(user_ids.len() > 3, "{name}: several shapes");
    for user_id in user_ids {
        let twins = Twins { unlock, ..Twins::new(&user_id, policy.clone()) };
        let pairs = twins.play().unwrap_or_else(|leak| panic!("{name}: {leak}"));
        assert!(pairs > 100, "{name}: something happened");
        println!("{name}, {user_id}: {pairs} pairs of states");
    }
}

#[test]
fn twins_look_alike_with_one_step() {
    check("one step", tiny());
}

#[test]
fn twins_look_alike_with_two_steps() {
    check("two steps", Policy { steps: 2, ..tiny() });
}

#[test]
fn twins_look_alike_when_the_whole_address_is_asked_for() {
    check("confirmation", Policy { confirm_email: true, confirm_number: true, ..tiny() });
}

#[test]
fn twins_look_alike_behind_pictures() {
    check("pictures", Policy { captcha: captcha::Kind::Picture, extensions: 0, ..tiny() });
}

#[test]
fn twins_look_alike_when_the_account_is_to_be_unlocked() {
    check_goal("unlocking", Policy { extensions: 0, ..tiny() }, true);
}

/// A machine in which the two can be told apart.
fn leaks(machine: Machine, counting: Counting) {
    let twins = Twins { machine, counting, ..Twins::new("person0@example.org", tiny()) };
    let leak = twins.play().expect_err("the leak is found");
    println!("{leak}");
}

fn counting(ctx: &Ctx, flow: &Reset, event: &Event) -> Vec<Claim> {
    flow.claims(ctx, event)
}

fn real(flow: &Reset) -> bool {
    flow.stage.subject().is_some_and(Subject::is_real)
}

#[test]
fn finds_another_problem_for_the_real_one() {
    use regain_core::reset::CodeProblem;
    let machine: Machine = |ctx, flow, event| {
        let mut result = step(ctx, flow, event);
        let is_real = real(&result.state);
        if let (true, View::Code { problem: Some(problem), .. }) = (is_real, &mut result.view) {
            *problem = CodeProblem::Late;
        }
        result
    };
    leaks(machine, counting);
}

#[test]
fn finds_a_message_that_only_the_real_one_costs() {
    let machine: Machine = |ctx, flow, event| {
        let mut result = step(ctx, flow, event);
        if !real(&result.state) {
            result.effects.retain(|effect| !matches!(effect, Effect::Deliver(_)));
        }
        result
    };
    leaks(machine, counting);
}

#[test]
fn finds_an_attempt_that_only_the_real_one_is_charged() {
    leaks(step, |ctx, flow, event| if real(flow) { flow.claims(ctx, event) } else { Vec::new() });
}

#[test]
fn finds_that_only_the_real_one_runs_out_of_tries() {
    let machine: Machine = |ctx, mut flow, event| {
        if !real(&flow) {
            flow.wrong = 0;
        }
        step(ctx, flow, event)
    };
    leaks(machine, counting);
}

#[test]
fn a_decoy_is_the_same_for_every_spelling_of_one_user_id() {
    let policy = Policy::default();
    let decoy = |user_id: &str| plain_decoy(&policy, user_id);
    for (one, other) in [
        ("jo.bloggs@example.org", "  JO.Bloggs@Example.ORG\t"),
        ("jo.bloggs", "ｊｏ．ｂｌｏｇｇｓ"),
        ("zo\u{e9}", "ZOE\u{301}"),
        ("\u{1f0}o", "J\u{30c}o"),
        ("jo", "\u{a0}jo\u{3000}"),
    ] {
        assert_eq!(decoy(one), decoy(other), "{one} {other}");
    }
    assert_ne!(decoy("jo").counter, decoy("joe").counter);
}

#[test]
fn decoys_differ_from_key_to_key() {
    let policy = Policy::default();
    let alike = (0..200u32).filter(|n| {
        let user_id = format!("person{n}");
        let one = plain_decoy(&policy, &user_id);
        let other = Subject::decoy(&Keys::new([8; 32]), &policy, Purpose::Reset, &user_id, &Crowd::default());
        assert!(one.options.iter().all(|o| other.options.iter().all(|p| o.device != p.device)));
        one.options.iter().map(|o| (o.method, &o.mask)).eq(other.options.iter().map(|o| (o.method, &o.mask)))
    });
    assert!(alike.count() < 10, "with another key another person is made up");
}

#[test]
fn a_decoy_satisfies_every_policy_that_anybody_can() {
    for steps in [1, 2] {
        for subset in 1..16u8 {
            let chosen = Method::ALL.into_iter().enumerate().filter(|(place, _)| subset & (1 << place) != 0);
            let methods: Vec<Method> = chosen.map(|(_, method)| method).collect();
            if methods.len() < usize::from(steps) {
                continue;
            }
            let policy = Policy { steps, methods: methods.clone(), ..Policy::default() };
            for n in 0..300 {
                let decoy = plain_decoy(&policy, &format!("person{n}"));
                assert!(!policy.usable(&decoy, &[]).is_empty(), "{steps} of {methods:?}, person{n}");
            }
        }
    }
}

#[test]
fn decoys_are_as_various_as_people() {
    let policy = Policy::default();
    let decoys: Vec<Subject> = (0..1_000).map(|n| plain_decoy(&policy, &format!("person{n}@example.org"))).collect();
    let mut shapes: HashMap<Vec<Method>, usize> = HashMap::new();
    for decoy in &decoys {
        *shapes.entry(decoy.options.iter().map(|option| option.method).collect()).or_default() += 1;
    }
    assert!(shapes.len() >= 5, "{shapes:?}");
    assert!(shapes.values().all(|count| *count >= 20), "none is so rare that it stands out: {shapes:?}");
    let administrators = decoys.iter().filter(|decoy| decoy.administrator).count();
    assert!((30..100).contains(&administrators), "{administrators}");
    let masks: HashSet<&str> =
        decoys.iter().flat_map(|d| d.options.iter().map(|option| option.mask.as_str())).collect();
    assert!(masks.len() > 150, "{}", masks.len());
    let counters: HashSet<&str> = decoys.iter().map(|decoy| decoy.counter.as_str()).collect();
    assert_eq!(counters.len(), 1_000);
}

#[test]
fn where_nobody_is_an_administrator_no_decoy_is() {
    let policy = Policy { administrators: Vec::new(), ..Policy::default() };
    assert!((0..500).all(|n| !plain_decoy(&policy, &format!("person{n}")).administrator));
}
