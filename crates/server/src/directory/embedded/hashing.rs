//! Argon2id, a few at a time: a flood of passwords waits in a queue of its own and holds up no page.

use std::sync::Arc;

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::{PasswordHasher as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use regain_core::Secret;
use tokio::sync::Semaphore;

use crate::clock;
use crate::directory::Error;

/// Hashes passwords and compares them with hashes.
#[derive(Clone)]
pub(super) struct Hashing {
    argon2: Argon2<'static>,
    /// As many at once as there are cores. Each takes its memory (19 MiB by default) and about 16 ms of one core.
    turns: Arc<Semaphore>,
    /// The hash of a password nobody has, compared with where there is no account.
    nobody: Secret,
}

impl Hashing {
    /// Takes memory in KiB and the number of passes over it.
    pub(super) fn new(memory_kib: u32, passes: u32) -> Result<Self, String> {
        let params = Params::new(memory_kib, passes, 1, None);
        let params = params.map_err(|error| format!("directory.argon2_memory_kib, argon2_passes: {error}"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let random: [u8; 16] = clock::random().map_err(|error| error.to_string())?;
        let nobody = hash(&argon2, &Secret::new(data_encoding::HEXLOWER.encode(&random)));
        let nobody = nobody.map_err(|error| error.to_string())?;
        Ok(Self { argon2, turns: Arc::new(Semaphore::new(cores)), nobody })
    }

    /// The hash to keep (PHC string format, with its salt and parameters).
    pub(super) async fn hash(&self, password: &Secret) -> Result<Secret, Error> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.in_turn(move || hash(&argon2, &password)).await?
    }

    /// Whether the password is the one of this hash. Without a hash it takes as long and is wrong.
    pub(super) async fn is(&self, password: &Secret, kept: Option<&Secret>) -> Result<bool, Error> {
        let there_is_one = kept.is_some();
        let same = self.is_any(password, vec![kept.unwrap_or(&self.nobody).clone()]).await?;
        Ok(same && there_is_one)
    }

    /// Whether the password is the one of any of these hashes.
    pub(super) async fn is_any(&self, password: &Secret, kept: Vec<Secret>) -> Result<bool, Error> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let mut same = false;
        for hash in kept {
            let (argon2, password) = (argon2.clone(), password.clone());
            // A turn for each: a long history does not keep others waiting.
            same |= self.in_turn(move || matches(&argon2, &password, &hash)).await??;
        }
        Ok(same)
    }

    /// Whether a hash was made with other parameters than new ones are.
    pub(super) fn is_outdated(&self, kept: &Secret) -> bool {
        let made_with = PasswordHash::new(kept.reveal()).ok().and_then(|hash| Params::try_from(&hash).ok());
        let wanted = self.argon2.params();
        made_with.is_none_or(|made| {
            (made.m_cost(), made.t_cost(), made.p_cost()) != (wanted.m_cost(), wanted.t_cost(), wanted.p_cost())
        })
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let stopped = |error: &dyn std::fmt::Display| Error::Unavailable(format!("hashing has stopped: {error}"));
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|error| stopped(&error))?;
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            // Held until the work is done, even if nobody waits for it any more.
            drop(turn);
            done
        });
        working.await.map_err(|error| stopped(&error))
    }
}

fn hash(argon2: &Argon2<'_>, password: &Secret) -> Result<Secret, Error> {
    let salt: [u8; 16] = clock::random().map_err(|error| Error::Unavailable(error.to_string()))?;
    let hashed: Result<PasswordHash, _> = argon2.hash_password_with_salt(password.reveal().as_bytes(), &salt);
    hashed.map(|hash| Secret::new(hash.to_string())).map_err(|error| Error::Unavailable(error.to_string()))
}

fn matches(argon2: &Argon2<'_>, password: &Secret, kept: &Secret) -> Result<bool, Error> {
    // The text of a hash stays out of the message.
    let hash = PasswordHash::new(kept.reveal());
    let hash = hash.map_err(|_| Error::Unavailable("a stored hash of a password is damaged".into()))?;
    match argon2.verify_password(password.reveal().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(Error::Unavailable(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    #[tokio::test]
    async fn a_password_is_known_again_by_its_hash() {
        let hashing = Hashing::new(64, 1).unwrap();
        let kept = hashing.hash(&secret("plum kettle")).await.unwrap();
        assert!(kept.reveal().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", kept.reveal());
        assert!(hashing.is(&secret("plum kettle"), Some(&kept)).await.unwrap());
        assert!(!hashing.is(&secret("plum kettlf"), Some(&kept)).await.unwrap());
        assert!(!hashing.is(&secret("plum kettle"), None).await.unwrap());
        let other = hashing.hash(&secret("plum kettle")).await.unwrap();
        assert!(!kept.same_as(&other), "each hash has a salt of its own");
        assert!(hashing.is_any(&secret("plum kettle"), vec![hashing.nobody.clone(), kept, other]).await.unwrap());
    }

    #[tokio::test]
    async fn hashes_made_with_other_parameters_still_count_and_are_outdated() {
        let (old, new) = (Hashing::new(64, 1).unwrap(), Hashing::new(128, 2).unwrap());
        let kept = old.hash(&secret("plum kettle")).await.unwrap();
        assert!(new.is(&secret("plum kettle"), Some(&kept)).await.unwrap());
        assert!(new.is_outdated(&kept) && !old.is_outdated(&kept));
    }

    #[tokio::test]
    async fn a_damaged_hash_is_an_error_that_does_not_quote_it() {
        let hashing = Hashing::new(64, 1).unwrap();
        let error = hashing.is(&secret("x"), Some(&secret("$argon2id$broken"))).await.unwrap_err();
        assert!(!error.to_string().contains("argon2id"), "{error}");
    }

    #[tokio::test]
    async fn each_core_hashes_one_password_even_if_nobody_waits_for_it() {
        let hashing = Hashing::new(64, 1).unwrap();
        let mut held = Vec::new();
        for _ in 0..hashing.turns.available_permits() {
            let (started, begun) = tokio::sync::oneshot::channel();
            let (release, until) = std::sync::mpsc::channel::<()>();
            let busy = hashing.clone();
            let work = move || {
                started.send(()).unwrap();
                // Ends when the other end is dropped.
                let _ = until.recv();
            };
            let waiting = tokio::spawn(async move { busy.in_turn(work).await });
            begun.await.unwrap();
            waiting.abort();
            assert!(waiting.await.unwrap_err().is_cancelled());
            held.push(release);
        }
        assert_eq!(hashing.turns.available_permits(), 0);
        drop(held);
        hashing.hash(&secret("plum kettle")).await.expect("its turn comes");
    }

    #[test]
    fn impossible_parameters_are_named() {
        let problem = Hashing::new(1, 1).err().unwrap();
        assert!(problem.contains("argon2_memory_kib"), "{problem}");
    }
}
