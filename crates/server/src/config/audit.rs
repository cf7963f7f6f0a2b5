//! `[audit]`: the key that signs the audit trail, and who else is sent it.

use std::path::{Path, PathBuf};

use regain_core::Secret;
use serde::{Deserialize, Deserializer};

/// `[audit]`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// The signing key itself, 64 hexadecimal characters: for the environment.
    #[serde(deserialize_with = "secret")]
    pub signing_key: Option<Secret>,
    /// The file of the signing key, made on the first start.
    pub signing_key_file: Option<PathBuf>,
    /// Public keys whose signatures count, too: those from before a change of the signing key.
    pub former_public_keys: Vec<String>,
    /// A syslog server.
    pub syslog: Option<Syslog>,
    /// An address of HTTP.
    pub webhook: Option<Webhook>,
}

/// `[audit.syslog]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Syslog {
    /// Host and port; it speaks TLS.
    pub address: String,
    /// Authorities to be trusted instead of the public ones (PEM).
    pub ca_file: Option<PathBuf>,
}

/// `[audit.webhook]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where events are posted to.
    pub url: String,
    /// What the signatures are made with.
    #[serde(default, deserialize_with = "secret")]
    pub secret: Option<Secret>,
    /// A file that holds the secret instead.
    pub secret_file: Option<PathBuf>,
    /// Authorities to be trusted besides the public ones (PEM).
    pub ca_file: Option<PathBuf>,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    Option::<String>::deserialize(from).map(|text| text.map(Secret::new))
}

impl Audit {
    /// Where the signing key lies: unless it is said, beside the installation's key.
    pub fn key_file(&self, installation: &Path) -> PathBuf {
        self.signing_key_file.clone().unwrap_or_else(|| installation.with_file_name("regain-audit.key"))
    }

    /// Checks what can be checked without opening anything.
    pub fn check(&self, problems: &mut Vec<String>) {
        if self.signing_key.is_some() && self.signing_key_file.is_some() {
            problems.push("audit.signing_key: is given twice; keep either this or signing_key_file".into());
        }
        if let Some(webhook) = &self.webhook
            && webhook.secret.is_some() == webhook.secret_file.is_some()
        {
            problems.push(
                "audit.webhook.secret: give this or secret_file, and not both; without it nobody can tell who posts"
                    .into(),
            );
        }
    }
}
