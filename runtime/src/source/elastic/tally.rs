//! Figures about the records of a request: one search without hits, whose aggregations count.

use super::ElasticSource;
use super::answer::{self, Answer};
use super::body::counting;
use super::countable::countable;
use super::fault::{Fault, FaultKind};
use super::mapping::{FieldKind, FieldMapping};
use super::prepare::{self, PreparedRequest};
use crate::source::repair::Repaired;
use crate::source::{FetchContext, TalliedValue, Tally, TallyRequest};
use huntc_compiler::time::Instant;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::sync::atomic::Ordering;

/// Times of records; null when there is none.
#[derive(Deserialize, Default)]
struct Newest {
    newest: NewestStamp,
    /// The records that lack the field of the clock.
    rest: Option<ClocklessRecords>,
}

#[derive(Deserialize, Default)]
struct ClocklessRecords {
    newest: NewestStamp,
}

/// Milliseconds, also where the index keeps nanoseconds.
#[derive(Deserialize, Default)]
struct NewestStamp {
    value: Option<f64>,
}

impl Newest {
    fn instant(&self) -> Option<Instant> {
        let rest = self.rest.as_ref().and_then(|rest| rest.newest.value);
        self.newest.value.into_iter().chain(rest).map(|millis| Instant::from_millis(millis as i64)).max()
    }
}

#[derive(Deserialize)]
struct ValueCounts {
    #[serde(default)]
    sum_other_doc_count: u64,
    buckets: Vec<ValueBucket>,
}

#[derive(Deserialize)]
struct ValueBucket {
    key: Json,
    doc_count: u64,
    #[serde(flatten)]
    newest: Newest,
}

#[derive(Deserialize)]
struct TallyAggregations {
    #[serde(flatten)]
    newest: Newest,
    values: Option<ValueCounts>,
}

impl ElasticSource {
    pub(super) fn tallied(&self, asked: &TallyRequest<'_>, context: &FetchContext) -> Result<Tally, Fault> {
        let indices = self.mappings.of(&self.connection, context, &prepare::fields_of(asked.request))?;
        // Documents may have a field that no index has, where they name it as ignored.
        let missing = |mapping: &FieldMapping| mapping.kind == FieldKind::Missing && !mapping.ignorable;
        let absent = indices.values().filter_map(|fields| fields.get(asked.by)).all(missing);
        let by = countable(asked.by, &indices);
        self.with_prepared(asked.request, context, |prepared| {
            if prepared.nothing {
                return Ok(Tally { values: Some(Vec::new()), ..Tally::default() });
            }
            match self.aggregated(prepared, &aggregations(asked, by.as_deref()), context) {
                // The server cannot compare the times of these indices. How many records there are is known all the same.
                Err(fault) if matches!(fault.kind, FaultKind::Rejected | FaultKind::MappingClash) => {
                    let counted = self.aggregated(prepared, &Json::Null, context)?;
                    Ok(Tally { untimed: Some(fault.reason), ..counted })
                }
                // A field that no index has gives no value.
                tally => Ok(tally.map(|t| if absent { Tally { values: Some(Vec::new()), ..t } } else { t })?.cut(asked.most)),
            }
        })
    }

    fn aggregated(&self, prepared: &PreparedRequest, aggregations: &Json, context: &FetchContext) -> Result<Tally, Fault> {
        let mut body = counting(self.connection.server(context)?.product, &prepared.query);
        if !aggregations.is_null() {
            body["aggs"] = aggregations.clone();
        }
        let call = self.connection.search(context.allow_partial, &body)?;
        let tally = self.connection.send(&call, context, |reply| {
            let mut mended = Repaired::default();
            let answer = Answer::read(&reply.body, &mut mended)?;
            answer.usable(context)?;
            let tally = Tally { records: answer.total()?, ..Tally::default() };
            if aggregations.is_null() { Ok(tally) } else { read(answer.aggregations, tally) }
        })?;
        context.stats.pages.fetch_add(1, Ordering::Relaxed);
        Ok(tally)
    }
}

fn read(aggregations: Option<&RawValue>, tally: Tally) -> Result<Tally, Fault> {
    let malformed = |reason: String| Fault::new(FaultKind::Malformed, reason);
    let found = aggregations.ok_or_else(|| malformed("the answer has no aggregations".to_owned()))?;
    let found: TallyAggregations = answer::part(found).map_err(|e| malformed(format!("the aggregations are no such: {e}")))?;
    let newest = found.newest.instant();
    if newest.is_none() && tally.records > 0 {
        return Ok(Tally { untimed: Some("the server gives no newest time".to_owned()), ..tally });
    }
    let more = found.values.as_ref().is_some_and(|values| values.sum_other_doc_count > 0);
    let values = found.values.map(|values| {
        let mut values: Vec<TalliedValue> = values.buckets.into_iter().map(value).collect();
        values.sort_by(|a, b| a.value.cmp(&b.value));
        values
    });
    Ok(Tally { newest, values, more, ..tally })
}

fn value(bucket: ValueBucket) -> TalliedValue {
    let value = match bucket.key {
        Json::String(text) => text,
        other => other.to_string(),
    };
    TalliedValue { value, records: bucket.doc_count, newest: bucket.newest.instant() }
}

/// `by` is the field that holds whole values; without one they are not counted.
fn aggregations(asked: &TallyRequest<'_>, by: Option<&str>) -> Json {
    let mut newest = json!({"newest": {"max": {"field": asked.clock.unwrap_or("@timestamp")}}});
    if let Some(clock) = asked.clock {
        newest["rest"] = json!({
            "filter": {"bool": {"must_not": [{"exists": {"field": clock}}]}},
            "aggs": {"newest": {"max": {"field": "@timestamp"}}},
        });
    }
    let mut all = newest.clone();
    if let Some(field) = by {
        all["values"] = json!({"terms": {"field": field, "size": asked.most.saturating_add(1)}, "aggs": newest});
    }
    all
}
