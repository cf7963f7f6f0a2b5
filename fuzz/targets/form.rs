//! A form is read or refused, and what is read is what was sent.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| regain::web::fuzzed::form(bytes));
