//! Archives and compressed files.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::formats::archive(bytes));
