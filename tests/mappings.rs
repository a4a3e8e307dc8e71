//! Against real servers: the same records under many mappings give the same answer; whatever an index leaves out, changes or
//! keeps as another type, no record that a request means is lost.

use crate::support::random::Rng;
use crate::support::servers::{TestServer, running};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Limit, Never, Query, Range, Regexp, Term, Wildcard};
use huntc_compiler::value::Value;
use huntc_runtime::source::elastic::{ElasticConfig, ElasticSource};
use huntc_runtime::source::{DataSource, FetchContext, Scalar};
use std::collections::BTreeSet;

const SERVERS: &[&str] = &["elasticsearch-7", "elasticsearch-8", "elasticsearch-9", "opensearch-2", "opensearch-3"];
const FIELD: &str = "process.command_line";
const LIST: &str = "process.args";

/// Mappings of the two fields, and whether OpenSearch alone can make such an index here.
const MAPPINGS: &[(&str, &str, bool)] = &[
    ("limit", r#"{"type":"keyword","ignore_above":300}"#, false),
    ("open", r#"{"type":"keyword"}"#, false),
    ("both", r#"{"type":"keyword","ignore_above":300,"fields":{"text":{"type":"text"}}}"#, false),
    ("words", r#"{"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":256}}}"#, false),
    ("text", r#"{"type":"text"}"#, false),
    ("dark", r#"{"type":"keyword","index":false,"doc_values":false}"#, false),
    ("columns", r#"{"type":"keyword","index":false}"#, false),
    ("wild", r#"{"type":"wildcard"}"#, true),
    ("wildlimit", r#"{"type":"wildcard","ignore_above":300}"#, true),
    ("lines", r#"{"type":"match_only_text"}"#, true),
    ("flat", r#"{"type":"flat_object"}"#, true),
];

fn noise(length: usize, seed: u64) -> String {
    let mut rng = Rng::new(seed);
    (0..length).map(|_| char::from(b'a' + rng.below(26) as u8)).collect()
}

/// The values of the field in each document, by id.
fn values() -> Vec<Option<String>> {
    let text = |t: &str| Some(t.to_owned());
    vec![
        text("cmd.exe"),
        text("CMD.EXE"),
        Some(format!("{} needle", "x ".repeat(700))),
        text("a needle in hay"),
        text(""),
        None,
        text("Übung macht den Meister"),
        text(r"C:\Windows\System32\a.exe"),
        Some(noise(250, 1)),
        Some(noise(1_200, 2)),
        text("a#b [x] {2}"),
        Some(format!("{}Tail", noise(2_500, 3))),
    ]
}

fn documents() -> Vec<String> {
    let document = |value: &Option<String>| {
        let list = value.as_ref().map(|v| vec!["first".to_owned(), v.clone()]);
        let fields = serde_json::json!({"command_line": value, "args": list});
        serde_json::json!({"@timestamp": "2023-08-16T00:00:00Z", "process": fields}).to_string()
    };
    values().iter().map(document).collect()
}

fn term(value: &str, case_insensitive: bool) -> Query<Never> {
    Query::Term(Term { field: FIELD.to_owned(), value: Value::text(value), case_insensitive })
}

fn wildcard(pattern: &str, case_insensitive: bool) -> Query<Never> {
    Query::Wildcard(Wildcard { field: FIELD.to_owned(), pattern: pattern.to_owned(), case_insensitive })
}

fn regexp(pattern: &str) -> Query<Never> {
    Query::Regexp(Regexp { field: FIELD.to_owned(), pattern: pattern.to_owned() })
}

fn not(query: Query<Never>) -> Query<Never> {
    Query::all_but(Query::exists(FIELD), query)
}

/// Queries with the documents that each means.
fn queries() -> Vec<(Query<Never>, Vec<usize>)> {
    let all = values();
    let value = |n: usize| all[n].clone().expect("a value");
    let terms = |values: &[usize]| Query::terms(FIELD, values.iter().map(|n| Value::text(value(*n))).collect());
    let from = Range { field: FIELD.to_owned(), lower: Some(Limit { value: Value::text("b"), inclusive: true }), upper: None };
    let after_b: Vec<usize> = (0..all.len()).filter(|n| all[*n].as_ref().is_some_and(|v| v.as_str() >= "b")).collect();
    vec![
        (term("cmd.exe", false), vec![0]),
        (term("CMD.exe", true), vec![0, 1]),
        (term("", false), vec![4]),
        (term("übung macht den meister", true), vec![]),
        (term("ÜBUNG MACHT DEN MEISTER", true), vec![6]),
        (term(&value(9), false), vec![9]),
        (term(&value(11).to_ascii_uppercase(), true), vec![11]),
        (terms(&[0, 8]), vec![0, 8]),
        (terms(&[2, 9, 11]), vec![2, 9, 11]),
        (wildcard("*needle*", false), vec![2, 3]),
        (wildcard("*NEEDLE", true), vec![2]),
        (wildcard("*Übung*", true), vec![6]),
        (wildcard("?bung*", false), vec![6]),
        (wildcard(r"C:\\Windows\\*", true), vec![7]),
        (wildcard("*#b \\[x\\]*", false), vec![10]),
        (wildcard(&format!("{}*", value(11)), true), vec![11]),
        (regexp(".*needle"), vec![2]),
        (regexp("a\\#b \\[x\\] \\{2\\}"), vec![10]),
        (regexp(".*[ln]eedle.*"), vec![2, 3]),
        (Query::Range(from), after_b),
        (Query::exists(FIELD), vec![0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]),
        (Query::all_but(Query::MatchAll, Query::exists(FIELD)), vec![5]),
        (not(wildcard("*needle*", false)), vec![0, 1, 4, 6, 7, 8, 9, 10, 11]),
        (not(term("cmd.exe", true)), vec![2, 3, 4, 6, 7, 8, 9, 10, 11]),
        (not(terms(&[0, 9])), vec![1, 2, 3, 4, 6, 7, 8, 10, 11]),
        (not(regexp("[a-z].*")), vec![1, 4, 6, 7]),
        (not(not(wildcard("*needle*", false))), vec![2, 3]),
    ]
}

/// The query on the list, whose values are the field's and another.
fn on_list(query: &Query<Never>) -> Query<Never> {
    let text = format!("{query:?}").replace(FIELD, LIST);
    assert!(text.contains(LIST));
    rename(query)
}

fn rename(query: &Query<Never>) -> Query<Never> {
    let field = || LIST.to_owned();
    match query {
        Query::Term(q) => Query::Term(Term { field: field(), ..q.clone() }),
        Query::Terms(q) => Query::terms(LIST, q.values.clone()),
        Query::Wildcard(q) => Query::Wildcard(Wildcard { field: field(), ..q.clone() }),
        Query::Regexp(q) => Query::Regexp(Regexp { field: field(), ..q.clone() }),
        Query::Exists(_) => Query::exists(LIST),
        other => other.clone(),
    }
}

fn make(server: &TestServer, prefix: &str) -> Vec<&'static str> {
    let documents = documents();
    let mut names = Vec::new();
    for (name, mapping, only_opensearch) in MAPPINGS {
        if *only_opensearch
            && (server.name.starts_with("elastic") || (server.name == "opensearch-2" && !matches!(*name, "wild" | "flat")))
        {
            continue;
        }
        let fields = format!(r#"{{"command_line":{mapping},"args":{mapping}}}"#);
        let process = if *name == "flat" { (*mapping).to_owned() } else { format!(r#"{{"properties":{fields}}}"#) };
        server.create(
            &format!("{prefix}-{name}"),
            &format!(r#"{{"mappings":{{"properties":{{"@timestamp":{{"type":"date"}},"process":{process}}}}}}}"#),
        );
        server.load(&format!("{prefix}-{name}"), documents.iter().map(String::as_str));
        names.push(*name);
    }
    // Not indexed at all, though documents have it; and as keys with dots, behind an alias.
    server.create(&format!("{prefix}-closed"), r#"{"mappings":{"dynamic":false,"properties":{"@timestamp":{"type":"date"}}}}"#);
    server.load(&format!("{prefix}-closed"), documents.iter().map(String::as_str));
    names.push("closed");
    if server.name == "elasticsearch-8" || server.name == "elasticsearch-9" {
        // Beyond the limit of fields, where documents name what they ignore.
        let beyond = r#"{"settings":{"index.mapping.total_fields":{"limit":1,"ignore_dynamic_beyond_limit":true}},
            "mappings":{"properties":{"@timestamp":{"type":"date"}}}}"#;
        server.create(&format!("{prefix}-beyond"), beyond);
        server.load(&format!("{prefix}-beyond"), documents.iter().map(String::as_str));
        names.push("beyond");
    }
    // Without any mapping, and without a document.
    server.create(&format!("{prefix}-empty"), "{}");
    let alias = r#"{"mappings":{"properties":{"@timestamp":{"type":"date"},"process":{"properties":{
        "command_line":{"type":"alias","path":"cmd"},"args":{"type":"alias","path":"list"}}},
        "cmd":{"type":"keyword","ignore_above":300},"list":{"type":"keyword","ignore_above":300}}}}"#;
    server.create(&format!("{prefix}-alias"), alias);
    let renamed: Vec<String> = documents
        .iter()
        .map(|d| {
            d.replace(r#""process":{"#, "")
                .replacen("}}", "}", 1)
                .replace(r#""command_line""#, r#""cmd""#)
                .replace(r#""args""#, r#""list""#)
        })
        .collect();
    server.load(&format!("{prefix}-alias"), renamed.iter().map(String::as_str));
    names.push("alias");
    names
}

#[test]
fn no_mapping_loses_a_record() {
    for server in running(SERVERS) {
        let names = make(&server, "lost");
        loses_nothing(&server, &names, "lost");
    }
}

/// Of a remote cluster only the types of fields are known. The build of OpenSearch here searches no other cluster.
#[test]
fn no_type_loses_a_record() {
    for server in running(&SERVERS[..3]) {
        let names = make(&server, "type");
        server.add_remote("huntc-self", None);
        loses_nothing(&server, &names, "huntc-self:type");
        brings_values(&server, names.len(), "huntc-self:type");
    }
}

fn loses_nothing(server: &TestServer, names: &[&str], prefix: &str) {
    {
        let config = ElasticConfig::new("test", &server.url, &format!("{prefix}-*")).expect("the address is usable");
        let source = ElasticSource::new(config).expect("the source is set up");
        let mut extra = 0;
        for (query, wanted) in queries() {
            for (list, query) in [(false, query.clone()), (true, on_list(&query))] {
                // With "first" beside it a list differs in what is absent, excluded or in order.
                let only_found = matches!(query, Query::Bool(_) | Query::Range(_));
                if list && only_found {
                    continue;
                }
                let request = BoundRequest::of(Catalog::builtin(), query.clone(), ["@timestamp", "_id", FIELD]);
                let records =
                    source.fetch(&request, &FetchContext::default()).unwrap_or_else(|e| panic!("{} {query:?}: {e:?}", server.name));
                let found: BTreeSet<String> = records.observations.iter().map(ToString::to_string).collect();
                for name in names {
                    for id in &wanted {
                        let id = format!("{prefix}-{name}/{id}");
                        assert!(found.contains(&id), "{} lost {id}: {query:?}", server.name);
                    }
                }
                extra += found.len() - wanted.len() * names.len();
            }
        }
        eprintln!("{}: {} mappings, {extra} records more than meant", server.name, names.len());
    }
}

/// The values of aliases come from the field that they stand for.
#[test]
fn values_come_whole_from_every_mapping() {
    for server in running(SERVERS) {
        let names = make(&server, "whole");
        brings_values(&server, names.len(), "whole");
    }
}

fn brings_values(server: &TestServer, indices: usize, prefix: &str) {
    {
        let config = ElasticConfig::new("test", &server.url, &format!("{prefix}-*")).expect("the address is usable");
        let source = ElasticSource::new(config).expect("the source is set up");
        let fields = ["@timestamp", "_id", LIST, FIELD].map(str::to_owned).to_vec();
        let request = BoundRequest::of(Catalog::builtin(), Query::MatchAll, fields);
        let records = source.fetch(&request, &FetchContext::default()).expect("records come");
        assert_eq!(records.len(), indices * values().len(), "{}", server.name);
        let (one, list) = (records.column(FIELD).expect("a column"), records.column(LIST).expect("a column"));
        for record in 0..records.len() {
            let id = records.observations[record].rsplit('/').next().expect("an id").parse::<usize>().expect("a number");
            let wanted: Vec<Scalar> = values()[id].iter().map(|v| Scalar::Text(v.as_str().into())).collect();
            let found: Vec<Scalar> = one.values(record).cloned().collect();
            assert_eq!(found, wanted, "{} {}", server.name, records.observations[record]);
            assert_eq!(list.values(record).count(), wanted.len() * 2);
        }
    }
}

/// A probe finds a value under every mapping, and none where there is none.
#[test]
fn probes_tell_presence_under_every_mapping() {
    for server in running(SERVERS) {
        for name in make(&server, "probe") {
            let config = ElasticConfig::new("test", &server.url, &format!("probe-{name}")).expect("the address is usable");
            let source = ElasticSource::new(config).expect("the source is set up");
            let found = |field: &str| {
                let request =
                    BoundRequest { enough: Some(1), ..BoundRequest::of(Catalog::builtin(), Query::exists(field), ["@timestamp"]) };
                let records = source.fetch(&request, &FetchContext::default()).expect("an answer comes");
                assert_eq!(records.columns.len(), 1);
                !records.is_empty()
            };
            assert!(found(FIELD), "{} {name}", server.name);
            assert!(!found("process.entity_id"), "{} {name}", server.name);
        }
    }
}
