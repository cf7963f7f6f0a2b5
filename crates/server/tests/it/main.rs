//! The one integration binary.

mod account;
mod active_directory;
mod audit;
mod breach;
mod cli;
mod crash;
mod crowd;
mod cve;
mod delivery;
mod directory;
mod docs;
mod doctor;
mod help;
mod key;
mod limits;
mod register;
mod reset;
mod rush;
mod store;
mod support;
mod web;
