//! The one integration binary.

mod directory;
mod store;
mod support;
