//! The answers of a cluster.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::answer::check(bytes));
