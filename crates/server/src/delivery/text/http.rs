//! Text messages by any provider with an HTTP interface, from configuration alone; see [`crate::delivery::http`].

use std::sync::Arc;

use crate::delivery::{Channel, http};

/// Opens one from its section.
///
/// # Errors
/// A line per problem.
pub(crate) fn open(section: toml::Table) -> Result<Arc<dyn Channel>, String> {
    http::open(section, &["to", "to_digits", "text", "key"])
}
