//! Every input of the fuzz corpora, replayed: what crashed once stays a test.

#[path = "fuzz/checks/mod.rs"]
mod checks;

use std::fs;
use std::path::Path;

/// Replays the corpus of a target; `least` inputs must be there.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let mut inputs: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "no input for {target}");
    for input in inputs {
        let bytes = fs::read(&input).unwrap();
        assert!(std::panic::catch_unwind(|| check(&bytes)).is_ok(), "{} fails", input.display());
    }
}

#[test]
fn huntflows() {
    replay("huntflow", checks::huntflow::check);
}

#[test]
fn notebooks() {
    replay("notebook", checks::notebook::check);
}

#[test]
fn logs() {
    replay("log", checks::log::check);
}

#[test]
fn bundles() {
    replay("bundle", checks::bundle::check);
}

#[test]
fn stores() {
    replay("store", checks::store::check);
    // A seed that the store refuses would let the fuzzer begin at nothing.
    for seed in ["one", "kinds", "sparse", "times"] {
        let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/store").join(seed);
        assert!(checks::store::opened(&fs::read(input).unwrap()).is_some_and(|s| s.verify().is_ok()), "{seed}");
    }
}

#[test]
fn answers() {
    replay("answer", checks::answer::check);
}

#[test]
fn patterns() {
    replay("pattern", checks::pattern::check);
}

#[test]
fn configurations() {
    replay("configuration", checks::configuration::check);
}

#[test]
fn suppressions() {
    replay("suppressions", checks::suppressions::check);
}

#[test]
fn states() {
    replay("state", checks::state::check);
}

#[test]
fn files_of_load() {
    replay("load", checks::load::check);
}

#[test]
fn analytics() {
    replay("analytics", checks::analytics::check);
}

#[test]
fn mappings() {
    replay("mapping", checks::mapping::check);
}

#[test]
fn archives() {
    replay("archive", checks::formats::archive);
}

#[test]
fn logs_of_zeek() {
    replay("zeek", checks::formats::zeek);
}

#[test]
fn events_and_entries() {
    replay("eve", checks::formats::eve);
}

#[test]
fn entries_of_the_journal() {
    replay("journal", checks::formats::journal);
}

#[test]
fn lines_of_the_audit_log() {
    replay("auditd", checks::formats::auditd);
}

#[test]
fn tables() {
    replay("csv", checks::formats::csv);
}
