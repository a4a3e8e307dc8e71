//! Reads all records of a request: page by page under one point in time, in slices, checked against the server's own count.

use super::answer::{Answer, FILTER};
use super::body::{MatchAll, Pit, SearchBody, Slice, SourceFilter};
use super::columns::RecordsBuilder;
use super::connection::Connection;
use super::fault::{Fault, FaultKind};
use super::prepare::PreparedRequest;
use super::server::Product;
use super::snapshot::{KEEP_ALIVE, Snapshot};
use crate::allowance::Lent;
use crate::source::repair::Repaired;
use crate::source::{ANSWER, FetchContext};
use serde_json::value::RawValue;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A page of more bytes than this makes the next pages smaller.
const PAGE_BYTES: usize = 16 << 20;
/// The smallest page that is tried.
const SMALLEST_PAGE: usize = 100;
/// How often the whole reading is tried.
const RESTARTS: usize = 3;
/// With more pages than this, slices are read in parallel.
const SLICE_FROM: u64 = 4;

/// The reading of one request.
pub(super) struct Scan<'a> {
    pub(super) connection: &'a Connection,
    pub(super) context: &'a FetchContext,
    pub(super) prepared: &'a PreparedRequest,
    /// The number of records in a page. Slices share it, since what one learns is true for the others.
    page: AtomicUsize,
    /// Set when a slice has failed, so that the others stop.
    stop: AtomicBool,
    /// How many records the server counted; `u64::MAX` before it said so.
    total: AtomicU64,
    /// How many records came, in all slices.
    seen: AtomicU64,
    /// What the records take so far.
    memory: Mutex<Lent<'a>>,
}

/// What is kept of one page.
struct Page {
    /// The number of records that were asked for. Fewer hits mean that there are no more.
    asked: usize,
    hits: usize,
    bytes: usize,
    total: Option<u64>,
    last: Option<Box<RawValue>>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(connection: &'a Connection, context: &'a FetchContext, prepared: &'a PreparedRequest) -> Self {
        let page = AtomicUsize::new(connection.config.page_size.clamp(1, 10_000));
        let (total, seen) = (AtomicU64::new(u64::MAX), AtomicU64::new(0));
        let memory = Mutex::new(context.allowance.lend(ANSWER));
        Self { connection, context, prepared, page, stop: AtomicBool::new(false), total, seen, memory }
    }

    /// Reads all records. Begins again with a new point in time when the old one was lost or when the count is wrong.
    pub(super) fn run(&self) -> Result<RecordsBuilder, Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut builder = self.prepared.builder();
            self.total.store(u64::MAX, Ordering::Relaxed);
            self.seen.store(0, Ordering::Relaxed);
            *locked(&self.memory) = self.context.allowance.lend(ANSWER);
            let fault = match self.once(&mut builder) {
                Ok(()) => return Ok(builder),
                Err(fault) => fault,
            };
            let again = matches!(fault.kind, FaultKind::ContextLost | FaultKind::Miscounted);
            if !again || tries >= RESTARTS {
                return if again && self.context.allow_partial { Ok(self.partial(builder)) } else { Err(fault) };
            }
            self.context.stats.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn partial(&self, builder: RecordsBuilder) -> RecordsBuilder {
        self.context.stats.partial.store(true, Ordering::Relaxed);
        builder
    }

    fn once(&self, builder: &mut RecordsBuilder) -> Result<(), Fault> {
        if !self.connection.server(self.context)?.has_shard_doc() {
            let (total, seen) = self.scroll(builder)?;
            return prove(total, seen, builder);
        }
        let snapshot = Snapshot::open(self.connection, self.context, self.context.allow_partial)?;
        let result = self.read(&snapshot, builder);
        snapshot.close(self.connection, self.context);
        result
    }

    fn read(&self, snapshot: &Snapshot, builder: &mut RecordsBuilder) -> Result<(), Fault> {
        self.stop.store(false, Ordering::Relaxed);
        let first = self.page(snapshot, None, None, true, builder)?;
        let Some(total) = first.total else { return Err(Fault::new(FaultKind::Malformed, "the answer has no total")) };
        self.total.store(total, Ordering::Relaxed);
        let pages = total.div_ceil(first.asked as u64);
        let sliced =
            self.connection.server(self.context)?.product == Product::Elasticsearch && self.connection.config.concurrency > 1;
        let more = match () {
            () if first.hits < first.asked => 0,
            () if first.last.is_none() => return Err(Fault::new(FaultKind::Malformed, "a full page without sort values")),
            // On Elasticsearch slices cost nothing. They are parts of one order, so each continues after the first page.
            () if pages > SLICE_FROM && sliced => self.slices(
                snapshot,
                pages.min(self.connection.config.concurrency as u64) as usize,
                first.last.as_deref(),
                builder,
            )?,
            () => self.pages(snapshot, None, first.last, builder)?,
        };
        prove(total, first.hits as u64 + more, builder)
    }

    /// Reads what comes after `after` in each slice, each on its own thread. Returns the number of hits.
    fn slices(
        &self,
        snapshot: &Snapshot,
        max: usize,
        after: Option<&RawValue>,
        builder: &mut RecordsBuilder,
    ) -> Result<u64, Fault> {
        let parts: Vec<Result<(u64, RecordsBuilder), Fault>> = std::thread::scope(|scope| {
            let read = |id| {
                let mut part = self.prepared.builder();
                let seen = self.pages(snapshot, Some(Slice { id, max }), after.map(ToOwned::to_owned), &mut part);
                if seen.is_err() {
                    self.stop.store(true, Ordering::Relaxed);
                }
                seen.map(|seen| (seen, part))
            };
            let threads: Vec<_> = (0..max).map(|id| scope.spawn(move || read(id))).collect();
            let lost = |_| Err(Fault::new(FaultKind::Rejected, "a reading thread ended early"));
            threads.into_iter().map(|t| t.join().unwrap_or_else(lost)).collect()
        });
        // A slice that was stopped is not the cause of the failure; the fault of another slice is reported.
        let mut faults: Vec<Fault> = Vec::new();
        let mut seen = 0;
        for part in parts {
            match part {
                Ok((count, part)) => {
                    seen += count;
                    builder.append(part);
                }
                Err(fault) => faults.push(fault),
            }
        }
        faults.sort_by_key(|f| f.kind == FaultKind::Stopped);
        faults.into_iter().next().map_or(Ok(seen), Err)
    }

    /// Reads the pages of a slice from `after` to its end. Returns the number of hits.
    fn pages(
        &self,
        snapshot: &Snapshot,
        slice: Option<Slice>,
        after: Option<Box<RawValue>>,
        builder: &mut RecordsBuilder,
    ) -> Result<u64, Fault> {
        let mut after = after;
        let mut seen = 0;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Fault::new(FaultKind::Stopped, ""));
            }
            let page = self.page(snapshot, slice, after.as_deref(), false, builder)?;
            seen += page.hits as u64;
            if page.hits < page.asked {
                return Ok(seen);
            }
            self.adapt_page(&page);
            after = page.last;
            if after.is_none() {
                return Err(Fault::new(FaultKind::Malformed, "a full page without sort values"));
            }
        }
    }

    /// Makes the next pages smaller when records are long, because a server builds a page in memory.
    fn adapt_page(&self, page: &Page) {
        let each = page.bytes / page.hits.max(1);
        let fitting = (PAGE_BYTES / each.max(1)).max(SMALLEST_PAGE);
        self.page.fetch_min(fitting, Ordering::Relaxed);
    }

    /// The number of records to ask for in the next page.
    pub(super) fn page_size(&self) -> usize {
        self.page.load(Ordering::Relaxed)
    }

    /// Halves the page size after a page of `size` was refused. False when `size` was the smallest already.
    pub(super) fn shrink_page(&self, size: usize) -> bool {
        self.page.fetch_min((size / 2).max(SMALLEST_PAGE), Ordering::Relaxed);
        size > SMALLEST_PAGE
    }

    /// Whether an answer may be used: it is complete, or partial answers are allowed.
    pub(super) fn check_complete(&self, answer: &Answer<'_>) -> Result<(), Fault> {
        match answer.whole() {
            Err(fault) if self.context.allow_partial && matches!(fault.kind, FaultKind::Incomplete | FaultKind::MappingClash) => {
                self.context.stats.partial.store(true, Ordering::Relaxed);
                Ok(())
            }
            verdict => verdict,
        }
    }

    /// Reads one page into the builder.
    fn page(
        &self,
        snapshot: &Snapshot,
        slice: Option<Slice>,
        after: Option<&RawValue>,
        total: bool,
        builder: &mut RecordsBuilder,
    ) -> Result<Page, Fault> {
        loop {
            let size = self.page_size();
            match self.sized_page(snapshot, slice, after, total, size, builder) {
                // An index may allow fewer records than the usual 10,000.
                Err(fault) if fault.kind == FaultKind::PageTooLarge && self.shrink_page(size) => {}
                result => return result,
            }
        }
    }

    fn sized_page(
        &self,
        snapshot: &Snapshot,
        slice: Option<Slice>,
        after: Option<&RawValue>,
        total: bool,
        size: usize,
        builder: &mut RecordsBuilder,
    ) -> Result<Page, Fault> {
        // OpenSearch numbers documents within each index, so the order is only total with the index in front.
        let product = self.connection.server(self.context)?.product;
        let sort: &[&'static str] = match product {
            Product::Elasticsearch => &["_shard_doc"],
            Product::OpenSearch => &["_index", "_shard_doc"],
        };
        let partial = self.context.allow_partial;
        let pit = snapshot.id();
        let body = SearchBody {
            size,
            track_total_hits: total,
            sort,
            search_after: after,
            pit: Some(Pit { id: &pit, keep_alive: KEEP_ALIVE }),
            slice,
            query: &self.prepared.query,
            post_filter: MatchAll::behind(product),
            source: SourceFilter { includes: &self.prepared.includes },
            docvalue_fields: &self.prepared.docvalues,
        };
        let call = self.connection.post(format!("_search?allow_partial_search_results={partial}&{FILTER}"), &body)?;
        let page = self.connection.send(&call, self.context, |reply| {
            let mut mended = Repaired::default();
            let mut answer = Answer::read(&reply.body, &mut mended)?;
            self.check_complete(&answer)?;
            snapshot.renew(answer.pit_id.take());
            if answer.hits.hits.len() > size {
                return Err(Fault::new(FaultKind::Malformed, "an answer has more records than were asked for"));
            }
            self.take_hits(&answer, builder)?;
            let last = answer.hits.hits.last().and_then(|h| h.sort).map(ToOwned::to_owned);
            Ok(Page { asked: size, hits: answer.hits.hits.len(), bytes: reply.body.len(), total: answer.hits.exact_total(), last })
        })?;
        self.context.stats.pages.fetch_add(1, Ordering::Relaxed);
        Ok(page)
    }

    /// Takes the records of an answer. A server that sends more of them than it counted would go on forever.
    pub(super) fn take_hits(&self, answer: &Answer<'_>, builder: &mut RecordsBuilder) -> Result<(), Fault> {
        let before = builder.bytes();
        self.prepared.take(&answer.hits.hits, builder)?;
        locked(&self.memory).grow(builder.bytes() - before).map_err(Fault::spent)?;
        let hits = answer.hits.hits.len() as u64;
        self.context.read.fetch_add(hits, Ordering::Relaxed);
        let seen = self.seen.fetch_add(hits, Ordering::Relaxed) + hits;
        let total = self.total.load(Ordering::Relaxed);
        if seen > total { Err(miscounted(total, seen)) } else { Ok(()) }
    }
}

/// The error when the records are not as many as the server counted, or when one came twice.
fn prove(total: u64, seen: u64, builder: &RecordsBuilder) -> Result<(), Fault> {
    if seen != total {
        return Err(miscounted(total, seen));
    }
    if builder.distinct() { Ok(()) } else { Err(Fault::new(FaultKind::Miscounted, "a record came twice")) }
}

fn miscounted(total: u64, seen: u64) -> Fault {
    Fault::new(FaultKind::Miscounted, format!("{seen} records came, but the server counted {total}"))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
