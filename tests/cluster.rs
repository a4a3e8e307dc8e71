//! Against real servers: everything is read, to the last record.

use crate::support::servers::{TestServer, running};
use huntc_compiler::backend::elastic::query::Query;
use huntc_compiler::backend::elastic::request::BoundRequest;
use huntc_compiler::time::{Instant, TimeRange};
use huntc_compiler::value::Value;
use huntc_runtime::source::elastic::{ElasticConfig, ElasticSource};
use huntc_runtime::source::{DataSource, FetchContext, Records, Scalar};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

const SERVERS: &[&str] = &["elasticsearch-7", "elasticsearch-8", "elasticsearch-9", "opensearch-2", "opensearch-3"];

fn request(query: Query<huntc_compiler::backend::elastic::query::Never>, fields: &[&str]) -> BoundRequest {
    let mut fields: Vec<String> = fields.iter().map(|f| (*f).to_owned()).collect();
    fields.push("@timestamp".to_owned());
    fields.sort();
    BoundRequest { query, window: None, fields, first_only: false }
}

fn source(server: &TestServer, indices: &str, set: impl FnOnce(&mut ElasticConfig)) -> ElasticSource {
    let mut config = ElasticConfig::new("test", &server.url, indices).expect("the address is usable");
    set(&mut config);
    ElasticSource::new(config).expect("the source is set up")
}

fn fetch(source: &ElasticSource, request: &BoundRequest) -> Records {
    let context = FetchContext { request_id: "n1".to_owned(), ..FetchContext::default() };
    let records = source.fetch(request, &context).expect("records come");
    assert!(!context.stats.partial.load(Ordering::Relaxed));
    records
}

fn texts(records: &Records, field: &str) -> Vec<String> {
    let column = records.column(field).expect("the column was asked for");
    let text = |v: &Scalar| match v {
        Scalar::Text(t) => t.to_string(),
        other => format!("{other:?}"),
    };
    (0..records.len()).flat_map(|r| column.values(r).map(text).collect::<Vec<_>>()).collect()
}

/// Pages that are cut by time, or by document numbers that repeat over indices, lose records here.
#[test]
fn records_of_one_instant_over_three_indices_all_come() {
    const EACH: [usize; 3] = [12_000, 9_999, 3_001];
    for server in running(SERVERS) {
        server.put_template();
        for (number, count) in EACH.into_iter().enumerate() {
            let index = format!("winlogbeat-instant-{number}");
            server.create(&index, &format!(r#"{{"settings":{{"number_of_shards":{},"number_of_replicas":0}}}}"#, number + 1));
            let documents: Vec<String> = (0..count)
                .map(|i| {
                    format!(r#"{{"@timestamp":"2023-08-16T00:33:51.685Z","process":{{"entity_id":"{number}-{i}","pid":{i}}}}}"#)
                })
                .collect();
            assert_eq!(server.load(&index, documents.iter().map(String::as_str)), count);
        }
        let wanted: BTreeSet<String> =
            EACH.iter().enumerate().flat_map(|(n, c)| (0..*c).map(move |i| format!("{n}-{i}"))).collect();
        for (page_size, concurrency) in [(10_000, 8), (999, 1), (999, 4), (1_000, 3)] {
            let source = source(&server, "winlogbeat-instant-*", |c| {
                c.page_size = page_size;
                c.concurrency = concurrency;
            });
            let mut all = request(Query::MatchAll, &["process.entity_id", "process.pid", "_id"]);
            all.window = Some(TimeRange {
                start: Instant::parse("2023-08-16T00:33:51.685Z").expect("an instant"),
                stop: Instant::parse("2023-08-16T00:33:51.685001Z").expect("an instant"),
            });
            let records = fetch(&source, &all);
            let found: BTreeSet<String> = texts(&records, "process.entity_id").into_iter().collect();
            assert_eq!(records.len(), 25_000, "{} page {page_size}", server.name);
            assert!(found == wanted && records.observations.iter().collect::<BTreeSet<_>>().len() == 25_000, "{}", server.name);
            assert_eq!(source.count(&all, &FetchContext::default()).expect("a count"), 25_000);
        }
        assert!(server.closes_all_snapshots(), "{}: points in time are left open", server.name);
    }
}

/// A server keeps milliseconds; the window is exact to the nanosecond, and any form of a time counts.
#[test]
fn windows_are_exact() {
    for server in running(SERVERS) {
        server.create("winlogbeat-window", r#"{"mappings":{"properties":{"@timestamp":{"type":"date"},"n":{"type":"keyword"}}}}"#);
        let documents = [
            r#"{"@timestamp":"2023-08-16T00:00:00.684999Z","n":"before"}"#,
            r#"{"@timestamp":"2023-08-16T00:00:00.685100Z","n":"first"}"#,
            r#"{"@timestamp":"2023-08-16T02:00:00.685500+02:00","n":"zone"}"#,
            r#"{"@timestamp":1692144000686,"n":"number"}"#,
            r#"{"@timestamp":"1692144000687","n":"digits"}"#,
            r#"{"@timestamp":"2023-08-16T00:00:00.688899Z","n":"last"}"#,
            r#"{"@timestamp":"2023-08-16T00:00:00.688900Z","n":"behind"}"#,
            r#"{"n":"timeless"}"#,
        ];
        server.load("winlogbeat-window", documents);
        let source = source(&server, "winlogbeat-window", |_| {});
        let mut windowed = request(Query::MatchAll, &["n"]);
        windowed.window = Some(TimeRange {
            start: Instant::parse("2023-08-16T00:00:00.685100Z").expect("an instant"),
            stop: Instant::parse("2023-08-16T00:00:00.688900Z").expect("an instant"),
        });
        let mut found = texts(&fetch(&source, &windowed), "n");
        found.sort();
        assert_eq!(found, ["digits", "first", "last", "number", "zone"], "{}", server.name);
        assert_eq!(fetch(&source, &request(Query::MatchAll, &["n"])).len(), 8, "{}", server.name);
        let one = request(Query::term("n", Value::text("first")), &["n"]);
        assert_eq!(texts(&fetch(&source, &one), "n"), ["first"], "{}", server.name);
    }
}
