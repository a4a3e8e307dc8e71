//! How much is asked before the first search and in a whole small hunt, and how much of it one after the other.

use super::fake::{Fake, NOT_WAITED, Product, changed};
use super::rounds;
use crate::support::cli::Huntc;
use crate::support::stub::{Request, Response};
use serde_json::{Value, json};
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

const PROCESSES: &str = "p = GET process FROM stixshifter://lab WHERE name = 'p1' START t'2023-08-16T00:00:00Z' STOP t'2023-08-17T00:00:00Z'\n\
                     q = GET process FROM stixshifter://lab WHERE name = 'p2' START t'2023-08-16T00:00:00Z' STOP t'2023-08-17T00:00:00Z'\n\
                     DISP p ATTR name\nDISP q ATTR name\n";

const PRODUCTS: [Product; 2] = [Product::Elasticsearch, Product::OpenSearch];

/// The round trips of a whole hunt: no more than so many.
fn whole_hunt(
    most: usize,
    (product, documents): (Product, usize),
    (hunt, flags): (&str, &str),
    change: impl Fn(&Request, Response) -> Response + Send + Sync + Copy + 'static,
) -> Vec<Vec<String>> {
    rounds::at_most(most, |held| {
        let gate = held.clone();
        let fake = Fake::start(product, documents, move |request, right, _| {
            gate.wait(format!("{} {}", request.method, request.path));
            change(request, right)
        });
        let flags = flags.replace("URL", fake.url());
        let ran = Huntc::new().file("hunt.hf", hunt).run(&format!("run hunt.hf {flags}"));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
    })
}

fn right(_: &Request, right: Response) -> Response {
    right
}

/// Who it is; mappings and the point in time; both searches; the end.
#[test]
fn a_hunt_that_finds_nothing_is_four_round_trips() {
    for product in PRODUCTS {
        let rounds = whole_hunt(4, (product, 0), (PROCESSES, "--no-hints --source lab=URL/logs-*"), right);
        assert_eq!((rounds.len(), rounds[2].len(), rounds[3].len()), (4, 2, 1), "{rounds:#?}");
    }
}

/// Both statements found nothing, and why is looked for at the same time.
#[test]
fn hints_of_statements_are_looked_for_side_by_side() {
    for product in PRODUCTS {
        let rounds = whole_hunt(7, (product, 0), (PROCESSES, "--source lab=URL/logs-*"), right);
        assert!(rounds[3..rounds.len() - 1].iter().all(|round| round.len() >= 2), "{rounds:#?}");
    }
}

/// Types and shards of remote clusters are asked for beside what is asked here.
#[test]
fn remote_clusters_cost_no_further_round_trip() {
    for product in PRODUCTS {
        let rounds = whole_hunt(4, (product, 0), (PROCESSES, "--no-hints --source lab=URL/logs-*,far:logs-*"), right);
        let second = rounds[1].join("\n");
        assert!(second.contains("far:logs-*/_field_caps") && second.contains("far:logs-*/_search"), "{rounds:#?}");
    }
}

/// Processes with entity ids.
fn with_ids(request: &Request, right: Response) -> Response {
    changed(right, |json| {
        map_more(request, json);
        each_process(json, &|process, number| process["entity_id"] = json!(format!("{{{number}}}")));
    })
}

/// Processes of a host that has no entity ids, which a probe asks for.
fn without_ids(request: &Request, right: Response) -> Response {
    changed(right, |json| {
        map_more(request, json);
        if request.path.ends_with("/_search") && !request.body["sort"].is_array() {
            json["hits"]["hits"] = json!([]);
        }
        each_process(json, &|_, _| ());
    })
}

/// The fields that tell processes apart are mapped.
fn map_more(request: &Request, json: &mut Value) {
    if !request.path.contains("/_mapping/field/") {
        return;
    }
    for name in ["process.entity_id", "process.pid", "host.name", "event.category", "event.type", "event.code"] {
        let kind = if name == "process.pid" { "long" } else { "keyword" };
        let last = name.rsplit('.').next().expect("a name has a last part");
        json["logs-1"]["mappings"][name] = json!({"full_name": name, "mapping": {last: {"type": kind}}});
    }
}

fn each_process(json: &mut Value, change: &dyn Fn(&mut Value, &Value)) {
    for hit in json["hits"]["hits"].as_array_mut().into_iter().flatten() {
        let number = hit["_source"]["n"].clone();
        hit["_source"]["host"] = json!({"name": "a"});
        hit["_source"]["process"]["pid"] = number.clone();
        change(&mut hit["_source"]["process"], &number);
    }
}

/// Who, mappings, searches, creation records, the end; of processes without entity id also whether their host has any, and what
/// else is known of their lives. What both statements need is asked for at the same time.
#[test]
fn hunts_that_find_processes() {
    for product in PRODUCTS {
        let rounds = whole_hunt(5, (product, 20), (PROCESSES, "--no-hints --source lab=URL/logs-*"), with_ids);
        assert_eq!(rounds.iter().skip(2).map(Vec::len).collect::<Vec<_>>(), [2, 2, 1], "{rounds:#?}");
        let rounds = whole_hunt(7, (product, 20), (PROCESSES, "--no-hints --source lab=URL/logs-*"), without_ids);
        assert_eq!(rounds.iter().skip(2).map(Vec::len).collect::<Vec<_>>(), [2, 1, 1, 2, 1], "{rounds:#?}");
    }
}

/// Records behind rows take two searches, and what is there in another case one for each statement: all of them side by side.
#[test]
fn a_report_costs_two_round_trips_more() {
    for product in PRODUCTS {
        let rounds = whole_hunt(7, (product, 20), (PROCESSES, "--out report --source lab=URL/logs-*"), with_ids);
        assert_eq!(rounds.iter().skip(2).map(Vec::len).collect::<Vec<_>>(), [2, 2, 3, 1, 1], "{rounds:#?}");
    }
}
