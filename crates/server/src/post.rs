//! Messages on their short way from whoever queues them to the worker of the same process.
//!
//! They are in the store already, and taken: no other node sends them unless this one dies. The worker gets them without asking
//! the store. Where no worker runs, they are queued for whoever looks first.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use regain_core::{Span, Time};
use tokio::sync::Notify;

use crate::store::outbox::{LEASE, Taken};

/// Where they wait.
#[derive(Default)]
pub struct Post {
    /// Whether a worker of this process takes them.
    open: AtomicBool,
    taken: Mutex<Vec<Taken>>,
    bell: Notify,
}

impl Post {
    /// From now on a worker takes what is handed over, or none does any more.
    pub fn open(&self, open: bool) {
        self.open.store(open, Ordering::Release);
    }

    /// Whether a worker takes what is handed over.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Hands these to the worker; the change they tell of is committed.
    pub fn hand_over(&self, taken: Vec<Taken>) {
        self.waiting().extend(taken);
        self.ring();
    }

    /// Wakes the worker: something is in the store.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits until somebody rings, or has since the last time.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// The oldest ones, so many at most. What waited until it is nearly nobody's any more is left to whoever finds it in the store:
    /// begun now, it might be sent by another node, too.
    pub fn next(&self, most: usize, now: Time) -> Vec<Taken> {
        let mut waiting = self.waiting();
        waiting.retain(|taken| now + Span(LEASE.0 / 2) < taken.until);
        let most = most.min(waiting.len());
        waiting.drain(..most).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use regain_core::effect::{Delivery, Message, To};
    use regain_core::method::Channel;
    use regain_core::subject::ContactId;

    use super::*;
    use crate::store::outbox::Payload;

    fn taken(id: &str, until: i64) -> Taken {
        let message = Message::Frozen { user_id: "jo".into(), frozen: true, at: Time(0) };
        let to = To::Contact(ContactId("c".into()));
        let delivery = Delivery { to, channel: Channel::Email, message, deadline: Time(90) };
        let payload = Payload { delivery, user_id: "jo".into(), address: String::new() };
        Taken { id: id.into(), payload, deadline: Time(90), attempt: 1, until: Time(until * 1_000) }
    }

    fn names(taken: &[Taken]) -> Vec<&str> {
        taken.iter().map(|taken| taken.id.as_str()).collect()
    }

    #[tokio::test]
    async fn what_is_handed_over_comes_out_once_and_what_waited_too_long_does_not() {
        let post = Post::default();
        assert!(!post.is_open(), "no worker has come yet");
        post.open(true);
        assert!(post.is_open());
        post.hand_over(vec![taken("a", 9), taken("b", 8), taken("c", 9)]);
        post.rung().await;
        assert_eq!(names(&post.next(1, Time(3_999))), ["a"]);
        assert_eq!(
            names(&post.next(9, Time(4_000))),
            ["c"],
            "half of the second's time is over, and it is in the store"
        );
        assert!(post.next(9, Time(4_000)).is_empty());
    }
}
