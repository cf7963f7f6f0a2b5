//! The new password, the directory's answer to it, and who is told.

use crate::audit::Act;
use crate::effect::{Delivery, Effect, FreezeOffer, Message, To};
use crate::elsewhere::{Survey, Target, away, left_out};
use crate::method::issued_code::Proof;
use crate::method::{Channel, ContactKind};
use crate::password::{self, Judged, Mark};
use crate::registration::Change;
use crate::reset::{End, Goal, Machine, Stage, UnlockProblem, Written};
use crate::secret::Secret;
use crate::subject::{AccountId, Subject, device};
use crate::time::{Span, Time};

impl Machine<'_> {
    pub(super) fn password(&mut self, subject: Subject, proofs: Vec<Proof>, judged: Judged, survey: Survey) {
        if !judged.problems().is_empty() {
            self.audit(Act::PasswordUnfit);
            return self.flow.stage = Stage::Password { subject, proofs, problems: judged.problems().to_vec() };
        }
        // Asked again here, where it matters: no write without the proofs, however this stage was reached.
        let account: Option<AccountId> =
            subject.account.clone().filter(|_| self.ctx.policy.satisfied(&subject, &proofs));
        let Some(account) = account.filter(|account| survey.is_for(account)) else { return };
        if let Goal::Rehearsal { .. } = self.flow.goal {
            self.effects.push(Effect::Register { account, change: Change::Rehearsed });
            return self.end(End::Rehearsed, Act::Rehearsed);
        }
        let untold = survey.untold();
        if !untold.is_empty() {
            untold.iter().filter_map(|target| left_out(target)).for_each(|act| self.audit(act));
            let problems = untold.iter().map(away).collect();
            return self.flow.stage = Stage::Password { subject, proofs, problems };
        }
        self.begin(subject, proofs, judged.mark().cloned(), survey.targets);
        self.tell_directory(None, account, Some(judged.password().clone()));
    }

    pub(super) fn unlock(&mut self, subject: Subject, proofs: Vec<Proof>, survey: Survey) {
        let account = subject.account.clone().filter(|_| self.ctx.policy.satisfied(&subject, &proofs));
        let Some(account) = account.filter(|account| survey.is_for(account)) else { return };
        self.begin(subject, proofs, None, survey.targets);
        self.tell_directory(None, account, None);
    }

    /// The primary directory comes first.
    fn begin(&mut self, subject: Subject, proofs: Vec<Proof>, mark: Option<Mark>, others: Vec<Target>) {
        self.flow.stage = Stage::Writing { subject, proofs, since: self.ctx.now, mark, others, at: None };
        self.audit(Act::Writing);
    }

    /// Tells it to set this password, or to unlock, whatever came with the answer before.
    pub(super) fn tell_directory(&mut self, directory: Option<String>, account: AccountId, password: Option<Secret>) {
        let write = self.flow.refused;
        self.effects.extend(match (&self.flow.goal, password) {
            (Goal::Unlock, _) => Some(Effect::Unlock { write, directory, account }),
            (Goal::Reset, Some(password)) => Some(Effect::SetPassword { write, directory, account, password }),
            (Goal::Reset, None) | (Goal::Rehearsal { .. }, _) => None,
        });
    }

    /// The directory's answer to an unlocking.
    fn unlocked(&mut self, subject: Subject, proofs: Vec<Proof>, others: Vec<Target>, answer: Written) {
        let again =
            |problem| Stage::Unlock { subject: subject.clone(), proofs: proofs.clone(), problem: Some(problem) };
        match answer {
            Written::Done => {
                let (user_id, at, offer) = (self.flow.user_id.clone(), self.ctx.now, self.offer(&subject));
                self.tell_all(&subject, Message::Unlocked { user_id, at, offer });
                self.forgive(&subject);
                return self.primary_done(subject, proofs, others, None, Act::Unlocked);
            }
            // Unlocking twice does no harm: whoever presses the button again finds out.
            Written::Unavailable | Written::Unknown => {
                self.flow.stage = again(UnlockProblem::Unavailable);
                self.audit(Act::WriteFailed);
            }
            Written::Refused { reason, .. } => {
                self.flow.stage = again(UnlockProblem::Refused);
                self.audit(Act::UnlockRefused { reason });
            }
        }
        self.flow.refused = self.flow.refused.saturating_add(1);
        if self.flow.refused >= self.ctx.policy.password_tries {
            self.end(End::TooManyTries, Act::TriesExhausted);
        } else if self.ctx.now >= self.flow.expires {
            self.end(End::Expired, Act::Expired);
        }
    }

    /// The primary directory's answer. Only when it has the new password are others told.
    pub(super) fn written(
        &mut self,
        subject: Subject,
        proofs: Vec<Proof>,
        (mark, others): (Option<Mark>, Vec<Target>),
        answer: Written,
        password: Option<Secret>,
    ) {
        if self.flow.goal == Goal::Unlock {
            return self.unlocked(subject, proofs, others, answer);
        }
        match answer {
            Written::Done => {
                self.remember(&subject, mark);
                self.tell(&subject, true);
                self.forgive(&subject);
                self.end_sessions(&subject);
                if !others.is_empty() && self.flow.undermined(self.ctx).is_none() {
                    self.flow.set = Some(self.ctx.now);
                }
                self.primary_done(subject, proofs, others, password, Act::PasswordSet);
            }
            Written::Unknown => {
                // It may well be set, and a password too many in a history does no harm.
                self.remember(&subject, mark);
                self.unknown(&subject);
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

    pub(super) fn wait_for_write(&mut self, since: Time) {
        if self.ctx.now >= since + self.ctx.policy.write_patience
            && let Stage::Writing { subject, proofs, mark, others, at, .. } = self.flow.stage.clone()
        {
            match at {
                None => self.written(subject, proofs, (mark, others), Written::Unknown, None),
                Some(at) => self.written_elsewhere(subject, proofs, others, &at, Written::Unknown, None),
            }
        }
    }

    fn unknown(&mut self, subject: &Subject) {
        self.tell(subject, false);
        // It may well be set, and then whoever was signed in with the old one has no business any more.
        self.end_sessions(subject);
        self.end(End::Unknown, Act::OutcomeUnknown);
    }

    fn forgive(&mut self, subject: &Subject) {
        self.effects.extend(subject.account.clone().map(|account| Effect::Forgive { account }));
    }

    fn remember(&mut self, subject: &Subject, mark: Option<Mark>) {
        let both = subject.account.clone().zip(mark);
        self.effects.extend(both.map(|(account, mark)| Effect::Remember { account, mark }));
    }

    fn end_sessions(&mut self, subject: &Subject) {
        self.effects.extend(subject.account.clone().map(|account| Effect::EndSessions { account }));
    }

    /// Tells that the password was set, or may have been.
    fn tell(&mut self, subject: &Subject, certain: bool) {
        let (user_id, at, offer) = (self.flow.user_id.clone(), self.ctx.now, self.offer(subject));
        self.tell_all(subject, Message::PasswordChanged { certain, user_id, at, offer });
    }

    /// What "This wasn't me" stops.
    fn offer(&self, subject: &Subject) -> Option<FreezeOffer> {
        let account = subject.account.clone()?;
        let (user_id, own_mail, at) = (self.flow.user_id.clone(), subject.own_mail.clone(), self.ctx.now);
        Some(FreezeOffer { account, user_id, own_mail, kind: None, former: None, at })
    }

    /// Tells every address known, or by text where there is none.
    fn tell_all(&mut self, subject: &Subject, message: Message) {
        let to_email = subject.options.iter().filter(|o| o.method.channel() == Channel::Email);
        let known =
            |mail: &String| subject.options.iter().any(|o| o.device == device(self.ctx.keys, ContactKind::Email, mail));
        let own = subject.own_mail.clone().filter(|mail| !known(mail)).map(|mail| (To::OwnMail(mail), Channel::Email));
        let registered = to_email.filter_map(|o| Some((To::Contact(o.contact.clone()?), Channel::Email)));
        let carried = |channel: Channel| self.ctx.policy.channels.contains(&channel);
        let mut all: Vec<(To, Channel)> = registered.chain(own).filter(|(_, channel)| carried(*channel)).collect();
        if all.is_empty() && carried(Channel::Text) {
            let texts = subject.options.iter().filter(|option| option.method.channel() == Channel::Text);
            all.extend(texts.filter_map(|o| Some((To::Contact(o.contact.clone()?), Channel::Text))));
        }
        let deadline = self.ctx.now + Span::hours(24);
        let deliveries =
            all.into_iter().map(|(to, channel)| Delivery { to, channel, message: message.clone(), deadline });
        self.effects.extend(deliveries.map(Effect::Deliver));
    }
}
