//! The one integration binary.

mod account;
mod active_directory;
mod cli;
mod crash;
mod delivery;
mod directory;
mod docs;
mod reset;
mod rush;
mod store;
mod support;
mod web;
