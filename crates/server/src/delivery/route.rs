//! The gateways of one channel, in order.
//!
//! A message goes to the first gateway that is well; if that fails or does not answer in time, to the next at once. A gateway
//! that failed rests: 30 seconds, then twice as long each time, at most five minutes. After its rest one message tries it
//! while the others go on with the next. Resting gateways come last but are not left out: somebody is waiting for the
//! message, so it fails only after every gateway was asked.
//!
//! A destination that one gateway refuses may be covered by another, so the next one, and only that, is asked as well.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use regain_core::method::Channel as Kind;
use regain_core::{Span, Time};

use super::{Channel, Failure, Looked, Outgoing, Receipt, Resting, answer};
use crate::certificate;
use crate::clock::Clock;
use crate::finding::Finding;
use crate::metrics;

const FIRST_REST: Span = Span::seconds(30);
const LONGEST_REST: Span = Span::minutes(5);

/// A gateway in its place.
pub(crate) struct Hop {
    /// Its name in receipts and logs.
    pub(crate) name: String,
    /// How long it may take for a message.
    pub(crate) patience: Duration,
    /// Itself.
    pub(crate) gateway: Arc<dyn Channel>,
}

/// The gateways of a channel and how they are.
pub(crate) struct Route {
    channel: Kind,
    hops: Vec<Hop>,
    health: Mutex<Vec<Health>>,
    clock: Clock,
}

/// How a gateway is.
#[derive(Clone, Copy, Default)]
struct Health {
    /// How long it rests, and until when; nothing if it is well.
    rest: Option<(Span, Time)>,
    /// Whether a message is trying it after its rest.
    probed: bool,
    /// How often it was sent to rest. Of several messages that fail together, only the first sends it.
    rests: u64,
}

/// One message's turn with a gateway. If it is dropped (the sender went away), the gateway can be tried by another.
struct Turn<'a> {
    route: &'a Route,
    index: usize,
    hop: &'a Hop,
    rests: u64,
    probes: bool,
}

impl Route {
    /// A route; all gateways are taken to be well.
    pub(crate) fn new(channel: Kind, hops: Vec<Hop>, clock: Clock) -> Self {
        let health = Mutex::new(vec![Health::default(); hops.len()]);
        Self { channel, hops, health, clock }
    }

    /// See [`super::Delivery::send`].
    pub(crate) async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, Failure> {
        let mut tried = Vec::new();
        let mut refused: Option<Failure> = None;
        let mut failed: Option<Failure> = None;
        while let Some(turn) = self.turn(&tried) {
            tried.push(turn.index);
            let last_chance = refused.is_some();
            match turn.send(message).await {
                Ok(receipt) => return Ok(receipt),
                Err(refusal @ Failure::Refused(_)) => refused = Some(refusal),
                Err(failure) => failed = Some(failure),
            }
            if last_chance {
                break;
            }
        }
        Err(refused.or(failed).unwrap_or_else(|| Failure::Unavailable("there is no gateway".into())))
    }

    /// What each gateway says without being given a message.
    pub(crate) async fn look(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for hop in &self.hops {
            let what = format!("{} by {}", self.channel.name(), hop.name);
            let seen = tokio::time::timeout(hop.patience, hop.gateway.look()).await;
            let fix = "Check this gateway's section, its name in DNS, and what lies between.";
            match seen {
                Ok(Ok(Some(Looked { says, certificate }))) => {
                    findings.push(Finding::good(&what, says));
                    let judged = |der: Vec<u8>| {
                        certificate::judged(&format!("certificate of {what}"), &hop.name, &der, self.clock.now())
                    };
                    findings.extend(certificate.map(judged));
                }
                Ok(Ok(None)) => findings.push(Finding::skipped(&what, "it shows only when something is sent")),
                Ok(Err(failure)) => findings.push(Finding::bad(&what, failure.to_string(), fix)),
                Err(_) => findings.push(Finding::bad(&what, "no answer in time", fix)),
            }
        }
        findings
    }

    /// The gateways that rest now.
    pub(crate) fn resting(&self) -> Vec<Resting> {
        let now = self.clock.now();
        let health = self.lock();
        let each = self.hops.iter().zip(health.iter());
        let rests = each.filter_map(|(hop, health)| Some((hop, health.rest?.1))).filter(|(_, until)| *until > now);
        rests.map(|(hop, until)| Resting { channel: self.channel, gateway: hop.name.clone(), until }).collect()
    }

    /// The gateway to try next: the first that is well or has rested and is not being probed, else the one whose rest ends
    /// first.
    fn turn(&self, tried: &[usize]) -> Option<Turn<'_>> {
        let now = self.clock.now();
        let mut all = self.lock();
        let open = || all.iter().enumerate().filter(|(index, _)| !tried.contains(index));
        let ready = |health: &Health| health.rest.is_none_or(|(_, until)| until <= now && !health.probed);
        let first = open().find(|(_, health)| ready(health));
        let (index, _) = first.or_else(|| open().min_by_key(|(_, health)| health.rest.map(|(_, until)| until)))?;
        let hop = self.hops.get(index)?;
        let health = all.get_mut(index)?;
        let probes = health.rest.is_some() && !health.probed;
        health.probed |= probes;
        Some(Turn { route: self, index, hop, rests: health.rests, probes })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Health>> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    async fn send(self, message: &Outgoing<'_>) -> Result<Receipt, Failure> {
        let patience = self.hop.patience;
        let sent = tokio::time::timeout(patience, self.hop.gateway.send(message)).await;
        let late = || Err(Failure::Unavailable(format!("no answer within {} seconds", patience.as_secs_f32())));
        let sent = sent.unwrap_or_else(|_| late());
        let outcome = match &sent {
            Ok(_) => "sent",
            Err(Failure::Refused(_)) => "refused",
            Err(Failure::Unavailable(_)) => "failed",
        };
        metrics::message(self.route.channel.name(), &self.hop.name, outcome);
        match sent {
            Ok(said) => {
                self.went_well();
                Ok(Receipt { gateway: self.hop.name.clone(), answer: answer::safe(&said, message) })
            }
            Err(Failure::Refused(why)) => {
                self.went_well();
                Err(Failure::Refused(self.signed(&why, message)))
            }
            Err(Failure::Unavailable(why)) => {
                let why = self.signed(&why, message);
                self.went_wrong(&why);
                Err(Failure::Unavailable(why))
            }
        }
    }

    /// What happened, with the gateway's name and without what must not be kept.
    fn signed(&self, why: &str, message: &Outgoing<'_>) -> String {
        format!("{}: {}", self.hop.name, answer::safe(why, message))
    }

    /// It answered: even a refusal shows that it is there.
    fn went_well(&self) {
        let recovered = self.with(|health| health.rest.take().is_some());
        if recovered {
            let (channel, gateway) = (self.route.channel.name(), &self.hop.name);
            tracing::info!(channel, gateway, "the gateway works again");
        }
    }

    fn went_wrong(&self, why: &str) {
        let now = self.route.clock.now();
        let rest = self.with(|health| {
            if health.rests == self.rests {
                let span = health.rest.map_or(FIRST_REST, |(last, _)| Span(last.0.saturating_mul(2)).min(LONGEST_REST));
                health.rest = Some((span, now + span));
                health.rests += 1;
            }
            health.rest.map_or(0, |(span, _)| span.whole_seconds())
        });
        let (channel, gateway) = (self.route.channel.name(), &self.hop.name);
        tracing::warn!(channel, gateway, why, rest_seconds = rest, "a gateway failed; messages go by the next one");
    }

    fn with<T: Default>(&self, change: impl FnOnce(&mut Health) -> T) -> T {
        self.route.lock().get_mut(self.index).map(change).unwrap_or_default()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.probes {
            self.with(|health| health.probed = false);
        }
    }
}

#[cfg(test)]
mod tests;
