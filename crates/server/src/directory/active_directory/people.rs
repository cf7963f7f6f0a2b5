//! Finding accounts, and reading what stands in them.

use regain_core::Time;
use regain_core::method::ContactKind;
use regain_core::subject::{self, AccountId};

use super::rules::Policy;
use super::wire::{self, Sid};
use super::{ActiveDirectory, Section};
use crate::directory::ldap::entry::{Entry, Query, Scope};
use crate::directory::ldap::filter;
use crate::directory::ldap::lease::Lease;
use crate::directory::{Error, Lock, Person, Status};

/// What is read of an account, besides what the operator names.
const ATTRIBUTES: &[&str] = &[
    "objectGUID",
    "objectSid",
    "sAMAccountName",
    "displayName",
    "cn",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "accountExpires",
    "lockoutTime",
    "pwdLastSet",
    "adminCount",
    "primaryGroupID",
    "msDS-ResultantPSO",
];
/// Longer texts name nobody: a user principal name has at most 1,024 bytes, and no one types that.
const LONGEST_USER_ID: usize = 256;
/// LDAP_MATCHING_RULE_IN_CHAIN ([MS-ADTS] 3.1.1.3.4.4.3): through groups in groups.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
/// More groups than anybody can be in: a sign-in to Windows fails beyond 1,015.
const MOST_GROUPS: usize = 2_000;
/// "Domain Users" ([MS-DTYP] 2.4.2.4), of which everybody is a member without standing in it.
const DOMAIN_USERS: u32 = 513;
/// The groups of a domain whose members AdminSDHolder protects ([MS-ADTS] 3.1.1.6.1.2), and the key admins: Domain Admins, Domain Controllers, Schema
/// Admins, Enterprise Admins, Read-only Domain Controllers, Key Admins, Enterprise Key Admins.
pub(super) const PROTECTED: [u32; 7] = [512, 516, 518, 519, 521, 526, 527];
/// And those that every Windows has: Administrators, Account, Server, Print, Backup Operators, Replicator.
pub(super) const PROTECTED_BUILTIN: [u32; 6] = [544, 548, 549, 550, 551, 552];
/// Administrator and krbtgt themselves.
const PROTECTED_ACCOUNTS: [u32; 2] = [500, 502];

/// An account as it stands in the directory.
pub(super) struct Account {
    /// What is told to others.
    pub(super) person: Person,
    /// The name that stays when it is moved, as the name of an entry ([MS-ADTS] 3.1.1.3.1.2.4).
    pub(super) target: String,
    /// What was read of it.
    pub(super) entry: Entry,
    /// The rules that hold for it.
    pub(super) policy: Policy,
}

impl ActiveDirectory {
    /// The account with this User ID and the connection on which it was found. As many questions for one that does not exist.
    pub(super) async fn named(&self, user_id: &str) -> Result<Option<(Lease, Account)>, Error> {
        let typed = subject::canonical(user_id);
        if typed.is_empty() || typed.chars().count() > LONGEST_USER_ID {
            return Ok(None);
        }
        let names = self.section.user_attributes.iter();
        let (lease, found) = self.look_up(filter::any(names.map(|name| filter::equals(name, &typed)))).await?;
        let names = &self.section.user_attributes;
        self.read(lease, found.filter(|entry| answers_to(entry, names, &typed))).await
    }

    /// The account with this lasting name and the connection on which it was found.
    pub(super) async fn account(&self, account: &AccountId) -> Result<Option<(Lease, Account)>, Error> {
        // A name that cannot be one runs the same questions, for one that nobody has.
        let guid = wire::guid_bytes(&account.0).unwrap_or_default();
        let (lease, found) = self.look_up(filter::equals("objectGUID", guid)).await?;
        self.read(lease, found).await
    }

    /// Where the account is, asked of one server. Nobody's is where nobody is.
    pub(super) async fn place(
        &self,
        account: Option<&AccountId>,
        server: Option<&str>,
    ) -> Result<Option<String>, Error> {
        let guid = account.and_then(|account| wire::guid_bytes(&account.0)).unwrap_or_default();
        let mut query = self.people(filter::equals("objectGUID", guid)).await?;
        query.attributes = vec!["1.1".into()];
        let found = match server {
            Some(server) => self.pool.search_at(server, &query).await?,
            None => self.pool.search(&query).await?,
        };
        Ok(found.only().map(|entry| entry.dn))
    }

    /// Everybody, by lasting name only.
    pub(super) async fn everybody(&self, most: usize) -> Result<Vec<AccountId>, Error> {
        let mut query = self.people("(objectGUID=*)".into()).await?;
        query.attributes = vec!["objectGUID".into()];
        query.limit = most;
        let found = self.pool.search(&query).await?;
        let guids = found.entries.iter().filter_map(|entry| wire::guid_text(entry.bytes("objectGUID").first()?));
        Ok(guids.map(AccountId).collect())
    }

    /// Where the domain begins.
    pub(super) async fn domain(&self) -> Result<String, Error> {
        let sheet = self.pool.learn().await?;
        let domain = sheet.root.text("defaultNamingContext").map(str::to_owned);
        domain.ok_or_else(|| Error::Unavailable("the server names no domain: is it an Active Directory?".into()))
    }

    async fn people(&self, who: String) -> Result<Query, Error> {
        let section = &self.section;
        let base = match &section.base_dn {
            Some(base) => base.clone(),
            None => self.domain().await?,
        };
        let filters = [section.user_filter.clone(), who];
        let mut attributes: Vec<String> = ATTRIBUTES.iter().map(|name| (*name).to_owned()).collect();
        attributes.extend(section.user_attributes.iter().cloned());
        attributes.extend([section.name_attribute.clone(), section.mail_attribute.clone()]);
        attributes.extend(contacts(section).into_iter().map(|(_, name)| name.clone()));
        Ok(Query { base, scope: Scope::Subtree, filter: filter::all(&filters), attributes, limit: 1 })
    }

    async fn look_up(&self, who: String) -> Result<(Lease, Option<Entry>), Error> {
        let query = self.people(who).await?;
        let (lease, found) = self.pool.ask(&query).await?;
        Ok((lease, found.only()))
    }

    async fn read(&self, mut lease: Lease, entry: Option<Entry>) -> Result<Option<(Lease, Account)>, Error> {
        let domain = self.domain().await?;
        let policy = self.policy(&mut lease, &domain, entry.as_ref()).await?;
        let groups = groups(&mut lease, &domain, entry.as_ref()).await?;
        let Some(entry) = entry else { return Ok(None) };
        let account = self.account_in(entry, &groups, policy)?;
        Ok(Some((lease, account)))
    }

    fn account_in(&self, whole: Entry, groups: &[Entry], policy: Policy) -> Result<Account, Error> {
        let (section, entry) = (&self.section, &whole);
        let lacking = |name| Error::Unavailable(format!("{name} of {} cannot be read", entry.dn));
        let guid = entry.bytes("objectGUID").first().ok_or_else(|| lacking("objectGUID"))?;
        let id = wire::guid_text(guid).ok_or_else(|| lacking("objectGUID"))?;
        let target = format!("<GUID={}>", data_encoding::HEXLOWER.encode(guid));
        let own = section.user_attributes.iter().find_map(|name| entry.text(name));
        let user_id = own.ok_or_else(|| lacking("the User ID"))?.to_owned();
        let name = [section.name_attribute.as_str(), "cn"]
            .into_iter()
            .find_map(|name| entry.text(name))
            .unwrap_or(&user_id)
            .to_owned();
        let mut named: Vec<String> =
            groups.iter().filter_map(|group| group.text("sAMAccountName")).map(str::to_owned).collect();
        named.sort();
        named.dedup();
        let protected = is_protected(entry, groups, &named, section) && !is_allowed(entry, section);
        let status = Status {
            protected,
            ..status(entry, &policy, self.clock.now()).ok_or_else(|| lacking("userAccountControl"))?
        };
        let contact = |(kind, name): (ContactKind, &String)| Some((kind, entry.text(name)?.trim().to_owned()));
        let contacts = contacts(section).into_iter().filter_map(contact).filter(|(_, text)| !text.is_empty()).collect();
        let mail = entry.text(&section.mail_attribute).map(str::to_owned);
        let (id, groups, rules) = (AccountId(id), named, policy.rules);
        let person = Person { id, user_id, name, mail, groups, contacts, status, rules };
        Ok(Account { person, target, entry: whole, policy })
    }
}

/// The names that a complex password may not contain.
pub(super) fn names(entry: &Entry) -> Vec<String> {
    ["sAMAccountName", "displayName"].into_iter().filter_map(|name| entry.text(name)).map(str::to_owned).collect()
}

/// Whether an account has this very name. The directory takes "é" for "e" and more; whoever registers a name that looks like
/// another must not be somebody else.
fn answers_to(entry: &Entry, names: &[String], typed: &str) -> bool {
    names.iter().flat_map(|name| entry.texts(name)).any(|value| subject::canonical(value) == typed)
}

fn contacts(section: &Section) -> Vec<(ContactKind, &String)> {
    let named = [
        (ContactKind::Office, &section.office_phone_attribute),
        (ContactKind::Mobile, &section.mobile_attribute),
        (ContactKind::Email, &section.private_mail_attribute),
    ];
    named.into_iter().filter_map(|(kind, name)| Some((kind, name.as_ref()?))).collect()
}

/// The groups of an account, through others, its primary group among them unless that is everybody's.
async fn groups(lease: &mut Lease, domain: &str, entry: Option<&Entry>) -> Result<Vec<Entry>, Error> {
    let who = entry.map_or(domain, |entry| entry.dn.as_str());
    let mut groups = groups_with(lease, domain, who).await?;
    let primary = entry.and_then(|entry| entry.number("primaryGroupID")).and_then(|id| u32::try_from(id).ok());
    let own = entry.and_then(|entry| Sid::read(entry.bytes("objectSid").first()?));
    if let (Some(primary), Some(own)) = (primary.filter(|id| *id != DOMAIN_USERS), own) {
        let query = group_query(domain, filter::equals("objectSid", own.neighbour(primary).bytes()));
        if let Some(primary) = lease.ask(&query).await?.only() {
            groups.extend(groups_with(lease, domain, &primary.dn).await?);
            groups.push(primary);
        }
    }
    Ok(groups)
}

async fn groups_with(lease: &mut Lease, domain: &str, member: &str) -> Result<Vec<Entry>, Error> {
    let query = group_query(domain, format!("(member:{IN_CHAIN}:={})", filter::escaped(member)));
    let found = lease.ask(&query).await?;
    if found.more {
        // Which of them were left out, nobody can tell: an administrator must not pass for an ordinary person.
        let why =
            format!("the groups of {member} cannot all be read: more than {MOST_GROUPS}, or than the server gives");
        return Err(Error::Unavailable(why));
    }
    Ok(found.entries)
}

fn group_query(domain: &str, which: String) -> Query {
    Query {
        base: domain.to_owned(),
        scope: Scope::Subtree,
        filter: filter::all(&["(objectClass=group)".to_owned(), which]),
        attributes: ["sAMAccountName", "objectSid"].map(str::to_owned).into(),
        limit: MOST_GROUPS,
    }
}

/// Active Directory marks who it protects, some time after they got into the group, and never takes the mark away: both
/// the mark and the groups count.
fn is_protected(entry: &Entry, groups: &[Entry], names: &[String], section: &Section) -> bool {
    let sid = |entry: &Entry| entry.bytes("objectSid").first().and_then(|bytes| Sid::read(bytes));
    let powerful = |sid: Sid| {
        let list: &[u32] = if sid.is_builtin() { &PROTECTED_BUILTIN } else { &PROTECTED };
        list.contains(&sid.relative())
    };
    // A group whose number cannot be read may be any.
    let grouped = groups.iter().any(|group| sid(group).is_none_or(powerful));
    let marked = entry.number("adminCount").is_some_and(|mark| mark != 0);
    let itself = sid(entry).is_none_or(|sid| PROTECTED_ACCOUNTS.contains(&sid.relative()));
    let named = section.protected_groups.iter().any(|name| names.iter().any(|own| own.eq_ignore_ascii_case(name)));
    grouped || marked || itself || named
}

fn is_allowed(entry: &Entry, section: &Section) -> bool {
    let own = || section.user_attributes.iter().flat_map(|name| entry.texts(name)).map(subject::canonical);
    section.protected_allowed.iter().any(|name| own().any(|own| own == subject::canonical(name)))
}

/// Nothing if it cannot be read: then nothing may be concluded.
fn status(entry: &Entry, policy: &Policy, now: Time) -> Option<Status> {
    let control = entry.number("userAccountControl")?;
    let computed = entry.number("msDS-User-Account-Control-Computed");
    let lasts = control & wire::PASSWORD_LASTS != 0;
    let must_change = entry.number("pwdLastSet") == Some(0) && !lasts;
    let expires = entry.number("accountExpires").and_then(wire::moment);
    Some(Status {
        disabled: control & wire::ACCOUNT_DISABLED != 0,
        expired: expires.is_some_and(|end| end <= now),
        locked: locked(entry, computed, policy, now),
        must_change,
        password_expired: !must_change && computed.is_some_and(|flags| flags & wire::PASSWORD_EXPIRED_NOW != 0),
        too_young_until: too_young_until(entry, policy, now),
        protected: false,
    })
}

/// Until when its password may not be changed.
pub(super) fn too_young_until(entry: &Entry, policy: &Policy, now: Time) -> Option<Time> {
    let set = entry.number("pwdLastSet").and_then(wire::moment)?;
    let age = policy.rules.min_age.filter(|age| age.0 > 0)?;
    Some(set + age).filter(|until| *until > now)
}

fn locked(entry: &Entry, computed: Option<i64>, policy: &Policy, now: Time) -> Option<Lock> {
    let since = entry.number("lockoutTime").and_then(wire::moment);
    let lock = match (since, policy.lockout) {
        (Some(since), Some(lasts)) if lasts.0 > 0 => Some(Lock::Until(since + lasts)),
        (Some(_), _) => Some(Lock::Lasting),
        (None, _) => None,
    };
    let over = matches!(lock, Some(Lock::Until(until)) if until <= now);
    match computed {
        Some(flags) if flags & wire::LOCKED_NOW == 0 => None,
        // It says so itself, and knows best.
        Some(_) => Some(lock.filter(|_| !over).unwrap_or(Lock::Lasting)),
        None => lock.filter(|_| !over),
    }
}

#[cfg(test)]
mod tests {
    use ldap3::SearchEntry;
    use regain_core::Span;

    use super::*;

    /// 2026-11-24T18:09:12Z, as [`wire::moment`] has it.
    const SET: &str = "134400173528948830";
    const NOW: Time = Time(1_795_543_752_894 + 60_000);

    fn entry(attributes: &[(&str, &str)]) -> Entry {
        let attrs = attributes.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
        SearchEntry { dn: "CN=Jo".into(), attrs, bin_attrs: std::collections::HashMap::new() }.into()
    }

    fn told(more: &[(&str, &str)]) -> Status {
        let attributes: Vec<(&str, &str)> = [("userAccountControl", "512"), ("pwdLastSet", SET)]
            .into_iter()
            .filter(|(name, _)| !more.iter().any(|(own, _)| own == name))
            .chain(more.iter().copied())
            .collect();
        let mut policy = Policy { lockout: Some(Span::minutes(30)), ..Policy::default() };
        policy.rules.min_age = Some(Span(0));
        status(&entry(&attributes), &policy, NOW).expect("it can be read")
    }

    #[test]
    fn what_stands_in_the_way_is_read_from_the_attributes() {
        let nothing = Status::default();
        let until = Time(1_795_543_752_894) + Span::minutes(30);
        let computed = "msDS-User-Account-Control-Computed";
        for (attributes, expected) in [
            (&[("lockoutTime", "0"), ("accountExpires", "0"), (computed, "0")][..], nothing),
            (&[("accountExpires", "9223372036854775807")], nothing),
            (&[("accountExpires", SET)], Status { expired: true, ..nothing }),
            (&[("accountExpires", "155400173528948830")], nothing),
            (&[("userAccountControl", "514")], Status { disabled: true, ..nothing }),
            (&[("pwdLastSet", "0"), (computed, "8388608")], Status { must_change: true, ..nothing }),
            (&[("pwdLastSet", "0"), ("userAccountControl", "66048")], nothing),
            (&[(computed, "8388608")], Status { password_expired: true, ..nothing }),
            (&[("lockoutTime", SET), (computed, "16")], Status { locked: Some(Lock::Until(until)), ..nothing }),
            // The time is over, or somebody else has lifted it: the server knows.
            (&[("lockoutTime", SET), (computed, "0")], nothing),
            (&[("lockoutTime", SET)], Status { locked: Some(Lock::Until(until)), ..nothing }),
            (&[("lockoutTime", "124400173528948830")], nothing),
            (&[(computed, "16")], Status { locked: Some(Lock::Lasting), ..nothing }),
        ] {
            assert_eq!(told(attributes), expected, "{attributes:?}");
        }
        assert_eq!(status(&entry(&[]), &Policy::default(), NOW), None, "nothing is concluded from what cannot be read");
    }

    #[test]
    fn a_name_that_only_looks_alike_is_another_one() {
        let names = ["mail".to_owned(), "sAMAccountName".to_owned()];
        let rene = entry(&[("mail", "Rene@example.org"), ("samaccountname", "rlee"), ("cn", "rene")]);
        assert!(answers_to(&rene, &names, "rene@example.org") && answers_to(&rene, &names, "rlee"));
        for typed in ["rené@example.org", "rene", "", "rene@example.org "] {
            assert!(!answers_to(&rene, &names, typed), "{typed:?}");
        }
    }

    #[test]
    fn a_lock_without_an_end_lasts_and_a_young_password_waits() {
        let locked = entry(&[("userAccountControl", "512"), ("lockoutTime", SET), ("pwdLastSet", SET)]);
        let mut policy = Policy::default();
        policy.rules.min_age = Some(Span::hours(24));
        let status = status(&locked, &policy, NOW).expect("it can be read");
        assert_eq!(status.locked, Some(Lock::Lasting));
        assert_eq!(status.too_young_until, Some(Time(1_795_543_752_894) + Span::hours(24)));
    }
}
