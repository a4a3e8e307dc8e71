//! The objects of a STIX bundle.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::bundle::check(bytes));
