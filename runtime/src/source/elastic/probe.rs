//! Requests that only ask whether there is a record, and the counts of requests.

use super::ElasticSource;
use super::answer::Answer;
use super::body::{MatchAll, Pit, SearchBody, SourceFilter};
use super::fault::{Fault, FaultKind};
use super::origin::FromIndex;
use super::prepare::PreparedRequest;
use super::scan::{RESTARTS, Scan};
use super::snapshot::{KEEP_ALIVE, Snapshot};
use crate::source::repair::Repaired;
use crate::source::{FetchContext, Records};
use huntc_compiler::request::{BoundRequest, Never, Query};
use serde_json::value::RawValue;
use std::sync::atomic::Ordering;

/// Records to ask for: the first one may lie outside of the window, which is exact to the nanosecond.
const FEW: usize = 10;

impl ElasticSource {
    /// Some records that the request means, if there are any.
    pub(super) fn first(&self, request: &BoundRequest, enough: usize, context: &FetchContext) -> Result<Records, Fault> {
        self.with_prepared(request, context, |prepared| {
            let mut builder = prepared.builder();
            if prepared.nothing {
                return Ok(builder.finish(prepared.wanted()));
            }
            // What surely is meant is asked first: a hit settles it.
            let asked = self.search(prepared, &prepared.sure, enough.max(FEW), context, |answer| {
                prepared.take(&answer.hits.hits, &mut builder)
            });
            let out_of_time = match asked {
                // Page by page the server may have the time.
                Err(fault) if fault.is_of_time() => true,
                asked => asked.map(|()| false)?,
            };
            if builder.len() > 0 || (prepared.exact && !out_of_time) {
                return Ok(builder.finish(prepared.wanted()));
            }
            let mut records = Scan::new(self.reading(), context, prepared).all()?.finish(prepared.names());
            if (0..records.len()).any(|r| may_be_meant(&request.query, &records, r)) {
                records.columns.truncate(prepared.wanted().count());
                return Ok(records);
            }
            Ok(prepared.builder().finish(prepared.wanted()))
        })
    }

    /// How many records match. When a mapping allows no exact query the number may be too high, never too low.
    pub(super) fn total(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, Fault> {
        self.with_prepared(request, context, |prepared| {
            if prepared.nothing {
                return Ok(0);
            }
            let mut total = 0;
            self.search(prepared, &prepared.query, 0, context, |answer| {
                total = answer.total()?;
                Ok(())
            })?;
            Ok(total)
        })
    }

    /// One search, under the point in time where the server can be read so.
    fn search(
        &self,
        prepared: &PreparedRequest,
        query: &RawValue,
        size: usize,
        context: &FetchContext,
        mut take: impl FnMut(&Answer<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (mut tries, mut lenient) = (0, false);
        loop {
            tries += 1;
            let server = self.connection.server(context)?;
            let snapshot = server.has_shard_doc().then(|| self.reading().open(context)).transpose()?;
            if snapshot.as_ref().is_some_and(|snapshot| snapshot.is_partial()) {
                lenient = true;
                context.stats.partial.store(true, Ordering::Relaxed);
            }
            match self.search_once(prepared, (query, size), snapshot.as_deref(), lenient, context, &mut take) {
                // The tries for the whole are used up.
                Err(fault) if context.allow_partial && fault.leaves_a_part() && !lenient => lenient = true,
                Err(fault) if fault.kind == FaultKind::ContextLost && tries < RESTARTS => {
                    if let Some(snapshot) = &snapshot {
                        self.shared.lost(snapshot, &self.connection, context);
                    }
                    context.stats.retries.fetch_add(1, Ordering::Relaxed);
                }
                result => return result,
            }
        }
    }

    fn search_once(
        &self,
        prepared: &PreparedRequest,
        (query, size): (&RawValue, usize),
        snapshot: Option<&Snapshot>,
        lenient: bool,
        context: &FetchContext,
        take: &mut impl FnMut(&Answer<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let product = self.connection.server(context)?.product;
        let id = snapshot.map(Snapshot::id);
        // A count reads no value.
        let from_index = if size == 0 { &FromIndex::default() } else { prepared.index_fields()? };
        let body = SearchBody {
            size,
            track_total_hits: size == 0,
            sort: &[],
            search_after: None,
            pit: id.as_deref().map(|id| Pit { id, keep_alive: KEEP_ALIVE }),
            slice: None,
            query,
            aggs: None,
            post_filter: if size == 0 { MatchAll::behind(product) } else { None },
            source: SourceFilter { includes: &prepared.includes },
            docvalue_fields: &from_index.doc_values,
            fields: &from_index.fields,
        };
        let call = match snapshot {
            Some(_) => self.connection.search_under(lenient, &body)?,
            None => self.connection.search(lenient, &body)?,
        };
        self.connection.send(&call, context, |reply| {
            let mut mended = Repaired::default();
            let mut answer = Answer::read(&reply.body, &mut mended)?;
            match answer.whole() {
                Err(fault) if lenient && fault.leaves_a_part() => context.stats.partial.store(true, Ordering::Relaxed),
                verdict => verdict?,
            }
            if let Some(snapshot) = snapshot {
                if !lenient {
                    snapshot.covers(&answer)?;
                }
                snapshot.renew(answer.pit_id.take());
            }
            take(&answer)
        })?;
        context.stats.pages.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether a record can be meant by the query, as far as the presence of the fetched fields shows.
fn may_be_meant(query: &Query<Never>, records: &Records, record: usize) -> bool {
    verdict(query, records, record) != Some(false)
}

/// Whether a record is meant; `None` when that depends on its values.
fn verdict(query: &Query<Never>, records: &Records, record: usize) -> Option<bool> {
    let present = |field: &str| records.column(field).map(|c| !c.codes(record).is_empty());
    match query {
        Query::MatchAll => Some(true),
        Query::MatchNone => Some(false),
        Query::Exists(q) => present(&q.field),
        Query::Term(q) => present(&q.field).filter(|p| !p),
        Query::Terms(q) => present(&q.field).filter(|p| !p),
        Query::Wildcard(q) => present(&q.field).filter(|p| !p),
        Query::Regexp(q) => present(&q.field).filter(|p| !p),
        Query::Range(q) => present(&q.field).filter(|p| !p),
        Query::Bool(b) => {
            let of = |parts: &[Query<Never>]| parts.iter().map(|q| verdict(q, records, record)).collect::<Vec<_>>();
            let should = of(&b.should);
            let one_of = match () {
                () if should.is_empty() || should.contains(&Some(true)) => Some(true),
                () if should.iter().all(|v| *v == Some(false)) => Some(false),
                () => None,
            };
            let mut all = of(&b.filter);
            all.extend(of(&b.must_not).into_iter().map(|v| v.map(|holds| !holds)));
            all.push(one_of);
            if all.contains(&Some(false)) { Some(false) } else { all.iter().all(Option::is_some).then_some(true) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::elastic::columns::RecordsBuilder;
    use huntc_compiler::value::Value;

    #[test]
    fn presence_settles_what_it_can() {
        let mut builder = RecordsBuilder::new(2, false);
        builder.columns[0].push_text("x");
        builder.end_record("i", "1", None);
        let records = builder.finish(["a", "b"].into_iter());
        let term = |field: &str| Query::term(field, Value::text("x"));
        let cases = [
            (Query::exists("a"), Some(true)),
            (Query::exists("b"), Some(false)),
            (Query::exists("unknown"), None),
            (term("a"), None),
            (term("b"), Some(false)),
            (Query::all_but(Query::exists("a"), term("b")), Some(true)),
            (Query::all_but(Query::exists("a"), Query::exists("a")), Some(false)),
            (Query::any([term("b"), Query::exists("a")]), Some(true)),
            (Query::any([term("b"), Query::exists("b")]), Some(false)),
            (Query::all([term("a"), Query::exists("a")]), None),
        ];
        for (query, wanted) in cases {
            assert_eq!(verdict(&query, &records, 0), wanted, "{query:?}");
        }
    }
}
