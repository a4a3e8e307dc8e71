//! STIX observation expressions: which sightings of several patterns occur together.
//!
//! Source: OASIS STIX 2.1, part 9 (patterning). AND and FOLLOWEDBY bind *different* observations, REPEATS binds n
//! different ones of one pattern, and WITHIN holds when all bound ones lie in one stretch of time. Here an observation
//! is a record, at one instant. The result holds every sighting that some match binds.

mod events;
mod exact;

use super::union;
use crate::allowance::Allowance;
use crate::matching::Unread;
use crate::table::{Collector, Table};
use events::{Bound, Event, TimeSpan, events, inside, times};
use exact::too_many;
use foldhash::HashSet;
use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::{Attr, Observe};
use huntc_compiler::time::Instant;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most times that a part of an expression is looked at.
const MOST_LOOKS: u64 = 10_000_000;
/// The most parts of a FOLLOWEDBY; each multiplies the ways to match.
const MOST_FOLLOWED: usize = 64;

/// The sightings of all inputs that some match of the expression binds. It cannot be decided where there are too many ways to
/// match.
pub fn observe(
    shape: &Observe,
    inputs: &[Arc<Table>],
    entity: Option<EntityId>,
    columns: &[Attr],
    allowance: &Allowance,
) -> Result<Table, Unread> {
    let events: Vec<Vec<Event>> = inputs.iter().map(|t| events(t)).collect();
    let all = TimeSpan { start: Instant(i64::MIN), end: Instant(i64::MAX) };
    if longest_row(shape) > MOST_FOLLOWED {
        return Err(too_many());
    }
    let bound = if plain(shape) && disjoint(&events) {
        Search { events: &events, allowance, looks: Cell::new(0) }.bound(shape, all)?.unwrap_or_default()
    } else {
        exact::bound(shape, &events, all, allowance)?
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

/// The most parts that a FOLLOWEDBY of the expression has.
fn longest_row(shape: &Observe) -> usize {
    let longest = |parts: &[Observe]| parts.iter().map(longest_row).max().unwrap_or(0);
    match shape {
        Observe::One(_) => 0,
        Observe::And(parts) | Observe::Or(parts) => longest(parts),
        Observe::FollowedBy(parts) => longest(parts).max(parts.len()),
        Observe::Within(part, _) | Observe::Repeats(part, _) => longest_row(part),
    }
}

/// The search for the matches of a plain expression over disjoint events.
struct Search<'a> {
    events: &'a [Vec<Event>],
    allowance: &'a Allowance,
    looks: Cell<u64>,
}

impl Search<'_> {
    /// What the matches of `shape` bind inside `span`; `None` when there is no match.
    fn bound(&self, shape: &Observe, span: TimeSpan) -> Result<Option<Bound>, Unread> {
        self.allowance.check()?;
        self.looks.set(self.looks.get() + 1);
        if self.looks.get() > MOST_LOOKS {
            return Err(too_many());
        }
        match shape {
            Observe::One(input) => {
                let found = self.events.get(*input).map_or(&[][..], |events| inside(events, span));
                Ok((!found.is_empty()).then(|| found.iter().map(|e| (*input, e.record)).collect()))
            }
            Observe::Or(parts) => {
                let mut all: Option<Bound> = None;
                for part in parts {
                    if let Some(found) = self.bound(part, span)? {
                        all.get_or_insert_default().extend(found);
                    }
                }
                Ok(all)
            }
            Observe::And(parts) => {
                let mut all = Bound::new();
                for part in parts {
                    let Some(found) = self.bound(part, span)? else { return Ok(None) };
                    all.extend(found);
                }
                Ok(Some(all))
            }
            Observe::FollowedBy(parts) => match parts.split_last() {
                None => Ok(None),
                Some((last, [])) => self.bound(last, span),
                Some((last, [one])) => self.followed(one, last, span),
                Some((last, several)) => self.followed(&Observe::FollowedBy(several.to_vec()), last, span),
            },
            Observe::Within(part, nanos) => self.within(part, *nanos, span),
            Observe::Repeats(part, n) => {
                let Some(found) = self.bound(part, span)? else { return Ok(None) };
                let records: BTreeSet<u64> = found.iter().map(|(_, r)| *r).collect();
                Ok((records.len() >= *n as usize).then_some(found))
            }
        }
    }

    /// `first FOLLOWEDBY second`: some instant has all records of the first at or before it and all of the second at or
    /// after it. So the second is searched from the earliest instant at which the first can be complete, and the first up
    /// to the latest instant from which the second can be.
    fn followed(&self, first: &Observe, second: &Observe, span: TimeSpan) -> Result<Option<Bound>, Unread> {
        let times = times(self.events, span);
        let over = split(&times, |t| Ok(self.bound(first, TimeSpan { end: t, ..span })?.is_none()))?;
        let begun = split(&times, |t| Ok(self.bound(second, TimeSpan { start: t, ..span })?.is_some()))?;
        let (Some(over), Some(begun)) = (times.get(over), begun.checked_sub(1).and_then(|at| times.get(at))) else {
            return Ok(None);
        };
        if over > begun {
            return Ok(None);
        }
        let before = self.bound(first, TimeSpan { end: *begun, ..span })?;
        let after = self.bound(second, TimeSpan { start: *over, ..span })?;
        Ok(before.zip(after).map(|(before, after)| before.into_iter().chain(after).collect()))
    }

    /// Matches whose records lie within `nanos` of each other. Every stretch of that length that begins at a record is tried.
    fn within(&self, part: &Observe, nanos: i64, span: TimeSpan) -> Result<Option<Bound>, Unread> {
        let mut all: Option<Bound> = None;
        for start in times(self.events, span) {
            if let Some(found) = self.bound(part, TimeSpan { start, end: start.plus(nanos).min(span.end) })? {
                all.get_or_insert_default().extend(found);
            }
        }
        Ok(all)
    }
}

/// How many times come first for which `holds`; it holds for none behind one for which it does not.
fn split(times: &[Instant], mut holds: impl FnMut(Instant) -> Result<bool, Unread>) -> Result<usize, Unread> {
    let (mut low, mut high) = (0, times.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        match times.get(middle) {
            Some(time) if holds(*time)? => low = middle + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests;
