//! One encrypted connection, and the operations on it, each with a time limit.
//!
//! The library takes a server's malformed answer for impossible and panics. Every operation is therefore a task of its own: a
//! broken server costs its connection, nothing else. A task also goes on when whoever waited for it is gone.

use std::future::Future;
use std::net::TcpStream as StdTcpStream;
use std::time::{Duration, Instant};

use ldap3::controls::RawControl;
use ldap3::exop::Exop;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, Mod, StdStream};
use regain_core::Secret;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::address::Address;
use super::entry::{Found, Query};
use super::search::{self, Way};
use super::settings::Settings;
use crate::clock;

/// Success (RFC 4511, 4.1.9).
pub(in crate::directory) const SUCCESS: u32 = 0;

/// Why an operation has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::directory) enum Trouble {
    /// It was certainly not sent.
    NotSent(String),
    /// The connection ended, or what came was no answer; it may have been sent.
    Lost(String),
    /// Nothing came in time; it may have been sent.
    Late(String),
}

impl Trouble {
    /// In words, for the log.
    pub(in crate::directory) fn why(&self) -> &str {
        match self {
            Self::NotSent(why) | Self::Lost(why) | Self::Late(why) => why,
        }
    }
}

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::directory) struct Answer {
    /// The result code (RFC 4511, 4.1.9).
    pub(in crate::directory) code: u32,
    /// The server's own words, for the log and for codes it hides in there; never for a page.
    pub(in crate::directory) text: String,
    /// The controls it sent: their OID and value.
    pub(in crate::directory) controls: Vec<(String, Vec<u8>)>,
    /// The servers it refers to (RFC 4511, 4.1.10), for the log. They are never asked: anybody may stand there, and would be
    /// given the password of Regain's account.
    pub(in crate::directory) refers_to: Vec<String>,
}

impl Answer {
    /// The value of a control.
    pub(in crate::directory) fn control(&self, oid: &str) -> Option<&[u8]> {
        self.controls.iter().find(|(own, _)| own == oid).map(|(_, value)| value.as_slice())
    }

    /// Code and words, for the log.
    pub(in crate::directory) fn told(&self) -> String {
        let refers = if self.refers_to.is_empty() { "" } else { "; it refers to " };
        format!("result {}: {}{refers}{}", self.code, self.text, self.refers_to.join(", "))
    }
}

impl From<LdapResult> for Answer {
    fn from(result: LdapResult) -> Self {
        let controls = result.ctrls.into_iter().map(|control| (control.1.ctype, control.1.val.unwrap_or_default()));
        Self { code: result.rc, text: result.text, controls: controls.collect(), refers_to: result.refs }
    }
}

/// A connection. When it goes, so does its socket.
pub(super) struct Connection {
    ldap: Ldap,
    driver: AbortHandle,
    used: Instant,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Connects and encrypts; the server's certificate must be valid for its name. Nobody is signed in.
    pub(super) async fn open(address: &Address, settings: &Settings) -> Result<Self, Trouble> {
        let opening = within(settings.connect, "no encrypted connection", connect(address.clone(), settings)?);
        let (connection, ldap) = opening.await?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "a connection to the directory ended");
            }
        });
        Ok(Self { ldap, driver: driver.abort_handle(), used: clock::steady() })
    }

    /// For how long it has not been used.
    pub(super) fn idle(&self) -> Duration {
        clock::steady().duration_since(self.used)
    }

    /// Whether the server is known to have ended it.
    pub(super) fn is_closed(&mut self) -> bool {
        self.ldap.is_closed()
    }

    /// Signs in. The password must not be empty: that would be an anonymous bind, which succeeds (RFC 4513, 5.1.2).
    pub(super) async fn bind(
        &mut self,
        limit: Duration,
        dn: &str,
        password: &Secret,
        controls: Vec<RawControl>,
    ) -> Result<Answer, Trouble> {
        if password.reveal().is_empty() || dn.is_empty() {
            return Err(Trouble::NotSent("a sign-in without name or password was asked for".into()));
        }
        let (mut ldap, dn, password) = (self.handle(), dn.to_owned(), password.clone());
        within(limit, "no answer to a sign-in", async move {
            ldap.with_controls(controls).simple_bind(&dn, password.reveal()).await.map(Answer::from)
        })
        .await
    }

    /// Changes an entry.
    pub(super) async fn modify(
        &mut self,
        limit: Duration,
        dn: &str,
        changes: Vec<Mod<Vec<u8>>>,
        controls: Vec<RawControl>,
    ) -> Result<Answer, Trouble> {
        let (mut ldap, dn) = (self.handle(), dn.to_owned());
        within(limit, "no answer to a change", async move {
            ldap.with_controls(controls).modify(&dn, changes).await.map(Answer::from)
        })
        .await
    }

    /// An extended operation.
    pub(super) async fn extended(
        &mut self,
        limit: Duration,
        operation: Exop,
        controls: Vec<RawControl>,
    ) -> Result<Answer, Trouble> {
        let mut ldap = self.handle();
        within(limit, "no answer to an extended operation", async move {
            ldap.with_controls(controls).extended(operation).await.map(|answer| Answer::from(answer.1))
        })
        .await
    }

    /// Searches. Referrals are left alone: another server is asked only if the configuration names it.
    pub(super) async fn search(
        &mut self,
        limit: Duration,
        query: &Query,
        way: Way,
    ) -> Result<Result<Found, Answer>, Trouble> {
        let (ldap, query) = (self.handle(), query.clone());
        within(limit, "no answer to a search", search::search(ldap, limit, query, way)).await
    }

    fn handle(&mut self) -> Ldap {
        self.used = clock::steady();
        self.ldap.clone()
    }
}

/// The socket is opened here, for two reasons: small packets go out at once, and the time limit covers finding the address.
fn connect(
    address: Address,
    settings: &Settings,
) -> Result<impl Future<Output = Result<(LdapConnAsync, Ldap), LdapError>> + use<>, Trouble> {
    let unfit = |error: &dyn std::fmt::Display| Trouble::NotSent(format!("{address} is not an address: {error}"));
    let (tls, name) = settings.trust(&address).map_err(|error| unfit(&error))?;
    let url = format!("{}://{name}:{}", address.scheme(), address.port).parse();
    let url = url.map_err(|error| unfit(&error))?;
    Ok(async move {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
        stream.set_nodelay(true)?;
        let stream: StdTcpStream = stream.into_std()?;
        let settings = LdapConnSettings::new().set_config(tls).set_starttls(address.start_tls);
        LdapConnAsync::from_url_with_settings(settings.set_std_stream(StdStream::Tcp(stream)), &url).await
    })
}

/// Runs one operation as a task of its own, for so long at most.
async fn within<T: Send + 'static>(
    limit: Duration,
    what: &str,
    operation: impl Future<Output = Result<T, LdapError>> + Send + 'static,
) -> Result<T, Trouble> {
    let task = tokio::spawn(timeout(limit, operation));
    match task.await {
        Ok(Ok(Ok(answer))) => Ok(answer),
        Ok(Ok(Err(LdapError::OpSend { .. }))) => Err(Trouble::NotSent("the connection had ended".into())),
        Ok(Ok(Err(error))) => Err(Trouble::Lost(format!("{what}: {error}"))),
        Ok(Err(_)) => Err(Trouble::Late(format!("{what} within {} ms", limit.as_millis()))),
        Err(_) => Err(Trouble::Lost(format!("{what} that can be understood"))),
    }
}
