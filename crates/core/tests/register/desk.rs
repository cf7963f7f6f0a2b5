//! Plays a registration written down line by line: `what happens => what the page shows | what else is done`.

use regain_core::effect::{Changed, FreezeOffer, Message, To};
use regain_core::method::issued_code::{Issue, Purpose};
use regain_core::method::{ContactKind, Method};
use regain_core::register::{Event, Person, Register, Row, View, step, view};
use regain_core::registration::{Change, Registered};
use regain_core::subject::{AccountId, ContactId};
use regain_core::throttle::{Scope, What};
use regain_core::{Ctx, Effect, FlowId, Keys, Policy, Registration, Secret, Span, Step, Time};

use crate::kept::Kept;

pub(crate) fn keys() -> Keys {
    Keys::new([7; 32])
}

/// The usual rules of an organisation without office phones.
pub(crate) fn policy() -> Policy {
    Policy { methods: vec![Method::Email, Method::Text, Method::MobileCall], ..Policy::default() }
}

/// A contact that was proven at this time, or only suggested; named by its kind.
pub(crate) fn known(kind: ContactKind, address: &str, verified: Option<Time>) -> Registered {
    Registered { id: ContactId(kind.name().into()), kind, address: address.into(), verified, barred: false }
}

/// Long before a journey begins.
pub(crate) const LONG_AGO: Option<Time> = Some(Time(-1_000_000_000_000));

pub(crate) struct Desk {
    pub(crate) policy: Policy,
    pub(crate) kept: Kept,
    pub(crate) flow: Register,
    administrator: bool,
    pub(crate) now: Time,
    signed_in: Time,
    flows: u8,
    issues: Vec<Issue>,
    offers: Vec<FreezeOffer>,
}

impl Desk {
    pub(crate) fn new(policy: Policy, contacts: &[Registered]) -> Self {
        let registration = Registration { contacts: contacts.to_vec(), ..Registration::default() };
        let flow = Register::new(FlowId([1; 16]), Time(0));
        Self {
            policy,
            kept: Kept { registration, ..Kept::default() },
            flow,
            administrator: false,
            now: Time(0),
            signed_in: Time(0),
            flows: 1,
            issues: Vec::new(),
            offers: Vec::new(),
        }
    }

    /// The same of an administrator.
    pub(crate) fn of_administrator(policy: Policy, contacts: &[Registered]) -> Self {
        Self { administrator: true, ..Self::new(policy, contacts) }
    }

    fn ctx<'a>(&'a self, keys: &'a Keys) -> Ctx<'a> {
        Ctx { now: self.now, entropy: [3; 32], policy: &self.policy, keys, registration: &self.kept.registration }
    }

    fn page(&self) -> String {
        page(&view(&self.ctx(&keys()), &self.flow))
    }

    /// Plays one line; gives what the page shows then and what else is done.
    pub(crate) fn play(&mut self, line: &str) -> (String, String) {
        if let Some(time) = line.strip_suffix(" later") {
            let (number, unit) = time.split_at(time.len() - 1);
            let number = number.parse().expect("a number");
            let span = [("s", Span::seconds(number)), ("m", Span::minutes(number)), ("h", Span::hours(number))];
            self.now = self.now + span.into_iter().find(|(name, _)| *name == unit).expect("a unit").1;
            return (self.page(), String::new());
        }
        if line == "signs in" {
            self.signed_in = self.now;
            return (self.page(), String::new());
        }
        if line == "another page" || line.starts_with("follows") {
            self.flows += 1;
            self.flow = Register::new(FlowId([self.flows; 16]), self.now);
        }
        if line == "another page" {
            return (self.page(), String::new());
        }
        let event = self.event(line);
        let keys = keys();
        let Step { state, effects, view } = step(&self.ctx(&keys), self.flow.clone(), event);
        self.flow = state;
        let done: Vec<String> = effects.iter().map(|effect| self.note(effect)).collect();
        let changed = effects.iter().any(|effect| matches!(effect, Effect::Register { .. }));
        // What was changed in the transaction is seen when the page is loaded.
        let shown = if changed { self.page() } else { page(&view) };
        (shown, done.join(", "))
    }

    fn note(&mut self, effect: &Effect) -> String {
        match effect {
            Effect::Audit(event) => event.act.name().into(),
            Effect::Deliver(delivery) => {
                let to = match &delivery.to {
                    To::Contact(contact) => contact.0.chars().take(6).collect(),
                    To::OwnMail(mail) => mail.clone(),
                    To::New { address, .. } => format!("new {address}"),
                    To::CareTeam => "the care team".into(),
                    To::Operators => "operators".into(),
                    To::Nobody => "nobody".into(),
                };
                format!("{} by {} to {to}", self.say(&delivery.message), delivery.channel.name())
            }
            Effect::Register { account, change } => {
                assert_eq!(account.0, "17", "nobody else's");
                self.kept.change(change, self.now);
                match change {
                    Change::Set { kind, address, .. } => format!("{} is {address}", kind.name()),
                    Change::Remove { kind } => format!("no {}", kind.name()),
                    Change::Freeze { kind, restore } => {
                        let back = restore.as_ref().map(|contact| format!(", {} is back", contact.0));
                        format!("freeze {}{}", kind.map_or("", ContactKind::name), back.unwrap_or_default())
                    }
                    other => format!("{other:?}").to_lowercase(),
                }
            }
            Effect::Remember { account, .. } => format!("remember for {}", account.0),
            Effect::EndSessions { account } => format!("end sessions of {}", account.0),
            Effect::Uncount { what } => format!("uncount {}", what.name()),
            _ => panic!("a registration does no such thing"),
        }
    }

    fn say(&mut self, message: &Message) -> &'static str {
        match message {
            Message::Code(issue) => {
                assert_eq!(issue.purpose, Purpose::Register);
                self.issues.push(issue.clone());
                "code"
            }
            Message::RegistrationChanged { how, offer, .. } => {
                if self.offers.last() != Some(offer) {
                    self.offers.push(offer.clone());
                }
                match how {
                    Changed::Added => "added",
                    Changed::Replaced => "replaced",
                    Changed::Removed => "removed",
                }
            }
            Message::Frozen { frozen: true, .. } => "frozen",
            Message::Frozen { frozen: false, .. } => "thawed",
            Message::CallForCare { .. } => "call for care",
            Message::PasswordChanged { .. }
            | Message::Unlocked { .. }
            | Message::LimitReached { .. }
            | Message::Invitation { .. } => {
                panic!("not of a registration")
            }
        }
    }

    fn person(&self, account: &str) -> Person {
        Person {
            account: AccountId(account.into()),
            user_id: "jo@example.org".into(),
            own_mail: Some("jo@example.org".into()),
            administrator: self.administrator,
        }
    }

    pub(crate) fn event(&self, line: &str) -> Event {
        let signed_in = self.signed_in;
        let prove = |method, address: &str| Event::Prove { method, address: address.to_owned(), signed_in };
        let typed = |typed| Event::Code { typed, seen: self.flow.wrong };
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["opens"] => Event::Open(self.person("17")),
            ["becomes", "administrator"] => Event::Open(Person { administrator: true, ..self.person("17") }),
            ["sam", "opens"] => Event::Open(self.person("sam")),
            ["is", "asked"] => Event::Asked,
            ["email", address] => prove(Method::Email, address),
            ["text", address] => prove(Method::Text, address),
            ["call", address] => prove(Method::MobileCall, address),
            ["office", address] => prove(Method::OfficeCall, address),
            ["resend"] => Event::Resend,
            ["code", "none"] => typed(Secret::new("none")),
            ["code", "none", "again"] => Event::Code { typed: Secret::new("none"), seen: self.flow.wrong - 1 },
            ["code", "of", "a", purpose] => {
                let purposes = [Purpose::Reset, Purpose::Unlock, Purpose::Rehearsal];
                let purpose = purposes.into_iter().find(|known| known.name() == *purpose).expect("a purpose");
                let issue = self.issues.last().expect("a code").clone();
                typed(Issue { purpose, ..issue }.code(&keys()))
            }
            ["code", n] => {
                let place: usize = n.parse().expect("the number of a code");
                typed(self.issues[place - 1].code(&keys()))
            }
            ["stop"] => Event::Stop,
            ["remove", kind] => {
                let kind = ContactKind::ALL.into_iter().find(|known| known.name() == *kind).expect("a kind");
                Event::Remove { kind, signed_in }
            }
            ["looks", "good"] => Event::Confirm,
            ["follows", n] => {
                let place: usize = n.parse().expect("the number of an offer");
                Event::Freeze(self.offers[place - 1].clone())
            }
            ["thaws"] => Event::Thaw { signed_in: Some(signed_in), by: "jo".into() },
            ["care", "team", "thaws"] => Event::Thaw { signed_in: None, by: "care team".into() },
            ["throttled"] => throttled(What::Sends, Scope::Destination),
            ["throttled", "proofs"] => throttled(What::Proofs, Scope::Account),
            ["stopped"] => throttled(What::Sends, Scope::Messages),
            ["tick"] => Event::Tick,
            _ => panic!("not a line of a journey: {line}"),
        }
    }

    /// What an event claims now.
    pub(crate) fn claims(&self, line: &str) -> Vec<String> {
        let claims = self.flow.claims(&self.ctx(&keys()), &self.event(line));
        assert!(claims.iter().all(|claim| (claim.what == What::Proofs) == line.starts_with("code")));
        claims.into_iter().map(|claim| claim.counter.split(':').next().unwrap_or_default().to_owned()).collect()
    }
}

fn throttled(what: What, scope: Scope) -> Event {
    Event::Throttled { what, scope, until: Time(9) }
}

fn row(row: &Row) -> String {
    let flag = |yes: bool, letter: &'static str| if yes { letter } else { "" };
    let address = row.address.as_deref().unwrap_or("-");
    let suggested = flag(row.address.is_some() && row.verified.is_none(), "?");
    let young = flag(row.young_until.is_some(), " young");
    let kept = flag(row.address.is_some() && !row.removable, " kept");
    let shared = flag(row.shared, " shared");
    let barred = flag(row.barred, " barred");
    format!("{} {address}{suggested}{young}{barred}{kept}{shared}", row.kind.name())
}

/// A page in a line.
fn page(view: &View) -> String {
    match view {
        View::Closed => "closed".into(),
        View::Open { rows, standing, frozen, problem, .. } => {
            let rows: Vec<String> = rows.iter().map(row).collect();
            let missing = if standing.missing > 0 { format!("; {} missing", standing.missing) } else { String::new() };
            let frozen = if frozen.is_some() { "; frozen" } else { "" };
            let problem = problem.map(|problem| format!(" ({problem:?})")).unwrap_or_default();
            format!("{}{missing}{frozen}{problem}", rows.join(", "))
        }
        View::Code { method, address, problem, .. } => {
            let problem = problem.map(|problem| format!(" ({problem:?})")).unwrap_or_default();
            format!("code {} {address}{problem}", method.name())
        }
        View::Ended { end } => format!("ended {end:?}"),
    }
}

/// Plays a journey, one line after another, and compares each page and, where the line says, what else was done.
#[track_caller]
pub(crate) fn check(policy: Policy, contacts: &[Registered], journey: &str) {
    play(&mut Desk::new(policy, contacts), journey);
}

/// The same at a desk that is there already.
#[track_caller]
pub(crate) fn play(desk: &mut Desk, journey: &str) {
    for line in journey.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (happens, expected) = line.split_once("=>").unwrap_or((line, ""));
        let (shown, done) = desk.play(happens.trim());
        let (page, more) = expected.split_once('|').map_or((expected, None), |(page, more)| (page, Some(more)));
        if !page.trim().is_empty() {
            assert_eq!(shown, page.trim(), "the page after: {line}");
        }
        if let Some(more) = more {
            assert_eq!(done, more.trim(), "what is done after: {line}");
        }
    }
}
