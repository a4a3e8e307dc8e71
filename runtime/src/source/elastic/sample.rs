//! The earliest records of a request, for hints: one search, which also returns the first and the last time in the window.

use super::ElasticSource;
use super::answer::{self, Answer};
use super::body::{IndexField, SourceFilter};
use super::fault::Fault;
use crate::source::repair::Repaired;
use crate::source::{FetchContext, Sample};
use huntc_compiler::request::{BoundRequest, Query};
use huntc_compiler::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use std::sync::atomic::Ordering;

#[derive(Serialize)]
struct Body<'a> {
    size: usize,
    track_total_hits: bool,
    sort: serde_json::Value,
    /// The window only, so that the aggregations cover all its records. The request itself is in `post_filter`.
    query: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_filter: Option<&'a RawValue>,
    aggs: serde_json::Value,
    #[serde(rename = "_source")]
    source: SourceFilter<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    docvalue_fields: &'a [IndexField],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    fields: &'a [IndexField],
}

#[derive(Deserialize)]
struct Span {
    first: Time,
    last: Time,
}

#[derive(Deserialize)]
struct Time {
    value: Option<f64>,
}

impl ElasticSource {
    pub(super) fn sampled(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, Fault> {
        let all = BoundRequest { query: Query::MatchAll, fields: vec!["@timestamp".to_owned()], enough: None, ..request.clone() };
        let all = self.prepare(&all, context, false)?;
        // Where a server cannot tell which records have values beyond a limit, they are not looked for: they could be all.
        let short = BoundRequest { enough: Some(most), ..request.clone() };
        let full = self.prepare(request, context, false)?;
        self.with_prepared(&short, context, |prepared| {
            let from_index = prepared.index_fields()?;
            let body = Body {
                size: if prepared.nothing { 0 } else { most },
                track_total_hits: false,
                sort: json!([{"@timestamp": {"order": "asc", "unmapped_type": "date"}}]),
                query: &all.query,
                post_filter: (!prepared.nothing).then_some(&*prepared.query),
                aggs: json!({"first": {"min": {"field": "@timestamp"}}, "last": {"max": {"field": "@timestamp"}}}),
                source: SourceFilter { includes: &prepared.includes },
                docvalue_fields: &from_index.doc_values,
                fields: &from_index.fields,
            };
            let call = self.connection.search(context.allow_partial, &body)?;
            let mut builder = prepared.builder();
            let (mut hits, mut span) = (0, None);
            self.connection.send(&call, context, |reply| {
                let mut mended = Repaired::default();
                let answer = Answer::read(&reply.body, &mut mended)?;
                answer.usable(context)?;
                hits = answer.hits.hits.len();
                span = answer.aggregations.and_then(times);
                prepared.take(&answer.hits.hits, &mut builder)
            })?;
            context.stats.pages.fetch_add(1, Ordering::Relaxed);
            let mut records = builder.finish(prepared.wanted());
            let whole = hits < most;
            if !whole {
                let cut = records.times.iter().flatten().map(|t| t.millis_floor()).max();
                records.retain(|time| time.map(Instant::millis_floor) < cut);
            }
            records.columns.truncate(prepared.wanted().count());
            Ok(Sample { records, whole, gaps: full.query.get() != prepared.query.get(), span })
        })
    }
}

fn times(aggregations: &RawValue) -> Option<(Instant, Instant)> {
    let span: Span = answer::part(aggregations).ok()?;
    let time = |t: Time| t.value.map(|millis| Instant::from_millis(millis as i64));
    Some((time(span.first)?, time(span.last)?))
}
