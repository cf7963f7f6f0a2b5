//! A wire that a test can cut: connections go through it to a server, as they are, until it is told otherwise.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to the request that is waited for. With encryption nobody sees which it is, so they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It does not arrive, and the connection ends.
    Before,
    /// It arrives and is answered; the answer does not come back, and the connection ends.
    After,
    /// It arrives, and nothing ever comes back.
    Silence,
    /// The same, and from then on nobody is there.
    Dead,
}

/// The wire.
pub(crate) struct Proxy {
    /// On 127.0.0.1.
    pub(crate) port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    cut: Mutex<Option<Cut>>,
    /// Requests until the cut; below zero when there is none.
    left: AtomicI64,
    dead: AtomicBool,
    connections: AtomicUsize,
    /// What clients have sent.
    sent: Mutex<Vec<u8>>,
}

impl Proxy {
    /// A wire to a port on this machine.
    pub(crate) async fn to(port: u16) -> Self {
        Self::between("127.0.0.1:0", port).await.expect("a port")
    }

    /// The same at an address of its own; nothing if this machine has none such.
    pub(crate) async fn between(here: &str, port: u16) -> Option<Self> {
        Self::carrying(here, SocketAddr::from(([127, 0, 0, 1], port))).await
    }

    /// The same to another address of this machine.
    pub(crate) async fn carrying(here: &str, server: SocketAddr) -> Option<Self> {
        let listener = TcpListener::bind(here).await.ok()?;
        let own = listener.local_addr().expect("its number").port();
        let state = Arc::new(State { left: AtomicI64::new(-1), ..State::default() });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.dead.load(SeqCst) {
                    continue;
                }
                shared.connections.fetch_add(1, SeqCst);
                tokio::spawn(carry(client, server, Arc::clone(&shared)));
            }
        });
        Some(Self { port: own, state })
    }

    /// The address of a directory behind it.
    pub(crate) fn address(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.port)
    }

    /// The nth request from now on, over all connections, is cut.
    pub(crate) fn cut(&self, nth: i64, how: Cut) {
        *self.state.cut.lock().expect("no test failed in here") = Some(how);
        self.state.left.store(nth, SeqCst);
    }

    /// Whether what was to be cut has been.
    pub(crate) fn is_cut(&self) -> bool {
        self.state.left.load(SeqCst) == 0
    }

    /// All is well again, for new connections.
    pub(crate) fn mend(&self) {
        self.state.left.store(-1, SeqCst);
        self.state.dead.store(false, SeqCst);
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(SeqCst)
    }

    /// What clients have sent so far, as it went over the wire.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.state.sent.lock().expect("no test failed in here").clone()
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, state: Arc<State>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Some(bytes) = read.ok().filter(|n| *n > 0).map(|n| &up[..n]) else { return };
                state.sent.lock().expect("no test failed in here").extend_from_slice(bytes);
                let left = state.left.load(SeqCst);
                if left > 0 {
                    state.left.store(left - 1, SeqCst);
                }
                // What follows is in force before it arrives.
                let cut = (left == 1).then(|| state.cut.lock().expect("no test failed in here").take()).flatten();
                if cut == Some(Cut::Dead) {
                    state.dead.store(true, SeqCst);
                }
                if cut == Some(Cut::Before) || server.write_all(bytes).await.is_err() {
                    return;
                }
                match cut {
                    Some(Cut::After) => {
                        // That there is an answer means that it is done.
                        _ = server.read(&mut down).await;
                        return;
                    }
                    Some(_) => {
                        while server.read(&mut down).await.is_ok_and(|n| n > 0) {}
                        return std::future::pending().await;
                    }
                    None => {}
                }
            }
            read = server.read(&mut down) => {
                let Some(bytes) = read.ok().filter(|n| *n > 0).map(|n| &down[..n]) else { return };
                if client.write_all(bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}
