//! A list of hashes, plain or packed, is read to its end or to where it is damaged.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| regain::breach::fuzzed::corpus(bytes));
