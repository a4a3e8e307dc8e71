//! A list of suppressions.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::suppressions::check(bytes));
