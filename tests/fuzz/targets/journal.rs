//! Entries of the journal, as JSON and as an export.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::formats::journal(bytes));
