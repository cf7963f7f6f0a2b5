//! The further directories of a reset or an unlocking, one after the other, and trying again those that failed.

use crate::audit::Act;
use crate::elsewhere::{self, Survey, Target, left_out};
use crate::method::issued_code::Proof;
use crate::password::Judged;
use crate::reset::{Goal, Machine, Stage, Written};
use crate::secret::Secret;
use crate::subject::Subject;

impl Machine<'_> {
    /// The primary directory has done it, which `act` says: now the others.
    pub(super) fn primary_done(
        &mut self,
        subject: Subject,
        proofs: Vec<Proof>,
        others: Vec<Target>,
        password: Option<Secret>,
        act: Act,
    ) {
        self.audit(act);
        others.iter().filter_map(left_out).for_each(|act| self.audit(act));
        self.go_on(subject, proofs, others, password);
    }

    /// A further directory's answer.
    pub(super) fn written_elsewhere(
        &mut self,
        subject: Subject,
        proofs: Vec<Proof>,
        mut others: Vec<Target>,
        name: &str,
        answer: Written,
        password: Option<Secret>,
    ) {
        let act = elsewhere::heard(&mut others, name, answer);
        self.audit(act);
        self.go_on(subject, proofs, others, password);
    }

    /// The password of one more try. It goes to the directories that failed and to no other.
    pub(super) fn password_again(
        &mut self,
        subject: Subject,
        proofs: Vec<Proof>,
        others: Vec<Target>,
        judged: Judged,
        survey: &Survey,
    ) {
        if self.flow.goal != Goal::Reset {
            return;
        }
        if !judged.problems().is_empty() {
            self.audit(Act::PasswordUnfit);
            let problems = judged.problems().to_vec();
            return self.flow.stage = Stage::Elsewhere { subject, proofs, others, problems };
        }
        self.once_more(subject, proofs, others, survey, Some(judged.password().clone()));
    }

    pub(super) fn unlock_again(&mut self, subject: Subject, proofs: Vec<Proof>, others: Vec<Target>, survey: &Survey) {
        if self.flow.goal == Goal::Unlock {
            self.once_more(subject, proofs, others, survey, None);
        }
    }

    fn once_more(
        &mut self,
        subject: Subject,
        proofs: Vec<Proof>,
        others: Vec<Target>,
        survey: &Survey,
        password: Option<Secret>,
    ) {
        let satisfied = self.ctx.policy.satisfied(&subject, &proofs);
        let theirs = subject.account.as_ref().is_some_and(|account| survey.is_for(account));
        if !satisfied || !theirs {
            return;
        }
        let (others, left_out) = survey.again(&others);
        self.audit(Act::Writing);
        left_out.into_iter().for_each(|act| self.audit(act));
        self.go_on(subject, proofs, others, password);
    }

    /// Tells the next directory. Where there is none, or it may not be told any more, the try is over: what failed can be
    /// tried again, or all is as it will be.
    fn go_on(&mut self, subject: Subject, proofs: Vec<Proof>, others: Vec<Target>, password: Option<Secret>) {
        let may = self.ctx.now < self.flow.expires && self.flow.undermined(self.ctx).is_none();
        // After an interruption nobody has the password any more.
        let can = password.is_some() || self.flow.goal == Goal::Unlock;
        if let (true, Some((name, account))) = (may && can, elsewhere::next(&others)) {
            let (since, at) = (self.ctx.now, Some(name));
            self.flow.stage = Stage::Writing { subject, proofs, since, mark: None, others, at: at.clone() };
            return self.tell_directory(at, account, password);
        }
        elsewhere::unreached(&others).for_each(|act| self.audit(act));
        let unfinished = elsewhere::unfinished(&others);
        // An answer to this try must not pass for one to the next.
        self.flow.refused = self.flow.refused.saturating_add(u8::from(unfinished));
        self.flow.stage = if may && unfinished && self.flow.refused < self.ctx.policy.password_tries {
            Stage::Elsewhere { subject, proofs, others, problems: Vec::new() }
        } else {
            Stage::Ended { end: self.flow.goal.reached(), at: self.ctx.now, others }
        };
    }
}
