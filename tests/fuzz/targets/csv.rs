//! Tables.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::formats::csv(bytes));
