//! What the builds of the tests have not: data streams and their roles, API keys. What an index for logs says of itself.

use super::{asked, product, read, told};
use crate::http::fake::{Fake, Product, asking, changed, context, error};
use crate::support::stub::Response;
use huntc_compiler::request::Query;
use huntc_compiler::value::Value as Literal;
use huntc_runtime::source::DataSource;
use huntc_runtime::source::elastic::Auth;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// What documents and mappings call the index behind a data stream.
const BEHIND: &str = ".ds-logs-endpoint-2026.01.02-000003";

/// A server whose one index belongs to the data stream `logs-endpoint`, with roles that grant reading of these names: a name that
/// a pattern stands for in whole is granted, as Elasticsearch decides it.
fn streams(grants: &'static [&'static str]) -> Fake {
    Fake::start(Product::Elasticsearch, 250, move |request, right, _| match request.path.as_str() {
        "/_security/user/_has_privileges" => {
            let names: Vec<&str> =
                request.body["index"][0]["names"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let of = |name: &&str| {
                let granted = grants.contains(name);
                ((*name).to_owned(), json!({"indices:data/read/search": granted, "view_index_metadata": granted}))
            };
            let index: serde_json::Map<String, Value> = names.iter().map(of).collect();
            product(Response::json(200, &json!({"has_all_requested": false, "index": index})))
        }
        "/_security/user/_privileges" => {
            let roles: Vec<Value> = grants.iter().map(|name| json!({"names": [name], "privileges": ["read"]})).collect();
            product(Response::json(200, &json!({"cluster": [], "indices": roles})))
        }
        path if path.contains("/_mapping") => changed(right, |json| {
            if let Some(index) = json.as_object_mut().and_then(|indices| indices.remove("logs-1")) {
                json[BEHIND] = index;
            }
        }),
        _ => right,
    })
}

#[test]
fn a_pattern_of_data_streams_is_granted_whole_or_told() {
    told(&streams(&["logs-endpoint"]), "K0730", &["not all of `logs-*` may be read", "the roles grant `logs-endpoint`"], |_| ());
    let whole = streams(&["logs-*"]);
    assert_eq!(read(&whole, false, |_| ()).0.map(|r| r.len()).ok(), Some(250));
    let names = whole.source(|_| ());
    names.fetch(&asking(Query::MatchAll), &context()).expect("records come");
    assert_eq!(names.indices(), [BEHIND], "what was read is told by its own name");
}

/// A role names data streams, and grants what is behind them with them.
#[test]
fn what_is_behind_data_streams_is_granted_with_them() {
    let behind = |config: &mut huntc_runtime::source::elastic::ElasticConfig| ".ds-logs-*".clone_into(&mut config.indices);
    assert_eq!(read(&streams(&["logs-*"]), false, behind).0.map(|r| r.len()).ok(), Some(250));
    assert_eq!(read(&streams(&[".ds-logs-*"]), false, behind).0.map(|r| r.len()).ok(), Some(250));
    told(&streams(&["logs-endpoint"]), "K0730", &["not all of `.ds-logs-*` may be read"], behind);
}

/// A key that was made with a narrower role than that of its owner.
#[test]
fn an_api_key_goes_with_every_request_and_its_role_is_asked_for() {
    let narrowed = streams(&["logs-endpoint"]);
    told(&narrowed, "K0730", &["the roles grant `logs-endpoint`"], |c| c.auth = Auth::api_key("id:key"));
    let whole = streams(&["logs-*"]);
    assert_eq!(read(&whole, false, |c| c.auth = Auth::api_key("id:key")).0.map(|r| r.len()).ok(), Some(250));
    for fake in [&narrowed, &whole] {
        let requests = fake.requests();
        assert!(requests.iter().all(|r| r.header("authorization") == Some("ApiKey aWQ6a2V5")), "the key is in each of them");
        assert!(!asked(fake, "/_has_privileges").is_empty());
    }
    // One that is revoked while it is used.
    let revoked = Fake::start(Product::Elasticsearch, 250, |request, right, before| {
        if before > 0 && request.path.ends_with("/_search") {
            return error(401, "security_exception", "api key [id] has been invalidated");
        }
        right
    });
    let lost = read(&revoked, false, |c| c.auth = Auth::api_key("id:key")).0.expect_err("it is refused");
    assert_eq!(lost.code.id, "K0704", "{lost:?}");
}

/// `index.mode: logsdb`: documents are made again from what the index has, and fields beyond the limit are in no mapping.
#[test]
fn an_index_for_logs_has_whole_documents_and_fields_that_only_they_have() {
    let mode = |mode: &'static str| {
        Fake::start(Product::Elasticsearch, 250, move |request, right, _| {
            if request.path.ends_with("/_settings") {
                let beyond = json!({"total_fields": {"ignore_dynamic_beyond_limit": "true"}, "ignore_malformed": "true"});
                let settings = json!({"logs-1": {"settings": {}, "defaults": {"index": {"mapping": beyond}}}});
                return product(Response::json(200, &settings));
            }
            if request.path.ends_with("/_mapping") {
                return changed(right, |json| json["logs-1"]["mappings"]["_source"] = json!({"mode": mode}));
            }
            right
        })
    };
    let logs = mode("synthetic");
    let source = logs.source(|_| ());
    let request = asking(Query::term("process.name", Literal::text("p1")));
    assert_eq!(source.fetch(&request, &context()).map(|r| r.len()).ok(), Some(250));
    let page = logs.pages().pop().expect("a page").body;
    assert!(page["query"].to_string().contains("_ignored"), "what the index left out is looked at: {page}");
    drop(source);
    assert_eq!(logs.open.load(Ordering::SeqCst), 0);
    assert_eq!(read(&mode("disabled"), false, |_| ()).0.expect_err("no documents").code.id, "K0718");
}
