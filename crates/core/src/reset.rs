//! The reset machine: somebody who cannot sign in proves who they are and chooses a new password, or, if it is known after
//! all, has the account unlocked.
//!
//! ```text
//! Identify → LookingUp → Choosing ⇄ Proving → (Choosing ⇄ Proving) → Password ⇄ Writing → Ended
//!                                                                  ↘ Unlock ⇄ Writing ↗
//! ```
//!
//! Where there are further directories, `Writing` goes through them after the primary one, and what failed in one of them is
//! tried again from `Elsewhere` ([`crate::elsewhere`]).
//!
//! A rehearsal takes the same way and ends where something would be written.
//!
//! Cancelling, running out of time and running out of tries lead to `Ended` from everywhere. An event that does not fit the
//! stage changes nothing: that is what a stale tab, a double click and a replayed form come to.

mod claims;
mod elsewhere;
mod event;
mod stage;
mod view;
mod writing;

use serde::{Deserialize, Serialize};

use crate::audit::Act;
use crate::effect::{Delivery, Effect, Message, To};
use crate::flow::FlowId;
use crate::keys::Digest;
use crate::method::issued_code::{self, Checked, Issue, Proof, Sent};
use crate::secret::Secret;
use crate::subject::Subject;
use crate::throttle::What;
use crate::time::{Span, Time};
use crate::{Ctx, Policy, Step, audit, captcha};

pub use event::{Event, LookedUp};
pub use stage::{ChoiceProblem, CodeProblem, End, Goal, IdentifyProblem, Stage, UnlockProblem, Written};
pub use view::{OptionView, Stepper, View, view};

/// One reset, from the User ID to the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reset {
    /// Its name.
    pub id: FlowId,
    /// What the person wants.
    #[serde(default)]
    pub goal: Goal,
    /// When it ends if nothing happens.
    pub expires: Time,
    /// How often the person asked for more time.
    pub extensions: u8,
    /// The User ID as typed; empty before.
    pub user_id: String,
    /// The number of the picture now shown.
    pub picture: u32,
    /// Pictures read wrongly.
    pub wrong_pictures: u8,
    /// Codes issued; numbers the next one. Never starts again.
    pub codes: u32,
    /// Wrong answers of all steps together. Neither a new code nor another User ID refills them.
    pub wrong: u8,
    /// Proofs accepted, of whomever; going back takes none away, so that nobody can hold the next person's.
    pub proved: u8,
    /// Passwords the directory turned down; numbers the next write.
    pub refused: u8,
    /// When the primary directory took the new password, if others are still to be told: what was proven before counts for
    /// them, until yet another password is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Time>,
    /// Where it stands.
    pub stage: Stage,
}

impl Reset {
    /// A reset that nobody has touched yet.
    pub fn new(id: FlowId, now: Time, lifetime: Span) -> Self {
        Self {
            id,
            goal: Goal::Reset,
            expires: now + lifetime,
            extensions: 0,
            user_id: String::new(),
            picture: 0,
            wrong_pictures: 0,
            codes: 0,
            wrong: 0,
            proved: 0,
            refused: 0,
            set: None,
            stage: Stage::Identify { problem: None },
        }
    }

    /// When it has to be looked at again even if nothing happens: at its end, or when a write is given up.
    pub fn due(&self, policy: &Policy) -> Time {
        match &self.stage {
            Stage::Writing { since, .. } => *since + policy.write_patience,
            _ => self.expires,
        }
    }

    /// Whether it is over.
    pub fn ended(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. })
    }
}

/// Decides. Total: whatever the stage and the event, there is a next state, and nothing is done twice.
pub fn step(ctx: &Ctx, state: Reset, event: Event) -> Step<Reset, View> {
    let mut machine = Machine { ctx, flow: state, effects: Vec::new() };
    machine.take(event);
    let view = view(ctx, &machine.flow);
    Step { state: machine.flow, effects: machine.effects, view }
}

struct Machine<'a> {
    ctx: &'a Ctx<'a>,
    flow: Reset,
    effects: Vec<Effect>,
}

impl Machine<'_> {
    fn take(&mut self, event: Event) {
        // The answer of a write is heard whenever it comes; everything else ends with the flow.
        if self.ctx.now >= self.flow.expires && !matches!(self.flow.stage, Stage::Ended { .. } | Stage::Writing { .. })
        {
            return self.end(End::Expired, Act::Expired);
        }
        if let Some((end, reason)) = self.flow.overtaken(self.ctx) {
            return self.end(end, reason);
        }
        let stage = self.flow.stage.clone();
        match (stage, event) {
            (Stage::Ended { .. }, _) => {}
            (
                Stage::Writing { subject, proofs, mark, others, at, .. },
                Event::Written { write, directory, answer, password },
            ) if write == self.flow.refused && directory == at => match at {
                None => self.written(subject, proofs, (mark, others), answer, password),
                Some(at) => self.written_elsewhere(subject, proofs, others, &at, answer, password),
            },
            (Stage::Writing { since, .. }, Event::Resume | Event::Tick) => self.wait_for_write(since),
            (Stage::Writing { .. }, _) => {}
            (_, Event::Cancel) => self.end(End::Cancelled, Act::Cancelled),
            (_, Event::Extend) if !self.flow.user_id.is_empty() => self.extend(),
            (Stage::Identify { .. }, Event::Identify { user_id, answer, unlock }) => {
                self.identify(user_id, &answer, unlock);
            }
            (Stage::Identify { .. }, Event::Practise { account, user_id }) if self.flow.user_id.is_empty() => {
                self.flow.goal = Goal::Rehearsal { account };
                self.flow.user_id = user_id;
            }
            (Stage::Identify { .. }, Event::NewPicture) => self.new_picture(),
            (Stage::LookingUp, Event::Resume) => self.look_up(Act::Started),
            (Stage::LookingUp, Event::LookedUp { user_id, found }) if user_id == self.flow.user_id => {
                self.looked_up(found);
            }
            (
                Stage::LookingUp
                | Stage::Choosing { .. }
                | Stage::Proving { .. }
                | Stage::Password { .. }
                | Stage::Unlock { .. },
                Event::Back,
            ) => {
                self.back();
            }
            (Stage::Choosing { subject, proofs, .. }, Event::Choose { option, confirmation }) => {
                self.choose(subject, proofs, option, confirmation);
            }
            (Stage::Choosing { subject, proofs, .. }, Event::Throttled { what, scope, until }) => {
                let problem = Some(match what {
                    What::Proofs => ChoiceProblem::Resting { until },
                    _ if scope.is_budget() => ChoiceProblem::NotNow { scope, until },
                    _ => ChoiceProblem::TooManySends { until },
                });
                self.throttled((what, scope), until, Stage::Choosing { subject, proofs, problem });
            }
            (Stage::Proving { subject, proofs, sent, .. }, Event::Code { typed, seen }) if seen == self.flow.wrong => {
                self.check(subject, proofs, sent, &typed);
            }
            (Stage::Proving { subject, proofs, sent, .. }, Event::Resend) => {
                let option = sent.option;
                if self.flow.may_resend(self.ctx, &sent) {
                    self.send(subject, proofs, option);
                }
            }
            (Stage::Proving { subject, proofs, .. }, Event::OtherWay) => {
                self.audit(Act::OtherWay);
                self.flow.stage = Stage::Choosing { subject, proofs, problem: None };
            }
            (Stage::Proving { subject, proofs, sent, .. }, Event::Throttled { what, scope, until }) => {
                let problem = Some(match what {
                    What::Proofs => CodeProblem::Resting { until },
                    _ if scope.is_budget() => CodeProblem::NotNow { until },
                    _ => CodeProblem::TooManySends { until },
                });
                self.throttled((what, scope), until, Stage::Proving { subject, proofs, sent, problem });
            }
            (Stage::Password { subject, proofs, .. }, Event::Password { judged, survey }) => {
                self.password(subject, proofs, judged, survey);
            }
            (Stage::Unlock { subject, proofs, .. }, Event::Unlock { survey }) => self.unlock(subject, proofs, survey),
            (Stage::Elsewhere { subject, proofs, others, .. }, Event::Again { judged, survey }) => {
                self.password_again(subject, proofs, others, judged, &survey);
            }
            (Stage::Elsewhere { subject, proofs, others, .. }, Event::Unlock { survey }) => {
                self.unlock_again(subject, proofs, others, &survey);
            }
            _ => {}
        }
    }

    fn identify(&mut self, user_id: String, answer: &captcha::Answer, unlock: bool) {
        let user_id = user_id.trim().to_owned();
        let (kind, number) = (self.ctx.policy.captcha, self.flow.picture);
        if user_id.is_empty() {
            // Nothing was claimed, so nothing is counted and the picture stays good.
            return;
        }
        self.flow.user_id = user_id;
        if !matches!(self.flow.goal, Goal::Rehearsal { .. }) {
            self.flow.goal = if unlock { Goal::Unlock } else { Goal::Reset };
        }
        self.flow.picture = number.saturating_add(1);
        if captcha::passed(kind, self.ctx.keys, self.flow.id, number, answer) {
            return self.look_up(Act::Started);
        }
        self.flow.wrong_pictures = self.flow.wrong_pictures.saturating_add(1);
        self.audit(Act::CaptchaFailed { kind });
        self.flow.stage = Stage::Identify { problem: Some(IdentifyProblem::Captcha) };
        if self.flow.wrong_pictures >= captcha::TRIES {
            self.end(End::TooManyPictures, Act::TriesExhausted);
        }
    }

    fn new_picture(&mut self) {
        if self.flow.picture >= captcha::PICTURES {
            return self.end(End::TooManyPictures, Act::TriesExhausted);
        }
        self.flow.picture = self.flow.picture.saturating_add(1);
        self.audit(Act::PictureChanged);
        self.flow.stage = Stage::Identify { problem: None };
    }

    fn look_up(&mut self, act: Act) {
        self.flow.stage = Stage::LookingUp;
        self.audit(act);
        self.effects.push(Effect::LookUp { user_id: self.flow.user_id.clone() });
    }

    fn looked_up(&mut self, found: LookedUp) {
        let (account, resting, crowd) = match found {
            LookedUp::Failed => {
                self.audit(Act::LookUpFailed);
                return self.flow.stage = Stage::Identify { problem: Some(IdentifyProblem::Unavailable) };
            }
            LookedUp::Answer { account, resting, crowd } => (account, resting, crowd),
        };
        if let Goal::Rehearsal { account: own } = &self.flow.goal
            && account.as_ref().is_none_or(|account| account.id != *own)
        {
            self.audit(Act::NotYours);
            return self.flow.stage = Stage::Identify { problem: Some(IdentifyProblem::NotYours) };
        }
        let (keys, policy, purpose) = (self.ctx.keys, self.ctx.policy, self.flow.goal.purpose());
        // Drawn for everybody, so that it takes as long.
        let decoy = Subject::decoy(keys, policy, purpose, &self.flow.user_id, &crowd);
        let (subject, unable, act) = match &account {
            None => {
                let unable = policy.usable(&decoy, &[]).is_empty();
                (decoy, unable, Act::NotFound)
            }
            Some(account) => {
                let subject = Subject::real(keys, policy, purpose, account);
                let reason = policy.unable(account, &subject);
                let act = reason.map_or(Act::Found, |reason| Act::SentToCareTeam { reason });
                (subject, reason.is_some(), act)
            }
        };
        self.flow.stage = Stage::Choosing { subject, proofs: Vec::new(), problem: None };
        if unable {
            return self.end(End::CareTeam, act);
        }
        self.audit(act);
        if let Some(until) = resting {
            self.end(End::Resting { until }, Act::Throttled { what: What::Proofs });
        }
    }

    fn choose(&mut self, subject: Subject, proofs: Vec<Proof>, place: usize, confirmation: Option<Digest>) {
        let usable = self.ctx.policy.usable(&subject, &proofs).contains(&place);
        let Some(option) = subject.options.get(place).filter(|_| usable).cloned() else { return };
        if !self.flow.has_codes_left(self.ctx) {
            self.audit(Act::Throttled { what: What::Sends });
            let problem = Some(ChoiceProblem::NoCodesLeft);
            return self.flow.stage = Stage::Choosing { subject, proofs, problem };
        }
        if view::asks_confirmation(self.ctx, &subject, place) {
            let same = confirmation.is_some_and(|typed| typed.same_as(&option.device)) & subject.is_real();
            if !same {
                self.audit(Act::ConfirmationFailed { method: option.method });
                // Nothing was sent, so nothing is held against the destination.
                self.effects.push(Effect::Uncount { what: What::Sends });
                let problem = Some(ChoiceProblem::Confirmation { option: place });
                self.flow.stage = Stage::Choosing { subject, proofs, problem };
                return self.count_wrong();
            }
            self.effects.push(Effect::Uncount { what: What::Proofs });
        }
        self.send(subject, proofs, place);
    }

    fn send(&mut self, subject: Subject, proofs: Vec<Proof>, place: usize) {
        let Some(option) = subject.options.get(place) else { return };
        let step = step_number(&proofs);
        let method = option.method;
        let mut salt = [0; 16];
        salt.iter_mut().zip(self.ctx.entropy).for_each(|(to, from)| *to = from);
        self.flow.codes = self.flow.codes.saturating_add(1);
        let issue = Issue { flow: self.flow.id, purpose: self.flow.goal.purpose(), step, n: self.flow.codes, salt };
        let expires = self.ctx.now + self.ctx.policy.code_lifetime;
        self.effects.push(Effect::Deliver(Delivery {
            to: option.contact.clone().map_or(To::Nobody, To::Contact),
            channel: method.channel(),
            message: Message::Code(issue.clone()),
            deadline: expires,
        }));
        let sent = Sent { issue, method, option: place, at: self.ctx.now, expires };
        self.flow.stage = Stage::Proving { subject, proofs, sent, problem: None };
        self.audit(Act::CodeSent { method, step });
    }

    fn check(&mut self, subject: Subject, mut proofs: Vec<Proof>, sent: Sent, typed: &Secret) {
        let Some(device) = subject.options.get(sent.option).map(|option| option.device) else { return };
        let method = sent.method;
        // A contact that was removed meanwhile proves nothing, nor does a code from before the password that there is now.
        let contact = subject.options.get(sent.option).and_then(|option| option.contact.as_ref());
        let known = contact.is_some_and(|contact| self.ctx.registration.holds(contact));
        let good = known & self.ctx.registration.honours(sent.at) & subject.is_real();
        match issued_code::check(self.ctx, &sent, device, good, typed) {
            Checked::Late => {
                self.audit(Act::CodeLate { method });
                self.flow.stage = Stage::Proving { subject, proofs, sent, problem: Some(CodeProblem::Late) };
            }
            Checked::Wrong => {
                self.audit(Act::CodeWrong { method });
                let left = self.ctx.policy.tries.saturating_sub(self.flow.wrong.saturating_add(1));
                let problem = Some(CodeProblem::Wrong { left });
                self.flow.stage = Stage::Proving { subject, proofs, sent, problem };
                self.count_wrong();
            }
            Checked::Right(proof) => {
                proofs.push(proof);
                self.flow.proved = self.flow.proved.saturating_add(1);
                self.effects.push(Effect::Uncount { what: What::Proofs });
                let step = sent.issue.step;
                let satisfied = self.ctx.policy.satisfied(&subject, &proofs);
                self.flow.stage = match (satisfied, &self.flow.goal) {
                    (false, _) => Stage::Choosing { subject, proofs, problem: None },
                    (true, Goal::Unlock) => Stage::Unlock { subject, proofs, problem: None },
                    (true, Goal::Reset | Goal::Rehearsal { .. }) => {
                        Stage::Password { subject, proofs, problems: Vec::new() }
                    }
                };
                self.audit(Act::Proved { method, step });
            }
        }
    }

    fn count_wrong(&mut self) {
        self.flow.wrong = self.flow.wrong.saturating_add(1);
        if self.flow.wrong >= self.ctx.policy.tries {
            self.end(End::TooManyTries, Act::TriesExhausted);
        }
    }

    fn extend(&mut self) {
        if self.flow.extensions < self.ctx.policy.extensions {
            self.flow.extensions = self.flow.extensions.saturating_add(1);
            self.flow.expires = self.ctx.now + self.ctx.policy.lifetime;
            self.audit(Act::Extended);
        }
    }

    /// Forgets the person and their proofs; what was used up stays used up.
    fn back(&mut self) {
        self.audit(Act::WentBack);
        self.flow.stage = Stage::Identify { problem: None };
    }

    fn end(&mut self, end: End, act: Act) {
        self.audit(act);
        let at = self.ctx.now;
        self.flow.stage = match self.flow.stage.clone() {
            // Whatever ends it now, the primary directory has it.
            Stage::Elsewhere { others, .. } => Stage::Ended { end: self.flow.goal.reached(), at, others },
            Stage::Writing { others, .. } => Stage::Ended { end, at, others },
            _ => Stage::Ended { end, at, others: Vec::new() },
        };
    }

    fn audit(&mut self, act: Act) {
        let account = self.flow.stage.subject().and_then(|subject| subject.account.clone());
        let user_id = self.flow.user_id.clone();
        self.effects.push(Effect::Audit(audit::Event { user_id, account, act }));
    }
}

/// The step that comes after these proofs, 1 or 2.
fn step_number(proofs: &[Proof]) -> u8 {
    u8::try_from(proofs.len()).unwrap_or(u8::MAX).saturating_add(1)
}
