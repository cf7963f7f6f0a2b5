//! Who chooses a password: what is known of the person, and the rules that hold for them. Asked for when the page is shown,
//! and kept for a while, so that the list beside the box, the word while typing and the verdict are about the same rules.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use regain_core::change;
use regain_core::flow::Flow;
use regain_core::method::ContactKind;
use regain_core::password::{DirectoryRules, Person, Rules};
use regain_core::reset::{Reset, Stage};
use regain_core::subject::AccountId;
use regain_core::{FlowId, Secret, Span, Time};

use super::Web;
use crate::drive::Fault;

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
    /// Who chooses a password in this flow, which asks for so many steps.
    pub(crate) async fn chooser(&self, flow: FlowId, user_id: &str, steps: u8) -> Result<Arc<Chooser>, Fault> {
        if let Some(known) = self.choosers.known(flow, self.app.clock.now()) {
            return Ok(known);
        }
        let mut person = Person::with_user_id(user_id);
        let account = self.proven(flow, &mut person).await?;
        self.choose(flow, steps, person, account).await
    }

    async fn choose(
        &self,
        flow: FlowId,
        steps: u8,
        mut person: Person,
        account: Option<AccountId>,
    ) -> Result<Arc<Chooser>, Fault> {
        let now = self.app.clock.now();
        let mut directory = None;
        if let Some(account) = &account {
            let store = &self.app.store;
            let present = store.contacts(account).await?.into_iter().map(|contact| (contact.kind, contact.address));
            for (kind, address) in present.chain(store.former_contacts(account).await?) {
                match kind {
                    ContactKind::Email => person.mails.push(address),
                    ContactKind::Mobile | ContactKind::Office => person.numbers.push(address),
                }
            }
            directory = self.ask_directory(account, &mut person).await;
        }
        let rules = self.app.policy.password.merged(steps, &directory.unwrap_or_default());
        let chooser = Arc::new(Chooser { account, rules, person });
        let kept = if directory.is_some() { KEPT } else { ASKED_IN_VAIN };
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
        self.choose(flow, self.app.policy.steps, person, Some(known.account)).await
    }

    /// The rules for whoever chooses a password in this flow, as far as they are known without asking.
    pub(crate) fn rules(&self, flow: FlowId, steps: u8) -> Rules {
        let known = self.choosers.known(flow, self.app.clock.now());
        let own = || self.app.policy.password.merged(steps, &DirectoryRules::default());
        known.map_or_else(own, |chooser| chooser.rules.clone())
    }

    /// Whose flow it is, once that is proven, with the address and the codes that are in it.
    async fn proven(&self, flow: FlowId, person: &mut Person) -> Result<Option<AccountId>, Fault> {
        let loaded = self.app.store.flow(flow).await?;
        match loaded.map(|loaded| loaded.flow) {
            Some(Flow::Reset(Reset { stage: Stage::Password { subject, proofs, .. }, .. })) => {
                person.mails.extend(subject.own_mail);
                person.codes.extend(proofs.iter().map(|proof| -> Secret { proof.code(&self.app.keys) }));
                Ok(subject.account)
            }
            _ => Ok(None),
        }
    }

    /// The directory's rules, if they come in time; the name and what else it knows goes to the person.
    async fn ask_directory(&self, account: &AccountId, person: &mut Person) -> Option<DirectoryRules> {
        let directory = &self.app.directory;
        let asked = async { tokio::join!(directory.person(account), directory.rules(Some(account))) };
        let Ok((found, rules)) = tokio::time::timeout(PATIENCE, asked).await else {
            tracing::warn!("the directory did not tell its rules on passwords in time; ours hold");
            return None;
        };
        if let Ok(Some(found)) = found {
            person.name = found.name;
            person.mails.extend(found.mail);
        }
        match rules {
            Ok(rules) => Some(DirectoryRules {
                min: rules.min_length,
                max: rules.max_length,
                complexity: rules.complexity.unwrap_or(false),
                history: rules.history.filter(|_| rules.history_on_reset).unwrap_or(0),
            }),
            Err(error) => {
                tracing::warn!(%error, "the directory did not tell its rules on passwords; ours hold");
                None
            }
        }
    }
}
