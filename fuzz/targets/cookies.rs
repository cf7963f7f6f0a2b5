//! Cookies that nobody of ours wrote open nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| regain::web::fuzzed::cookies(bytes));
