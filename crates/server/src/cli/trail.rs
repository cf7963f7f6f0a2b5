//! What administrators do at the command line stands in the audit trail, in the transaction of the change.

use regain_core::Time;
use regain_core::audit::{Act, Event};

use crate::app::App;
use crate::clock;
use crate::config::environment;
use crate::directory::Person;
use crate::drive::Origin;
use crate::store::{Outcome, Stmt, Store};

/// Who is at the command line, as far as the operating system says.
pub(super) fn who() -> String {
    let variables = environment();
    let named = |name: &str| variables.iter().find(|(known, on)| known == name && !on.is_empty());
    let found = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(named);
    found.map_or_else(|| "regain".to_owned(), |(_, name)| format!("regain ({name})"))
}

/// The same in the place of a browser.
pub(super) fn origin() -> Origin {
    Origin { address: String::new(), browser: who() }
}

/// Carries out a change together with what is written down about it. False if a guard in it did not hold.
///
/// # Errors
/// If the store cannot be written; then nothing was changed.
pub(super) async fn write(app: &App, mut batch: Vec<Stmt>, acts: &[(Option<&Person>, Act)]) -> Result<bool, String> {
    let flow = clock::flow_id().map_err(|error| error.to_string())?;
    let (origin, now) = (origin(), app.clock.now());
    for (n, (person, act)) in acts.iter().enumerate() {
        let user_id = person.map(|person| person.user_id.clone()).unwrap_or_default();
        let account = person.map(|person| person.id.clone());
        let event = Event { user_id, account, act: act.clone() };
        let row = app.store.append_audit(flow, (1, n), &event, &origin, now).map_err(|error| error.to_string())?;
        batch.push(row);
    }
    let written = app.store.db().write(batch).await.map_err(|error| error.to_string())?;
    Ok(matches!(written, Outcome::Committed(_)))
}

/// Writes down that the trail was looked at: that changed nothing, and is about nobody.
///
/// # Errors
/// If the store cannot be written.
pub(super) async fn note(store: &Store, now: Time, act: Act) -> Result<(), String> {
    let flow = clock::flow_id().map_err(|error| error.to_string())?;
    let event = Event { user_id: String::new(), account: None, act };
    let row = store.append_audit(flow, (1, 0), &event, &origin(), now).map_err(|error| error.to_string())?;
    store.db().write(vec![row]).await.map(drop).map_err(|error| error.to_string())
}
