//! What directories of kind `ldap` do, on real OpenLDAP servers.

use std::sync::Arc;

use regain::clock::Clock;
use regain::directory::{self, Deps, Directory};

use crate::support::{Engine, slapd};

/// Opens a directory with the machine's clock, by which the servers go, too.
pub(super) async fn open(section: toml::Table) -> Arc<dyn Directory> {
    let engine = Engine::sqlite();
    let clock = Clock::real();
    let store = engine.open(&clock).await;
    directory::open(Deps { store, clock }, section).expect("the section is good")
}

/// An administrator has locked an account (LDIF).
pub(super) fn locked_for_good(uid: &str) -> String {
    format!(
        "dn: uid={uid},ou=people,{}\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n",
        slapd::SUFFIX
    )
}
