//! The register machine: somebody who is signed in says by which phone and mailbox they can be recognised.
//!
//! ```text
//! Closed → Open ⇄ Proving     (one contact at a time; a new one counts only after its code)
//!            ↘ Ended          (too many wrong codes, or time)
//! Closed → Ended              ("This wasn't me", which needs no sign-in)
//! ```
//!
//! The flow holds what is under way; what is registered lies in [`Ctx::registration`].

mod claims;
mod freeze;
mod view;

use serde::{Deserialize, Serialize};

use crate::audit::{self, Act};
use crate::effect::{Changed, Delivery, Effect, FreezeOffer, Message, To};
use crate::flow::FlowId;
use crate::method::issued_code::{self, Checked, Issue, Purpose, Sent};
use crate::method::{ContactKind, Method};
use crate::registration::Change;
use crate::secret::Secret;
use crate::subject::{AccountId, ContactId, device};
use crate::throttle::{Scope, What};
use crate::time::{Span, Time};
use crate::{Ctx, Step};

pub use view::{Row, View, view};

/// How long one page of registration lasts: as long as a session can.
pub const LIFETIME: Span = Span::hours(8);

/// One person at the page of their registration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Register {
    /// Its name.
    pub id: FlowId,
    /// When it ends.
    pub expires: Time,
    /// Codes issued; numbers the next one. Never starts again.
    pub codes: u32,
    /// Wrong codes. Neither a new code nor another contact refills them.
    pub wrong: u8,
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
    /// Whether two steps are asked for whatever the policy says.
    pub administrator: bool,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nobody has opened it.
    Closed,
    /// Showing what is registered.
    Open {
        /// Why the last wish was not fulfilled.
        problem: Option<Problem>,
    },
    /// Waiting for the code that shows that a new contact is the person's own.
    Proving {
        /// What it is.
        kind: ContactKind,
        /// The address, or the number in E.164.
        address: String,
        /// The contact of this kind that there was when the code was sent: if it is another by then, somebody else was
        /// quicker, and this one starts over.
        replaces: Option<ContactId>,
        /// The code on its way.
        sent: Sent,
        /// What was wrong with the last answer.
        problem: Option<CodeProblem>,
    },
    /// Over.
    Ended {
        /// How.
        end: End,
        /// When.
        at: Time,
    },
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Too many wrong codes: sign in again.
    TooManyTries,
    /// Time ran out: sign in again.
    Expired,
    /// Resets are frozen, the change is undone.
    Frozen,
    /// The offer to freeze was too old.
    OfferTooOld,
}

/// Why a wish was not fulfilled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The password was typed too long ago: type it again.
    NotFresh,
    /// Without this contact the person could not reset alone.
    Needed {
        /// Which.
        kind: ContactKind,
    },
    /// An address of the organisation itself, which somebody who is locked out cannot read.
    OwnDomain,
    /// The mailbox of this very account.
    OwnMailbox,
    /// This is what is registered already.
    Same {
        /// Which.
        kind: ContactKind,
    },
    /// Nothing carries a code there.
    NoWay {
        /// Which.
        kind: ContactKind,
    },
    /// This sign-in has sent all it may.
    NoCodesLeft,
    /// This destination has had all it may for now.
    TooManySends {
        /// When it may again.
        until: Time,
    },
    /// Codes cannot go this way at the moment, whoever asks.
    NotNow {
        /// When they can again.
        until: Time,
    },
    /// Somebody said "This wasn't me": nothing can be changed until that is lifted.
    Frozen,
    /// The contact was changed elsewhere while its code was on its way.
    Overtaken,
}

/// What was wrong with a code, or with asking for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeProblem {
    /// Not the code that was sent.
    Wrong {
        /// How many more wrong answers are survived.
        left: u8,
    },
    /// Typed after its time.
    Late,
    /// This destination or person has had all they may for now.
    TooManySends {
        /// When it may again.
        until: Time,
    },
    /// Codes cannot go this way at the moment, whoever asks.
    NotNow {
        /// When they can again.
        until: Time,
    },
    /// There were too many wrong codes, in this sign-in and others: this one was not looked at.
    Resting {
        /// Until when.
        until: Time,
    },
}

/// What can happen.
#[derive(Clone)]
pub enum Event {
    /// The page is opened by somebody who is signed in. Again whenever what the directory says of them may have changed.
    Open(Person),
    /// The person is asked to register, and may or may not go on.
    Asked,
    /// A contact is to be registered: send a code there. Addresses come in the form in which they are kept.
    Prove {
        /// By what the code is to come; says what kind of contact it is.
        method: Method,
        /// The address, or the number in E.164.
        address: String,
        /// When the password was typed.
        signed_in: Time,
    },
    /// Send another code the same way.
    Resend,
    /// A code was typed.
    Code {
        /// What was typed.
        typed: Secret,
        /// How many wrong codes the page knew of.
        seen: u8,
    },
    /// Leave the contact as it was.
    Stop,
    /// Remove a contact.
    Remove {
        /// Which.
        kind: ContactKind,
        /// When the password was typed.
        signed_in: Time,
    },
    /// It looks good.
    Confirm,
    /// "This wasn't me": somebody followed the link in a notice and pressed the button.
    Freeze(FreezeOffer),
    /// Resets may go on: the person says so, or the care team.
    Thaw {
        /// When the password was typed; the care team needs none.
        signed_in: Option<Time>,
        /// Who lifts it, and why.
        by: String,
    },
    /// A limit over several flows forbids what was asked for.
    Throttled {
        /// Of what.
        what: What,
        /// For whom all together.
        scope: Scope,
        /// When it is free again.
        until: Time,
    },
    /// Time went by.
    Tick,
}

impl Register {
    /// One that nobody has opened yet.
    pub fn new(id: FlowId, now: Time) -> Self {
        Self { id, expires: now + LIFETIME, codes: 0, wrong: 0, person: None, stage: Stage::Closed }
    }

    /// Whether it is over.
    pub fn ended(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. })
    }
}

/// Decides. Total, as [`crate::reset::step`].
pub fn step(ctx: &Ctx, state: Register, event: Event) -> Step<Register, View> {
    let mut machine = Machine { ctx, flow: state, effects: Vec::new() };
    machine.take(event);
    let view = view(ctx, &machine.flow);
    Step { state: machine.flow, effects: machine.effects, view }
}

struct Machine<'a> {
    ctx: &'a Ctx<'a>,
    flow: Register,
    effects: Vec<Effect>,
}

impl Machine<'_> {
    fn take(&mut self, event: Event) {
        if self.ctx.now >= self.flow.expires && !self.flow.ended() {
            return self.end(End::Expired, Act::Expired);
        }
        let stage = self.flow.stage.clone();
        match (stage, event) {
            (Stage::Ended { .. }, _) => {}
            (Stage::Closed, Event::Freeze(offer)) => self.freeze(offer),
            (Stage::Closed, Event::Open(person)) => {
                self.flow.person = Some(person);
                self.flow.stage = Stage::Open { problem: None };
            }
            // It is one person's for ever; only what the directory says of them may change.
            (_, Event::Open(person))
                if self.flow.person.as_ref().is_some_and(|known| known.account == person.account) =>
            {
                self.flow.person = Some(person);
            }
            (Stage::Closed, _) => {}
            (_, Event::Thaw { signed_in, by }) => self.thaw(signed_in, by),
            (_, Event::Asked) => self.asked(),
            (Stage::Open { .. }, Event::Confirm) => self.confirm(),
            (_, Event::Prove { method, address, signed_in }) => self.prove(method, address, signed_in),
            (_, Event::Remove { kind, signed_in }) => self.remove(kind, signed_in),
            (Stage::Proving { .. }, Event::Stop) => self.open(None),
            (Stage::Proving { kind, address, replaces, sent, .. }, Event::Resend)
                if self.flow.may_resend(self.ctx, &sent) =>
            {
                self.send(sent.method, kind, address, replaces);
            }
            (Stage::Proving { kind, address, replaces, sent, .. }, Event::Code { typed, seen })
                if seen == self.flow.wrong =>
            {
                self.check(kind, address, replaces, sent, &typed);
            }
            (stage, Event::Throttled { what, scope, until }) => self.throttled(stage, (what, scope), until),
            _ => {}
        }
    }

    fn prove(&mut self, method: Method, address: String, signed_in: Time) {
        if let Some(problem) = self.flow.refusal(self.ctx, method, &address, signed_in) {
            return self.refuse(problem);
        }
        let kind = method.contact();
        let replaces = self.ctx.registration.of(kind).map(|contact| contact.id.clone());
        self.send(method, kind, address, replaces);
    }

    /// Shows why a wish is not fulfilled.
    fn refuse(&mut self, problem: Problem) {
        match problem {
            Problem::NotFresh => self.audit(Act::NotFresh),
            Problem::NoCodesLeft => self.audit(Act::Throttled { what: What::Sends }),
            Problem::Overtaken => self.audit(Act::Superseded),
            _ => {}
        }
        self.open(Some(problem));
    }

    fn send(&mut self, method: Method, kind: ContactKind, address: String, replaces: Option<ContactId>) {
        let mut salt = [0; 16];
        salt.iter_mut().zip(self.ctx.entropy).for_each(|(to, from)| *to = from);
        self.flow.codes = self.flow.codes.saturating_add(1);
        let issue = Issue { flow: self.flow.id, purpose: Purpose::Register, step: 1, n: self.flow.codes, salt };
        let expires = self.ctx.now + self.ctx.policy.code_lifetime;
        self.effects.push(Effect::Deliver(Delivery {
            to: To::New { kind, address: address.clone() },
            channel: method.channel(),
            message: Message::Code(issue.clone()),
            deadline: expires,
        }));
        let sent = Sent { issue, method, option: 0, at: self.ctx.now, expires };
        self.audit(Act::ContactCodeSent { method });
        self.flow.stage = Stage::Proving { kind, address, replaces, sent, problem: None };
    }

    fn check(&mut self, kind: ContactKind, address: String, replaces: Option<ContactId>, sent: Sent, typed: &Secret) {
        let method = sent.method;
        let registration = self.ctx.registration;
        if registration.frozen.is_some() {
            return self.refuse(Problem::Frozen);
        }
        if registration.of(kind).map(|contact| &contact.id) != replaces.as_ref() {
            return self.refuse(Problem::Overtaken);
        }
        let to = device(self.ctx.keys, kind, &address);
        let wrong = |problem| Stage::Proving { kind, address: address.clone(), replaces, sent: sent.clone(), problem };
        match issued_code::check(self.ctx, &sent, to, true, typed) {
            Checked::Late => {
                self.flow.stage = wrong(Some(CodeProblem::Late));
                self.audit(Act::CodeLate { method });
            }
            Checked::Wrong => {
                self.flow.wrong = self.flow.wrong.saturating_add(1);
                let left = self.ctx.policy.tries.saturating_sub(self.flow.wrong);
                self.flow.stage = wrong(Some(CodeProblem::Wrong { left }));
                self.audit(Act::CodeWrong { method });
                if left == 0 {
                    self.end(End::TooManyTries, Act::TriesExhausted);
                }
            }
            Checked::Right(_) => {
                self.effects.push(Effect::Uncount { what: What::Proofs });
                self.set(kind, address);
            }
        }
    }

    /// The new contact is proven.
    fn set(&mut self, kind: ContactKind, address: String) {
        let Some(person) = self.flow.person.clone() else { return };
        let id = ContactId(self.name());
        let was_proven = self.ctx.registration.of(kind).is_some_and(|contact| contact.verified.is_some());
        let how = if was_proven { Changed::Replaced } else { Changed::Added };
        self.tell(&person, kind, how, Some(id.clone()));
        let change = Change::Set { id, kind, address };
        self.effects.push(Effect::Register { account: person.account, change });
        self.audit(Act::ContactSet { kind, replaced: was_proven });
        self.open(None);
    }

    fn remove(&mut self, kind: ContactKind, signed_in: Time) {
        let Some(person) = self.flow.person.clone() else { return };
        let Some(contact) = self.ctx.registration.of(kind).filter(|_| kind != ContactKind::Office) else { return };
        if let Some(problem) = claims::forbidden(self.ctx, signed_in) {
            return self.refuse(problem);
        }
        let (keys, policy) = (self.ctx.keys, self.ctx.policy);
        // What was never proven is only a suggestion, and can always be spared.
        if !self.ctx.registration.can_spare(keys, policy, person.administrator, kind) {
            return self.refuse(Problem::Needed { kind });
        }
        if contact.verified.is_some() {
            self.tell(&person, kind, Changed::Removed, None);
        }
        self.effects.push(Effect::Register { account: person.account, change: Change::Remove { kind } });
        self.audit(Act::ContactRemoved { kind });
        self.open(None);
    }

    fn confirm(&mut self) {
        let Some(person) = self.flow.person.clone() else { return };
        self.effects.push(Effect::Register { account: person.account, change: Change::Confirm });
        self.audit(Act::RegistrationConfirmed);
        self.open(None);
    }

    fn asked(&mut self) {
        let Some(person) = self.flow.person.clone().filter(|_| self.ctx.registration.asked.is_none()) else { return };
        self.effects.push(Effect::Register { account: person.account, change: Change::Asked });
        self.audit(Act::RegistrationAsked);
    }

    fn throttled(&mut self, stage: Stage, (what, scope): (What, Scope), until: Time) {
        self.audit(Act::Throttled { what });
        self.flow.stage = match stage {
            Stage::Proving { kind, address, replaces, sent, .. } => {
                let problem = Some(match what {
                    What::Proofs => CodeProblem::Resting { until },
                    _ if scope.is_budget() => CodeProblem::NotNow { until },
                    _ => CodeProblem::TooManySends { until },
                });
                Stage::Proving { kind, address, replaces, sent, problem }
            }
            _ if scope.is_budget() => Stage::Open { problem: Some(Problem::NotNow { until }) },
            _ => Stage::Open { problem: Some(Problem::TooManySends { until }) },
        };
    }

    /// A name nobody can guess, for a new contact.
    fn name(&self) -> String {
        let half = self.ctx.entropy.iter().skip(16);
        half.map(|byte| format!("{byte:02x}")).collect()
    }

    fn open(&mut self, problem: Option<Problem>) {
        self.flow.stage = Stage::Open { problem };
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
