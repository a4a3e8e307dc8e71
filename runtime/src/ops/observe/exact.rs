//! Matches of observation expressions as systems of distinct records. For expressions that repeat a compound part, or
//! in which a record matches several patterns.

use super::events::{Bound, Event, TimeSpan, inside, times};
use huntc_compiler::plan::Observe;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The expression has more than [`MOST`] ways to match.
#[derive(Debug)]
pub(super) struct TooMany;

/// The most ways to match that are examined.
const MOST: usize = 20_000;

/// `count` different records, each chosen from `edges`: pairs of an input's place and a record id.
#[derive(Clone)]
struct Slot {
    edges: Rc<[(usize, u64)]>,
    count: usize,
}

/// Slots that are filled together, no record twice.
type Group = Vec<Slot>;

/// What the matches of `shape` bind.
pub(super) fn bound(shape: &Observe, events: &[Vec<Event>], span: TimeSpan) -> Result<Bound, TooMany> {
    let groups = groups(shape, events, span)?;
    Ok(groups.iter().flat_map(bindable).collect())
}

/// The ways to match. Conditions on time are already applied to each group; only distinctness is left to decide.
fn groups(shape: &Observe, events: &[Vec<Event>], span: TimeSpan) -> Result<Vec<Group>, TooMany> {
    let found = match shape {
        Observe::One(input) => {
            let found = events.get(*input).map_or(&[][..], |e| inside(e, span));
            let edges: Rc<[(usize, u64)]> = found.iter().map(|e| (*input, e.record)).collect();
            if edges.is_empty() { Vec::new() } else { vec![vec![Slot { edges, count: 1 }]] }
        }
        Observe::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(groups(part, events, span)?);
            }
            if all.iter().all(|g| matches!(g.as_slice(), [Slot { count: 1, .. }])) { merged(&all) } else { all }
        }
        Observe::And(parts) => {
            let parts = parts.iter().map(|p| groups(p, events, span)).collect::<Result<Vec<_>, _>>()?;
            parts.iter().try_fold(vec![Vec::new()], |all, next| product(&all, next))?
        }
        Observe::FollowedBy(parts) => {
            let Some((last, before)) = parts.split_last() else { return Ok(Vec::new()) };
            let first = if let [one] = before { one.clone() } else { Observe::FollowedBy(before.to_vec()) };
            if before.is_empty() {
                return groups(last, events, span);
            }
            let mut all = Vec::new();
            for split in times(events, span) {
                let before = groups(&first, events, TimeSpan { end: split, ..span })?;
                let after = groups(last, events, TimeSpan { start: split, ..span })?;
                all.extend(product(&before, &after)?);
                within_reason(&all)?;
            }
            all
        }
        Observe::Within(part, nanos) => {
            let mut all = Vec::new();
            for start in times(events, span) {
                all.extend(groups(part, events, TimeSpan { start, end: start.plus(*nanos).min(span.end) })?);
                within_reason(&all)?;
            }
            all
        }
        Observe::Repeats(part, n) => repeated(&groups(part, events, span)?, *n as usize)?,
    };
    within_reason(&found)?;
    Ok(found)
}

fn within_reason(groups: &[Group]) -> Result<(), TooMany> {
    if groups.len() > MOST { Err(TooMany) } else { Ok(()) }
}

/// Alternatives that bind one record each become one slot with all their records.
fn merged(all: &[Group]) -> Vec<Group> {
    let edges: Rc<[(usize, u64)]> = all.iter().flatten().flat_map(|s| s.edges.iter().copied()).collect();
    if edges.is_empty() { Vec::new() } else { vec![vec![Slot { edges, count: 1 }]] }
}

fn product(left: &[Group], right: &[Group]) -> Result<Vec<Group>, TooMany> {
    if left.len().saturating_mul(right.len()) > MOST {
        return Err(TooMany);
    }
    let pairs = left.iter().flat_map(|a| right.iter().map(move |b| a.iter().chain(b).cloned().collect()));
    Ok(pairs.collect())
}

/// `n` matches at once: every choice of `n` ways with repetition, without regard to order.
fn repeated(ways: &[Group], n: usize) -> Result<Vec<Group>, TooMany> {
    let Some((first, rest)) = ways.split_first() else { return Ok(if n == 0 { vec![Vec::new()] } else { Vec::new() }) };
    let often = |times: usize| first.iter().map(move |s| Slot { edges: s.edges.clone(), count: s.count * times });
    if rest.is_empty() {
        return Ok(vec![often(n).collect()]);
    }
    let mut all = Vec::new();
    for times in 0..=n {
        for others in repeated(rest, n - times)? {
            let own = often(times).filter(|s| s.count > 0);
            all.push(own.chain(others.into_iter().filter(|s| s.count > 0)).collect());
            within_reason(&all)?;
        }
    }
    Ok(all)
}

/// The edges that are used by some way of filling all slots.
fn bindable(group: &Group) -> Bound {
    let need: usize = group.iter().map(|s| s.count).sum();
    let records: Vec<BTreeSet<u64>> = group.iter().map(|s| s.edges.iter().map(|(_, r)| *r).collect()).collect();
    // A slot with as many records as the whole group needs can always be filled after the others.
    let poor: Vec<usize> = (0..group.len()).filter(|i| records[*i].len() < need).collect();
    let scarce: BTreeSet<u64> = poor.iter().flat_map(|i| &records[*i]).copied().collect();
    let fills = |without: Option<u64>, less: Option<usize>| {
        let units = poor.iter().flat_map(|i| {
            let count = group[*i].count - usize::from(less == Some(*i));
            std::iter::repeat_n(&records[*i], count)
        });
        assigns(&units.collect::<Vec<_>>(), without)
    };
    if !fills(None, None) {
        return Bound::new();
    }
    let mut out = Bound::new();
    for (at, slot) in group.iter().enumerate() {
        let mut known: BTreeMap<u64, bool> = BTreeMap::new();
        for (input, record) in slot.edges.iter() {
            let less = poor.contains(&at).then_some(at);
            let asked = less.is_some() || scarce.contains(record);
            if !asked || *known.entry(*record).or_insert_with(|| fills(Some(*record), less)) {
                out.insert((*input, *record));
            }
        }
    }
    out
}

/// Whether each unit can get a record of its own (bipartite matching by augmenting paths).
fn assigns(units: &[&BTreeSet<u64>], without: Option<u64>) -> bool {
    fn place(
        unit: usize,
        units: &[&BTreeSet<u64>],
        without: Option<u64>,
        owner: &mut BTreeMap<u64, usize>,
        tried: &mut BTreeSet<u64>,
    ) -> bool {
        for record in units[unit].iter().filter(|r| Some(**r) != without) {
            if !tried.insert(*record) {
                continue;
            }
            let free = match owner.get(record).copied() {
                None => true,
                Some(other) => place(other, units, without, owner, tried),
            };
            if free {
                owner.insert(*record, unit);
                return true;
            }
        }
        false
    }
    let mut owner = BTreeMap::new();
    (0..units.len()).all(|unit| place(unit, units, without, &mut owner, &mut BTreeSet::new()))
}
