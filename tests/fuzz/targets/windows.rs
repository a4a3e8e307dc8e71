//! Windows events in every wrapping.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::windows::check(bytes));
