//! Pages of tuples: composite aggregations under one point in time, stretch by stretch.

use super::ElasticSource;
use super::answer::Answer;
use super::body::{Pit, counting};
use super::choice::{self, PAGE, Progress, Stretch};
use super::columns::RecordsBuilder;
use super::fault::{Fault, FaultKind};
use super::side_by_side::side_by_side;
use super::snapshot::{KEEP_ALIVE, Snapshot};
use super::units::{TIME, between};
use crate::allowance::Lent;
use crate::source::tuples::Numbered;
use crate::source::{ANSWER, FetchContext, Records};
use huntc_compiler::request::TupleTimes;
use huntc_compiler::time::Instant;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The most stretches of time in which records are counted to find where to divide them.
const BUCKETS: i64 = 1_000;

/// The field of the index that holds the whole values of a field, and whether it leaves out long ones.
pub(super) struct WholeField {
    pub(super) name: String,
    pub(super) limited: bool,
}

#[derive(Deserialize)]
struct TuplePage<'a> {
    #[serde(borrow)]
    tuples: TupleBuckets<'a>,
    /// How many times the records have.
    stamps: Option<Stamps>,
}

#[derive(Deserialize)]
struct Stamps {
    value: u64,
}

#[derive(Deserialize)]
struct TupleBuckets<'a> {
    #[serde(borrow)]
    after_key: Option<&'a RawValue>,
    #[serde(default = "Vec::new")]
    buckets: Vec<TupleBucket>,
}

#[derive(Deserialize)]
struct TupleBucket {
    key: BTreeMap<String, Json>,
    doc_count: u64,
    first: Option<Extreme>,
    last: Option<Extreme>,
}

#[derive(Deserialize)]
struct Histogram {
    times: TimeBuckets,
}

#[derive(Deserialize)]
struct TimeBuckets {
    #[serde(default = "Vec::new")]
    buckets: Vec<TimeBucket>,
}

#[derive(Deserialize)]
struct TimeBucket {
    key: i64,
    doc_count: u64,
}

/// Milliseconds.
#[derive(Deserialize)]
pub(super) struct Extreme {
    value: Option<f64>,
}

impl Extreme {
    /// `None` when no record has a time.
    pub(super) fn millis(&self) -> Option<i64> {
        self.value.map(|millis| millis as i64)
    }
}

/// Tuples that were counted.
pub(super) struct CountedTuples {
    /// A record for each.
    builder: RecordsBuilder,
    counts: Vec<u64>,
    /// When the first record of each was and when the last, in milliseconds; empty unless asked for.
    firsts: Vec<i64>,
    lasts: Vec<i64>,
    records: u64,
}

/// Tuples that differ.
pub(super) struct MergedTuples {
    pub(super) records: Records,
    pub(super) counts: Vec<u64>,
    /// When the first and the last record of each was, in milliseconds, as far as it was asked for.
    pub(super) instants: BTreeSet<i64>,
}

impl CountedTuples {
    fn new(fields: usize) -> Self {
        let builder = RecordsBuilder::new(fields, false);
        Self { builder, counts: Vec::new(), firsts: Vec::new(), lasts: Vec::new(), records: 0 }
    }

    fn take(&mut self, bucket: TupleBucket, times: TupleTimes) -> Result<(), Fault> {
        for (number, column) in self.builder.columns.iter_mut().enumerate() {
            match bucket.key.get(&number.to_string()) {
                None | Some(Json::Null) => {}
                Some(Json::String(text)) => column.push_text(text),
                Some(Json::Number(number)) if number.is_i64() => column.push_int(number.as_i64().unwrap_or_default()),
                Some(other) => return Err(malformed(format!("a bucket has the key {other}"))),
            }
        }
        self.builder.end_record("", "", None);
        self.counts.push(bucket.doc_count);
        self.records += bucket.doc_count;
        let extremes = [(bucket.first, TupleTimes::First, &mut self.firsts), (bucket.last, TupleTimes::FirstAndLast, &mut self.lasts)];
        for (extreme, wanted, taken) in extremes {
            if times >= wanted {
                taken.push(extreme.and_then(|e| e.millis()).ok_or_else(|| malformed("a bucket has no time".to_owned()))?);
            }
        }
        Ok(())
    }

    fn append(&mut self, other: Self) {
        self.builder.append(other.builder);
        self.counts.extend(other.counts);
        self.firsts.extend(other.firsts);
        self.lasts.extend(other.lasts);
        self.records += other.records;
    }

    /// Each tuple once, though several stretches have it. `fields`: the names of its values.
    pub(super) fn merged<'n>(self, fields: impl Iterator<Item = &'n str>) -> MergedTuples {
        let all = self.builder.finish(fields);
        let Numbered { numbers, firsts } = all.numbered();
        let mut counts = vec![0; firsts.len()];
        for (number, count) in numbers.iter().zip(&self.counts) {
            counts[*number] += count;
        }
        let of_all = |times: &[i64], one: fn(i64, i64) -> i64| {
            let mut each: Vec<Option<i64>> = vec![None; firsts.len()];
            for (number, time) in numbers.iter().zip(times) {
                each[*number] = Some(each[*number].map_or(*time, |known| one(known, *time)));
            }
            each.into_iter().flatten().collect::<BTreeSet<i64>>()
        };
        let mut instants = of_all(&self.firsts, i64::min);
        instants.extend(of_all(&self.lasts, i64::max));
        MergedTuples { records: all.tuples(&firsts), counts, instants }
    }
}

/// What came of a stretch.
enum StretchEnd {
    Counted(CountedTuples),
    /// It has more tuples than a page, and is counted in parts.
    Divided(Vec<Stretch>),
}

/// Counts the tuples of the records that a query finds.
pub(super) struct TupleCount<'a> {
    pub(super) source: &'a ElasticSource,
    pub(super) snapshot: &'a Snapshot,
    pub(super) context: &'a FetchContext,
    pub(super) query: &'a Json,
    /// How many records there are.
    pub(super) records: u64,
    pub(super) fields: &'a [WholeField],
    pub(super) times: TupleTimes,
    /// When the first and the last record were, in milliseconds, if there are any.
    pub(super) span: Option<(i64, i64)>,
    /// Whether they are counted whatever it costs.
    pub(super) always: bool,
}

impl TupleCount<'_> {
    /// All tuples, of each stretch by itself; `None` when they are too many, or when a record was not in exactly one.
    pub(super) fn all(&self) -> Result<Option<CountedTuples>, Fault> {
        let whole = Stretch { start: None, stop: None, records: self.records, part: false };
        let mut stretches = vec![whole];
        if let Some(most) = whole.parts() {
            stretches = self.divided(&whole, most, false)?;
        }
        let counting = Counting {
            asked: self,
            memory: Mutex::new(self.context.allowance.lend(ANSWER)),
            tuples: AtomicU64::new(0),
            records: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        };
        let mut all = CountedTuples::new(self.fields.len());
        while !stretches.is_empty() {
            let Some(ends) = counting.stretches(&stretches)? else { return Ok(None) };
            stretches.clear();
            for end in ends {
                match end {
                    StretchEnd::Counted(counted) => all.append(counted),
                    StretchEnd::Divided(parts) => stretches.extend(parts),
                }
            }
        }
        Ok((all.records == self.records).then_some(all))
    }

    /// A stretch in stretches of about so many records.
    fn divided(&self, stretch: &Stretch, most: u64, part: bool) -> Result<Vec<Stretch>, Fault> {
        let Some((first, last)) = self.span else { return Ok(vec![*stretch]) };
        let start = stretch.start.map_or(first, Instant::millis_floor);
        let stop = stretch.stop.map_or(last, Instant::millis_floor);
        let interval = (stop.saturating_sub(start) / BUCKETS).max(1);
        let histogram = json!({ "date_histogram": { "field": TIME, "fixed_interval": format!("{interval}ms"), "min_doc_count": 1 } });
        let counts = self.search(self.within(stretch), &json!({ "times": histogram }), |answer| {
            let found: Histogram = aggregations(answer)?;
            Ok(found.times.buckets.iter().map(|b| (Instant::from_millis(b.key), b.doc_count)).collect::<Vec<_>>())
        })?;
        Ok(stretch.divided(&counts, most, part))
    }

    /// The records of a stretch.
    fn within(&self, stretch: &Stretch) -> Json {
        if stretch.start.is_none() && stretch.stop.is_none() {
            return self.query.clone();
        }
        json!({ "bool": { "filter": [self.query, between(stretch.start, stretch.stop)] } })
    }

    /// Sends a search without hits under the point in time.
    fn search<T>(
        &self,
        query: Json,
        aggregations: &Json,
        mut take: impl FnMut(&Answer<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let connection = &self.source.connection;
        let mut body = counting(connection.server(self.context)?.product, &query);
        body["pit"] = json!(Pit { id: &self.snapshot.id(), keep_alive: KEEP_ALIVE });
        body["aggs"] = aggregations.clone();
        let call = connection.search_under(false, &body)?;
        let taken = connection.send(&call, self.context, |reply| {
            // What would have to be mended is no key to go on from: then the records themselves are read.
            let answer: Answer<'_> = serde_json::from_slice(&reply.body)
                .map_err(|e| Fault::new(FaultKind::Rejected, format!("the answer is no valid JSON: {e}")))?;
            let answer = answer.of_composite();
            answer.whole()?;
            self.snapshot.covers(&answer)?;
            self.snapshot.renew(answer.pit_id.clone());
            take(&answer)
        })?;
        self.context.stats.pages.fetch_add(1, Ordering::Relaxed);
        Ok(taken)
    }

    /// The aggregations of a page of tuples.
    fn page(&self, after: Option<&RawValue>) -> Json {
        let source = |(number, field): (usize, &WholeField)| json!({ (number.to_string()): { "terms": { "field": field.name, "missing_bucket": true } } });
        let sources: Vec<Json> = self.fields.iter().enumerate().map(source).collect();
        let mut composite = json!({ "size": PAGE, "sources": sources });
        if let Some(after) = after {
            composite["after"] = json!(after);
        }
        let mut tuples = json!({ "composite": composite });
        let time = json!({ "field": TIME });
        if self.times >= TupleTimes::First {
            tuples["aggs"]["first"] = json!({ "min": time });
        }
        if self.times == TupleTimes::FirstAndLast {
            tuples["aggs"]["last"] = json!({ "max": time });
        }
        let mut aggregations = json!({ "tuples": tuples });
        if after.is_none() {
            aggregations["stamps"] = json!({ "value_count": time });
        }
        aggregations
    }
}

/// The state of a count.
struct Counting<'a> {
    asked: &'a TupleCount<'a>,
    memory: Mutex<Lent<'a>>,
    tuples: AtomicU64,
    records: AtomicU64,
    stop: AtomicBool,
}

impl Counting<'_> {
    /// What comes of stretches that are counted side by side; `None` when it is not worth its cost, or not exact.
    fn stretches(&self, stretches: &[Stretch]) -> Result<Option<Vec<StretchEnd>>, Fault> {
        let most = self.asked.source.connection.config.concurrency;
        let ends = side_by_side(stretches, most, &self.stop, |stretch| {
            let end = self.stretch(stretch)?;
            if end.is_none() {
                self.stop.store(true, Ordering::Relaxed);
            }
            Ok(end)
        });
        match ends {
            Ok(ends) => Ok(ends.into_iter().collect()),
            // One of them ended the others.
            Err(fault) if fault.kind == FaultKind::Stopped => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn stretch(&self, stretch: &Stretch) -> Result<Option<StretchEnd>, Fault> {
        let asked = self.asked;
        let mut counted = CountedTuples::new(asked.fields.len());
        let mut total = None;
        let mut after: Option<Box<RawValue>> = None;
        let query = asked.within(stretch);
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let (bytes, records) = (counted.builder.bytes(), counted.records);
            let (buckets, next, whole) = asked.search(query.clone(), &asked.page(after.as_deref()), |answer| {
                let page: TuplePage<'_> = aggregations(answer)?;
                let whole = page.stamps.map(|stamps| Ok((answer.total()?, stamps.value))).transpose()?;
                let buckets = page.tuples.buckets.len();
                page.tuples.buckets.into_iter().try_for_each(|bucket| counted.take(bucket, asked.times))?;
                Ok((buckets, page.tuples.after_key.map(ToOwned::to_owned), whole))
            })?;
            if let Some((records, stamps)) = whole {
                if records != stamps {
                    return Ok(None);
                }
                total = Some(records);
            }
            let full = buckets >= PAGE;
            if full && after.is_none()
                && let Some(most) = stretch.parts_after(counted.records)
            {
                let parts = asked.divided(stretch, most, true)?;
                if parts.len() > 1 {
                    return Ok(Some(StretchEnd::Divided(parts)));
                }
            }
            super::scan::locked(&self.memory).grow(counted.builder.bytes() - bytes).map_err(Fault::spent)?;
            if counted.records > total.unwrap_or(0) {
                return Ok(None);
            }
            let progress = Progress {
                tuples: self.tuples.fetch_add(buckets as u64, Ordering::Relaxed) + buckets as u64,
                records: self.records.fetch_add(counted.records - records, Ordering::Relaxed) + counted.records - records,
            };
            if !asked.always && !choice::goes_on(progress, asked.records, asked.times) {
                return Ok(None);
            }
            // Fewer tuples than were asked for are the last ones. Were they not, their records would be missed below.
            match next {
                Some(key) if full => after = Some(key),
                _ => break,
            }
        }
        Ok((total == Some(counted.records)).then_some(StretchEnd::Counted(counted)))
    }
}

/// The aggregations of an answer.
pub(super) fn aggregations<'a, T: Deserialize<'a>>(answer: &Answer<'a>) -> Result<T, Fault> {
    // Who leaves them out does not count, so the records are read.
    let found = answer.aggregations.ok_or_else(|| Fault::new(FaultKind::Rejected, "the answer has no aggregations"))?;
    parsed(found)
}

/// Aggregations of a known form.
pub(super) fn parsed<'a, T: Deserialize<'a>>(found: &'a RawValue) -> Result<T, Fault> {
    serde_json::from_str(found.get()).map_err(|e| malformed(format!("the aggregations are no such: {e}")))
}

fn malformed(reason: String) -> Fault {
    Fault::new(FaultKind::Malformed, reason)
}
