//! Gateways for text messages.

pub(crate) mod http;
pub(crate) mod twilio;
