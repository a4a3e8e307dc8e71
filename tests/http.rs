//! The reader of clusters against a server in this process: everything comes or nothing, whatever goes wrong on the way.

pub(crate) mod fake;
mod first_answer;
mod front;
mod halves;
mod matched;
mod no_time;
mod patience;
mod proxied;
mod reading;
mod restarts;
mod rounds;
mod rows;
mod schedules;
mod trouble;
mod ways_in;

use crate::support::stub::{Response, Stub, closed_port};
use fake::{Fake, NOT_WAITED, Product, allowed, asking, changed, context, error, everything};
use huntc_compiler::request::{Query, Regexp};
use huntc_compiler::value::Value as Literal;
use huntc_runtime::allowance::Allowance;
use huntc_runtime::source::elastic::{Auth, ElasticConfig, ElasticSource};
use huntc_runtime::source::{DataSource, FetchContext, Records, Scalar, SourceError};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn numbers(records: &Records) -> BTreeSet<i64> {
    let column = records.column("n").expect("the column was asked for");
    let number = |v: &Scalar| if let Scalar::Int(n) = v { Some(*n) } else { None };
    (0..records.len()).flat_map(|r| column.values(r).filter_map(number).collect::<Vec<_>>()).collect()
}

fn all(count: i64) -> BTreeSet<i64> {
    (0..count).collect()
}

fn code(result: Result<Records, SourceError>) -> &'static str {
    match result {
        Ok(records) => panic!("{} records came", records.len()),
        Err(error) => error.code.id,
    }
}

#[test]
fn every_record_comes_in_pages_and_in_slices() {
    for (product, documents, concurrency) in [
        (Product::Elasticsearch, 0, 1),
        (Product::Elasticsearch, 99, 1),
        (Product::Elasticsearch, 100, 4),
        (Product::Elasticsearch, 250, 4),
        (Product::Elasticsearch, 901, 4),
        (Product::Elasticsearch, 500, 1),
        (Product::OpenSearch, 550, 4),
    ] {
        let fake = Fake::start(product, documents, |_, right, _| right);
        let source = fake.source(|c| c.concurrency = concurrency);
        let records = source.fetch(&everything(), &context()).expect("records come");
        assert_eq!(numbers(&records), all(documents as i64));
        assert_eq!(records.len(), documents);
        drop(source);
        assert_eq!(fake.open.load(Ordering::SeqCst), 0, "the point in time is closed");
        for page in fake.pages() {
            assert!(page.query.contains("allow_partial_search_results=false"), "{}", page.query);
            assert_eq!(page.header("x-opaque-id"), Some("n7.0"));
            let order = if product == Product::Elasticsearch {
                json!(["_shard_doc"])
            } else {
                json!([{"_index": {"unmapped_type": "keyword"}}, "_shard_doc"])
            };
            assert_eq!(page.body["sort"], order);
        }
        let opened =
            fake.requests().into_iter().find(|r| r.path.starts_with("/logs-*/_") && r.method == "POST").expect("it was opened");
        assert!(opened.query.contains("allow_no_indices=false"), "{}", opened.query);
    }
}

#[test]
fn answers_that_are_not_whole_are_asked_again() {
    type Fault = fn(&mut serde_json::Value);
    let faults: [Fault; 5] = [
        |j| j["timed_out"] = json!(true),
        |j| j["_shards"] = json!({"total": 3, "successful": 2, "skipped": 0, "failed": 1, "failures": [{"index": "a", "reason": {"type": "node_not_connected_exception"}}]}),
        |j| j["terminated_early"] = json!(true),
        |j| j["_clusters"] = json!({"total": 2, "successful": 1, "skipped": 1}),
        |j| j["_shards"] = json!(null),
    ];
    for fault in faults {
        let once = Fake::with(250, move |_, right, before| if before == 1 { changed(right, fault) } else { right });
        assert_eq!(numbers(&once.read().expect("the second try is whole")), all(250));
        assert_eq!(once.open.load(Ordering::SeqCst), 0);
        let always = Fake::with(250, move |_, right, _| changed(right, fault));
        assert!(matches!(code(always.read()), "K0710" | "K0711"));
        assert_eq!(always.open.load(Ordering::SeqCst), 0, "closed after an error too");
    }
}

#[test]
fn records_that_are_missing_or_doubled_are_noticed() {
    let short = |j: &mut serde_json::Value| drop(j["hits"]["hits"].as_array_mut().expect("hits").pop());
    let doubled = |j: &mut serde_json::Value| {
        let hits = j["hits"]["hits"].as_array_mut().expect("hits");
        hits[0] = hits[1].clone();
    };
    let shifted = |j: &mut serde_json::Value| j["hits"]["total"]["value"] = json!(251);
    for fault in [short as fn(&mut serde_json::Value), doubled, shifted] {
        let always =
            Fake::with(250, move |r, right, _| if r.body["search_after"].is_null() { changed(right, fault) } else { right });
        assert_eq!(code(always.read()), "K0710");
        let once = Fake::with(250, move |_, right, before| if before == 0 { changed(right, fault) } else { right });
        assert_eq!(numbers(&once.read().expect("the second reading is whole")), all(250));
    }
    let more = |j: &mut serde_json::Value| {
        let hits = j["hits"]["hits"].as_array_mut().expect("hits");
        hits.push(hits[0].clone());
    };
    assert_eq!(code(Fake::with(100, move |_, right, _| changed(right, more)).read()), "K0711");
}

#[test]
fn refusals_have_their_codes() {
    let cases = [
        (401, "security_exception", "missing authentication credentials", "K0704", 1),
        (403, "security_exception", "action [indices:data/read/search] is unauthorized", "K0705", 1),
        (404, "index_not_found_exception", "no such index [logs-*]", "K0706", 1),
        (400, "index_closed_exception", "closed", "K0707", 1),
        (429, "es_rejected_execution_exception", "rejected execution", "K0708", 6),
        (503, "circuit_breaking_exception", "[parent] Data too large", "K0708", 6),
        (500, "query_phase_execution_exception", "Time exceeded", "K0709", 2),
        (429, "rejected_execution_exception", "Trying to create too many Point In Time contexts", "K0713", 6),
        (404, "search_context_missing_exception", "No search context found for id [1]", "K0714", 3),
        (413, "x", "too large", "K0715", 1),
        (400, "parsing_exception", "unknown query [x]", "K0701", 1),
    ];
    for (status, kind, reason, wanted, tries) in cases {
        let fake = Fake::with(10, move |_, _, _| error(status, kind, reason));
        let error = fake.read().expect_err("the server refuses");
        assert_eq!(error.code.id, wanted, "{kind}");
        assert!(error.notes.iter().any(|n| n.contains(reason)) && !error.helps.is_empty(), "{error:?}");
        assert_eq!(fake.pages().len(), tries, "{kind}");
        assert_eq!(fake.open.load(Ordering::SeqCst), 0, "{kind}: closed after an error too");
    }
}

#[test]
fn a_busy_server_gets_time() {
    let fake =
        Fake::with(250, |_, right, before| if before < 3 { error(429, "es_rejected_execution_exception", "busy") } else { right });
    let (source, context) = (fake.source(|_| ()), context());
    assert_eq!(numbers(&source.fetch(&everything(), &context).expect("it calms down")), all(250));
    assert_eq!(context.stats.retries.load(Ordering::Relaxed), 3);
    assert_eq!(context.stats.pages.load(Ordering::Relaxed), 3);
    let waits = Fake::with(
        10,
        |_, right, before| if before == 0 { error(503, "unavailable", "x").with("Retry-After", "1") } else { right },
    );
    let begun = Instant::now();
    assert_eq!(numbers(&waits.read().expect("it calms down")), all(10));
    assert!(begun.elapsed() >= Duration::from_secs(1), "the server asked for a second");
}

#[test]
fn connections_that_break_are_made_again() {
    let cut = Fake::with(250, |_, right, before| Response { cut: (before == 1).then_some(500), ..right });
    assert_eq!(numbers(&cut.read().expect("the second try is whole")), all(250));
    let packed = Fake::with(250, |_, right, before| Response { gzip: true, cut: (before == 0).then_some(500), ..right });
    assert_eq!(numbers(&packed.read().expect("the second try is whole")), all(250));
    let broken =
        Fake::with(250, |_, right, before| if before == 1 { Response { body: b"{\"hits\":".to_vec(), ..right } } else { right });
    assert_eq!(numbers(&broken.read().expect("the second try is whole")), all(250));
    assert_eq!(code(Fake::with(10, |_, right, _| Response { cut: Some(20), ..right }).read()), "K0711");
}

#[test]
fn a_run_can_be_interrupted_at_any_moment() {
    let fake =
        Fake::with(250, |_, right, before| Response { delay: Duration::from_secs(if before == 1 { 120 } else { 0 }), ..right });
    let cancel: Arc<AtomicBool> = Arc::default();
    let allowance = Arc::new(Allowance::new(Arc::clone(&cancel), None, None));
    let context = FetchContext { allowance, ..context() };
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        cancel.store(true, Ordering::Relaxed);
    });
    let begun = Instant::now();
    assert_eq!(code(fake.source(|_| ()).fetch(&everything(), &context)), "K1000");
    assert!(begun.elapsed() < NOT_WAITED, "{:?}", begun.elapsed());
    assert_eq!(fake.open.load(Ordering::SeqCst), 0, "the point in time is closed");
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let fake = Fake::with(10, |_, right, _| Response { delay: Duration::from_mins(2), ..right });
    let begun = Instant::now();
    assert_eq!(code(fake.source(|c| c.timeout = Duration::from_millis(200)).fetch(&everything(), &context())), "K0709");
    assert!(begun.elapsed() < NOT_WAITED, "{:?}", begun.elapsed());
}

#[test]
fn what_is_no_search_server_is_told() {
    let answers = [
        Response::text(302, "").with("Location", "https://user:pass@login.example.org/?next=secret"),
        Response::text(200, "<html>Kibana</html>"),
        Response::text(404, "not found"),
    ];
    for answer in answers {
        let stub = Stub::start(move |_| answer.clone());
        let config = ElasticConfig::new("stub", &stub.url, "logs-*").expect("an address");
        let error = ElasticSource::new(config).expect("a source").fetch(&everything(), &context()).expect_err("it is none");
        assert_eq!(error.code.id, "K0712", "{error:?}");
        assert!(!format!("{error:?}").contains("pass@") && !format!("{error:?}").contains("secret"));
    }
    let config = ElasticConfig::new("stub", &format!("http://127.0.0.1:{}", closed_port()), "logs-*").expect("an address");
    let begun = Instant::now();
    assert_eq!(code(ElasticSource::new(config).expect("a source").fetch(&everything(), &context())), "K0702");
    assert!(begun.elapsed() < NOT_WAITED, "a wrong address is not waited for: {:?}", begun.elapsed());
    let config = ElasticConfig::new("stub", "http://no-such-host.invalid:9200", "logs-*").expect("an address");
    assert_eq!(code(ElasticSource::new(config).expect("a source").fetch(&everything(), &context())), "K0702");
    let stub = Stub::start(|_| Response::text(200, ""));
    let config = ElasticConfig::new("stub", &stub.url.replace("http:", "https:"), "logs-*").expect("an address");
    assert!(matches!(
        code(ElasticSource::new(config).expect("a source").fetch(&everything(), &context())),
        "K0703" | "K0702" | "K0711"
    ));
}

/// Page after page of other documents, from a server that counted fewer.
#[test]
fn more_records_than_the_server_counted_end_the_reading() {
    for product in [Product::Elasticsearch, Product::OpenSearch] {
        let fake = Fake::start(product, 100_000, |request, right, _| {
            if !request.path.ends_with("/_search") {
                return right;
            }
            changed(right, |json| {
                if let Some(total) = json.pointer_mut("/hits/total/value") {
                    *total = json!(250);
                }
            })
        });
        let error = fake.source(|c| c.concurrency = 1).fetch(&everything(), &context()).expect_err("they are too many");
        assert_eq!(error.code.id, "K0710", "{error:?}");
        assert_eq!(fake.pages().len(), 3 * 3, "three readings of three pages");
        assert_eq!(fake.open.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn the_time_of_a_hunt_ends_slow_pages_and_slow_answers() {
    let slow = Fake::with(100_000, |_, right, _| Response { delay: Duration::from_millis(100), ..right });
    let never = Fake::with(10, |_, right, _| Response { delay: Duration::from_mins(2), ..right });
    let busy = Fake::with(10, |_, _, _| error(503, "unavailable", "x").with("Retry-After", "120"));
    for fake in [slow, never, busy] {
        let begun = Instant::now();
        let error = fake.source(|c| c.concurrency = 1).fetch(&everything(), &allowed(Some(Duration::from_secs(1)), None));
        assert_eq!(
            error.map_err(|e| (e.code.id, e.message)).unwrap_err(),
            ("K1008", "the hunt takes more than the 1 second that it may take".to_owned())
        );
        assert!(begun.elapsed() < NOT_WAITED, "{:?}", begun.elapsed());
        assert_eq!(fake.open.load(Ordering::SeqCst), 0, "the point in time is closed");
    }
}

#[test]
fn the_memory_of_a_hunt_ends_pages_and_answers() {
    let pages = Fake::with(20_000, |_, right, _| right);
    let answer = Fake::with(10, |_, right, _| Response { body: vec![b' '; 4 << 20], gzip: true, ..right });
    // Of pages it is chance whether one more answer or the records of those before come first.
    for (fake, grown) in
        [(pages, &["the records of a request", "the answer of a server"][..]), (answer, &["the answer of a server"])]
    {
        let error = fake.source(|c| c.concurrency = 1).fetch(&everything(), &allowed(None, Some(1 << 20))).expect_err("too much");
        assert_eq!(error.code.id, "K1008");
        assert!(grown.iter().any(|what| error.notes == [format!("what grew: {what}")]), "{error:?}");
        assert_eq!(fake.open.load(Ordering::SeqCst), 0);
    }
    let enough = Fake::with(20_000, |_, right, _| right);
    let read = enough.source(|c| c.page_size = 1_000).fetch(&everything(), &allowed(None, Some(32 << 20)));
    assert_eq!(read.map(|records| records.len()).ok(), Some(20_000));
}

/// Even where a server repeats them.
#[test]
fn no_error_shows_a_secret() {
    const SECRET: &str = "hunter2-S3cret";
    let auths =
        [Auth::basic("bob", SECRET), Auth::api_key(&format!("key-id:{SECRET}")), Auth::api_key(SECRET), Auth::Token(SECRET.into())];
    for auth in auths {
        for status in [400, 401, 403, 404, 500] {
            let fake = Fake::start(Product::Elasticsearch, 10, move |request, right, _| {
                if request.path.contains("_nodes") {
                    return right;
                }
                let sent = request.header("authorization").unwrap_or("nothing").to_owned();
                error(status, "security_exception", &format!("cannot use [{sent}] [{SECRET}]"))
            });
            let source = fake.source(|c| {
                c.auth = auth.clone();
                c.retries = 0;
            });
            let error = source.fetch(&everything(), &context()).expect_err("the server refuses");
            let sent = fake.requests()[0].header("authorization").expect("credentials are sent").to_owned();
            let credential = sent.split(' ').nth(1).expect("a scheme and a credential");
            let text = format!("{error:?} {}", source.location());
            assert!(!text.contains(SECRET) && !text.contains(credential), "{text}");
        }
    }
}

#[test]
fn a_lost_point_in_time_begins_the_reading_again() {
    let fake = Fake::with(250, |_, right, before| {
        if before == 2 { error(404, "search_context_missing_exception", "No search context found") } else { right }
    });
    let records = fake.read().expect("the second reading is whole");
    assert_eq!((numbers(&records), records.len()), (all(250), 250));
    assert_eq!(fake.open.load(Ordering::SeqCst), 0);
}

#[test]
fn the_newest_id_of_a_point_in_time_is_used() {
    let fake = Fake::with(350, |request, right, before| {
        let wanted = format!("pit-{}", before.max(1));
        assert!(before == 0 || request.body["pit"]["id"] == json!(wanted), "{}", request.body["pit"]);
        changed(right, |j| j["pit_id"] = json!(format!("pit-{}", before + 1)))
    });
    assert_eq!(numbers(&fake.source(|c| c.concurrency = 1).fetch(&everything(), &context()).expect("records")), all(350));
    let closed = fake.requests().into_iter().find(|r| r.method == "DELETE").expect("it is closed");
    assert_eq!(closed.body["id"], json!("pit-4"));
}

#[test]
fn pages_shrink_to_what_the_index_allows() {
    let fake = Fake::with(1_700, |request, right, _| {
        let reason = "Result window is too large, from + size must be less than or equal to: [300]";
        if request.body["size"].as_u64() > Some(300) { error(400, "illegal_argument_exception", reason) } else { right }
    });
    assert_eq!(numbers(&fake.source(|c| c.page_size = 1_000).fetch(&everything(), &context()).expect("records come")), all(1_700));
}

#[test]
fn an_answer_without_end_is_refused() {
    let fake = Fake::with(10, |_, right, _| Response { body: vec![b' '; 4 << 20], gzip: true, ..right });
    assert_eq!(code(fake.source(|c| c.answer_limit = 1 << 20).fetch(&everything(), &context())), "K0715");
}

#[test]
fn a_part_is_used_only_where_it_is_allowed() {
    let fake = || {
        Fake::with(250, |request, right, _| {
            let partial = request.query.contains("allow_partial_search_results=true");
            let failure = json!({"total": 3, "successful": 2, "failed": 1, "failures": [{"index": "a", "reason": {"type": "no_shard_available_action_exception"}}]});
            if partial {
                changed(right, |j| j["_shards"] = failure)
            } else {
                error(503, "no_shard_available_action_exception", "gone")
            }
        })
    };
    assert!(matches!(code(fake().read()), "K0708" | "K0710"));
    let context = FetchContext { allow_partial: true, ..context() };
    let fake = fake();
    let records = fake.source(|_| ()).fetch(&everything(), &context).expect("a part comes");
    assert_eq!(numbers(&records), all(250));
    assert!(context.stats.partial.load(Ordering::Relaxed), "and says so");
}

#[test]
fn patterns_that_are_too_complex_are_left_to_us() {
    let fake = Fake::with(10, |request, right, _| {
        let complex = request.body["query"].to_string().contains("regexp");
        if complex {
            error(400, "too_complex_to_determinize_exception", "Determinizing would require more than 10000 effort.")
        } else {
            right
        }
    });
    let pattern = Query::Regexp(Regexp { field: "process.name".to_owned(), pattern: ".*[ab].{14}".to_owned() });
    let records = fake.source(|_| ()).fetch(&asking(pattern), &context()).expect("a superset comes");
    assert_eq!(numbers(&records), all(10));
    let last = fake.pages().pop().expect("a page");
    assert_eq!(last.body["query"], json!({"exists": {"field": "process.name"}}));
}

#[test]
fn large_bodies_are_packed_and_mappings_may_be_secret() {
    let fake = Fake::start(Product::Elasticsearch, 10, |request, right, _| {
        if request.path.contains("_mapping") {
            return error(403, "security_exception", "action [indices:admin/mappings/fields/get] is unauthorized");
        }
        if request.path.contains("_field_caps") {
            let fields = json!({"n": {"long": {}}, "process.name": {"keyword": {}}, "@timestamp": {"date": {}}});
            return Response::json(200, &json!({"indices": ["logs-1"], "fields": fields}));
        }
        right
    });
    let names = (0..20_000).map(|n| Literal::text(format!("name-{n}"))).collect();
    let records = fake.source(|_| ()).fetch(&asking(Query::terms("process.name", names)), &context()).expect("records come");
    assert_eq!(records.len(), 10);
    let page = fake.pages().pop().expect("a page");
    assert_eq!(page.header("content-encoding"), Some("gzip"));
    assert_eq!(page.body["query"]["terms"]["process.name"].as_array().map(Vec::len), Some(20_000));
}
