//! Every fault of the table, once and ever, in every way of reading and on every kind of server: exact or failed, none endless, none
//! silent, and nothing stays open.

use super::fake::{Product, changed, error};
use super::matched::START;
use super::reading::{Asked, At, Came, Way, allowing, read};
use super::trouble::{TROUBLES, Trouble, Wanted};
use crate::support::stub::{Request, Response};
use huntc_runtime::source::elastic::ElasticConfig;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const PRODUCTS: [Product; 3] = [Product::Elasticsearch, Product::OpenSearch, Product::OldOpenSearch];

/// What the rows are that no fault of the table plays, and where they are tried instead.
const ELSEWHERE: [(&str, &str, &str); 9] = [
    ("F13", "OpenSearch before 3.3 is one of the servers here", "tests/http/rows.rs: fn every_fault_page_by_page"),
    (
        "F14",
        "a page of a scroll that is cut is `cut`, read from OpenSearch before 3.3",
        "tests/http/rows.rs: fn every_fault_page_by_page",
    ),
    ("F17", "restarts take time", "tests/http/patience.rs: fn a_server_that_restarts_costs_time_and_no_record"),
    ("F19", "types are no fault of a request", "tests/mappings.rs: fn no_type_loses_a_record"),
    ("F20", "an index that comes later has other types", "tests/http/rows.rs: fn an_index_that_comes_later_has_other_types"),
    ("F22", "what is too long is asked for in halves", "tests/http/halves.rs: fn a_request_that_is_too_long_is_read_in_halves"),
    ("F23", "`_msearch` is not used", "tests/http/rows.rs: fn no_request_is_of_a_kind_that_is_not_played"),
    ("F24", "certificates and roles", "tests/http/ways_in.rs: fn a_server_is_trusted_by_its_authority_itself_or_a_fingerprint"),
    ("F25", "times finer than milliseconds", "tests/cluster.rs: fn windows_are_exact"),
];

/// Whether all cases are played (`HUNTC_FAULTS=all`). Else each fault is played to one kind of server in each way of reading, and one
/// that happens once does so at two of the places where it may.
fn all_cases() -> bool {
    std::env::var("HUNTC_FAULTS").is_ok_and(|value| value == "all")
}

/// Plays a fault at those requests that it may meet, by their number.
fn play(
    trouble: &Trouble,
    at: At,
    product: Product,
    way: Way,
    when: impl Fn(usize) -> bool + Send + Sync + 'static,
    about: &str,
) -> (Came, usize) {
    let met = AtomicUsize::new(0);
    let fault = trouble.fault;
    let change = move |request: &Request, right: Response| {
        if at.meets(request) && when(met.fetch_add(1, Ordering::SeqCst)) { fault(request, right) } else { right }
    };
    let about = format!("{} {}, {product:?}, {way:?}: {about}", trouble.of, trouble.what);
    let (came, requests) = read((product, way, way.documents()), Asked::of(way), &allowing(false), &trouble.set, &about, change);
    (came, requests.iter().filter(|request| at.meets(request)).count())
}

fn check(came: Came, wanted: Wanted, about: &str) {
    let right = match (came, wanted) {
        (Came::All | Came::Counted, Wanted::Exact | Wanted::ExactOrFails(_)) => true,
        (Came::Failed(code), Wanted::Fails(codes) | Wanted::ExactOrFails(codes)) => codes.contains(&code),
        _ => false,
    };
    assert!(right, "{about}: {came:?}, and not {wanted:?}");
}

/// The places of the requests that a fault meets once.
fn places(requests: usize) -> BTreeSet<usize> {
    if all_cases() { (0..requests).collect() } else { [0, requests * 3 / 5].into_iter().filter(|n| *n < requests).collect() }
}

/// Plays all faults in one way.
fn all_in(way: Way) {
    let mut wrong = Vec::new();
    let products: Vec<Product> = PRODUCTS.into_iter().filter(|product| way.suits(*product)).collect();
    for (number, trouble) in
        TROUBLES.iter().enumerate().filter(|(_, trouble)| !(trouble.lies && trouble.at == At::Count && way == Way::Values))
    {
        let some = [products[(number + way as usize) % products.len()]];
        for product in if all_cases() { products.iter() } else { some.iter() }.copied() {
            wrong.extend(std::panic::catch_unwind(|| once_and_ever(trouble, product, way)).err().map(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                text.unwrap_or_else(|| format!("{} {product:?} {way:?}: a panic", trouble.what))
            }));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn once_and_ever(trouble: &Trouble, product: Product, way: Way) {
    let about = |when: &str| format!("{} {}, {product:?}, {way:?}, {when}", trouble.of, trouble.what);
    let (came, requests) = play(trouble, trouble.at, product, way, |_| false, "never");
    check(came, Wanted::Exact, &about("never"));
    let places = if trouble.slow { BTreeSet::from([1.min(requests.saturating_sub(1))]) } else { places(requests) };
    for place in places {
        let (came, _) =
            play(trouble, trouble.at, product, way, move |number| number == place, &format!("once, at {place} of {requests}"));
        check(came, trouble.once, &about(&format!("once, at {place} of {requests}")));
    }
    if trouble.at == At::Closing || requests == 0 {
        return;
    }
    let at = if trouble.at == At::Any { At::Search } else { trouble.at };
    let (came, _) = play(trouble, at, product, way, |_| true, "ever");
    let besides = if product == Product::OldOpenSearch {
        trouble.scroll
    } else if way.counts() {
        trouble.counted
    } else {
        None
    };
    check(came, besides.unwrap_or(trouble.ever), &about("ever"));
}

#[test]
fn every_fault_page_by_page() {
    all_in(Way::Pages);
}

#[test]
fn every_fault_in_slices() {
    all_in(Way::Slices);
}

#[test]
fn every_fault_in_units() {
    all_in(Way::Units);
}

#[test]
fn every_fault_where_tuples_are_counted() {
    all_in(Way::Tuples);
}

#[test]
fn every_fault_where_values_are_counted() {
    all_in(Way::Values);
}

/// A cache gives the answer of the request before.
#[test]
fn the_page_before_again() {
    for (product, way) in PRODUCTS.into_iter().flat_map(|product| Way::ALL.map(|way| (product, way))) {
        if !way.suits(product) {
            continue;
        }
        for place in 1..4 {
            let (met, before) = (AtomicUsize::new(0), Mutex::new(None::<Response>));
            let again = move |request: &Request, right: Response| {
                // What counts is not what gives records.
                if !At::Search.meets(request) || (request.body["aggs"].is_object() && !request.body["aggs"]["tuples"].is_object()) {
                    return right;
                }
                let before = before.lock().expect("no thread panicked").replace(right.clone());
                if met.fetch_add(1, Ordering::SeqCst) == place { before.unwrap_or(right) } else { right }
            };
            let about = format!("{product:?}, {way:?}: the page before at {place}");
            let (came, _) = read((product, way, way.documents()), Asked::of(way), &allowing(false), &|_| (), &about, again);
            check(came, Wanted::ExactOrFails(&["K0711"]), &about);
        }
    }
}

/// A server that counts fewer tuples at once counts all the same.
#[test]
fn fewer_tuples_are_asked_for_where_a_page_of_them_is_too_large() {
    for kind in ["too_many_buckets_exception", "circuit_breaking_exception"] {
        for way in [Way::Tuples, Way::Values] {
            let refuses = move |request: &Request, right: Response| {
                let size = request.body["aggs"]["tuples"]["composite"]["size"].as_u64();
                if size > Some(1_000) { error(503, kind, "x") } else { right }
            };
            let asked = Asked::of(way);
            let larger = |c: &mut ElasticConfig| c.page_size = 1_000;
            let (came, _) = read((Product::Elasticsearch, way, 450), asked, &allowing(false), &larger, kind, refuses);
            assert_eq!(came, Came::Counted, "{kind}");
        }
    }
}

/// The documents of one index have other types than those that the mappings told of.
#[test]
fn an_index_that_comes_later_has_other_types() {
    for (product, way) in PRODUCTS.into_iter().flat_map(|product| [Way::Pages, Way::Slices, Way::Units].map(|way| (product, way))) {
        let other = |request: &Request, right: Response| {
            if !At::Search.meets(request) {
                return right;
            }
            changed(right, |json| {
                for hit in json["hits"]["hits"].as_array_mut().into_iter().flatten().filter(|hit| hit["_index"] == "logs-2") {
                    let number = hit["_source"]["n"].as_i64().expect("a number");
                    hit["_source"] = json!({"@timestamp": START + number, "n": number, "process": "a text"});
                }
            })
        };
        let about = format!("{product:?}, {way:?}: other types");
        if way.suits(product) {
            let (came, _) = read((product, way, way.documents()), Asked::of(way), &allowing(false), &|_| (), &about, other);
            check(came, Wanted::Exact, &about);
        }
    }
}

/// The rows of the list of faults, F1 to F25: each is played, or it says where else it is tried.
#[test]
fn every_row_of_the_list_is_played_or_tried_elsewhere() {
    let mut rows: BTreeSet<String> = (1..=25).map(|number| format!("F{number}")).collect();
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/reference/clusters-found.md");
    if let Ok(text) = std::fs::read_to_string(list) {
        let section = text.split("\n## ").find(|section| section.starts_with("4. ")).expect("the list of faults");
        let names = section
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split_once(" |"))
            .flat_map(|(names, _)| names.split([',', ' ']));
        let named = |name: &&str| name.starts_with('F') && name[1..].starts_with(|c: char| c.is_ascii_digit());
        rows.extend(names.filter(named).map(|name| name.trim_end_matches(|c: char| !c.is_ascii_digit()).to_owned()));
    }
    let played: BTreeSet<&str> = TROUBLES.iter().flat_map(|trouble| trouble.of.split(' ')).collect();
    let elsewhere: BTreeSet<&str> = ELSEWHERE.iter().map(|(row, ..)| *row).collect();
    let missing: Vec<&String> =
        rows.iter().filter(|row| !played.contains(row.as_str()) && !elsewhere.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "neither played nor tried elsewhere: {missing:?}");
    for (row, why, place) in ELSEWHERE {
        let (file, function) = place.split_once(": ").expect("a file and a function");
        let text = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).expect("a file of the tests");
        assert!(rows.contains(row) && !why.is_empty() && text.contains(&format!("{function}(")), "{row}: {place}");
    }
}

/// No fault is missing because a request is of a kind that none meets.
#[test]
fn no_request_is_of_a_kind_that_is_not_played() {
    for (product, way) in PRODUCTS.into_iter().flat_map(|product| Way::ALL.map(|way| (product, way))) {
        let (_, requests) =
            read((product, way, way.documents()), Asked::of(way), &allowing(false), &|_| (), "never", |_, right| right);
        for request in requests {
            assert!(At::Any.meets(&request) || At::Closing.meets(&request), "{} {}", request.method, request.path);
            assert!(!request.path.contains("_msearch"), "what it asks for has answers of their own");
        }
    }
}
