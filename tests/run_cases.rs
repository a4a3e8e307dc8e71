//! What goes wrong outside of a huntflow and what is said of it: each file in `cases/run/` sets a scene, gives a command
//! line, and names every diagnostic that comes, with its place, and no other.

mod case;
mod server;

use case::{Case, Told};
pub(crate) use server::Scripted;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Cases that run at once: most of them wait for a server that is asked again and again.
const AT_ONCE: usize = 6;

/// Every case, by name.
pub(crate) fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/run");
    let mut cases: Vec<Case> = fs::read_dir(root).unwrap().map(|entry| Case::read(&entry.unwrap().path())).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// Codes that the cases name.
pub(crate) fn codes() -> BTreeSet<String> {
    cases().iter().flat_map(|case| &case.told).map(|told| told.split(' ').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn each_case_tells_what_it_names_and_nothing_else() {
    let cases = cases();
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(String::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = case.run();
                    if !found.is_empty() {
                        let _ = writeln!(faults.lock().unwrap(), "== {}\n{found}", case.name);
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{faults}");
    assert!(cases.len() > 50, "{} cases", cases.len());
}

#[test]
fn the_texts_of_diagnostics_are_found() {
    let shown = "[K0805] Error: `x.hf` cannot be read\n   ╭─[ command line:1:1 ]\n   │\n   │ Note: the reason: it is not there\n───╯\n\
        [K0753] Warning: 2 lines\n   ╭─[ a.hf:3:1 ]\n   │ Help 1: look\n───╯\nnothing [K0865]\n";
    let told = Told::all(shown);
    let texts: Vec<String> = told.iter().map(Told::text).collect();
    assert_eq!(
        texts,
        ["error K0805 command line:1:1 `x.hf` cannot be read", "warning K0753 a.hf:3:1 2 lines", "notice K0865 nothing"]
    );
    assert_eq!(told.iter().map(|t| t.helps).collect::<Vec<_>>(), [false, true, true]);
}
