//! Tuples of a request: paged composite aggregations under one point in time.
//!
//! A tuple is exact only where the index holds what the documents say: whole values that nothing changed, one for each
//! field and document. What the index leaves out for its length is read from the documents; that no document has several
//! values is proved by the sum of all counts.

use super::ElasticSource;
use super::answer::Answer;
use super::body::{Pit, counting};
use super::columns::RecordsBuilder;
use super::fault::{Fault, FaultKind};
use super::mapping::{FieldKind, Indices, ValuesKept};
use super::prepare::{PreparedRequest, aligned};
use super::scan::Scan;
use super::server::Product;
use super::snapshot::{KEEP_ALIVE, Snapshot};
use super::units::TIME;
use crate::source::{ANSWER, FetchContext, TupleRequest, Tuples};
use huntc_compiler::request::{BoundRequest, TupleTimes};
use huntc_compiler::time::Instant;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

/// Tuples of a page. Servers refuse more than 65,535, and long answers are built in memory.
const PAGE: usize = 32_768;
/// Fewer records for each tuple than this are cheaper read one by one.
const WORTH: u64 = 4;
/// Instants in one request: servers make a clause of each, and the oldest ones take 1,024.
const INSTANTS: usize = 1_000;

/// The field of the index that holds the whole values of a field, and whether it leaves out long ones.
struct WholeField {
    name: String,
    limited: bool,
}

/// The queries of the records that are counted and of those that are read.
struct Parts {
    together: Json,
    single: Json,
}

#[derive(Deserialize)]
struct CountedParts {
    single: Option<DocCount>,
}

#[derive(Deserialize)]
struct DocCount {
    doc_count: u64,
}

/// The answer of `_count`.
#[derive(Deserialize)]
struct Count {
    count: u64,
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

/// Milliseconds.
#[derive(Deserialize)]
struct Extreme {
    value: Option<f64>,
}

/// What was counted so far.
struct Counted {
    builder: RecordsBuilder,
    counts: Vec<u64>,
    instants: BTreeSet<i64>,
    records: u64,
}

impl ElasticSource {
    /// `None` where it cannot be exact, or costs more than reading.
    pub(super) fn counted_tuples(&self, asked: &TupleRequest<'_>, context: &FetchContext) -> Result<Option<Tuples>, Fault> {
        let server = self.connection.server(context)?;
        let window = asked.request.window;
        if !server.has_shard_doc() || window.is_none() || !aligned(window) {
            return Ok(None);
        }
        let request = asked.of_tuples();
        if asked.from == 0 {
            self.begin(&request, context)?;
        } else if self.begin_with_number(&request, context)?.is_some_and(|all| all < asked.from) {
            return Ok(None);
        }
        let indices = self.mappings.of(&self.connection, context, &self.fields_of(&request))?;
        let fields: Option<Vec<WholeField>> = asked.fields.iter().map(|field| whole(field, &indices)).collect();
        let Some(fields) = fields.filter(|_| plain_dates(&indices)) else { return Ok(None) };
        if server.product == Product::OpenSearch && fields.iter().any(|field| field.limited) {
            // Nothing tells which documents have values that the index left out.
            return Ok(None);
        }
        let single =
            self.prepare(&BoundRequest { query: asked.single.clone(), window: None, ..request.clone() }, context, false)?;
        let counted = self.with_prepared(&request, context, |prepared| {
            if prepared.nothing {
                return Ok(None);
            }
            let snapshot = self.reading().open(context)?;
            if snapshot.partial {
                return Ok(None);
            }
            let parts = Parts::new(prepared, &single, &fields);
            let tuples = self.under(&snapshot, asked, prepared, &parts, &fields, context);
            if matches!(&tuples, Err(fault) if fault.kind == FaultKind::ContextLost) {
                self.shared.lost(&snapshot, &self.connection, context);
            }
            tuples
        });
        match counted {
            // A reading knows which part came.
            Err(fault) if context.allow_partial && fault.leaves_a_part() => Ok(None),
            // What the server does not count it may give.
            Err(fault)
                if matches!(
                    fault.kind,
                    FaultKind::Rejected | FaultKind::MappingClash | FaultKind::TooComplex | FaultKind::ContextLost
                ) =>
            {
                Ok(None)
            }
            counted => counted,
        }
    }

    /// Begins, and answers about how many records the indices have, if that can be known: with few of them it need not be counted
    /// how many a request finds.
    fn begin_with_number(&self, request: &BoundRequest, context: &FetchContext) -> Result<Option<u64>, Fault> {
        let (begun, number) = std::thread::scope(|scope| {
            let number = scope.spawn(|| *self.number.get_or_init(|| self.number_of_records(context).ok()));
            (self.begin(request, context), number.join().unwrap_or_default())
        });
        begun.map(|()| number)
    }

    /// How many records the indices have now.
    fn number_of_records(&self, context: &FetchContext) -> Result<u64, Fault> {
        let call = self.connection.get(format!("{}/_count", self.connection.indices()));
        self.connection.send(&call, context, |reply| {
            let counted: Count = serde_json::from_slice(&reply.body).map_err(|e| malformed(e.to_string()))?;
            Ok(counted.count)
        })
    }

    /// The tuples under a point in time.
    fn under(
        &self,
        snapshot: &Snapshot,
        asked: &TupleRequest<'_>,
        prepared: &PreparedRequest,
        parts: &Parts,
        fields: &[WholeField],
        context: &FetchContext,
    ) -> Result<Option<Tuples>, Fault> {
        let (total, apart) = self.sizes(parts, prepared, snapshot, context)?;
        let together = total.saturating_sub(apart);
        if together < asked.from || together < apart {
            return Ok(None);
        }
        let Some(counted) = self.pages(parts, fields, asked, snapshot, context)? else { return Ok(None) };
        self.reading().remember(&prepared.query, total);
        self.with_records(counted, asked, parts, apart > 0, context)
    }

    /// How many records there are, and how many of them must be read one by one.
    fn sizes(
        &self,
        parts: &Parts,
        prepared: &PreparedRequest,
        snapshot: &Snapshot,
        context: &FetchContext,
    ) -> Result<(u64, u64), Fault> {
        let mut body = counting(self.connection.server(context)?.product, &prepared.query);
        body["aggs"] = json!({"single": {"filter": {"bool": {"filter": [parts.single]}}}});
        self.counted_under(snapshot, body, context, |answer| {
            let counted: CountedParts = aggregations(answer)?;
            Ok((answer.total()?, counted.single.map_or(0, |single| single.doc_count)))
        })
    }

    /// All tuples; `None` when they are too many, or when a record was not in exactly one.
    fn pages(
        &self,
        parts: &Parts,
        fields: &[WholeField],
        asked: &TupleRequest<'_>,
        snapshot: &Snapshot,
        context: &FetchContext,
    ) -> Result<Option<Counted>, Fault> {
        let mut memory = context.allowance.lend(ANSWER);
        let builder = RecordsBuilder::new(fields.len(), false);
        let mut counted = Counted { builder, counts: Vec::new(), instants: BTreeSet::new(), records: 0 };
        let mut total = None;
        let mut after: Option<Box<RawValue>> = None;
        loop {
            let mut body = counting(self.connection.server(context)?.product, &parts.together);
            body["track_total_hits"] = json!(after.is_none());
            body["aggs"] = page(fields, asked.times, after.as_deref());
            let before = counted.builder.bytes();
            let (buckets, next, whole) = self.counted_under(snapshot, body, context, |answer| {
                let page: TuplePage<'_> = aggregations(answer)?;
                let whole = page.stamps.map(|stamps| Ok((answer.total()?, stamps.value))).transpose()?;
                let buckets = page.tuples.buckets.len();
                page.tuples.buckets.into_iter().try_for_each(|bucket| counted.take(bucket, asked.times))?;
                Ok((buckets, page.tuples.after_key.map(ToOwned::to_owned), whole))
            })?;
            memory.grow(counted.builder.bytes() - before).map_err(Fault::spent)?;
            if let Some((records, stamps)) = whole {
                if records != stamps {
                    return Ok(None);
                }
                total = Some(records);
            }
            let tuples = counted.counts.len() as u64;
            let (records, instants) = (total.unwrap_or(0), counted.instants.len() as u64);
            let many = tuples * WORTH > counted.records && buckets == PAGE || instants * WORTH > records;
            if many || counted.records > records {
                return Ok(None);
            }
            match next {
                Some(key) if buckets > 0 => after = Some(key),
                _ => break,
            }
        }
        Ok((total == Some(counted.records)).then_some(counted))
    }

    /// The tuples, with the records that are read beside them.
    fn with_records(
        &self,
        counted: Counted,
        asked: &TupleRequest<'_>,
        parts: &Parts,
        single: bool,
        context: &FetchContext,
    ) -> Result<Option<Tuples>, Fault> {
        let mut tuples = Tuples { counts: counted.counts, ..Tuples::default() };
        let request = asked.of_single();
        if single {
            let part = json!({"bool": {"filter": [parts.single]}});
            tuples.single = self.read_part(&request, &part, context)?.finish(names(&request));
        }
        let instants: Vec<i64> = counted.instants.into_iter().collect();
        let mut seen = RecordsBuilder::new(names(&request).count(), request.fields.iter().any(|f| f == "_id"));
        for chunk in instants.chunks(INSTANTS) {
            let times: Vec<String> = chunk.iter().map(|millis| Instant::from_millis(*millis).to_string()).collect();
            let part = json!({"bool": {"filter": [{"terms": {TIME: times}}], "must_not": [parts.single]}});
            seen.append(self.read_part(&request, &part, context)?);
        }
        tuples.seen = seen.finish(names(&request));
        let found: BTreeSet<i64> = tuples.seen.times.iter().flatten().map(|time| time.millis_floor()).collect();
        tuples.records = counted.builder.finish(asked.fields.iter().map(String::as_str));
        tuples.records.ids = (0..tuples.counts.len() as u64).collect();
        // Each instant must have come back: otherwise the server understands times in another way.
        Ok((found.len() == instants.len()).then_some(tuples))
    }

    /// Those of the records of a request that a further query finds.
    fn read_part(&self, request: &BoundRequest, part: &Json, context: &FetchContext) -> Result<RecordsBuilder, Fault> {
        self.with_prepared(request, context, |prepared| {
            let query = json!({"bool": {"filter": [prepared.query, part]}});
            let query = serde_json::value::to_raw_value(&query).map_err(|e| Fault::new(FaultKind::Rejected, e.to_string()))?;
            let prepared = prepared.clone().narrowed(query);
            Scan::new(self.reading(), context, &prepared).all()
        })
    }

    /// Sends a search without hits under the point in time.
    fn counted_under<T>(
        &self,
        snapshot: &Snapshot,
        mut body: Json,
        context: &FetchContext,
        mut take: impl FnMut(&Answer<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        body["pit"] = json!(Pit { id: &snapshot.id(), keep_alive: KEEP_ALIVE });
        let call = self.connection.search_under(false, &body)?;
        let taken = self.connection.send(&call, context, |reply| {
            // What would have to be mended is no key to go on from: then the records themselves are read.
            let answer: Answer<'_> = serde_json::from_slice(&reply.body)
                .map_err(|e| Fault::new(FaultKind::Rejected, format!("the answer is no valid JSON: {e}")))?;
            let answer = answer.of_composite();
            answer.whole()?;
            snapshot.covers(&answer)?;
            snapshot.renew(answer.pit_id.clone());
            take(&answer)
        })?;
        context.stats.pages.fetch_add(1, Ordering::Relaxed);
        Ok(taken)
    }
}

impl Counted {
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
        for (extreme, wanted) in [(bucket.first, TupleTimes::First), (bucket.last, TupleTimes::FirstAndLast)] {
            if times >= wanted {
                let millis = extreme.and_then(|e| e.value).ok_or_else(|| malformed("a bucket has no time".to_owned()))?;
                self.instants.insert(millis as i64);
            }
        }
        Ok(())
    }
}

impl Parts {
    /// Each record is in one of them, whatever the queries find: the same query takes it from one and gives it to the other.
    fn new(prepared: &PreparedRequest, single: &PreparedRequest, fields: &[WholeField]) -> Self {
        let cut: Vec<&str> = fields.iter().filter(|field| field.limited).map(|field| field.name.as_str()).collect();
        let mut apart = Vec::new();
        if !single.nothing {
            apart.push(json!(single.query));
        }
        if !cut.is_empty() {
            apart.push(json!({"terms": {"_ignored": cut}}));
        }
        let single = if apart.is_empty() {
            json!({"match_none": {}})
        } else {
            json!({"bool": {"should": apart, "minimum_should_match": 1}})
        };
        Self { together: json!({"bool": {"filter": [prepared.query], "must_not": [single]}}), single }
    }
}

/// The field whose index holds the values of a field just as documents do, in all indices; `None` where one changes them.
fn whole(field: &str, indices: &Indices) -> Option<WholeField> {
    let mut name: Option<&str> = None;
    let mut limited = false;
    for mapping in indices.values().filter_map(|fields| fields.get(field)) {
        limited |= mapping.ignorable;
        if mapping.target.is_some() || mapping.type_only || mapping.invented || mapping.kept != ValuesKept::Document {
            return None;
        }
        let (own, limit) = match &mapping.kind {
            FieldKind::Missing => continue,
            FieldKind::Keyword { limit, normalized: false, .. } => (field, limit.is_some()),
            FieldKind::Text { keyword: Some((keyword, limit)) } => (keyword.as_str(), limit.is_some()),
            FieldKind::Integer { .. } | FieldKind::Ip => (field, false),
            _ => return None,
        };
        if name.is_some_and(|name| name != own) {
            return None;
        }
        name = Some(own);
        limited |= limit;
    }
    Some(WholeField { name: name.unwrap_or(field).to_owned(), limited })
}

/// Whether all indices understand times as they are written here.
fn plain_dates(indices: &Indices) -> bool {
    indices.values().filter_map(|fields| fields.get(TIME)).all(|mapping| matches!(mapping.kind, FieldKind::Date { plain: true }))
}

/// The aggregations of a page of tuples.
fn page(fields: &[WholeField], times: TupleTimes, after: Option<&RawValue>) -> Json {
    let source = |(number, field): (usize, &WholeField)| json!({ (number.to_string()): { "terms": { "field": field.name, "missing_bucket": true } } });
    let sources: Vec<Json> = fields.iter().enumerate().map(source).collect();
    let mut composite = json!({ "size": PAGE, "sources": sources });
    if let Some(after) = after {
        composite["after"] = json!(after);
    }
    let mut tuples = json!({ "composite": composite });
    let time = json!({ "field": TIME });
    if times >= TupleTimes::First {
        tuples["aggs"]["first"] = json!({ "min": time });
    }
    if times == TupleTimes::FirstAndLast {
        tuples["aggs"]["last"] = json!({ "max": time });
    }
    let mut aggregations = json!({ "tuples": tuples });
    if after.is_none() {
        aggregations["stamps"] = json!({ "value_count": time });
    }
    aggregations
}

/// The names of the columns of a request.
fn names(request: &BoundRequest) -> impl Iterator<Item = &str> {
    request.fields.iter().map(String::as_str).filter(|field| *field != "_id")
}

/// The aggregations of an answer.
fn aggregations<'a, T: Deserialize<'a>>(answer: &Answer<'a>) -> Result<T, Fault> {
    // Who leaves them out does not count, so the records are read.
    let found = answer.aggregations.ok_or_else(|| Fault::new(FaultKind::Rejected, "the answer has no aggregations"))?;
    serde_json::from_str(found.get()).map_err(|e| malformed(format!("the aggregations are no such: {e}")))
}

fn malformed(reason: String) -> Fault {
    Fault::new(FaultKind::Malformed, reason)
}
