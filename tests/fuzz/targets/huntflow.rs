//! The text of a huntflow.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::huntflow::check(bytes));
