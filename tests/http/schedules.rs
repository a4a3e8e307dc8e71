//! Random schedules of faults: all records come, or the reading fails and says so; it ends, and leaves nothing open.

use super::fake::{Fake, Product, changed, context, error, everything};
use super::{all, numbers};
use crate::support::random::Rng;
use crate::support::stub::{Request, Response};
use huntc_runtime::source::{DataSource, FetchContext};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What may go wrong with an answer to a search.
const FAULTS: [fn(&Request, Response) -> Response; 16] = [
    |_, _| error(429, "es_rejected_execution_exception", "busy"),
    |_, _| Response::text(503, "<html>upstream</html>"),
    |_, _| error(503, "no_shard_available_action_exception", "all shards failed"),
    |_, _| error(500, "null_pointer_exception", "x"),
    |_, _| Response::text(408, ""),
    |_, _| Response::text(302, "").with("Location", "https://login.example.org/"),
    |_, _| error(404, "search_context_missing_exception", "No search context found for id [1]"),
    |_, right| Response { cut: Some(300), ..right },
    |_, right| Response { cut: Some(0), ..right },
    |_, _| Response::text(200, "{\"hits\":"),
    |_, right| changed(right, |j| j["timed_out"] = json!(true)),
    |_, right| changed(right, |j| j["_shards"] = json!({"total": 3, "successful": 2, "failed": 1})),
    |_, right| changed(right, |j| j["_shards"] = json!({"total": 2, "successful": 2, "failed": 0})),
    |_, right| changed(right, |j| j["hits"]["hits"] = json!([])),
    |_, right| changed(right, |j| drop(j["hits"]["hits"].as_array_mut().and_then(Vec::pop))),
    |_, right| {
        changed(right, |j| {
            if let Some(total) = j.pointer_mut("/hits/total/value") {
                *total = json!(total.as_u64().unwrap_or(0) + 1);
            }
        })
    },
];

fn opens(request: &Request) -> bool {
    request.method == "POST" && (request.path.ends_with("/_pit") || request.path.ends_with("/point_in_time"))
}

/// Reads documents while each answer to a search or an opening goes wrong with a chance of `percent`.
fn read(seed: u64, product: Product, documents: usize, concurrency: usize, percent: usize) {
    let random = Mutex::new(Rng::new(seed));
    let fake = Fake::start(product, documents, move |request, right, _| {
        let faulty = request.path.ends_with("/_search") || opens(request);
        let mut random = random.lock().expect("no thread panicked");
        if !faulty || !random.chance(percent) {
            return right;
        }
        let fault = *random.pick(&FAULTS);
        drop(random);
        // An opening that fails opens nothing, but where only its shards are fewer.
        let before: Value = serde_json::from_slice(&right.body).unwrap_or_default();
        let answer = fault(request, right.clone());
        let opened =
            serde_json::from_slice::<Value>(&answer.body).is_ok_and(|j| j["id"] == before["id"] && j["pit_id"] == before["pit_id"]);
        if opens(request) && (!opened || answer.cut.is_some() || answer.status != 200) { right } else { answer }
    });
    let begun = Instant::now();
    let allow_partial = seed.is_multiple_of(4);
    let context = FetchContext { allow_partial, ..context() };
    let source = fake.source(|c| {
        c.concurrency = concurrency;
        c.patience = Duration::from_millis(50);
    });
    let about = format!("seed {seed}: {documents} documents, {concurrency} readers, {percent} %");
    match source.fetch(&everything(), &context) {
        Ok(_) if context.stats.partial.load(Ordering::Relaxed) => assert!(allow_partial, "{about}"),
        Ok(records) => {
            assert!(numbers(&records) == all(documents as i64), "{about}: others came");
            assert_eq!(records.len(), documents, "{about}");
        }
        Err(error) => assert!(error.code.id.starts_with("K07"), "{about}: {error:?}"),
    }
    drop(source);
    assert_eq!(fake.open.load(Ordering::SeqCst), 0, "{about}: points in time are closed");
    assert!(begun.elapsed() < Duration::from_mins(1), "{about}: {:?}", begun.elapsed());
    assert!(fake.requests().len() < 2_000, "{about}: {} requests", fake.requests().len());
}

#[test]
fn random_schedules_of_faults_lose_nothing_in_silence() {
    let cases = std::env::var("HUNTC_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let first = std::env::var("HUNTC_SCHEDULES_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    for seed in first..first + cases {
        let mut random = Rng::new(seed);
        let product = if random.chance(50) { Product::Elasticsearch } else { Product::OpenSearch };
        // One page, pages in order or slices, and units.
        let documents = *random.pick(&[60, 450, 700, 2_300]);
        let concurrency = *random.pick(&[1, 4]);
        read(seed, product, documents, concurrency, *random.pick(&[3, 15, 50]));
    }
}
