//! Plays a reset written down line by line: `what happens => what the page shows | what else is done`.

use regain_core::audit::Act;
use regain_core::captcha::Answer;
use regain_core::effect::{Message, To};
use regain_core::elsewhere::{Bar, Outcome, Survey, Target};
use regain_core::keys::Digest;
use regain_core::method::issued_code::Issue;
use regain_core::method::{ContactKind, Method};
use regain_core::password::{self, Judged};
use regain_core::reset::{Event, LookedUp, Reset, View, Written, step, view};
use regain_core::subject::{Account, AccountId, Contact, ContactId, device};
use regain_core::throttle::{Scope, What};
use regain_core::{Ctx, Effect, FlowId, Keys, Policy, Registration, Secret, Span, Step, Time, captcha};
use std::sync::Arc;

use crate::registered::registered;

pub(crate) const FLOW: FlowId = FlowId([5; 16]);

pub(crate) fn keys() -> Keys {
    Keys::new([7; 32])
}

/// The usual rules without the picture.
pub(crate) fn policy() -> Policy {
    Policy { captcha: captcha::Kind::Off, ..Policy::default() }
}

/// Somebody with these contacts, each named by its kind.
pub(crate) fn person(contacts: &[ContactKind]) -> Account {
    let address = |kind| match kind {
        ContactKind::Email => "jobloggs@mail.co.uk",
        ContactKind::Mobile => "+447700900123",
        ContactKind::Office => "+442079460000;ext=12",
    };
    let contact = |kind: &ContactKind| Contact {
        id: ContactId(kind.name().into()),
        kind: *kind,
        address: address(*kind).into(),
        young: false,
    };
    Account {
        id: AccountId("17".into()),
        own_mail: None,
        groups: Vec::new(),
        disabled: false,
        frozen: false,
        contacts: contacts.iter().map(contact).collect(),
    }
}

pub(crate) struct Desk {
    policy: Policy,
    account: Option<Account>,
    pub(crate) registration: Registration,
    pub(crate) flow: Reset,
    pub(crate) now: Time,
    issues: Vec<Issue>,
}

impl Desk {
    pub(crate) fn new(policy: Policy, account: Option<Account>) -> Self {
        let flow = Reset::new(FLOW, Time(0), policy.lifetime);
        let contacts = account.as_ref().map(|account| account.contacts.clone()).unwrap_or_default();
        let registration = registered(&contacts);
        Self { policy, account, registration, flow, now: Time(0), issues: Vec::new() }
    }

    /// Plays one line; gives what the page shows then and what else is done.
    pub(crate) fn play(&mut self, line: &str) -> (String, String) {
        let keys = keys();
        if let Some(seconds) = line.strip_suffix(" later") {
            self.now = self.now + self.span(seconds);
            let ctx = Ctx {
                now: self.now,
                entropy: [3; 32],
                policy: &self.policy,
                keys: &keys,
                registration: &self.registration,
            };
            return (page(&view(&ctx, &self.flow)), String::new());
        }
        match line.split_once(' ') {
            Some(("loses", kind)) => self.registration.contacts.retain(|contact| contact.kind.name() != kind),
            Some(("is", "frozen")) => self.registration.frozen = Some(self.now),
            Some(("is", "reset")) => self.registration.signed_out = Some(self.now),
            _ => {}
        }
        let event = self.event(line);
        let ctx = Ctx {
            now: self.now,
            entropy: [3; 32],
            policy: &self.policy,
            keys: &keys,
            registration: &self.registration,
        };
        let Step { state, effects, view } = step(&ctx, self.flow.clone(), event);
        self.flow = state;
        let done: Vec<String> = effects.iter().map(|effect| self.note(effect)).collect();
        (page(&view), done.join(", "))
    }

    fn span(&self, text: &str) -> Span {
        let (number, unit) = text.split_at(text.len() - 1);
        let number = number.parse().expect("a number");
        if unit == "m" { Span::minutes(number) } else { Span::seconds(number) }
    }

    fn note(&mut self, effect: &Effect) -> String {
        match effect {
            Effect::Audit(event) => match &event.act {
                Act::Elsewhere { directory, came_to } => format!("{directory} {came_to:?}"),
                act => act.name().into(),
            },
            Effect::Deliver(delivery) => {
                let to = match &delivery.to {
                    To::Contact(contact) => contact.0.clone(),
                    To::OwnMail(mail) => mail.clone(),
                    To::New { address, .. } => format!("new {address}"),
                    To::CareTeam => "the care team".into(),
                    To::Operators => "operators".into(),
                    To::Nobody => "nobody".into(),
                };
                let what = match &delivery.message {
                    Message::Code(issue) => {
                        self.issues.push(issue.clone());
                        "code"
                    }
                    Message::PasswordChanged { .. } => "notice",
                    Message::Unlocked { .. } => "word that it is unlocked",
                    Message::RegistrationChanged { .. } => "word of a change",
                    Message::Frozen { .. } => "word of a freeze",
                    Message::CallForCare { .. } => "call for care",
                    Message::Invitation { .. } => "invitation",
                    Message::LimitReached { .. } => panic!("a reset does not say so"),
                };
                format!("{what} by {} to {to}", delivery.channel.name())
            }
            Effect::LookUp { user_id } => format!("look up {user_id}"),
            Effect::SetPassword { write, directory, account, .. } => {
                format!("set password of {} ({write}){}", account.0, at(directory))
            }
            Effect::ChangePassword { write, account, .. } => format!("change password of {} ({write})", account.0),
            Effect::Unlock { write, directory, account } => format!("unlock {} ({write}){}", account.0, at(directory)),
            Effect::Register { account, change } => format!("register {}: {change:?}", account.0),
            Effect::Remember { account, .. } => format!("remember for {}", account.0),
            Effect::EndSessions { account } => {
                self.registration.signed_out = Some(self.now);
                format!("end sessions of {}", account.0)
            }
            Effect::GiveBack { .. } => panic!("a reset does no such thing"),
            Effect::Uncount { what } => format!("uncount {}", what.name()),
            Effect::Forgive { .. } => "forgive".into(),
        }
    }

    pub(crate) fn event(&self, line: &str) -> Event {
        let words: Vec<&str> = line.split_whitespace().collect();
        let user_id = || self.flow.user_id.clone();
        let write = self.flow.refused;
        let found = |account| Event::LookedUp {
            user_id: user_id(),
            found: LookedUp::Answer { account, resting: None, crowd: Arc::default() },
        };
        match words.as_slice() {
            ["types", user_id] => Event::Identify { user_id: (*user_id).into(), answer: Answer::None, unlock: false },
            ["types", user_id, "to", "unlock"] => {
                Event::Identify { user_id: (*user_id).into(), answer: Answer::None, unlock: true }
            }
            ["unlock", found @ ..] => Event::Unlock { survey: survey(found) },
            ["practises", user_id] => Event::Practise { account: AccountId("17".into()), user_id: (*user_id).into() },
            ["types", user_id, "reads", "rightly"] => {
                let characters = captcha::characters(&keys(), FLOW, self.flow.picture);
                Event::Identify { user_id: (*user_id).into(), answer: Answer::Characters(characters), unlock: false }
            }
            ["new", "picture"] => Event::NewPicture,
            ["found"] => found(self.account.clone()),
            ["found", "late", "for", user_id] => {
                let answer = LookedUp::Answer { account: self.account.clone(), resting: None, crowd: Arc::default() };
                Event::LookedUp { user_id: (*user_id).into(), found: answer }
            }
            ["found", "resting"] => {
                let resting = Some(Time(0) + Span::hours(24));
                let answer = LookedUp::Answer { account: self.account.clone(), resting, crowd: Arc::default() };
                Event::LookedUp { user_id: user_id(), found: answer }
            }
            ["not", "found"] => found(None),
            ["look-up", "fails"] => Event::LookedUp { user_id: user_id(), found: LookedUp::Failed },
            ["chooses", option] => self.choose(option, None),
            ["chooses", option, "confirming", address] => self.choose(option, Some(address)),
            ["resend"] => Event::Resend,
            ["code", "none"] => Event::Code { typed: Secret::new("none"), seen: self.flow.wrong },
            ["code", n] => {
                let place: usize = n.parse().expect("the number of a code");
                Event::Code { typed: self.issues[place - 1].code(&keys()), seen: self.flow.wrong }
            }
            ["other", "way"] => Event::OtherWay,
            ["password"] => self.password("plum kettle 94 orbit", &[]),
            ["password", "with", found @ ..] => self.password("plum kettle 94 orbit", found),
            ["password", bad] => self.password(bad, &[]),
            ["again", "with", found @ ..] => self.again("plum kettle 94 orbit", found),
            ["again", bad] => self.again(bad, &[]),
            ["written", answer] => heard(write, None, answer),
            ["written", answer, "at", directory] => heard(write, Some(directory), answer),
            ["written", answer, "at", directory, number] => {
                heard(number.parse().expect("a number"), Some(directory), answer)
            }
            ["written", answer, number] => heard(number.parse().expect("a number"), None, answer),
            ["extend"] => Event::Extend,
            ["back"] => Event::Back,
            ["resume"] => Event::Resume,
            ["cancel"] => Event::Cancel,
            // What happens to the registration is noticed with whatever comes next.
            ["tick"] | ["loses", _] | ["is", "frozen" | "reset"] => Event::Tick,
            ["throttled", "proofs"] => throttled(What::Proofs, Scope::Account),
            ["throttled", "proofs", "network"] => throttled(What::Proofs, Scope::Network),
            ["throttled", "sends"] => throttled(What::Sends, Scope::Destination),
            ["stopped", "emails"] => throttled(What::Sends, Scope::Emails),
            ["stopped", "range"] => throttled(What::Sends, Scope::Range),
            ["stopped", "money"] => throttled(What::Sends, Scope::Money),
            _ => panic!("not a line of a journey: {line}"),
        }
    }

    fn choose(&self, method: &str, confirmation: Option<&str>) -> Event {
        let options = &self.flow.stage.subject().expect("somebody").options;
        let option = options.iter().position(|option| option.method.name() == method).unwrap_or(99);
        let digest = |address| {
            let kind = Method::ALL.into_iter().find(|known| known.name() == method).expect("a method").contact();
            device(&keys(), kind, address)
        };
        let confirmation: Option<Digest> = confirmation.map(digest);
        Event::Choose { option, confirmation }
    }

    fn password(&self, text: &str, found: &[&str]) -> Event {
        Event::Password { judged: self.judged(text), survey: survey(found) }
    }

    fn again(&self, text: &str, found: &[&str]) -> Event {
        Event::Again { judged: self.judged(text), survey: survey(found) }
    }

    fn judged(&self, text: &str) -> Judged {
        password::judge(
            &self.policy.password,
            &password::Lists::default(),
            &password::Person::with_user_id(&self.flow.user_id),
            &Secret::new(text),
            None,
        )
    }
}

fn at(directory: &Option<String>) -> String {
    directory.as_ref().map(|directory| format!(" at {directory}")).unwrap_or_default()
}

fn heard(write: u8, directory: Option<&str>, answer: &str) -> Event {
    let password = Some(Secret::new("plum kettle 94 orbit"));
    Event::Written { write, directory: directory.map(str::to_owned), answer: written(answer), password }
}

/// What was found of the person `17`, or another: `wifi`, `wifi:away`, `wifi:none`, `wifi:protected`, `wifi:told` (that is,
/// away, as the page said before).
fn survey(found: &[&str]) -> Survey {
    let mut survey = Survey { of: Some(AccountId("17".into())), ..Survey::default() };
    for word in found {
        let (name, what) = word.split_once(':').unwrap_or((word, ""));
        let outcome = match what {
            "" => Outcome::Untried,
            "away" | "told" => Outcome::Unavailable,
            "none" => Outcome::NotThere,
            "protected" => Outcome::Barred { bar: Bar::Protected },
            other => {
                survey.of = Some(AccountId(other.into()));
                Outcome::Untried
            }
        };
        survey.told.extend((what == "told").then(|| name.to_owned()));
        let account = matches!(outcome, Outcome::Untried | Outcome::Barred { .. });
        let account = account.then(|| AccountId(format!("17@{name}")));
        survey.targets.push(Target { name: name.into(), account, outcome, once_more: false });
    }
    survey
}

fn throttled(what: What, scope: Scope) -> Event {
    Event::Throttled { what, scope, until: Time(9) }
}

fn written(answer: &str) -> Written {
    match answer {
        "done" => Written::Done,
        "refused" => Written::Refused { problem: password::Problem::InHistory, reason: "in history".into() },
        "unavailable" => Written::Unavailable,
        "unknown" => Written::Unknown,
        _ => panic!("not an answer: {answer}"),
    }
}

/// A page in a line.
fn page(view: &View) -> String {
    let with = |problem: Option<String>| problem.map(|problem| format!(" ({problem})")).unwrap_or_default();
    match view {
        View::Identify { problem, .. } => format!("identify{}", with(problem.map(|p| format!("{p:?}")))),
        View::Wait { .. } => "wait".into(),
        View::Choose { stepper, options, problem, .. } => {
            let flag = |yes: bool, sign: &'static str| if yes { sign } else { "" };
            let named =
                options.iter().map(|o| format!(" {}{}{}", o.method.name(), flag(o.confirm, "?"), flag(o.stopped, "-")));
            let problem = with(problem.map(|p| format!("{p:?}")));
            format!("choose {}/{}:{}{problem}", stepper.at, stepper.steps, named.collect::<String>())
        }
        View::Code { stepper, method, mask, problem, .. } => {
            let problem = with(problem.map(|p| format!("{p:?}")));
            format!("code {}/{} {} {mask}{problem}", stepper.at, stepper.steps, method.name())
        }
        View::Password { problems, .. } if problems.is_empty() => "password".into(),
        View::Password { problems, .. } => format!("password {problems:?}"),
        View::Unlock { problem, .. } => format!("unlock{}", with(problem.map(|p| format!("{p:?}")))),
        View::Elsewhere { others, problems, .. } if problems.is_empty() => format!("elsewhere{}", outcomes(others)),
        View::Elsewhere { others, problems, .. } => format!("elsewhere{} {problems:?}", outcomes(others)),
        View::Ended { end, others, .. } => format!("ended {end:?}{}", outcomes(others)),
    }
}

fn outcomes(others: &[Target]) -> String {
    others.iter().map(|other| format!(" {}:{:?}", other.name, other.outcome)).collect()
}

/// Plays a journey at a new desk.
#[track_caller]
pub(crate) fn check(policy: Policy, account: Option<Account>, journey: &str) {
    Desk::new(policy, account).check(journey);
}

impl Desk {
    /// Plays a journey, one line after another, and compares each page and, where the line says, what else was done.
    #[track_caller]
    pub(crate) fn check(&mut self, journey: &str) {
        for line in journey.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (happens, expected) = line.split_once("=>").unwrap_or((line, ""));
            let (shown, done) = self.play(happens.trim());
            let (page, more) = expected.split_once('|').map_or((expected, None), |(page, more)| (page, Some(more)));
            if !page.trim().is_empty() {
                assert_eq!(shown, page.trim(), "the page after: {line}");
            }
            if let Some(more) = more {
                assert_eq!(done, more.trim(), "what is done after: {line}");
            }
        }
    }
}
