//! Against real servers.

use crate::support::servers::{TestServer, running};
use crate::support::stub::closed_port;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Query, Wildcard};
use huntc_runtime::source::elastic::{Auth, ElasticConfig, ElasticSource};
use huntc_runtime::source::{DataSource, FetchContext, Records, Scalar, SourceError};
use std::process::Command;
use std::sync::atomic::Ordering;

const SERVERS: &[&str] = &["elasticsearch-7", "elasticsearch-8", "elasticsearch-9", "opensearch-2", "opensearch-3"];
const FIELD: &str = "process.command_line";

fn source(server: &TestServer, indices: &str) -> ElasticSource {
    ElasticSource::new(ElasticConfig::new("test", &server.url, indices).expect("an address")).expect("a source")
}

fn pattern() -> BoundRequest {
    let query = Query::Wildcard(Wildcard { field: FIELD.to_owned(), pattern: "*ONE*".to_owned(), case_insensitive: true });
    BoundRequest::of(Catalog::builtin(), query, ["@timestamp", FIELD])
}

fn texts(records: &Records) -> Vec<String> {
    let column = records.column(FIELD).expect("the column was asked for");
    let text = |v: &Scalar| if let Scalar::Text(t) = v { t.to_string() } else { format!("{v:?}") };
    // The source may bring more than is meant.
    let mut all: Vec<String> = (0..records.len()).flat_map(|r| column.values(r).map(text).collect::<Vec<_>>()).collect();
    all.retain(|text| text.contains("one"));
    all.sort();
    all
}

const DOCUMENTS: [&str; 3] = [
    r#"{"@timestamp":"2023-08-16T00:00:00.000Z","process":{"command_line":"x one"}}"#,
    r#"{"@timestamp":"2023-08-16T00:00:01.000Z","process":{"command_line":"x two"}}"#,
    r#"{"@timestamp":"2023-08-16T00:00:02.000Z","process":{"pid":4}}"#,
];

fn make(server: &TestServer, index: &str, kept: &str, field: &str) {
    let mapping = format!(
        r#"{{"mappings":{{{kept}"properties":{{"@timestamp":{{"type":"date"}},"process":{{"properties":{{"command_line":{field}}}}}}}}}}}"#
    );
    server.create(index, &mapping);
    server.load(index, DOCUMENTS);
}

/// Values that documents are kept without are read from the index, or the hunt is refused.
#[test]
fn fields_that_documents_are_kept_without() {
    const EXCLUDES: &str = r#""_source":{"excludes":["process.command_line"]},"#;
    const INCLUDES: &str = r#""_source":{"includes":["@timestamp"]},"#;
    const NONE: &str = r#""_source":{"enabled":false},"#;
    for server in running(SERVERS) {
        let elastic = server.name.starts_with("elastic");
        for (kept, field, whole) in [
            (EXCLUDES, r#"{"type":"keyword"}"#, true),
            (INCLUDES, r#"{"type":"keyword"}"#, true),
            (NONE, r#"{"type":"keyword"}"#, false),
            (EXCLUDES, r#"{"type":"keyword","ignore_above":9}"#, elastic),
            (EXCLUDES, r#"{"type":"keyword","ignore_above":4}"#, false),
            (EXCLUDES, r#"{"type":"text","fields":{"keyword":{"type":"keyword"}}}"#, true),
            (EXCLUDES, r#"{"type":"text"}"#, false),
            (EXCLUDES, r#"{"type":"keyword","doc_values":false}"#, false),
        ] {
            make(&server, "huntc-kept", kept, field);
            let result = source(&server, "huntc-kept").fetch(&pattern(), &FetchContext::default());
            match result {
                Ok(records) if whole => assert_eq!(texts(&records), ["x one"], "{} {kept} {field}", server.name),
                Err(error) if !whole => {
                    let code = if kept == NONE { "K0718" } else { "K0731" };
                    assert_eq!(error.code.id, code, "{} {kept} {field}: {error:?}", server.name);
                    assert!(error.notes[0].contains("huntc-kept"), "{error:?}");
                    assert!(kept == NONE || error.notes[0].contains(FIELD), "{error:?}");
                }
                other => panic!("{} {kept} {field}: {other:?}", server.name),
            }
        }
        server.delete("huntc-kept");
    }
}

/// The build of OpenSearch here searches no other cluster.
#[test]
fn a_remote_cluster_that_is_down() {
    for server in running(&SERVERS[..3]) {
        make(&server, "huntc-near", "", r#"{"type":"keyword"}"#);
        make(&server, "huntc-far", "", r#"{"type":"keyword"}"#);
        server.add_remote("huntc-self", None);
        server.add_remote("huntc-down", Some(closed_port()));
        let up = source(&server, "huntc-near,huntc-self:huntc-far").fetch(&pattern(), &FetchContext::default());
        assert_eq!(texts(&up.expect("both answer")), ["x one", "x one"], "{}", server.name);
        for indices in ["huntc-near,huntc-down:huntc-near", "huntc-down:huntc-near", "huntc-near,huntc-*:huntc-near"] {
            let error = source(&server, indices).fetch(&pattern(), &FetchContext::default()).expect_err("one is down");
            assert_eq!(error.code.id, "K0710", "{} {indices}: {error:?}", server.name);
            let named = |note: &String| note.contains("huntc-down") || note.contains("the indices of other clusters");
            assert!(error.notes.iter().any(named), "{} {indices}: {error:?}", server.name);
        }
        let context = FetchContext { allow_partial: true, ..FetchContext::default() };
        let part = source(&server, "huntc-near,huntc-down:huntc-near").fetch(&pattern(), &context).expect("a part");
        assert_eq!((texts(&part), context.stats.partial.load(Ordering::Relaxed)), (vec!["x one".to_owned()], true));
        server.delete("huntc-near");
        server.delete("huntc-far");
    }
}

/// With roles, over TLS.
#[test]
fn roles_that_see_a_part_and_roles_that_see_no_mapping() {
    const PASSWORD: &str = "huntc-test-only";
    let Some(server) = running(&["elasticsearch-9-secure"]).pop() else { return };
    let files = std::env::var("HUNTC_TEST_SECURE_FILES").expect("set together with the address");
    let send = |method: &str, path: &str, body: &str| {
        let authority = format!("{files}/ca.pem");
        let user = format!("elastic_admin:{PASSWORD}");
        let url = format!("{}{path}", server.url);
        let json = "content-type: application/json";
        let run = Command::new("curl")
            .args(["-s", "--cacert", &authority, "-u", &user, "-H", json, "-X", method, &url, "-d", body])
            .output();
        let text = String::from_utf8(run.expect("curl is there").stdout).expect("text");
        assert!(!text.contains("\"error\""), "{path}: {text}");
    };
    // What an earlier run left.
    send("DELETE", "/huntc-part-a-x,huntc-part-b-x?ignore_unavailable=true", "");
    for index in ["huntc-part-a", "huntc-part-b"] {
        // The field is in no mapping, and documents have it.
        send("PUT", &format!("/{index}-x"), r#"{"mappings":{"dynamic":false,"properties":{"@timestamp":{"type":"date"}}}}"#);
        for (id, document) in DOCUMENTS.iter().enumerate() {
            send("PUT", &format!("/{index}-x/_doc/{id}?refresh=true"), document);
        }
    }
    let authority = std::fs::read_to_string(format!("{files}/ca.pem")).expect("the launcher made it");
    let ask = |user: &str, indices: &str, context: &FetchContext| -> Result<Vec<String>, SourceError> {
        let mut config = ElasticConfig::new("test", &server.url, indices).expect("an address");
        (config.auth, config.ca_pem) = (Auth::basic(user, PASSWORD), Some(authority.clone()));
        ElasticSource::new(config).expect("a source").fetch(&pattern(), context).map(|records| texts(&records))
    };
    let all = vec!["x one".to_owned(); 2];
    for user in ["elastic_admin", "reader"] {
        assert_eq!(ask(user, "huntc-part-*", &FetchContext::default()).expect("all is seen"), all, "{user}");
    }
    let error = ask("part", "huntc-part-*", &FetchContext::default()).expect_err("a part is seen");
    assert_eq!(error.code.id, "K0730", "{error:?}");
    assert!(error.notes[0].contains("`huntc-part-a*`"), "{error:?}");
    assert_eq!(ask("part", "huntc-part-a*", &FetchContext::default()).expect("all of it is seen").len(), 1);
    let context = FetchContext { allow_partial: true, ..FetchContext::default() };
    assert_eq!(ask("part", "huntc-part-*", &context).expect("a part").len(), 1);
    assert!(context.stats.partial.load(Ordering::Relaxed));
    for index in ["huntc-part-a-x", "huntc-part-b-x"] {
        send("DELETE", &format!("/{index}"), "");
    }
}

/// A search by an alias with a routing goes to some of the shards, which is what the alias is for.
#[test]
fn an_alias_may_go_to_a_part_of_the_shards() {
    for server in running(SERVERS) {
        let index = "huntc-routed";
        server.create(
            index,
            r#"{"settings":{"number_of_shards":3,"number_of_replicas":0},"aliases":{"huntc-route":{"routing":"x"},"huntc-all":{}},
                "mappings":{"properties":{"@timestamp":{"type":"date"},"process":{"properties":{"command_line":{"type":"keyword"}}}}}}"#,
        );
        let documents = std::iter::repeat_n(DOCUMENTS[0], 30);
        assert_eq!(server.load(index, documents), 30);
        let count = |name: &str| texts(&source(&server, name).fetch(&pattern(), &FetchContext::default()).expect(name)).len();
        assert_eq!(["huntc-routed", "huntc-all", "huntc-rout*"].map(count), [30; 3], "{}", server.name);
        assert!((1..30).contains(&count("huntc-route")), "{}", server.name);
        server.delete(index);
    }
}

/// A pattern passes over closed indices, which the report names.
#[test]
fn closed_indices_of_a_pattern_are_told() {
    for server in running(SERVERS) {
        for index in ["huntc-closed-a", "huntc-closed-b"] {
            make(&server, index, "", r#"{"type":"keyword"}"#);
        }
        server.close("huntc-closed-b");
        let source = source(&server, "huntc-closed-*");
        let records = source.fetch(&pattern(), &FetchContext::default()).expect("the open one is read");
        assert_eq!(texts(&records), ["x one"], "{}", server.name);
        assert_eq!(source.passed_over(), [("huntc-closed-b".to_owned(), "closed")], "{}", server.name);
        drop(source);
        for index in ["huntc-closed-a", "huntc-closed-b"] {
            server.delete(index);
        }
    }
}
