//! Numbered points at which tests stop the program dead, to see what is left behind.
//!
//! Every call of the store, the directory and the delivery passes one. Only debug builds have them: in a release build this
//! file is empty.

#[cfg(debug_assertions)]
mod armed {
    use std::sync::atomic::{AtomicI64, Ordering};

    /// Points still to be passed before the end; zero or less: none.
    static LEFT: AtomicI64 = AtomicI64::new(0);

    /// Stops the program at the n-th point from now, as a power cut would.
    pub fn kill_at(n: i64) {
        LEFT.store(n, Ordering::SeqCst);
    }

    /// Passes a point.
    pub(crate) fn point(name: &str) {
        if LEFT.load(Ordering::Relaxed) > 0 && LEFT.fetch_sub(1, Ordering::SeqCst) == 1 {
            eprintln!("stopped at {name}");
            std::process::abort();
        }
    }
}

#[cfg(debug_assertions)]
pub use armed::kill_at;
#[cfg(debug_assertions)]
pub(crate) use armed::point;

/// Passes a point.
#[cfg(not(debug_assertions))]
#[inline]
pub(crate) fn point(_name: &str) {}
