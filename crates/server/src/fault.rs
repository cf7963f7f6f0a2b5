//! Numbered points at which tests stop the program dead, to see what is left behind.
//!
//! Every call of the store, the directory and the delivery passes one. Only debug builds have them: in a release build a
//! point is nothing.

#[cfg(debug_assertions)]
mod armed {
    use std::cell::RefCell;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// Points still to be passed before the end; zero or less: none.
    static LEFT: AtomicI64 = AtomicI64::new(0);

    thread_local! {
        /// Names of the points passed on this thread since the trail was begun.
        static TRAIL: RefCell<Option<Vec<&'static str>>> = const { RefCell::new(None) };
    }

    /// Stops the program at the n-th point from now, as a power cut would.
    pub fn kill_at(n: i64) {
        LEFT.store(n, Ordering::SeqCst);
    }

    /// Gives the points passed on this thread since the last call, and begins anew.
    pub fn trail() -> Vec<&'static str> {
        TRAIL.with_borrow_mut(|trail| trail.replace(Vec::new())).unwrap_or_default()
    }

    /// Passes a point.
    pub(crate) fn point(name: &'static str) {
        TRAIL.with_borrow_mut(|trail| {
            if let Some(trail) = trail {
                trail.push(name);
            }
        });
        if LEFT.load(Ordering::Relaxed) > 0 && LEFT.fetch_sub(1, Ordering::SeqCst) == 1 {
            eprintln!("stopped at {name}");
            std::process::abort();
        }
    }
}

#[cfg(debug_assertions)]
pub(crate) use armed::point;
#[cfg(debug_assertions)]
pub use armed::{kill_at, trail};

/// Passes a point.
#[cfg(not(debug_assertions))]
#[inline]
pub(crate) fn point(_name: &'static str) {}
