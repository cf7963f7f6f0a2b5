//! Gateways for mail.

pub(crate) mod smtp;
