//! Passwords: trying one out, setting, changing, and lifting a lock.

use std::collections::HashSet;

use ldap3::Mod;
use ldap3::controls::RawControl;
use regain_core::subject::AccountId;
use regain_core::{Secret, password};

use super::diagnosis::{self, Asked};
use super::people::Account;
use super::{ActiveDirectory, people, rules, wire};
use crate::directory::ldap::confirm;
use crate::directory::ldap::connect::{Answer, SUCCESS, Trouble};
use crate::directory::ldap::lease::Lease;
use crate::directory::ldap::pool::Role;
use crate::directory::{Error, Lost, Refusal, Verdict};

/// Windows takes no longer ones; what is longer is not tried.
const LONGEST: usize = 256;
/// Nobody's name, for a bind that takes as long as another.
const NOBODY: &str = "CN=00000000-0000-0000-0000-000000000000";
/// The value of the policy hints control: `SEQUENCE { flags 1 }` ([MS-ADTS] 3.1.1.3.4.1.27).
const ENFORCE: [u8; 5] = [0x30, 0x03, 0x02, 0x01, 0x01];

impl ActiveDirectory {
    /// Signs in with it, on one server if it is named.
    pub(super) async fn try_out(
        &self,
        account: Option<&AccountId>,
        password: &Secret,
        server: Option<&str>,
    ) -> Result<Verdict, Error> {
        let password = password::normalised(password);
        let place = self.place(account, server).await?;
        let known = place.is_some();
        let name = place.unwrap_or_else(|| NOBODY.to_owned());
        if !can_be_one(&password) {
            // An empty one would be no sign-in at all (RFC 4513, 5.1.2), and what comes after a NUL might not be looked at.
            return Ok(Verdict::Wrong);
        }
        let mut lease = match server {
            Some(server) => self.pool.lease_at(server, Role::Guest).await?,
            None => self.pool.guest().await?,
        };
        let answer = lease.bind(&name, &password, Vec::new()).await;
        let answer = answer.map_err(|trouble| Error::Unavailable(format!("{}: {}", lease.name(), trouble.why())))?;
        match diagnosis::verdict(&answer) {
            Some(verdict) if known => Ok(verdict),
            // Whatever it says of a name that nobody has.
            _ if !known => Ok(Verdict::Wrong),
            _ => Err(Error::Unavailable(format!("{}: {}", lease.name(), answer.told()))),
        }
    }

    /// Sets a password: with the old one as a change, without it as a reset, which unlocks in the same operation.
    pub(super) async fn set_password(
        &self,
        account: &AccountId,
        old: Option<&Secret>,
        new: &Secret,
    ) -> Result<(), Error> {
        let (mut lease, account) = self.permitted(account).await?;
        if account.person.status.disabled {
            return Err(Error::Refused(Refusal::Disabled));
        }
        if account.person.status.expired {
            return Err(Error::Refused(Refusal::Expired));
        }
        let new = password::normalised(new);
        if !can_be_one(&new) {
            return Err(Error::Refused(Refusal::Other));
        }
        let (changes, controls) = match old {
            Some(old) => (change(&password::normalised(old), &new), Vec::new()),
            None => (reset(&new), policy_hints(&lease)),
        };
        let strict = old.is_some() || !controls.is_empty();
        let answer = write(&mut lease, &account, changes, controls).await?;
        self.done(&mut lease, &account, &answer, &new, strict).await?;
        // Others may have the connection while it is waited for the other controllers.
        let server = lease.name();
        drop(lease);
        self.pool.confirm(&server, &account.target, confirm::PASSWORD).await;
        Ok(())
    }

    /// Sets `lockoutTime` to 0, which is how a lock is lifted ([MS-SAMR] 3.1.1.8).
    pub(super) async fn lift_lock(&self, account: &AccountId) -> Result<(), Error> {
        let (mut lease, account) = self.permitted(account).await?;
        let answer = write(&mut lease, &account, vec![unlocked()], Vec::new()).await?;
        self.done(&mut lease, &account, &answer, &Secret::new(""), false).await
    }

    /// Whether it was done; if not, why, by the rules as they are at this moment.
    async fn done(
        &self,
        lease: &mut Lease,
        account: &Account,
        answer: &Answer,
        password: &Secret,
        strict: bool,
    ) -> Result<(), Error> {
        if answer.code == SUCCESS {
            return Ok(());
        }
        if diagnosis::UNWELL.contains(&answer.code) {
            return Err(Error::Unavailable(format!("{}: {}", lease.name(), answer.told())));
        }
        let policy = self.policy_now(lease, &account.entry).await.unwrap_or(account.policy);
        let too_young_until = people::too_young_until(&account.entry, &policy, self.clock.now());
        let names = people::names(&account.entry);
        let refusal =
            diagnosis::refusal(answer, &Asked { password, rules: policy.rules, names, too_young_until, strict });
        tracing::warn!(server = lease.name(), answer = answer.told(), %refusal, "the directory refused a change");
        Err(Error::Refused(refusal))
    }

    /// The account as it is now, if anything may be done to it.
    async fn permitted(&self, account: &AccountId) -> Result<(Lease, Account), Error> {
        let found = self.account(account).await?;
        let (lease, account) = found.ok_or(Error::Refused(Refusal::Gone))?;
        if account.person.status.protected {
            return Err(Error::Refused(Refusal::Protected));
        }
        Ok((lease, account))
    }
}

fn can_be_one(password: &Secret) -> bool {
    let text = password.reveal();
    !text.is_empty() && !text.contains('\0') && text.encode_utf16().count() <= LONGEST
}

fn one(value: Vec<u8>) -> HashSet<Vec<u8>> {
    HashSet::from([value])
}

fn reset(new: &Secret) -> Vec<Mod<Vec<u8>>> {
    vec![Mod::Replace(b"unicodePwd".to_vec(), one(wire::unicode_password(new))), unlocked()]
}

fn unlocked() -> Mod<Vec<u8>> {
    Mod::Replace(b"lockoutTime".to_vec(), one(b"0".to_vec()))
}

/// The form in which the directory looks at the old password and at all rules ([MS-ADTS] 3.1.1.3.1.5.2). Everybody who knows the
/// old one may do it, so it needs no right of ours, and works for somebody who cannot sign in before changing it.
fn change(old: &Secret, new: &Secret) -> Vec<Mod<Vec<u8>>> {
    let name = b"unicodePwd".to_vec();
    let (old, new) = (one(wire::unicode_password(old)), one(wire::unicode_password(new)));
    vec![Mod::Delete(name.clone(), old), Mod::Add(name, new)]
}

/// Critical, so that no server leaves the rules out in silence.
fn policy_hints(lease: &Lease) -> Vec<RawControl> {
    let control = |oid: &str| RawControl { ctype: oid.to_owned(), crit: true, val: Some(ENFORCE.to_vec()) };
    rules::hints(&lease.sheet()).map(control).into_iter().collect()
}

/// Writes once, and says what became of it.
async fn write(
    lease: &mut Lease,
    account: &Account,
    changes: Vec<Mod<Vec<u8>>>,
    controls: Vec<RawControl>,
) -> Result<Answer, Error> {
    let server = lease.name();
    match lease.modify(&account.target, changes, controls).await {
        Ok(answer) => Ok(answer),
        Err(Trouble::NotSent(why)) => Err(Error::Unavailable(format!("{server}: {why}"))),
        Err(Trouble::Lost(why) | Trouble::Late(why)) => Err(Error::Indeterminate(Lost { why, server: Some(server) })),
    }
}
