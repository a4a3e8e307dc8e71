//! What a server answers before a search.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::mapping::check(bytes));
