//! The one integration binary.

mod crash;
mod reset;
mod store;
mod support;
