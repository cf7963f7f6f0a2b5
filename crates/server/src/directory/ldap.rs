//! `directory.kind = "ldap"`: OpenLDAP, 389 Directory Server and others that set passwords by RFC 3062.
//!
//! What lies below is in two layers. The lower one reaches servers, and Active Directory uses it, too: `settings`, `address`,
//! `discover`, `connect`, `search`, `lease`, `pool`, `confirm`, `policies`, `sheet`, `entry`, `filter`, `time`, `look`. The upper
//! one knows what these servers keep about people and passwords: `people`, `groups`, `policy`, `ppolicy`, `refusal`, `sign_in`,
//! `doctor`.

pub(super) mod address;
pub(super) mod confirm;
pub(super) mod connect;
mod discover;
mod doctor;
pub(super) mod entry;
pub(super) mod filter;
mod groups;
pub(super) mod lease;
pub(super) mod look;
mod people;
pub(super) mod policies;
mod policy;
pub(super) mod pool;
mod ppolicy;
mod refusal;
mod search;
pub(super) mod settings;
pub(super) mod sheet;
mod sign_in;
pub(super) mod time;

use std::sync::Arc;

use async_trait::async_trait;
use ldap3::Mod;
use ldap3::exop::PasswordModify;
use regain_core::subject::AccountId;
use regain_core::{Secret, password};
use serde::Deserialize;

use self::connect::{Answer, SUCCESS, Trouble};
use self::entry::Entry;
use self::groups::Groups;
use self::lease::Lease;
use self::people::People;
use self::policies::Policies;
use self::policy::Rules;
use self::pool::{Pool, Role};
use self::refusal::{Known, outcome};
use self::settings::Settings;
use self::sheet::{PASSWORD_MODIFY, Vendor};
use self::sign_in::{SignIn, Stopwatch};
use super::{Deps, Directory, Error, Kind, Lost, Person, Refusal, Verdict};
use crate::clock::Clock;
use crate::finding::Finding;

/// `directory.kind = "ldap"`.
pub const KIND: Kind = Kind {
    name: "ldap",
    check: |section| Section::read(section).map(drop),
    open: |deps, section| Ldap::open(deps, section).map(|opened| Arc::new(opened) as _),
};

/// `[directory]` of this kind, besides what all that speak LDAP share.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    /// Below which entry people are.
    base_dn: String,
    /// Which entries are people.
    user_filter: String,
    /// What somebody may type as a User ID. The first of them that an entry has is its User ID.
    user_attributes: Vec<String>,
    /// What an entry is called for as long as it lives.
    id_attribute: Option<String>,
    /// The person's name.
    name_attribute: String,
    /// The account's own address, for notices.
    mail_attribute: String,
    /// The office phone.
    office_phone_attribute: Option<String>,
    /// A mobile number to suggest.
    mobile_attribute: Option<String>,
    /// An address outside the organisation to suggest.
    private_mail_attribute: Option<String>,
    /// Below which entry groups are, if not below `base_dn`.
    group_base_dn: Option<String>,
    /// Which entries are groups; empty if groups are not to be looked at.
    group_filter: String,
    /// The policy of an account that names none of its own (OpenLDAP's `ppolicy_default`).
    default_policy_dn: Option<String>,
}

impl Default for Section {
    fn default() -> Self {
        let groups = ["groupOfNames", "groupOfUniqueNames", "posixGroup"].map(|class| format!("(objectClass={class})"));
        Self {
            base_dn: String::new(),
            user_filter: "(objectClass=person)".to_owned(),
            user_attributes: vec!["uid".to_owned(), "mail".to_owned()],
            id_attribute: None,
            name_attribute: "cn".to_owned(),
            mail_attribute: "mail".to_owned(),
            office_phone_attribute: None,
            mobile_attribute: None,
            private_mail_attribute: None,
            group_base_dn: None,
            group_filter: format!("(|{})", groups.concat()),
            default_policy_dn: None,
        }
    }
}

impl Section {
    fn read(mut table: toml::Table) -> Result<(Settings, Self), String> {
        let settings = Settings::take(&mut table)?;
        let section: Self = table.try_into().map_err(|error| settings::told(&error))?;
        section.checked().map(|section| (settings, section))
    }

    fn checked(self) -> Result<Self, String> {
        if self.base_dn.trim().is_empty() {
            return Err("directory.base_dn: is missing; it says below which entry people are".into());
        }
        let filters = [("user_filter", &self.user_filter), ("group_filter", &self.group_filter)];
        if let Some((key, _)) = filters.iter().find(|(_, text)| !text.is_empty() && !filter::is_filter(text)) {
            return Err(format!(
                "directory.{key}: is no filter; write one such as \"(objectClass=person)\" (RFC 4515)"
            ));
        }
        if self.user_filter.is_empty() || self.user_attributes.is_empty() {
            return Err("directory.user_attributes and user_filter: must not be empty".into());
        }
        let named =
            [&self.id_attribute, &self.office_phone_attribute, &self.mobile_attribute, &self.private_mail_attribute];
        let always = self.user_attributes.iter().chain([&self.name_attribute, &self.mail_attribute]);
        if let Some(wrong) = always.chain(named.into_iter().flatten()).find(|name| !filter::is_attribute(name)) {
            return Err(format!("directory: \"{wrong}\" is no name of an attribute"));
        }
        Ok(self)
    }
}

/// A directory that speaks LDAP.
pub struct Ldap {
    pool: Arc<Pool>,
    people: People,
    policies: Policies,
    groups: Groups,
    base: String,
    default_policy: Option<String>,
    clock: Clock,
    stopwatch: Stopwatch,
}

impl Ldap {
    /// Opens it with its section of the configuration. The servers need not be there yet.
    ///
    /// # Errors
    /// A sentence that names the key and says what to do.
    pub fn open(deps: Deps, mut section: toml::Table) -> Result<Self, String> {
        section.remove("kind");
        let (settings, section) = Section::read(section)?;
        let groups = Groups::new(&section, deps.groups, deps.clock.clone());
        Ok(Self {
            pool: Pool::open(settings),
            people: People::new(&section),
            policies: Policies::new(policy::RULES.to_vec(), deps.clock.clone()),
            groups,
            base: section.base_dn,
            default_policy: section.default_policy_dn,
            clock: deps.clock,
            stopwatch: Stopwatch::default(),
        })
    }

    /// What each server can do, in words.
    pub fn sheet(&self) -> Vec<String> {
        self.pool.sheet().map(|sheet| sheet.words()).unwrap_or_default()
    }

    /// The entry of an account, where it is now, and the connection on which it was found.
    async fn entry(&self, account: &AccountId) -> Result<Option<(Lease, Entry)>, Error> {
        let sheet = self.pool.learn().await?;
        let Some(query) = self.people.by_id(account, &sheet) else { return Ok(None) };
        let (lease, found) = self.pool.ask(&query).await?;
        Ok(found.only().map(|entry| (lease, entry)))
    }

    /// The entry of an account whose password may be set.
    async fn usable(&self, account: &AccountId) -> Result<(Lease, Entry), Error> {
        let (lease, entry) = self.entry(account).await?.ok_or(Error::Refused(Refusal::Gone))?;
        let status = policy::status(&entry, &Rules::default(), self.clock.now());
        if status.disabled {
            return Err(Error::Refused(Refusal::Disabled));
        }
        if status.expired {
            return Err(Error::Refused(Refusal::Expired));
        }
        Ok((lease, entry))
    }

    fn policy_dn(&self, entry: &Entry) -> Option<String> {
        entry.text("pwdPolicySubentry").map(str::to_owned).or_else(|| self.default_policy.clone())
    }

    /// The rules that hold for an entry, as they were a moment ago. Rules that cannot be read are none.
    async fn policy(&self, lease: &mut Lease, entry: &Entry) -> Result<Rules, Error> {
        let Some(dn) = self.policy_dn(entry) else { return Ok(Rules::default()) };
        Ok(Rules::read(&self.policies.of(lease, &dn).await?))
    }

    /// What is known of an entry, found on this connection. Somebody who is not there costs the same searches, and is nobody.
    async fn person_of(&self, mut lease: Lease, entry: Option<Entry>) -> Result<Option<Person>, Error> {
        let known = entry.unwrap_or_else(|| Entry::nobody(&self.base));
        let rules = self.policy(&mut lease, &known).await?;
        let sheet = lease.sheet();
        drop(lease);
        let groups = self.groups.of(&self.pool, &known).await?;
        let people = &self.people;
        Ok(people.id(&known, &sheet).map(|id| Person {
            id,
            user_id: people.user_id(&known),
            name: people.name(&known),
            mail: people.mail(&known),
            groups,
            contacts: people.contacts(&known),
            status: policy::status(&known, &rules, self.clock.now()),
            rules: rules.for_passwords,
        }))
    }

    /// Signs in as an entry, on a connection of its own.
    async fn sign_in(&self, lease: &mut Lease, entry: &Entry, password: &Secret) -> Result<SignIn, Error> {
        let answer = lease.bind(&entry.dn, password, ppolicy::request()).await;
        let answer = answer.map_err(|trouble| Error::Unavailable(format!("{}: {}", lease.name(), trouble.why())))?;
        let off = policy::status(entry, &Rules::default(), self.clock.now()).is_off();
        SignIn::read(&answer, off)
            .ok_or_else(|| Error::Unavailable(format!("{}: a sign-in was answered by {}", lease.name(), answer.told())))
    }

    /// Sets a password as the service account, on the connection on which the entry was found.
    async fn set(&self, mut lease: Lease, entry: &Entry, new: &Secret) -> Result<(), Error> {
        let answer = write(&mut lease, entry, None, new).await?;
        self.told(&lease.name(), answer, &mut lease, entry, new).await?;
        let locked = policy::status(entry, &Rules::default(), self.clock.now()).locked.is_some();
        if locked && lease.sheet().vendor == Vendor::Ds389 {
            // This server keeps the lock. That the password is set stands, whatever becomes of the lock.
            if let Err(error) = unlock(&mut lease, entry).await {
                tracing::error!(%error, "a password was set, but its account stays locked");
            }
        }
        self.confirm(lease, entry).await;
        Ok(())
    }

    /// What came of a change, explained by what can be read on this connection.
    async fn told(
        &self,
        server: &str,
        answer: Result<Answer, Trouble>,
        lease: &mut Lease,
        entry: &Entry,
        new: &Secret,
    ) -> Result<(), Error> {
        let refused = answer.as_ref().is_ok_and(|answer| answer.code != SUCCESS);
        let known = if refused { self.known(lease, entry, new).await } else { Known::default() };
        outcome(server, answer, known)
    }

    /// What explains why a change was refused. The entry is as it was before.
    async fn known(&self, lease: &mut Lease, entry: &Entry, new: &Secret) -> Known {
        let policy = match self.policy_dn(entry) {
            // If it cannot be read it stays unexplained; it was refused all the same.
            Some(dn) => self.policies.now(lease, &dn).await.unwrap_or_default(),
            None => Entry::default(),
        };
        let rules = Rules::read(&policy);
        Known {
            length: new.reveal().chars().count(),
            min_length: rules.for_passwords.min_length,
            too_young_until: policy::status(entry, &rules, self.clock.now()).too_young_until,
        }
    }

    /// Others may have the connection while it is waited for the other servers.
    async fn confirm(&self, lease: Lease, entry: &Entry) {
        let server = lease.name();
        drop(lease);
        self.pool.confirm(&server, &entry.dn, confirm::ENTRY).await;
    }
}

/// Sets a password by the server's own operation; with the old one, as its owner.
async fn write(
    lease: &mut Lease,
    entry: &Entry,
    old: Option<&Secret>,
    new: &Secret,
) -> Result<Result<Answer, Trouble>, Error> {
    let sheet = lease.sheet();
    if sheet.vendor == Vendor::Ds389 {
        // Of a modification it says why a password is not good enough; of the operation below it keeps that to itself.
        return Ok(lease.modify(&entry.dn, modification(old, new), ppolicy::request()).await);
    }
    if !sheet.offers(PASSWORD_MODIFY) {
        return Err(Error::Unavailable(format!("{} does not set passwords by RFC 3062", lease.name())));
    }
    let (old_pass, new_pass) = (old.map(Secret::reveal), Some(new.reveal()));
    let request = PasswordModify { user_id: Some(&entry.dn), old_pass, new_pass };
    Ok(lease.extended(request.into(), ppolicy::request()).await)
}

fn modification(old: Option<&Secret>, new: &Secret) -> Vec<Mod<Vec<u8>>> {
    let attribute = b"userPassword".to_vec();
    let value = |password: &Secret| [password.reveal().as_bytes().to_vec()].into();
    match old {
        Some(old) => vec![Mod::Delete(attribute.clone(), value(old)), Mod::Add(attribute, value(new))],
        None => vec![Mod::Replace(attribute, value(new))],
    }
}

/// Lifts the lock after wrong passwords.
async fn unlock(lease: &mut Lease, entry: &Entry) -> Result<(), Error> {
    let attribute = |name: &str| name.as_bytes().to_vec();
    let mut changes = Vec::new();
    if lease.sheet().vendor == Vendor::Ds389 {
        changes.push(Mod::Replace(attribute("passwordRetryCount"), [b"0".to_vec()].into()));
        changes.push(Mod::Replace(attribute("accountUnlockTime"), [].into()));
    } else {
        // With it OpenLDAP forgets the wrong passwords, too.
        changes.push(Mod::Delete(attribute("pwdAccountLockedTime"), [].into()));
    }
    let answer = lease.modify(&entry.dn, changes, Vec::new()).await;
    match answer {
        Ok(answer) if answer.code == NO_SUCH_ATTRIBUTE => Ok(()),
        answer => outcome(&lease.name(), answer, Known::default()),
    }
}

/// RFC 4511, 4.1.9: what was to be deleted is not there.
const NO_SUCH_ATTRIBUTE: u32 = 16;

#[async_trait]
impl Directory for Ldap {
    async fn find(&self, user_id: &str) -> Result<Option<Person>, Error> {
        let sheet = self.pool.learn().await?;
        let Some(query) = self.people.by_user_id(user_id, &sheet) else { return Ok(None) };
        let (lease, found) = self.pool.ask(&query).await?;
        if found.entries.len() > 1 || found.more {
            tracing::warn!("a User ID fits more than one entry; directory.user_filter should let one of them through");
        }
        self.person_of(lease, found.only()).await
    }

    async fn names(&self, most: usize) -> Result<Vec<AccountId>, Error> {
        let sheet = self.pool.learn().await?;
        let found = self.pool.search(&self.people.everybody(most, &sheet)).await?;
        Ok(found.entries.iter().filter_map(|entry| self.people.id(entry, &sheet)).collect())
    }

    async fn person(&self, account: &AccountId) -> Result<Option<Person>, Error> {
        let Some((lease, entry)) = self.entry(account).await? else { return Ok(None) };
        self.person_of(lease, Some(entry)).await
    }

    async fn verify(&self, account: Option<&AccountId>, password: &Secret) -> Result<Verdict, Error> {
        // The name nobody has is looked for, and signed in as, like a real one.
        let nobody = AccountId("nobody".to_owned());
        let entry = self.entry(account.unwrap_or(&nobody)).await?.map(|(_, entry)| entry);
        let password = password::normalised(password);
        if !sign_in::is_possible(&password) {
            return Ok(Verdict::Wrong);
        }
        let mut lease = self.pool.guest().await?;
        let started = self.stopwatch.start();
        let known = entry.is_some();
        let verdict =
            self.sign_in(&mut lease, &entry.unwrap_or_else(|| Entry::nobody(&self.base)), &password).await?.verdict();
        self.stopwatch.stop(started, known).await;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    async fn find_out(&self, lost: &Lost, account: &AccountId, password: &Secret) -> Result<Verdict, Error> {
        let Some(server) = &lost.server else { return self.verify(Some(account), password).await };
        let sheet = self.pool.learn().await?;
        let Some(query) = self.people.by_id(account, &sheet) else { return Ok(Verdict::Wrong) };
        let Some(entry) = self.pool.search_at(server, &query).await?.only() else { return Ok(Verdict::Wrong) };
        let mut lease = self.pool.lease_at(server, Role::Guest).await?;
        Ok(self.sign_in(&mut lease, &entry, &password::normalised(password)).await?.verdict())
    }

    async fn reset(&self, account: &AccountId, password: &Secret) -> Result<(), Error> {
        let (lease, entry) = self.usable(account).await?;
        self.set(lease, &entry, &password::normalised(password)).await
    }

    async fn change(&self, account: &AccountId, old: &Secret, new: &Secret) -> Result<(), Error> {
        let (mut service, entry) = self.usable(account).await?;
        let (old, new) = (password::normalised(old), password::normalised(new));
        if !sign_in::is_possible(&old) {
            return Err(Error::Refused(Refusal::OldPassword));
        }
        let mut lease = self.pool.guest().await?;
        match self.sign_in(&mut lease, &entry, &old).await? {
            SignIn::Wrong => Err(Error::Refused(Refusal::OldPassword)),
            SignIn::Locked => Err(Error::Refused(Refusal::Locked)),
            SignIn::Disabled => Err(Error::Refused(Refusal::Disabled)),
            // The old password was right, but the server lets nobody in with it any more, not even to change it.
            SignIn::TooOld => self.set(service, &entry, &new).await,
            SignIn::Right | SignIn::MustChange => {
                let answer = write(&mut lease, &entry, Some(&old), &new).await?;
                self.told(&lease.name(), answer, &mut service, &entry, &new).await?;
                drop(service);
                self.confirm(lease, &entry).await;
                Ok(())
            }
        }
    }

    async fn unlock(&self, account: &AccountId) -> Result<(), Error> {
        let (mut lease, entry) = self.usable(account).await?;
        unlock(&mut lease, &entry).await
    }

    async fn examine(&self) -> Vec<Finding> {
        self.look().await
    }
}
