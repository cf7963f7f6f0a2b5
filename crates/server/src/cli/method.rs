//! `regain method`: the contacts by which people are verified.

mod import;

use std::collections::HashMap;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use regain_core::method::ContactKind;
use regain_core::subject::AccountId;
use serde_json::json;

use super::{ConfigArg, sheet};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::directory::Person;
use crate::phone::{self, Number};
use crate::store::enrolment::{Enrolled, NewContact};

pub use import::{Done, import};

/// What `regain method` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set the contacts in a list, or none if anything in it is wrong
    Import {
        /// A CSV file with the columns user_id, kind (email, mobile or office), address and, if you like, verified (yes or
        /// no; yes if nothing stands there); - for standard input
        file: PathBuf,
        #[command(flatten)]
        region: RegionArg,
    },
    /// List the contacts of everybody, or of one person
    List {
        /// Whose
        user_id: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Set somebody's office phone, which people cannot set themselves
    SetOfficePhone {
        /// Whose
        user_id: String,
        /// The number, with "ext. 123" if it has an extension
        number: String,
        #[command(flatten)]
        region: RegionArg,
    },
    /// Remove one of somebody's contacts
    Remove {
        /// Whose
        user_id: String,
        /// Which
        kind: Kind,
    },
}

#[derive(clap::Args)]
struct RegionArg {
    /// The country of numbers written without one, such as GB; else organisation.region holds
    #[arg(long, value_name = "COUNTRY")]
    region: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Email,
    Mobile,
    Office,
}

impl From<Kind> for ContactKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Email => Self::Email,
            Kind::Mobile => Self::Mobile,
            Kind::Office => Self::Office,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// Why nothing was changed, with what to do; one line for each problem.
pub async fn run(args: Args) -> Result<(), String> {
    let lines = |problems: Vec<String>| problems.join("\nregain: ");
    let config = Config::load(args.config.config.as_deref()).map_err(lines)?;
    let app = App::open(config, Clock::real()).await?;
    match args.command {
        Command::Import { file, region } => {
            let region = region.checked(&app)?;
            let done = import(&app, &sheet::load(&file)?, region.as_deref()).await.map_err(lines)?;
            println!("Set {} contacts; {} were so already.", done.set, done.unchanged);
        }
        Command::List { user_id, json } => list(&app, user_id.as_deref(), json).await?,
        Command::SetOfficePhone { user_id, number, region } => {
            let region = region.checked(&app)?;
            let number = read_number(&number, region.as_deref())?;
            let account = found(&app, &user_id).await?.id;
            let address = number.to_string();
            let contact = NewContact { account, kind: ContactKind::Office, address, verified: true };
            app.store.set_contacts(&[contact]).await.map_err(|error| error.to_string())?;
            println!("The office phone of {user_id} is {}.", phone::spaced(&number));
        }
        Command::Remove { user_id, kind } => {
            let (account, kind) = (found(&app, &user_id).await?.id, ContactKind::from(kind));
            app.store.remove_contact(&account, kind).await.map_err(|error| error.to_string())?;
            println!("{user_id} has no contact of the kind {} any more.", kind.name());
        }
    }
    Ok(())
}

impl RegionArg {
    fn checked(self, app: &App) -> Result<Option<String>, String> {
        match self.region.or_else(|| app.settings.organisation.region.clone()) {
            Some(region) if !phone::is_region(&region) => {
                Err(format!("\"{region}\" is not a country: use two letters such as GB"))
            }
            region => Ok(region),
        }
    }
}

fn read_number(typed: &str, region: Option<&str>) -> Result<Number, String> {
    Number::parse(typed, region).map_err(|problem| match problem {
        phone::Problem::NoRegion => format!("\"{typed}\": {problem} Or say the country with --region."),
        _ => format!("\"{typed}\": {problem}"),
    })
}

async fn found(app: &App, user_id: &str) -> Result<Person, String> {
    let found = app.directory.find(user_id).await.map_err(|error| error.to_string())?;
    found.ok_or_else(|| format!("nobody has the User ID \"{user_id}\": check the spelling"))
}

async fn list(app: &App, user_id: Option<&str>, as_json: bool) -> Result<(), String> {
    let broken = |error: crate::store::Error| error.to_string();
    let mut names = HashMap::new();
    let contacts: Vec<(AccountId, Enrolled)> = match user_id {
        Some(user_id) => {
            let person = found(app, user_id).await?;
            let contacts = app.store.contacts(&person.id).await.map_err(broken)?;
            names.insert(person.id.clone(), person.user_id);
            contacts.into_iter().map(|contact| (person.id.clone(), contact)).collect()
        }
        None => {
            // Only the embedded directory can say all User IDs; for another the lasting name is shown.
            let accounts = app.store.accounts().await.map_err(broken)?;
            names.extend(accounts.into_iter().map(|account| (account.id, account.user_id)));
            app.store.all_contacts().await.map_err(broken)?
        }
    };
    let name = |account: &AccountId| names.get(account).unwrap_or(&account.0).clone();
    if as_json {
        let shown = contacts.iter().map(|(account, contact)| {
            let (kind, address) = (contact.kind.name(), &contact.address);
            let (verified, changed) = (contact.verified.map(|time| date(time.0)), date(contact.changed.0));
            let user_id = names.get(account);
            json!({ "account": account, "user_id": user_id, "kind": kind, "address": address,
                    "verified": verified, "changed": changed })
        });
        println!("{:#}", serde_json::Value::Array(shown.collect()));
        return Ok(());
    }
    for (account, contact) in &contacts {
        let verified = contact.verified.map_or("not verified".to_owned(), |time| format!("verified {}", date(time.0)));
        println!("{:<32} {:<8} {:<32} {verified}", name(account), contact.kind.name(), contact.address);
    }
    Ok(())
}

/// The moment in UTC (RFC 3339).
fn date(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds).map_or_else(|_| milliseconds.to_string(), |time| time.to_string())
}
