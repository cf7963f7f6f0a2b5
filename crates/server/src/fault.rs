//! Numbered points at which tests stop the program dead, to see what is left behind.
//!
//! Every call of the store, the directory and the delivery passes one. Only debug builds have them: in a release build a
//! point is nothing.

#[cfg(debug_assertions)]
mod armed {
    use std::cell::RefCell;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// Points still to be passed before the end; zero or less: none.
    static LEFT: AtomicI64 = AtomicI64::new(0);

    /// The only points that are counted; nothing: all.
    static ONLY: OnceLock<String> = OnceLock::new();

    thread_local! {
        /// Names of the points passed on this thread since the trail was begun.
        static TRAIL: RefCell<Option<Vec<&'static str>>> = const { RefCell::new(None) };
    }

    /// Stops the program at the n-th point from now, as a power cut would: `37`, or `2 directory.reset.before` for the second of
    /// that name. 0: at none.
    pub fn kill_at(place: &str) {
        let n = match place.split_once(' ') {
            Some((n, name)) if ONLY.set(name.to_owned()).is_ok() => n,
            _ => place,
        };
        LEFT.store(n.parse().unwrap_or(0), Ordering::SeqCst);
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
        let counts = LEFT.load(Ordering::Relaxed) > 0 && ONLY.get().is_none_or(|only| only == name);
        if counts && LEFT.fetch_sub(1, Ordering::SeqCst) == 1 {
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
