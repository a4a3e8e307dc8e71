//! Servers that have no time to look at all records at once, and have it to give them page by page.

use super::fake::{Fake, Product, asking, changed, context, error, everything};
use super::{all, numbers};
use crate::support::cli::Huntc;
use crate::support::stub::{Request, Response};
use huntc_compiler::request::{BoundRequest, Query};
use huntc_runtime::source::DataSource;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

const HUNT: &str = "x = GET process FROM stixshifter://lab WHERE name LIKE 'p%' START t'2023-08-16T00:00:00Z' STOP t'2023-08-17T00:00:00Z'\n\
                    g = GROUP x BY name WITH COUNT(*)\nDISP g\n";

/// In the three forms in which it is told.
const NO_TIME: [fn(Response) -> Response; 3] = [
    |right| changed(right, |json| json["timed_out"] = json!(true)),
    |_| error(429, "search_timeout_exception", "Time exceeded"),
    |_| Response::text(504, "<html>gateway timeout</html>"),
];

/// What is not counted is read, and the report says why.
#[test]
fn records_that_a_server_has_no_time_to_count_are_read() {
    for (form, no_time) in NO_TIME.into_iter().enumerate() {
        let fake = Fake::with(50, move |request, right, _| {
            if request.body["aggs"]["tuples"].is_object() {
                return no_time(right);
            }
            changed(right, |json| {
                for hit in json["hits"]["hits"].as_array_mut().into_iter().flatten() {
                    hit["_source"]["process"]["pid"] = hit["_source"]["n"].clone();
                    hit["_source"]["process"]["entity_id"] = json!(format!("{{{}}}", hit["_source"]["n"]));
                }
            })
        });
        let configuration = format!(
            "[run]\naggregate_from = 0\n[sources.lab]\nuri = \"{}\"\nindices = [\"logs-*\"]\npatience = \"0s\"\n",
            fake.url()
        );
        let huntc = Huntc::new().file("hunt.hf", HUNT).file("huntc.toml", configuration);
        assert_eq!(huntc.run("trust .").code, Some(0));
        let ran = huntc.run("run hunt.hf --no-hints --out report");
        assert_eq!(ran.code, Some(0), "{form}: {}", ran.text());
        let report = huntc.report("report");
        let request = &report["hunts"][0]["requests"][0];
        assert_eq!((&request["records"], &request["tuples"]), (&json!(50), &json!(null)), "{form}: {report:#}");
        let why = request["uncounted"].as_str().unwrap_or_default();
        assert!(why.starts_with("source `lab`: the server "), "{form}: {request:#}");
        let groups = report["hunts"][0]["displays"][0]["rows"].as_array().map(Vec::len);
        assert_eq!(groups, Some(7), "{form}: {report:#}");
    }
}

/// Whether there is a record at all is asked for first; without an answer all are looked at.
#[test]
fn a_probe_that_finds_no_time_is_a_reading() {
    for no_time in NO_TIME {
        for documents in [250, 0] {
            let fake = Fake::with(
                documents,
                move |request, right, _| {
                    if request.body["sort"].is_array() { right } else { no_time(right) }
                },
            );
            let request = BoundRequest { enough: Some(1), ..asking(Query::MatchAll) };
            let records = fake.source(|_| ()).fetch(&request, &context()).expect("records come");
            assert_eq!(records.len(), documents);
        }
    }
}

/// What was read under a point in time that was lost is counted under the next one; what is not counted is read again.
#[test]
fn units_that_cannot_be_counted_again_are_read_again() {
    for no_time in NO_TIME {
        let lost = AtomicBool::new(true);
        let fake = Fake::start(Product::Elasticsearch, 2_000, move |request: &Request, right, before| {
            if !request.path.ends_with("/_search") {
                return right;
            }
            if request.body["aggs"]["units"].is_object() {
                return no_time(right);
            }
            if before > 12 && lost.swap(false, Ordering::SeqCst) {
                return error(404, "search_context_missing_exception", "No search context found for id [1]");
            }
            right
        });
        let records = fake.source(|c| c.concurrency = 2).fetch(&everything(), &context()).expect("all records come");
        assert_eq!((numbers(&records), records.len()), (all(2_000), 2_000));
        assert!(fake.requests().iter().any(|request| request.body["aggs"]["units"].is_object()), "they were counted");
    }
}
