//! The directory that Regain keeps itself.

use super::Kind;

/// `directory.kind = "embedded"`.
pub const KIND: Kind =
    Kind { name: "embedded", open: |_, _| Err("directory.kind: the embedded directory is being built".into()) };
