//! STIX observation expressions: which sightings of several patterns occur together.
//!
//! Source: OASIS STIX 2.1, part 9 (patterning). AND and FOLLOWEDBY bind *different* observations, REPEATS binds n
//! different ones of one pattern, and WITHIN holds when all bound ones lie in one stretch of time. Here an observation
//! is a record, at one instant. The result holds every sighting that some match binds.

mod events;
mod exact;

use super::union;
use crate::matching::Undecided;
use crate::table::{Collector, Table};
use events::{Bound, Event, TimeSpan, events, inside, times};
use foldhash::HashSet;
use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::{Attr, Observe};
use huntc_compiler::time::Instant;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The sightings of all inputs that some match of the expression binds. The error says that there are too many ways to match.
pub fn observe(shape: &Observe, inputs: &[Arc<Table>], entity: Option<EntityId>, columns: &[Attr]) -> Result<Table, Undecided> {
    let events: Vec<Vec<Event>> = inputs.iter().map(|t| events(t)).collect();
    let all = TimeSpan { start: Instant(i64::MIN), end: Instant(i64::MAX) };
    let bound = if plain(shape) && disjoint(&events) {
        bound(shape, &events, all).unwrap_or_default()
    } else {
        exact::bound(shape, &events, all)
            .map_err(|exact::TooMany| Undecided("the observation expression has too many ways to match".to_owned()))?
    };
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
    // Nobody can know whether a match binds them, so they count once for each pattern that they satisfy.
    out.unidentified = inputs.iter().map(|t| t.unidentified).sum();
    out.partial = inputs.iter().any(|t| t.partial);
    Ok(out)
}

/// Whether REPEATS stands only around parts that bind a single record.
fn plain(shape: &Observe) -> bool {
    fn single(shape: &Observe) -> bool {
        match shape {
            Observe::One(_) => true,
            Observe::Or(parts) => parts.iter().all(single),
            Observe::Within(part, _) => single(part),
            _ => false,
        }
    }
    match shape {
        Observe::One(_) => true,
        Observe::And(parts) | Observe::Or(parts) | Observe::FollowedBy(parts) => parts.iter().all(plain),
        Observe::Within(part, _) => plain(part),
        Observe::Repeats(part, _) => single(part),
    }
}

/// Whether no record matches two patterns. Then matches of different parts never share a record.
fn disjoint(events: &[Vec<Event>]) -> bool {
    let mut seen = HashSet::default();
    events.iter().flatten().all(|e| seen.insert(e.record))
}

/// What the matches of a plain `shape` over disjoint events bind inside `span`; `None` when there is no match.
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
            Some(found.into_iter().flatten().collect())
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

/// `first FOLLOWEDBY second`: some instant has all records of the first at or before it and all of the second at or
/// after it. So the second is searched from the earliest instant at which the first can be complete, and the first up
/// to the latest instant from which the second can be.
fn followed(first: &Observe, second: &Observe, events: &[Vec<Event>], span: TimeSpan) -> Option<Bound> {
    let times = times(events, span);
    let over = times.partition_point(|t| bound(first, events, TimeSpan { end: *t, ..span }).is_none());
    let begun = times.partition_point(|t| bound(second, events, TimeSpan { start: *t, ..span }).is_some());
    let (over, begun) = (*times.get(over)?, *times.get(begun.checked_sub(1)?)?);
    if over > begun {
        return None;
    }
    let found = [bound(first, events, TimeSpan { end: begun, ..span })?, bound(second, events, TimeSpan { start: over, ..span })?];
    Some(found.into_iter().flatten().collect())
}

/// Matches whose records lie within `nanos` of each other. Every stretch of that length that begins at a record is tried.
fn within(part: &Observe, nanos: i64, events: &[Vec<Event>], span: TimeSpan) -> Option<Bound> {
    let stretches = times(events, span).into_iter().map(|start| TimeSpan { start, end: start.plus(nanos).min(span.end) });
    let found: Vec<Bound> = stretches.filter_map(|s| bound(part, events, s)).collect();
    (!found.is_empty()).then(|| found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests;
