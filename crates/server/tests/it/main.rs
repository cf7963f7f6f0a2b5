//! The one integration binary.

mod delivery;
mod store;
mod support;
