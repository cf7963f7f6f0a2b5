//! Further directories, beside the primary one: the passwords that are set there are set here as well.
//!
//! The primary directory alone says who exists, in which groups, and who signs in. One of its attributes names the person in a
//! further one, which finds that like a User ID that was typed.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use regain_core::elsewhere::{Bar, Outcome, Target};
use serde::Deserialize;

use super::{Deps, Directory, Error, PasswordRules, Person, Status};
use crate::finding::Finding;

/// How long it is waited for what a further directory knows of a person, before anything is written. Who waits is at a page.
const PATIENCE: Duration = Duration::from_secs(3);

/// The most characters of a name: people read it in a sentence.
const NAME: usize = 60;

/// `[directory]` of a further directory, besides what its kind asks for.
#[derive(Deserialize)]
struct Section {
    /// What people call it: "Wi-Fi and printers".
    name: String,
    /// What names the person there.
    link: Link,
}

/// What of the primary directory's person names the account in a further one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Link {
    /// The User ID in the primary directory's spelling.
    UserId,
    /// The account's own address.
    Mail,
    /// The lasting name.
    Id,
}

impl Link {
    fn of(self, person: &Person) -> Option<&str> {
        match self {
            Self::UserId => Some(&person.user_id),
            Self::Mail => person.mail.as_deref(),
            Self::Id => Some(&person.id.0),
        }
    }
}

struct Other {
    name: String,
    link: Link,
    directory: Arc<dyn Directory>,
}

/// The further directories, in the order in which they are written to.
#[derive(Default)]
pub struct Others(Vec<Other>);

/// What was found of a person in one of them.
pub struct Found {
    /// The account, and whether it may be written to.
    pub target: Target,
    /// The rules for its password, as far as they are known.
    pub rules: PasswordRules,
}

/// Looks through their sections, and opens nothing.
///
/// # Errors
/// All problems, each with the directory it is about.
pub fn check(sections: &[toml::Table]) -> Vec<String> {
    let mut names = Vec::new();
    let mut problems = Vec::new();
    for (place, section) in sections.iter().enumerate() {
        let mut own = section.clone();
        let head = head(&mut own, place);
        let same = |name: &str| names.iter().any(|known: &String| known.to_lowercase() == name.to_lowercase());
        match &head {
            Ok(Section { name, .. }) if same(name) => {
                problems.push(format!("directory.name: there are two called \"{name}\"; people must tell them apart"));
            }
            Ok(Section { name, .. }) => names.push(name.clone()),
            Err(problem) => problems.push(problem.clone()),
        }
        let called = head.map_or_else(|_| called(place), |section| format!("\"{}\"", section.name));
        problems.extend(kind(own).err().map(|problem| format!("{problem} (in the directory {called})")));
    }
    problems
}

/// Opens them.
///
/// # Errors
/// A sentence that names the key and says what to do.
pub fn open(deps: &Deps, sections: Vec<toml::Table>) -> Result<Others, String> {
    if let Some(problem) = check(&sections).into_iter().next() {
        return Err(problem);
    }
    // Nothing is decided by their groups.
    let deps = Deps { groups: Vec::new(), ..deps.clone() };
    let open = |(place, mut section): (usize, toml::Table)| {
        let Section { name, link } = head(&mut section, place)?;
        Ok(Other { name, link, directory: super::open(deps.clone(), section)? })
    };
    sections.into_iter().enumerate().map(open).collect::<Result<_, _>>().map(Others)
}

/// What it is called while its name is not known.
fn called(place: usize) -> String {
    format!("in place {}", place + 2)
}

/// Takes what every further directory has out of its section.
fn head(section: &mut toml::Table, place: usize) -> Result<Section, String> {
    let mut own = toml::Table::new();
    let taken = ["name", "link"].map(|key| (key, section.remove(key)));
    for (key, value) in taken {
        let value = value.ok_or_else(|| format!("directory.{key}: the directory {} has none", called(place)))?;
        own.insert(key.to_owned(), value);
    }
    let mut read: Section = own.try_into().map_err(|error: toml::de::Error| {
        format!("directory: name must be a text, link one of \"user_id\", \"mail\", \"id\": {}", error.message())
    })?;
    read.name = read.name.trim().to_owned();
    if read.name.is_empty() || read.name.chars().count() > NAME || read.name.chars().any(char::is_control) {
        return Err(format!(
            "directory.name: of the directory {}: 1 to {NAME} characters, all to be seen",
            called(place)
        ));
    }
    Ok(read)
}

/// The accounts kept here have one password each: they can be the primary directory's, and no other's.
fn kind(section: toml::Table) -> Result<(), String> {
    if section.get("kind").is_none_or(|kind| kind.as_str() == Some(super::embedded::KIND.name)) {
        return Err("directory.kind: only the first directory can be \"embedded\"".to_owned());
    }
    super::check(section)
}

impl Others {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How long it is waited for the primary directory, where there are others: what is found there names the person here.
    pub fn patience(&self) -> Option<Duration> {
        (!self.is_empty()).then_some(PATIENCE)
    }

    /// The one that people call so.
    pub fn named(&self, name: &str) -> Option<&dyn Directory> {
        self.0.iter().find(|other| other.name == name).map(|other| other.directory.as_ref())
    }

    /// What each of them has of this person; of nobody, because the primary directory does not answer, nothing can be known.
    pub async fn survey(&self, person: Option<&Person>) -> Vec<Found> {
        join_all(self.0.iter().map(|other| other.survey(person))).await
    }

    /// What `regain doctor` says of each, by its name.
    pub async fn examine(&self) -> Vec<Finding> {
        let examine = async |other: &Other| {
            let findings = other.directory.examine().await.into_iter();
            findings.map(|finding| finding.of(&other.name)).collect()
        };
        let all: Vec<Vec<Finding>> = join_all(self.0.iter().map(examine)).await;
        all.into_iter().flatten().collect()
    }

    /// What names this person in each of them, where something does.
    pub fn links<'a>(
        &'a self,
        person: &'a Person,
    ) -> impl Iterator<Item = (&'a str, &'a dyn Directory, Option<&'a str>)> {
        self.0.iter().map(|other| (other.name.as_str(), other.directory.as_ref(), other.link.of(person)))
    }
}

impl Other {
    async fn survey(&self, person: Option<&Person>) -> Found {
        let why = match person.map(|person| tokio::time::timeout(PATIENCE, self.find(person))) {
            None => "the primary directory does not answer".to_owned(),
            Some(asked) => match asked.await {
                Ok(Ok(found)) => return found,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it does not answer in time".to_owned(),
            },
        };
        tracing::warn!(directory = self.name, why, "nothing can be found out about a person in a further directory");
        self.found(None, Outcome::Unavailable, PasswordRules::default())
    }

    async fn find(&self, person: &Person) -> Result<Found, Error> {
        let found = match self.link.of(person).filter(|link| !link.is_empty()) {
            Some(link) => self.directory.find(link).await?,
            None => None,
        };
        let Some(account) = found else { return Ok(self.found(None, Outcome::NotThere, PasswordRules::default())) };
        let rules = account.rules;
        let outcome = bar(account.status).map_or(Outcome::Untried, |bar| Outcome::Barred { bar });
        Ok(self.found(Some(account), outcome, rules))
    }

    fn found(&self, account: Option<Person>, outcome: Outcome, rules: PasswordRules) -> Found {
        let account = account.map(|account| account.id);
        Found { target: Target { name: self.name.clone(), account, outcome, once_more: false }, rules }
    }
}

fn bar(status: Status) -> Option<Bar> {
    let bars = [(status.protected, Bar::Protected), (status.disabled, Bar::Disabled), (status.expired, Bar::Expired)];
    bars.into_iter().find_map(|(barred, bar)| barred.then_some(bar))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(sections: &[&str]) -> String {
        let ldap = "kind = 'ldap'\nservers = ['ldaps://a.example.org']\nbind_dn = 'cn=x'\nbind_password = 'x'\nbase_dn = 'dc=x'\n";
        let sections: Vec<toml::Table> =
            sections.iter().map(|own| own.replace("LDAP", ldap).parse().unwrap()).collect();
        check(&sections).join("\n")
    }

    #[test]
    fn what_is_wrong_is_told_with_the_directory_it_is_about() {
        let good = "name = 'Wi-Fi'\nlink = 'mail'\nLDAP";
        assert_eq!(problems(&[good, "name = 'Library'\nlink = 'id'\nLDAP"]), "");
        let cases = [
            ("link = 'mail'\nLDAP", "directory.name: the directory in place 2 has none"),
            ("name = 'Wi-Fi'\nLDAP", "directory.link: the directory in place 2 has none"),
            ("name = ' '\nlink = 'mail'\nLDAP", "directory.name: of the directory in place 2"),
            ("name = 'Wi-Fi'\nlink = 'phone'\nLDAP", "\"user_id\", \"mail\", \"id\""),
            ("name = 'Wi-Fi'\nlink = 'mail'\nLDAP\ncolour = 'red'", "colour"),
            ("name = 'Wi-Fi'\nlink = 'mail'", "only the first directory can be \"embedded\""),
            ("name = 'Wi-Fi'\nlink = 'mail'\nkind = 'ldap'", "(in the directory \"Wi-Fi\")"),
        ];
        for (section, told) in cases {
            assert!(problems(&[section]).contains(told), "{section}: {}", problems(&[section]));
        }
        assert!(problems(&[good, "name = 'wi-fi'\nlink = 'mail'\nLDAP"]).contains("two called \"wi-fi\""));
    }
}
