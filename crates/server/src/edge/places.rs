//! Who may be connected at the same time.
//!
//! When all places are taken, of all or of one address, the connection goes that has waited longest for its client: one that
//! sits there and sends nothing. So whoever holds thousands open keeps nobody out, because an honest browser says at once
//! what it wants. A request that is being worked on is never broken off for this.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::Notify;

use crate::{clock, metrics};

/// All places.
pub(super) struct Places {
    most: usize,
    most_each: usize,
    /// Proxies in front of us: behind one of them are many people.
    proxies: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
    /// Those that wait for their client, the longest first.
    waiting: BTreeMap<u64, Arc<Seat>>,
    next: u64,
}

/// What others need to know of a connection.
struct Seat {
    /// Whose it is, if those are counted.
    network: Option<IpAddr>,
    /// Rung when it has to go.
    leave: Notify,
    /// Whether it had to go, and is not counted any more.
    left: AtomicBool,
}

/// A place, until it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    seat: Arc<Seat>,
    /// Since when it waits, in order of waiting.
    turn: Mutex<Option<u64>>,
}

impl Places {
    pub(super) fn new(most: usize, most_each: usize, proxies: &[IpNet]) -> Arc<Self> {
        let proxies = proxies.to_vec();
        Arc::new(Self { most, most_each, proxies, taken: Mutex::default() })
    }

    /// A place for a connection from this address; nothing if all are taken and work is being done on each.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let network = (!self.proxies.iter().any(|proxy| proxy.contains(&address))).then(|| network(address));
        let mut taken = self.taken();
        if let Some(network) = network
            && taken.by_network.get(&network).is_some_and(|count| *count >= self.most_each)
        {
            metrics::limit("connections_per_address");
            if !taken.free(|seat| seat.network == Some(network)) {
                return None;
            }
        }
        if taken.all >= self.most {
            metrics::limit("connections");
            if !taken.free(|_| true) {
                return None;
            }
        }
        metrics::connected();
        taken.all += 1;
        if let Some(network) = network {
            *taken.by_network.entry(network).or_default() += 1;
        }
        drop(taken);
        let seat = Arc::new(Seat { network, leave: Notify::new(), left: AtomicBool::new(false) });
        let place = Place { places: Arc::clone(self), seat, turn: Mutex::default() };
        place.waits();
        Some(place)
    }

    /// Makes room for one more, if anybody is only waiting.
    pub(super) fn free_one(&self) {
        self.taken().free(|_| true);
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Sends away the one of these that has waited longest; says whether there was one.
    fn free(&mut self, of: impl Fn(&Seat) -> bool) -> bool {
        let Some(turn) = self.waiting.iter().find(|(_, seat)| of(seat)).map(|(turn, _)| *turn) else { return false };
        if let Some(seat) = self.waiting.remove(&turn) {
            self.release(&seat);
            seat.leave.notify_one();
        }
        true
    }

    fn release(&mut self, seat: &Seat) {
        if seat.left.swap(true, Ordering::Relaxed) {
            return;
        }
        self.all = self.all.saturating_sub(1);
        let Some(network) = seat.network else { return };
        if let Some(count) = self.by_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.by_network.remove(&network);
            }
        }
    }
}

impl Place {
    /// From now on it waits for its client.
    pub(super) fn waits(&self) {
        let mut taken = self.places.taken();
        let mut turn = self.turn();
        if let Some(turn) = turn.take() {
            taken.waiting.remove(&turn);
        }
        if !self.seat.left.load(Ordering::Relaxed) {
            let next = taken.next;
            taken.waiting.insert(next, Arc::clone(&self.seat));
            *turn = Some(next);
            taken.next += 1;
        }
    }

    /// From now on it is being worked on.
    pub(super) fn works(&self) {
        let mut taken = self.places.taken();
        if let Some(turn) = self.turn().take() {
            taken.waiting.remove(&turn);
        }
    }

    /// Comes back when it has to go.
    pub(super) async fn has_to_go(&self) {
        self.seat.leave.notified().await;
    }

    /// Does this, unless it takes too long or the place is needed.
    pub(super) async fn kept<T>(&self, limit: Duration, doing: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = doing => Some(done),
            () = clock::wait(limit) => None,
            () = self.has_to_go() => None,
        }
    }

    fn turn(&self) -> MutexGuard<'_, Option<u64>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(turn) = self.turn().take() {
            taken.waiting.remove(&turn);
        }
        taken.release(&self.seat);
        metrics::disconnected();
    }
}

/// Whoever has one IPv6 address has the other 2⁶⁴ of its network as well.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const ONE: &str = "192.0.2.1";

    fn take(places: &Arc<Places>, address: &str) -> Option<Place> {
        places.take(address.parse().expect("an address"))
    }

    fn gone(place: &Place) -> bool {
        place.has_to_go().now_or_never().is_some()
    }

    #[test]
    fn who_has_waited_longest_goes_when_all_places_are_taken() {
        let places = Places::new(3, 3, &[]);
        let [one, two, three] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|from| take(&places, from).unwrap());
        one.waits();
        let four = take(&places, "192.0.2.4").unwrap();
        assert_eq!([&one, &two, &three, &four].map(gone), [false, true, false, false]);
        drop(two);
        assert_eq!(places.taken().all, 3, "who had to go is not counted twice");
    }

    #[test]
    fn work_is_not_broken_off() {
        let places = Places::new(2, 2, &[]);
        let (one, two) = (take(&places, ONE).unwrap(), take(&places, "192.0.2.2").unwrap());
        one.works();
        two.works();
        assert!(take(&places, "192.0.2.3").is_none());
        two.waits();
        assert!(take(&places, "192.0.2.3").is_some());
        assert_eq!([&one, &two].map(gone), [false, true]);
    }

    #[test]
    fn one_address_takes_places_from_itself_only() {
        let places = Places::new(100, 2, &[]);
        let others = take(&places, "192.0.2.9").unwrap();
        let own: Vec<Place> = (0..5).map(|_| take(&places, ONE).unwrap()).collect();
        assert_eq!(own.iter().map(gone).collect::<Vec<_>>(), [true, true, true, false, false]);
        assert!(!gone(&others));
        drop((own, others));
        let taken = places.taken();
        assert_eq!((taken.all, taken.by_network.len(), taken.waiting.len()), (0, 0, 0), "nothing is left");
    }

    #[test]
    fn addresses_of_one_network_are_one_and_a_proxy_is_none() {
        let places = Places::new(100, 1, &["10.0.0.1/32".parse().unwrap()]);
        let pairs = [("2001:db8::1", "2001:db8::ffff:2", true), ("2001:db8::1", "2001:db8:0:1::1", false)];
        for (first, second, same) in
            pairs.into_iter().chain([(ONE, "::ffff:192.0.2.1", true), (ONE, "192.0.2.2", false)])
        {
            let first = take(&places, first).unwrap();
            let _second = take(&places, second).unwrap();
            assert_eq!(gone(&first), same, "{second}");
        }
        let behind: Vec<Place> = (0..5).map(|_| take(&places, "::ffff:10.0.0.1").unwrap()).collect();
        assert!(!behind.iter().any(gone));
    }
}
