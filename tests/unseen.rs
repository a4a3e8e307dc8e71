//! What a server does not show is told: a remote cluster that is down, a part of a pattern that may not be read, values that are
//! in no document or in no index. Against a scripted server, and against real ones.

mod builds;
mod down;
mod real;

use crate::http::fake::{Fake, Product, asking, changed, context, error, everything};
use crate::support::stub::{Request, Response};
use huntc_compiler::request::Query;
use huntc_compiler::value::Value as Literal;
use huntc_runtime::source::elastic::ElasticConfig;
use huntc_runtime::source::{DataSource, FetchContext, Records, SourceError};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

type Change = fn(&mut Value);

/// A server whose answers at paths that end so are changed.
fn server(product: Product, answers: &'static [(&'static str, Change)]) -> Fake {
    Fake::start(product, 250, move |request, right, _| {
        let here = answers.iter().find(|(path, _)| request.path.ends_with(path));
        here.map_or(right.clone(), |(_, change)| changed(right, change))
    })
}

fn read(fake: &Fake, partial: bool, set: impl FnOnce(&mut ElasticConfig)) -> (Result<Records, SourceError>, bool) {
    let context = FetchContext { allow_partial: partial, ..context() };
    let result = fake.source(set).fetch(&everything(), &context);
    assert_eq!(fake.open.load(Ordering::SeqCst), 0, "every point in time is closed");
    (result, context.stats.partial.load(Ordering::Relaxed))
}

/// The answer fails with the code and a note that has these words; where a part is allowed it comes and is marked.
fn told(fake: &Fake, code: &str, words: &[&str], set: impl Fn(&mut ElasticConfig)) {
    let error = read(fake, false, &set).0.expect_err("a part is missing");
    assert_eq!(error.code.id, code, "{error:?}");
    assert!(words.iter().all(|w| error.notes.iter().any(|n| n.contains(w))), "{words:?}: {error:?}");
    let (records, marked) = read(fake, true, &set);
    assert_eq!((records.expect("a part comes").len(), marked), (250, true));
}

fn two_clusters(config: &mut ElasticConfig) {
    "logs-*,far:logs-*".clone_into(&mut config.indices);
}

#[test]
fn a_remote_cluster_that_is_down_is_named() {
    const LACKING: Change = |j| {
        let error = json!({"error": {"type": "connect_transport_exception", "reason": "Unable to connect to [far]"}});
        j["failed_indices"] = json!(1);
        j["failures"] = json!([{"indices": ["far:logs-*"], "failure": error}]);
    };
    const SKIPPED: Change = |j| {
        let why = json!([{"shard": -1, "index": null, "reason": {"type": "connect_transport_exception", "reason": "Unable to connect to [far]"}}]);
        let details = json!({"(local)": {"status": "successful"}, "far": {"status": "skipped", "failures": why}});
        j["_clusters"] = json!({"total": 2, "successful": 1, "skipped": 1, "details": details});
    };
    const FEWER: Change = |j| j["_shards"] = json!({"total": 2, "successful": 2, "skipped": 0, "failed": 0});
    for product in [Product::Elasticsearch, Product::OpenSearch] {
        told(
            &server(product, &[("/_field_caps", LACKING)]),
            "K0710",
            &["`far:logs-*`", "Unable to connect to [far]"],
            two_clusters,
        );
        // It went down after the mappings were read: the opening leaves it out without a word, the search beside it does not.
        let gone = server(product, &[("far:logs-*/_search", SKIPPED)]);
        told(&gone, "K0710", &["remote cluster `far`: skipped", "Unable to connect to [far]"], two_clusters);
        // It came back before that search.
        let back = server(product, &[("/_pit", FEWER), ("/_search/point_in_time", FEWER)]);
        told(&back, "K0710", &["covers 2 of 3 shards"], two_clusters);
        // Each statement under such a point in time is a part, not only that which opened it.
        for server in [&gone, &back] {
            let source = server.source(two_clusters);
            let marked = [(); 2].map(|()| {
                let context = FetchContext { allow_partial: true, ..context() };
                source.fetch(&everything(), &context).expect("a part comes");
                context.stats.partial.load(Ordering::Relaxed)
            });
            assert_eq!(marked, [true, true], "{product:?}");
        }
    }
    // New servers say at the opening what they leave out.
    let says = server(Product::Elasticsearch, &[("/_pit", SKIPPED)]);
    told(&says, "K0710", &["remote cluster `far`: skipped", "Unable to connect to [far]"], two_clusters);
    let up = server(Product::Elasticsearch, &[]);
    let (records, marked) = read(&up, false, two_clusters);
    assert_eq!((records.map(|r| r.len()).ok(), marked), (Some(250), false));
    // An expression without remote clusters is asked about nothing more.
    let local = server(Product::Elasticsearch, &[]);
    read(&local, false, |_| ()).0.expect("records come");
    assert!(local.requests().iter().all(|r| r.path != "/logs-*/_search"), "no search beside the pages");
}

#[test]
fn a_part_of_the_shards_that_opened_is_a_part() {
    const FAILED: Change = |j| j["_shards"] = json!({"total": 3, "successful": 2, "skipped": 0, "failed": 1});
    for product in [Product::Elasticsearch, Product::OpenSearch] {
        told(
            &server(product, &[("/_pit", FAILED), ("/_search/point_in_time", FAILED)]),
            "K0710",
            &["1 of 3 shards failed"],
            |_| (),
        );
    }
}

/// Settings may be seen of indices whose records may not be read: the server leaves these out of a search without a word.
#[test]
fn indices_that_a_search_does_not_reach_are_told() {
    const TWO: Change = |j| {
        let index = |shards: u8| json!({"settings": {"index": {"number_of_shards": shards.to_string()}}});
        *j = json!({"logs-1": index(3), "logs-2": index(2)});
    };
    for product in [Product::Elasticsearch, Product::OpenSearch, Product::OldOpenSearch] {
        told(&server(product, &[("/_settings", TWO)]), "K0710", &["covers 3 of 5 shards", "`logs-2`"], |_| ());
    }
    for old in [false, true] {
        // An index that went between the two answers is no loss, and one that came is covered by another point in time.
        for (went, settings) in [(true, 1), (false, usize::MAX)] {
            let (asked, opened) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let fake = Fake::start(Product::Elasticsearch, 250, move |request, right, _| {
                let number = |of: &AtomicUsize| of.fetch_add(1, Ordering::SeqCst);
                if request.path.ends_with("/_settings") && number(&asked) < settings {
                    return changed(right, TWO);
                }
                let opens = request.path.ends_with("/_pit") && request.method == "POST";
                let come = !went && opened.load(Ordering::SeqCst) + usize::from(opens && number(&opened) > 0) > 1;
                if opens && old {
                    return changed(right, |j| j["_shards"] = json!(null));
                }
                let covers = opens || request.path.ends_with("/_search");
                let five = json!({"total": 5, "successful": 5, "skipped": 0, "failed": 0});
                if covers && come { changed(right, |j| j["_shards"] = five) } else { right }
            });
            for partial in [false, true] {
                let source = fake.source(|_| ());
                for _ in 0..2 {
                    let context = FetchContext { allow_partial: partial, ..context() };
                    let records = source.fetch(&everything(), &context);
                    let marked = context.stats.partial.load(Ordering::Relaxed);
                    assert_eq!((records.map(|r| r.len()).ok(), marked), (Some(250), false), "{old} {went} {partial}");
                }
            }
        }
    }
}

/// Indices that come while a hunt goes on are no part of its point in time.
#[test]
fn indices_that_come_later_are_not_missed() {
    let asked = AtomicUsize::new(0);
    let fake = Fake::start(Product::Elasticsearch, 250, move |request, right, _| {
        let index = |shards: u8| json!({"settings": {"index": {"number_of_shards": shards.to_string()}}});
        match request.path.ends_with("/_settings").then(|| asked.fetch_add(1, Ordering::SeqCst)) {
            Some(0) => changed(right, |j| *j = json!({"logs-1": index(3)})),
            Some(_) => changed(right, |j| *j = json!({"logs-1": index(3), "logs-2": index(3)})),
            None => right,
        }
    });
    let source = fake.source(|_| ());
    source.fetch(&everything(), &context()).expect("records come");
    // Its field is not known yet.
    let query = Query::term("process.name", Literal::text("x"));
    source.fetch(&asking(query), &context()).expect("it is read under the same point in time");
    assert!(asked_twice(&fake), "settings were asked for again");
}

fn asked_twice(fake: &Fake) -> bool {
    asked(fake, "/_settings").len() == 2
}

#[test]
fn indices_that_a_pattern_passes_over_are_known() {
    const FROZEN: Change = |j| {
        let index =
            |frozen: bool| json!({"settings": {"index": {"number_of_shards": "3", "search": {"throttled": frozen.to_string()}}}});
        *j = json!({"logs-1": index(false), "logs-old": index(true)});
    };
    const CLOSED: Change = |j| j["indices"] = json!([{"name": "logs-0", "attributes": ["closed"]}]);
    for product in [Product::Elasticsearch, Product::OpenSearch] {
        let fake = server(product, &[("/_settings", FROZEN), ("/_resolve/index/logs-*", CLOSED)]);
        let source = fake.source(|_| ());
        source.fetch(&everything(), &context()).expect("the others are read");
        assert_eq!(source.passed_over(), [("logs-0".to_owned(), "closed"), ("logs-old".to_owned(), "frozen")]);
        assert_eq!((source.indices(), asked(&fake, "/_resolve/index/logs-*").len()), (vec!["logs-1".to_owned()], 1));
        // Who does not tell is not waited for, and what is named stands for itself.
        let fake = Fake::start(
            product,
            250,
            |request, right, _| {
                if request.path.starts_with("/_resolve") { Response::text(503, "") } else { right }
            },
        );
        assert_eq!(read(&fake, false, |_| ()).0.map(|r| r.len()).ok(), Some(250));
        assert_eq!(asked(&fake, "/_resolve/index/logs-*").len(), 1);
        assert_eq!(read(&fake, false, |c| "logs-1".clone_into(&mut c.indices)).0.map(|r| r.len()).ok(), Some(250));
        assert_eq!(asked(&fake, "/_resolve/index/logs-1").len(), 0);
    }
}

/// A server with security, whose roles grant these privileges on `logs-*`.
fn secured(search: bool, metadata: bool) -> Fake {
    Fake::start(Product::Elasticsearch, 250, move |request, right, _| match request.path.as_str() {
        "/_security/user/_has_privileges" => {
            assert_eq!(request.body["index"][0]["names"], json!(["logs-*"]));
            let privileges = json!({"indices:data/read/search": search, "view_index_metadata": metadata});
            product(Response::json(200, &json!({"has_all_requested": search && metadata, "index": {"logs-*": privileges}})))
        }
        "/_security/user/_privileges" => {
            let grants = json!([{"names": ["logs-a*"], "privileges": ["read"]}, {"names": ["other"], "privileges": ["write"]}]);
            product(Response::json(200, &json!({"cluster": [], "indices": grants})))
        }
        _ => right,
    })
}

fn product(response: Response) -> Response {
    response.with("X-elastic-product", "Elasticsearch")
}

fn asked(fake: &Fake, path: &str) -> Vec<Request> {
    fake.requests().into_iter().filter(|r| r.path.ends_with(path)).collect()
}

#[test]
fn a_pattern_that_is_granted_in_part_is_told() {
    told(&secured(false, true), "K0730", &["not all of `logs-*` may be read", "the roles grant `logs-a*`"], |_| ());
    let whole = secured(true, true);
    let source = whole.source(|_| ());
    for _ in 0..2 {
        assert_eq!(source.fetch(&everything(), &context()).map(|r| r.len()).ok(), Some(250));
    }
    assert_eq!((asked(&whole, "/_has_privileges").len(), asked(&whole, "/_privileges").len()), (1, 0), "once, and no more");
    // What is written out is refused by the server itself.
    let named = secured(false, false);
    read(&named, false, |c| "logs-1,-logs-x*".clone_into(&mut c.indices)).0.expect("records come");
    assert_eq!(asked(&named, "/_has_privileges").len(), 0);
}

#[test]
fn without_security_there_is_nothing_to_ask() {
    for status in [400, 403, 404, 405] {
        let off = Fake::start(Product::Elasticsearch, 250, move |request, right, _| {
            if request.path.starts_with("/_security") { error(status, "x", "no handler found") } else { right }
        });
        assert_eq!(read(&off, false, |_| ()).0.map(|r| r.len()).ok(), Some(250), "{status}");
    }
}

#[test]
fn mappings_that_may_be_seen_in_part_are_not_trusted() {
    let fake = secured(true, false);
    let source = fake.source(|_| ());
    let query = Query::term("process.name", Literal::text("x"));
    let records = source.fetch(&asking(query.clone()), &context()).expect("records come");
    assert_eq!(records.len(), 250);
    assert!(!asked(&fake, "/_field_caps").is_empty());
    let page = fake.pages().pop().expect("a page");
    // The field may be an alias, and the values come however it is mapped.
    assert_eq!(page.body["fields"], json!([{"field": "n"}]));
    assert_eq!(page.body["docvalue_fields"], json!([{"field": "@timestamp", "format": "strict_date_optional_time_nanos"}]));
}

#[test]
fn an_answer_about_no_index_is_a_mistake() {
    const NOTHING: Change = |j| *j = json!({});
    let fake = Fake::start(Product::Elasticsearch, 250, |request, right, _| {
        if request.path.contains("/_mapping/field/") { changed(right, NOTHING) } else { right }
    });
    let error = read(&fake, false, |_| ()).0.expect_err("the server answers about no index");
    assert_eq!(error.code.id, "K0711", "{error:?}");
    assert!(error.notes.iter().any(|n| n.contains("names no index")), "{error:?}");
}

/// The ways in which an answer could be short without a word, and the tests that hold each of them.
const HELD: [(&str, &[&str]); 16] = [
    (
        "a remote cluster that is down",
        &["tests/unseen.rs: fn a_remote_cluster_that_is_down_is_named", "tests/unseen/real.rs: fn a_remote_cluster_that_is_down"],
    ),
    (
        "a role that sees a part of a pattern",
        &[
            "tests/unseen.rs: fn a_pattern_that_is_granted_in_part_is_told",
            "tests/unseen/real.rs: fn roles_that_see_a_part_and_roles_that_see_no_mapping",
        ],
    ),
    (
        "a role that sees a part of data streams",
        &[
            "tests/unseen/builds.rs: fn a_pattern_of_data_streams_is_granted_whole_or_told",
            "tests/unseen/builds.rs: fn what_is_behind_data_streams_is_granted_with_them",
        ],
    ),
    (
        "indices that a search leaves out though their settings may be seen",
        &["tests/unseen.rs: fn indices_that_a_search_does_not_reach_are_told"],
    ),
    (
        "closed and frozen indices of a pattern",
        &[
            "tests/unseen.rs: fn indices_that_a_pattern_passes_over_are_known",
            "tests/unseen/real.rs: fn closed_indices_of_a_pattern_are_told",
        ],
    ),
    ("an API key", &["tests/unseen/builds.rs: fn an_api_key_goes_with_every_request_and_its_role_is_asked_for"]),
    (
        "fields beyond the limit, which documents name as ignored",
        &[
            "tests/mappings.rs: fn no_mapping_loses_a_record",
            "runtime/src/source/elastic/adapt/tests.rs: fn fields_that_documents_name_as_ignored_are_found",
            "tests/unseen/builds.rs: fn an_index_for_logs_has_whole_documents_and_fields_that_only_they_have",
        ],
    ),
    ("an index for logs", &["tests/unseen/builds.rs: fn an_index_for_logs_has_whole_documents_and_fields_that_only_they_have"]),
    ("documents that are kept without fields", &["tests/unseen/real.rs: fn fields_that_documents_are_kept_without"]),
    (
        "types that are known from `_field_caps` only",
        &[
            "tests/mappings.rs: fn no_type_loses_a_record",
            "tests/unseen.rs: fn mappings_that_may_be_seen_in_part_are_not_trusted",
            "runtime/src/source/elastic/adapt/tests.rs: fn of_a_type_alone_nothing_is_exact",
        ],
    ),
    (
        "OpenSearch: `index: false`, and wildcard with case",
        &[
            "tests/mappings.rs: fn no_mapping_loses_a_record",
            "runtime/src/source/elastic/adapt/tests.rs: fn doc_values_alone_are_searched_as_the_server_can",
            "runtime/src/source/elastic/adapt/tests.rs: fn opensearch_wildcard_fields_have_traps",
        ],
    ),
    (
        "networks in `wildcard` fields, and `flat_object`",
        &[
            "runtime/src/source/elastic/adapt/tests.rs: fn networks_in_wildcard_fields_and_old_flat_objects_are_left_to_us",
            "tests/hostile.rs: fn no_mapping_changes_what_random_hunts_find",
        ],
    ),
    (
        "mapping answers that are empty, and indices without a mapping",
        &["tests/unseen.rs: fn an_answer_about_no_index_is_a_mistake", "tests/mappings.rs: fn no_mapping_loses_a_record"],
    ),
    (
        "openings over a part",
        &[
            "tests/unseen.rs: fn a_part_of_the_shards_that_opened_is_a_part",
            "tests/http/patience.rs: fn a_failed_opening_is_closed",
            "tests/http/patience.rs: fn a_search_of_fewer_shards_than_were_opened_is_a_part",
        ],
    ),
    (
        "indices and records that come or go between statements",
        &[
            "tests/http/patience.rs: fn statements_share_a_point_in_time_and_notice_when_it_is_another",
            "tests/http/patience.rs: fn without_a_point_in_time_changes_between_statements_are_noticed",
        ],
    ),
    (
        "faults of answers",
        &[
            "tests/http/rows.rs: fn every_row_of_the_list_is_played_or_tried_elsewhere",
            "tests/http/schedules.rs: fn random_schedules_of_faults_lose_nothing_in_silence",
        ],
    ),
];

#[test]
fn every_way_of_being_short_is_held() {
    for (way, tests) in HELD {
        for test in tests {
            let (file, function) = test.split_once(": ").expect("a file and a function");
            let text = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).expect("a file");
            assert!(text.contains(&format!("{function}()")), "{way}: {test}");
        }
    }
}
