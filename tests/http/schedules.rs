//! Random schedules of faults: all records come, or the reading fails and says so; it ends, and leaves nothing open.

use super::fake::{Fake, Product, changed, context, error, everything};
use super::matched::{START, name};
use super::{all, numbers};
use crate::support::random::Rng;
use crate::support::stub::{Request, Response};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, FieldKinds, Query, TupleTimes};
use huntc_compiler::time::{Instant, TimeRange};
use huntc_compiler::value::Value as Literal;
use huntc_runtime::source::elastic::ElasticSource;
use huntc_runtime::source::{DataSource, FetchContext, Records, Scalar, SourceError, TupleRequest};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

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

/// What may go wrong with counting besides.
const FAULTS_OF_COUNTING: [fn(&mut Value); 8] = [
    |answers| *answers = Value::Null,
    |answers| drop(answers["tuples"]["buckets"].as_array_mut().and_then(Vec::pop)),
    |answers| {
        if let Some(buckets) = answers["tuples"]["buckets"].as_array_mut() {
            buckets.extend(buckets.first().cloned());
        }
    },
    |answers| {
        if let Some(count) = answers.pointer_mut("/tuples/buckets/0/doc_count") {
            *count = json!(count.as_u64().unwrap_or(0) + 1);
        }
    },
    // A server or proxy that gives one page again and again.
    |answers| answers["tuples"]["after_key"] = json!({"0": ""}),
    |answers| drop(answers["tuples"].as_object_mut().and_then(|tuples| tuples.remove("after_key"))),
    |answers| {
        if let Some(first) = answers.pointer_mut("/tuples/buckets/0/first") {
            *first = json!({"value": null});
        }
    },
    |answers| {
        if let Some(stamps) = answers.pointer_mut("/stamps/value") {
            *stamps = json!(stamps.as_u64().unwrap_or(0) + 1);
        }
    },
];

/// An answer with one of these faults in what was counted, where anything was.
fn miscounted(random: &mut Rng, right: Response) -> Response {
    let fault = *random.pick(&FAULTS_OF_COUNTING);
    changed(right, |answer| {
        if let Some(answers) = answer.get_mut("aggregations").filter(|answers| answers["tuples"].is_object()) {
            fault(answers);
        }
    })
}

/// Reads documents while each answer to a search or an opening goes wrong with a chance of `percent`. Whether the server counted.
fn read(seed: u64, product: Product, documents: usize, concurrency: usize, percent: usize) -> bool {
    let random = Mutex::new(Rng::new(seed));
    let fake = Fake::start(product, documents, move |request, right, _| {
        let faulty = request.path.ends_with("/_search") || opens(request);
        let mut random = random.lock().expect("no thread panicked");
        if !faulty || !random.chance(percent) {
            return right;
        }
        if random.chance(40) && right.body.windows(8).any(|part| part == b"\"tuples\"") {
            return miscounted(&mut random, right);
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
    let begun = std::time::Instant::now();
    let allow_partial = seed.is_multiple_of(4);
    let context = FetchContext { allow_partial, ..context() };
    let source = fake.source(|c| {
        c.concurrency = concurrency;
        c.patience = Duration::from_millis(50);
    });
    let about = format!("seed {seed}: {documents} documents, {concurrency} readers, {percent} %");
    let counted = counted(&source, documents, &context, seed, &about);
    match &counted {
        Ok(true) => {}
        Ok(false) => gives_all(&source, documents, &context, allow_partial, &about),
        Err(error) => assert!(error.code.id.starts_with("K07"), "{about}: {error:?}"),
    }
    drop(source);
    assert_eq!(fake.open.load(Ordering::SeqCst), 0, "{about}: points in time are closed");
    assert!(begun.elapsed() < Duration::from_mins(1), "{about}: {:?}", begun.elapsed());
    assert!(fake.requests().len() < 2_000, "{about}: {} requests", fake.requests().len());
    counted.is_ok_and(|counted| counted)
}

/// Every third schedule lets the server count first, some documents of which are read one by one. Whether it did: then all
/// figures are right.
fn counted(source: &ElasticSource, documents: usize, context: &FetchContext, seed: u64, about: &str) -> Result<bool, SourceError> {
    if !seed.is_multiple_of(3) {
        return Ok(false);
    }
    let window = TimeRange::new(Instant::from_millis(START), Instant::from_millis(START + 3_600_000));
    let single = if seed.is_multiple_of(2) { Query::MatchNone } else { Query::terms("n", [3, 10, 12].map(Literal::Int).to_vec()) };
    let apart = if single == Query::MatchNone { BTreeSet::new() } else { BTreeSet::from([3, 10, 12]) };
    let fields = ["process.name".to_owned()];
    let request = BoundRequest { window: Some(window), ..everything() };
    let kinds = Arc::new(FieldKinds::of(Catalog::builtin(), &single, &["process.name".to_owned(), "n".to_owned()]));
    let times = *[TupleTimes::None, TupleTimes::First, TupleTimes::FirstAndLast].get(seed as usize % 9 / 3).expect("one of three");
    let asked = TupleRequest { request: &request, fields: &fields, slots: &[], kinds: &kinds, single: &single, times, from: 0 };
    let Some(tuples) = source.tuples(&asked, context)? else { return Ok(false) };
    assert!(!context.stats.partial.load(Ordering::Relaxed), "{about}: what is counted is whole");
    let mut wanted: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for number in (0..documents).filter(|number| !apart.contains(number)) {
        wanted.entry(name(number)).or_default().push(number);
    }
    let [counted] = tuples.counts.as_slice() else { panic!("{about}: all fields are counted together") };
    let column = counted.records.column("process.name").expect("the field that is counted");
    let text = |value: &Scalar| if let Scalar::Text(text) = value { text.to_string() } else { format!("{value:?}") };
    let found: BTreeMap<String, usize> =
        counted.counts.iter().enumerate().map(|(t, n)| (column.values(t).map(text).collect(), *n as usize)).collect();
    let counts: BTreeMap<String, usize> = wanted.iter().map(|(name, numbers)| (name.clone(), numbers.len())).collect();
    assert_eq!((found, counted.counts.len()), (counts, wanted.len()), "{about}");
    let of = |records: &Records| if records.is_empty() { BTreeSet::new() } else { numbers(records) };
    assert_eq!(of(&tuples.single), apart.iter().map(|n| *n as i64).collect(), "{about}");
    let seen = of(&tuples.seen);
    for (wants, ends) in [
        (times >= TupleTimes::First, wanted.values().filter_map(|n| n.first()).collect::<Vec<_>>()),
        (times == TupleTimes::FirstAndLast, wanted.values().filter_map(|n| n.last()).collect()),
    ] {
        assert!(!wants || ends.iter().all(|n| seen.contains(&(**n as i64))), "{about}: first and last records: {seen:?}");
    }
    Ok(true)
}

/// All records come, or the reading says that they do not.
fn gives_all(source: &ElasticSource, documents: usize, context: &FetchContext, allow_partial: bool, about: &str) {
    match source.fetch(&everything(), context) {
        Ok(_) if context.stats.partial.load(Ordering::Relaxed) => assert!(allow_partial, "{about}"),
        Ok(records) => {
            assert!(numbers(&records) == all(documents as i64), "{about}: others came");
            assert_eq!(records.len(), documents, "{about}");
        }
        Err(error) => assert!(error.code.id.starts_with("K07"), "{about}: {error:?}"),
    }
}

#[test]
fn random_schedules_of_faults_lose_nothing_in_silence() {
    let cases = std::env::var("HUNTC_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let first = std::env::var("HUNTC_SCHEDULES_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut counted = 0;
    for seed in first..first + cases {
        let mut random = Rng::new(seed);
        let product = if random.chance(50) { Product::Elasticsearch } else { Product::OpenSearch };
        // One page, pages in order or slices, and units.
        let documents = *random.pick(&[60, 450, 700, 2_300]);
        let concurrency = *random.pick(&[1, 4]);
        counted += usize::from(read(seed, product, documents, concurrency, *random.pick(&[3, 15, 50])));
    }
    assert!(cases < 20 || counted > 0, "the server counts in some of them");
}
