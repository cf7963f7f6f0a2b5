//! A list of banned words is read or refused with its line; what is read never makes a password better.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regain_core::password::banned::{Banned, score};
use regain_core::password::normalise::folded;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let last = folded(text.lines().last().unwrap_or_default());
    match Banned::parse(text) {
        Ok(list) => assert!(score(&[&list], &last).points <= score(&[], &last).points),
        Err(bad) => assert!((1..=text.lines().count()).contains(&bad.line)),
    }
});
