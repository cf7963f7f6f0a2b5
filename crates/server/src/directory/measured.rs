//! Any directory, with its calls counted and timed.

use std::sync::Arc;

use async_trait::async_trait;
use regain_core::Secret;
use regain_core::subject::AccountId;

use super::{Directory, Error, Lost, Person, Verdict};
use crate::finding::Finding;
use crate::{clock, metrics};

/// A directory whose calls are measured.
pub(super) struct Measured(pub(super) Arc<dyn Directory>);

/// A call under way. If nobody waits for it any more, that is counted, too.
struct Call {
    operation: &'static str,
    outcome: &'static str,
    began: std::time::Instant,
}

impl Drop for Call {
    fn drop(&mut self) {
        metrics::asked(self.operation, self.outcome, self.began.elapsed());
    }
}

async fn measured<T>(operation: &'static str, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    metrics::asks();
    let mut measured = Call { operation, outcome: "left", began: clock::steady() };
    let answer = call.await;
    measured.outcome = match &answer {
        Ok(_) => "ok",
        Err(Error::Refused(_)) => "refused",
        Err(Error::Unavailable(_)) => "unavailable",
        Err(Error::Indeterminate(_)) => "lost",
    };
    answer
}

#[async_trait]
impl Directory for Measured {
    async fn find(&self, user_id: &str) -> Result<Option<Person>, Error> {
        measured("find", self.0.find(user_id)).await
    }

    async fn verify(&self, account: Option<&AccountId>, password: &Secret) -> Result<Verdict, Error> {
        measured("verify", self.0.verify(account, password)).await
    }

    async fn find_out(&self, lost: &Lost, account: &AccountId, password: &Secret) -> Result<Verdict, Error> {
        measured("find_out", self.0.find_out(lost, account, password)).await
    }

    async fn reset(&self, account: &AccountId, password: &Secret) -> Result<(), Error> {
        measured("reset", self.0.reset(account, password)).await
    }

    async fn names(&self, most: usize) -> Result<Vec<AccountId>, Error> {
        measured("names", self.0.names(most)).await
    }

    async fn person(&self, account: &AccountId) -> Result<Option<Person>, Error> {
        measured("person", self.0.person(account)).await
    }

    async fn change(&self, account: &AccountId, old: &Secret, new: &Secret) -> Result<(), Error> {
        measured("change", self.0.change(account, old, new)).await
    }

    async fn unlock(&self, account: &AccountId) -> Result<(), Error> {
        measured("unlock", self.0.unlock(account)).await
    }

    async fn examine(&self) -> Vec<Finding> {
        self.0.examine().await
    }
}
