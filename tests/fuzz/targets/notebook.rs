//! The JSON of a huntbook.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::notebook::check(bytes));
