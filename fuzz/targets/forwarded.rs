//! Where a request comes from, whatever stands in X-Forwarded-For.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| regain::web::fuzzed::forwarded(bytes));
