//! How far a match can have come: how many records play each role so far.

use super::alternatives::{Alternative, Order, Stretch};
use super::distinct::{Numbers, numbers, suffices};
use super::effort::{Effort, Hard, Refused};
use super::moments::Moment;
use foldhash::HashMap;

/// The most states.
const MOST_STATES: usize = 20_000;
/// The most copies of all WITHINs.
const MOST_CLOCKS: usize = 64;
/// No state.
const NONE: u32 = u32::MAX;

/// Everything that a match can have come to, and the ways from one to the next.
///
/// A match binds records instant by instant. What it can have bound when an instant is over is a state: a number of records for
/// each role, so that every FOLLOWEDBY holds between what is bound and what is not. Records need not know which copy of a
/// repeated part they belong to (see [`Order`]).
pub(super) struct States {
    /// For each state how many records play each role.
    counts: Vec<Box<[u32]>>,
    /// For each state and role: the state with one record more, and with one less.
    more: Vec<u32>,
    less: Vec<u32>,
    roles: usize,
    /// For each state the copies of WITHIN that are begun and not complete.
    live: Vec<Box<[u16]>>,
    /// For each copy of a WITHIN how long it may be.
    pub(super) limits: Vec<i64>,
}

impl States {
    /// The states of an alternative whose roles need no more records than there are.
    pub(super) fn new(alternative: &Alternative, effort: &Effort<'_>) -> Result<Self, Refused> {
        let roles = alternative.roles.len();
        let copies = alternative.spans.iter().fold(0, |all: u64, span| all.saturating_add(span.copies));
        if copies > MOST_CLOCKS as u64 {
            return Err(Hard::Spans.into());
        }
        let mut states = Self {
            counts: vec![vec![0; roles].into()],
            more: Vec::new(),
            less: vec![NONE; roles],
            roles,
            live: Vec::new(),
            limits: alternative.spans.iter().flat_map(|s| (0..s.copies).map(|_| s.nanos)).collect(),
        };
        let mut known: HashMap<Box<[u32]>, u32> = states.counts.iter().map(|c| (c.clone(), 0)).collect();
        let mut at = 0;
        while let Some(counts) = states.counts.get(at).cloned() {
            effort.spend(roles)?;
            for (role, most) in alternative.roles.iter().map(|r| r.count).enumerate() {
                let mut next = counts.clone();
                let fits = next.get_mut(role).is_some_and(|n| {
                    *n += 1;
                    u64::from(*n) <= most
                });
                if !fits || !alternative.orders.iter().all(|order| holds(order, &next)) {
                    states.more.push(NONE);
                    continue;
                }
                let number = *known.entry(next).or_insert_with_key(|next| {
                    states.counts.push(next.clone());
                    states.less.extend(vec![NONE; roles]);
                    states.counts.len() as u32 - 1
                });
                if states.counts.len() > MOST_STATES {
                    return Err(Hard::Partial.into());
                }
                states.more.push(number);
                if let Some(less) = states.less.get_mut(number as usize * roles + role) {
                    *less = at as u32;
                }
            }
            at += 1;
        }
        states.live = states.counts.iter().map(|counts| live(&alternative.spans, counts)).collect();
        Ok(states)
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The state in which everything is bound.
    pub(super) fn whole(&self) -> u32 {
        // Each state is found before those with more records.
        self.counts.len() as u32 - 1
    }

    /// The copies of WITHIN that are begun and not complete in a state, ascending.
    pub(super) fn live(&self, state: u32) -> &[u16] {
        self.live.get(state as usize).map_or(&[], |live| live)
    }

    fn step(&self, state: u32, role: usize, back: bool) -> Option<u32> {
        let steps = if back { &self.less } else { &self.more };
        steps.get(state as usize * self.roles + role).copied().filter(|next| *next != NONE)
    }

    /// How many records of each role `more` has above `fewer`.
    pub(super) fn between(&self, fewer: u32, more: u32) -> Vec<u64> {
        let (Some(fewer), Some(more)) = (self.counts.get(fewer as usize), self.counts.get(more as usize)) else {
            return Vec::new();
        };
        more.iter().zip(fewer).map(|(m, f)| u64::from(m.saturating_sub(*f))).collect()
    }

    /// The states that can be reached from one by binding records of one instant, at least one; with `back`, by taking them away.
    ///
    /// At one instant records follow each other in any order. Roles are numbered so that those which come first have smaller
    /// numbers, so every set of roles can be bound in ascending order and taken away in descending order, through states only.
    pub(super) fn reach(
        &self,
        from: u32,
        moment: &Moment<'_>,
        back: bool,
        effort: &Effort<'_>,
        found: &mut Vec<u32>,
    ) -> Result<(), Refused> {
        found.clear();
        if moment.events.len() == 1 {
            effort.spend(1)?;
            found.extend(numbers(moment.roles).filter_map(|role| self.step(from, role, back)));
            return Ok(());
        }
        let mut open: Vec<(u32, Numbers)> = vec![(from, 0)];
        while let Some((state, done)) = open.pop() {
            for role in numbers(moment.roles & !done) {
                effort.spend(moment.supplies.len())?;
                let Some(next) = self.step(state, role, back) else { continue };
                let demands = if back { self.between(next, from) } else { self.between(from, next) };
                if suffices(&demands, &moment.supplies) {
                    found.push(next);
                    open.push((next, passed(role, back)));
                }
            }
        }
        Ok(())
    }
}

/// The roles that are not bound any more behind this one: the smaller ones, or the larger ones on the way back.
fn passed(role: usize, back: bool) -> Numbers {
    let smaller = (1 << role) - 1;
    if back { !smaller & !(1 << role) } else { smaller }
}

/// Whether a FOLLOWEDBY holds: every copy that has begun behind it is complete before it.
fn holds(order: &Order, counts: &[u32]) -> bool {
    let of = |(role, _): (usize, u64)| counts.get(role).map_or(0, |n| u64::from(*n));
    of(order.after).div_ceil(order.after.1.max(1)) <= of(order.before) / order.before.1.max(1)
}

/// The copies of WITHIN that are begun and not complete, ascending.
fn live(spans: &[Stretch], counts: &[u32]) -> Box<[u16]> {
    let mut live = Vec::new();
    let mut number = 0_u16;
    for span in spans {
        for copy in 0..span.copies {
            let of = |(role, n): &(usize, u64)| (counts.get(*role).map_or(0, |c| u64::from(*c)), *n);
            let begun = span.members.iter().map(of).any(|(count, n)| count > copy * n);
            let complete = span.members.iter().map(of).all(|(count, n)| count >= (copy + 1) * n);
            if begun && !complete {
                live.push(number);
            }
            number += 1;
        }
    }
    live.into()
}
