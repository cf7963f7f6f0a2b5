//! `regain user`: the people of the embedded directory.

use std::path::PathBuf;

use clap::Subcommand;
use regain_core::Secret;
use serde_json::json;

use super::open::open;
use super::{ConfigArg, sheet, typed};
use crate::directory::embedded::{Change, Embedded, NewPerson, Problem};
use crate::directory::{Person, Status};

/// What `regain user` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add somebody
    Add {
        /// What the person types to sign in
        user_id: String,
        /// The person's name
        #[arg(long)]
        name: String,
        /// The account's own address, for notices
        #[arg(long, value_name = "ADDRESS")]
        mail: Option<String>,
        /// A group; may be given more than once
        #[arg(long = "group", value_name = "NAME")]
        groups: Vec<String>,
        /// Ask for a password, or read it from standard input; without one the person starts with "Forgotten my password"
        #[arg(long)]
        password: bool,
    },
    /// List everybody
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Change somebody
    Set(Set),
    /// Keep somebody from signing in and from resetting the password
    Disable {
        /// Who
        user_id: String,
    },
    /// Let somebody in again
    Enable {
        /// Who
        user_id: String,
    },
    /// Lock an account until somebody unlocks it: its owner can, by proving who they are
    Lock {
        /// Who
        user_id: String,
    },
    /// Unlock an account
    Unlock {
        /// Who
        user_id: String,
    },
    /// Add everybody in a list, or nobody if anything in it is wrong
    Import {
        /// A CSV file with the columns user_id, name and, if you like, mail, groups (separated by |) and password;
        /// - for standard input
        file: PathBuf,
    },
}

#[derive(clap::Args)]
struct Set {
    /// Who
    user_id: String,
    /// Another User ID
    #[arg(long, value_name = "USER_ID")]
    new_user_id: Option<String>,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Another address of its own; "" removes it
    #[arg(long, value_name = "ADDRESS")]
    mail: Option<String>,
    /// The groups from now on; may be given more than once
    #[arg(long = "group", value_name = "NAME", conflicts_with = "no_groups")]
    groups: Vec<String>,
    /// Leave all groups
    #[arg(long)]
    no_groups: bool,
    /// Ask for a password, or read it from standard input
    #[arg(long)]
    password: bool,
    /// The password has to be changed at the next sign-in
    #[arg(long)]
    must_change: bool,
}

/// Runs the command.
///
/// # Errors
/// Why nothing was changed, with what to do; one line for each problem.
pub async fn run(args: Args) -> Result<(), String> {
    let opened = open(&args.config).await?;
    let people = opened.people("its people are looked after there, not here")?;
    match args.command {
        Command::Add { user_id, name, mail, groups, password } => {
            let password = if password { Some(typed::password()?) } else { None };
            let added = people.add(NewPerson { user_id: user_id.clone(), name, mail, groups, password }).await;
            added.map_err(|problem| problem.to_string())?;
            println!("Added {user_id}.");
        }
        Command::List { json } => list(&people.list().await.map_err(|problem| problem.to_string())?, json),
        Command::Set(set) => {
            let (user_id, change) = set.change()?;
            people.set(&user_id, change).await.map_err(|problem| problem.to_string())?;
            println!("Changed {user_id}.");
        }
        Command::Disable { user_id } => {
            switch(people, &user_id, true).await?;
            println!("Disabled {user_id}.");
        }
        Command::Enable { user_id } => {
            switch(people, &user_id, false).await?;
            println!("Enabled {user_id}.");
        }
        Command::Lock { user_id } => {
            let change = Change { locked: Some(true), ..Change::default() };
            people.set(&user_id, change).await.map_err(|problem| problem.to_string())?;
            println!("Locked {user_id}.");
        }
        Command::Unlock { user_id } => {
            let change = Change { locked: Some(false), ..Change::default() };
            people.set(&user_id, change).await.map_err(|problem| problem.to_string())?;
            println!("Unlocked {user_id}.");
        }
        Command::Import { file } => {
            let added = import(people, &sheet::load(&file)?).await.map_err(|problems| problems.join("\nregain: "))?;
            println!("Added {added} people.");
        }
    }
    Ok(())
}

async fn switch(people: &Embedded, user_id: &str, disabled: bool) -> Result<(), String> {
    let change = Change { disabled: Some(disabled), ..Change::default() };
    people.set(user_id, change).await.map_err(|problem| problem.to_string())
}

impl Set {
    fn change(self) -> Result<(String, Change), String> {
        let password = if self.password { Some(typed::password()?) } else { None };
        let groups = Some(self.groups).filter(|groups| self.no_groups || !groups.is_empty());
        let must_change = self.must_change.then_some(true);
        let Self { user_id, new_user_id, name, mail, .. } = self;
        let change = Change { user_id: new_user_id, name, mail, groups, password, must_change, ..Change::default() };
        let nothing = change.user_id.is_none()
            && change.name.is_none()
            && change.mail.is_none()
            && change.groups.is_none()
            && change.password.is_none()
            && change.must_change.is_none();
        if nothing { Err("say what to change; see `regain user set --help`".into()) } else { Ok((user_id, change)) }
    }
}

fn list(people: &[Person], as_json: bool) {
    if as_json {
        let people = people.iter().map(|person| {
            let Person { id, user_id, name, mail, groups, status, .. } = person;
            let (disabled, locked, must_change) = (status.disabled, status.locked.is_some(), status.must_change);
            json!({
                "id": id, "user_id": user_id, "name": name, "mail": mail, "groups": groups,
                "disabled": disabled, "locked": locked, "must_change": must_change
            })
        });
        println!("{:#}", serde_json::Value::Array(people.collect()));
        return;
    }
    for person in people {
        let mail = person.mail.as_deref().unwrap_or("-");
        let state = match person.status {
            Status { disabled: true, .. } => "disabled",
            Status { locked: Some(_), .. } => "locked",
            _ => "enabled",
        };
        println!("{:<32} {:<24} {:<32} {state:<8} {}", person.user_id, person.name, mail, person.groups.join(", "));
    }
}

/// Adds everybody in a list, or nobody: the number of people, or all problems with their lines.
///
/// # Errors
/// One sentence for each problem.
pub async fn import(people: &Embedded, list: &[u8]) -> Result<usize, Vec<String>> {
    let lines = sheet::read(list, &["user_id", "name"], &["mail", "groups", "password"])?;
    let new = |line: &sheet::Line| NewPerson {
        user_id: line.cell("user_id").to_owned(),
        name: line.cell("name").to_owned(),
        mail: Some(line.cell("mail").to_owned()).filter(|mail| !mail.is_empty()),
        groups: line.cell("groups").split('|').filter(|name| !name.trim().is_empty()).map(str::to_owned).collect(),
        password: Some(line.cell("password")).filter(|typed| !typed.is_empty()).map(Secret::new),
    };
    let added = people.add_all(lines.iter().map(new).collect()).await.map_err(|problems| {
        let told = problems.iter().map(|(place, problem)| match (problem, lines.get(*place)) {
            (Problem::Directory(_), _) | (_, None) => problem.to_string(),
            (_, Some(line)) => format!("line {}: {problem}", line.number),
        });
        told.collect::<Vec<_>>()
    })?;
    Ok(added.len())
}
