//! The one integration binary.

mod crash;
mod directory;
mod reset;
mod store;
mod support;
