//! Matched records in time: the input of observation expressions.

use crate::table::Table;
use huntc_compiler::time::Instant;
use std::collections::BTreeSet;

/// A record that matched one pattern.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Event {
    pub(super) time: Instant,
    pub(super) record: u64,
}

/// A stretch of time that includes both ends.
#[derive(Clone, Copy)]
pub(super) struct TimeSpan {
    pub(super) start: Instant,
    pub(super) end: Instant,
}

/// The matched records of a table, by time.
pub(super) fn events(table: &Table) -> Vec<Event> {
    let sightings = table.entities.iter().flat_map(|e| &e.sightings).filter(|s| s.counted);
    let mut events: Vec<Event> = sightings.filter_map(|s| Some(Event { time: s.time?, record: s.record? })).collect();
    events.sort_unstable();
    events.dedup();
    events
}

/// The pairs of an input's place and a record id that matches bind.
pub(super) type Bound = BTreeSet<(usize, u64)>;

/// The events inside a span; `events` is sorted by time.
pub(super) fn inside(events: &[Event], span: TimeSpan) -> &[Event] {
    let from = events.partition_point(|e| e.time < span.start);
    let to = events.partition_point(|e| e.time <= span.end);
    events.get(from..to).unwrap_or_default()
}

/// The distinct times of the events inside a span, ascending.
pub(super) fn times(events: &[Vec<Event>], span: TimeSpan) -> Vec<Instant> {
    let mut times: Vec<Instant> = events.iter().flat_map(|e| inside(e, span)).map(|e| e.time).collect();
    times.sort_unstable();
    times.dedup();
    times
}
