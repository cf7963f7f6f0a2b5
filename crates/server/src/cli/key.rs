//! `regain key`: the key with which everything is sealed and recognised, and its change.

use std::path::Path;

use clap::Subcommand;
use regain_core::audit::Act;

use super::{ConfigArg, open, trail};
use crate::app::{self, App};
use crate::config::Config;
use crate::store::{KeyFile, key_id};

/// What `regain key` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say which keys there are, and how much each has sealed
    Status,
    /// Change the key: one step, and what to do next
    Rotate,
    /// Give up the former key, once nothing needs it any more
    Retire {
        /// Also if links "This wasn't me" in notices still need it: they lead nowhere then
        #[arg(long)]
        now: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// With what to do about it; nothing was changed then.
pub async fn run(args: Args) -> Result<(), String> {
    let lines = |problems: Vec<String>| problems.join("\nregain: ");
    let config = Config::load(args.config.config.as_deref()).map_err(lines)?;
    let path = app::key_file(&config)?;
    if !path.exists() {
        return Err(format!("{} is not there: `regain serve` makes it on its first start", path.display()));
    }
    // One server alone can be given the new key at once; others have to know it before anything is sealed with it.
    let alone = config.store.address()?.starts_with("sqlite:");
    let file = KeyFile::read_or_make(&path).map_err(|problem| problem.to_string())?;
    let app = open::open(&args.config).await?.app;
    match args.command {
        Command::Status => status(&app, &file).await,
        Command::Rotate => rotate(&app, &file, &path, alone).await,
        Command::Retire { now } => retire(&app, &file, &path, now).await,
    }
}

async fn status(app: &App, file: &KeyFile) -> Result<(), String> {
    let sealed = app.store.sealed_by().await.map_err(|error| error.to_string())?;
    let count = |id: &str| sealed.iter().find(|(known, _)| known == id).map_or(0, |(_, count)| *count);
    println!("KEY       STATE            ROWS SEALED WITH IT");
    for (n, keys) in file.keys().each().enumerate() {
        let state = match n {
            0 => "in use",
            1 if file.has_next() => "known, not used",
            _ => "former",
        };
        let id = key_id(&keys);
        println!("{id}  {state:<15}  {:>19}", count(&id));
    }
    let Some(former) = file.former() else { return Ok(()) };
    match (count(&key_id(&former)), links(app, file).await?) {
        (0, 0) => println!("Nothing needs the former key any more: regain key retire."),
        (0, links) => println!("{}", needed(links)),
        (rows, _) => println!("{rows} rows are still to be sealed with the key in use. The running service does that."),
    }
    Ok(())
}

async fn rotate(app: &App, file: &KeyFile, path: &Path, alone: bool) -> Result<(), String> {
    if file.former().is_some() {
        return Err("the last change of the key is not over: see `regain key status`, then `regain key retire`".into());
    }
    if !file.has_next() && !alone {
        replace(&file.with_next().map_err(|error| error.to_string())?, path)?;
        println!(
            "A new key is in {}, and not used yet.\nCopy that file to every server and restart them, one after the other. \
             Then run `regain key rotate` again.",
            path.display()
        );
        return Ok(());
    }
    let next = if file.has_next() { file.clone() } else { file.with_next().map_err(|error| error.to_string())? };
    let changed = next.advanced();
    let key = key_id(&changed.keys());
    // Written down first: a change that nobody knows of would be worse than one that did not come about.
    trail::write(app, Vec::new(), &[(None, Act::KeyChanged { key: key.clone() })]).await?;
    replace(&changed, path)?;
    let elsewhere =
        if alone { "Restart the service now" } else { "Copy that file to every server and restart them now" };
    println!(
        "The new key {key} is in use as soon as {} is read again.\n{elsewhere}; it then seals everything anew, which \
         `regain key status` shows. People who are signed in have to sign in again; resets under way go on.\nKeep a copy of the \
         file, and delete copies of the old one after `regain key retire`.",
        path.display()
    );
    Ok(())
}

async fn retire(app: &App, file: &KeyFile, path: &Path, now: bool) -> Result<(), String> {
    let Some(former) = file.former() else { return Err("there is no former key: nothing was changed".into()) };
    let former = key_id(&former);
    let sealed = app.store.sealed_by().await.map_err(|error| error.to_string())?;
    if let Some((_, rows)) = sealed.iter().find(|(id, rows)| *id == former && *rows > 0) {
        return Err(format!(
            "{rows} rows are still sealed with {former}: the running service seals them anew; try later"
        ));
    }
    match links(app, file).await? {
        links if links > 0 && !now => return Err(needed(links)),
        _ => {}
    }
    trail::write(app, Vec::new(), &[(None, Act::KeyRetired { key: former.clone() })]).await?;
    replace(&file.retired(), path)?;
    println!(
        "The former key {former} is gone from {}. If several servers share the store, copy the file to each of them. Restart \
         the service when it suits you.",
        path.display()
    );
    Ok(())
}

async fn links(app: &App, file: &KeyFile) -> Result<usize, String> {
    match file.former() {
        Some(former) => app.store.links_of(&former).await.map_err(|error| error.to_string()),
        None => Ok(0),
    }
}

fn needed(links: usize) -> String {
    format!(
        "{links} links \"This wasn't me\" in notices still need the former key, each for 30 days after it was sent. Wait, or \
         give them up with `regain key retire --now`."
    )
}

fn replace(file: &KeyFile, path: &Path) -> Result<(), String> {
    file.replace(path).map_err(|error| format!("{}: {error}; the file is as it was", path.display()))
}
