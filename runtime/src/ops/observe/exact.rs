//! Matches of observation expressions as systems of distinct records. For expressions that repeat a compound part, or
//! in which a record matches several patterns.

use super::events::{Bound, Event, TimeSpan, inside, times};
use crate::allowance::{Allowance, Lent};
use crate::matching::{Undecidable, Unread};
use huntc_compiler::plan::Observe;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// The error of an expression with more ways to match than are examined.
pub(super) fn too_many() -> Unread {
    Undecidable("the observation expression has too many ways to match".to_owned()).into()
}

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
pub(super) fn bound(shape: &Observe, events: &[Vec<Event>], span: TimeSpan, allowance: &Allowance) -> Result<Bound, Unread> {
    let search =
        Search { events, allowance, memory: RefCell::new(allowance.lend("the ways to match of an observation expression")) };
    let groups = search.groups(shape, span)?;
    let mut all = Bound::new();
    for group in &groups {
        allowance.check()?;
        all.extend(bindable(group));
    }
    Ok(all)
}

struct Search<'a> {
    events: &'a [Vec<Event>],
    allowance: &'a Allowance,
    /// What the ways to match take.
    memory: RefCell<Lent<'a>>,
}

impl Search<'_> {
    /// The ways to match. Conditions on time are already applied to each group; only distinctness is left to decide.
    fn groups(&self, shape: &Observe, span: TimeSpan) -> Result<Vec<Group>, Unread> {
        self.allowance.check()?;
        let events = self.events;
        let found = match shape {
            Observe::One(input) => {
                let found = events.get(*input).map_or(&[][..], |e| inside(e, span));
                self.memory.borrow_mut().grow(size_of_val(found))?;
                let edges: Rc<[(usize, u64)]> = found.iter().map(|e| (*input, e.record)).collect();
                if edges.is_empty() { Vec::new() } else { vec![vec![Slot { edges, count: 1 }]] }
            }
            Observe::Or(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(self.groups(part, span)?);
                }
                if all.iter().all(|g| matches!(g.as_slice(), [Slot { count: 1, .. }])) { merged(&all) } else { all }
            }
            Observe::And(parts) => {
                let parts = parts.iter().map(|p| self.groups(p, span)).collect::<Result<Vec<_>, _>>()?;
                parts.iter().try_fold(vec![Vec::new()], |all, next| product(&all, next))?
            }
            Observe::FollowedBy(parts) => {
                let Some((last, before)) = parts.split_last() else { return Ok(Vec::new()) };
                let first = if let [one] = before { one.clone() } else { Observe::FollowedBy(before.to_vec()) };
                if before.is_empty() {
                    return self.groups(last, span);
                }
                let mut all = Vec::new();
                for split in times(events, span) {
                    let before = self.groups(&first, TimeSpan { end: split, ..span })?;
                    let after = self.groups(last, TimeSpan { start: split, ..span })?;
                    all.extend(product(&before, &after)?);
                    within_reason(&all)?;
                }
                all
            }
            Observe::Within(part, nanos) => {
                let mut all = Vec::new();
                for start in times(events, span) {
                    all.extend(self.groups(part, TimeSpan { start, end: start.plus(*nanos).min(span.end) })?);
                    within_reason(&all)?;
                }
                all
            }
            Observe::Repeats(part, n) => repeated(&self.groups(part, span)?, *n as usize)?,
        };
        within_reason(&found)?;
        Ok(found)
    }
}

fn within_reason(groups: &[Group]) -> Result<(), Unread> {
    if groups.len() > MOST { Err(too_many()) } else { Ok(()) }
}

/// Alternatives that bind one record each become one slot with all their records.
fn merged(all: &[Group]) -> Vec<Group> {
    let edges: Rc<[(usize, u64)]> = all.iter().flatten().flat_map(|s| s.edges.iter().copied()).collect();
    if edges.is_empty() { Vec::new() } else { vec![vec![Slot { edges, count: 1 }]] }
}

fn product(left: &[Group], right: &[Group]) -> Result<Vec<Group>, Unread> {
    if left.len().saturating_mul(right.len()) > MOST {
        return Err(too_many());
    }
    let pairs = left.iter().flat_map(|a| right.iter().map(move |b| a.iter().chain(b).cloned().collect()));
    Ok(pairs.collect())
}

/// `n` matches at once: every choice of `n` ways with repetition, without regard to order.
fn repeated(ways: &[Group], n: usize) -> Result<Vec<Group>, Unread> {
    if n == 1 {
        return Ok(ways.to_vec());
    }
    if ways.len() > 1 && choices(ways.len(), n) > MOST {
        return Err(too_many());
    }
    let Some((first, rest)) = ways.split_first() else { return Ok(if n == 0 { vec![Vec::new()] } else { Vec::new() }) };
    let often = |times: usize| first.iter().map(move |s| Slot { edges: s.edges.clone(), count: s.count.saturating_mul(times) });
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

/// How many choices of `n` of some `ways` there are, with repetition: C(ways + n - 1, n). At least, when they are too many.
fn choices(ways: usize, n: usize) -> usize {
    let more = (ways - 1).min(n);
    let all = (ways - 1).saturating_add(n);
    let mut choices: usize = 1;
    for taken in 1..=more {
        choices = choices.saturating_mul(all - more + taken) / taken;
        if choices > MOST {
            break;
        }
    }
    choices
}

/// The edges that are used by some way of filling all slots.
fn bindable(group: &Group) -> Bound {
    let need = group.iter().map(|s| s.count).fold(0, usize::saturating_add);
    let records: Vec<BTreeSet<u64>> = group.iter().map(|s| s.edges.iter().map(|(_, r)| *r).collect()).collect();
    // A slot with as many records as the whole group needs can always be filled after the others.
    let poor: Vec<usize> = (0..group.len()).filter(|i| records[*i].len() < need).collect();
    let scarce: BTreeSet<u64> = poor.iter().flat_map(|i| &records[*i]).copied().collect();
    let fills = |without: Option<u64>, less: Option<usize>| {
        // More units than records cannot all get one; there may be thousands of millions of them.
        let counts = poor.iter().map(|i| group[*i].count - usize::from(less == Some(*i)));
        let wanted = counts.fold(0, usize::saturating_add);
        if wanted > scarce.len() {
            return false;
        }
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

/// Whether each unit can get a record of its own: bipartite matching by augmenting paths, each the shortest.
fn assigns(units: &[&BTreeSet<u64>], without: Option<u64>) -> bool {
    let mut owner: BTreeMap<u64, usize> = BTreeMap::new();
    let mut has: Vec<Option<u64>> = vec![None; units.len()];
    (0..units.len()).all(|unit| {
        // Who would take each record that was reached, and the units whose records are still to be looked at.
        let mut taker: BTreeMap<u64, usize> = BTreeMap::new();
        let mut open = VecDeque::from([unit]);
        while let Some(looking) = open.pop_front() {
            for record in units[looking].iter().filter(|r| Some(**r) != without) {
                if taker.contains_key(record) {
                    continue;
                }
                taker.insert(*record, looking);
                if let Some(other) = owner.get(record) {
                    open.push_back(*other);
                    continue;
                }
                // It is free: whoever takes it leaves its own to the one that would take that, up to the unit that had none.
                let mut left = Some(*record);
                while let Some((record, next)) = left.and_then(|record| Some((record, *taker.get(&record)?))) {
                    owner.insert(record, next);
                    left = has[next].replace(record);
                }
                return true;
            }
        }
        false
    })
}
