//! `regain method`: the contacts by which people are verified.

mod import;
mod invite;
mod list;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use regain_core::audit::Act;
use regain_core::flow::Event;
use regain_core::method::ContactKind;
use regain_core::register;

use super::open::{Opened, open};
use super::{ConfigArg, sheet, trail};
use crate::app::App;
use crate::clock;
use crate::directory::Person;
use crate::drive::Hold;
use crate::phone::{self, Number};
use crate::store::enrolment::NewContact;

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
        /// no); - for standard input. Unless register.trust_imported is true, all but office phones are suggestions, which
        /// their owners confirm with a code
        file: PathBuf,
        #[command(flatten)]
        region: RegionArg,
    },
    /// List the contacts of everybody, or one person's with how they stand
    List(list::List),
    /// Write all contacts as a list that `import` takes; addresses and numbers are masked
    Export(list::Export),
    /// Write to the people who could not reset their password alone, and ask them to register
    Invite(invite::Args),
    /// Let somebody reset again after "This wasn't me" was said, once you have made sure who it is
    Thaw {
        /// Whose resets are frozen
        user_id: String,
        /// How you made sure; it stands in the audit trail
        #[arg(long, value_name = "TEXT")]
        reason: String,
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
    let opened = open(&args.config).await?;
    let app = &opened.app;
    match args.command {
        Command::Import { file, region } => {
            let region = region.checked(app)?;
            let done = import(app, &sheet::load(&file)?, region.as_deref()).await;
            println!("{}", done.map_err(|problems| problems.join("\nregain: "))?);
            Ok(())
        }
        Command::List(list) => list.run(app).await,
        Command::Export(export) => export.run(app).await,
        Command::Invite(args) => args.run(&opened).await,
        Command::Thaw { user_id, reason } => thaw(&opened, &user_id, &reason).await,
        Command::SetOfficePhone { user_id, number, region } => {
            let region = region.checked(app)?;
            let number = read_number(app, &number, region.as_deref())?;
            let person = found(app, &user_id).await?;
            let (kind, address) = (ContactKind::Office, number.to_string());
            let contact = NewContact { account: person.id.clone(), kind, address, verified: true };
            let batch = app.store.setting(&[contact]).map_err(|error| error.to_string())?;
            trail::write(app, batch, &[(Some(&person), Act::ContactGiven { kind, verified: true })]).await?;
            println!("The office phone of {user_id} is {}.", phone::spaced(&number));
            Ok(())
        }
        Command::Remove { user_id, kind } => {
            let (person, kind) = (found(app, &user_id).await?, ContactKind::from(kind));
            let batch = app.store.removing(&person.id, kind);
            trail::write(app, batch, &[(Some(&person), Act::ContactTakenAway { kind })]).await?;
            println!("{user_id} has no contact of the kind {} any more.", kind.name());
            Ok(())
        }
    }
}

/// Lifts a freeze, by the flow that puts it on: the person hears of it.
async fn thaw(opened: &Opened, user_id: &str, reason: &str) -> Result<(), String> {
    let app = &opened.app;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err("--reason: say how you made sure who it is".into());
    }
    let person = found(app, user_id).await?;
    let frozen = app.store.registration(Some(&person.id)).await.map_err(|error| error.to_string())?.frozen;
    if frozen.is_none() {
        return Err(format!("the resets of {user_id} are not frozen: nothing was changed"));
    }
    let flow = Hold::all(clock::flow_id().map_err(|error| error.to_string())?);
    let administrator = app.policy.is_administrator(&person.groups);
    let (account, own_mail) = (person.id.clone(), person.mail.clone());
    let owner = register::Person { account, user_id: person.user_id.clone(), own_mail, administrator };
    let by = format!("{}: {reason}", trail::who());
    for event in [register::Event::Open(owner), register::Event::Thaw { signed_in: None, by }] {
        app.drive(&trail::origin(), flow, Event::Register(event)).await.map_err(|error| error.to_string())?;
    }
    let after = app.store.registration(Some(&person.id)).await.map_err(|error| error.to_string())?;
    if after.frozen.is_some() {
        return Err("somebody changed this account at the same time: try again".into());
    }
    println!("{user_id} can reset again, and is told so.");
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

fn read_number(app: &App, typed: &str, region: Option<&str>) -> Result<Number, String> {
    let number = Number::parse(typed, region).map_err(|problem| match problem {
        phone::Problem::NoRegion => format!("\"{typed}\": {problem} Or say the country with --region."),
        _ => format!("\"{typed}\": {problem}"),
    })?;
    match app.barred(number.e164()) {
        None => Ok(number),
        Some(why) => Err(format!("\"{typed}\": {why}")),
    }
}

async fn found(app: &App, user_id: &str) -> Result<Person, String> {
    let found = app.directory.find(user_id).await.map_err(|error| error.to_string())?;
    found.ok_or_else(|| format!("nobody has the User ID \"{user_id}\": check the spelling"))
}
