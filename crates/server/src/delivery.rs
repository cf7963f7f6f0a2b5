//! How messages leave.
//!
//! A channel (email, text, call) has an ordered list of gateways, and the message goes by the first one that takes it:
//! [`Delivery`] is all that the rest of the server knows. A gateway is one file with its own keys in the configuration
//! (`[[delivery.email.gateway]]` and so on) and one line in [`GATEWAYS`].
//!
//! A message holds a code, so nothing in here writes what is sent, or where to, into a log or an answer.

mod answer;
mod call;
pub(crate) mod client;
mod demo;
mod email;
#[cfg(fuzzing)]
pub mod fuzzed;
mod http;
mod keys;
mod number;
mod route;
mod text;
mod twilio;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use regain_core::Time;
use regain_core::method::Channel as Kind;

use crate::clock::Clock;
use crate::finding::Finding;
use keys::Keys;
use route::{Hop, Route};

pub use demo::{Captured, Inbox};

/// What is sent, already in words: one form per channel. It holds a code, so it has no `Debug`.
pub enum Content {
    /// A mail: the subject, and the same words once plain and once as HTML.
    Email {
        /// One line.
        subject: String,
        /// The words, plain.
        text: String,
        /// The words as a whole HTML document.
        html: String,
    },
    /// A text message.
    Text(String),
    /// What is said in a call.
    Call(Spoken),
}

/// What is said in a call: the digits are read out one by one, slowly, three times.
pub struct Spoken {
    /// What is said first.
    pub before: String,
    /// The code, if this is about one.
    pub digits: Option<String>,
    /// What is said last.
    pub after: String,
    /// The language of all of it (BCP 47, such as `en-GB`).
    pub language: String,
}

/// A message on its way out.
pub struct Outgoing<'a> {
    /// A mail address, or a number in E.164 with an optional `;ext=123` (RFC 3966).
    pub to: &'a str,
    /// What it says.
    pub content: &'a Content,
    /// The message's own name; the same each time that it is tried again.
    pub key: &'a str,
}

/// A message was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The gateway's name in the configuration.
    pub gateway: String,
    /// What it answered: at most 200 characters, never the code, never the address.
    pub answer: String,
}

/// A message was not taken. The texts hold neither the code nor the address, and say what to do if there is anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It will never go: the destination is not one.
    #[error("refused: {0}")]
    Refused(String),
    /// Not now, or not by this gateway.
    #[error("not available: {0}")]
    Unavailable(String),
}

/// How far one gets with a gateway without a message.
pub struct Looked {
    /// In words.
    pub says: String,
    /// The certificate that it showed (DER), found to be good.
    pub certificate: Option<Vec<u8>>,
}

/// One gateway.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Hands the message over and gives back what was answered. It may be dropped at any time (a time-out), and it never
    /// tries a message twice that may have been taken.
    ///
    /// # Errors
    /// [`Failure`]; texts may repeat the answer's own words, codes are taken out of them by the caller.
    async fn send(&self, message: &Outgoing<'_>) -> Result<String, Failure>;

    /// Goes as far as one can without a message, and says how far that was; nothing where one cannot.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    async fn look(&self) -> Result<Option<Looked>, Failure> {
        Ok(None)
    }
}

/// A kind of gateway, as the configuration names it.
pub struct Entry {
    /// `kind` in its section.
    pub kind: &'static str,
    /// What it carries.
    pub channel: Kind,
    /// Makes one from the rest of its section (without `kind`, `name` and `timeout_seconds`, which all kinds have). An
    /// error has a line per problem, each beginning with the key.
    pub open: fn(toml::Table) -> Result<Arc<dyn Channel>, String>,
}

/// All kinds of gateways.
pub static GATEWAYS: &[Entry] = &[
    Entry { kind: "smtp", channel: Kind::Email, open: email::smtp::open },
    Entry { kind: "twilio", channel: Kind::Text, open: text::twilio::open },
    Entry { kind: "http", channel: Kind::Text, open: text::http::open },
    Entry { kind: "twilio", channel: Kind::Call, open: call::twilio::open },
    Entry { kind: "http", channel: Kind::Call, open: call::http::open },
];

/// All channels with their gateways. Clones share them.
#[derive(Clone)]
pub struct Delivery {
    routes: Arc<BTreeMap<Kind, Route>>,
}

/// A gateway that failed and is left alone for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resting {
    /// What it carries.
    pub channel: Kind,
    /// Its name.
    pub gateway: String,
    /// From then on one message is tried with it.
    pub until: Time,
}

impl Delivery {
    /// Opens the gateways of each channel, in the order in which they are tried. Nothing is connected yet.
    ///
    /// # Errors
    /// All problems at once, each with its key path (`delivery.text.gateway[0].url: …`; the first gateway is 0) and what to
    /// do.
    pub fn open(sections: &BTreeMap<Kind, Vec<toml::Table>>, clock: Clock) -> Result<Self, Vec<String>> {
        let (mut routes, mut problems) = (BTreeMap::new(), Vec::new());
        for (&channel, tables) in sections {
            let mut hops: Vec<Hop> = Vec::new();
            for (index, table) in tables.iter().enumerate() {
                match hop(channel, table.clone(), &hops) {
                    Ok(hop) => hops.push(hop),
                    Err(found) => {
                        let at = |line| format!("delivery.{}.gateway[{index}].{line}", channel.name());
                        problems.extend(found.lines().map(at));
                    }
                }
            }
            if !hops.is_empty() {
                routes.insert(channel, Route::new(channel, hops, clock.clone()));
            }
        }
        if problems.is_empty() { Ok(Self { routes: Arc::new(routes) }) } else { Err(problems) }
    }

    /// No channel at all.
    pub fn none() -> Self {
        Self { routes: Arc::default() }
    }

    /// Every channel, into an inbox that can be looked at.
    pub fn demo(inbox: Inbox, clock: Clock) -> Self {
        let route = |channel| {
            let gateway = demo::Gateway::new(channel, inbox.clone(), clock.clone());
            let hop = Hop { name: "demo".into(), patience: PATIENCE, gateway: Arc::new(gateway) };
            (channel, Route::new(channel, vec![hop], clock.clone()))
        };
        Self { routes: Arc::new(Kind::ALL.map(route).into()) }
    }

    /// Whether messages can leave this way.
    pub fn offers(&self, channel: Kind) -> bool {
        self.routes.contains_key(&channel)
    }

    /// Sends a message by the channel's first gateway that takes it; one that fails or does not answer in time is followed
    /// by the next at once. Returns after every gateway was asked, at the latest.
    ///
    /// # Errors
    /// [`Failure::Refused`] if a gateway and the next one after it would not have this destination, or the first would not
    /// and the next failed; else [`Failure::Unavailable`].
    pub async fn send(&self, channel: Kind, message: &Outgoing<'_>) -> Result<Receipt, Failure> {
        let Some(route) = self.routes.get(&channel) else {
            let name = channel.name();
            return Err(Failure::Unavailable(format!("there is no gateway for it: add [[delivery.{name}.gateway]]")));
        };
        route.send(message).await
    }

    /// What `regain doctor` says of every gateway, without sending anything.
    pub async fn look(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for route in self.routes.values() {
            findings.extend(route.look().await);
        }
        if findings.is_empty() {
            let fix = "Add [[delivery.email.gateway]], [[delivery.text.gateway]] or [[delivery.call.gateway]].";
            findings.push(Finding::bad("delivery", "no gateway carries anything: nobody can be sent a code", fix));
        }
        findings
    }

    /// The gateways that rest at this moment.
    pub fn resting(&self) -> Vec<Resting> {
        self.routes.values().flat_map(Route::resting).collect()
    }
}

/// How long a gateway may take, if its section does not say.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the keys that every gateway has, and lets its kind read the others.
fn hop(channel: Kind, table: toml::Table, before: &[Hop]) -> Result<Hop, String> {
    let mut keys = Keys::new(table);
    let kind = keys.required("kind", "what kind of gateway this is");
    let name = keys.text("name");
    let patience = keys.number("timeout_seconds", 1..=120).map_or(PATIENCE, Duration::from_secs);
    let entry = GATEWAYS.iter().find(|entry| entry.channel == channel && entry.kind == kind);
    if entry.is_none() && !kind.is_empty() {
        let known: Vec<&str> = GATEWAYS.iter().filter(|entry| entry.channel == channel).map(|e| e.kind).collect();
        keys.problem(
            "kind",
            &format!("there is no kind \"{kind}\" for this channel; use one of: {}", known.join(", ")),
        );
    }
    let (rest, mut problems) = keys.rest();
    let opened = entry.map(|entry| (entry.open)(rest));
    if let Some(Err(found)) = &opened {
        problems.extend(found.lines().map(String::from));
    }
    match opened {
        Some(Ok(gateway)) if problems.is_empty() => {
            Ok(Hop { name: unused(&name.unwrap_or(kind), before), patience, gateway })
        }
        _ => Err(problems.join("\n")),
    }
}

/// The name, or if an earlier gateway has it, with a number.
fn unused(name: &str, before: &[Hop]) -> String {
    let taken = |name: &str| before.iter().any(|hop| hop.name == name);
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}
