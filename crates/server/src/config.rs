//! The configuration: one TOML file, every key also from the environment, all problems told at once.
//!
//! Each section is a struct whose `Default` is the only place where a default stands. Unknown keys are refused. Secrets may
//! lie in files of their own (`…_file`).

pub mod audit;
pub mod budget;
pub mod care_team;
pub mod organisation;
pub mod register;
pub mod return_to;
pub mod rules;
pub mod server;
pub mod session;
pub mod throttle;

use std::collections::BTreeMap;
use std::path::Path;

use regain_core::Policy;
use regain_core::method::Channel;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use audit::Audit;
use care_team::CareTeam;
use organisation::Organisation;
use register::Register;
use server::{Server, StoreSection};

/// What starts every environment variable that overrides a key: `REGAIN__SECTION__KEY`.
const PREFIX: &str = "REGAIN__";

/// What the pages and the messages need to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens and what it is called.
    pub server: Server,
    /// Whose it is.
    pub organisation: Organisation,
    /// Who helps.
    pub care_team: CareTeam,
    /// How people come to be registered.
    pub register: Register,
    /// How long somebody stays signed in.
    pub session: session::Session,
    /// Where messages may go, and who is told that they were stopped.
    pub budget: budget::Budget,
    /// Files that passwords are compared with.
    pub password_files: rules::PasswordFiles,
}

/// Everything that was configured, checked.
#[derive(Clone)]
pub struct Config {
    /// For pages and messages.
    pub settings: Settings,
    /// The store.
    pub store: StoreSection,
    /// The section of the directory, or of the primary one, for its kind to read.
    pub directory: Table,
    /// The sections of further directories, in order.
    pub others: Vec<Table>,
    /// The gateways of each channel, in order, for their kinds to read.
    pub delivery: BTreeMap<Channel, Vec<Table>>,
    /// The rules.
    pub policy: Policy,
    /// Who signs the audit trail, and who is sent it.
    pub audit: Audit,
}

impl Config {
    /// Reads a file (or nothing) and the environment.
    ///
    /// # Errors
    /// All problems, each with its key and what to do.
    pub fn load(file: Option<&Path>) -> Result<Self, Vec<String>> {
        Self::from_table(Self::table(file)?)
    }

    /// The file (or nothing) with the environment over it, not looked at yet.
    ///
    /// # Errors
    /// If the file cannot be read or is not TOML, or a variable has no place in it.
    pub fn table(file: Option<&Path>) -> Result<Table, Vec<String>> {
        let text = match file {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| vec![format!("{}: {error}; give the path with --config", path.display())])?,
        };
        let table: Table = text.parse().map_err(|error| vec![format!("not TOML: {error}")])?;
        overlay(table, environment())
    }

    /// From a table that is already there: for the demo and for tests.
    ///
    /// # Errors
    /// All problems, each with its key and what to do.
    pub fn from_table(table: Table) -> Result<Self, Vec<String>> {
        let (config, problems) = Self::read(table);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// What was configured, with defaults in the place of what cannot be used, and all problems, each with its key and what to
    /// do: for whoever wants to look on.
    pub fn read(mut table: Table) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let server = section::<server::ServerSection>(&mut table, "server", &mut problems);
        let store = section::<StoreSection>(&mut table, "store", &mut problems);
        let policy = section::<rules::PolicySection>(&mut table, "policy", &mut problems);
        let password = section::<rules::PasswordSection>(&mut table, "password", &mut problems);
        let captcha = section::<rules::CaptchaSection>(&mut table, "captcha", &mut problems);
        let throttle = section::<throttle::ThrottleSection>(&mut table, "throttle", &mut problems);
        let session = section::<session::SessionSection>(&mut table, "session", &mut problems);
        let budget = section::<budget::BudgetSection>(&mut table, "budget", &mut problems);
        let organisation = section::<Organisation>(&mut table, "organisation", &mut problems);
        let care_team = section::<care_team::CareTeamSection>(&mut table, "care_team", &mut problems);
        let register = section::<Register>(&mut table, "register", &mut problems);
        let audit = section::<Audit>(&mut table, "audit", &mut problems);
        let (directory, others) = directories(&mut table, &mut problems);
        let delivery = delivery(take_table(&mut table, "delivery", &mut problems), &mut problems);
        problems.extend(table.keys().map(|key| format!("{key}: there is no such section; see docs/admin.md")));

        let server = server.check(&mut problems);
        let session = session.check(&mut problems);
        organisation.check(&mut problems);
        let care_team = care_team.check(&mut problems);
        let password_files = password.files();
        register.check(&mut problems);
        audit.check(&mut problems);
        let mut policy = rules::policy(policy, &register, password, captcha, &throttle, &organisation, &mut problems);
        let budget = budget.check(&mut policy, &organisation, &care_team, &mut problems);
        let settings = Settings { server, organisation, care_team, register, session, budget, password_files };
        (Self { settings, store, directory, others, delivery, policy, audit }, problems)
    }
}

/// Puts the environment's keys in the place of the file's.
///
/// # Errors
/// All variables that name a key inside of what has none: of a list, above all.
pub fn overlay(mut table: Table, variables: impl IntoIterator<Item = (String, String)>) -> Result<Table, Vec<String>> {
    let mut problems = Vec::new();
    for (name, text) in variables {
        let Some(path) = name.strip_prefix(PREFIX) else { continue };
        let path = path.to_lowercase();
        if let Err(key) = put(&mut table, &path.split("__").collect::<Vec<_>>(), value(&text)) {
            problems.push(format!(
                "{name}: {key} is a list or a single value, so the environment cannot set a key in it; set it in the file and \
                 take the variable away"
            ));
        }
    }
    if problems.is_empty() { Ok(table) } else { Err(problems) }
}

/// Puts a value in its place; else the key on the way to it that is no section.
fn put(table: &mut Table, path: &[&str], value: Value) -> Result<(), String> {
    let Some((key, rest)) = path.split_first() else { return Ok(()) };
    if rest.is_empty() {
        table.insert((*key).to_owned(), value);
        return Ok(());
    }
    match table.entry(*key).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(inner) => put(inner, rest, value).map_err(|inner| format!("{key}.{inner}")),
        _ => Err((*key).to_owned()),
    }
}

/// The process's environment.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn environment() -> Vec<(String, String)> {
    std::env::vars().collect()
}

/// A number, a list or a truth value as TOML writes them; anything else is a text.
fn value(text: &str) -> Value {
    let parsed = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    match parsed {
        Some(
            parsed @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Array(_) | Value::Table(_)),
        ) => parsed,
        Some(Value::String(quoted)) => Value::String(quoted),
        _ => Value::String(text.to_owned()),
    }
}

fn section<T: DeserializeOwned + Default>(table: &mut Table, name: &str, problems: &mut Vec<String>) -> T {
    let table = take_table(table, name, problems);
    table.try_into().unwrap_or_else(|error: toml::de::Error| {
        problems.push(format!("{name}: {}", error.to_string().trim().replace('\n', " ")));
        T::default()
    })
}

fn take_table(table: &mut Table, name: &str, problems: &mut Vec<String>) -> Table {
    match table.remove(name) {
        None => Table::new(),
        Some(Value::Table(table)) => table,
        Some(_) => {
            problems.push(format!("{name}: must be a section, [{name}]"));
            Table::new()
        }
    }
}

/// `[directory]`, or the first `[[directory]]` and those after it.
fn directories(table: &mut Table, problems: &mut Vec<String>) -> (Table, Vec<Table>) {
    let Some(Value::Array(list)) = table.get("directory") else {
        return (take_table(table, "directory", problems), Vec::new());
    };
    let mut listed = list.clone().into_iter().filter_map(|one| match one {
        Value::Table(section) => Some(section),
        _ => None,
    });
    if list.is_empty() {
        problems.push("directory: the list is empty; write one [directory], or a [[directory]] for each".to_owned());
    }
    if listed.clone().count() != list.len() {
        problems.push("directory: each must be a section, [[directory]]".to_owned());
    }
    let all = (listed.next().unwrap_or_default(), listed.collect());
    table.remove("directory");
    all
}

fn delivery(mut section: Table, problems: &mut Vec<String>) -> BTreeMap<Channel, Vec<Table>> {
    let mut gateways = BTreeMap::new();
    for channel in Channel::ALL {
        let name = channel.name();
        let mut own = take_table(&mut section, name, problems);
        let listed = match own.remove("gateway") {
            None => Vec::new(),
            Some(Value::Array(list)) => list,
            Some(one) => vec![one],
        };
        for (place, gateway) in listed.into_iter().enumerate() {
            match gateway {
                Value::Table(gateway) => gateways.entry(channel).or_insert_with(Vec::new).push(gateway),
                _ => problems.push(format!("delivery.{name}.gateway[{place}]: must be a table")),
            }
        }
        problems
            .extend(own.keys().map(|key| format!("delivery.{name}.{key}: unknown; use [[delivery.{name}.gateway]]")));
    }
    problems
        .extend(section.keys().map(|key| format!("delivery.{key}: unknown; the channels are email, text and call")));
    gateways
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let file: Table =
            "[policy]\nsteps = 1\n[captcha]\nkind = \"picture\"\n[care_team]\nmail = \"care@example.org\""
                .parse()
                .unwrap();
        let given = variables(&[
            ("REGAIN__POLICY__STEPS", "2"),
            ("REGAIN__CAPTCHA__KIND", "off"),
            ("REGAIN__POLICY__METHODS", "[\"email\", \"text\"]"),
            ("HOME", "/root"),
        ]);
        let config = Config::from_table(overlay(file, given).unwrap()).unwrap();
        assert_eq!(config.policy.steps, 2);
        assert_eq!(config.policy.captcha, regain_core::captcha::Kind::Off);
        assert_eq!(config.policy.methods.len(), 2);
    }

    #[test]
    fn a_variable_that_has_no_place_is_told_and_not_passed_over() {
        let file: Table = "[[directory]]\nkind = \"embedded\"\n[policy]\nsteps = 1".parse().unwrap();
        let given = variables(&[("REGAIN__DIRECTORY__BIND_PASSWORD", "x"), ("REGAIN__POLICY__STEPS__MORE", "2")]);
        let problems = overlay(file, given).err().unwrap();
        assert!(problems[0].starts_with("REGAIN__DIRECTORY__BIND_PASSWORD: directory is a list"), "{problems:?}");
        assert!(problems[1].starts_with("REGAIN__POLICY__STEPS__MORE: policy.steps is"), "{problems:?}");
    }

    #[test]
    fn an_empty_list_of_directories_opens_none() {
        let problems = Config::from_table("directory = []".parse().unwrap()).err().unwrap();
        assert!(problems[0].starts_with("directory: the list is empty"), "{problems:?}");
    }

    #[test]
    fn all_problems_are_told_at_once_with_their_keys() {
        let table: Table =
            "[policy]\nsteps = 3\n[servr]\n[care_team]\ntime_zone = \"Mars/Olympus\"\n[delivery.fax]".parse().unwrap();
        let problems = Config::from_table(table).err().unwrap().join("\n");
        for key in ["policy.steps", "servr", "care_team.time_zone", "delivery.fax"] {
            assert!(problems.contains(key), "{key} in {problems}");
        }
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let table: Table = "[policy]\nstepz = 1".parse().unwrap();
        let problems = Config::from_table(table).err().unwrap().join("\n");
        assert!(problems.contains("policy") && problems.contains("stepz"), "{problems}");
    }
}
