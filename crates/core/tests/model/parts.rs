//! What the world around one reset consists of.

use std::sync::Arc;

use regain_core::captcha;
use regain_core::method::issued_code::{Issue, Proof};
use regain_core::method::{ContactKind, Method};
use regain_core::reset::{Event, Reset, View, Written};
use regain_core::subject::Account;
use regain_core::{Ctx, Policy, Span, Step};

use crate::kept::Kept;
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
    /// Whether a decision that rests on what is registered is written only if that is as it was.
    pub(crate) holds_registration: bool,
    /// What else happens to the registration, and how often altogether.
    pub(crate) outside: (Vec<Outside>, u8),
    /// What the box "I know my password" is left at when the User ID is typed.
    pub(crate) unlock: Vec<bool>,
    /// Whether it is the rehearsal of the first of these people.
    pub(crate) rehearsal: bool,
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
    Current(Arc<Kept>),
    Stale(Arc<Row>, Arc<Kept>),
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
    Set { serial: u8, write: u8, unlock: bool },
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
    pub(crate) kept: Arc<Kept>,
    pub(crate) outside: u8,
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
        unlock: bool,
    },
    NewPicture,
    Choose {
        option: usize,
        confirm: Typed,
    },
    Resend,
    Code(Typed),
    OtherWay,
    Unlock,
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

/// What happens to the registration meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outside {
    Freeze,
    Thaw,
    Remove(ContactKind),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Load(usize),
    Request {
        tab: Option<usize>,
        what: Do,
    },
    Perform {
        flight: usize,
        outcome: Outcome,
    },
    Answer {
        flight: usize,
        found: bool,
        again: bool,
    },
    Lose(usize),
    Crash,
    TimePasses,
    /// Somebody is at the registration meanwhile.
    Outside(Outside),
}

/// A limit this high is never met in a run, so it is not counted.
pub(crate) const BOUNDLESS: u32 = 100;

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
        limits: regain_core::throttle::Limits::none(),
        ..Policy::default()
    }
}
