//! What is registered, to be looked at and to be taken elsewhere.

use std::collections::HashMap;

use regain_core::audit::Act;
use regain_core::method::ContactKind;
use regain_core::registration::Standing;
use regain_core::subject::AccountId;
use regain_core::{Registration, mask};
use serde_json::{Value, json};

use super::super::{date, trail};
use super::{found, sheet};
use crate::app::App;
use crate::directory::Person;
use crate::store::enrolment::Enrolled;

#[derive(clap::Args)]
pub(super) struct List {
    /// Whose
    user_id: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
pub(super) struct Export {
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    shown: Shown,
}

#[derive(clap::Args)]
struct Shown {
    /// Whole addresses and numbers; that you looked stands in the audit trail
    #[arg(long)]
    reveal: bool,
    /// Only what the pages show of them, too; this is so unless --reveal is given
    #[arg(long, conflicts_with = "reveal")]
    masked: bool,
}

impl Shown {
    /// Writes down that whole addresses are being looked at, before they are.
    async fn noted(&self, app: &App, person: Option<&Person>, count: usize) -> Result<(), String> {
        if !self.reveal {
            return Ok(());
        }
        let act = Act::ContactsRevealed { count: count.try_into().unwrap_or(u64::MAX) };
        trail::write(app, Vec::new(), &[(person, act)]).await.map(drop)
    }

    fn address(&self, contact: &Enrolled) -> String {
        match contact.kind {
            _ if self.reveal => contact.address.clone(),
            ContactKind::Email => mask::email(&contact.address),
            ContactKind::Mobile | ContactKind::Office => {
                mask::phone(contact.address.split(';').next().unwrap_or_default())
            }
        }
    }
}

/// Everybody's contacts.
struct All {
    contacts: Vec<(AccountId, Enrolled)>,
    /// The User IDs, as far as the directory still has the accounts.
    names: HashMap<AccountId, String>,
}

impl All {
    async fn load(app: &App) -> Result<Self, String> {
        let contacts = app.store.all_contacts().await.map_err(|error| error.to_string())?;
        let mut names = HashMap::new();
        for (account, _) in &contacts {
            if !names.contains_key(account)
                && let Some(person) = app.directory.person(account).await.map_err(|error| error.to_string())?
            {
                names.insert(account.clone(), person.user_id);
            }
        }
        Ok(Self { contacts, names })
    }

    /// The User ID, or the directory's lasting name of an account that is gone.
    fn name<'a>(&'a self, account: &'a AccountId) -> &'a str {
        self.names.get(account).unwrap_or(&account.0)
    }

    fn json(&self, app: &App, shown: &Shown) -> Value {
        let one = |(account, contact): &(AccountId, Enrolled)| {
            let mut of = described(app, contact, shown);
            of["account"] = json!(account);
            of["user_id"] = json!(self.names.get(account));
            of
        };
        self.contacts.iter().map(one).collect()
    }
}

fn described(app: &App, contact: &Enrolled, shown: &Shown) -> Value {
    let (verified, changed) = (contact.verified.map(date), date(contact.changed));
    json!({ "kind": contact.kind.name(), "address": shown.address(contact), "verified": verified, "changed": changed,
            "barred": barred(app, contact) })
}

/// Why no code goes there any more, if so.
fn barred(app: &App, contact: &Enrolled) -> Option<String> {
    let number = Some(&contact.address).filter(|_| contact.kind != ContactKind::Email);
    number.and_then(|number| app.barred(number)).map(|why| why.to_string())
}

impl List {
    pub(super) async fn run(self, app: &App) -> Result<(), String> {
        if let Some(user_id) = &self.user_id {
            let person = found(app, user_id).await?;
            return self.one(app, &person).await;
        }
        let all = All::load(app).await?;
        self.shown.noted(app, None, all.contacts.len()).await?;
        if self.json {
            println!("{:#}", all.json(app, &self.shown));
            return Ok(());
        }
        for (account, contact) in &all.contacts {
            self.line(app, all.name(account), contact);
        }
        Ok(())
    }

    async fn one(&self, app: &App, person: &Person) -> Result<(), String> {
        let broken = |error: crate::store::Error| error.to_string();
        let contacts = app.store.contacts(&person.id).await.map_err(broken)?;
        let registration = app.registration(Some(&person.id)).await.map_err(broken)?;
        let invited = app.store.invited(&person.id).await.map_err(broken)?;
        self.shown.noted(app, Some(person), contacts.len()).await?;
        let standing = registration.standing(&app.keys, &app.policy, app.policy.is_administrator(&person.groups));
        let Registration { asked, confirmed, rehearsed, frozen, .. } = registration;
        let dates = [
            ("asked", asked),
            ("invited", invited),
            ("confirmed", confirmed),
            ("rehearsed", rehearsed),
            ("frozen", frozen),
        ];
        if self.json {
            let contacts: Value = contacts.iter().map(|contact| described(app, contact, &self.shown)).collect();
            let Standing { needed, missing } = standing;
            let mut of = json!({ "account": person.id, "user_id": person.user_id, "name": person.name,
                                 "contacts": contacts, "needed": needed, "missing": missing });
            for (what, when) in dates {
                of[what] = json!(when.map(date));
            }
            println!("{of:#}");
            return Ok(());
        }
        contacts.iter().for_each(|contact| self.line(app, &person.user_id, contact));
        println!("{}", stands(standing, frozen.is_some()));
        for (what, when) in dates {
            println!("{what:<10} {}", when.map_or("never".to_owned(), date));
        }
        Ok(())
    }

    fn line(&self, app: &App, user_id: &str, contact: &Enrolled) {
        let (kind, address) = (contact.kind.name(), self.shown.address(contact));
        let since = date(contact.changed);
        let verified = contact.verified.map_or("not verified".to_owned(), |at| format!("verified {}", date(at)));
        let barred = barred(app, contact).map(|why| format!("; no codes go there ({why})")).unwrap_or_default();
        println!("{user_id:<32} {kind:<8} {address:<32} since {since}  {verified}{barred}");
    }
}

fn stands(standing: Standing, frozen: bool) -> String {
    match standing {
        _ if frozen => "cannot reset: frozen by \"This wasn't me\"; see `regain method thaw --help`".into(),
        Standing { missing: 0, .. } => "can reset alone".into(),
        Standing { needed, missing } => {
            format!("cannot reset alone: {missing} missing of {needed} ways to be verified")
        }
    }
}

impl Export {
    pub(super) async fn run(self, app: &App) -> Result<(), String> {
        let all = All::load(app).await?;
        self.shown.noted(app, None, all.contacts.len()).await?;
        if self.json {
            println!("{:#}", all.json(app, &self.shown));
            return Ok(());
        }
        let line = |(account, contact): &(AccountId, Enrolled)| {
            let verified = if contact.verified.is_some() { "yes" } else { "no" };
            let (user_id, kind) = (all.name(account).to_owned(), contact.kind.name().to_owned());
            vec![user_id, kind, self.shown.address(contact), verified.to_owned()]
        };
        let lines: Vec<Vec<String>> = all.contacts.iter().map(line).collect();
        print!("{}", sheet::write(&["user_id", "kind", "address", "verified"], &lines)?);
        Ok(())
    }
}
