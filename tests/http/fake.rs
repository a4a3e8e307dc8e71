//! A search server without a search: points in time, pages, slices and counts over numbered documents, and faults on demand.

use super::matched::{Condition, aggregations, name, time};
use crate::support::stub::{Request, Response, Stub};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Never, Query};
use huntc_runtime::allowance::Allowance;
use huntc_runtime::source::elastic::{ElasticConfig, ElasticSource};
use huntc_runtime::source::{DataSource, FetchContext, Records, SourceError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The most that something may take which does not wait for what it is given a minute or more to wait for. It tells the
/// two apart on the busiest machine; it is no measure of speed.
pub(crate) const NOT_WAITED: Duration = Duration::from_secs(40);

/// A change to an answer: it gets the request, the right answer, and how often it was called before.
type Fault = Box<dyn Fn(&Request, Response, usize) -> Response + Send + Sync>;

/// A server with so many documents.
pub(crate) struct Fake {
    stub: Stub,
    /// How many points in time and scrolls it keeps of which a client knows.
    pub(crate) open: Arc<AtomicUsize>,
    /// How many documents it has now.
    pub(crate) documents: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Product {
    Elasticsearch,
    OpenSearch,
    /// Before 3.3: read by scrolls.
    OldOpenSearch,
}

/// What it does for clients.
struct State {
    product: Product,
    documents: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    scrolls: Mutex<Scrolls>,
}

/// The search of each scroll, and how many of its records were given.
#[derive(Default)]
struct Scrolls {
    opened: usize,
    kept: BTreeMap<String, (Value, usize)>,
}

impl Fake {
    /// A server that changes its answers to searches.
    pub(crate) fn with(documents: usize, fault: impl Fn(&Request, Response, usize) -> Response + Send + Sync + 'static) -> Self {
        let only_searches = move |request: &Request, right: Response, before: usize| {
            if request.path.ends_with("/_search") { fault(request, right, before) } else { right }
        };
        Self::start(Product::Elasticsearch, documents, only_searches)
    }

    /// A server that changes any of its answers.
    pub(crate) fn start(
        product: Product,
        documents: usize,
        fault: impl Fn(&Request, Response, usize) -> Response + Send + Sync + 'static,
    ) -> Self {
        let (open, documents) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(documents)));
        let state = State { product, documents: Arc::clone(&documents), open: Arc::clone(&open), scrolls: Mutex::default() };
        let fault: Fault = Box::new(fault);
        let searches = Mutex::new(0_usize);
        let stub = Stub::start(move |request| {
            let right = answer(&state, request);
            let before = {
                let mut searches = searches.lock().expect("no test thread panicked");
                *searches += usize::from(request.path.ends_with("/_search"));
                searches.saturating_sub(1)
            };
            let given = fault(request, right.clone(), before);
            state.count_open(request, &right, &given);
            given
        });
        Self { stub, open, documents }
    }

    pub(crate) fn url(&self) -> &str {
        &self.stub.url
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.stub.requests()
    }

    /// Requests for pages.
    pub(crate) fn pages(&self) -> Vec<Request> {
        self.requests().into_iter().filter(|r| r.path.ends_with("/_search") && r.body.get("pit").is_some()).collect()
    }

    /// A source that reads from here, quick to try again.
    pub(crate) fn source(&self, set: impl FnOnce(&mut ElasticConfig)) -> ElasticSource {
        let mut config = ElasticConfig::new("stub", self.url(), "logs-*").expect("the address is usable");
        config.backoff = Duration::from_millis(1);
        config.patience = Duration::from_millis(300);
        config.page_size = 100;
        set(&mut config);
        ElasticSource::new(config).expect("the source is set up")
    }

    /// Reads everything.
    pub(crate) fn read(&self) -> Result<Records, SourceError> {
        self.source(|_| ()).fetch(&everything(), &context())
    }
}

pub(crate) fn everything() -> BoundRequest {
    asking(Query::MatchAll)
}

pub(crate) fn asking(query: Query<Never>) -> BoundRequest {
    BoundRequest::of(Catalog::builtin(), query, ["@timestamp", "n"])
}

pub(crate) fn context() -> FetchContext {
    FetchContext { request_id: "n7.0".to_owned(), ..FetchContext::default() }
}

/// The context of a hunt that may use so much.
pub(crate) fn allowed(time: Option<Duration>, memory: Option<u64>) -> FetchContext {
    FetchContext { allowance: Arc::new(Allowance::new(Arc::default(), time, memory)), ..context() }
}

/// An answer of an error.
pub(crate) fn error(status: u16, kind: &str, reason: &str) -> Response {
    let cause = json!({"type": kind, "reason": reason});
    Response::json(status, &json!({"error": {"root_cause": [cause], "type": kind, "reason": reason}, "status": status}))
}

/// An answer with a part of its JSON changed.
pub(crate) fn changed(response: Response, change: impl FnOnce(&mut Value)) -> Response {
    let mut json: Value = serde_json::from_slice(&response.body).expect("the right answer is JSON");
    change(&mut json);
    Response { body: json.to_string().into_bytes(), ..response }
}

impl State {
    /// Counts what is open. Who does not learn the name of what was opened cannot close it; the server lets go of it later.
    fn count_open(&self, request: &Request, right: &Response, given: &Response) {
        let readable =
            given.cut.is_none() && given.length.is_none() && given.headers.iter().all(|(name, _)| name != "Content-Encoding");
        let whole = given.status == 200 && readable && given.endless.is_none() && given.delay < Duration::from_secs(1);
        let names = |response: &Response| -> [Value; 3] {
            let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            ["id", "pit_id", "_scroll_id"].map(|key| json[key].clone())
        };
        if opens(request) && whole && names(right) == names(given) {
            self.open.fetch_add(1, Ordering::SeqCst);
        } else if request.method == "DELETE" && whole {
            let less = |open: usize| Some(open.saturating_sub(1));
            self.open.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).expect("it is never refused");
        }
    }

    /// A page of the scroll of this name, or of a new one.
    fn scroll(&self, shards: &Value, body: &Value, opens: bool) -> Response {
        let mut scrolls = self.scrolls.lock().expect("no test thread panicked");
        let name = if opens {
            scrolls.opened += 1;
            let name = format!("scroll-{}", scrolls.opened);
            scrolls.kept.insert(name.clone(), (body.clone(), 0));
            name
        } else {
            body["scroll_id"].as_str().unwrap_or_default().to_owned()
        };
        let Some((asked, given)) = scrolls.kept.get_mut(&name) else {
            return error(404, "search_context_missing_exception", "No search context found for id [1]");
        };
        let mut answer = page(self.documents.load(Ordering::SeqCst), shards, asked, *given);
        *given += answer["hits"]["hits"].as_array().map_or(0, Vec::len);
        answer["_scroll_id"] = json!(name);
        Response::json(200, &answer)
    }
}

/// Whether a request opens a point in time or a scroll.
pub(crate) fn opens(request: &Request) -> bool {
    let pit = request.path.ends_with("/_pit") || request.path.ends_with("/_search/point_in_time");
    request.method == "POST" && (pit || request.query.contains("scroll="))
}

fn answer(state: &State, request: &Request) -> Response {
    let product = state.product;
    let elastic = product == Product::Elasticsearch;
    let pit_path = if elastic { "/_pit" } else { "/_search/point_in_time" };
    let shards = json!({"total": 3, "successful": 3, "skipped": 0, "failed": 0});
    let response = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/_nodes/_local") => {
            let version = match product {
                Product::Elasticsearch => "9.2.0",
                Product::OpenSearch => "3.8.0",
                Product::OldOpenSearch => "2.19.1",
            };
            Response::json(200, &json!({"nodes": {"a": {"version": version}}}))
        }
        ("POST", path) if path.contains("logs-") && path.ends_with(pit_path) => {
            let key = if elastic { "id" } else { "pit_id" };
            Response::json(200, &json!({key: "pit-1", "_shards": shards}))
        }
        ("DELETE", "/_pit" | "/_search/point_in_time" | "/_search/scroll") => {
            Response::json(200, &json!({"succeeded": true, "num_freed": 3}))
        }
        ("GET", path) if path.contains("/_mapping/field/") => {
            let field = |kind: &str, name: &str| json!({"full_name": name, "mapping": {name: {"type": kind}}});
            let fields = json!({"n": field("long", "n"), "@timestamp": field("date", "@timestamp"), "process.name": {"mapping": {"name": {"type": "keyword"}}}});
            Response::json(200, &json!({"logs-1": {"mappings": fields}}))
        }
        ("GET", path) if path.contains("logs-") && path.ends_with("/_field_caps") => {
            let fields = json!({"n": {"long": {}}, "process.name": {"keyword": {}}, "@timestamp": {"date": {}}});
            Response::json(200, &json!({"indices": ["logs-1"], "fields": fields}))
        }
        ("GET", path) if path.starts_with("/_index_template/") => Response::json(404, &json!({"error": {}, "status": 404})),
        ("PUT", path) if path.starts_with("/_index_template/") => Response::json(200, &json!({"acknowledged": true})),
        ("GET", path) if path.starts_with("/_resolve/index/") => Response::json(200, &json!({"indices": []})),
        ("GET", path) if path.ends_with("/_alias") => Response::json(200, &json!({})),
        ("GET", path) if path.ends_with("/_settings") => Response::json(200, &json!({})),
        ("GET", path) if path.ends_with("/_mapping") => Response::json(200, &json!({"logs-1": {"mappings": {}}})),
        ("POST", "/_search/scroll") => state.scroll(&shards, &request.body, false),
        ("POST", _) if request.query.contains("scroll=") => state.scroll(&shards, &request.body, true),
        ("POST", path) if path.ends_with("/_search") => {
            Response::json(200, &page(state.documents.load(Ordering::SeqCst), &shards, &request.body, 0))
        }
        _ => error(400, "illegal_argument_exception", &format!("no handler found for uri [{}]", request.path)),
    };
    let header =
        if elastic { ("X-elastic-product", "Elasticsearch") } else { ("X-OpenSearch-Version", "OpenSearch/3.8.0 (opensearch)") };
    response.with(header.0, header.1)
}

/// The records of a search behind the first `given`.
fn page(documents: usize, shards: &Value, body: &Value, given: usize) -> Value {
    let number = |v: &Value| v.as_u64().map(|n| usize::try_from(n).expect("a small number"));
    let slice = |n: &usize| match (number(&body["slice"]["id"]), number(&body["slice"]["max"])) {
        (Some(id), Some(max)) => n % max == id,
        _ => true,
    };
    let sort = body["search_after"].as_array().and_then(|a| number(a.last().expect("sort values")));
    let hit = |n: &usize| {
        json!({"_index": format!("logs-{}", n % 3), "_id": n.to_string(), "sort": [n],
            "_source": {"@timestamp": time(*n), "n": n, "process": {"name": name(*n)}}})
    };
    let condition = Condition::of(&body["query"]);
    let found: Vec<usize> = (0..documents).filter(|n| slice(n) && condition.holds(*n)).collect();
    let rest = found.iter().filter(|n| sort.is_none_or(|s| **n > s));
    let hits: Vec<Value> = rest.skip(given).take(number(&body["size"]).expect("a size")).map(hit).collect();
    let mut page = json!({"pit_id": "pit-1", "timed_out": false, "_shards": shards, "hits": {"hits": hits}});
    if body["track_total_hits"] == json!(true) {
        page["hits"]["total"] = json!({"value": found.len(), "relation": "eq"});
    }
    if body["aggs"].is_object() {
        page["aggregations"] = aggregations(&body["aggs"], &found, documents);
    }
    page
}
