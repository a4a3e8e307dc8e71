//! Which costs less: to read records one by one, or to have those counted that are equal. And in which stretches of time they
//! are counted: a server goes through all records of a stretch again for each page of tuples.
//!
//! Costs are in readings of one record. `docs/scale.md` has the figures behind them, and what follows from them.

use huntc_compiler::request::{TUPLES_PAGE, TupleTimes};
use huntc_compiler::time::Instant;

/// The most tuples of a page that one node puts together out of those of all shards.
const MERGED: u64 = 2_000_000;
/// Pages of many shards do not have fewer tuples than this.
const SMALL: u64 = 2_000;
/// About how many shards there are where the server does not say.
const SHARDS: u64 = 20;
/// About how many records are counted at once at first: what a server goes through in some seconds.
pub(super) const AT_ONCE: u64 = 20_000_000;
/// The most stretches that records are counted in at first. Each may be divided again.
pub(super) const STRETCHES: u64 = 300;
/// With more pages than this a stretch is divided, once: what comes again all the time, as addresses do, comes again in each of its
/// parts.
const PAGES: u64 = 4;
/// Parts do not have fewer records for each tuple of a page than this.
const LEAST: u64 = 4;
/// What it costs to go through a record and count it.
const COUNTED: f64 = 1.0 / 60.0;
/// What it costs to have a tuple.
const TUPLE: f64 = 0.7;
/// What it costs to have the millisecond of a tuple's first record.
const MILLISECOND: f64 = 0.4;
/// What it costs to have a time of a tuple: a record is read for it, by its time.
const TIME: f64 = 1.2;

/// What came of the counting so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CountedSoFar {
    pub(super) tuples: u64,
    pub(super) records: u64,
}

/// Tuples of a page, where so many records are read in one. Each shard sends as many.
pub(super) fn page(records: usize, shards: Option<u64>) -> usize {
    let merged = (MERGED / shards.unwrap_or(SHARDS).max(1)).max(SMALL);
    (7 * records).clamp(1, TUPLES_PAGE.min(merged as usize))
}

/// Whether it is tried to count records: there must be at least `from`, of which 0 means always. `apart`: so many of them are read in
/// any case.
pub(super) fn begins(records: u64, apart: u64, from: u64) -> bool {
    let together = records.saturating_sub(apart);
    together >= from && (from == 0 || together >= apart)
}

/// Whether to go on counting, of `records` in all, with pages of so many tuples. If not, all are read.
pub(super) fn goes_on(progress: CountedSoFar, records: u64, times: TupleTimes, page: usize) -> bool {
    if progress.records == 0 {
        return true;
    }
    let left = records.saturating_sub(progress.records) as f64;
    let tuples = progress.tuples as f64 * (1.0 + left / progress.records as f64);
    let pages = (tuples / page as f64).clamp(1.0, PAGES as f64);
    left * COUNTED * pages + tuples * each(times) <= records as f64
}

/// What it costs to have a tuple with its times.
fn each(times: TupleTimes) -> f64 {
    match times {
        TupleTimes::None => TUPLE,
        TupleTimes::Order => TUPLE + MILLISECOND,
        TupleTimes::First => TUPLE + TIME,
        TupleTimes::FirstAndLast => TUPLE + 2.0 * TIME,
    }
}

/// A stretch of time, without its stop; without start or stop it has no end there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TimeStretch {
    pub(super) start: Option<Instant>,
    pub(super) stop: Option<Instant>,
    /// About how many records are in it.
    pub(super) records: u64,
    /// Whether it is a part of a stretch that had too many tuples.
    pub(super) part: bool,
}

impl TimeStretch {
    /// The size of the parts in which all records are better counted; `None` for at once.
    pub(super) fn parts(&self) -> Option<u64> {
        (self.records >= 2 * AT_ONCE).then(|| (self.records / STRETCHES).max(AT_ONCE))
    }

    /// The same after a first page of tuples that is full and has `counted` of its records.
    pub(super) fn parts_after(&self, counted: u64, page: usize) -> Option<u64> {
        let pages = self.records / counted.max(1);
        let least = LEAST * page as u64;
        let divides = !self.part && pages > PAGES && self.records >= 2 * least;
        // Smaller than would be enough if all had as many tuples, since some have more.
        divides.then(|| (self.records / (pages + pages / 2)).max(least))
    }

    /// This stretch in stretches of about so many records. `counts`: how many records begin at which time, in order.
    pub(super) fn divided(&self, counts: &[(Instant, u64)], most: u64, part: bool) -> Vec<Self> {
        let mut all = Vec::new();
        let (mut start, mut records) = (self.start, 0_u64);
        for (time, count) in counts {
            if records > 0 && records + count > most {
                all.push(Self { start, stop: Some(*time), records, part });
                (start, records) = (Some(*time), 0);
            }
            records += count;
        }
        all.push(Self { start, stop: self.stop, records, part });
        all
    }
}

#[cfg(test)]
mod tests;
