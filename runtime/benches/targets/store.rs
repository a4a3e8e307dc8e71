//! The embedded store: adding logs, queries on a store that was used before, and ten times as many records.

use super::data::{BIRTHS, Data};
use super::generate::{Generator, START, entity_id};
use super::limit::{Bound::AtLeast, Bound::AtMost, Limit};
use super::measure::{Outcome, child};
use super::rows::{Effort, Row};
use super::warm::warm;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Never, Query, Regexp, Wildcard};
use huntc_compiler::time::{SECOND, TimeRange, Window};
use huntc_compiler::value::Value;
use huntc_runtime::source::store::Store;
use huntc_runtime::source::{DataSource, FetchContext, SourceError};

/// The rows of this file.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ingest",
        effort: Effort::Median,
        limits: &[
            Limit { unit: "documents per CPU-second", bound: AtLeast(180_000.0) },
            Limit { unit: "MB peak", bound: AtMost(1000.0) },
        ],
        measure: ingest,
    },
    Row { name: "store open", effort: Effort::Median, limits: &[cpu(5.0)], measure: open },
    Row { name: "store term", effort: Effort::Median, limits: &[cpu(1.0)], measure: term },
    Row { name: "store *substring*", effort: Effort::Median, limits: &[cpu(2.5)], measure: substring },
    Row { name: "store regexp", effort: Effort::Median, limits: &[cpu(5.0)], measure: regexp },
    Row { name: "store CIDR", effort: Effort::Median, limits: &[cpu(3.0)], measure: network },
    Row { name: "store 10,000 terms", effort: Effort::Median, limits: &[cpu(9.0)], measure: terms },
    Row { name: "store 100,000 rows × 10 fields", effort: Effort::Median, limits: &[cpu(70.0)], measure: rows },
    Row {
        name: "large store",
        effort: Effort::Large,
        limits: &[
            Limit { unit: "× the CPU time a record of `ingest`", bound: AtMost(1.15) },
            Limit { unit: "MB peak to ingest", bound: AtMost(1000.0) },
            Limit { unit: "× the CPU time a record of the smaller hunt", bound: AtMost(1.15) },
            Limit { unit: "MB peak to hunt", bound: AtMost(1000.0) },
        ],
        measure: large,
    },
];

const fn cpu(milliseconds: f64) -> Limit {
    Limit { unit: "CPU ms", bound: AtMost(milliseconds) }
}

fn ingest(data: &Data) -> Outcome<Vec<f64>> {
    let log = data.log(data.records)?;
    let cost = data.ingest(&log.display().to_string(), &data.path("ingested.store"), |_| Ok(()))?;
    Ok(vec![data.records as f64 / cost.cpu, cost.peak])
}

fn open(data: &Data) -> Outcome<Vec<f64>> {
    let path = data.store(data.records)?;
    Ok(vec![warm(5, || told(Store::open(&path)).map(drop))?])
}

fn told<T>(result: Result<T, SourceError>) -> Outcome<T> {
    result.map_err(|error| error.message.into())
}

/// Counts what a query finds, which must be something.
fn count(data: &Data, query: Query<Never>) -> Outcome<Vec<f64>> {
    let store = told(Store::open(&data.store(data.records)?))?;
    let request = request(query, None, &[]);
    let one = || match told(store.count(&request, &FetchContext::default()))? {
        0 => Err("a query finds nothing, so its time means nothing".into()),
        _ => Ok(()),
    };
    Ok(vec![warm(20, one)?])
}

fn request(query: Query<Never>, window: Window, fields: &[&str]) -> BoundRequest {
    BoundRequest { window, ..BoundRequest::of(Catalog::builtin(), query, fields.iter().copied()) }
}

fn term(data: &Data) -> Outcome<Vec<f64>> {
    count(data, Query::term("process.name", Value::text("svchost.exe")))
}

fn substring(data: &Data) -> Outcome<Vec<f64>> {
    let (field, pattern) = ("process.command_line".to_owned(), "*Mimikatz*".to_owned());
    count(data, Query::Wildcard(Wildcard { field, pattern, case_insensitive: false }))
}

fn regexp(data: &Data) -> Outcome<Vec<f64>> {
    let (field, pattern) = ("process.command_line".to_owned(), ".*-(enc|EncodedCommand) [A-Za-z0-9]{20}.*".to_owned());
    count(data, Query::Regexp(Regexp { field, pattern }))
}

fn network(data: &Data) -> Outcome<Vec<f64>> {
    count(data, Query::term("destination.ip", Value::text("10.0.0.0/8")))
}

fn terms(data: &Data) -> Outcome<Vec<f64>> {
    // Four records of ten create a process.
    let step = (data.records / 25_000).max(1);
    count(data, Query::terms("process.entity_id", (0..10_000).map(|n| Value::text(entity_id(n * step))).collect()))
}

/// Fields as a hunt for processes asks for them.
pub(super) const FIELDS: [&str; 10] = [
    "@timestamp",
    "host.name",
    "user.name",
    "process.entity_id",
    "process.name",
    "process.executable",
    "process.command_line",
    "process.parent.entity_id",
    "process.parent.name",
    "process.hash.sha256",
];

fn rows(data: &Data) -> Outcome<Vec<f64>> {
    let store = told(Store::open(&data.store(data.records)?))?;
    // Four records of ten create a process: a quarter of the week is 100,000 of them.
    let window = TimeRange::new(START, START.plus(42 * 3600 * SECOND));
    let request = request(Query::term("event.code", Value::text("1")), Some(window), &FIELDS);
    let found = told(store.count(&request, &FetchContext::default()))?;
    let fetch = || told(store.fetch(&request, &FetchContext::default())).map(drop);
    Ok(vec![warm(3, fetch)? * 100_000.0 / found as f64])
}

/// A hunt that reads all of a store.
const HUNT: &str = include_str!("large.hf");

fn large(data: &Data) -> Outcome<Vec<f64>> {
    let store = data.path("large.store");
    let hunt = data.path("large.hf");
    std::fs::write(&hunt, HUNT)?;
    let hunted = |store: &std::path::Path| {
        let source = format!("host101={}", store.display());
        child(&data.huntc, &["run", &hunt.display().to_string(), "--source", &source, "--quiet"], |_| Ok(()))
    };
    let small = data.ingest("-", &store, |pipe| Generator::new(BIRTHS).write(data.records, pipe))?;
    let small_hunt = hunted(&store)?;
    let ingested = data.ingest("-", &store, |pipe| Generator::new(BIRTHS).write(data.large_records, pipe))?;
    let hunt = hunted(&store)?;
    let times = data.large_records as f64 / data.records as f64;
    Ok(vec![ingested.cpu / small.cpu / times, ingested.peak, hunt.cpu / small_hunt.cpu / times, hunt.peak])
}
