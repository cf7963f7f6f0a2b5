//! Carries out what a decision asked for at once, and gives the answer back as an event.

mod office;

use regain_core::effect::Effect;
use regain_core::flow::{Event, Flow};
use regain_core::method::issued_code::Purpose;
use regain_core::password::Problem;
use regain_core::reset::{self, LookedUp, Written};
use regain_core::subject::{Account, AccountId};
use regain_core::throttle;
use regain_core::{Registration, Secret, change};

use crate::app::App;
use crate::directory::{self, Directory, Lost, Person, Refusal, Verdict};
use crate::drive::Fault;

/// Does it. Effects that belong into the transaction are not for here and have no answer.
pub(crate) async fn perform(app: &App, flow: &Flow, effect: Effect) -> Option<Event> {
    match effect {
        Effect::LookUp { user_id } => {
            let purpose = match flow {
                Flow::Reset(flow) => flow.goal.purpose(),
                Flow::Register(_) | Flow::Change(_) => Purpose::Register,
            };
            let found = look_up(app, purpose, &user_id).await.unwrap_or_else(|fault| {
                tracing::error!(error = %fault, "the account could not be looked up");
                LookedUp::Failed
            });
            Some(reset::Event::LookedUp { user_id, found }.into())
        }
        Effect::SetPassword { write, directory, account, password } => {
            let answer = match at(app, directory.as_deref()) {
                Some(asked) if directory.is_some() => set_elsewhere(asked, &account, &password).await,
                Some(asked) => set_password(asked, &account, &password).await,
                None => Written::Unavailable,
            };
            let password = Some(password);
            Some(match flow {
                Flow::Change(_) => change::Event::Written { write, directory, answer: Some(answer), password }.into(),
                Flow::Reset(_) | Flow::Register(_) => {
                    reset::Event::Written { write, directory, answer, password }.into()
                }
            })
        }
        Effect::Unlock { write, directory, account } => {
            let answer = match at(app, directory.as_deref()) {
                Some(asked) => unlock(asked, &account).await,
                None => Written::Unavailable,
            };
            Some(reset::Event::Written { write, directory, answer, password: None }.into())
        }
        Effect::ChangePassword { write, account, old, new } => {
            let answer = change_password(app, &account, &old, &new).await;
            Some(change::Event::Written { write, directory: None, answer, password: Some(new) }.into())
        }
        Effect::Audit(_)
        | Effect::Deliver(_)
        | Effect::Register { .. }
        | Effect::Remember { .. }
        | Effect::EndSessions { .. }
        | Effect::GiveBack { .. }
        | Effect::Uncount { .. }
        | Effect::Forgive { .. } => None,
    }
}

/// The same reads for an account that exists and for one that does not.
async fn look_up(app: &App, purpose: Purpose, user_id: &str) -> Result<LookedUp, Fault> {
    crate::fault::point("directory.find");
    let person = app.directory.find(user_id).await?;
    let now = app.clock.now();
    let mut registration = app.registration(person.as_ref().map(|person| &person.id)).await?;
    if let Some(person) = &person {
        registration = app.follow_office(person, registration).await?;
    }
    let counter = match &person {
        Some(person) => throttle::counter_of_account(&app.keys, purpose, &person.id),
        None => throttle::counter_of_stranger(&app.keys, purpose, user_id),
    };
    let resting = app.store.resting(&counter, app.policy.failed_proofs.count, now).await?;
    let crowd = app.store.crowd().await?;
    let account = person.map(|person| account(app, person, &registration));
    Ok(LookedUp::Answer { account, resting, crowd })
}

/// What is known of a person, for a decision.
pub(crate) fn account(app: &App, person: Person, registration: &Registration) -> Account {
    Account {
        id: person.id,
        own_mail: person.mail,
        groups: person.groups,
        disabled: person.status.is_off() || person.status.protected,
        frozen: registration.frozen.is_some(),
        contacts: registration.proven(&app.policy, app.clock.now()),
    }
}

/// The primary directory, or the further one with this name, if there is one.
fn at<'a>(app: &'a App, name: Option<&str>) -> Option<&'a dyn Directory> {
    name.map_or(Some(app.directory.as_ref()), |name| app.others.named(name))
}

async fn set_password(asked: &dyn Directory, account: &AccountId, password: &Secret) -> Written {
    crate::fault::point("directory.reset.before");
    let answer = asked.reset(account, password).await;
    crate::fault::point("directory.reset.after");
    written(asked, account, password, answer).await
}

/// Tried again after its answer was lost, a password may be there already: a directory that says "used before" is asked
/// whether it is the one in use, and then all is well.
async fn set_elsewhere(asked: &dyn Directory, account: &AccountId, password: &Secret) -> Written {
    let answer = set_password(asked, account, password).await;
    let before = matches!(answer, Written::Refused { problem: Problem::InHistory, .. });
    if before && matches!(asked.verify(Some(account), password).await, Ok(Verdict::Right)) {
        return Written::Done;
    }
    answer
}

async fn written(
    asked: &dyn Directory,
    account: &AccountId,
    password: &Secret,
    answer: Result<(), directory::Error>,
) -> Written {
    match answer {
        Ok(()) => Written::Done,
        Err(directory::Error::Refused(refusal)) => {
            tracing::warn!(%refusal, "the directory turned a password down");
            Written::Refused { problem: problem(&refusal), reason: refusal.to_string() }
        }
        Err(directory::Error::Unavailable(why)) => {
            tracing::error!(error = why, "the directory could not be reached to set a password");
            Written::Unavailable
        }
        Err(directory::Error::Indeterminate(lost)) => {
            tracing::error!(error = %lost, "the directory's answer was lost; looking whether the password is set");
            find_out(asked, &lost, account, password).await
        }
    }
}

async fn unlock(asked: &dyn Directory, account: &AccountId) -> Written {
    crate::fault::point("directory.unlock.before");
    match asked.unlock(account).await {
        Ok(()) => Written::Done,
        Err(directory::Error::Refused(refusal)) => {
            tracing::warn!(%refusal, "the directory would not unlock an account");
            Written::Refused { problem: problem(&refusal), reason: refusal.to_string() }
        }
        Err(error @ (directory::Error::Unavailable(_) | directory::Error::Indeterminate(_))) => {
            tracing::error!(%error, "the directory could not be reached to unlock an account");
            Written::Unavailable
        }
    }
}

/// Nothing instead of an answer: the old password is wrong.
async fn change_password(app: &App, account: &AccountId, old: &Secret, new: &Secret) -> Option<Written> {
    crate::fault::point("directory.change.before");
    let answer = app.directory.change(account, old, new).await;
    crate::fault::point("directory.change.after");
    if let Err(directory::Error::Refused(Refusal::OldPassword)) = answer {
        return None;
    }
    Some(written(app.directory.as_ref(), account, new, answer).await)
}

/// A lost answer is found out by signing in with the new password, never by setting it again.
async fn find_out(asked: &dyn Directory, lost: &Lost, account: &AccountId, password: &Secret) -> Written {
    match asked.find_out(lost, account, password).await {
        Ok(Verdict::Right | Verdict::MustChange | Verdict::Disabled) => Written::Done,
        // A locked account's directory may not have looked at the password at all.
        Ok(Verdict::Wrong | Verdict::Locked) | Err(_) => Written::Unknown,
    }
}

fn problem(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::TooShort { min } => Problem::TooShort { min: *min },
        Refusal::Complexity => Problem::Complexity,
        Refusal::InHistory => Problem::InHistory,
        Refusal::TooYoung { until } => Problem::TooYoung { until: *until },
        Refusal::Dictionary => Problem::Dictionary,
        Refusal::Locked => Problem::Locked,
        Refusal::Disabled
        | Refusal::Expired
        | Refusal::Protected
        | Refusal::NotPermitted
        | Refusal::Gone
        | Refusal::Elsewhere => Problem::Barred,
        Refusal::OldPassword | Refusal::Other => Problem::Refused,
    }
}
