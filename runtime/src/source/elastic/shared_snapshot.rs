//! The one point in time that all requests of a run share at a source, so that no index comes or goes between statements.

use super::answer::Answer;
use super::body::{Pit, counting};
use super::connection::Connection;
use super::coverage;
use super::fault::{Fault, FaultKind};
use super::mapping::Mappings;
use super::side_by_side::side_by_side;
use super::snapshot::{KEEP_ALIVE, Snapshot};
use crate::source::FetchContext;
use crate::source::repair::Repaired;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The most queries, and the most bytes of them, that are kept to be counted again. Beyond that what was read cannot be confirmed.
const MOST_READINGS: usize = 200;
const MOST_BYTES: usize = 32 << 20;

/// The point in time of a run, and what was read under it.
#[derive(Default)]
pub(super) struct SharedSnapshot {
    state: Mutex<Shared>,
    /// Grows when what was read before does not belong to what is read now.
    moment: AtomicU64,
    /// Set when one did not cover the indices that the mappings told of.
    short: AtomicBool,
}

#[derive(Default)]
struct Shared {
    open: Option<Arc<Snapshot>>,
    /// The indices when the first query was read.
    indices: Option<BTreeSet<String>>,
    readings: Vec<Reading>,
    bytes: usize,
    /// Set when there were more readings than are kept.
    overflown: bool,
    /// Set when one was lost that had readings, until they are confirmed under the next one.
    doubtful: bool,
}

/// A query that was read, and how many records it found.
#[derive(Clone)]
struct Reading {
    query: Box<RawValue>,
    total: u64,
}

impl Shared {
    fn forget_readings(&mut self) {
        *self = Self { open: self.open.take(), ..Self::default() };
    }
}

impl SharedSnapshot {
    /// Changes when what was read before does not belong to what is read now.
    pub(super) fn moment(&self) -> u64 {
        self.moment.load(Ordering::Relaxed)
    }

    /// Whether one is open.
    pub(super) fn is_open(&self) -> bool {
        self.locked().open.is_some()
    }

    fn remember(&self, query: &RawValue, total: u64, indices: impl FnOnce() -> BTreeSet<String>) {
        let mut state = self.locked();
        state.indices.get_or_insert_with(indices);
        let size = query.get().len();
        if state.readings.len() >= MOST_READINGS || state.bytes + size > MOST_BYTES {
            state.overflown = true;
        } else if !state.readings.iter().any(|known| known.query.get() == query.get()) {
            state.bytes += size;
            state.readings.push(Reading { query: query.to_owned(), total });
        }
    }

    /// Lets go of a point in time that the server does not know any more. Another one that was opened since stays.
    pub(super) fn lost(&self, snapshot: &Snapshot, connection: &Connection, context: &FetchContext) {
        let mut state = self.locked();
        if state.open.as_ref().is_some_and(|open| std::ptr::eq(&raw const **open, snapshot)) {
            state.open = None;
            state.doubtful |= state.overflown || !state.readings.is_empty();
            drop(state);
            // It may be known to some of the nodes.
            snapshot.close(connection, context);
        }
    }

    /// Closes what is open. A fault has no effect: the server closes it later by itself.
    pub(super) fn close(&self, connection: &Connection, context: &FetchContext) {
        let open = self.locked().open.take();
        if let Some(open) = open {
            open.close(connection, context);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Shared> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a reading needs of its source.
#[derive(Clone, Copy)]
pub(super) struct SharedReading<'a> {
    pub(super) connection: &'a Connection,
    pub(super) mappings: &'a Mappings,
    pub(super) snapshot: &'a SharedSnapshot,
}

impl SharedReading<'_> {
    /// The point in time of the run, after mappings were asked for. An error where it does not cover their indices.
    pub(super) fn open(self, context: &FetchContext) -> Result<Arc<Snapshot>, Fault> {
        let opened = self.open_beside_mappings(context)?;
        self.covers(&opened, opened.shards, context)?;
        Ok(opened)
    }

    /// The error where a point in time that goes to so many shards does not cover the indices that the mappings told of: nothing was
    /// read under it, and another one is opened after mappings were asked for anew. It is looked at once: indices may come later. Where
    /// it is so again, and a part may do, it is marked.
    pub(super) fn covers(self, snapshot: &Snapshot, shards: Option<u64>, context: &FetchContext) -> Result<(), Fault> {
        if shards.is_none() || snapshot.is_seen_to_cover() {
            return Ok(());
        }
        if let Err(fault) = coverage::of_indices(self.mappings, shards) {
            let again = self.snapshot.short.swap(true, Ordering::Relaxed);
            if !(again && context.allow_partial) {
                self.snapshot.lost(snapshot, self.connection, context);
                return Err(fault);
            }
            snapshot.set_partial();
        }
        snapshot.see_that_it_covers();
        Ok(())
    }

    /// The point in time of the run, opened on first use. After one was lost, what was read under it is counted again.
    pub(super) fn open_beside_mappings(self, context: &FetchContext) -> Result<Arc<Snapshot>, Fault> {
        // The lock is held meanwhile: statements that start together share one.
        let mut state = self.snapshot.locked();
        if let Some(open) = &state.open {
            return Ok(Arc::clone(open));
        }
        let opened = match Snapshot::open(self.connection, context, false) {
            Err(fault) if context.allow_partial && fault.leaves_a_part() => Snapshot::open(self.connection, context, true),
            opened => opened,
        };
        let opened = Arc::new(opened?);
        if state.doubtful {
            match self.is_same(&state, Some(&opened), context) {
                Ok(true) => state.doubtful = false,
                Ok(false) => {
                    state.forget_readings();
                    self.snapshot.moment.fetch_add(1, Ordering::Relaxed);
                }
                // Whether its records are those that were read is not known, so that nobody may read under it.
                Err(fault) => {
                    opened.close(self.connection, context);
                    return Err(fault);
                }
            }
        }
        state.open = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Remembers how many records a query found, of which indices.
    pub(super) fn remember(self, query: &RawValue, total: u64) {
        self.snapshot.remember(query, total, || self.mappings.known());
    }

    /// After a reading without point in time: whether it, and all before it, would find as many records now. If not, what was
    /// read before does not belong to what is read from now on.
    pub(super) fn confirm(self, query: &RawValue, total: u64, context: &FetchContext) -> Result<(), Fault> {
        self.remember(query, total);
        let mut state = self.snapshot.locked();
        if !self.is_same(&state, None, context)? {
            state.forget_readings();
            self.snapshot.moment.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether the indices are those of the beginning, and each query that was read finds as many records as it did.
    fn is_same(self, state: &Shared, snapshot: Option<&Snapshot>, context: &FetchContext) -> Result<bool, Fault> {
        if state.overflown {
            return Ok(false);
        }
        // None of these needs the answer to another.
        thread::scope(|scope| {
            let indices = state
                .indices
                .as_ref()
                .map(|indices| scope.spawn(move || Ok(*indices == self.mappings.indices(self.connection, context)?)));
            let most = self.connection.config.concurrency;
            let same = side_by_side(&state.readings, most, &AtomicBool::new(false), |reading| {
                Ok(self.counted(&reading.query, snapshot, context)? == reading.total)
            });
            let lost = |_| Err(Fault::new(FaultKind::Rejected, "a thread that asked ended early"));
            let indices = indices.map_or(Ok(true), |indices| indices.join().unwrap_or_else(lost));
            Ok(indices? && same?.into_iter().all(|same| same))
        })
    }

    /// How many records a query finds.
    pub(super) fn counted(self, query: &RawValue, snapshot: Option<&Snapshot>, context: &FetchContext) -> Result<u64, Fault> {
        let mut body = counting(self.connection.server(context)?.product, &query);
        let call = if let Some(snapshot) = snapshot {
            body["pit"] = json!(Pit { id: &snapshot.id(), keep_alive: KEEP_ALIVE });
            self.connection.search_under(false, &body)?
        } else {
            self.connection.search(false, &body)?
        };
        self.connection.send(&call, context, |reply| {
            let mut mended = Repaired::default();
            let mut answer = Answer::read(&reply.body, &mut mended)?;
            answer.whole()?;
            if let Some(snapshot) = snapshot {
                snapshot.covers(&answer)?;
                snapshot.renew(answer.pit_id.take());
            }
            answer.total()
        })
    }
}
