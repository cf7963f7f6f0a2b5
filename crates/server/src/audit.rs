//! The audit trail, made so that it can be proven: events get their places in the chain, the chain is signed, and others are
//! sent a copy.
//!
//! [`Trail`] is what `regain serve` runs beside the pages. Every server of an installation runs one; which of them does the
//! work at a moment does not matter. What is hashed and what a checkpoint says is decided in `regain_core::audit`.

mod chaining;
mod key;
pub mod line;
mod sending;
mod sink;
mod syslog;
pub mod verify;
mod webhook;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

use crate::clock::{self, Clock};
use crate::config::audit::Audit;
use crate::finding::Finding;
use crate::store::Store;
use chaining::Seen;
use sink::Sink;

pub use key::{PublicKey, SigningKey};
pub use sending::Round;

/// What chains, signs and sends.
pub struct Trail {
    store: Store,
    clock: Clock,
    key: SigningKey,
    trusted: Vec<PublicKey>,
    sinks: Vec<Sink>,
    /// What this server has seen of the chain itself: what lies in the store may have been altered.
    seen: Mutex<Seen>,
    /// Whether the events from before the chain are known to have had their turn.
    begun: AtomicBool,
    /// This server, as holder of a receiver.
    name: String,
}

impl Trail {
    /// Opens it: the key (made if there is none), and the receivers. `host` is what this installation is called there.
    ///
    /// # Errors
    /// All problems, each with its key and what to do.
    pub fn open(
        settings: &Audit,
        key_file: &Path,
        host: &str,
        store: Store,
        clock: Clock,
    ) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let sinks = sinks(settings, host, &clock, &mut problems);
        let trusted = trusted(settings).map_err(|problem| problems.push(problem)).unwrap_or_default();
        let name = clock::random::<8>().map(|bytes| data_encoding::HEXLOWER.encode(&bytes));
        let name = name.map_err(|error| problems.push(error.to_string()));
        if !problems.is_empty() {
            return Err(problems);
        }
        let key = SigningKey::open(settings, key_file).map_err(|problem| vec![problem])?;
        let (seen, begun) = (Mutex::default(), AtomicBool::new(false));
        Ok(Self { store, clock, key, trusted, sinks, seen, begun, name: name.unwrap_or_default() })
    }

    /// Runs until told to stop; then everything has its place and is signed.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let mut parts = JoinSet::new();
        parts.spawn(chaining::keep_on(Arc::clone(&self), stop.clone()));
        for n in 0..self.sinks.len() {
            parts.spawn(sending::keep_on(Arc::clone(&self), n, stop.clone()));
        }
        while let Some(ended) = parts.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the audit trail broke off");
            }
        }
    }
}

/// All problems of the settings and of the files that they name.
pub fn problems(settings: &Audit) -> Vec<String> {
    let mut problems = Vec::new();
    sinks(settings, "localhost", &Clock::real(), &mut problems);
    problems.extend(trusted(settings).err());
    problems.extend(settings.signing_key.as_ref().and_then(|key| SigningKey::parse(key).err()));
    problems
}

/// The public keys whose signatures count besides the signing key's own.
///
/// # Errors
/// If one is none.
pub fn trusted(settings: &Audit) -> Result<Vec<PublicKey>, String> {
    let parse = |text: &String| PublicKey::parse(text).map_err(|why| format!("audit.former_public_keys: {why}"));
    settings.former_public_keys.iter().map(parse).collect()
}

fn sinks(settings: &Audit, host: &str, clock: &Clock, problems: &mut Vec<String>) -> Vec<Sink> {
    let syslog = settings.syslog.as_ref().map(|section| syslog::Syslog::open(section, host).map(Sink::Syslog));
    let webhook = settings
        .webhook
        .as_ref()
        .map(|section| webhook::Webhook::open(section, clock.clone()).map(Box::new).map(Sink::Webhook));
    let opened = syslog.into_iter().chain(webhook);
    opened.filter_map(|opened| opened.map_err(|problem| problems.push(problem)).ok()).collect()
}

/// What `regain doctor` says of the receivers. Connects to each, and sends nothing.
pub async fn examine(settings: &Audit, store: &Store) -> Vec<Finding> {
    let mut problems = Vec::new();
    let sinks = sinks(settings, "localhost", &Clock::real(), &mut problems);
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(problems.iter().map(|problem| Finding::bad("audit", problem, "Mend the configuration.")));
    let (head, places) = (store.audit_head().await, store.sinks().await.unwrap_or_default());
    for sink in &sinks {
        let what = format!("audit {}", sink.name());
        let place = places.iter().find(|(name, _)| name == sink.name()).map_or(0, |(_, seq)| *seq);
        let waits = head.as_ref().map_or(0, |(last, _)| last - place);
        findings.push(match sink.look().await {
            Ok(()) => Finding::good(&what, format!("it can be reached; {waits} events are still to be sent")),
            Err(why) => {
                let fix = "Check that it runs, the address, and the certificate. Events wait in the store meanwhile.";
                Finding::bad(&what, format!("{why}; {waits} events wait for it"), fix)
            }
        });
    }
    findings
}
