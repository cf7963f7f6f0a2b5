//! The generic gateway's templates: what is filled in ends nowhere but where it was put.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| regain::delivery::fuzzed::template(text));
