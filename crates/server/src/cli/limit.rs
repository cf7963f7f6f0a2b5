//! `regain limit`: who has to wait, and letting them go on.

use clap::Subcommand;
use regain_core::audit::Act;
use regain_core::method::ContactKind;
use regain_core::throttle::{self, Owner, Rule, Scope};
use regain_core::{Span, Time, budget, subject};
use serde_json::{Value, json};

use super::ConfigArg;
use super::open::open;
use super::trail;
use crate::app::App;
use crate::directory::Person;
use crate::store::throttle::{Bygone, Counted};

/// What `regain limit` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show what is counted, and who has to wait until when
    List {
        #[command(flatten)]
        whose: Whose,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Let somebody go on at once
    Lift {
        #[command(flatten)]
        whose: Whose,
        /// Why, or how you made sure who it is; it stands in the audit trail
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args)]
#[group(multiple = false)]
struct Whose {
    /// Of this person, whichever of their names you type; what they have sent to their contacts is part of it
    user_id: Option<String>,
    /// Of the network that this address is in
    #[arg(long, value_name = "ADDRESS")]
    network: Option<String>,
    /// Of the whole installation, the budget of messages with it
    #[arg(long)]
    everybody: bool,
}

/// Runs the command.
///
/// # Errors
/// Why nothing was done, with what to do.
pub async fn run(args: Args) -> Result<(), String> {
    let opened = open(&args.config).await?;
    let app = &opened.app;
    match args.command {
        Command::List { whose, json } => list(app, &whose, json).await,
        Command::Lift { whose, reason, json } => lift(app, &whose, reason.trim(), json).await,
    }
}

/// Whose limits these are, and the names of their counters.
struct Meant {
    scope: Scope,
    person: Option<Person>,
    /// As typed, or the network.
    name: String,
    counters: Vec<String>,
}

impl Whose {
    /// Nothing if nobody is named.
    async fn meant(&self, app: &App) -> Result<Option<Meant>, String> {
        let (keys, policy) = (&app.keys, &app.policy);
        if let Some(address) = &self.network {
            let network = throttle::network(address.split('/').next().unwrap_or_default());
            if network.is_empty() {
                return Err(format!("--network: \"{address}\" is no address, such as 192.0.2.7"));
            }
            let counters = throttle::of_network(keys, policy, &network);
            return Ok(Some(Meant { scope: Scope::Network, person: None, name: network, counters }));
        }
        if self.everybody {
            let mut counters = throttle::of_installation(keys, policy);
            counters.extend(budget::counters(keys, policy, app.clock.now()));
            let all = app.store.counters(app.clock.now()).await.map_err(|error| error.to_string())?;
            let of_ranges = |counter: &String| Rule::of(counter).is_some_and(|rule| rule.scope == Scope::Range);
            counters.extend(all.into_iter().map(|counted| counted.counter).filter(of_ranges));
            return Ok(Some(Meant { scope: Scope::Installation, person: None, name: "everybody".into(), counters }));
        }
        let Some(user_id) = &self.user_id else { return Ok(None) };
        let person = app.directory.find(user_id).await.map_err(|error| error.to_string())?;
        let account = person.as_ref().map(|person| &person.id);
        let mut counters = throttle::of_account(keys, policy, Owner { account, user_id });
        if let Some(person) = &person {
            // Resets begun are counted by the name that was typed.
            let own = Owner { account: None, user_id: &person.user_id };
            counters.extend(throttle::of_account(keys, policy, own));
            counters.extend(destinations(app, person).await?);
        }
        Ok(Some(Meant { scope: Scope::Account, person, name: user_id.clone(), counters }))
    }
}

/// The counters of what was sent to somebody's contacts.
async fn destinations(app: &App, person: &Person) -> Result<Vec<String>, String> {
    let contacts = app.store.contacts(&person.id).await.map_err(|error| error.to_string())?;
    let of = |kind: ContactKind, address: &str| {
        throttle::destination(&app.policy, subject::device(&app.keys, kind, address), "")
    };
    Ok(contacts.iter().flat_map(|contact| of(contact.kind, &contact.address)).map(|claim| claim.counter).collect())
}

async fn list(app: &App, whose: &Whose, json: bool) -> Result<(), String> {
    let meant = whose.meant(app).await?;
    let all = app.store.counters(app.clock.now()).await.map_err(|error| error.to_string())?;
    let asked = |counted: &&Counted| meant.as_ref().is_none_or(|meant| meant.counters.contains(&counted.counter));
    let now = app.clock.now();
    let past = app.store.counts(&budget::past(now)).await.map_err(|error| error.to_string())?;
    let bound = app.policy.budget.usual.map(|usual| usual.bound(&past));
    let line = |counted: &Counted| match Rule::of(&counted.counter)?.scope {
        Scope::Usual => Line::of_this_hour(counted, bound, now),
        _ => Line::of(app, counted),
    };
    let lines: Vec<Line> = all.iter().filter(asked).filter_map(line).collect();
    if json {
        println!("{:#}", lines.iter().map(Line::json).collect::<Value>());
    } else if lines.is_empty() {
        println!("Nothing is counted at the moment.");
    } else {
        println!("{:<32} {:<36} {:>5}    {:<7} UNTIL", "WHOM", "WHAT", "COUNT", "MOST");
        let currency = &app.settings.budget.currency;
        lines.iter().for_each(|line| line.print(currency));
    }
    Ok(())
}

/// A counter as it is shown.
struct Line {
    rule: Rule,
    /// The kind of flow, where each has a counter of its own.
    flow: Option<String>,
    whom: String,
    count: i64,
    /// What it may reach; nothing where the configuration has no such limit any more.
    most: Option<u32>,
    until: String,
}

impl Line {
    fn of(app: &App, counted: &Counted) -> Option<Self> {
        let rule = Rule::of(&counted.counter).filter(|_| counted.count > 0)?;
        let mut parts = counted.counter.split(':');
        let (prefix, window) = (parts.next()?, parts.nth(1).and_then(|window| window.parse().ok()).map(Span));
        let mut limits = app.policy.limits_of(rule).iter();
        let most = limits.find(|limit| window.is_none_or(|window| limit.window == window)).map(|limit| limit.count);
        let flow = (prefix != rule.prefix()).then(|| prefix.to_owned());
        let (whom, until) = (counted.whom.clone(), super::date(counted.until));
        Some(Self { rule, flow, whom, count: counted.count, most, until })
    }

    /// Of the counters of hours only the one that grows is anybody's limit.
    fn of_this_hour(counted: &Counted, most: Option<u32>, now: Time) -> Option<Self> {
        let rule = Rule::of(&counted.counter)
            .filter(|_| counted.count > 0 && counted.counter == budget::this_hours_counter(now))?;
        let until = super::date(budget::next_hour(now));
        Some(Self { rule, flow: None, whom: String::new(), count: counted.count, most, until })
    }

    fn waits(&self) -> bool {
        self.most.is_some_and(|most| self.count >= i64::from(most))
    }

    fn json(&self) -> Value {
        json!({ "what": self.rule.what.name(), "scope": self.rule.scope.name(), "flow": self.flow, "whom": self.whom,
                "count": self.count, "most": self.most, "until": self.until, "waits": self.waits() })
    }

    fn print(&self, currency: &str) {
        let whom = if self.whom.is_empty() && self.is_shared() { "everybody" } else { &self.whom };
        let flow = self.flow.as_ref().map(|flow| format!(" ({flow})")).unwrap_or_default();
        let what = format!("{} per {}{flow}", self.rule.what.name(), self.rule.scope.name());
        let most = self.most.map_or("any number".to_owned(), |most| self.amount(most.into(), currency));
        let state = if self.waits() { "waits until" } else { "counted until" };
        let count = self.amount(self.count, "");
        println!("{whom:<32} {what:<36} {count:>5} of {most:<7} {state} {}", self.until);
    }

    fn is_shared(&self) -> bool {
        let scope = self.rule.scope;
        scope == Scope::Installation || (scope.is_budget() && scope != Scope::Range)
    }

    /// Money in its currency, everything else as a number.
    fn amount(&self, count: i64, currency: &str) -> String {
        if self.rule.scope != Scope::Money {
            return count.to_string();
        }
        let amount = format!("{}.{:04}", count / i64::from(budget::PARTS), count % i64::from(budget::PARTS));
        format!("{amount} {currency}").trim_end().to_owned()
    }
}

async fn lift(app: &App, whose: &Whose, reason: &str, json: bool) -> Result<(), String> {
    let Some(meant) = whose.meant(app).await? else {
        return Err("say whose limits: a User ID, --network ADDRESS or --everybody".into());
    };
    if reason.is_empty() {
        return Err("--reason: say why; it stands in the audit trail".into());
    }
    let all = app.store.counters(app.clock.now()).await.map_err(|error| error.to_string())?;
    let count = |counted: &&Counted| counted.count > 0 && meant.counters.contains(&counted.counter);
    let lifted = all.iter().filter(count).count();
    let told = meant.counters.iter().map(|counter| format!("told:{counter}"));
    let forgotten = meant.counters.iter().cloned().chain(told).collect();
    let batch = app.store.forgiving(Bygone { forgotten, ..Bygone::default() });
    let network = (meant.scope == Scope::Network).then(|| meant.name.clone());
    let act = Act::LimitLifted { scope: meant.scope, network, reason: reason.to_owned() };
    trail::write(app, batch, &[(meant.person.as_ref(), act)]).await?;
    let name = &meant.name;
    if json {
        println!("{:#}", json!({ "whose": name, "scope": meant.scope.name(), "lifted": lifted }));
    } else if lifted == 0 {
        println!("Nothing was counted for {name}.");
    } else {
        println!("{name} can go on: {lifted} counters were cleared.");
    }
    if meant.scope == Scope::Account && meant.person.is_none() {
        eprintln!("regain: nobody has the User ID \"{name}\": only what was counted for it as typed was cleared");
    }
    Ok(())
}
