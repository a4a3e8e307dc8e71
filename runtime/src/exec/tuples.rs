//! GET and FIND over tuples: where nobody asks for single records, the source counts those that are equal and gives one for all.

use super::bind::{self, Fill};
use super::node::{Asked, LookIn, Take};
use super::requests::{Visitor, chunked};
use super::{Failure, Run, failed, locked};
use crate::matching::{Found, typed};
use crate::report::model::{RequestReport, RequestStatus};
use crate::source::{DataSource, FetchContext, RECORD_IDS, Records, TupleCounts, TupleRequest, Tuples};
use crate::table::{Key, Rung, Table, Weights};
use foldhash::{HashMap, HashSet};
use huntc_compiler::catalog::{FieldType, ValueType};
use huntc_compiler::plan::{Node, NodeId, SourceRef};
use huntc_compiler::request::{BoundRequest, Query, RequestTemplate, TupleForm, TupleTimes};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// The most values for which the source is asked in how many records they stand.
const VALUES: usize = 60_000;
/// Ids of tuples begin here.
const TUPLES: u64 = RECORD_IDS;
const NODE_BIT: u32 = 32;

impl Run<'_> {
    /// The table of a node by tuples; `None` where its records must be read, or where that costs less.
    pub(super) fn by_tuples(
        &self,
        id: NodeId,
        node: &Node,
        asked: &Asked<'_>,
        take: &mut Take<'_>,
    ) -> Result<Option<Table>, Failure> {
        let Some(from) = self.options.tuples_from else { return Ok(None) };
        let template = self.job.requests.of(id).and_then(|template| Some((template, template.tuples.as_ref()?)));
        let Some((template, form)) = template else { return Ok(None) };
        let mut found = self.found_tuples(id, node, asked, take, (template, form, from))?;
        let counted_unsettled = |(table, report): &(Table, RequestReport)| report.tuples.is_some() && !table.is_settled();
        if form.times == TupleTimes::None && found.as_ref().is_some_and(counted_unsettled) {
            // Which of several values a row has depends on which came first. Records that were read one by one have their times.
            let form = TupleForm { times: TupleTimes::Order, ..form.clone() };
            found = self.found_tuples(id, node, asked, take, (template, &form, from))?;
        }
        let Some((table, report)) = found else { return Ok(None) };
        self.undecided(id, table.undecided_count());
        locked(&self.requests).push((id, 0, report));
        Ok(Some(table))
    }

    fn found_tuples(
        &self,
        id: NodeId,
        node: &Node,
        asked: &Asked<'_>,
        take: &mut Take<'_>,
        (template, form, from): (&RequestTemplate, &TupleForm, u64),
    ) -> Result<Option<(Table, RequestReport)>, Failure> {
        let Some(request) = self.tuple_query(asked, template)? else { return Ok(None) };
        let mut report = self.request_report(id, 0, template, template.form.exactness, &request);
        let context = self.context(&report.id);
        let wanted = asked_for(form, &request, from);
        let begun = Instant::now();
        let opened = self.open(node, template.source)?;
        let ask = || opened.tuples(&wanted, &context);
        let answer = match self.in_one_moment(template.source, opened.as_ref(), ask) {
            Ok(answer) => answer,
            Err(error) => {
                report.elapsed = begun.elapsed();
                report.status = RequestStatus::Failed;
                report.complete = false;
                locked(&self.requests).push((id, 0, report));
                return Err(failed(node, error));
            }
        };
        if context.stats.partial.load(Ordering::Relaxed) {
            // A reading tells of the part that is missing.
            return Ok(None);
        }
        let Some(Tuples { counted, mut counts, cut, mut seen, mut single }) = answer else {
            locked(&self.uncounted).extend(context.stats.uncounted().map(|why| (id, why)));
            return Ok(None);
        };
        self.budget(node)?;
        super::requests::apart(&mut seen, template.source);
        super::requests::apart(&mut single, template.source);
        let mut weights: HashMap<u64, u64> = seen.ids.iter().map(|id| (*id, 0)).collect();
        let numbered = counts.iter_mut().flat_map(|of| of.records.ids.iter_mut().zip(&of.counts));
        for ((own, count), number) in numbered.zip(0_u64..) {
            *own = TUPLES | u64::from(id.0) << NODE_BIT | number;
            weights.insert(*own, *count);
        }
        report.elapsed = begun.elapsed();
        report.pages = context.stats.pages.load(Ordering::Relaxed);
        report.sent = context.stats.sent();
        report.retries = context.stats.retries.load(Ordering::Relaxed);
        report.records = counted.unwrap_or(0) + single.len() as u64;
        report.tuples = counted.map(|_| counts.iter().map(|of| of.counts.len() as u64).sum());
        report.status = RequestStatus::Ok;
        self.remember_mended(template.source, &single.mended);

        let mut table = self.table_of_tuples(node, asked, (&counts, &seen, &single, template.ladder), take)?;
        let unclear = if cut { table.unclear_millis() } else { BTreeSet::new() };
        if !unclear.is_empty() {
            let millis: Vec<i64> = unclear.iter().copied().collect();
            let Some(read) = self.seen_at(node, template.source, &wanted, &millis, &context)? else { return Ok(None) };
            seen = read;
            weights.extend(seen.ids.iter().map(|id| (*id, 0)));
            for time in counts.iter_mut().flat_map(|of| &mut of.records.times) {
                *time = time.filter(|time| !unclear.contains(&time.millis_floor()));
            }
            table = self.table_of_tuples(node, asked, (&counts, &seen, &single, template.ladder), take)?;
        }
        table.weights = Weights::new(weights, counts.iter().any(|of| of.slot.is_some()));
        if let Some(counted) = counted.filter(|_| counts.iter().any(|of| of.slot.is_some())) {
            let ids = table.record_ids();
            let some_slot = self.in_some_slot(node, opened.as_ref(), &context, (&request, &counts, counted), &ids)?;
            let Some(some_slot) = some_slot else {
                // All slots together tell.
                let form = TupleForm { slots: Vec::new(), ..form.clone() };
                return self.found_tuples(id, node, asked, take, (template, &form, from));
            };
            let read: u64 = ids.iter().filter(|id| *id & TUPLES == 0).map(|id| table.weights.of(*id)).sum();
            table.known_records = Some(some_slot + read);
        }
        Ok(Some((table, report)))
    }

    /// The request for what is counted; `None` where it would be several, or things are told apart record by record.
    fn tuple_query(&self, asked: &Asked<'_>, template: &RequestTemplate) -> Result<Option<BoundRequest>, Failure> {
        let (keys, entity) = asked.keys.map_or((&[][..], None), |(keys, entity)| (keys, Some(entity)));
        // What host, pid and time tell apart is told apart record by record.
        let by_id = |key: &&Key| matches!(key.rung(), Rung::EntityId | Rung::Plain);
        if keys.len() > bind::CHUNK || !keys.iter().all(by_id) {
            return Ok(None);
        }
        let chunks = chunked(&self.hole_values(&template.form.query)?);
        let [columns] = chunks.as_slice() else { return Ok(None) };
        let fill = Fill { keys, entity, catalog: self.job.catalog, columns, any: false };
        let request = bind::request(template, &template.form, &fill);
        let empty = request.query == Query::MatchNone || request.window.is_some_and(|w| w.start >= w.stop);
        Ok((!empty).then_some(request))
    }

    /// What a node found in records that were counted, of those in some milliseconds. `None` where they cannot be read.
    pub(super) fn seen_in(&self, id: NodeId, millis: &[i64]) -> Result<Option<Table>, Failure> {
        let node = self.job.plan.node(id);
        let template = self.job.requests.of(id).and_then(|template| Some((template, template.tuples.as_ref()?)));
        let Some((template, form)) = template else { return Ok(None) };
        self.asking(node, |asked, take| {
            let Some(request) = self.tuple_query(asked, template)? else { return Ok(None) };
            let wanted = asked_for(form, &request, 0);
            let seen = self.seen_at(node, template.source, &wanted, millis, &self.context("evidence"))?;
            let Some(seen) = seen else { return Ok(None) };
            self.table_of_tuples(node, asked, (&[], &seen, &Records::default(), false), take).map(Some)
        })
    }

    /// The records that were counted and lie in some milliseconds.
    fn seen_at(
        &self,
        node: &Node,
        source: SourceRef,
        wanted: &TupleRequest<'_>,
        millis: &[i64],
        context: &FetchContext,
    ) -> Result<Option<Records>, Failure> {
        let opened = self.open(node, source)?;
        let ask = || opened.seen_at(wanted, millis, context);
        let mut seen = self.in_one_moment(source, opened.as_ref(), ask).map_err(|error| failed(node, error))?;
        if let Some(seen) = &mut seen {
            super::requests::apart(seen, source);
        }
        Ok(seen)
    }

    /// What is found in tuples, in records of them, and in those that were read one by one.
    fn table_of_tuples(
        &self,
        node: &Node,
        asked: &Asked<'_>,
        (counts, seen, single, ladder): (&[TupleCounts], &Records, &Records, bool),
        take: &mut Take<'_>,
    ) -> Result<Table, Failure> {
        let mut found = Found::default();
        let beside = [(seen, None, false), (single, None, ladder)];
        for (part, only, ladder) in counts.iter().map(|of| (&of.records, of.slot, false)).chain(beside) {
            let slots = LookIn { only, ladder };
            let mut finder = TupleFinder { run: self, node, asked, slots, found: &mut found, take };
            self.counted(node, part, &mut finder)?;
        }
        let unidentified = found.unidentified_count();
        let mut table = found.sightings.finish(node.entity, &node.columns);
        table.unidentified = unidentified;
        Ok(table)
    }

    /// In how many of the records that were counted slot by slot something was found; `None` where the source cannot say.
    fn in_some_slot(
        &self,
        node: &Node,
        opened: &dyn DataSource,
        context: &FetchContext,
        (request, counts, counted): (&BoundRequest, &[TupleCounts], u64),
        found: &HashSet<u64>,
    ) -> Result<Option<u64>, Failure> {
        let kind = node.entity.map(|entity| self.job.catalog.get(entity));
        // What is more than a value is counted so only where each record is wanted.
        if kind.is_none_or(|kind| kind.each_value().is_none()) {
            return Ok(Some(counted));
        }
        let (mut terms, mut values, mut all) = (Vec::new(), 0, true);
        for of in counts {
            let [(field, column)] = of.records.columns.as_slice() else { return Ok(None) };
            let mut those = Vec::new();
            let ty = match request.kinds.get(field).ty {
                FieldType::Ip => ValueType::Address,
                FieldType::Long => ValueType::Integer,
                _ => ValueType::Text,
            };
            for (tuple, id) in of.records.ids.iter().enumerate() {
                let mut held = column.values(tuple);
                match (held.next(), held.next()) {
                    // As records write it: another spelling of the value is another tuple.
                    (Some(scalar), None) if found.contains(id) => {
                        let Some(value) = typed(scalar, ty) else { return Ok(None) };
                        those.push(value);
                    }
                    // Nothing tells which of them it was.
                    (Some(_), Some(_)) if found.contains(id) => return Ok(None),
                    (other, _) => all &= other.is_none(),
                }
            }
            values += those.len();
            terms.push(Query::terms(field.as_str(), those));
        }
        if all || values > VALUES {
            return Ok(all.then_some(counted));
        }
        let query = Query::all([request.query.clone(), Query::any(terms)]);
        let request = BoundRequest { query, fields: Vec::new(), ..request.clone() };
        opened.exact_count(&request, context).map_err(|error| failed(node, error))
    }
}

/// The node whose tuple has an id; `None` of a record.
pub(super) fn node_of_tuple(id: u64) -> Option<NodeId> {
    (id & TUPLES != 0).then_some(NodeId(((id & !TUPLES) >> NODE_BIT) as u32))
}

fn asked_for<'a>(form: &'a TupleForm, request: &'a BoundRequest, from: u64) -> TupleRequest<'a> {
    let TupleForm { fields, slots, counts, kinds, single, times } = form;
    TupleRequest { request, fields, slots, counts: *counts, kinds, single, times: *times, from }
}

/// Finds things in tuples and in the records beside them.
struct TupleFinder<'a, 'r> {
    run: &'a Run<'r>,
    node: &'a Node,
    asked: &'a Asked<'a>,
    slots: LookIn,
    found: &'a mut Found,
    take: &'a mut Take<'a>,
}

impl Visitor for TupleFinder<'_, '_> {
    fn begin(&mut self) {}

    fn take(&mut self, records: &Records) -> Result<(), Failure> {
        let Self { run, node, asked, slots, .. } = *self;
        run.find(node, asked, (slots, records), self.found, self.take)
    }

    fn whole(&mut self) {}
}
