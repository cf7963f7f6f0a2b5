//! Opening what the configuration names, for the commands that look after people.

use std::sync::Arc;

use super::ConfigArg;
use super::serve::drop_uncarried;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::Delivery;
use crate::directory::Deps;
use crate::directory::embedded::Embedded;

/// The program as the service would run it, without its pages and its worker.
pub(super) struct Opened {
    /// The program. Its policy has the methods that the configured gateways carry; all of them if they carry too few.
    pub(super) app: Arc<App>,
    /// The people, if they are kept here.
    people: Option<Embedded>,
    /// `directory.kind`.
    kind: String,
    /// Why messages cannot leave as the policy asks, if so.
    pub(super) uncarried: Option<String>,
}

/// Opens it.
///
/// # Errors
/// With what to do about it; one line for each problem.
pub(super) async fn open(arg: &ConfigArg) -> Result<Opened, String> {
    let lines = |problems: Vec<String>| problems.join("\nregain: ");
    let mut config = Config::load(arg.config.as_deref()).map_err(lines)?;
    let section = config.directory.clone();
    let kind = section.get("kind").and_then(toml::Value::as_str).unwrap_or("embedded").to_owned();
    let mut carried = config.clone();
    let delivery = Delivery::open(&config.delivery, Clock::real()).map_err(lines);
    let uncarried = delivery.and_then(|delivery| drop_uncarried(&mut carried, &delivery)).err();
    if uncarried.is_none() {
        config = carried;
    }
    let app = Arc::new(App::open(config, Clock::real()).await?);
    let deps = Deps { store: app.store.clone(), clock: app.clock.clone(), groups: app.policy.groups() };
    let people = if kind == "embedded" { Some(Embedded::open(deps, section)?) } else { None };
    Ok(Opened { app, people, kind, uncarried })
}

impl Opened {
    /// The people kept here.
    ///
    /// # Errors
    /// That they are kept elsewhere, and what follows: `instead`.
    pub(super) fn people(&self, instead: &str) -> Result<&Embedded, String> {
        self.people.as_ref().ok_or_else(|| format!("directory.kind is \"{}\": {instead}", self.kind))
    }
}
