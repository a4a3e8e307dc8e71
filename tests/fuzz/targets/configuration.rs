//! The files of a configuration.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::configuration::check(bytes));
