//! Where accounts and their passwords live.
//!
//! A directory kind is one file with its own section of the configuration and one line in [`KINDS`].

pub mod active_directory;
pub mod canary;
pub mod embedded;
pub mod ldap;
mod measured;
pub mod several;

use async_trait::async_trait;
use regain_core::method::ContactKind;
use regain_core::subject::AccountId;
use regain_core::{Secret, Span, Time};

use crate::finding::Finding;

/// What a directory knows of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The lasting name: never the User ID, never a DN.
    pub id: AccountId,
    /// The User ID in the directory's own spelling.
    pub user_id: String,
    /// The person's name.
    pub name: String,
    /// The account's own address.
    pub mail: Option<String>,
    /// Groups it is in, directly or through others; where nobody in them is treated differently ([`Deps::groups`]), some may
    /// be missing.
    pub groups: Vec<String>,
    /// Contacts the directory knows, as they stand there. Only an office phone may carry a code as it is; the others are
    /// suggestions until the person has confirmed them.
    pub contacts: Vec<(ContactKind, String)>,
    /// Whether it may be used.
    pub status: Status,
    /// The directory's rules on its next password; none that cannot be read.
    pub rules: PasswordRules,
}

/// Whether an account may be used, and what stands in the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// An administrator has switched it off.
    pub disabled: bool,
    /// Its time is over (Active Directory `accountExpires`, RFC 2307 `shadowExpire`).
    pub expired: bool,
    /// The directory has locked it after wrong passwords, or an administrator has.
    pub locked: Option<Lock>,
    /// Its password has to be changed at the next sign-in.
    pub must_change: bool,
    /// Its password is too old.
    pub password_expired: bool,
    /// Its password may not be *changed* before this time; it may be *reset*, where the directory tells these apart.
    pub too_young_until: Option<Time>,
    /// It is one whose password nobody may reset this way (Active Directory's protected groups).
    pub protected: bool,
}

impl Status {
    /// Whether it may not be used at all, whatever the password.
    pub const fn is_off(&self) -> bool {
        self.disabled || self.expired
    }
}

/// How long an account stays locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Until this time.
    Until(Time),
    /// Until somebody unlocks it.
    Lasting,
}

/// Whether a password is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Right,
    /// It is not, or there is no such account.
    Wrong,
    /// It is, as far as the directory says, but the account is disabled or has expired.
    Disabled,
    /// The account is locked; most directories do not say whether the password is right then.
    Locked,
    /// It is, and has to be changed before anything else: an administrator gave it, or it is too old.
    MustChange,
}

/// The directory's own rules on a new password of one account, as far as it tells them. `None` is "it does not say".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PasswordRules {
    /// Fewest characters.
    pub min_length: Option<usize>,
    /// Most characters.
    pub max_length: Option<usize>,
    /// Whether it asks for several kinds of characters.
    pub complexity: Option<bool>,
    /// How many earlier passwords may not come again.
    pub history: Option<u32>,
    /// How old a password must be before the person may change it.
    pub min_age: Option<Span>,
    /// Whether `history` holds for a reset, too, not only for a change.
    pub history_on_reset: bool,
}

impl From<&PasswordRules> for regain_core::password::DirectoryRules {
    fn from(rules: &PasswordRules) -> Self {
        Self {
            min: rules.min_length,
            max: rules.max_length,
            complexity: rules.complexity.unwrap_or(false),
            history: rules.history.filter(|_| rules.history_on_reset).unwrap_or(0),
        }
    }
}

/// Why a directory turned down a new password. The names follow what LDAP servers can say (RFC 3062, password policy
/// control, Active Directory's data codes).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Fewer characters than it asks for.
    #[error("too short")]
    TooShort {
        /// The fewest it takes.
        min: usize,
    },
    /// Not the kinds of characters it asks for.
    #[error("not complex enough")]
    Complexity,
    /// Used before.
    #[error("in history")]
    InHistory,
    /// The last change is too recent.
    #[error("too young")]
    TooYoung {
        /// When it may be changed again, if the directory tells.
        until: Option<Time>,
    },
    /// The old password given with a change is not the right one.
    #[error("the old password is wrong")]
    OldPassword,
    /// The account is locked, and only its owner could have done this.
    #[error("locked")]
    Locked,
    /// On its list of known passwords.
    #[error("in dictionary")]
    Dictionary,
    /// The account is disabled.
    #[error("disabled")]
    Disabled,
    /// The account has expired.
    #[error("expired")]
    Expired,
    /// The account is one whose password may not be reset this way.
    #[error("protected")]
    Protected,
    /// Our own account lacks the right.
    #[error("not permitted")]
    NotPermitted,
    /// No such account any more.
    #[error("no such account")]
    Gone,
    /// This server does not do it, and refers to another one, which is not asked.
    #[error("another server would have to be asked")]
    Elsewhere,
    /// Something else; the server's own words are in the log.
    #[error("refused")]
    Other,
}

/// What can go wrong with a directory.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It answered, and the answer is no. Nothing changed.
    #[error("the directory refused: {0}")]
    Refused(Refusal),
    /// It could not be reached, or not in time, and nothing was changed.
    #[error("the directory is not available: {0}")]
    Unavailable(String),
    /// The answer to a change was lost: it may have happened.
    #[error("the directory's answer was lost: {0}")]
    Indeterminate(Lost),
}

/// A change whose answer was lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Lost {
    /// For the log.
    pub why: String,
    /// The server that was written to, where there are several: only that one knows at once whether it happened.
    pub server: Option<String>,
}

/// A directory. Every operation has a time limit of its own; none retries a change.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The account with this User ID: exactly one match, else nothing.
    async fn find(&self, user_id: &str) -> Result<Option<Person>, Error>;

    /// Whether this is the account's password. Takes as long for an account that does not exist (`None`).
    async fn verify(&self, account: Option<&AccountId>, password: &Secret) -> Result<Verdict, Error>;

    /// Whether this is the account's password now, after a change of it whose answer was lost. Where there are several
    /// servers, the one that was written to is asked, and no other.
    async fn find_out(&self, _lost: &Lost, account: &AccountId, password: &Secret) -> Result<Verdict, Error> {
        self.verify(Some(account), password).await
    }

    /// Sets a password without knowing the old one, keeping the directory's rules on passwords, and unlocks the account in
    /// the same operation where the directory can.
    async fn reset(&self, account: &AccountId, password: &Secret) -> Result<(), Error>;

    /// The lasting names of its people, as many as it shows, `most` at most: to learn what people look like from outside.
    /// Nothing where they cannot be listed.
    async fn names(&self, most: usize) -> Result<Vec<AccountId>, Error>;

    /// The account with this lasting name.
    async fn person(&self, account: &AccountId) -> Result<Option<Person>, Error>;

    /// Changes a password as the person who knows the old one would, by the operation the directory has for that: its rules
    /// on history and least age hold. A wrong old password is [`Refusal::OldPassword`].
    async fn change(&self, account: &AccountId, old: &Secret, new: &Secret) -> Result<(), Error>;

    /// Lifts the lock after wrong passwords, and touches nothing else. Not locked is as good as unlocked.
    async fn unlock(&self, account: &AccountId) -> Result<(), Error>;

    /// What `regain doctor` says of it, without changing anything.
    async fn examine(&self) -> Vec<Finding> {
        match self.names(1).await {
            Ok(_) => vec![Finding::good("directory", "it answers")],
            Err(error) => vec![Finding::bad("directory", error.to_string(), "Look at the section [directory].")],
        }
    }
}

/// A kind of directory, as the configuration names it.
pub struct Kind {
    /// `directory.kind`.
    pub name: &'static str,
    /// Looks through its section, and opens nothing.
    pub check: fn(toml::Table) -> Result<(), String>,
    /// Makes one from its section.
    pub open: fn(Deps, toml::Table) -> Result<std::sync::Arc<dyn Directory>, String>,
}

/// What a directory may be given. Only the embedded one keeps its accounts in our store.
#[derive(Clone)]
pub struct Deps {
    /// The store.
    pub store: crate::store::Store,
    /// The clock.
    pub clock: crate::clock::Clock,
    /// The groups by which something is decided. Who is in others need not be found out.
    pub groups: Vec<String>,
}

/// All kinds.
pub static KINDS: &[Kind] = &[embedded::KIND, ldap::KIND, active_directory::KIND];

/// Opens the directory that the section `[directory]` describes (without `kind`, the embedded one).
///
/// # Errors
/// A sentence that names the key and says what to do.
pub fn open(deps: Deps, mut section: toml::Table) -> Result<std::sync::Arc<dyn Directory>, String> {
    let opened = (kind(&mut section)?.open)(deps, section)?;
    Ok(std::sync::Arc::new(measured::Measured(opened)))
}

/// Looks through the section `[directory]`, and opens nothing.
///
/// # Errors
/// A sentence that names the key and says what to do.
pub fn check(mut section: toml::Table) -> Result<(), String> {
    (kind(&mut section)?.check)(section)
}

/// Takes the kind out of the section.
fn kind(section: &mut toml::Table) -> Result<&'static Kind, String> {
    let kind = match section.remove("kind") {
        None => "embedded".to_owned(),
        Some(toml::Value::String(kind)) => kind,
        Some(_) => return Err("directory.kind: must be a text such as \"embedded\"".into()),
    };
    KINDS.iter().find(|entry| entry.name == kind).ok_or_else(|| {
        let known: Vec<&str> = KINDS.iter().map(|entry| entry.name).collect();
        format!("directory.kind: there is no kind \"{kind}\"; use one of: {}", known.join(", "))
    })
}
