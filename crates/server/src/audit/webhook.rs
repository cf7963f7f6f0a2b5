//! A webhook: events posted as lines of JSON, with a signature by a shared secret.

use data_encoding::HEXLOWER;
use regain_core::Secret;
use ring::hmac;

use super::sink::Item;
use super::syslog::Peer;
use crate::clock::Clock;
use crate::config;
use crate::delivery::client;

/// The header that holds the signature: `t=SECONDS,v1=HEX`.
const SIGNATURE: &str = "regain-signature";

/// The shortest secret that is taken, in bytes.
const SHORTEST: usize = 16;

/// Where events are posted to.
pub(super) struct Webhook {
    client: reqwest::Client,
    url: reqwest::Url,
    key: hmac::Key,
    peer: Peer,
    clock: Clock,
}

impl Webhook {
    /// Reads its section.
    ///
    /// # Errors
    /// The key and what to do.
    pub(super) fn open(section: &config::audit::Webhook, clock: Clock) -> Result<Self, String> {
        let url = client::address(&section.url).map_err(|why| format!("audit.webhook.url: {why}"))?;
        let ca_file = section.ca_file.as_deref();
        let tls = client::tls(ca_file).map_err(|why| format!("audit.webhook.ca_file: {why}"))?;
        let client = client::open(ca_file).map_err(|why| format!("audit.webhook.ca_file: {why}"))?;
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let tls = (url.scheme() == "https").then_some(tls);
        let peer = Peer::new(host, url.port_or_known_default().unwrap_or(443), tls);
        let peer = peer.map_err(|why| format!("audit.webhook.url: {why}"))?;
        let secret = secret(section)?;
        if secret.reveal().len() < SHORTEST {
            return Err(format!(
                "audit.webhook.secret: must have {SHORTEST} characters or more; make one with `openssl rand -hex 32`"
            ));
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
        Ok(Self { client, url, key, peer, clock })
    }

    pub(super) async fn send(&self, items: &[Item]) -> Result<(), String> {
        let body: String = items.iter().map(|item| format!("{}\n", item.line)).collect();
        let request = self.client.post(self.url.clone()).header("content-type", "application/x-ndjson");
        let request = request.header(SIGNATURE, self.signature(&body)).body(body);
        let answer = client::ask(request.timeout(PATIENCE)).await.map_err(|failure| failure.to_string())?;
        // Of the answer's words nothing is repeated: they may quote what was sent.
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(format!("it answered HTTP {}", answer.status)) }
    }

    fn signature(&self, body: &str) -> String {
        let time = self.clock.now().0 / 1_000;
        let tag = hmac::sign(&self.key, format!("{time}.{body}").as_bytes());
        format!("t={time},v1={}", HEXLOWER.encode(tag.as_ref()))
    }

    pub(super) async fn look(&self) -> Result<(), String> {
        self.peer.look().await
    }
}

/// How long an answer may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

fn secret(section: &config::audit::Webhook) -> Result<Secret, String> {
    if let Some(secret) = &section.secret {
        return Ok(secret.clone());
    }
    let file = section.secret_file.as_deref().ok_or("audit.webhook.secret: is missing")?;
    let read = std::fs::read_to_string(file);
    let text = read.map_err(|error| format!("audit.webhook.secret_file: {}: {error}", file.display()))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}
