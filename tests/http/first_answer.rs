//! How much is asked before the first search, and how much of it one after the other.

use super::fake::{Fake, NOT_WAITED, Product};
use crate::support::cli::Huntc;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

const HUNT: &str = "p = GET process FROM stixshifter://lab WHERE name = 'cmd.exe' START t'2023-08-16T00:00:00Z' STOP t'2023-08-17T00:00:00Z'\n\
                    f = GET file FROM stixshifter://lab WHERE name = 'cmd.exe' START t'2023-08-16T00:00:00Z' STOP t'2023-08-17T00:00:00Z'\n\
                    DISP p ATTR name\nDISP f ATTR name\n";

fn run(fake: &Fake) {
    let huntc = Huntc::new().file("hunt.hf", HUNT);
    let ran = huntc.run(&format!("run hunt.hf --no-hints --source lab={}/logs-*", fake.url()));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
}

fn before_the_first_search(fake: &Fake) -> usize {
    let requests = fake.requests();
    requests.iter().position(|request| request.path.ends_with("/_search")).expect("a search")
}

/// Who the server is, then everything else side by side, then the search: three round trips in all.
#[test]
fn a_first_search_is_the_third_round_trip() {
    for product in [Product::Elasticsearch, Product::OpenSearch] {
        let counted = Fake::start(product, 0, |_, right, _| right);
        run(&counted);
        let second = before_the_first_search(&counted) - 1;
        let paths: Vec<_> = counted.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect();
        assert!((3..=8).contains(&second), "mappings, objects, and the point in time, no more than may run at once: {paths:#?}");
        // None of the second round is answered before all of them have come.
        let come = Arc::new((Mutex::new(0_usize), Condvar::new()));
        let gate = Arc::clone(&come);
        let fake = Fake::start(product, 0, move |request, right, _| {
            let second_round =
                request.method != "DELETE" && !request.path.contains("_nodes") && !request.path.ends_with("/_search");
            if second_round {
                let (count, changed) = &*gate;
                let mut count = count.lock().expect("no thread panicked");
                *count += 1;
                changed.notify_all();
                drop(
                    changed.wait_timeout_while(count, Duration::from_mins(2), |count| *count < second).expect("no thread panicked"),
                );
            }
            right
        });
        let begun = std::time::Instant::now();
        run(&fake);
        assert!(begun.elapsed() < NOT_WAITED, "they wait for each other: {paths:#?}");
        assert_eq!(before_the_first_search(&fake), 1 + second);
    }
}

/// Both statements, and what tells processes apart: mappings are asked for once.
#[test]
fn mappings_are_asked_for_once_in_a_run() {
    let fake = Fake::start(Product::Elasticsearch, 0, |_, right, _| right);
    run(&fake);
    let requests = fake.requests();
    let last = requests.iter().rposition(|request| request.path.contains("_mapping")).expect("mappings");
    let paths: Vec<_> = requests.iter().map(|request| format!("{} {}", request.method, request.path)).collect();
    assert!(last < before_the_first_search(&fake), "{paths:#?}");
    assert!(requests.len() <= 10, "{paths:#?}");
}
