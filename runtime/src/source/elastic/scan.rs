//! Reads all records of a request: page by page under one point in time, in slices, checked against the server's own count.

use super::answer::Answer;
use super::body::{MatchAll, Pit, SearchBody, Slice, SourceFilter, page_order};
use super::client::Call;
use super::columns::RecordsBuilder;
use super::connection::Connection;
use super::coverage;
use super::fault::{Fault, FaultKind};
use super::one_pass::{self, PageEnd};
use super::outlet::Outlet;
use super::prepare::PreparedRequest;
use super::server::Product;
use super::shared_snapshot::SharedReading;
use super::side_by_side::{locked, side_by_side};
use super::snapshot::{KEEP_ALIVE, Snapshot};
use super::units::Units;
use crate::allowance::Lent;
use crate::source::repair::Repaired;
use crate::source::{ANSWER, FetchContext};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A page of more bytes than this makes the next pages smaller.
const PAGE_BYTES: usize = 16 << 20;
/// The smallest page that is tried.
const SMALLEST_PAGE: usize = 100;
/// How often a reading is tried, or the part of one that can be read again alone.
pub(super) const RESTARTS: usize = 3;
/// With more pages than this, slices are read in parallel.
const SLICE_FROM: u64 = 4;
/// With more pages than this, the records are read in units of time, of which each can be read again alone.
const UNITS_FROM: u64 = 10;

/// The reading of one request.
pub(super) struct Scan<'a> {
    shared: SharedReading<'a>,
    pub(super) connection: &'a Connection,
    pub(super) context: &'a FetchContext,
    pub(super) prepared: &'a PreparedRequest,
    /// The number of records in a page. Slices share it, since what one learns is true for the others.
    page: AtomicUsize,
    /// Set when a slice or unit has failed, so that the others stop.
    pub(super) stop: AtomicBool,
    /// What is counted of a reading that is not in units.
    counted: Counted,
    /// Set when the tries for all records are used up and a part of them may do.
    lenient: AtomicBool,
    /// Set when no record needs the fields that can be spared.
    spared: AtomicBool,
    /// What the records take so far.
    pub(super) memory: Mutex<Lent<'a>>,
}

/// What of the records is read: those that a query finds, or one slice of them.
#[derive(Clone, Copy)]
pub(super) struct Portion<'q> {
    pub(super) query: &'q RawValue,
    pub(super) slice: Option<Slice>,
    /// What is counted beside it.
    pub(super) aggregations: Option<&'q Json>,
    pub(super) counted: &'q Counted,
}

impl<'q> Portion<'q> {
    /// All records that a query finds.
    pub(super) fn whole(query: &'q RawValue, counted: &'q Counted) -> Self {
        Self { query, slice: None, aggregations: None, counted }
    }
}

/// How many records a query finds. More of them end its reading, which could go on for ever.
pub(super) struct Counted {
    /// As the server counted; `u64::MAX` before it said so.
    pub(super) total: AtomicU64,
    /// How many came, in all slices.
    seen: AtomicU64,
}

impl Default for Counted {
    fn default() -> Self {
        Self { total: AtomicU64::new(u64::MAX), seen: AtomicU64::new(0) }
    }
}

/// What is kept of one page.
pub(super) struct ReadPage {
    /// The number of records that were asked for. Fewer hits mean that there are no more.
    pub(super) asked: usize,
    pub(super) hits: usize,
    bytes: usize,
    pub(super) total: Option<u64>,
    pub(super) last: Option<Box<RawValue>>,
    pub(super) aggregations: Option<Box<RawValue>>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(shared: SharedReading<'a>, context: &'a FetchContext, prepared: &'a PreparedRequest) -> Self {
        let connection = shared.connection;
        let page = AtomicUsize::new(connection.config.page_size.clamp(1, 10_000));
        let memory = Mutex::new(context.allowance.lend(ANSWER));
        let [stop, lenient, spared] = [false, false, false].map(AtomicBool::new);
        Self { shared, connection, context, prepared, page, stop, counted: Counted::default(), lenient, spared, memory }
    }

    /// Reads all records. Begins again when the point in time was lost or a count is wrong; what was read in units stays where
    /// the new point in time agrees with it.
    pub(super) fn run(&self, outlet: &mut Outlet<'_>) -> Result<(), Fault> {
        let mut tries = 0;
        let mut units = Units::default();
        outlet.begin(self.prepared.builder());
        loop {
            tries += 1;
            let mut builder = self.prepared.builder();
            self.counted.total.store(u64::MAX, Ordering::Relaxed);
            self.counted.seen.store(0, Ordering::Relaxed);
            self.stop.store(false, Ordering::Relaxed);
            self.spared.store(false, Ordering::Relaxed);
            *locked(&self.memory) = self.context.allowance.lend(ANSWER);
            locked(&self.memory).grow(outlet.bytes()).map_err(Fault::spent)?;
            let fault = match self.once(&mut builder, &mut units, outlet) {
                Ok(()) => return outlet.take(builder),
                Err(fault) => fault,
            };
            let again = matches!(fault.kind, FaultKind::ContextLost | FaultKind::Miscounted);
            if !again || tries >= RESTARTS {
                return if again && self.context.allow_partial { self.partial(builder, outlet) } else { Err(fault) };
            }
            self.count_retry();
        }
    }

    /// Reads all records, and keeps them together.
    pub(super) fn all(&self) -> Result<RecordsBuilder, Fault> {
        let mut outlet = Outlet::Together(self.prepared.builder());
        self.run(&mut outlet)?;
        Ok(if let Outlet::Together(all) = outlet { all } else { self.prepared.builder() })
    }

    /// Takes what came of the records for all of them.
    fn partial(&self, builder: RecordsBuilder, outlet: &mut Outlet<'_>) -> Result<(), Fault> {
        self.context.stats.partial.store(true, Ordering::Relaxed);
        outlet.take(builder)
    }

    fn once(&self, builder: &mut RecordsBuilder, units: &mut Units, outlet: &mut Outlet<'_>) -> Result<(), Fault> {
        self.prepared.index_fields()?;
        if !self.connection.server(self.context)?.has_shard_doc() {
            let (total, seen) = self.scroll(builder)?;
            prove(total, seen, builder)?;
            return self.shared.confirm(&self.prepared.query, total, self.context);
        }
        let snapshot = self.snapshot()?;
        let result = self.read(&snapshot, builder, units, outlet);
        match &result {
            Ok(total) => self.shared.remember(&self.prepared.query, *total),
            Err(fault) if fault.kind == FaultKind::ContextLost => {
                self.shared.snapshot.lost(&snapshot, self.connection, self.context);
            }
            Err(_) => {}
        }
        result.map(drop)
    }

    /// The point in time of the run, or one over a part of the indices where only that can be had.
    fn snapshot(&self) -> Result<Arc<Snapshot>, Fault> {
        let snapshot = self.shared.open(self.context)?;
        if snapshot.is_partial() {
            self.lenient.store(true, Ordering::Relaxed);
            self.context.stats.partial.store(true, Ordering::Relaxed);
        }
        Ok(snapshot)
    }

    /// Reads the records of a point in time. Answers how many there are.
    fn read(
        &self,
        snapshot: &Snapshot,
        builder: &mut RecordsBuilder,
        units: &mut Units,
        outlet: &mut Outlet<'_>,
    ) -> Result<u64, Fault> {
        if units.are_planned() && self.still_hold(snapshot, units)? {
            return self.units(snapshot, units, outlet);
        }
        // Nothing that came before counts.
        outlet.begin(self.prepared.builder());
        let all = Portion::whole(&self.prepared.query, &self.counted);
        let first = self.page(snapshot, all, None, true, builder)?;
        let Some(total) = first.total else { return Err(Fault::new(FaultKind::Malformed, "the answer has no total")) };
        self.counted.total.store(total, Ordering::Relaxed);
        let pages = total.div_ceil(first.asked as u64);
        if self.prepare_more(snapshot, pages, total, units)? {
            // The units have the records of the first page again.
            *builder = self.prepared.builder();
            return self.units(snapshot, units, outlet);
        }
        let sliced =
            self.connection.server(self.context)?.product == Product::Elasticsearch && self.connection.config.concurrency > 1;
        let more = match () {
            () if first.hits < first.asked => 0,
            // On Elasticsearch slices cost nothing. They are parts of one order, so each continues after the first page.
            () if pages > SLICE_FROM && sliced => self.slices(
                snapshot,
                pages.min(self.connection.config.concurrency as u64) as usize,
                first.last.as_deref(),
                builder,
            )?,
            () => self.pages(snapshot, all, first.last, builder)?,
        };
        prove(total, first.hits as u64 + more, builder)?;
        Ok(total)
    }

    /// Before a reading of so many pages goes on behind the first: whether it goes on in units.
    fn prepare_more(&self, snapshot: &Snapshot, pages: u64, total: u64, units: &mut Units) -> Result<bool, Fault> {
        if pages <= UNITS_FROM {
            return if pages > 1 { self.spare(snapshot).map(|()| false) } else { Ok(false) };
        }
        // Both look at all records, and neither needs the other.
        std::thread::scope(|scope| {
            let spared = scope.spawn(|| self.spare(snapshot));
            let planned = self.plan(snapshot, pages, total, units);
            let lost = |_| Err(Fault::new(FaultKind::Rejected, "a reading thread ended early"));
            spared.join().unwrap_or_else(lost).and(planned)
        })
    }

    /// Spares the fields that no record of the point in time needs.
    fn spare(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        let Some((needs, _)) = &self.prepared.spare else { return Ok(()) };
        let needy = match self.aggregate::<()>(snapshot, needs, &serde_json::json!({})) {
            Ok((needy, _)) => needy,
            Err(fault) if matches!(fault.kind, FaultKind::Spent(_) | FaultKind::ContextLost) => return Err(fault),
            // What a server cannot count is no reason to fail.
            Err(_) => return Ok(()),
        };
        self.spared.store(needy == 0 && !self.is_lenient(), Ordering::Relaxed);
        Ok(())
    }

    /// The fields of documents that are asked for.
    fn includes(&self) -> &[String] {
        match &self.prepared.spare {
            Some((_, includes)) if self.spared.load(Ordering::Relaxed) => includes,
            _ => &self.prepared.includes,
        }
    }

    /// Reads what comes after `after` in each slice, each on its own thread. Returns the number of hits.
    fn slices(
        &self,
        snapshot: &Snapshot,
        max: usize,
        after: Option<&RawValue>,
        builder: &mut RecordsBuilder,
    ) -> Result<u64, Fault> {
        let ids: Vec<usize> = (0..max).collect();
        let parts = side_by_side(&ids, max, &self.stop, |id| {
            let mut part = self.prepared.builder();
            let all = Portion::whole(&self.prepared.query, &self.counted);
            let slice = Portion { slice: Some(Slice { id: *id, max }), ..all };
            let seen = self.pages(snapshot, slice, after.map(ToOwned::to_owned), &mut part)?;
            Ok((seen, part))
        })?;
        let mut seen = 0;
        for (count, part) in parts {
            seen += count;
            builder.append(part);
        }
        Ok(seen)
    }

    /// Reads the pages of a part from `after` to its end. Returns the number of hits.
    pub(super) fn pages(
        &self,
        snapshot: &Snapshot,
        part: Portion<'_>,
        after: Option<Box<RawValue>>,
        builder: &mut RecordsBuilder,
    ) -> Result<u64, Fault> {
        let mut after = after;
        let mut seen = 0;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Fault::new(FaultKind::Stopped, ""));
            }
            let page = self.page(snapshot, part, after.as_deref(), false, builder)?;
            seen += page.hits as u64;
            if page.hits < page.asked {
                return Ok(seen);
            }
            self.adapt_page(&page);
            if page.last.as_ref().map(|l| l.get()) == after.as_ref().map(|a| a.get()) {
                // A cache that does not look at bodies gives the same page for ever.
                return Err(Fault::new(FaultKind::Miscounted, "a page ends where the one before it ended"));
            }
            after = page.last;
        }
    }

    /// Makes the next pages smaller when records are long, because a server builds a page in memory.
    fn adapt_page(&self, page: &ReadPage) {
        let each = page.bytes / page.hits.max(1);
        let fitting = (PAGE_BYTES / each.max(1)).max(SMALLEST_PAGE);
        self.page.fetch_min(fitting, Ordering::Relaxed);
    }

    /// What is counted of the reading as a whole.
    pub(super) fn counted(&self) -> &Counted {
        &self.counted
    }

    /// The number of records to ask for in the next page.
    pub(super) fn page_size(&self) -> usize {
        self.page.load(Ordering::Relaxed)
    }

    pub(super) fn count_retry(&self) {
        self.context.stats.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// Halves the page size after a page of `size` was refused. False when `size` was the smallest already.
    pub(super) fn shrink_page(&self, size: usize) -> bool {
        self.page.fetch_min((size / 2).max(SMALLEST_PAGE), Ordering::Relaxed);
        may_shrink(size)
    }

    /// Whether an answer may be used: it is complete, or a part may do.
    pub(super) fn check_complete(&self, answer: &Answer<'_>, snapshot: Option<&Snapshot>) -> Result<(), Fault> {
        let covers = || match snapshot {
            Some(snapshot) => {
                // Old servers do not tell their number when one is opened.
                self.shared.covers(snapshot, answer.shard_count(), self.context)?;
                if snapshot.is_partial() {
                    self.take_a_part();
                }
                snapshot.covers(answer)
            }
            None => coverage::of_indices(self.shared.mappings, answer.shard_count()),
        };
        match answer.whole().and_then(|()| covers()) {
            Err(fault) if self.is_lenient() && fault.leaves_a_part() => {
                self.context.stats.partial.store(true, Ordering::Relaxed);
                Ok(())
            }
            verdict => verdict,
        }
    }

    pub(super) fn is_lenient(&self) -> bool {
        self.lenient.load(Ordering::Relaxed)
    }

    /// Marks the answer as a part.
    pub(super) fn take_a_part(&self) {
        self.context.stats.partial.store(true, Ordering::Relaxed);
    }

    /// Whether a part may do from now on. All tries for the whole were used up.
    pub(super) fn settles_for_a_part(&self, fault: &Fault) -> bool {
        self.context.allow_partial && fault.leaves_a_part() && !self.lenient.swap(true, Ordering::Relaxed)
    }

    /// Reads one page into the builder.
    pub(super) fn page(
        &self,
        snapshot: &Snapshot,
        part: Portion<'_>,
        after: Option<&RawValue>,
        total: bool,
        builder: &mut RecordsBuilder,
    ) -> Result<ReadPage, Fault> {
        loop {
            let size = self.page_size();
            match self.sized_page(snapshot, part, after, total, size, builder) {
                // An index may allow fewer records than the usual 10,000, and a server may have the memory for fewer only.
                Err(fault) if fault.asks_for_less() && self.shrink_page(size) => self.count_retry(),
                Err(fault) if self.settles_for_a_part(&fault) => {}
                result => return result,
            }
        }
    }

    /// Reads a page of `size` records, in one try.
    pub(super) fn sized_page(
        &self,
        snapshot: &Snapshot,
        part: Portion<'_>,
        after: Option<&RawValue>,
        total: bool,
        size: usize,
        builder: &mut RecordsBuilder,
    ) -> Result<ReadPage, Fault> {
        let product = self.connection.server(self.context)?.product;
        let partial = self.is_lenient();
        let pit = snapshot.id();
        let from_index = self.prepared.index_fields()?;
        let body = SearchBody {
            size,
            track_total_hits: total,
            sort: page_order(product),
            search_after: after,
            pit: Some(Pit { id: &pit, keep_alive: KEEP_ALIVE }),
            slice: part.slice,
            query: part.query,
            aggs: part.aggregations,
            post_filter: MatchAll::behind(product),
            source: SourceFilter { includes: self.includes() },
            docvalue_fields: &from_index.doc_values,
            fields: &from_index.fields,
        };
        let call = Call { shrinks: may_shrink(size), ..self.connection.search_under(partial, &body)? };
        let page = self.connection.send(&call, self.context, |reply| {
            let (mark, before) = (builder.mark(), builder.bytes());
            let mut mended = Repaired::default();
            let read = one_pass::read(&reply.body, self.prepared, builder);
            let taken = read.is_some();
            let (mut answer, end) = if let Some(read) = read {
                read
            } else {
                builder.back_to(mark);
                let answer = Answer::read(&reply.body, &mut mended)?;
                let end = PageEnd::of(&answer.hits.hits);
                (answer, end)
            };
            let complete = self.check_complete(&answer, Some(snapshot));
            if complete.is_ok() {
                snapshot.renew(answer.pit_id.take());
            }
            complete.and_then(|()| end.check(&answer, size, total)).inspect_err(|_| builder.back_to(mark))?;
            if !taken {
                self.prepared.take(&answer.hits.hits, builder)?;
            }
            self.count_hits(end.hits, before, part.counted, builder)?;
            Ok(ReadPage {
                asked: size,
                hits: end.hits,
                bytes: reply.body.len(),
                total: answer.hits.exact_total(),
                last: end.last.map(ToOwned::to_owned),
                aggregations: answer.aggregations.map(ToOwned::to_owned),
            })
        })?;
        self.context.stats.pages.fetch_add(1, Ordering::Relaxed);
        Ok(page)
    }

    /// Takes the records of an answer.
    pub(super) fn take_hits(&self, answer: &Answer<'_>, counted: &Counted, builder: &mut RecordsBuilder) -> Result<(), Fault> {
        let before = builder.bytes();
        self.prepared.take(&answer.hits.hits, builder)?;
        self.count_hits(answer.hits.hits.len(), before, counted, builder)
    }

    /// Counts the hits of an answer. The builder had so many bytes `before` it took them.
    fn count_hits(&self, hits: usize, before: usize, counted: &Counted, builder: &RecordsBuilder) -> Result<(), Fault> {
        locked(&self.memory).grow(builder.bytes().saturating_sub(before)).map_err(Fault::spent)?;
        let hits = hits as u64;
        self.context.read.fetch_add(hits, Ordering::Relaxed);
        let seen = counted.seen.fetch_add(hits, Ordering::Relaxed) + hits;
        let total = counted.total.load(Ordering::Relaxed);
        if seen > total { Err(miscounted(total, seen)) } else { Ok(()) }
    }
}

/// The error when the records are not as many as the server counted, or when one came twice.
pub(super) fn prove(total: u64, seen: u64, builder: &RecordsBuilder) -> Result<(), Fault> {
    if seen != total {
        return Err(miscounted(total, seen));
    }
    if builder.distinct() { Ok(()) } else { Err(Fault::new(FaultKind::Miscounted, "a record came twice")) }
}

pub(super) fn miscounted(total: u64, seen: u64) -> Fault {
    Fault::new(FaultKind::Miscounted, format!("{seen} records came, but the server counted {total}"))
}

/// Whether a smaller page than one of `size` is tried.
pub(super) fn may_shrink(size: usize) -> bool {
    size > SMALLEST_PAGE
}
