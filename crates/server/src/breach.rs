//! Passwords known from data breaches, without asking anybody: the filter's file, its making, its change while the service
//! runs. What is in the file is decided in [`regain_core::password::breach`].

mod build;
mod file;
#[cfg(fuzzing)]
pub mod fuzzed;
mod input;
mod manifest;
mod partition;
mod progress;
mod shelf;
mod sorted;

pub use build::{Built, Options, build};
pub use file::Filter;
pub use input::Source;
pub use shelf::Shelf;

#[cfg(test)]
mod tests;
