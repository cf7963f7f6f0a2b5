//! Regain, the server: everything that touches the world. What is decided is decided in `regain_core`.
//!
//! `ARCHITECTURE.md` has the map and says which module may use which.
#![warn(missing_docs)]

pub mod address;
pub mod app;
pub mod audit;
pub mod banned;
pub mod breach;
pub mod captcha;
mod certificate;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crowd;
pub mod delivery;
pub mod directory;
pub mod drive;
pub mod edge;
pub mod fault;
pub mod finding;
pub mod history;
pub mod limit;
pub mod message;
pub mod metrics;
pub mod perform;
pub mod phone;
pub mod post;
pub mod session;
pub mod sign_in;
pub mod store;
pub mod text;
pub mod tls;
pub mod web;
pub mod worker;
