//! Changing a password that is known: tables of one event after another.

use regain_core::change::{ChangePassword, End, Event, Person, Problem, View, step};
use regain_core::effect::{Message, To};
use regain_core::elsewhere::{Outcome, Survey, Target};
use regain_core::method::ContactKind;
use regain_core::password::{self, Judged, judge};
use regain_core::registration::Registered;
use regain_core::reset::Written;
use regain_core::subject::{AccountId, ContactId};
use regain_core::throttle::What;
use regain_core::{Ctx, Effect, FlowId, Keys, Policy, Registration, Secret, Span, Time};

struct Desk {
    policy: Policy,
    registration: Registration,
    flow: ChangePassword,
    now: Time,
}

fn keys() -> Keys {
    Keys::new([7; 32])
}

fn person(account: &str) -> Person {
    Person { account: AccountId(account.into()), user_id: "jo".into(), own_mail: Some("jo@example.org".into()) }
}

impl Desk {
    fn new() -> Self {
        let contact = |kind: ContactKind, address: &str| Registered {
            id: ContactId(kind.name().into()),
            kind,
            address: address.into(),
            verified: Some(Time(0)),
            barred: false,
        };
        let contacts = vec![
            contact(ContactKind::Email, "jo@mail.example"),
            contact(ContactKind::Mobile, "+447700900123"),
            contact(ContactKind::Office, "+442079460000"),
        ];
        Self {
            policy: Policy { password_tries: 3, ..Policy::default() },
            registration: Registration { contacts, ..Registration::default() },
            flow: ChangePassword::new(FlowId([5; 16]), Time(0)),
            now: Time(0),
        }
    }

    fn opened() -> Self {
        let mut desk = Self::new();
        desk.check(Event::Open(person("17")), ask(&[]), &[]);
        desk
    }

    fn claims(&self, event: &Event) -> usize {
        let keys = keys();
        let registration = &self.registration;
        let ctx = Ctx { now: self.now, entropy: [3; 32], policy: &self.policy, keys: &keys, registration };
        let claims = self.flow.claims(&ctx, event);
        assert!(claims.iter().all(|claim| claim.what == What::Passwords));
        claims.len()
    }

    #[track_caller]
    fn check(&mut self, event: Event, page: View, done: &[&str]) {
        let keys = keys();
        let registration = &self.registration;
        let ctx = Ctx { now: self.now, entropy: [3; 32], policy: &self.policy, keys: &keys, registration };
        let made = step(&ctx, self.flow.clone(), event);
        self.flow = made.state;
        if made.effects.iter().any(|effect| matches!(effect, Effect::EndSessions { .. })) {
            self.registration.signed_out = Some(self.now);
        }
        assert_eq!(made.view, page);
        assert_eq!(made.effects.iter().map(note).collect::<Vec<_>>(), done);
    }
}

fn note(effect: &Effect) -> String {
    match effect {
        Effect::Audit(event) => event.act.name().into(),
        Effect::Deliver(delivery) => {
            let to = match &delivery.to {
                To::Contact(contact) => contact.0.clone(),
                To::OwnMail(mail) => mail.clone(),
                To::New { .. } | To::CareTeam | To::Operators | To::Nobody => panic!("not of a change"),
            };
            let Message::PasswordChanged { certain, .. } = delivery.message else { panic!("not of a change") };
            format!("{} {to}", if certain { "tell" } else { "warn" })
        }
        Effect::ChangePassword { write, account, old, new } => {
            format!("change {} ({write}) {} to {}", account.0, old.reveal(), new.reveal())
        }
        Effect::SetPassword { write, account, .. } => format!("set {} ({write})", account.0),
        Effect::GiveBack { .. } => "give back".into(),
        Effect::Forgive { .. } => "forgive".into(),
        Effect::Remember { account, .. } => format!("remember for {}", account.0),
        Effect::EndSessions { account } => format!("end sessions of {}", account.0),
        _ => panic!("a change does no such thing"),
    }
}

fn ask(problems: &[Problem]) -> View {
    View::Ask { user_id: "jo".into(), problems: problems.to_vec() }
}

fn ended(end: End) -> View {
    View::Ended { end, others: Vec::new() }
}

fn change(new: &str) -> Event {
    let new = judge(
        &Policy::default().password,
        &password::Lists::default(),
        &password::Person::with_user_id("jo"),
        &Secret::new(new),
        None,
    );
    Event::Change { old: Secret::new("old one"), new, survey: Survey::default() }
}

fn good() -> Event {
    change("plum kettle 94 orbit")
}

fn answer(write: u8, answer: Option<Written>) -> Event {
    Event::Written { write, directory: None, answer, password: Some(Secret::new("plum kettle 94 orbit")) }
}

fn refused() -> Option<Written> {
    Some(Written::Refused { problem: password::Problem::InHistory, reason: "in history".into() })
}

/// What the directory is told, the first time.
const WRITING: [&str; 2] = ["writing", "change 17 (0) old one to plum kettle 94 orbit"];

#[test]
fn a_password_is_changed_and_everybody_is_told() {
    let mut desk = Desk::new();
    desk.check(good(), View::Closed, &[]);
    desk.check(Event::Open(person("17")), ask(&[]), &[]);
    desk.check(Event::Open(person("sam")), ask(&[]), &[]);
    desk.check(
        change("password"),
        ask(&[Problem::New(password::Problem::Banned { word: None, points: 1 })]),
        &["password_unfit"],
    );
    desk.check(good(), View::Wait, &WRITING);
    desk.check(good(), View::Wait, &[]);
    desk.check(answer(1, Some(Written::Done)), View::Wait, &[]);
    let told =
        ["tell email", "tell mobile", "tell jo@example.org", "forgive", "end sessions of 17", "password_changed"];
    desk.check(answer(0, Some(Written::Done)), ended(End::Done), &told);
    desk.check(good(), ended(End::Done), &[]);
}

#[test]
fn only_a_wrong_old_password_stays_counted() {
    let mut desk = Desk::opened();
    desk.check(good(), View::Wait, &WRITING);
    desk.check(answer(0, None), ask(&[Problem::Old]), &["old_password_wrong"]);
    desk.check(good(), View::Wait, &["writing", "change 17 (1) old one to plum kettle 94 orbit"]);
    let in_history = ask(&[Problem::New(password::Problem::InHistory)]);
    desk.check(answer(0, refused()), View::Wait, &[]);
    desk.check(answer(1, refused()), in_history, &["give back", "password_refused"]);
    desk.check(good(), View::Wait, &["writing", "change 17 (2) old one to plum kettle 94 orbit"]);
    let last = ["give back", "write_failed", "tries_exhausted"];
    desk.check(answer(2, Some(Written::Unavailable)), ended(End::TooManyTries), &last);
}

#[test]
fn what_is_compared_is_counted_first_and_nothing_else() {
    let mut desk = Desk::new();
    assert_eq!(desk.claims(&good()), 0, "nobody is there yet");
    desk.check(Event::Open(person("17")), ask(&[]), &[]);
    assert_eq!(desk.claims(&good()), 1);
    assert_eq!(desk.claims(&change("password")), 0, "the directory is not asked");
    desk.check(good(), View::Wait, &WRITING);
    assert_eq!(desk.claims(&good()), 0);
    desk.check(answer(0, None), ask(&[Problem::Old]), &["old_password_wrong"]);
    desk.now = Time(0) + Span::hours(8);
    assert_eq!(desk.claims(&good()), 0);
}

#[test]
fn a_rest_is_told() {
    let mut desk = Desk::opened();
    let until = Time(9);
    desk.check(Event::Throttled { until }, ask(&[Problem::Resting { until }]), &["throttled"]);
}

#[test]
fn a_lost_answer_is_called_unknown_and_never_tried_again() {
    let warned = ["warn email", "warn mobile", "warn jo@example.org", "end sessions of 17", "outcome_unknown"];
    for lost in [answer(0, Some(Written::Unknown)), Event::Tick, Event::Resume] {
        let mut desk = Desk::opened();
        desk.check(good(), View::Wait, &WRITING);
        desk.now = Time(29_999);
        desk.check(Event::Tick, View::Wait, &[]);
        desk.now = Time(30_000);
        desk.check(lost, ended(End::Unknown), &warned);
        desk.check(answer(0, Some(Written::Done)), ended(End::Unknown), &[]);
    }
}

/// A change where `wifi` is as found.
fn with(outcome: Outcome) -> (Judged, Survey) {
    let Event::Change { new, .. } = good() else { panic!("a change") };
    let account = (outcome == Outcome::Untried).then(|| AccountId("17@wifi".into()));
    let targets = vec![Target { name: "wifi".into(), account, outcome, once_more: false }];
    (new, Survey { of: Some(AccountId("17".into())), targets, told: Vec::new() })
}

fn change_with(outcome: Outcome) -> Event {
    let (new, survey) = with(outcome);
    Event::Change { old: Secret::new("old one"), new, survey }
}

fn again_with(outcome: Outcome) -> Event {
    let (new, survey) = with(outcome);
    Event::Again { new, survey }
}

fn answer_elsewhere(write: u8, answer: Written) -> Event {
    answer_at("wifi", write, answer)
}

fn answer_at(directory: &str, write: u8, answer: Written) -> Event {
    let (directory, password) = (Some(directory.to_owned()), Some(Secret::new("plum kettle 94 orbit")));
    Event::Written { write, directory, answer: Some(answer), password }
}

fn wifi(outcome: Outcome) -> Vec<Target> {
    vec![Target { name: "wifi".into(), account: Some(AccountId("17@wifi".into())), outcome, once_more: false }]
}

const CHANGED: [&str; 6] =
    ["tell email", "tell mobile", "tell jo@example.org", "forgive", "end sessions of 17", "password_changed"];

#[test]
fn elsewhere_it_is_set_without_the_old_one_and_tried_again_for_a_while() {
    let mut desk = Desk::opened();
    let away = Problem::New(password::Problem::Away { directory: "wifi".into() });
    assert_eq!(desk.claims(&change_with(Outcome::Unavailable)), 0, "the old one is not tried yet");
    desk.check(change_with(Outcome::Unavailable), ask(&[away]), &["elsewhere"]);
    desk.check(change_with(Outcome::Untried), View::Wait, &WRITING);
    desk.check(answer_elsewhere(0, Written::Done), View::Wait, &[]);
    let set = [CHANGED.as_slice(), &["set 17@wifi (0)"]].concat();
    desk.check(answer(0, Some(Written::Done)), View::Wait, &set);
    desk.check(answer(0, Some(Written::Done)), View::Wait, &[]);
    let left = |outcome| View::Elsewhere { user_id: "jo".into(), others: wifi(outcome), problems: Vec::new() };
    desk.check(answer_elsewhere(0, Written::Unavailable), left(Outcome::Unavailable), &["elsewhere"]);
    desk.check(good(), left(Outcome::Unavailable), &[]);
    desk.check(again_with(Outcome::Untried), View::Wait, &["writing", "set 17@wifi (1)"]);
    desk.now = desk.now + Span::seconds(30);
    desk.check(Event::Tick, left(Outcome::Unknown), &["elsewhere"]);
    desk.now = Time(0) + desk.policy.lifetime;
    let done = |outcome| View::Ended { end: End::Done, others: wifi(outcome) };
    desk.check(again_with(Outcome::Untried), done(Outcome::Unknown), &["expired"]);
}

#[test]
fn what_failed_elsewhere_can_be_left_as_it_is() {
    let mut desk = Desk::opened();
    desk.check(change_with(Outcome::Untried), View::Wait, &WRITING);
    desk.check(answer(0, None), ask(&[Problem::Old]), &["old_password_wrong"]);
    desk.check(
        change_with(Outcome::Untried),
        View::Wait,
        &["writing", "change 17 (1) old one to plum kettle 94 orbit"],
    );
    let set = [CHANGED.as_slice(), &["set 17@wifi (1)"]].concat();
    desk.check(answer(1, Some(Written::Done)), View::Wait, &set);
    let left = View::Elsewhere { user_id: "jo".into(), others: wifi(Outcome::Unknown), problems: Vec::new() };
    desk.check(answer_elsewhere(1, Written::Unknown), left, &["elsewhere"]);
    let done = View::Ended { end: End::Done, others: wifi(Outcome::Unknown) };
    desk.check(Event::Finish, done.clone(), &["cancelled"]);
    desk.check(again_with(Outcome::Untried), done, &[]);
}

/// A change in two further directories, of which the first is being told.
fn between_two() -> (Desk, Vec<Target>) {
    let mut desk = Desk::opened();
    let (new, mut survey) = with(Outcome::Untried);
    survey.targets.push(Target {
        name: "library".into(),
        account: Some(AccountId("17@library".into())),
        ..survey.targets[0].clone()
    });
    let targets = survey.targets.clone();
    desk.check(Event::Change { old: Secret::new("old one"), new, survey }, View::Wait, &WRITING);
    let set = [CHANGED.as_slice(), &["set 17@wifi (0)"]].concat();
    desk.check(answer(0, Some(Written::Done)), View::Wait, &set);
    desk.now = desk.now + Span::seconds(1);
    (desk, targets)
}

#[test]
fn whoever_ends_the_sessions_after_it_was_set_stops_it() {
    // While a directory is slow.
    let (mut desk, mut others) = between_two();
    assert!(desk.flow.stands(&desk.registration), "its own end of all sessions does not count");
    desk.registration.signed_out = Some(desk.now);
    others[0].outcome = Outcome::Done;
    desk.check(
        answer_at("wifi", 0, Written::Done),
        View::Ended { end: End::Done, others },
        &["elsewhere", "elsewhere"],
    );
    assert!(!desk.flow.stands(&desk.registration));

    // While one more try is waited for.
    let (mut desk, mut others) = between_two();
    (others[0].outcome, others[1].outcome) = (Outcome::Unavailable, Outcome::Done);
    desk.check(answer_at("wifi", 0, Written::Unavailable), View::Wait, &["elsewhere", "set 17@library (0)"]);
    let left = View::Elsewhere { user_id: "jo".into(), others: others.clone(), problems: Vec::new() };
    desk.check(answer_at("library", 0, Written::Done), left, &["elsewhere"]);
    desk.registration.signed_out = Some(desk.now);
    desk.check(again_with(Outcome::Untried), View::Ended { end: End::Done, others }, &["superseded"]);

    // Before the primary directory has answered.
    let mut desk = Desk::opened();
    desk.check(change_with(Outcome::Untried), View::Wait, &WRITING);
    desk.now = desk.now + Span::seconds(1);
    desk.registration.signed_out = Some(desk.now);
    let set = [CHANGED.as_slice(), &["elsewhere"]].concat();
    desk.check(answer(0, Some(Written::Done)), View::Ended { end: End::Done, others: wifi(Outcome::Untried) }, &set);
    assert!(!desk.flow.stands(&desk.registration));
}

#[test]
fn it_ends_with_its_time() {
    let mut desk = Desk::opened();
    desk.now = Time(0) + Span::hours(8);
    desk.check(good(), ended(End::Expired), &["expired"]);
    // An answer is heard all the same.
    for (last, end, done) in [(refused(), End::Expired, 3), (Some(Written::Done), End::Done, 6)] {
        let mut desk = Desk::opened();
        desk.now = Time(8 * 3_600_000 - 1);
        desk.check(good(), View::Wait, &WRITING);
        desk.now = Time(8 * 3_600_000 + 1);
        desk.check(Event::Resume, View::Wait, &[]);
        let all = [
            ["give back", "password_refused", "expired"].as_slice(),
            &["tell email", "tell mobile", "tell jo@example.org", "forgive", "end sessions of 17", "password_changed"],
        ];
        let expected = all.into_iter().find(|list| list.len() == done).expect("one of the two");
        desk.check(answer(0, last), ended(end), expected);
    }
}

#[test]
fn whoever_knows_the_password_may_change_it_while_resets_are_frozen() {
    let mut desk = Desk::opened();
    desk.registration.frozen = Some(Time(0));
    desk.check(good(), View::Wait, &WRITING);
}
