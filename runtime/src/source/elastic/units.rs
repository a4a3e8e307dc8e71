//! Units of a long reading: ranges of time with about as many records each. They are read side by side, and each can be read
//! again alone, also under another point in time.

use super::answer::{self, Answer, FILTER};
use super::body::{MatchAll, Pit};
use super::columns::RecordsBuilder;
use super::fault::{Fault, FaultKind};
use super::scan::{Counted, Part, RESTARTS, Scan, cause, miscounted, prove};
use super::snapshot::{KEEP_ALIVE, Snapshot};
use crate::source::repair::Repaired;
use huntc_compiler::time::Instant;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

const TIME: &str = "@timestamp";
/// About how many pages a unit has.
const PAGES: u64 = 4;
/// The most units of a reading.
const MOST: u64 = 100;

/// The units of a reading; none before it is planned.
#[derive(Default)]
pub(super) struct Units {
    units: Vec<Unit>,
    /// How many records all of them have.
    total: u64,
    /// Set when the records cannot be told apart by their time.
    useless: bool,
}

struct Unit {
    /// The condition on the time alone.
    range: Json,
    query: Box<RawValue>,
    /// How many records it has, and these, once they were read.
    done: Mutex<Option<(u64, RecordsBuilder)>>,
}

impl Units {
    pub(super) fn are_planned(&self) -> bool {
        !self.units.is_empty()
    }

    fn done(&self) -> impl Iterator<Item = (u64, usize)> {
        self.units.iter().filter_map(|unit| locked(&unit.done).as_ref().map(|(total, builder)| (*total, builder.bytes())))
    }

    /// How many records were read.
    pub(super) fn seen(&self) -> u64 {
        self.done().map(|(total, _)| total).sum()
    }

    /// How much memory these take.
    pub(super) fn bytes(&self) -> usize {
        self.done().map(|(_, bytes)| bytes).sum()
    }

    /// Adds the records that were read.
    pub(super) fn append_to(self, builder: &mut RecordsBuilder) {
        for unit in self.units {
            if let Some((_, read)) = unit.done.into_inner().unwrap_or_else(PoisonError::into_inner) {
                builder.append(read);
            }
        }
    }
}

#[derive(Deserialize)]
struct Cuts {
    cuts: CutValues,
}

#[derive(Deserialize)]
struct CutValues {
    values: Vec<Cut>,
}

/// Milliseconds; null when no record has a time.
#[derive(Deserialize)]
struct Cut {
    value: Option<f64>,
}

#[derive(Deserialize)]
struct Counts {
    units: CountBuckets,
}

#[derive(Deserialize)]
struct CountBuckets {
    buckets: BTreeMap<String, CountBucket>,
}

#[derive(Deserialize)]
struct CountBucket {
    doc_count: u64,
}

impl Scan<'_> {
    /// Plans the units of a reading. False when the records cannot be told apart by their time.
    pub(super) fn plan(&self, snapshot: &Snapshot, pages: u64, total: u64, units: &mut Units) -> Result<bool, Fault> {
        if units.useless {
            return Ok(false);
        }
        let wanted = (pages / PAGES).clamp(2, MOST) as usize;
        let percents: Vec<f64> = (1..wanted).map(|n| 100.0 * n as f64 / wanted as f64).collect();
        let aggregation = json!({"cuts": {"percentiles": {"field": TIME, "percents": percents, "keyed": false}}});
        let cuts = match self.aggregate::<Cuts>(snapshot, &aggregation) {
            Ok((_, Some(found))) => found.cuts.values.iter().filter_map(|cut| instant(cut.value?)).collect(),
            Ok((_, None)) => BTreeSet::new(),
            Err(fault) if matches!(fault.kind, FaultKind::Spent(_) | FaultKind::ContextLost) => return Err(fault),
            // Times that the server cannot compare are no reason to fail.
            Err(_) => BTreeSet::new(),
        };
        // Of records of one instant, units would be as long as all of them.
        if cuts.len() * 2 < wanted {
            units.useless = true;
            return Ok(false);
        }
        units.units = self.between(&cuts)?;
        units.total = total;
        Ok(true)
    }

    /// A unit for each time between two cuts, and one for records without time.
    fn between(&self, cuts: &BTreeSet<Instant>) -> Result<Vec<Unit>, Fault> {
        let starts = std::iter::once(None).chain(cuts.iter().map(Some));
        let stops = cuts.iter().map(Some).chain(std::iter::once(None));
        let ranges = starts.zip(stops).map(|(start, stop)| {
            let mut limits = json!({"format": "strict_date_optional_time"});
            for (key, limit) in [("gte", start), ("lt", stop)] {
                if let Some(limit) = limit {
                    limits[key] = json!(limit.to_string());
                }
            }
            json!({"range": {TIME: limits}})
        });
        let untimed = json!({"bool": {"must_not": [{"exists": {"field": TIME}}]}});
        let unit = |range: Json| {
            let query = json!({"bool": {"filter": [self.prepared.query, range]}});
            let query = serde_json::value::to_raw_value(&query).map_err(|e| Fault::new(FaultKind::Rejected, e.to_string()))?;
            Ok(Unit { range, query, done: Mutex::new(None) })
        };
        ranges.chain([untimed]).map(unit).collect()
    }

    /// Whether a new point in time has as many records in each unit that was read as there came. If not, all are forgotten.
    pub(super) fn still_hold(&self, snapshot: &Snapshot, units: &mut Units) -> Result<bool, Fault> {
        let filters: serde_json::Map<String, Json> =
            units.units.iter().enumerate().map(|(n, unit)| (n.to_string(), unit.range.clone())).collect();
        let (total, counts) = self.aggregate::<Counts>(snapshot, &json!({"units": {"filters": {"filters": filters}}}))?;
        let Some(counts) = counts else { return Err(Fault::new(FaultKind::Malformed, "the answer has no aggregations")) };
        let same = units.units.iter().enumerate().all(|(n, unit)| match &*locked(&unit.done) {
            Some((read, _)) => counts.units.buckets.get(&n.to_string()).is_some_and(|bucket| bucket.doc_count == *read),
            None => true,
        });
        if !same {
            *units = Units::default();
            return Ok(false);
        }
        units.total = total;
        Ok(true)
    }

    /// Reads the units that were not read yet, side by side. Answers how many records there are in all.
    pub(super) fn units(&self, snapshot: &Snapshot, builder: &mut RecordsBuilder, units: &mut Units) -> Result<u64, Fault> {
        let next = AtomicUsize::new(0);
        let readers = self.connection.config.concurrency.clamp(1, units.units.len());
        let serve = || loop {
            let Some(unit) = units.units.get(next.fetch_add(1, Ordering::Relaxed)) else { return Ok(()) };
            if locked(&unit.done).is_some() {
                continue;
            }
            match self.unit(snapshot, unit) {
                Ok(read) => *locked(&unit.done) = Some(read),
                Err(fault) => {
                    self.stop.store(true, Ordering::Relaxed);
                    return Err(fault);
                }
            }
        };
        let results: Vec<Result<(), Fault>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..readers).map(|_| scope.spawn(serve)).collect();
            let lost = |_| Err(Fault::new(FaultKind::Rejected, "a reading thread ended early"));
            threads.into_iter().map(|t| t.join().unwrap_or_else(lost)).collect()
        });
        cause(results.into_iter().filter_map(Result::err))?;
        let (total, seen) = (units.total, units.seen());
        if total != seen && !self.is_lenient() {
            // A record with several times is in several units, so that units do not help here.
            *units = Units { useless: true, ..Units::default() };
            return Err(miscounted(total, seen));
        }
        std::mem::take(units).append_to(builder);
        if builder.distinct() { Ok(total) } else { Err(Fault::new(FaultKind::Miscounted, "a record came twice")) }
    }

    /// Reads one unit; once more where its count is wrong.
    fn unit(&self, snapshot: &Snapshot, unit: &Unit) -> Result<(u64, RecordsBuilder), Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            let counted = Counted::default();
            let mut builder = self.prepared.builder();
            match self.unit_once(snapshot, Part { query: &unit.query, slice: None, counted: &counted }, &mut builder) {
                Err(fault) if fault.kind == FaultKind::Miscounted && tries < RESTARTS => {
                    self.context.stats.retries.fetch_add(1, Ordering::Relaxed);
                }
                result => return result.map(|total| (total, builder)),
            }
        }
    }

    fn unit_once(&self, snapshot: &Snapshot, part: Part<'_>, builder: &mut RecordsBuilder) -> Result<u64, Fault> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Stopped, ""));
        }
        let first = self.page(snapshot, part, None, true, builder)?;
        let Some(total) = first.total else { return Err(Fault::new(FaultKind::Malformed, "the answer has no total")) };
        part.counted.total.store(total, Ordering::Relaxed);
        let mut seen = first.hits as u64;
        if first.hits == first.asked {
            seen += self.pages(snapshot, part, first.last, builder)?;
        }
        if self.is_lenient() {
            return Ok(seen);
        }
        prove(total, seen, builder)?;
        Ok(total)
    }

    /// One search without hits: how many records there are, and what an aggregation gives.
    fn aggregate<T: serde::de::DeserializeOwned>(
        &self,
        snapshot: &Snapshot,
        aggregation: &Json,
    ) -> Result<(u64, Option<T>), Fault> {
        let product = self.connection.server(self.context)?.product;
        let pit = snapshot.id();
        let mut body = json!({
            "size": 0,
            "track_total_hits": true,
            "query": self.prepared.query,
            "pit": Pit { id: &pit, keep_alive: KEEP_ALIVE },
            "aggs": aggregation,
        });
        if let Some(filter) = MatchAll::behind(product) {
            body["post_filter"] = json!(filter);
        }
        let partial = self.is_lenient();
        let call = self.connection.post(format!("_search?allow_partial_search_results={partial}&{FILTER}"), &body)?;
        self.connection.send(&call, self.context, |reply| {
            let mut mended = Repaired::default();
            let mut answer = Answer::read(&reply.body, &mut mended)?;
            self.check_complete(&answer)?;
            snapshot.renew(answer.pit_id.take());
            let total = answer.hits.exact_total().ok_or_else(|| Fault::new(FaultKind::Malformed, "the answer has no total"))?;
            Ok((total, answer.aggregations.and_then(|found| answer::part(found).ok())))
        })
    }
}

/// The instant of a figure of the server; `None` when it is none that huntc can hold.
fn instant(millis: f64) -> Option<Instant> {
    let most = i64::MAX as f64 / 1e6;
    (millis.is_finite() && millis.abs() < most).then(|| Instant::from_millis(millis as i64))
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
