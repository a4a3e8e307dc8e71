//! Tuples of a request: paged composite aggregations under one point in time.
//!
//! A tuple is exact only where the index holds what the documents say: whole values that nothing changed, one for each
//! field and document. What the index leaves out for its length is read from the documents; that no document has several
//! values is proved by the sum of all counts.

use super::ElasticSource;
use super::adapt::names_in_ignored;
use super::choice;
use super::columns::RecordsBuilder;
use super::fault::{Fault, FaultKind};
use super::mapping::{FieldKind, Indices, ValuesKept};
use super::prepare::{PreparedRequest, aligned, wanted_names};
use super::scan::{Counted, Portion, Scan, prove};
use super::server::Product;
use super::side_by_side::side_by_side;
use super::snapshot::Snapshot;
use super::tuple_pages::{Extreme, TupleCount, WholeField, parsed};
use super::units::TIME;
use crate::source::{FetchContext, Records, TupleCounts, TupleFields, TupleRequest, Tuples};
use huntc_compiler::request::{BoundRequest, TupleTimes};
use huntc_compiler::time::Instant;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// So many records come with their number. Where there are no more, or hardly more, nothing is counted.
const FIRST: u64 = 1_000;
/// A page of so many tuples is not made smaller.
const FEW: usize = 1_000;
/// Instants in one request: servers make one or two clauses of each, and take 1,024 in all.
const INSTANTS: usize = 400;

/// The queries of the records that are counted and of those that are read.
struct Parts {
    together: Json,
    single: Json,
}

/// A request whose records the indices may count by their values.
struct Countable {
    request: BoundRequest,
    fields: Vec<WholeField>,
    /// The records that must be read one by one.
    single: PreparedRequest,
}

/// What is told with the first records.
#[derive(Deserialize)]
struct Overview {
    single: DocCount,
    first: Option<Extreme>,
    last: Option<Extreme>,
}

#[derive(Deserialize)]
struct DocCount {
    doc_count: u64,
}

/// What is known after the first search.
enum Beginning {
    /// There are few records, and these are all.
    Few(RecordsBuilder),
    /// How many there are, how many of them must be read one by one, and when the first and the last was.
    Many { total: u64, apart: u64, span: Option<(i64, i64)> },
}

impl ElasticSource {
    /// `None` where counting cannot be exact.
    fn countable(&self, asked: &TupleRequest<'_>, context: &FetchContext) -> Result<Option<Countable>, Fault> {
        let server = self.connection.server(context)?;
        let window = asked.request.window;
        if !server.has_shard_doc() || window.is_none() || !aligned(window) {
            return Ok(None);
        }
        let request = asked.of_single();
        let indices = self.mappings.of(&self.connection, context, &self.fields_of(&request))?;
        let fields: Option<Vec<WholeField>> = asked.fields.iter().map(|field| whole(field, &indices)).collect();
        let Some(fields) = fields.filter(|_| plain_dates(&indices)) else { return Ok(None) };
        if server.product == Product::OpenSearch && fields.iter().any(|field| !field.left_out.is_empty()) {
            // Nothing tells which documents have values that the index left out.
            return Ok(None);
        }
        let single =
            self.prepare(&BoundRequest { query: asked.single.clone(), window: None, ..asked.of_tuples() }, context, false)?;
        Ok(Some(Countable { request, fields, single }))
    }

    /// The records that were counted and lie in these milliseconds; `None` where one of them has none.
    pub(super) fn counted_at(
        &self,
        asked: &TupleRequest<'_>,
        millis: &[i64],
        context: &FetchContext,
    ) -> Result<Option<Records>, Fault> {
        let Some(Countable { request, fields, single }) = self.countable(asked, context)? else { return Ok(None) };
        let read = self.with_prepared(&request, context, |prepared| {
            self.read_at(&request, millis, &Parts::new(prepared, &single, &fields), context)
        });
        match read {
            Err(fault) if fault.is_of_counting() => Ok(None),
            read => read,
        }
    }

    /// `None` where it cannot be exact, or costs more than reading.
    pub(super) fn counted_tuples(&self, asked: &TupleRequest<'_>, context: &FetchContext) -> Result<Option<Tuples>, Fault> {
        let Some(Countable { request, fields, single }) = self.countable(asked, context)? else { return Ok(None) };
        let counted = self.with_prepared(&request, context, |prepared| {
            if prepared.nothing {
                return Ok(None);
            }
            let snapshot = self.reading().open(context)?;
            if snapshot.is_partial() {
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
            // What the server does not count it may give, and what a reading cannot give either it explains.
            Err(fault) if fault.is_of_counting() => {
                context.stats.set_uncounted(self.connection.explain(&fault).message);
                Ok(None)
            }
            counted => counted,
        }
    }

    /// How many records a request finds under the point in time of the run; `None` where some hits may not be meant.
    pub(super) fn number_of(&self, request: &BoundRequest, context: &FetchContext) -> Result<Option<u64>, Fault> {
        self.with_prepared(request, context, |prepared| {
            if prepared.nothing {
                return Ok(Some(0));
            }
            let snapshot = self.reading().open(context)?;
            if snapshot.is_partial() || !prepared.exact {
                return Ok(None);
            }
            match self.reading().counted(&prepared.query, Some(&snapshot), context) {
                // It is read in halves, of which some records are in both; or page by page, which takes a server less at once.
                Err(fault) if fault.refuses_length() || fault.is_of_time() => Ok(None),
                counted => counted.map(Some),
            }
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
        let (total, apart, span) = match self.beginning(snapshot, asked, prepared, parts, context)? {
            Beginning::Few(records) => {
                let single = records.finish(prepared.wanted());
                self.keep_reading(prepared, context);
                return Ok(Some(Tuples { single, ..Tuples::default() }));
            }
            Beginning::Many { total, apart, span } => (total, apart, span),
        };
        if !choice::begins(total, apart, asked.from) {
            return Ok(None);
        }
        let records = total.saturating_sub(apart);
        let (query, times, always) = (&parts.together, asked.times, asked.from == 0);
        let in_order = times == TupleTimes::Order;
        let page = choice::page(self.connection.config.page_size, snapshot.shards);
        let (mut counts, mut instants) = (Vec::new(), BTreeSet::new());
        let all_fields: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        // Where an entity may be written in several ways, only all slots together tell in how many records it stands.
        let each = asked.slots.iter().all(|slot| slot.each);
        let by_slot = (each || prepared.exact) && (!asked.counts || fields.iter().all(|field| field.one_form));
        let wanted = asked.counted(by_slot);
        // An index keeps equal values of a record once, so that it does not tell `[a, a]` from `a`.
        if wanted.iter().any(|of| !of.each && of.fields.iter().any(|field| asked.kinds.get(field).list)) {
            return Ok(None);
        }
        let of = |name: &String| asked.fields.iter().position(|field| field == name).and_then(|at| fields.get(at));
        let whole = |of_slot: &TupleFields<'_>| of_slot.fields.iter().map(of).collect::<Option<Vec<&WholeField>>>();
        let Some(whole) = wanted.iter().map(whole).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let count = |(of, fields): (&TupleFields<'_>, _)| TupleCount {
            source: self,
            snapshot,
            context,
            query,
            records,
            fields,
            each: of.each,
            times,
            page,
            span,
            always,
        };
        let counts_of: Vec<TupleCount<'_>> = wanted.iter().zip(whole.iter().map(Vec::as_slice)).map(count).collect();
        let most = self.connection.config.concurrency;
        let all = side_by_side(&counts_of, most, &AtomicBool::new(false), |count| match count.all() {
            // A server that lacks the memory for so many tuples may have it for fewer.
            Err(fault) if fault.asks_for_less() && page > FEW => TupleCount { page: (page / 8).max(FEW), ..*count }.all(),
            counted => counted,
        })?;
        for ((TupleFields { slot, fields: names, .. }, count), counted) in wanted.iter().zip(&counts_of).zip(all) {
            let (slot, Some(counted)) = (*slot, counted) else { return Ok(None) };
            self.keep_sent("the records were counted by their values", &count.first_page()?, context);
            // Where more than the order matters, the records that are read tell the times.
            if !in_order {
                instants.extend(counted.instants());
            }
            let (records, numbers) = counted.finish(names.iter().map(String::as_str), in_order);
            counts.push(TupleCounts { slot, records, counts: numbers });
            if asked.counts
                && slot.is_some()
                && counts.len() == asked.slots.len()
                && !count.in_all_slots(&mut counts, &all_fields)?
            {
                return Ok(None);
            }
        }
        self.reading().remember(&prepared.query, total);
        let mut tuples = Tuples { counted: Some(records), counts, cut: in_order, ..Tuples::default() };
        let request = asked.of_single();
        let instants: Vec<i64> = instants.into_iter().collect();
        // Neither needs the other.
        let (single, seen) = std::thread::scope(|scope| {
            let single = (apart > 0).then(|| {
                let part = json!({"bool": {"filter": [parts.single]}});
                let request = &request;
                scope.spawn(move || self.read_part(request, &part, context))
            });
            let seen = self.read_at(&request, &instants, parts, context);
            let lost = |_| Err(Fault::new(FaultKind::Rejected, "a reading thread ended early"));
            (single.map(|single| single.join().unwrap_or_else(lost)), seen)
        });
        if let Some(single) = single.transpose()? {
            tuples.single = single.finish(wanted_names(&request));
        }
        Ok(seen?.map(|seen| Tuples { seen, ..tuples }))
    }

    /// The first records, and how many there are. Where they are few, the others too.
    fn beginning(
        &self,
        snapshot: &Snapshot,
        asked: &TupleRequest<'_>,
        prepared: &PreparedRequest,
        parts: &Parts,
        context: &FetchContext,
    ) -> Result<Beginning, Fault> {
        let time = json!({ "field": TIME });
        let single = json!({"filter": {"bool": {"filter": [parts.single]}}});
        let overview = json!({"single": single, "first": {"min": time}, "last": {"max": time}});
        let scan = Scan::new(self.reading(), context, prepared);
        let mut records = prepared.builder();
        let counted = Counted::default();
        let all = Portion::whole(&prepared.query, &counted);
        let portion = Portion { aggregations: Some(&overview), ..all };
        let page = scan.sized_page(snapshot, portion, None, true, FIRST.min(asked.from) as usize, &mut records)?;
        let malformed = |what| Fault::new(FaultKind::Malformed, what);
        let total = page.total.ok_or_else(|| malformed("the answer has no total"))?;
        if total < asked.from {
            counted.total.store(total, Ordering::Relaxed);
            let mut seen = page.hits as u64;
            if page.hits == page.asked {
                seen += scan.pages(snapshot, all, page.last, &mut records)?;
            }
            prove(total, seen, &records)?;
            self.reading().remember(&prepared.query, total);
            return Ok(Beginning::Few(records));
        }
        // Who leaves aggregations out does not count, so the records are read.
        let found = page.aggregations.ok_or_else(|| Fault::new(FaultKind::Rejected, "the answer has no aggregations"))?;
        let overview: Overview = parsed(&found)?;
        let millis = |extreme: Option<Extreme>| extreme.and_then(|e| e.millis());
        let span = millis(overview.first).zip(millis(overview.last));
        Ok(Beginning::Many { total, apart: overview.single.doc_count, span })
    }

    /// The counted records in these milliseconds; `None` where one of them has none.
    fn read_at(
        &self,
        request: &BoundRequest,
        instants: &[i64],
        parts: &Parts,
        context: &FetchContext,
    ) -> Result<Option<Records>, Fault> {
        let chunks: Vec<&[i64]> = instants.chunks(INSTANTS).collect();
        let stop = AtomicBool::new(false);
        let read = side_by_side(&chunks, self.connection.config.concurrency, &stop, |chunk| {
            let times: Vec<String> = chunk.iter().map(|millis| Instant::from_millis(*millis).to_string()).collect();
            let part = json!({"bool": {"filter": [{"terms": {TIME: times}}], "must_not": [parts.single]}});
            self.read_part(request, &part, context)
        })?;
        let mut seen = RecordsBuilder::new(wanted_names(request).count(), request.fields.iter().any(|f| f == "_id"));
        for part in read {
            seen.append(part);
        }
        let seen = seen.finish(wanted_names(request));
        let found: BTreeSet<i64> = seen.times.iter().flatten().map(|time| time.millis_floor()).collect();
        // Each instant must have come back: otherwise the server understands times in another way.
        Ok((found.len() == instants.len()).then_some(seen))
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
}

impl Parts {
    /// Each record is in one of them, whatever the queries find: the same query takes it from one and gives it to the other.
    fn new(prepared: &PreparedRequest, single: &PreparedRequest, fields: &[WholeField]) -> Self {
        let cut: BTreeSet<&String> = fields.iter().flat_map(|field| &field.left_out).collect();
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
    let mut known: Option<(&str, KeyKind)> = None;
    let mut one_form = true;
    let mut left_out = BTreeSet::new();
    for mapping in indices.values().filter_map(|fields| fields.get(field)) {
        if mapping.ignorable {
            left_out.extend(names_in_ignored(field).map(str::to_owned));
        }
        if mapping.target.is_some() || mapping.type_only || mapping.invented || mapping.kept != ValuesKept::Document {
            return None;
        }
        one_form &= matches!(mapping.kind, FieldKind::Missing | FieldKind::Ip);
        let (own, limit) = match &mapping.kind {
            FieldKind::Missing => continue,
            FieldKind::Keyword { limit, normalized: false, .. } => ((field, KeyKind::Text), limit.is_some()),
            FieldKind::Text { keyword: Some((keyword, limit)) } => ((keyword.as_str(), KeyKind::Text), limit.is_some()),
            FieldKind::Integer { .. } => ((field, KeyKind::Number), false),
            FieldKind::Ip => ((field, KeyKind::Address), false),
            _ => return None,
        };
        if known.is_some_and(|known| known != own) {
            return None;
        }
        known = Some(own);
        if limit {
            left_out.insert(own.0.to_owned());
        }
    }
    Some(WholeField { name: known.map_or(field, |(name, _)| name).to_owned(), left_out, one_form })
}

/// What the keys of a field's buckets are. Servers put keys of one kind in an order only, and fail (500) at others.
#[derive(Clone, Copy, PartialEq)]
enum KeyKind {
    Text,
    Number,
    Address,
}

/// Whether all indices understand times as they are written here.
fn plain_dates(indices: &Indices) -> bool {
    indices.values().filter_map(|fields| fields.get(TIME)).all(|mapping| matches!(mapping.kind, FieldKind::Date { plain: true }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::elastic::mapping::FieldMapping;
    use std::collections::BTreeMap;

    #[test]
    fn values_that_an_index_leaves_out_go_by_several_names() {
        let left_out = |mapping: FieldMapping| {
            let indices = Indices::from([("i".to_owned(), BTreeMap::from([("a.b.c".to_owned(), mapping)]))]);
            whole("a.b.c", &indices).map(|field| field.left_out.into_iter().collect::<Vec<_>>())
        };
        let keyword = |limit| FieldKind::Keyword { limit, normalized: false, text: None };
        let plain = FieldMapping::of;
        assert_eq!(left_out(plain(keyword(None))), Some(Vec::new()));
        assert_eq!(left_out(plain(keyword(Some(9)))), Some(vec!["a.b.c".to_owned()]));
        let words = FieldKind::Text { keyword: Some(("a.b.c.whole".to_owned(), Some(9))) };
        assert_eq!(left_out(plain(words)), Some(vec!["a.b.c.whole".to_owned()]));
        // Beyond the limit of fields a document tells of the whole object.
        let beyond = FieldMapping { ignorable: true, ..plain(FieldKind::Missing) };
        assert_eq!(left_out(beyond), Some(["a", "a.b", "a.b.c"].map(str::to_owned).to_vec()));
        assert_eq!(left_out(FieldMapping { invented: true, ..plain(keyword(None)) }), None);
    }

    #[test]
    fn a_field_of_another_kind_in_another_index_is_not_counted() {
        let counted = |kinds: [FieldKind; 2]| {
            let index = |(name, kind): (&str, FieldKind)| {
                (name.to_owned(), BTreeMap::from([("event.code".to_owned(), FieldMapping::of(kind))]))
            };
            whole("event.code", &["a", "b"].into_iter().zip(kinds).map(index).collect()).is_some()
        };
        let keyword = || FieldKind::Keyword { limit: None, normalized: false, text: None };
        let number = || FieldKind::Integer { least: i64::MIN, most: i64::MAX };
        assert!(counted([keyword(), keyword()]) && counted([number(), number()]) && counted([FieldKind::Ip, FieldKind::Missing]));
        assert!(!counted([keyword(), number()]) && !counted([FieldKind::Ip, keyword()]) && !counted([number(), FieldKind::Ip]));
    }
}
