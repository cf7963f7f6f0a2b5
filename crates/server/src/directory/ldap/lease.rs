//! A connection in use. It goes back to where it came from if every operation on it was answered.

use std::sync::Arc;
use std::time::Duration;

use ldap3::Mod;
use ldap3::controls::RawControl;
use ldap3::exop::Exop;
use regain_core::Secret;
use tokio::sync::OwnedSemaphorePermit;

use super::connect::{Answer, Connection, Trouble};
use super::entry::{Found, Query};
use super::pool::{Role, Server, refused};
use super::search::{PAGE, Way};
use super::settings::Settings;
use super::sheet::{PAGED_RESULTS, Sheet};
use crate::directory::Error;

/// A connection in use.
pub(in crate::directory) struct Lease {
    server: Arc<Server>,
    role: Role,
    /// Nothing once an operation on it was not answered, or while one is under way.
    connection: Option<Connection>,
    permit: Option<OwnedSemaphorePermit>,
    kept: usize,
    read: Duration,
    write: Duration,
}

/// An operation on a connection: it is put back only when there was an answer, also if whoever waited for that went away.
macro_rules! on {
    ($lease:ident, $connection:ident, $operation:expr) => {{
        let Some(mut $connection) = $lease.connection.take() else {
            return Err(Trouble::NotSent("the connection is broken".into()));
        };
        let answer = $operation.await;
        if answer.is_ok() {
            $lease.connection = Some($connection);
        }
        answer
    }};
}

impl Lease {
    pub(super) fn new(
        server: Arc<Server>,
        role: Role,
        connection: Connection,
        permit: Option<OwnedSemaphorePermit>,
        settings: &Settings,
    ) -> Self {
        let Settings { connections, read, write, .. } = settings;
        Self { server, role, connection: Some(connection), permit, kept: *connections, read: *read, write: *write }
    }

    /// Which server it goes to.
    pub(in crate::directory) fn name(&self) -> String {
        self.server.address.to_string()
    }

    /// What that server can do.
    pub(in crate::directory) fn sheet(&self) -> Arc<Sheet> {
        self.server.sheet().unwrap_or_default()
    }

    /// Asks.
    ///
    /// # Errors
    /// If no answer came. That it refuses is an answer.
    pub(in crate::directory) async fn search(&mut self, query: &Query) -> Result<Result<Found, Answer>, Trouble> {
        self.search_with(query, Vec::new()).await
    }

    /// Asks, for who cannot go on without it.
    ///
    /// # Errors
    /// If no answer came, or the server refuses.
    pub(in crate::directory) async fn ask(&mut self, query: &Query) -> Result<Found, Error> {
        match self.search(query).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(answer)) => Err(refused(&self.name(), query, &answer)),
            Err(trouble) => Err(Error::Unavailable(format!("{}: {}", self.name(), trouble.why()))),
        }
    }

    /// Asks, with these controls.
    ///
    /// # Errors
    /// As [`search`](Self::search).
    pub(in crate::directory) async fn search_with(
        &mut self,
        query: &Query,
        controls: Vec<RawControl>,
    ) -> Result<Result<Found, Answer>, Trouble> {
        let paged = query.limit > PAGE && self.sheet().offers(PAGED_RESULTS);
        on!(self, connection, connection.search(self.read, query, Way { paged, controls }))
    }

    /// Signs in as somebody, on a connection for guests. The password must not be empty.
    ///
    /// # Errors
    /// If no answer came.
    pub(in crate::directory) async fn bind(
        &mut self,
        dn: &str,
        password: &Secret,
        controls: Vec<RawControl>,
    ) -> Result<Answer, Trouble> {
        debug_assert_eq!(self.role, Role::Guest, "the service account stays signed in");
        on!(self, connection, connection.bind(self.read, dn, password, controls))
    }

    /// Changes an entry. Never repeat it after [`Trouble::Lost`] or [`Trouble::Late`].
    ///
    /// # Errors
    /// If no answer came.
    pub(in crate::directory) async fn modify(
        &mut self,
        dn: &str,
        changes: Vec<Mod<Vec<u8>>>,
        controls: Vec<RawControl>,
    ) -> Result<Answer, Trouble> {
        on!(self, connection, connection.modify(self.write, dn, changes, controls))
    }

    /// An extended operation that changes something, such as a password. Never repeat it after [`Trouble::Lost`] or
    /// [`Trouble::Late`].
    ///
    /// # Errors
    /// If no answer came.
    pub(in crate::directory) async fn extended(
        &mut self,
        operation: Exop,
        controls: Vec<RawControl>,
    ) -> Result<Answer, Trouble> {
        on!(self, connection, connection.extended(self.write, operation, controls))
    }

    pub(super) fn server(&self) -> Arc<Server> {
        Arc::clone(&self.server)
    }

    /// Closes the connection and gives the permit back.
    pub(super) fn give_up(mut self) -> Option<OwnedSemaphorePermit> {
        self.connection = None;
        self.permit.take()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.server.keep(self.role, connection, self.kept);
        }
    }
}
