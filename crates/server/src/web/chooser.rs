//! Who chooses a password: what is known of the person, and the rules that hold for them. Asked for when the page is shown,
//! and kept for a while, so that the list beside the box, the word while typing and the verdict are about the same rules.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use regain_core::change;
use regain_core::elsewhere::{Outcome, Survey, Target};
use regain_core::method::ContactKind;
use regain_core::password::{DirectoryRules, Person, Rules};
use regain_core::reset::{Reset, Stage};
use regain_core::subject::AccountId;
use regain_core::{FlowId, Secret, Span, Time};

use super::Web;
use crate::drive::{Fault, Known};

/// How long the page waits for the directory's rules. When they come too late our own hold, and the directory still has the
/// last word.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long an answer is kept, and how long none is.
const KEPT: Span = Span::minutes(5);
const ASKED_IN_VAIN: Span = Span::seconds(15);
/// Flows that are remembered; when there are more, all are asked for anew.
const FLOWS: usize = 10_000;

/// Somebody who chooses a password.
#[derive(Clone)]
pub(crate) struct Chooser {
    /// Whose history holds; nobody's, while nothing is proven.
    pub(crate) account: Option<AccountId>,
    pub(crate) rules: Rules,
    pub(crate) person: Person,
    /// What further directories have of this person.
    pub(crate) survey: Survey,
}

/// Those who choose at this moment. In memory only: it saves questions and guards nothing.
#[derive(Default)]
pub(crate) struct Choosers(Mutex<HashMap<FlowId, (Time, Arc<Chooser>)>>);

impl Choosers {
    /// The chooser of this flow, as far as is known without asking.
    pub(crate) fn known(&self, flow: FlowId, now: Time) -> Option<Arc<Chooser>> {
        let flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flows.get(&flow).filter(|(until, _)| now < *until).map(|(_, chooser)| Arc::clone(chooser))
    }

    fn forget(&self, flow: FlowId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&flow);
    }

    fn keep(&self, flow: FlowId, until: Time, now: Time, chooser: &Arc<Chooser>) {
        let mut flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flows.len() >= FLOWS {
            flows.retain(|_, (until, _)| now < *until);
            if flows.len() >= FLOWS {
                flows.clear();
            }
        }
        flows.insert(flow, (until, Arc::clone(chooser)));
    }
}

impl Web {
    /// Before anything is written, further directories are asked once more: whether they are there, and by which rules.
    pub(crate) fn ask_anew(&self, flow: FlowId) {
        if !self.app.others.is_empty() {
            self.choosers.forget(flow);
        }
    }

    /// What further directories have of the person of this flow at this moment.
    pub(crate) async fn survey(&self, seen: &Known, flow: FlowId, user_id: &str, steps: u8) -> Result<Survey, Fault> {
        if self.app.others.is_empty() {
            return Ok(Survey::default());
        }
        self.ask_anew(flow);
        Ok(self.chooser(seen, flow, user_id, steps).await?.survey.clone())
    }

    /// Who chooses a password in this flow as it was seen, which asks for so many steps.
    pub(crate) async fn chooser(
        &self,
        seen: &Known,
        flow: FlowId,
        user_id: &str,
        steps: u8,
    ) -> Result<Arc<Chooser>, Fault> {
        if let Some(known) = self.choosers.known(flow, self.app.clock.now()) {
            return Ok(known);
        }
        let mut person = Person::with_user_id(user_id);
        let (account, again) = self.proven(seen, &mut person);
        self.choose(flow, steps, person, account, again).await
    }

    async fn choose(
        &self,
        flow: FlowId,
        steps: u8,
        mut person: Person,
        account: Option<AccountId>,
        again: bool,
    ) -> Result<Arc<Chooser>, Fault> {
        let now = self.app.clock.now();
        let (mut rules, mut answered) = (DirectoryRules::default(), false);
        let mut survey = Survey { of: account.clone(), ..Survey::default() };
        if let Some(account) = &account {
            let store = &self.app.store;
            let present = store.contacts(account).await?.into_iter().map(|contact| (contact.kind, contact.address));
            for (kind, address) in present.chain(store.former_contacts(account).await?) {
                match kind {
                    ContactKind::Email => person.mails.push(address),
                    ContactKind::Mobile | ContactKind::Office => person.numbers.push(address),
                }
            }
            (rules, answered, survey.targets) = self.ask_directories(account, &mut person).await;
        }
        let rules = self.app.policy.password.merged(steps, &rules);
        // Who tries once more in other directories types the one that has just been set, and that is in the history.
        let account = account.filter(|_| !again);
        let chooser = Arc::new(Chooser { account, rules, person, survey });
        let kept = if answered { KEPT } else { ASKED_IN_VAIN };
        self.choosers.keep(flow, now + kept, now, &chooser);
        Ok(chooser)
    }

    /// Who changes a password they know. The flow may not be there yet.
    pub(crate) async fn chooser_who_knows(&self, flow: FlowId, known: change::Person) -> Result<Arc<Chooser>, Fault> {
        if let Some(known) = self.choosers.known(flow, self.app.clock.now()) {
            return Ok(known);
        }
        let mut person = Person::with_user_id(&known.user_id);
        person.mails.extend(known.own_mail);
        let again = !self.app.others.is_empty()
            && matches!(self.app.look_at_change(flow).await?, Some(change::View::Elsewhere { .. }));
        self.choose(flow, self.app.policy.steps, person, Some(known.account), again).await
    }

    /// Whoever chooses a password in this flow, as far as is known without asking.
    pub(crate) fn known_chooser(&self, flow: FlowId, steps: u8) -> Arc<Chooser> {
        let known = self.choosers.known(flow, self.app.clock.now());
        known.unwrap_or_else(|| {
            let rules = self.app.policy.password.merged(steps, &DirectoryRules::default());
            Arc::new(Chooser { account: None, rules, person: Person::default(), survey: Survey::default() })
        })
    }

    /// Whose flow it is, once that is proven, with the address and the codes that are in it; and whether it is about trying once
    /// more in further directories.
    fn proven(&self, seen: &Known, person: &mut Person) -> (Option<AccountId>, bool) {
        let Some(Reset { stage, .. }) = seen.reset() else { return (None, false) };
        let again = matches!(stage, Stage::Elsewhere { .. });
        match stage {
            Stage::Password { subject, proofs, .. }
            | Stage::Unlock { subject, proofs, .. }
            | Stage::Elsewhere { subject, proofs, .. } => {
                person.mails.extend(subject.own_mail.clone());
                person.codes.extend(proofs.iter().map(|proof| -> Secret { proof.code(&self.app.keys) }));
                (subject.account.clone(), again)
            }
            _ => (None, false),
        }
    }

    /// The rules of all directories, whether all have answered in time, and what further ones have of the person; the name and what
    /// else is known goes to the person.
    async fn ask_directories(&self, account: &AccountId, person: &mut Person) -> (DirectoryRules, bool, Vec<Target>) {
        let (directory, others) = (&self.app.directory, &self.app.others);
        let patience = others.patience().unwrap_or(PATIENCE);
        let found = match tokio::time::timeout(patience, directory.person(account)).await {
            Err(_) => {
                tracing::warn!("the directory did not tell its rules on passwords in time; ours hold");
                None
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the directory did not tell its rules on passwords; ours hold");
                None
            }
            Ok(Ok(found)) => found,
        };
        let mut rules = DirectoryRules::default();
        if let Some(found) = &found {
            person.name = found.name.clone();
            person.mails.extend(found.mail.clone());
            rules = DirectoryRules::from(&found.rules);
        }
        let (mut answered, mut targets) = (found.is_some(), Vec::new());
        for other in others.survey(found.as_ref()).await {
            rules = rules.and(DirectoryRules::from(&other.rules));
            answered &= other.target.outcome != Outcome::Unavailable;
            targets.push(other.target);
        }
        (rules, answered, targets)
    }
}
