//! Pages of tuples: composite aggregations under one point in time, stretch by stretch.

use super::ElasticSource;
use super::answer::Answer;
use super::body::{Pit, counting};
use super::choice::{self, CountedSoFar, TimeStretch};
use super::columns::RecordsBuilder;
use super::fault::{Fault, FaultKind};
use super::side_by_side::{locked, side_by_side};
use super::snapshot::{KEEP_ALIVE, Snapshot};
use super::units::{TIME, between};
use crate::allowance::Lent;
use crate::source::{ANSWER, FetchContext, Records};
use foldhash::{HashMap, HashSet};
use huntc_compiler::request::TupleTimes;
use huntc_compiler::time::Instant;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The most stretches of time in which records are counted to find where to divide them.
const BUCKETS: i64 = 1_000;

/// The field of the index that holds the whole values of a field, and the names by which documents tell that it left some out.
pub(super) struct WholeField {
    pub(super) name: String,
    pub(super) left_out: BTreeSet<String>,
    /// Whether equal values are written in one way: as addresses are in an index of addresses.
    pub(super) one_form: bool,
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

/// The tuples of a stretch.
struct CountedTuples {
    /// A record for each.
    builder: RecordsBuilder,
    /// The codes of each: a server that gives a tuple twice counts its records twice.
    known: HashSet<Box<[u32]>>,
    counts: Vec<u64>,
    /// When the first record of each was and when the last, in milliseconds; empty unless asked for.
    firsts: Vec<i64>,
    lasts: Vec<i64>,
    records: u64,
}

/// Where a tuple has no value.
const NOTHING: u32 = u32::MAX;

/// The tuples of all stretches, each once.
pub(super) struct MergedTuples {
    all: CountedTuples,
    /// Where the tuple with these codes stands.
    places: HashMap<Box<[u32]>, usize>,
}

impl TupleBucket {
    /// Whether it has what was asked for: its key, and its times.
    fn check(&self, times: TupleTimes) -> Result<(), Fault> {
        let strange = |key: &&Json| !(key.is_null() || key.is_string() || key.is_i64());
        if let Some(key) = self.key.values().find(strange) {
            return Err(malformed(format!("a bucket has the key {key}")));
        }
        let lacks = |extreme: &Option<Extreme>, wanted| times >= wanted && extreme.as_ref().is_none_or(|e| e.value.is_none());
        if lacks(&self.first, TupleTimes::First) || lacks(&self.last, TupleTimes::FirstAndLast) {
            return Err(malformed("a bucket has no time".to_owned()));
        }
        Ok(())
    }
}

impl CountedTuples {
    fn new(fields: usize) -> Self {
        let builder = RecordsBuilder::new(fields, false);
        Self { builder, known: HashSet::default(), counts: Vec::new(), firsts: Vec::new(), lasts: Vec::new(), records: 0 }
    }

    /// Roughly how many bytes they take.
    fn bytes(&self) -> usize {
        self.builder.bytes() + (4 * self.builder.columns.len() + 3 * size_of::<u64>()) * self.counts.len()
    }

    fn take(&mut self, bucket: TupleBucket, times: TupleTimes) -> Result<(), Fault> {
        for (number, column) in self.builder.columns.iter_mut().enumerate() {
            match bucket.key.get(&number.to_string()) {
                Some(Json::String(text)) => column.push_text(text),
                Some(Json::Number(number)) => column.push_int(number.as_i64().unwrap_or_default()),
                _ => {}
            }
        }
        if !self.known.insert(self.builder.columns.iter().map(|column| column.current_code().unwrap_or(NOTHING)).collect()) {
            return Err(Fault::new(FaultKind::Miscounted, "a tuple came twice"));
        }
        self.builder.end_record("", "", None);
        self.counts.push(bucket.doc_count);
        self.records += bucket.doc_count;
        let extremes =
            [(bucket.first, TupleTimes::Order, &mut self.firsts), (bucket.last, TupleTimes::FirstAndLast, &mut self.lasts)];
        for (extreme, wanted, taken) in extremes {
            if times >= wanted {
                taken.extend(extreme.and_then(|e| e.millis()));
            }
        }
        Ok(())
    }
}

impl MergedTuples {
    fn new(fields: usize) -> Self {
        Self { all: CountedTuples::new(fields), places: HashMap::default() }
    }

    /// Takes the tuples of a stretch. Those that others have too are counted together.
    fn take(&mut self, stretch: CountedTuples) {
        let Self { all, places } = self;
        all.records += stretch.records;
        let columns = stretch.builder.finished_columns();
        let translated: Vec<Vec<u32>> =
            all.builder.columns.iter_mut().zip(&columns).map(|(mine, theirs)| mine.translated(theirs)).collect();
        for (tuple, count) in stretch.counts.iter().enumerate() {
            let key: Box<[u32]> = columns
                .iter()
                .zip(&translated)
                .map(|(column, codes)| {
                    column.codes(tuple).first().and_then(|code| codes.get(*code as usize)).map_or(NOTHING, |c| *c)
                })
                .collect();
            let (first, last) = (stretch.firsts.get(tuple), stretch.lasts.get(tuple));
            if let Some(place) = places.get(&key) {
                all.counts[*place] += count;
                for (known, time, one) in
                    [(&mut all.firsts, first, i64::min as fn(i64, i64) -> i64), (&mut all.lasts, last, i64::max)]
                {
                    if let (Some(known), Some(time)) = (known.get_mut(*place), time) {
                        *known = one(*known, *time);
                    }
                }
                continue;
            }
            for (column, code) in all.builder.columns.iter_mut().zip(&key) {
                if *code != NOTHING {
                    column.push_code(*code);
                }
            }
            all.builder.end_record("", "", None);
            places.insert(key, all.counts.len());
            all.counts.push(*count);
            all.firsts.extend(first);
            all.lasts.extend(last);
        }
    }

    /// Roughly how many bytes they take.
    fn bytes(&self) -> usize {
        let each = (4 * self.all.builder.columns.len() + 48) + 3 * size_of::<u64>();
        self.all.builder.bytes() + each * self.all.counts.len()
    }

    /// When the first and the last record of each was, in milliseconds, as far as they are known.
    pub(super) fn instants(&self) -> BTreeSet<i64> {
        self.all.firsts.iter().chain(&self.all.lasts).copied().collect()
    }

    /// A record for each, `in_order` at the millisecond of its first, and how many have its values. `fields`: the names of these.
    pub(super) fn finish<'n>(self, fields: impl Iterator<Item = &'n str>, in_order: bool) -> (Records, Vec<u64>) {
        let mut records = self.all.builder.finish(fields);
        records.ids = (0..self.all.counts.len() as u64).collect();
        if in_order {
            records.times = self.all.firsts.iter().map(|millis| Some(Instant::from_millis(*millis))).collect();
        }
        (records, self.all.counts)
    }
}

/// What came of a stretch.
enum StretchEnd {
    Counted,
    /// It has more tuples than some pages, and is counted in parts.
    Divided(Vec<TimeStretch>),
}

/// Counts the tuples of the records that a query finds.
#[derive(Clone, Copy)]
pub(super) struct TupleCount<'a> {
    pub(super) source: &'a ElasticSource,
    pub(super) snapshot: &'a Snapshot,
    pub(super) context: &'a FetchContext,
    pub(super) query: &'a Json,
    /// How many records there are.
    pub(super) records: u64,
    pub(super) fields: &'a [&'a WholeField],
    /// Whether a record is counted for each of its values.
    pub(super) each: bool,
    pub(super) times: TupleTimes,
    /// The tuples of a page.
    pub(super) page: usize,
    /// When the first and the last record were, in milliseconds, if there are any.
    pub(super) span: Option<(i64, i64)>,
    /// Whether they are counted whatever it costs.
    pub(super) always: bool,
}

impl TupleCount<'_> {
    /// All tuples, of each stretch by itself; `None` when they are too many, or when a record was not in exactly one.
    pub(super) fn all(&self) -> Result<Option<MergedTuples>, Fault> {
        let whole = TimeStretch { start: None, stop: None, records: self.records, part: false };
        let mut stretches = vec![whole];
        if let Some(most) = whole.parts() {
            stretches = self.divided(&whole, most, false)?;
        }
        let counting = Counting {
            asked: self,
            memory: Mutex::new(self.context.allowance.lend(ANSWER)),
            merged: Mutex::new(MergedTuples::new(self.fields.len())),
            tuples: AtomicU64::new(0),
            records: AtomicU64::new(0),
            found: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        };
        while !stretches.is_empty() {
            let Some(ends) = counting.stretches(&stretches)? else { return Ok(None) };
            let parts = ends.into_iter().filter_map(|end| if let StretchEnd::Divided(parts) = end { Some(parts) } else { None });
            stretches = parts.flatten().collect();
        }
        // Where a record counts for each of its values, only what the stretches have shows whether all are there.
        let all_there = counting.found.into_inner() == self.records;
        let merged = counting.merged.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok((all_there && self.accounts(merged.all.records, self.records)).then_some(merged))
    }

    /// Whether so many counts may come of so many records: one of each, or one of each value.
    fn accounts(&self, counts: u64, records: u64) -> bool {
        if self.each { counts >= records } else { counts == records }
    }

    /// The search for the first tuples of all records, without the point in time.
    pub(super) fn first_page(&self) -> Result<Json, Fault> {
        let mut body = counting(self.source.connection.server(self.context)?.product, self.query);
        body["aggs"] = self.aggregations(None);
        Ok(body)
    }

    /// A stretch in stretches of about so many records.
    fn divided(&self, stretch: &TimeStretch, most: u64, part: bool) -> Result<Vec<TimeStretch>, Fault> {
        let Some((first, last)) = self.span else { return Ok(vec![*stretch]) };
        let start = stretch.start.map_or(first, Instant::millis_floor);
        let stop = stretch.stop.map_or(last, Instant::millis_floor);
        let interval = (stop.saturating_sub(start) / BUCKETS).max(1);
        let histogram =
            json!({ "date_histogram": { "field": TIME, "fixed_interval": format!("{interval}ms"), "min_doc_count": 1 } });
        let counts = self.search(&self.within(stretch), &json!({ "times": histogram }), |answer| {
            let found: Histogram = aggregations(answer)?;
            Ok(found.times.buckets.iter().map(|b| (Instant::from_millis(b.key), b.doc_count)).collect::<Vec<_>>())
        })?;
        Ok(stretch.divided(&counts, most, part))
    }

    /// The records of a stretch.
    fn within(&self, stretch: &TimeStretch) -> Json {
        if stretch.start.is_none() && stretch.stop.is_none() {
            return self.query.clone();
        }
        json!({ "bool": { "filter": [self.query, between(stretch.start, stretch.stop)] } })
    }

    /// Sends a search without hits under the point in time.
    pub(super) fn search<T>(
        &self,
        query: &Json,
        aggregations: &Json,
        mut take: impl FnMut(&Answer<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let connection = &self.source.connection;
        let mut body = counting(connection.server(self.context)?.product, query);
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
    fn aggregations(&self, after: Option<&RawValue>) -> Json {
        let source = |(number, field): (usize, &&WholeField)| json!({ (number.to_string()): { "terms": { "field": field.name, "missing_bucket": true } } });
        let sources: Vec<Json> = self.fields.iter().enumerate().map(source).collect();
        let mut composite = json!({ "size": self.page, "sources": sources });
        if let Some(after) = after {
            composite["after"] = json!(after);
        }
        let mut tuples = json!({ "composite": composite });
        let time = json!({ "field": TIME });
        if self.times >= TupleTimes::Order {
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
    merged: Mutex<MergedTuples>,
    tuples: AtomicU64,
    records: AtomicU64,
    /// How many records the stretches have that were counted to their end.
    found: AtomicU64,
    stop: AtomicBool,
}

impl Counting<'_> {
    /// What comes of stretches that are counted side by side; `None` when it is not worth its cost, or not exact.
    fn stretches(&self, stretches: &[TimeStretch]) -> Result<Option<Vec<StretchEnd>>, Fault> {
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

    fn stretch(&self, stretch: &TimeStretch) -> Result<Option<StretchEnd>, Fault> {
        let asked = self.asked;
        let mut counted = CountedTuples::new(asked.fields.len());
        let mut total = None;
        let mut after: Option<Box<RawValue>> = None;
        let query = asked.within(stretch);
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let (bytes, records) = (counted.bytes(), counted.records);
            let (buckets, next, whole) = asked.search(&query, &asked.aggregations(after.as_deref()), |answer| {
                let page: TuplePage<'_> = aggregations(answer)?;
                let whole = page.stamps.map(|stamps| Ok((answer.total()?, stamps.value))).transpose()?;
                page.tuples.buckets.iter().try_for_each(|bucket| bucket.check(asked.times))?;
                Ok((page.tuples.buckets, page.tuples.after_key.map(ToOwned::to_owned), whole))
            })?;
            let found = buckets.len();
            buckets.into_iter().try_for_each(|bucket| counted.take(bucket, asked.times))?;
            if let Some((records, stamps)) = whole {
                if records != stamps {
                    return Ok(None);
                }
                total = Some(records);
            }
            let full = found >= asked.page;
            if full
                && after.is_none()
                && let Some(most) = stretch.parts_after(counted.records, asked.page)
            {
                let parts = asked.divided(stretch, most, true)?;
                if parts.len() > 1 {
                    return Ok(Some(StretchEnd::Divided(parts)));
                }
            }
            locked(&self.memory).grow(counted.bytes() - bytes).map_err(Fault::spent)?;
            if !asked.each && counted.records > total.unwrap_or(0) {
                return Ok(None);
            }
            let progress = CountedSoFar {
                tuples: self.tuples.fetch_add(found as u64, Ordering::Relaxed) + found as u64,
                records: self.records.fetch_add(counted.records - records, Ordering::Relaxed) + counted.records - records,
            };
            if !asked.always && !choice::goes_on(progress, asked.records, asked.times, asked.page) {
                return Ok(None);
            }
            match next {
                // With a value each the end is where the buckets end: counts beyond the records tell nothing.
                Some(key) if counted.records > records && (asked.each || total.is_some_and(|total| counted.records < total)) => {
                    after = Some(key);
                }
                _ => break,
            }
        }
        let Some(total) = total.filter(|total| asked.accounts(counted.records, *total)) else { return Ok(None) };
        self.found.fetch_add(total, Ordering::Relaxed);
        let mut merged = locked(&self.merged);
        let (bytes, known) = (counted.bytes(), merged.bytes());
        merged.take(counted);
        let mut memory = locked(&self.memory);
        memory.shrink(bytes);
        memory.grow(merged.bytes() - known).map_err(Fault::spent)?;
        Ok(Some(StretchEnd::Counted))
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
