//! Signing in with a password: throttled here, never by locking the directory's account.

use regain_core::throttle::{self, Claim, Limit, What};
use regain_core::{Secret, Span, Time};

use crate::app::App;
use crate::directory::Verdict;
use crate::drive::Fault;

/// Wrong passwords for one User ID, known or not, before its sign-in rests.
const WRONG_PASSWORDS: Limit = Limit { count: 10, window: Span::minutes(15) };

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The password is right.
    Right {
        /// The person's name.
        name: String,
    },
    /// It is not, or there is no such account.
    Wrong,
    /// It is, but the account is disabled: told only to who knows the password.
    Disabled,
    /// Too many wrong ones.
    Resting {
        /// Until when.
        until: Time,
    },
}

impl App {
    /// Tries a password. Takes as long, and says the same, for a User ID that does not exist.
    ///
    /// # Errors
    /// If the store or the directory cannot be asked.
    pub async fn sign_in(&self, user_id: &str, password: &Secret) -> Result<SignIn, Fault> {
        let counter = throttle::counter_of_sign_in(&self.keys, user_id);
        let claim = Claim { counter: counter.clone(), limit: WRONG_PASSWORDS, what: What::Proofs };
        if let Some(exceeded) = self.store.take(&[claim], self.clock.now()).await? {
            return Ok(SignIn::Resting { until: exceeded.until });
        }
        let person = self.directory.find(user_id).await?;
        let verdict = self.directory.verify(person.as_ref().map(|person| &person.id), password).await?;
        match (verdict, person) {
            (Verdict::Right | Verdict::MustChange, Some(person)) => {
                self.store.db().write(vec![self.store.forgive(&counter)]).await?;
                Ok(SignIn::Right { name: person.name })
            }
            (Verdict::Disabled, Some(_)) => Ok(SignIn::Disabled),
            _ => Ok(SignIn::Wrong),
        }
    }
}
