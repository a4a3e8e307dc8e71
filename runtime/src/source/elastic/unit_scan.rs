//! Plans the units of a long reading, and reads them.

use super::answer::{self, Answer};
use super::body::{Pit, counting};
use super::columns::RecordsBuilder;
use super::fault::{Fault, FaultKind};
use super::outlet::Outlet;
use super::scan::{Counted, Portion, RESTARTS, Scan, miscounted, prove};
use super::side_by_side::{cause, locked};
use super::snapshot::{KEEP_ALIVE, Snapshot};
use super::units::{Ready, TIME, Unit, Units};
use crate::source::repair::Repaired;
use huntc_compiler::time::Instant;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How many pages a unit has, the last of them not full: the server guesses where units end, and a few records too many would be a
/// page more. Each reader holds a unit in memory; of shorter ones more values come again in the next, and are looked at anew.
const PAGES: u64 = 4;
/// The same where there would be fewer units than readers.
const PAGES_OF_FEW: u64 = 2;
/// The most units of a reading.
const MOST: u64 = 500;

#[derive(Deserialize)]
struct Cuts {
    cuts: CutValues,
}

#[derive(Deserialize)]
struct CutValues {
    values: Vec<Cut>,
}

/// Milliseconds; null when no record has a time.
#[derive(Deserialize)]
struct Cut {
    value: Option<f64>,
}

#[derive(Deserialize)]
struct Counts {
    units: CountBuckets,
}

#[derive(Deserialize)]
struct CountBuckets {
    buckets: BTreeMap<String, CountBucket>,
}

#[derive(Deserialize)]
struct CountBucket {
    doc_count: u64,
}

impl Scan<'_> {
    /// Plans the units of a reading. False when the records cannot be told apart by their time.
    pub(super) fn plan(&self, snapshot: &Snapshot, pages: u64, total: u64, units: &mut Units) -> Result<bool, Fault> {
        if units.useless {
            return Ok(false);
        }
        let readers = self.connection.config.concurrency as u64;
        let of_pages = |most: u64| pages * 10 / (most * 9);
        let wanted = of_pages(PAGES).max(of_pages(PAGES_OF_FEW).min(readers)).clamp(2, MOST) as usize;
        let percents: Vec<f64> = (1..wanted).map(|n| 100.0 * n as f64 / wanted as f64).collect();
        let aggregation = json!({"cuts": {"percentiles": {"field": TIME, "percents": percents, "keyed": false}}});
        let cuts = match self.aggregate::<Cuts>(snapshot, &self.prepared.query, &aggregation) {
            Ok((_, Some(found))) => found.cuts.values.iter().filter_map(|cut| instant(cut.value?)).collect(),
            Ok((_, None)) => BTreeSet::new(),
            Err(fault) if matches!(fault.kind, FaultKind::Spent(_) | FaultKind::ContextLost) => return Err(fault),
            // Times that the server cannot compare are no reason to fail.
            Err(_) => BTreeSet::new(),
        };
        // Of records of one instant, units would be as long as all of them.
        if cuts.len() * 2 < wanted {
            units.useless = true;
            return Ok(false);
        }
        *units = Units::between(&self.prepared.query, &cuts, total).map_err(|e| Fault::new(FaultKind::Rejected, e.to_string()))?;
        Ok(true)
    }

    /// Whether a new point in time has as many records in each unit that was read as there came. If not, all are forgotten.
    pub(super) fn still_hold(&self, snapshot: &Snapshot, units: &mut Units) -> Result<bool, Fault> {
        let filters: serde_json::Map<String, Json> =
            units.all.iter().enumerate().map(|(n, unit)| (n.to_string(), unit.range.clone())).collect();
        let counted =
            self.aggregate::<Counts>(snapshot, &self.prepared.query, &json!({"units": {"filters": {"filters": filters}}}));
        let (total, counts) = match counted {
            // What cannot be confirmed is read again.
            Err(fault) if fault.is_of_time() => {
                *units = Units::default();
                return Ok(false);
            }
            counted => counted?,
        };
        let Some(counts) = counts else { return Err(Fault::new(FaultKind::Malformed, "the answer has no aggregations")) };
        let same = units.all.iter().enumerate().all(|(n, unit)| match &*unit.done() {
            Some(read) => counts.units.buckets.get(&n.to_string()).is_some_and(|bucket| bucket.doc_count == *read),
            None => true,
        });
        if !same {
            *units = Units::default();
            return Ok(false);
        }
        units.total = total;
        Ok(true)
    }

    /// Reads the units that were not read yet, side by side, and gives each on while others are read. Answers how many records
    /// there are in all.
    pub(super) fn units(&self, snapshot: &Snapshot, units: &mut Units, outlet: &mut Outlet<'_>) -> Result<u64, Fault> {
        let next = AtomicUsize::new(0);
        let readers = self.connection.config.concurrency.clamp(1, units.all.len());
        // A reader waits with what it read until it is taken: so there are no more units in memory than readers, and one.
        let (ready, come) = sync_channel::<Ready<'_>>(0);
        let serve = |ready: &SyncSender<_>| loop {
            let Some(unit) = units.all.get(next.fetch_add(1, Ordering::Relaxed)) else { return Ok(()) };
            if unit.done().is_some() {
                continue;
            }
            let read = self
                .unit(snapshot, unit)
                .and_then(|(total, records)| ready.send((unit, total, records)).map_err(|_| Fault::new(FaultKind::Stopped, "")));
            if let Err(fault) = read {
                self.stop.store(true, Ordering::Relaxed);
                return Err(fault);
            }
        };
        let results: Vec<Result<(), Fault>> = std::thread::scope(|scope| {
            let readers = (0..readers).map(|_| ready.clone());
            let threads: Vec<_> = readers.map(|ready| scope.spawn(move || serve(&ready))).collect();
            drop(ready);
            let taken = self.give(come, outlet);
            let lost = |_| Err(Fault::new(FaultKind::Rejected, "a reading thread ended early"));
            threads.into_iter().map(|t| t.join().unwrap_or_else(lost)).chain([taken]).collect()
        });
        cause(results.into_iter().filter_map(Result::err))?;
        let (total, seen) = (units.total, units.seen());
        if total != seen && self.is_lenient() {
            self.take_a_part();
        } else if total != seen {
            // A record with several times is in several units, so that units do not help here.
            *units = Units { useless: true, ..Units::default() };
            return Err(miscounted(total, seen));
        }
        *units = Units::default();
        if outlet.distinct() { Ok(total) } else { Err(Fault::new(FaultKind::Miscounted, "a record came twice")) }
    }

    /// Gives units on as they come.
    fn give(&self, come: Receiver<Ready<'_>>, outlet: &mut Outlet<'_>) -> Result<(), Fault> {
        for (unit, total, records) in come {
            let (bytes, kept) = (records.bytes(), outlet.bytes());
            if let Err(fault) = outlet.take(records) {
                self.stop.store(true, Ordering::Relaxed);
                return Err(fault);
            }
            let mut memory = locked(&self.memory);
            memory.shrink(bytes);
            memory.grow(outlet.bytes() - kept).map_err(Fault::spent)?;
            *unit.done() = Some(total);
        }
        Ok(())
    }

    /// Reads one unit; once more where its count is wrong.
    fn unit(&self, snapshot: &Snapshot, unit: &Unit) -> Result<(u64, RecordsBuilder), Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            let counted = Counted::default();
            let mut builder = self.prepared.builder();
            match self.unit_once(snapshot, Portion::whole(&unit.query, &counted), &mut builder) {
                Err(fault) if fault.kind == FaultKind::Miscounted && tries < RESTARTS => {
                    self.context.stats.retries.fetch_add(1, Ordering::Relaxed);
                }
                result => return result.map(|total| (total, builder)),
            }
        }
    }

    fn unit_once(&self, snapshot: &Snapshot, part: Portion<'_>, builder: &mut RecordsBuilder) -> Result<u64, Fault> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Stopped, ""));
        }
        let first = self.page(snapshot, part, None, true, builder)?;
        let Some(total) = first.total else { return Err(Fault::new(FaultKind::Malformed, "the answer has no total")) };
        part.counted.total.store(total, Ordering::Relaxed);
        let mut seen = first.hits as u64;
        if first.hits == first.asked {
            seen += self.pages(snapshot, part, first.last, builder)?;
        }
        match prove(total, seen, builder) {
            Err(fault) if !self.is_lenient() => Err(fault),
            Err(_) => {
                self.take_a_part();
                Ok(seen)
            }
            Ok(()) => Ok(total),
        }
    }

    /// One search without hits: how many records there are, and what an aggregation gives.
    pub(super) fn aggregate<T: serde::de::DeserializeOwned>(
        &self,
        snapshot: &Snapshot,
        query: &RawValue,
        aggregation: &Json,
    ) -> Result<(u64, Option<T>), Fault> {
        let mut body = counting(self.connection.server(self.context)?.product, &query);
        body["pit"] = json!(Pit { id: &snapshot.id(), keep_alive: KEEP_ALIVE });
        body["aggs"] = aggregation.clone();
        let call = self.connection.search_under(self.is_lenient(), &body)?;
        self.connection.send(&call, self.context, |reply| {
            let mut mended = Repaired::default();
            let mut answer = Answer::read(&reply.body, &mut mended)?;
            self.check_complete(&answer, Some(snapshot))?;
            snapshot.renew(answer.pit_id.take());
            Ok((answer.total()?, answer.aggregations.and_then(|found| answer::part(found).ok())))
        })
    }
}

/// The instant of a figure of the server; `None` when it is none that huntc can hold.
fn instant(millis: f64) -> Option<Instant> {
    let most = i64::MAX as f64 / 1e6;
    (millis.is_finite() && millis.abs() < most).then(|| Instant::from_millis(millis as i64))
}
