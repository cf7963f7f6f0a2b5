//! Counts once a day what people look like from outside, so that made-up ones can look the same.
//!
//! People are asked of the directory by their lasting names; where there are very many, always the same part of them, chosen
//! by a keyed hash. What is kept are shares. They are replaced only if they have become others: nobody is to see at a made-up
//! User ID that a single person has changed something.

use regain_core::Span;
use regain_core::crowd::{Crowd, Tally};
use regain_core::keys::Use;
use regain_core::subject::AccountId;

use crate::app::App;
use crate::directory;
use crate::drive::Fault;
use crate::perform;

/// How often.
const EVERY: Span = Span::hours(24);

/// How soon again, if it did not work.
const AGAIN: Span = Span::minutes(10);

/// How many people are looked at.
const SAMPLE: usize = 4_000;

/// How many names the directory is asked for.
const NAMES: usize = 100_000;

/// From which distance on shares are others.
const OTHERS: f64 = 0.02;

/// Counts, if it is due; gives how many people were counted then.
///
/// # Errors
/// If the store or the directory cannot be asked; it is due again soon.
pub async fn count_if_due(app: &App) -> Result<Option<u32>, Fault> {
    let now = app.clock.now();
    if !app.store.claim_counting(now, now + AGAIN).await? {
        return Ok(None);
    }
    let (counted, before) = (count(app).await?, app.store.crowd().await?);
    let others = before.people() == 0 || counted.distance(&before) >= OTHERS;
    app.store.keep_crowd(Some(&counted).filter(|_| others), now + EVERY).await?;
    Ok(Some(counted.people()))
}

async fn count(app: &App) -> Result<Crowd, Fault> {
    let mut tally = Tally::default();
    for account in sample(app).await? {
        let person = match app.directory.person(&account).await {
            Ok(person) => person,
            // What is wrong with one entry is not wrong with the others.
            Err(directory::Error::Refused(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let Some(person) = person else { continue };
        let registration = app.registration(Some(&person.id)).await?;
        let user_id = person.user_id.clone();
        let account = perform::account(app, person, &registration);
        tally.add(&app.keys, &app.policy, &user_id, &account);
    }
    Ok(tally.crowd())
}

/// Whom to look at: everybody the directory names, or the same part of them each time.
async fn sample(app: &App) -> Result<Vec<AccountId>, Fault> {
    let mut all = app.directory.names(NAMES).await?;
    if all.is_empty() {
        all = app.store.known_accounts().await?;
    }
    all.sort_by_cached_key(|account| app.keys.derive(Use::Decoy, &[b"counted", account.0.as_bytes()]));
    all.dedup();
    all.truncate(SAMPLE);
    Ok(all)
}
