//! Events of Suricata and entries of the journal.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huntc_fuzz::formats::eve(bytes));
