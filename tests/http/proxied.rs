//! Faults of a proxy before real servers.

use super::fake::{Product, context, opens};
use super::matched::{name, time};
use super::reading::{Asked, At, Came, Way, come};
use super::trouble::{TROUBLES, Trouble, Wanted};
use crate::support::http::send;
use crate::support::servers::{TestServer, running};
use crate::support::stub::{Request, Response, Stub};
use huntc_runtime::source::elastic::{ElasticConfig, ElasticSource};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SERVERS: &[&str] = &["elasticsearch-9", "opensearch-3", "opensearch-2"];
const DOCUMENTS: usize = 1_300;
/// The faults that are played, by what they are.
const PLAYED: [&str; 13] = [
    "429",
    "503 of a proxy",
    "408",
    "breaker for large pages",
    "timed out",
    "a shard is away",
    "cut",
    "half of the JSON",
    "connection ends without an answer",
    "one twice",
    "one lost",
    "a record too many",
    "a tuple lost",
];

/// Passes requests on to a server, and its answers back, of which it breaks one.
struct Proxy {
    stub: Stub,
    /// What was opened and not closed, as far as a client knows of it.
    open: Arc<Mutex<BTreeSet<String>>>,
}

impl Proxy {
    fn before(server: &TestServer, break_it: impl Fn(&Request, Response) -> Response + Send + Sync + 'static) -> Self {
        let (target, name, elastic) = (server.url.clone(), server.name, server.name.starts_with("elastic"));
        let open: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let known = Arc::clone(&open);
        let stub = Stub::start(move |request| {
            let path = if request.query.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, request.query) };
            let body = (!request.text.is_empty()).then_some(("application/json", request.text.as_bytes()));
            let (status, body) = send(&target, &request.method, &path, body);
            let product = if elastic { ("X-elastic-product", "Elasticsearch") } else { ("X-OpenSearch-Version", "OpenSearch") };
            let right = Response::text(status, &body).with(product.0, product.1);
            let given = break_it(request, right.clone());
            note(&mut known.lock().expect("no thread panicked"), request, &right, &given);
            if let Some(id) = id_of(&right).filter(|_| opens(request) && !tells(&right, &given)) {
                // No client can close what it was not told of, and other tests count what is open.
                let_go(&target, name, &id);
            }
            given
        });
        Self { stub, open }
    }
}

/// Notes what the server opened and let go of.
fn note(open: &mut BTreeSet<String>, request: &Request, right: &Response, given: &Response) {
    if opens(request) && tells(right, given) {
        open.extend(id_of(right));
    } else if request.method == "DELETE" && right.status == 200 {
        let named = ["id", "pit_id", "scroll_id"].iter().flat_map(|key| match &request.body[key] {
            Value::String(id) => vec![id.clone()],
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        });
        for id in named {
            open.remove(&id);
        }
    }
}

/// Whether a client learns what the server answered.
fn tells(right: &Response, given: &Response) -> bool {
    given.status == 200 && given.cut.is_none() && given.body == right.body
}

/// The id of what an answer says was opened.
fn id_of(answer: &Response) -> Option<String> {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    ["id", "pit_id", "_scroll_id"].iter().find_map(|key| json[key].as_str()).map(str::to_owned)
}

/// Closes a point in time or a scroll at the server itself.
fn let_go(url: &str, server: &str, id: &str) {
    let (path, body) = match server {
        "opensearch-2" => ("/_search/scroll", json!({"scroll_id": [id]})),
        "opensearch-3" => ("/_search/point_in_time", json!({"pit_id": [id]})),
        _ => ("/_pit", json!({"id": id})),
    };
    let (status, answer) = send(url, "DELETE", path, Some(("application/json", body.to_string().as_bytes())));
    assert_eq!(status, 200, "{answer}");
}

fn load(server: &TestServer, index: &str) {
    let fields =
        json!({"@timestamp": {"type": "date"}, "n": {"type": "long"}, "process": {"properties": {"name": {"type": "keyword"}}}});
    server.create(
        index,
        &json!({"settings": {"number_of_shards": 3, "number_of_replicas": 0}, "mappings": {"properties": fields}}).to_string(),
    );
    let document = |n: usize| json!({"@timestamp": time(n), "n": n, "process": {"name": name(n)}}).to_string();
    let documents: Vec<String> = (0..DOCUMENTS).map(document).collect();
    server.load(index, documents.iter().map(String::as_str));
}

fn source(proxy: &Proxy, index: &str, way: Way, set: impl FnOnce(&mut ElasticConfig)) -> ElasticSource {
    let mut config = ElasticConfig::new("proxied", &proxy.stub.url, index).expect("an address");
    (config.page_size, config.concurrency) = (200, way.readers());
    (config.backoff, config.patience) = (Duration::from_millis(5), Duration::from_secs(5));
    set(&mut config);
    ElasticSource::new(config).expect("a source")
}

fn play(server: &TestServer, index: &str, way: Way, trouble: &'static Trouble, place: usize) {
    let about = format!("{}, {way:?}: {} once, at {place}", server.name, trouble.what);
    let met = AtomicUsize::new(0);
    let once = move |request: &Request, right: Response| {
        let always = matches!(trouble.ever, Wanted::Exact) && trouble.at == At::Search;
        let here = trouble.at.meets(request) && (met.fetch_add(1, Ordering::SeqCst) == place || always);
        if here { (trouble.fault)(request, right) } else { right }
    };
    let proxy = Proxy::before(server, once);
    let source = source(&proxy, index, way, trouble.set);
    let came = come(&source, way, DOCUMENTS, Asked::of(way), &context(), &about);
    assert!(matches!(came, Came::All | Came::Counted), "{about}: {came:?}");
    drop(source);
    assert!(proxy.open.lock().expect("no thread panicked").is_empty(), "{about}: something stays open");
}

#[test]
fn real_servers_behind_a_proxy_with_faults() {
    let played: Vec<&'static Trouble> = TROUBLES.iter().filter(|trouble| PLAYED.contains(&trouble.what)).collect();
    assert!(played.len() >= PLAYED.len(), "each of them is in the table");
    for server in running(SERVERS) {
        load(&server, "huntc-faults");
        let product = if server.name == "opensearch-2" { Product::OldOpenSearch } else { Product::OpenSearch };
        for way in [Way::Pages, Way::Slices, Way::Tuples, Way::Values].into_iter().filter(|way| way.suits(product)) {
            for trouble in &played {
                for place in [1, 3] {
                    play(&server, "huntc-faults", way, trouble, place);
                }
            }
        }
        server.delete("huntc-faults");
    }
}

/// The server itself forgets what was opened, in the middle of a reading.
#[test]
fn real_servers_that_forget_what_was_open() {
    for server in running(SERVERS) {
        load(&server, "huntc-forgets");
        let product = if server.name == "opensearch-2" { Product::OldOpenSearch } else { Product::OpenSearch };
        for way in [Way::Pages, Way::Units, Way::Tuples, Way::Values].into_iter().filter(|way| way.suits(product)) {
            let (target, name) = (server.url.clone(), server.name);
            let met = AtomicUsize::new(0);
            let forget = move |request: &Request, right: Response| {
                if At::Search.meets(request) && met.fetch_add(1, Ordering::SeqCst) == 1 {
                    let id =
                        request.body["pit"]["id"].as_str().or(request.body["scroll_id"].as_str()).expect("what is read is named");
                    let_go(&target, name, id);
                }
                right
            };
            let about = format!("{}, {way:?}: what was open is forgotten", server.name);
            let proxy = Proxy::before(&server, forget);
            let source = source(&proxy, "huntc-forgets", way, |_| ());
            let came = come(&source, way, DOCUMENTS, Asked::of(way), &context(), &about);
            assert!(matches!(came, Came::All | Came::Counted), "{about}: {came:?}");
        }
        server.delete("huntc-forgets");
    }
}
