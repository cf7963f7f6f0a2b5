//! Flows that lie in a store stay readable. Each file in `stored/v1` is one as this version writes it; a change of the
//! stored shape makes these tests fail, and then needs a new version, a conversion and new samples beside the old.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

#[path = "support/registered.rs"]
mod registered;

use regain_core::captcha::{self, Answer};
use regain_core::change::{self, ChangePassword};
use regain_core::elsewhere::{Bar, Outcome, Survey, Target};
use regain_core::flow::{Flow, Stored};
use regain_core::keys::Digest;
use regain_core::method::{ContactKind, Method};
use regain_core::password::{self, Lists, Mark, Problem, Recalled, judge};
use regain_core::register::{self, Register};
use regain_core::reset::{Event, LookedUp, Reset, Stage, Written, step};
use regain_core::subject::{Account, AccountId, Contact, ContactId};
use regain_core::throttle::{Scope, What};
use regain_core::{Ctx, Effect, FlowId, Keys, Policy, Secret, Span, Time};
use serde_json::Value;

/// A reset being made, for the samples.
#[derive(Clone)]
struct Made {
    flow: Reset,
    code: Option<Secret>,
}

const START: Time = Time(1_790_000_000_000);

impl Made {
    fn new() -> Self {
        Self { flow: Reset::new(FlowId([0xab; 16]), START, Policy::default().lifetime), code: None }
    }

    fn then(&self, seconds: i64, event: Event) -> Self {
        let policy =
            Policy { steps: 2, captcha: captcha::Kind::Picture, confirm_email: true, tries: 3, ..Policy::default() };
        let keys = Keys::new([7; 32]);
        let registration = registered::registered(&jo().contacts);
        let ctx = Ctx {
            now: START + Span::seconds(seconds),
            entropy: [3; 32],
            policy: &policy,
            keys: &keys,
            registration: &registration,
        };
        let made = step(&ctx, self.flow.clone(), event);
        let code = made.effects.iter().find_map(|effect| match effect {
            Effect::Deliver(delivery) => match &delivery.message {
                regain_core::effect::Message::Code(issue) => Some(issue.code(&keys)),
                _ => None,
            },
            _ => None,
        });
        Self { flow: made.state, code: code.or_else(|| self.code.clone()) }
    }

    fn identified(&self, seconds: i64) -> Self {
        let characters = captcha::characters(&Keys::new([7; 32]), self.flow.id, self.flow.picture);
        self.then(
            seconds,
            Event::Identify {
                user_id: " Jo.Bloggs@example.org ".into(),
                answer: Answer::Characters(characters),
                unlock: false,
            },
        )
    }

    fn found(&self, account: Option<Account>) -> Self {
        let user_id = self.flow.user_id.clone();
        self.then(
            2,
            Event::LookedUp { user_id, found: LookedUp::Answer { account, resting: None, crowd: Arc::default() } },
        )
    }

    fn chosen(&self, seconds: i64, option: usize) -> Self {
        let device = self.flow.stage.subject().expect("somebody").options[option].device;
        self.then(seconds, Event::Choose { option, confirmation: Some(device) })
    }

    fn proven(&self, seconds: i64) -> Self {
        self.then(seconds, Event::Code { typed: self.code.clone().expect("a code was sent"), seen: self.flow.wrong })
    }

    fn password(&self, seconds: i64, mark: Option<&str>) -> Self {
        self.password_with(seconds, mark, Survey::default())
    }

    fn password_with(&self, seconds: i64, mark: Option<&str>, survey: Survey) -> Self {
        let recall = recall(mark);
        let judged = judge(
            &Policy::default().password,
            &Lists { history: Some(&recall), ..Lists::default() },
            &password::Person::default(),
            &Secret::new("plum kettle 94 orbit"),
            None,
        );
        self.then(seconds, Event::Password { judged, survey })
    }

    fn written(&self, seconds: i64, answer: Written) -> Self {
        self.heard(seconds, None, answer)
    }

    fn written_at(&self, seconds: i64, directory: &str, answer: Written) -> Self {
        self.heard(seconds, Some(directory.to_owned()), answer)
    }

    fn heard(&self, seconds: i64, directory: Option<String>, answer: Written) -> Self {
        let (write, password) = (self.flow.refused, Some(Secret::new("plum kettle 94 orbit")));
        self.then(seconds, Event::Written { write, directory, answer, password })
    }
}

/// A history in which nothing is found, and that gives this mark, if any.
fn recall(mark: Option<&str>) -> impl Fn(&Secret) -> Option<Recalled> {
    move |_| mark.map(|mark| Recalled { before: false, mark: Mark(mark.into()) })
}

fn jo() -> Account {
    let contact = |kind: ContactKind, address: &str| Contact {
        id: ContactId(format!("c-{}", kind.name())),
        kind,
        address: address.into(),
        young: false,
    };
    Account {
        id: AccountId("5d1f0c9e-0001".into()),
        own_mail: Some("jo.bloggs@example.org".into()),
        groups: vec!["administrators".into()],
        disabled: false,
        frozen: false,
        contacts: vec![
            contact(ContactKind::Email, "jobloggs@mail.co.uk"),
            contact(ContactKind::Mobile, "+447700900123"),
        ],
    }
}

/// A code that was never sent, typed on a page that knew of so many wrong ones.
fn wrong_code(seen: u8) -> Event {
    Event::Code { typed: Secret::new("none"), seen }
}

fn ctx_at<R>(seconds: i64, decide: impl FnOnce(&Ctx) -> R) -> R {
    let (keys, policy) = (Keys::new([7; 32]), Policy::default());
    let registration = registered::registered(&jo().contacts);
    let now = START + Span::seconds(seconds);
    decide(&Ctx { now, entropy: [3; 32], policy: &policy, keys: &keys, registration: &registration })
}

/// Unlocking and practising, where they differ from a reset.
fn goals() -> BTreeMap<&'static str, Flow> {
    let new = Made::new();
    let characters = |made: &Made| captcha::characters(&Keys::new([7; 32]), made.flow.id, made.flow.picture);
    let answer = Answer::Characters(characters(&new));
    let identified = new.then(1, Event::Identify { user_id: "jo".into(), answer, unlock: true });
    let proven = |made: &Made| made.found(Some(jo())).chosen(3, 0).proven(4).chosen(5, 1).proven(6);
    let unlock = proven(&identified);
    let practises = new.then(0, Event::Practise { account: jo().id, user_id: "jo".into() });
    let practised = proven(&practises.identified(1));
    let not_his = Account { id: AccountId("5d1f0c9e-0002".into()), ..jo() };
    let writing = unlock.then(7, Event::Unlock { survey: Survey::default() });
    let all = [
        ("unlock", unlock.clone()),
        ("unlock-unavailable", writing.written(8, Written::Unavailable)),
        ("writing-unlock", writing.clone()),
        ("ended-unlocked", writing.written(8, Written::Done)),
        ("identify-rehearsal", practises.clone()),
        ("identify-not-yours", practises.identified(1).found(Some(not_his))),
        ("password-rehearsal", practised.clone()),
        ("ended-rehearsed", practised.password(7, None)),
    ];
    all.into_iter().map(|(name, made)| (name, Flow::Reset(made.flow))).collect()
}

/// One registration in every stage.
fn registers() -> BTreeMap<&'static str, Flow> {
    let until = Time(1_790_003_600_000);
    let then = |flow: &Register, seconds, event| ctx_at(seconds, |ctx| register::step(ctx, flow.clone(), event).state);
    let person =
        register::Person { account: jo().id, user_id: "jo".into(), own_mail: jo().own_mail, administrator: true };
    let prove = |method, address: &str| register::Event::Prove { method, address: address.into(), signed_in: START };
    let closed = Register::new(FlowId([0xcd; 16]), START);
    let open = then(&closed, 1, register::Event::Open(person));
    let proving = then(&open, 2, prove(Method::Email, "new@mail.example"));
    let wrong = |flow: &Register| register::Event::Code { typed: Secret::new("none"), seen: flow.wrong };
    let throttled = register::Event::Throttled { what: What::Sends, scope: Scope::Destination, until };
    let exhausted = (0..5).fold(proving.clone(), |flow, _| then(&flow, 3, wrong(&flow)));
    let all = [
        ("register-closed", closed.clone()),
        ("register-open", open.clone()),
        ("register-open-refused", then(&open, 2, prove(Method::OfficeCall, "+442079460000"))),
        ("register-proving", proving.clone()),
        ("register-proving-wrong", then(&proving, 3, wrong(&proving))),
        ("register-proving-throttled", then(&proving, 3, throttled)),
        ("register-ended", exhausted),
    ];
    all.into_iter().map(|(name, flow)| (name, Flow::Register(flow))).collect()
}

/// One change of a password in every stage.
fn changes() -> BTreeMap<&'static str, Flow> {
    let then = |flow: &ChangePassword, event| ctx_at(1, |ctx| change::step(ctx, flow.clone(), event).state);
    let person = change::Person { account: jo().id, user_id: "jo".into(), own_mail: jo().own_mail };
    let new = |mark| {
        let recall = recall(mark);
        let lists = Lists { history: Some(&recall), ..Lists::default() };
        let (rules, nobody) = (Policy::default().password, password::Person::default());
        judge(&rules, &lists, &nobody, &Secret::new("plum kettle 94 orbit"), None)
    };
    let closed = ChangePassword::new(FlowId([0xef; 16]), START);
    let asking = then(&closed, change::Event::Open(person));
    let change = |mark| {
        let (old, survey) = (Secret::new("quince"), Survey::default());
        change::Event::Change { old, new: new(mark), survey }
    };
    let writing = then(&asking, change(None));
    let answered =
        |answer| then(&writing, change::Event::Written { write: 0, directory: None, answer, password: None });
    let all = [
        ("change-closed", closed.clone()),
        ("change-asking", asking.clone()),
        ("change-asking-refused", answered(None)),
        ("change-writing", writing.clone()),
        ("change-writing-mark", then(&asking, change(Some("a mark")))),
        ("change-ended", answered(Some(Written::Done))),
    ];
    all.into_iter().map(|(name, flow)| (name, Flow::Change(flow))).collect()
}

/// A person in three further directories, of which one answers, one does not, and one has a barred account.
fn survey() -> Survey {
    let target = |name: &str, outcome| Target {
        name: name.into(),
        account: (outcome != Outcome::Unavailable).then(|| AccountId(format!("{name}-17"))),
        outcome,
        once_more: false,
    };
    let barred = Outcome::Barred { bar: Bar::Protected };
    let found = [("Wi-Fi", Outcome::Untried), ("Library", Outcome::Unavailable), ("Safe", barred)];
    Survey {
        of: Some(jo().id),
        targets: found.into_iter().map(|(name, outcome)| target(name, outcome)).collect(),
        told: vec!["Library".into()],
    }
}

/// A reset and a change in several directories, in every stage that differs.
fn elsewhere() -> BTreeMap<&'static str, Flow> {
    let made = Made::new().identified(1).found(Some(jo())).chosen(3, 0).proven(4).chosen(5, 1).proven(6);
    let writing = made.password_with(7, None, survey());
    let first = writing.written(8, Written::Done);
    let refused = Written::Refused { problem: Problem::InHistory, reason: "in history".into() };
    let failed = first.written_at(9, "Wi-Fi", refused);
    let told = |flow: &ChangePassword, event| ctx_at(1, |ctx| change::step(ctx, flow.clone(), event).state);
    let person = change::Person { account: jo().id, user_id: "jo".into(), own_mail: jo().own_mail };
    let new = || {
        let (rules, lists, nobody) = (Policy::default().password, Lists::default(), password::Person::default());
        judge(&rules, &lists, &nobody, &Secret::new("plum kettle 94 orbit"), None)
    };
    let asking = told(&ChangePassword::new(FlowId([0xef; 16]), START), change::Event::Open(person));
    let change = told(&asking, change::Event::Change { old: Secret::new("quince"), new: new(), survey: survey() });
    let heard = |flow: &ChangePassword, directory: Option<&str>, answer| {
        let (directory, password) = (directory.map(str::to_owned), Some(Secret::new("plum kettle 94 orbit")));
        told(flow, change::Event::Written { write: 0, directory, answer: Some(answer), password })
    };
    let changed = heard(&change, None, Written::Done);
    let unknown = heard(&changed, Some("Wi-Fi"), Written::Unknown);
    let resets = [
        ("writing-several", writing.clone()),
        ("writing-elsewhere", first),
        ("elsewhere", failed.clone()),
        ("ended-elsewhere", failed.then(10, Event::Cancel)),
    ];
    let changes = [
        ("change-writing-elsewhere", changed),
        ("change-elsewhere", unknown.clone()),
        ("change-ended-elsewhere", told(&unknown, change::Event::Finish)),
    ];
    let resets = resets.into_iter().map(|(name, made)| (name, Flow::Reset(made.flow)));
    resets.chain(changes.into_iter().map(|(name, flow)| (name, Flow::Change(flow)))).collect()
}

/// All of them.
fn samples() -> BTreeMap<&'static str, Flow> {
    let resets = resets().into_iter().map(|(name, flow)| (name, Flow::Reset(flow)));
    resets.chain(goals()).chain(registers()).chain(changes()).chain(elsewhere()).collect()
}

/// One reset in every stage, and in every shape a stage can have.
fn resets() -> BTreeMap<&'static str, Reset> {
    let until = Time(1_790_003_600_000);
    let new = Made::new();
    let misread = new.then(1, Event::Identify { user_id: "jo".into(), answer: Answer::None, unlock: false });
    let identified = new.identified(1);
    let unavailable = Event::LookedUp { user_id: identified.flow.user_id.clone(), found: LookedUp::Failed };
    let resting = LookedUp::Answer { account: Some(jo()), resting: Some(until), crowd: Arc::default() };
    let rests = Event::LookedUp { user_id: identified.flow.user_id.clone(), found: resting };
    let choosing = identified.found(Some(jo()));
    let proving = choosing.chosen(3, 0);
    let throttled = |made: &Made, what| {
        let scope = Scope::Account;
        made.then(4, Event::Throttled { what, scope, until })
    };
    let wrong = proving.then(4, wrong_code(0));
    let second = wrong.proven(5).chosen(6, 1);
    let password = second.proven(7);
    let writing = password.password(8, None);
    let refused = Written::Refused { problem: Problem::TooShort { min: 12 }, reason: "too short".into() };
    let disabled = Account { disabled: true, ..jo() };
    let mistaken = |made: Made, seen| made.then(4, wrong_code(seen));
    let nothing_read = Event::Identify { user_id: "jo".into(), answer: Answer::None, unlock: false };
    let again = |made: &Made, times: u8, event: &Event| (0..times).fold(made.clone(), |m, _| m.then(4, event.clone()));
    BTreeMap::from([
        ("identify", new.flow.clone()),
        ("identify-misread", misread.flow.clone()),
        ("identify-unavailable", identified.then(2, unavailable).flow),
        ("looking-up", identified.flow.clone()),
        ("choosing", choosing.flow.clone()),
        ("choosing-decoy", identified.found(None).flow),
        (
            "choosing-confirmation",
            choosing.then(3, Event::Choose { option: 0, confirmation: Some(Digest([1; 32])) }).flow,
        ),
        ("choosing-other-way", proving.then(4, Event::OtherWay).flow),
        ("choosing-throttled", throttled(&choosing, What::Sends).flow),
        ("choosing-second", wrong.proven(5).then(6, Event::Extend).flow),
        ("proving", proving.flow.clone()),
        ("proving-wrong", wrong.flow.clone()),
        ("proving-late", proving.then(700, wrong_code(0)).flow),
        ("proving-throttled", throttled(&proving, What::Sends).flow),
        ("proving-second", second.flow.clone()),
        ("password", password.flow.clone()),
        ("password-refused", writing.written(9, refused).flow),
        ("password-unavailable", writing.written(9, Written::Unavailable).flow),
        ("writing", writing.flow.clone()),
        ("writing-mark", password.password(8, Some("a mark")).flow),
        ("ended-done", writing.written(9, Written::Done).flow),
        ("ended-unknown", writing.written(9, Written::Unknown).flow),
        ("ended-care-team", identified.found(Some(disabled)).flow),
        ("ended-too-many-tries", (0..3).fold(proving.clone(), mistaken).flow),
        ("ended-too-many-pictures", again(&new, 5, &nothing_read).flow),
        ("ended-resting", identified.then(2, rests).flow),
        ("ended-expired", proving.then(900, Event::Tick).flow),
        ("ended-cancelled", proving.then(9, Event::Cancel).flow),
    ])
}

fn stage(flow: &Flow) -> &'static str {
    match flow {
        Flow::Reset(flow) => stage_of_reset(flow),
        Flow::Register(flow) => match flow.stage {
            register::Stage::Closed => "register-closed",
            register::Stage::Open { .. } => "register-open",
            register::Stage::Proving { .. } => "register-proving",
            register::Stage::Ended { .. } => "register-ended",
        },
        Flow::Change(flow) => match flow.stage {
            change::Stage::Closed => "change-closed",
            change::Stage::Asking { .. } => "change-asking",
            change::Stage::Writing { .. } => "change-writing",
            change::Stage::Elsewhere { .. } => "change-elsewhere",
            change::Stage::Ended { .. } => "change-ended",
        },
    }
}

fn stage_of_reset(flow: &Reset) -> &'static str {
    match flow.stage {
        Stage::Identify { .. } => "identify",
        Stage::LookingUp => "looking-up",
        Stage::Choosing { .. } => "choosing",
        Stage::Proving { .. } => "proving",
        Stage::Password { .. } => "password",
        Stage::Unlock { .. } => "unlock",
        Stage::Writing { .. } => "writing",
        Stage::Elsewhere { .. } => "elsewhere",
        Stage::Ended { .. } => "ended",
    }
}

/// The files of one version, by name.
fn files(version: u16) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/stored/v{version}"));
    let entries = fs::read_dir(folder).expect("the folder of samples");
    let read = entries.map(|entry| {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("a sample"))
    });
    read.collect()
}

#[test]
fn every_sample_is_what_this_version_writes() {
    let files = files(Stored::VERSION);
    let samples = samples();
    assert!(files.keys().map(String::as_str).eq(samples.keys().copied()), "a file for each sample and no other");
    for (name, flow) in samples {
        assert!(name.starts_with(stage(&flow)), "{name} is in that stage");
        let expected: Value = serde_json::from_str(&files[name]).expect("JSON");
        let written = serde_json::to_value(Stored::new(flow)).expect("a flow can be written");
        assert_eq!(written, expected, "{name}: the stored shape has changed. Written now: {written}");
    }
}

#[test]
fn every_sample_of_every_version_is_read() {
    for version in 1..=Stored::VERSION {
        let files = files(version);
        for known in [
            "identify",
            "looking-up",
            "choosing",
            "proving",
            "password",
            "unlock",
            "writing",
            "elsewhere",
            "ended",
            "register",
            "change",
        ] {
            assert!(files.keys().any(|name| name.starts_with(known)), "version {version} has a sample of {known}");
        }
        for (name, text) in files {
            let stored: Stored =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("version {version} {name}: {e}"));
            assert_eq!(stored.v, version, "{name}");
            assert!(name.starts_with(stage(&stored.flow)), "{name} is in that stage");
            let (before, after): (Value, Value) =
                (serde_json::from_str(&text).expect("JSON"), serde_json::to_value(&stored).expect("JSON"));
            assert!(version < Stored::VERSION || before == after, "{name}: nothing is lost in reading and writing");
        }
    }
}

#[test]
fn no_sample_holds_an_address_a_number_or_a_code() {
    for (name, text) in files(1) {
        for secret in ["jobloggs@", "7700900123", "plum", "kettle", "quince"] {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
        // What is being proven is registered nowhere else yet. The store seals the whole flow.
        let proving = name.starts_with("register-proving");
        assert_eq!(text.contains("new@mail.example"), proving, "{name}");
    }
}
