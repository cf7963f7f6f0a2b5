//! Gateways for telephone calls.

pub(crate) mod http;
pub(crate) mod twilio;
