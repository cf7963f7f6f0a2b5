//! The reset machine: somebody who forgot a password proves who they are and chooses a new one.
//!
//! ```text
//! Identify → LookingUp → Choosing ⇄ Proving → (Choosing ⇄ Proving) → Password ⇄ Writing → Ended
//! ```
//!
//! Cancelling, running out of time and running out of tries lead to `Ended` from everywhere. An event that does not fit the
//! stage changes nothing: that is what a stale tab, a double click and a replayed form come to.

mod stage;
mod view;

use serde::{Deserialize, Serialize};

use crate::audit::{Act, CareTeamReason};
use crate::effect::{Delivery, Effect, Message, To};
use crate::flow::FlowId;
use crate::keys::Digest;
use crate::method::Channel;
use crate::method::issued_code::{self, Checked, Issue, Proof, Purpose, Sent};
use crate::password::{self, Judged};
use crate::secret::Secret;
use crate::subject::{Account, AccountId, Subject};
use crate::throttle::{self, Claim, What};
use crate::time::{Span, Time};
use crate::{Ctx, Step, audit, captcha};

pub use stage::{ChoiceProblem, CodeProblem, End, IdentifyProblem, Stage, Written};
pub use view::{OptionView, Stepper, View, view};

/// One reset, from the User ID to the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reset {
    /// Its name.
    pub id: FlowId,
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
    /// When the last code was sent.
    pub last_code: Option<Time>,
    /// Wrong answers of all steps together. Neither a new code nor another User ID refills them.
    pub wrong: u8,
    /// Passwords the directory turned down.
    pub refused: u8,
    /// Where it stands.
    pub stage: Stage,
}

/// What can happen to a reset.
#[derive(Clone)]
pub enum Event {
    /// The User ID was typed.
    Identify {
        /// As typed.
        user_id: String,
        /// The answer to the picture or the puzzle.
        answer: captcha::Answer,
    },
    /// Another picture is wanted.
    NewPicture,
    /// The answer to the look-up.
    LookedUp(LookedUp),
    /// An option was chosen: send the code.
    Choose {
        /// Its place in the subject's list.
        option: usize,
        /// The digest of the whole number or address typed, where that is asked for.
        confirmation: Option<Digest>,
    },
    /// Send another code the same way.
    Resend,
    /// A code was typed.
    Code(Secret),
    /// Choose another way.
    OtherWay,
    /// A password was chosen.
    Password(Judged),
    /// The directory's answer.
    Written(Written),
    /// More time is wanted.
    Extend,
    /// The User ID was wrong: type it again.
    Back,
    /// Go on after an interruption.
    Resume,
    /// Stop.
    Cancel,
    /// A limit over several flows forbids what was asked for.
    Throttled {
        /// Which.
        what: What,
        /// When it is free again.
        until: Time,
    },
    /// Time went by.
    Tick,
}

/// What the look-up found.
#[derive(Clone)]
pub enum LookedUp {
    /// The directory could not be asked.
    Failed,
    /// The account, if there is one.
    Answer {
        /// Exactly one match, or nothing.
        account: Option<Account>,
        /// Until when resets of this account rest, if they do.
        resting: Option<Time>,
    },
}

impl Reset {
    /// A reset that nobody has touched yet.
    pub fn new(id: FlowId, now: Time, lifetime: Span) -> Self {
        Self {
            id,
            expires: now + lifetime,
            extensions: 0,
            user_id: String::new(),
            picture: 0,
            wrong_pictures: 0,
            codes: 0,
            last_code: None,
            wrong: 0,
            refused: 0,
            stage: Stage::Identify { problem: None },
        }
    }

    /// Whether it is over.
    pub fn ended(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. })
    }

    /// What has to be counted, in a committed statement of its own, before this event may be decided.
    pub fn claims(&self, ctx: &Ctx, event: &Event) -> Vec<Claim> {
        let sends_to = |subject: &Subject, option: usize| {
            let device = subject.options.get(option).map(|option| option.device);
            let limits = ctx.policy.sends_to_one.iter().map(move |limit| (device, *limit));
            let claims = limits.filter_map(|(device, limit)| {
                let counter = throttle::counter_of_destination(&device?, limit.window);
                Some(Claim { counter, limit, what: What::Sends })
            });
            claims.collect::<Vec<_>>()
        };
        if ctx.now >= self.expires {
            return Vec::new();
        }
        match (&self.stage, event) {
            (Stage::Proving { subject, sent, .. }, Event::Code(_)) if ctx.now < sent.expires => {
                vec![proofs_claim(ctx, subject)]
            }
            (Stage::Proving { subject, sent, .. }, Event::Resend) if self.may_send(ctx) => {
                sends_to(subject, sent.option)
            }
            (Stage::Choosing { subject, proofs, .. }, Event::Choose { option, .. })
                if self.may_send(ctx) && ctx.policy.usable(subject, proofs).contains(option) =>
            {
                let asked = view::asks_confirmation(ctx, subject, *option);
                let mut claims = if asked { vec![proofs_claim(ctx, subject)] } else { Vec::new() };
                claims.extend(sends_to(subject, *option));
                claims
            }
            _ => Vec::new(),
        }
    }

    fn may_send(&self, ctx: &Ctx) -> bool {
        let rested = self.last_code.is_none_or(|last| ctx.now >= last + ctx.policy.resend_after);
        rested && self.codes < u32::from(ctx.policy.sends)
    }
}

fn proofs_claim(ctx: &Ctx, subject: &Subject) -> Claim {
    Claim { counter: subject.counter.clone(), limit: ctx.policy.failed_proofs, what: What::Proofs }
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
        let stage = self.flow.stage.clone();
        match (stage, event) {
            (Stage::Ended { .. }, _) => {}
            (Stage::Writing { subject, proofs, .. }, Event::Written(answer)) => self.written(subject, proofs, answer),
            (Stage::Writing { since, .. }, Event::Resume | Event::Tick) => self.wait_for_write(since),
            (Stage::Writing { .. }, _) => {}
            (_, Event::Cancel) => self.end(End::Cancelled, Act::Cancelled),
            (_, Event::Extend) => self.extend(),
            (Stage::Identify { .. }, Event::Identify { user_id, answer }) => self.identify(user_id, &answer),
            (Stage::Identify { .. }, Event::NewPicture) => self.new_picture(),
            (Stage::LookingUp, Event::Resume) => self.look_up(Act::Started),
            (Stage::LookingUp, Event::LookedUp(found)) => self.looked_up(found),
            (
                Stage::LookingUp | Stage::Choosing { .. } | Stage::Proving { .. } | Stage::Password { .. },
                Event::Back,
            ) => {
                self.back();
            }
            (Stage::Choosing { subject, proofs, .. }, Event::Choose { option, confirmation }) => {
                self.choose(subject, proofs, option, confirmation);
            }
            (Stage::Choosing { subject, proofs, .. }, Event::Throttled { what, until }) => {
                self.throttled(what, until, |problem| Stage::Choosing { subject, proofs, problem: Some(problem) });
            }
            (Stage::Proving { subject, proofs, sent, .. }, Event::Code(typed)) => {
                self.check(subject, proofs, sent, &typed);
            }
            (Stage::Proving { subject, proofs, sent, .. }, Event::Resend) => {
                let option = sent.option;
                if self.flow.may_send(self.ctx) {
                    self.send(subject, proofs, option);
                }
            }
            (Stage::Proving { subject, proofs, .. }, Event::OtherWay) => {
                self.audit(Act::OtherWay);
                self.flow.stage = Stage::Choosing { subject, proofs, problem: None };
            }
            (Stage::Proving { subject, proofs, sent, .. }, Event::Throttled { what, until }) => {
                let problem = Some(CodeProblem::TooManySends { until });
                self.throttled(what, until, |_| Stage::Proving { subject, proofs, sent, problem });
            }
            (Stage::Password { subject, proofs, .. }, Event::Password(judged)) => {
                self.password(subject, proofs, judged)
            }
            _ => {}
        }
    }

    fn identify(&mut self, user_id: String, answer: &captcha::Answer) {
        let user_id = user_id.trim().to_owned();
        let (kind, number) = (self.ctx.policy.captcha, self.flow.picture);
        if user_id.is_empty() {
            // Nothing was claimed, so nothing is counted and the picture stays good.
            return;
        }
        self.flow.user_id = user_id;
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
        let (account, resting) = match found {
            LookedUp::Failed => {
                self.audit(Act::LookUpFailed);
                return self.flow.stage = Stage::Identify { problem: Some(IdentifyProblem::Unavailable) };
            }
            LookedUp::Answer { account, resting } => (account, resting),
        };
        let (keys, policy) = (self.ctx.keys, self.ctx.policy);
        let subject = account.as_ref().map_or_else(
            || Subject::decoy(keys, policy, &self.flow.user_id),
            |account| Subject::real(keys, policy, account),
        );
        let reason = account.as_ref().and_then(|account| self.unable(account, &subject));
        let act = match (&account, reason) {
            (_, Some(reason)) => Act::SentToCareTeam { reason },
            (Some(_), None) => Act::Found,
            (None, None) => Act::NotFound,
        };
        self.flow.stage = Stage::Choosing { subject, proofs: Vec::new(), problem: None };
        match (reason, resting) {
            (Some(_), _) => self.end(End::CareTeam, act),
            (None, Some(until)) => {
                self.audit(act);
                self.end(End::Resting { until }, Act::Throttled { what: What::Proofs });
            }
            (None, None) => self.audit(act),
        }
    }

    fn unable(&self, account: &Account, subject: &Subject) -> Option<CareTeamReason> {
        let policy = self.ctx.policy;
        if account.disabled {
            Some(CareTeamReason::Disabled)
        } else if !policy.in_scope(&account.groups) {
            Some(CareTeamReason::OutOfScope)
        } else if policy.usable(subject, &[]).is_empty() {
            Some(CareTeamReason::NotEnoughMethods)
        } else {
            None
        }
    }

    fn choose(&mut self, subject: Subject, proofs: Vec<Proof>, place: usize, confirmation: Option<Digest>) {
        let usable = self.ctx.policy.usable(&subject, &proofs).contains(&place);
        let Some(option) = subject.options.get(place).filter(|_| usable).cloned() else { return };
        if !self.flow.may_send(self.ctx) {
            let problem = Some(if self.flow.codes >= u32::from(self.ctx.policy.sends) {
                ChoiceProblem::NoCodesLeft
            } else {
                ChoiceProblem::TooSoon
            });
            return self.flow.stage = Stage::Choosing { subject, proofs, problem };
        }
        if view::asks_confirmation(self.ctx, &subject, place) {
            let same = confirmation.is_some_and(|typed| typed.same_as(&option.device)) & subject.is_real();
            if !same {
                self.audit(Act::ConfirmationFailed { method: option.method });
                let problem = Some(ChoiceProblem::Confirmation { option: place });
                self.flow.stage = Stage::Choosing { subject, proofs, problem };
                return self.count_wrong();
            }
            self.effects.push(Effect::GiveBack { counter: subject.counter.clone() });
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
        self.flow.last_code = Some(self.ctx.now);
        let issue = Issue { flow: self.flow.id, purpose: Purpose::Reset, step, n: self.flow.codes, salt };
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
        match issued_code::check(self.ctx, &sent, device, subject.is_real(), typed) {
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
                self.effects.push(Effect::GiveBack { counter: subject.counter.clone() });
                let step = sent.issue.step;
                let satisfied = self.ctx.policy.satisfied(&subject, &proofs);
                // The next step's code may be sent at once.
                self.flow.last_code = None;
                self.flow.stage = if satisfied {
                    Stage::Password { subject, proofs, problems: Vec::new() }
                } else {
                    Stage::Choosing { subject, proofs, problem: None }
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

    fn throttled(&mut self, what: What, until: Time, stay: impl FnOnce(ChoiceProblem) -> Stage) {
        match what {
            What::Proofs => self.end(End::Resting { until }, Act::Throttled { what }),
            What::Sends => {
                self.audit(Act::Throttled { what });
                self.flow.stage = stay(ChoiceProblem::TooManySends { until });
            }
        }
    }

    fn password(&mut self, subject: Subject, proofs: Vec<Proof>, judged: Judged) {
        if !judged.problems().is_empty() {
            self.audit(Act::PasswordUnfit);
            return self.flow.stage = Stage::Password { subject, proofs, problems: judged.problems().to_vec() };
        }
        // Asked again here, where it matters: no write without the proofs, however this stage was reached.
        let account: Option<AccountId> =
            subject.account.clone().filter(|_| self.ctx.policy.satisfied(&subject, &proofs));
        let Some(account) = account else { return };
        self.flow.stage = Stage::Writing { subject, proofs, since: self.ctx.now };
        self.audit(Act::Writing);
        self.effects.push(Effect::SetPassword { account, password: judged.password().clone() });
    }

    fn written(&mut self, subject: Subject, proofs: Vec<Proof>, answer: Written) {
        match answer {
            Written::Done => {
                self.tell(&subject);
                self.effects.push(Effect::Forgive { counter: subject.counter.clone() });
                self.end(End::Done, Act::PasswordSet);
            }
            Written::Unknown => {
                self.tell(&subject);
                self.end(End::Unknown, Act::OutcomeUnknown);
            }
            Written::Refused { problem, reason } => {
                self.turned_down(subject, proofs, problem, Act::PasswordRefused { reason })
            }
            Written::Unavailable => {
                self.turned_down(subject, proofs, password::Problem::Unavailable, Act::WriteFailed);
            }
        }
    }

    fn turned_down(&mut self, subject: Subject, proofs: Vec<Proof>, problem: password::Problem, act: Act) {
        self.audit(act);
        self.flow.refused = self.flow.refused.saturating_add(1);
        self.flow.stage = Stage::Password { subject, proofs, problems: vec![problem] };
        if self.flow.refused >= self.ctx.policy.password_tries {
            self.end(End::TooManyTries, Act::TriesExhausted);
        } else if self.ctx.now >= self.flow.expires {
            self.end(End::Expired, Act::Expired);
        }
    }

    fn wait_for_write(&mut self, since: Time) {
        if self.ctx.now >= since + self.ctx.policy.write_patience {
            if let Stage::Writing { subject, .. } = self.flow.stage.clone() {
                self.tell(&subject);
            }
            self.end(End::Unknown, Act::OutcomeUnknown);
        }
    }

    /// Tells every address known, or by text where there is none, that the password was set.
    fn tell(&mut self, subject: &Subject) {
        let to_email = subject.options.iter().filter(|o| o.method.channel() == Channel::Email);
        let own = subject.own_mail.clone().map(|mail| (To::OwnMail(mail), Channel::Email));
        let registered = to_email.filter_map(|o| Some((To::Contact(o.contact.clone()?), Channel::Email)));
        let mut all: Vec<(To, Channel)> = registered.chain(own).collect();
        if all.is_empty() {
            let texts = subject.options.iter().filter(|option| option.method.channel() == Channel::Text);
            all.extend(texts.filter_map(|o| Some((To::Contact(o.contact.clone()?), Channel::Text))));
        }
        let message = Message::PasswordChanged { user_id: self.flow.user_id.clone(), at: self.ctx.now };
        let deadline = self.ctx.now + Span::hours(24);
        let deliveries =
            all.into_iter().map(|(to, channel)| Delivery { to, channel, message: message.clone(), deadline });
        self.effects.extend(deliveries.map(Effect::Deliver));
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
        self.flow.stage = Stage::Ended { end, at: self.ctx.now };
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
