//! The change machine: somebody who knows the password chooses another, of their own will or because the directory asks.
//!
//! ```text
//! Closed → Asking ⇄ Writing → Ended
//!                      ↘ Elsewhere ⇄ Writing ↗
//! ```
//!
//! In further directories ([`crate::elsewhere`]) the old password may be another: there the new one is set as in a reset.
//!
//! "This wasn't me" does not forbid it: whoever finds that somebody else has been at their account has to be able to take
//! the password away from them, and can only do so here.

use serde::{Deserialize, Serialize};

use crate::audit::{self, Act};
use crate::effect::{Delivery, Effect, FreezeOffer, Message};
use crate::elsewhere::{self, Survey, Target, away, left_out};
use crate::flow::FlowId;
use crate::password::{self, Judged, Mark};
use crate::registration::{self, Registration};
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
    /// When the primary directory took the new password, if the account's sessions had not been ended since it was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Time>,
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
        /// What the new password will be recognised by, where a history is kept; nothing once that is written down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<Mark>,
        /// The further directories.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<Target>,
        /// Which of them is being told; nothing while it is the primary one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
    /// The primary directory has it, not all others have: waiting for one more try, or for the word to leave it at that.
    Elsewhere {
        /// The further directories.
        others: Vec<Target>,
        /// Why the password of the last try was turned down before it was sent anywhere.
        problems: Vec<password::Problem>,
    },
    /// Over.
    Ended {
        /// How.
        end: End,
        /// When.
        at: Time,
        /// What became of the further directories.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<Target>,
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
        /// The new one, looked at by the rules of all directories.
        new: Judged,
        /// What was found in the further ones.
        survey: Survey,
    },
    /// A password was typed for the further directories that failed.
    Again {
        /// Looked at.
        new: Judged,
        /// What was found there now.
        survey: Survey,
    },
    /// They are to be left as they are.
    Finish,
    /// The directory's answer. [`None`] in place of an answer: the old password is wrong.
    Written {
        /// The number of the write, as the effect named it.
        write: u8,
        /// The further directory, as the effect named it; nothing for the primary one.
        directory: Option<String>,
        /// What it said.
        answer: Option<Written>,
        /// The new password that was sent: no flow keeps it, and other directories may have to be told.
        password: Option<Secret>,
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
    /// What became of each directory, and the boxes for those that failed.
    Elsewhere {
        /// The User ID.
        user_id: String,
        /// The further directories.
        others: Vec<Target>,
        /// Why the last password was turned down before it was sent anywhere.
        problems: Vec<password::Problem>,
    },
    /// How it ended.
    Ended {
        /// How.
        end: End,
        /// What became of the further directories.
        others: Vec<Target>,
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
        Self { id, expires: now + LIFETIME, refused: 0, person: None, set: None, stage: Stage::Closed }
    }

    /// What has to be counted when this event is decided in the same `ctx`, in one transaction with it and before it is answered.
    pub fn claims(&self, ctx: &Ctx, event: &Event) -> Vec<Claim> {
        match (&self.stage, event, &self.person) {
            (Stage::Asking { .. }, Event::Change { new, survey, .. }, Some(person))
                if new.problems().is_empty() && survey.untold().is_empty() && ctx.now < self.expires =>
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

    /// Whether nobody has ended the account's sessions since this has set the password: by "This wasn't me", or by yet another
    /// password. Otherwise this one goes to no further directory, and the browser gets no new session for it.
    pub fn stands(&self, registration: &Registration) -> bool {
        self.set.is_some_and(|set| registration.honours(set))
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
        Stage::Ended { end, others, .. } => View::Ended { end: *end, others: others.clone() },
        Stage::Writing { .. } => View::Wait,
        Stage::Elsewhere { others, .. } if ctx.now >= flow.expires || !flow.stands(ctx.registration) => {
            View::Ended { end: End::Done, others: others.clone() }
        }
        _ if ctx.now >= flow.expires => View::Ended { end: End::Expired, others: Vec::new() },
        Stage::Elsewhere { others, problems } => {
            View::Elsewhere { user_id, others: others.clone(), problems: problems.clone() }
        }
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
        if let (Stage::Elsewhere { .. }, false) = (&self.flow.stage, self.flow.stands(self.ctx.registration)) {
            return self.end(End::Done, Act::Superseded);
        }
        match (self.flow.stage.clone(), event) {
            (Stage::Closed, Event::Open(person)) => {
                self.flow.person = Some(person);
                self.flow.stage = Stage::Asking { problems: Vec::new() };
            }
            (Stage::Asking { .. }, Event::Change { old, new, survey }) => self.change(old, &new, survey),
            (Stage::Asking { .. }, Event::Throttled { until }) => {
                self.audit(Act::Throttled { what: What::Passwords });
                self.flow.stage = Stage::Asking { problems: vec![Problem::Resting { until }] };
            }
            (Stage::Writing { since, mark, others, at }, Event::Written { write, directory, answer, password })
                if write == self.flow.refused && directory == at =>
            {
                self.heard(since, (mark, others), at.as_deref(), answer, password);
            }
            (Stage::Writing { since, mark, others, at }, Event::Resume | Event::Tick)
                if self.ctx.now >= since + self.ctx.policy.write_patience =>
            {
                self.heard(since, (mark, others), at.as_deref(), Some(Written::Unknown), None);
            }
            (Stage::Elsewhere { others, .. }, Event::Again { new, survey }) => self.again(others, &new, &survey),
            (Stage::Elsewhere { .. }, Event::Finish) => self.end(End::Done, Act::Cancelled),
            _ => {}
        }
    }

    fn change(&mut self, old: Secret, new: &Judged, survey: Survey) {
        let Some(person) = self.flow.person.clone().filter(|person| survey.is_for(&person.account)) else { return };
        if !new.problems().is_empty() {
            self.audit(Act::PasswordUnfit);
            let problems = new.problems().iter().cloned().map(Problem::New).collect();
            return self.flow.stage = Stage::Asking { problems };
        }
        let untold = survey.untold();
        if !untold.is_empty() {
            untold.iter().filter_map(|target| left_out(target)).for_each(|act| self.audit(act));
            let problems = untold.iter().map(away).map(Problem::New).collect();
            return self.flow.stage = Stage::Asking { problems };
        }
        let (mark, others) = (new.mark().cloned(), survey.targets);
        self.flow.stage = Stage::Writing { since: self.ctx.now, mark, others, at: None };
        self.audit(Act::Writing);
        let (write, account, new) = (self.flow.refused, person.account, new.password().clone());
        self.effects.push(Effect::ChangePassword { write, account, old, new });
    }

    /// One more try in the further directories that failed: the password goes to them and to no other.
    fn again(&mut self, others: Vec<Target>, new: &Judged, survey: &Survey) {
        let theirs = self.flow.person.as_ref().is_some_and(|person| survey.is_for(&person.account));
        if !theirs {
            return;
        }
        if !new.problems().is_empty() {
            self.audit(Act::PasswordUnfit);
            return self.flow.stage = Stage::Elsewhere { others, problems: new.problems().to_vec() };
        }
        let (others, left_out) = survey.again(&others);
        self.audit(Act::Writing);
        left_out.into_iter().for_each(|act| self.audit(act));
        self.go_on(others, Some(new.password().clone()));
    }

    fn heard(
        &mut self,
        since: Time,
        (mark, mut others): (Option<Mark>, Vec<Target>),
        at: Option<&str>,
        answer: Option<Written>,
        password: Option<Secret>,
    ) {
        let Some(name) = at else { return self.written(since, (mark, others), answer, password) };
        let act = elsewhere::heard(&mut others, name, answer.unwrap_or(Written::Unknown));
        self.audit(act);
        self.go_on(others, password);
    }

    /// Tells the next directory. Where there is none, nobody has the password any more, or it is not the last word any more, the
    /// try is over: what failed can be tried again for a while, or all is as it will be.
    fn go_on(&mut self, others: Vec<Target>, password: Option<Secret>) {
        let may = self.ctx.now < self.flow.expires && self.flow.stands(self.ctx.registration);
        let next = elsewhere::next(&others).filter(|_| may);
        if let (Some((name, account)), Some(password)) = (next, password) {
            let (since, directory) = (self.ctx.now, Some(name));
            self.flow.stage = Stage::Writing { since, mark: None, others, at: directory.clone() };
            let write = self.flow.refused;
            return self.effects.push(Effect::SetPassword { write, directory, account, password });
        }
        elsewhere::unreached(&others).for_each(|act| self.audit(act));
        let unfinished = elsewhere::unfinished(&others);
        // An answer to this try must not pass for one to the next.
        self.flow.refused = self.flow.refused.saturating_add(u8::from(unfinished));
        self.flow.stage = if may && unfinished && self.flow.refused < self.ctx.policy.password_tries {
            Stage::Elsewhere { others, problems: Vec::new() }
        } else {
            Stage::Ended { end: End::Done, at: self.ctx.now, others }
        };
    }

    /// The primary directory's answer. Only when it has the new password are others told.
    fn written(
        &mut self,
        since: Time,
        (mark, others): (Option<Mark>, Vec<Target>),
        answer: Option<Written>,
        password: Option<Secret>,
    ) {
        let Some(person) = self.flow.person.clone() else { return };
        match answer {
            None => self.turned_down(Problem::Old, Act::OldPasswordWrong),
            Some(Written::Done) => {
                self.flow.set = Some(self.ctx.now).filter(|_| self.ctx.registration.honours(since));
                self.remember(&person, mark);
                self.tell(&person, true);
                self.effects.push(Effect::Forgive { account: person.account.clone() });
                self.effects.push(Effect::EndSessions { account: person.account });
                self.audit(Act::PasswordChanged);
                others.iter().filter_map(left_out).for_each(|act| self.audit(act));
                // From here on nobody is asked for the old password: not for as long as a session lasts.
                let soon = self.ctx.now + self.ctx.policy.lifetime;
                self.flow.expires = if others.is_empty() { self.flow.expires } else { self.flow.expires.min(soon) };
                self.go_on(others, password);
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
        let at = self.ctx.now;
        self.flow.stage = match self.flow.stage.clone() {
            // Whatever ends it now, the primary directory has it.
            Stage::Elsewhere { others, .. } => Stage::Ended { end: End::Done, at, others },
            Stage::Writing { others, .. } => Stage::Ended { end, at, others },
            _ => Stage::Ended { end, at, others: Vec::new() },
        };
    }

    fn audit(&mut self, act: Act) {
        let (account, user_id) = match &self.flow.person {
            Some(person) => (Some(person.account.clone()), person.user_id.clone()),
            None => (None, String::new()),
        };
        self.effects.push(Effect::Audit(audit::Event { user_id, account, act }));
    }
}
