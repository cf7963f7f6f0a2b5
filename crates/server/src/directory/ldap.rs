//! Directories that speak LDAP: OpenLDAP, 389 Directory Server and others like them.

pub(super) mod address;
pub(super) mod connect;
mod discover;
pub(super) mod entry;
pub(super) mod filter;
pub(super) mod lease;
pub(super) mod pool;
pub(super) mod settings;
pub(super) mod sheet;
