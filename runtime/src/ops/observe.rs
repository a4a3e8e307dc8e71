//! STIX observation expressions: which sightings of several patterns occur together.
//!
//! Source: OASIS STIX 2.1, part 9 (patterning): AND and FOLLOWEDBY bind *different* observations, REPEATS n different
//! ones of one pattern, WITHIN all bound ones in one stretch of time. A record is an observation at one instant.
//! The result holds every sighting that some match binds.

use super::union;
use crate::table::{Collector, Table};
use huntc_compiler::catalog::EntityId;
use huntc_compiler::check::hir::Attr;
use huntc_compiler::plan::Observe;
use huntc_compiler::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The sightings of all inputs that some match of the expression binds.
pub fn observe(shape: &Observe, inputs: &[Arc<Table>], entity: Option<EntityId>, columns: &[Attr]) -> Table {
    let events: Vec<Vec<Event>> = inputs.iter().map(|t| events(t)).collect();
    let all = TimeSpan { start: Instant(i64::MIN), end: Instant(i64::MAX) };
    let bound = bound(shape, &events, all).unwrap_or_default();
    let mut collector = Collector::default();
    for (input, table) in inputs.iter().enumerate() {
        for one in union::aligned(table, columns).entities {
            for sighting in one.sightings {
                if sighting.record.is_some_and(|r| bound.contains(&(input, r))) {
                    collector.add(one.key.clone(), sighting);
                }
            }
        }
    }
    let mut out = collector.finish(entity, columns);
    out.partial = inputs.iter().any(|t| t.partial);
    out
}

/// A matched record of one pattern.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Event {
    time: Instant,
    record: u64,
}

/// Both ends inside.
#[derive(Clone, Copy)]
struct TimeSpan {
    start: Instant,
    end: Instant,
}

fn events(table: &Table) -> Vec<Event> {
    let sightings = table.entities.iter().flat_map(|e| &e.sightings).filter(|s| s.counted);
    let mut events: Vec<Event> = sightings.filter_map(|s| Some(Event { time: s.time?, record: s.record? })).collect();
    events.sort_unstable();
    events.dedup();
    events
}

/// Inputs and records that matches bind.
type Bound = BTreeSet<(usize, u64)>;

fn inside(events: &[Event], span: TimeSpan) -> &[Event] {
    let from = events.partition_point(|e| e.time < span.start);
    let to = events.partition_point(|e| e.time <= span.end);
    events.get(from..to).unwrap_or_default()
}

/// What the matches of `shape` inside `span` bind; `None` where there is no match.
fn bound(shape: &Observe, events: &[Vec<Event>], span: TimeSpan) -> Option<Bound> {
    match shape {
        Observe::One(input) => {
            let found = inside(events.get(*input)?, span);
            (!found.is_empty()).then(|| found.iter().map(|e| (*input, e.record)).collect())
        }
        Observe::Or(parts) => {
            let found: Vec<Bound> = parts.iter().filter_map(|p| bound(p, events, span)).collect();
            (!found.is_empty()).then(|| found.into_iter().flatten().collect())
        }
        Observe::And(parts) => {
            let found: Vec<Bound> = parts.iter().map(|p| bound(p, events, span)).collect::<Option<_>>()?;
            distinct(&found).then(|| found.into_iter().flatten().collect())
        }
        Observe::FollowedBy(parts) => {
            let (last, before) = parts.split_last()?;
            match before {
                [] => bound(last, events, span),
                [one] => followed(one, last, events, span),
                several => followed(&Observe::FollowedBy(several.to_vec()), last, events, span),
            }
        }
        Observe::Within(part, nanos) => within(part, *nanos, events, span),
        Observe::Repeats(part, n) => {
            let found = bound(part, events, span)?;
            let records: BTreeSet<u64> = found.iter().map(|(_, r)| *r).collect();
            (records.len() >= *n as usize).then_some(found)
        }
    }
}

/// Whether each part can bind a record that no other part binds (a perfect matching by augmenting paths).
fn distinct(parts: &[Bound]) -> bool {
    fn place(part: usize, parts: &[Bound], owner: &mut BTreeMap<u64, usize>, tried: &mut BTreeSet<u64>) -> bool {
        let Some(records) = parts.get(part) else { return false };
        for (_, record) in records {
            if !tried.insert(*record) {
                continue;
            }
            let free = match owner.get(record).copied() {
                None => true,
                Some(other) => place(other, parts, owner, tried),
            };
            if free {
                owner.insert(*record, part);
                return true;
            }
        }
        false
    }
    let mut owner = BTreeMap::new();
    (0..parts.len()).all(|part| place(part, parts, &mut owner, &mut BTreeSet::new()))
}

/// `first FOLLOWEDBY second`: there is an instant that all of the first lies at or before and all of the second at or
/// after. The earliest instant by which the first can be over bounds the second, and the other way round.
fn followed(first: &Observe, second: &Observe, events: &[Vec<Event>], span: TimeSpan) -> Option<Bound> {
    let mut times: Vec<Instant> = events.iter().flat_map(|e| inside(e, span)).map(|e| e.time).collect();
    times.sort_unstable();
    times.dedup();
    let over = times.partition_point(|t| bound(first, events, TimeSpan { end: *t, ..span }).is_none());
    let begun = times.partition_point(|t| bound(second, events, TimeSpan { start: *t, ..span }).is_some());
    let (over, begun) = (*times.get(over)?, *times.get(begun.checked_sub(1)?)?);
    if over > begun {
        return None;
    }
    let found = [bound(first, events, TimeSpan { end: begun, ..span })?, bound(second, events, TimeSpan { start: over, ..span })?];
    distinct(&found).then(|| found.into_iter().flatten().collect())
}

/// Matches whose records lie within a stretch of time; each stretch begins at a record.
fn within(part: &Observe, nanos: i64, events: &[Vec<Event>], span: TimeSpan) -> Option<Bound> {
    let mut starts: Vec<Instant> = events.iter().flat_map(|e| inside(e, span)).map(|e| e.time).collect();
    starts.sort_unstable();
    starts.dedup();
    let stretches = starts.into_iter().map(|start| TimeSpan { start, end: start.plus(nanos).min(span.end) });
    let found: Vec<Bound> = stretches.filter_map(|s| bound(part, events, s)).collect();
    (!found.is_empty()).then(|| found.into_iter().flatten().collect())
}
