//! The servers, in order, and the connections to them that are kept.
//!
//! A question goes to the first server that answers. A server that does not is passed over until a task of its own finds it
//! well again, so that nobody waits for it twice. How many connections are in use at once, and how long somebody waits for
//! one, is bounded: a slow directory holds up who needs it, for a while, and nobody else.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use regain_core::Secret;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::address::Address;
use super::connect::{Answer, Connection, SUCCESS, Trouble};
use super::discover;
use super::entry::{Found, Query};
use super::lease::Lease;
use super::search::Way;
use super::settings::Settings;
use super::sheet::Sheet;
use crate::clock;
use crate::directory::{Error, Refusal};

/// How long somebody waits for a connection when all are in use.
const WAIT: Duration = Duration::from_secs(1);
/// A connection that was not used for so long is tried out before it is used.
const TRIED_AFTER: Duration = Duration::from_secs(20);
/// And closed after this; directories and firewalls close idle ones, too.
const CLOSED_AFTER: Duration = Duration::from_secs(240);
/// How long after a failure a server is tried again, at first and at most.
const AGAIN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));
/// It refers to another server (RFC 4511, 4.1.10).
pub(in crate::directory) const REFERRAL: u32 = 10;
/// Result codes that are about the server and not about what it was asked (RFC 4511, 4.1.9): busy, unavailable.
const UNWELL: [u32; 2] = [51, 52];

/// Whose work a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::directory) enum Role {
    /// Regain's own: it is signed in as the service account and stays so.
    Service,
    /// Signing in as the people who type a password. Nothing else ever runs on these.
    Guest,
}

/// A server.
pub(super) struct Server {
    pub(super) address: Address,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    service: Vec<Connection>,
    guests: Vec<Connection>,
    sheet: Option<Arc<Sheet>>,
    /// Whether it is passed over for now; a task is looking after it then.
    down: bool,
}

impl Server {
    fn new(address: Address) -> Arc<Self> {
        Arc::new(Self { address, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it can do, once it has said so.
    pub(super) fn sheet(&self) -> Option<Arc<Sheet>> {
        self.state().sheet.clone()
    }

    /// Keeps a connection for the next who needs one.
    pub(super) fn keep(&self, role: Role, connection: Connection, limit: usize) {
        let mut state = self.state();
        let kept = state.kept(role);
        if kept.len() < limit {
            kept.push(connection);
        }
    }

    fn kept(&self, role: Role) -> Option<Connection> {
        let mut state = self.state();
        let kept = state.kept(role);
        kept.retain_mut(|connection| !connection.is_closed() && connection.idle() < CLOSED_AFTER);
        kept.pop()
    }
}

impl State {
    fn kept(&mut self, role: Role) -> &mut Vec<Connection> {
        match role {
            Role::Service => &mut self.service,
            Role::Guest => &mut self.guests,
        }
    }
}

/// All servers of one directory.
pub(in crate::directory) struct Pool {
    pub(super) settings: Settings,
    servers: Mutex<Vec<Arc<Server>>>,
    service: Arc<Semaphore>,
    guests: Arc<Semaphore>,
    own: Weak<Self>,
}

impl Pool {
    /// Makes one, and begins to look at the servers; none needs to be there yet.
    pub(in crate::directory) fn open(settings: Settings) -> Arc<Self> {
        let gate = || Arc::new(Semaphore::new(settings.connections));
        let (service, guests) = (gate(), gate());
        let servers = Mutex::new(settings.servers.iter().cloned().map(Server::new).collect());
        let pool = Arc::new_cyclic(|own| Self { settings, servers, service, guests, own: own.clone() });
        if tokio::runtime::Handle::try_current().is_ok() {
            tokio::spawn(discover::keep_up(Arc::downgrade(&pool)));
            for server in pool.servers() {
                tokio::spawn(look_after(Arc::downgrade(&pool), server, Duration::ZERO));
            }
        }
        pool
    }

    pub(super) fn servers(&self) -> Vec<Arc<Server>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// These are the servers now, in this order; the ones that were known before keep their connections.
    pub(super) fn replace(&self, addresses: Vec<Address>) {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |address: &Address| servers.iter().find(|server| server.address == *address).cloned();
        let now = addresses.into_iter().map(|address| known(&address).unwrap_or_else(|| Server::new(address)));
        *servers = now.collect();
    }

    /// The names of the servers, in order.
    pub(in crate::directory) fn names(&self) -> Vec<String> {
        self.servers().iter().map(|server| server.address.to_string()).collect()
    }

    /// Whom Regain signs in as.
    pub(in crate::directory) fn signs_in_as(&self) -> &str {
        &self.settings.bind_dn
    }

    /// The sheet of the first server that has one.
    pub(in crate::directory) fn sheet(&self) -> Option<Arc<Sheet>> {
        self.servers().iter().find_map(|server| server.sheet())
    }

    /// The same; until one of them has answered for the first time, that is waited for.
    ///
    /// # Errors
    /// If none answers.
    pub(in crate::directory) async fn learn(&self) -> Result<Arc<Sheet>, Error> {
        if let Some(sheet) = self.sheet() {
            return Ok(sheet);
        }
        let (lease, _) = self.ask(&Query::entry("", &["1.1"])).await?;
        Ok(lease.sheet())
    }

    /// Asks the first server that answers.
    ///
    /// # Errors
    /// If none does, or the one that does refuses.
    pub(in crate::directory) async fn search(&self, query: &Query) -> Result<Found, Error> {
        self.ask(query).await.map(|(_, found)| found)
    }

    /// Asks the first server that answers, and gives the connection along: what is changed next is changed where it was found,
    /// on a connection that is known to work.
    ///
    /// # Errors
    /// As [`search`](Self::search).
    pub(in crate::directory) async fn ask(&self, query: &Query) -> Result<(Lease, Found), Error> {
        let permit = self.permit(Role::Service).await?;
        let mut permit = Some(permit);
        let mut failed = Failures::default();
        loop {
            let (server, connection, kept) = self.connection(Role::Service, &mut failed).await?;
            let mut lease = Lease::new(server, Role::Service, connection, permit.take(), &self.settings);
            let trouble = match lease.search(query).await {
                Ok(Ok(found)) => return Ok((lease, found)),
                Ok(Err(answer)) if UNWELL.contains(&answer.code) => Trouble::Lost(answer.told()),
                Ok(Err(answer)) => return Err(refused(&lease.name(), query, &answer)),
                Err(trouble) => trouble,
            };
            let server = lease.server();
            permit = lease.give_up();
            self.note(&server, &trouble, kept, &mut failed);
        }
    }

    /// Asks this server and no other.
    ///
    /// # Errors
    /// If it does not answer, or refuses.
    pub(in crate::directory) async fn search_at(&self, name: &str, query: &Query) -> Result<Found, Error> {
        self.lease_at(name, Role::Service).await?.ask(query).await
    }

    /// A connection to sign in as somebody, to the first server that answers.
    ///
    /// # Errors
    /// If none does, or all connections stay in use.
    pub(in crate::directory) async fn guest(&self) -> Result<Lease, Error> {
        let permit = self.permit(Role::Guest).await?;
        let (server, connection, _) = self.connection(Role::Guest, &mut Failures::default()).await?;
        Ok(Lease::new(server, Role::Guest, connection, Some(permit), &self.settings))
    }

    /// A connection to this server and no other, never one that was kept.
    ///
    /// # Errors
    /// If it does not answer, or all connections stay in use.
    pub(in crate::directory) async fn lease_at(&self, name: &str, role: Role) -> Result<Lease, Error> {
        let permit = self.permit(role).await?;
        let server = self.servers().into_iter().find(|server| server.address.to_string() == name);
        let server = server.ok_or_else(|| Error::Unavailable(format!("{name} is no server of ours any more")))?;
        let opened = self.connect(&server, role).await;
        let connection = opened.map_err(|trouble| Error::Unavailable(format!("{name}: {}", trouble.why())))?;
        Ok(Lease::new(server, role, connection, Some(permit), &self.settings))
    }

    /// Passes over a server that did not answer; somebody looks after it until it does.
    pub(super) fn pass_over(&self, server: &Arc<Server>, why: &str) {
        let mut state = server.state();
        state.service.clear();
        state.guests.clear();
        state.sheet = None;
        if !std::mem::replace(&mut state.down, true) {
            tracing::warn!(server = %server.address, why, "a directory server does not answer");
            tokio::spawn(look_after(self.own.clone(), Arc::clone(server), AGAIN.0));
        }
    }

    async fn permit(&self, role: Role) -> Result<OwnedSemaphorePermit, Error> {
        let gate = match role {
            Role::Service => &self.service,
            Role::Guest => &self.guests,
        };
        match timeout(WAIT, Arc::clone(gate).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Unavailable("all connections are in use".into())),
        }
    }

    /// A connection that works as far as one can tell, to the first server that answers and has not failed yet, and whether it
    /// was kept from before.
    async fn connection(&self, role: Role, failed: &mut Failures) -> Result<(Arc<Server>, Connection, bool), Error> {
        for server in self.in_order() {
            if failed.has(&server) {
                continue;
            }
            while let Some(mut kept) = server.kept(role) {
                if kept.idle() < TRIED_AFTER || self.works(&mut kept).await {
                    return Ok((server, kept, true));
                }
            }
            match self.connect(&server, role).await {
                Ok(connection) => return Ok((server, connection, false)),
                Err(trouble) => self.note(&server, &trouble, false, failed),
            }
        }
        Err(Error::Unavailable(failed.told()))
    }

    /// The servers that answered last time, then the others: if none answers, trying costs little, and a server that is back
    /// a moment ago is found at once.
    fn in_order(&self) -> Vec<Arc<Server>> {
        let mut servers = self.servers();
        servers.sort_by_key(|server| server.state().down);
        servers
    }

    /// An old connection may have been closed meanwhile, which loses nothing but itself; anything else is the server's failure.
    fn note(&self, server: &Arc<Server>, trouble: &Trouble, kept: bool, failed: &mut Failures) {
        if kept && !matches!(trouble, Trouble::Late(_)) {
            let mut state = server.state();
            state.service.clear();
            state.guests.clear();
            return;
        }
        self.pass_over(server, trouble.why());
        failed.add(server, trouble);
    }

    async fn works(&self, connection: &mut Connection) -> bool {
        let query = Query::entry("", &["1.1"]);
        matches!(connection.search(self.settings.connect, &query, Way::default()).await, Ok(Ok(_)))
    }

    /// A new connection, ready for its work, within the time one may take.
    async fn connect(&self, server: &Arc<Server>, role: Role) -> Result<Connection, Trouble> {
        let Settings { connect, bind_dn, bind_password, .. } = &self.settings;
        let ready = async {
            let mut connection = Connection::open(&server.address, &self.settings).await?;
            if role == Role::Service {
                sign_in(&mut connection, *connect, bind_dn, bind_password).await?;
                self.fill_sheet(server, &mut connection).await?;
            }
            Ok(connection)
        };
        let late = |_| Trouble::Late(format!("not ready within {} ms", connect.as_millis()));
        timeout(*connect, ready).await.map_err(late)?
    }

    async fn fill_sheet(&self, server: &Arc<Server>, connection: &mut Connection) -> Result<(), Trouble> {
        if server.sheet().is_some() {
            return Ok(());
        }
        let found = connection.search(self.settings.connect, &Sheet::query(), Way::default()).await?;
        let found = found.map_err(|answer| Trouble::Lost(format!("the rootDSE cannot be read: {}", answer.told())))?;
        let sheet = Sheet::read(found.only().unwrap_or_default());
        tracing::info!(server = %server.address, sheet = sheet.words().join("; "), "a directory server answers");
        server.state().sheet = Some(Arc::new(sheet));
        Ok(())
    }
}

async fn sign_in(connection: &mut Connection, limit: Duration, dn: &str, password: &Secret) -> Result<(), Trouble> {
    let answer = connection.bind(limit, dn, password, Vec::new()).await?;
    if answer.code == SUCCESS {
        return Ok(());
    }
    Err(Trouble::Lost(format!(
        "it does not let Regain sign in as {dn}; check directory.bind_dn and its password ({})",
        answer.told()
    )))
}

/// Tries a server until it answers, ever more rarely, and lets it take part again then.
async fn look_after(pool: Weak<Pool>, server: Arc<Server>, first: Duration) {
    let mut again = first;
    loop {
        clock::wait(again).await;
        let Some(pool) = pool.upgrade() else { return };
        match pool.connect(&server, Role::Service).await {
            Ok(connection) => {
                server.keep(Role::Service, connection, pool.settings.connections);
                server.state().down = false;
                return;
            }
            Err(trouble) if again.is_zero() => {
                pool.pass_over(&server, trouble.why());
                return;
            }
            Err(trouble) => tracing::debug!(server = %server.address, why = trouble.why(), "still no answer"),
        }
        again = (again * 2).min(AGAIN.1);
    }
}

/// The servers that did not answer to one question.
#[derive(Default)]
struct Failures {
    servers: Vec<Arc<Server>>,
    words: Vec<String>,
}

impl Failures {
    fn has(&self, server: &Arc<Server>) -> bool {
        self.servers.iter().any(|failed| Arc::ptr_eq(failed, server))
    }

    fn add(&mut self, server: &Arc<Server>, trouble: &Trouble) {
        self.servers.push(Arc::clone(server));
        self.words.push(format!("{}: {}", server.address, trouble.why()));
    }

    fn told(&self) -> String {
        if self.words.is_empty() { "no server is known".to_owned() } else { self.words.join("; ") }
    }
}

/// Why a server would not search.
pub(in crate::directory) fn refused(server: &str, query: &Query, answer: &Answer) -> Error {
    let (base, told) = (&query.base, answer.told());
    if answer.code == REFERRAL {
        tracing::error!(
            server,
            base,
            told,
            "the directory refers to another server, which is not asked; name it in directory.servers"
        );
        return Error::Refused(Refusal::Elsewhere);
    }
    Error::Unavailable(format!("{server}: the search below \"{base}\" was refused: {told}"))
}
