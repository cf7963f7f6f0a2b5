//! The change machine: somebody who knows the password chooses another, of their own will or because the directory asks.
//!
//! ```text
//! Closed → Asking ⇄ Writing → Ended
//! ```
//!
//! "This wasn't me" does not forbid it: whoever finds that somebody else has been at their account has to be able to take
//! the password away from them, and can only do so here.

use serde::{Deserialize, Serialize};

use crate::audit::{self, Act};
use crate::effect::{Delivery, Effect, FreezeOffer, Message};
use crate::flow::FlowId;
use crate::password::{self, Judged, Mark};
use crate::registration;
use crate::reset::Written;
use crate::secret::Secret;
use crate::subject::AccountId;
use crate::throttle::{self, Claim, Owner, What};
use crate::time::{Span, Time};
use crate::{Ctx, Step};

/// How long one change may take: as long as a session can.
pub const LIFETIME: Span = Span::hours(8);

/// One change of a password.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChangePassword {
    /// Its name.
    pub id: FlowId,
    /// When it ends.
    pub expires: Time,
    /// Passwords the directory turned down; numbers the next write.
    pub refused: u8,
    /// Who it is; nobody before the page was opened.
    pub person: Option<Person>,
    /// Where it stands.
    pub stage: Stage,
}

/// The person who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// The account.
    pub account: AccountId,
    /// The User ID.
    pub user_id: String,
    /// The account's own mailbox.
    pub own_mail: Option<String>,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nobody has opened it.
    Closed,
    /// Waiting for the old and the new password.
    Asking {
        /// Why the last ones were turned down.
        problems: Vec<Problem>,
    },
    /// The directory is being told.
    Writing {
        /// Since when.
        since: Time,
        /// What the new password will be recognised by, where a history is kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<Mark>,
    },
    /// Over.
    Ended {
        /// How.
        end: End,
        /// When.
        at: Time,
    },
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The old password is wrong.
    Old,
    /// Too many wrong old passwords, here and at signing in together.
    Resting {
        /// Until when.
        until: Time,
    },
    /// The new password will not do.
    New(password::Problem),
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The password is changed.
    Done,
    /// It may be changed: the directory's answer was lost.
    Unknown,
    /// The directory turned down too many.
    TooManyTries,
    /// Time ran out.
    Expired,
}

/// What can happen.
#[derive(Clone)]
pub enum Event {
    /// The page is opened by somebody who is signed in.
    Open(Person),
    /// The old and the new password were typed.
    Change {
        /// The old one.
        old: Secret,
        /// The new one, looked at.
        new: Judged,
    },
    /// The directory's answer. [`None`] in place of an answer: the old password is wrong.
    Written {
        /// The number of the write, as the effect named it.
        write: u8,
        /// What it said.
        answer: Option<Written>,
    },
    /// Go on after an interruption.
    Resume,
    /// A limit over several flows forbids what was asked for.
    Throttled {
        /// When it is free again.
        until: Time,
    },
    /// Time went by.
    Tick,
}

/// What a page shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// Nobody has signed in to it.
    Closed,
    /// The boxes for the old and the new password.
    Ask {
        /// The User ID.
        user_id: String,
        /// Why the last ones were turned down.
        problems: Vec<Problem>,
    },
    /// Something is being done; go on in a moment.
    Wait,
    /// How it ended.
    Ended {
        /// How.
        end: End,
    },
}

impl Person {
    /// One attempt at the old password: it counts together with those at signing in.
    fn attempt(&self, ctx: &Ctx) -> Vec<Claim> {
        throttle::passwords(ctx.keys, ctx.policy, Owner { account: Some(&self.account), user_id: &self.user_id })
    }
}

impl ChangePassword {
    /// One that nobody has opened yet.
    pub fn new(id: FlowId, now: Time) -> Self {
        Self { id, expires: now + LIFETIME, refused: 0, person: None, stage: Stage::Closed }
    }

    /// What has to be counted, in a committed statement of its own, before this event may be decided in the same `ctx`.
    pub fn claims(&self, ctx: &Ctx, event: &Event) -> Vec<Claim> {
        match (&self.stage, event, &self.person) {
            (Stage::Asking { .. }, Event::Change { new, .. }, Some(person))
                if new.problems().is_empty() && ctx.now < self.expires =>
            {
                person.attempt(ctx)
            }
            _ => Vec::new(),
        }
    }

    /// When it has to be looked at again even if nothing happens.
    pub fn due(&self, patience: Span) -> Time {
        match self.stage {
            Stage::Writing { since, .. } => since + patience,
            _ => self.expires,
        }
    }

    /// Whether it is over.
    pub fn ended(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. })
    }
}

/// Decides. Total, as [`crate::reset::step`].
pub fn step(ctx: &Ctx, state: ChangePassword, event: Event) -> Step<ChangePassword, View> {
    let mut machine = Machine { ctx, flow: state, effects: Vec::new() };
    machine.take(event);
    let view = view(ctx, &machine.flow);
    Step { state: machine.flow, effects: machine.effects, view }
}

/// What this flow shows at this moment.
pub fn view(ctx: &Ctx, flow: &ChangePassword) -> View {
    let user_id = flow.person.as_ref().map(|person| person.user_id.clone()).unwrap_or_default();
    match &flow.stage {
        Stage::Ended { end, .. } => View::Ended { end: *end },
        Stage::Writing { .. } => View::Wait,
        _ if ctx.now >= flow.expires => View::Ended { end: End::Expired },
        Stage::Closed => View::Closed,
        Stage::Asking { problems } => View::Ask { user_id, problems: problems.clone() },
    }
}

struct Machine<'a> {
    ctx: &'a Ctx<'a>,
    flow: ChangePassword,
    effects: Vec<Effect>,
}

impl Machine<'_> {
    fn take(&mut self, event: Event) {
        let over = matches!(self.flow.stage, Stage::Ended { .. } | Stage::Writing { .. });
        if self.ctx.now >= self.flow.expires && !over {
            return self.end(End::Expired, Act::Expired);
        }
        match (self.flow.stage.clone(), event) {
            (Stage::Closed, Event::Open(person)) => {
                self.flow.person = Some(person);
                self.flow.stage = Stage::Asking { problems: Vec::new() };
            }
            (Stage::Asking { .. }, Event::Change { old, new }) => self.change(old, &new),
            (Stage::Asking { .. }, Event::Throttled { until }) => {
                self.audit(Act::Throttled { what: What::Passwords });
                self.flow.stage = Stage::Asking { problems: vec![Problem::Resting { until }] };
            }
            (Stage::Writing { mark, .. }, Event::Written { write, answer }) if write == self.flow.refused => {
                self.written(mark, answer);
            }
            (Stage::Writing { since, mark }, Event::Resume | Event::Tick)
                if self.ctx.now >= since + self.ctx.policy.write_patience =>
            {
                self.written(mark, Some(Written::Unknown));
            }
            _ => {}
        }
    }

    fn change(&mut self, old: Secret, new: &Judged) {
        let Some(person) = self.flow.person.clone() else { return };
        if !new.problems().is_empty() {
            self.audit(Act::PasswordUnfit);
            let problems = new.problems().iter().cloned().map(Problem::New).collect();
            return self.flow.stage = Stage::Asking { problems };
        }
        self.flow.stage = Stage::Writing { since: self.ctx.now, mark: new.mark().cloned() };
        self.audit(Act::Writing);
        let (write, account, new) = (self.flow.refused, person.account, new.password().clone());
        self.effects.push(Effect::ChangePassword { write, account, old, new });
    }

    fn written(&mut self, mark: Option<Mark>, answer: Option<Written>) {
        let Some(person) = self.flow.person.clone() else { return };
        match answer {
            None => self.turned_down(Problem::Old, Act::OldPasswordWrong),
            Some(Written::Done) => {
                self.remember(&person, mark);
                self.tell(&person, true);
                self.effects.push(Effect::Forgive { account: person.account.clone() });
                self.effects.push(Effect::EndSessions { account: person.account });
                self.end(End::Done, Act::PasswordChanged);
            }
            Some(Written::Unknown) => {
                self.remember(&person, mark);
                self.tell(&person, false);
                self.effects.push(Effect::EndSessions { account: person.account });
                self.end(End::Unknown, Act::OutcomeUnknown);
            }
            Some(Written::Refused { problem, reason }) => {
                // The old one was right: that attempt was not a guess.
                self.give_back(&person);
                self.turned_down(Problem::New(problem), Act::PasswordRefused { reason });
            }
            Some(Written::Unavailable) => {
                self.give_back(&person);
                self.turned_down(Problem::New(password::Problem::Unavailable), Act::WriteFailed);
            }
        }
    }

    fn give_back(&mut self, person: &Person) {
        let counted = person.attempt(self.ctx).into_iter();
        self.effects.extend(counted.map(|claim| Effect::GiveBack { counter: claim.counter }));
    }

    fn remember(&mut self, person: &Person, mark: Option<Mark>) {
        let account = person.account.clone();
        self.effects.extend(mark.map(|mark| Effect::Remember { account, mark }));
    }

    fn turned_down(&mut self, problem: Problem, act: Act) {
        self.audit(act);
        self.flow.refused = self.flow.refused.saturating_add(1);
        self.flow.stage = Stage::Asking { problems: vec![problem] };
        if self.flow.refused >= self.ctx.policy.password_tries {
            self.end(End::TooManyTries, Act::TriesExhausted);
        } else if self.ctx.now >= self.flow.expires {
            self.end(End::Expired, Act::Expired);
        }
    }

    fn tell(&mut self, person: &Person, certain: bool) {
        let Person { account, user_id, own_mail } = person.clone();
        let (at, kind, former) = (self.ctx.now, None, None);
        let offer = Some(FreezeOffer { account, user_id: user_id.clone(), own_mail, kind, former, at });
        let message = Message::PasswordChanged { certain, user_id, at, offer };
        let deadline = self.ctx.now + Span::hours(24);
        let all = registration::everybody(self.ctx, person.own_mail.as_ref());
        let deliveries =
            all.into_iter().map(|(to, channel)| Delivery { to, channel, message: message.clone(), deadline });
        self.effects.extend(deliveries.map(Effect::Deliver));
    }

    fn end(&mut self, end: End, act: Act) {
        self.audit(act);
        self.flow.stage = Stage::Ended { end, at: self.ctx.now };
    }

    fn audit(&mut self, act: Act) {
        let (account, user_id) = match &self.flow.person {
            Some(person) => (Some(person.account.clone()), person.user_id.clone()),
            None => (None, String::new()),
        };
        self.effects.push(Effect::Audit(audit::Event { user_id, account, act }));
    }
}
