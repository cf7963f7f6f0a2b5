//! Active Directory, Windows' or Samba's.
//!
//! People are found by what they type, and known by their `objectGUID` from then on. What a server says of an account, of its
//! rules and of a refusal is read as [MS-ADTS] and [MS-SAMR] define it.

mod diagnosis;
mod doctor;
mod passwords;
mod people;
mod rules;
mod security;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use regain_core::Secret;
use regain_core::subject::AccountId;
use serde::Deserialize;

use super::ldap::filter;
use super::ldap::policies::Policies;
use super::ldap::pool::Pool;
use super::ldap::settings::{self, Settings};
use super::{Deps, Directory, Error, Kind, Lost, Person, Verdict};
use crate::clock::Clock;
use crate::finding::Finding;

/// `directory.kind = "active_directory"`.
pub const KIND: Kind = Kind {
    name: "active_directory",
    check: |mut section| Section::read(&mut section).map(drop),
    open: |deps, section| ActiveDirectory::open(deps, section).map(|opened| Arc::new(opened) as _),
};

/// `[directory]` of this kind, without what is about connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    /// Below which entry people are; the whole domain unless given.
    base_dn: Option<String>,
    /// What somebody may type as a User ID. The first of them that an entry has is its User ID.
    user_attributes: Vec<String>,
    /// Which entries are people.
    user_filter: String,
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
    /// Groups whose members are protected besides those that Active Directory protects itself.
    protected_groups: Vec<String>,
    /// User IDs of people who may reset although they are protected.
    protected_allowed: Vec<String>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            base_dn: None,
            user_attributes: ["userPrincipalName", "mail", "sAMAccountName"].map(str::to_owned).into(),
            user_filter: "(&(objectCategory=person)(objectClass=user))".into(),
            name_attribute: "displayName".into(),
            mail_attribute: "mail".into(),
            office_phone_attribute: None,
            mobile_attribute: None,
            private_mail_attribute: None,
            protected_groups: Vec::new(),
            protected_allowed: Vec::new(),
        }
    }
}

impl Section {
    fn read(section: &mut toml::Table) -> Result<(Self, Settings), String> {
        let connections = Settings::take(section)?;
        let own: Self = section.clone().try_into().map_err(|error| settings::told(&error))?;
        own.checked().map(|own| (own, connections))
    }

    fn checked(self) -> Result<Self, String> {
        if self.user_attributes.is_empty() {
            return Err("directory.user_attributes: name at least one attribute".into());
        }
        let named = [
            ("name_attribute", Some(&self.name_attribute)),
            ("mail_attribute", Some(&self.mail_attribute)),
            ("office_phone_attribute", self.office_phone_attribute.as_ref()),
            ("mobile_attribute", self.mobile_attribute.as_ref()),
            ("private_mail_attribute", self.private_mail_attribute.as_ref()),
        ];
        let ids = self.user_attributes.iter().map(|name| ("user_attributes", Some(name)));
        for (key, name) in ids.chain(named) {
            if let Some(name) = name.filter(|name| !filter::is_attribute(name)) {
                return Err(format!("directory.{key}: \"{name}\" is not the name of an attribute"));
            }
        }
        if !filter::is_filter(&self.user_filter) {
            return Err(
                "directory.user_filter: is no filter; write one such as \"(department=Sales)\" (RFC 4515)".into()
            );
        }
        Ok(self)
    }
}

/// A domain. Clones share everything.
#[derive(Clone)]
pub struct ActiveDirectory {
    pool: Arc<Pool>,
    section: Arc<Section>,
    policies: Arc<Policies>,
    clock: Clock,
}

impl ActiveDirectory {
    /// Opens it with its section of the configuration; no server needs to be there yet.
    ///
    /// # Errors
    /// A sentence that names the key and says what to do.
    pub fn open(deps: Deps, mut section: toml::Table) -> Result<Self, String> {
        section.remove("kind");
        let (section, settings) = Section::read(&mut section)?;
        let policies = Arc::new(rules::policies(deps.clock.clone()));
        Ok(Self { pool: Pool::open(settings), section: Arc::new(section), policies, clock: deps.clock })
    }
}

#[async_trait]
impl Directory for ActiveDirectory {
    async fn find(&self, user_id: &str) -> Result<Option<Person>, Error> {
        Ok(self.named(user_id).await?.map(|(_, account)| account.person))
    }

    async fn verify(&self, account: Option<&AccountId>, password: &Secret) -> Result<Verdict, Error> {
        self.try_out(account, password, None).await
    }

    async fn find_out(&self, lost: &Lost, account: &AccountId, password: &Secret) -> Result<Verdict, Error> {
        self.try_out(Some(account), password, lost.server.as_deref()).await
    }

    async fn reset(&self, account: &AccountId, password: &Secret) -> Result<(), Error> {
        self.set_password(account, None, password).await
    }

    async fn names(&self, most: usize) -> Result<Vec<AccountId>, Error> {
        self.everybody(most).await
    }

    async fn person(&self, account: &AccountId) -> Result<Option<Person>, Error> {
        Ok(self.account(account).await?.map(|(_, account)| account.person))
    }

    async fn change(&self, account: &AccountId, old: &Secret, new: &Secret) -> Result<(), Error> {
        self.set_password(account, Some(old), new).await
    }

    async fn unlock(&self, account: &AccountId) -> Result<(), Error> {
        self.lift_lock(account).await
    }

    async fn examine(&self) -> Vec<Finding> {
        self.look().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(own: &str) -> String {
        let text = format!(
            "servers = ['ldaps://dc1.corp.example']\nbind_dn = 'regain@corp.example'\nbind_password = 'x'\n{own}"
        );
        Section::read(&mut text.parse().unwrap()).err().unwrap_or_default()
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key() {
        assert_eq!(problem(""), "");
        assert_eq!(problem("user_filter = '(department=Sales)'\noffice_phone_attribute = 'telephoneNumber'"), "");
        for (own, key) in [
            ("user_attributes = []", "directory.user_attributes"),
            ("user_attributes = ['uid=*']", "directory.user_attributes"),
            ("mobile_attribute = ''", "directory.mobile_attribute"),
            ("user_filter = '(department='", "directory.user_filter"),
            ("base = 'dc=example'", "directory: "),
        ] {
            assert!(problem(own).starts_with(key), "{own}: {}", problem(own));
        }
    }
}
