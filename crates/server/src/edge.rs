//! The edge to the network: who may connect, how long a client may take, and how the service stops.
//!
//! Every connection waits for its client at some time. How long it may is in [`pulse`]; who has to go when all places are
//! taken is in [`places`]; what is in between socket and HTTP is in [`wire`]. HTTP itself is hyper's, version 1.1 only.

pub mod certificate;
mod connection;
mod places;
mod pulse;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock;
use crate::config::server::Server;
use certificate::Certificate;
use connection::Shared;
use places::Places;

/// How long the door stays shut when the system has no more to give: until then, connections end.
const BREATH: Duration = Duration::from_millis(50);

/// A listener and what stands behind it.
pub struct Edge {
    listener: TcpListener,
    shared: Arc<Shared>,
    tls: Option<Arc<Certificate>>,
}

impl Edge {
    /// What is served to everybody.
    pub fn new(listener: TcpListener, router: Router, server: &Server, tls: Option<Arc<Certificate>>) -> Self {
        let places = Places::new(server.limits.connections, server.limits.connections_per_address, &server.proxies);
        Self { listener, shared: Arc::new(Shared::new(router, server.limits, places)), tls }
    }

    /// What is served to machines of one's own: without TLS, and few at a time.
    pub fn for_machines(listener: TcpListener, router: Router, server: &Server) -> Self {
        let most = 64.min(server.limits.connections);
        let places = Places::new(most, most, &[]);
        Self { listener, shared: Arc::new(Shared::new(router, server.limits, places)), tls: None }
    }

    /// Serves until told to stop. Then nobody is let in any more; requests that have arrived are answered, and it returns when
    /// the last connection is gone, or after [`stop`](crate::config::server::Limits::stop).
    pub async fn serve(self, mut stop: watch::Receiver<bool>) {
        let limit = self.shared.limits.stop;
        let (theirs, mut connections) = (stop.clone(), JoinSet::new());
        loop {
            tokio::select! {
                () = told(&mut stop) => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => self.let_in(stream, peer, &mut connections, &theirs),
                    Err(error) => self.out_of_breath(&error).await,
                },
                Some(ended) = connections.join_next() => broke_off(ended),
            }
        }
        drop(self.listener);
        let last = async {
            while let Some(ended) = connections.join_next().await {
                broke_off(ended);
            }
        };
        tokio::select! {
            () = last => {}
            () = clock::wait(limit) => tracing::warn!("requests that took too long were broken off"),
        }
    }

    fn let_in(&self, stream: TcpStream, peer: SocketAddr, connections: &mut JoinSet<()>, stop: &watch::Receiver<bool>) {
        let Some(place) = self.shared.places.take(peer.ip()) else {
            tracing::debug!("a connection was turned away: all places are taken by requests under way");
            return;
        };
        // Pages are small: waiting to fill a packet only makes them late.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let (shared, tls, stop) = (Arc::clone(&self.shared), self.tls.clone(), stop.clone());
        connections.spawn(async move {
            match tls {
                None => shared.serve(stream, peer, place, stop).await,
                Some(tls) => {
                    let agreed = place.kept(shared.limits.header, tls.agree(stream)).await;
                    if let Some(Ok(stream)) = agreed {
                        shared.serve(stream, peer, place, stop).await;
                    }
                }
            }
        });
    }

    /// No more files, or no more memory: one connection that waits for its client goes, and the door opens again soon.
    async fn out_of_breath(&self, error: &std::io::Error) {
        tracing::warn!(%error, "a connection could not be accepted");
        self.shared.places.free_one();
        clock::wait(BREATH).await;
    }
}

/// Comes back when the service is told to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    // Whoever could tell is gone: that is the end, too.
    drop(stop.wait_for(|told| *told).await);
}

fn broke_off(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection broke off");
    }
}

/// Takes as many open files as the system allows: each connection is one. Gives how many those are.
pub fn most_files() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, most) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the number of open files could not be raised");
            limit.current
        }
    }
}
