//! Decides the alternatives of an expression, for each group of records that BY keeps together.

use super::alternatives::{Alternative, Common};
use super::candidates::{Candidate, Candidates, Combinations};
use super::course::Course;
use super::crowd::{Apart, Crowd};
use super::distinct::{Numbers, numbers};
use super::effort::{Effort, Hard, Refused};
use super::moments::{Event, Use};
use super::states::States;
use foldhash::HashMap;

/// The most work of trying the values of BYs inside of brackets: choices of values times records.
const MOST_TRIED: usize = 200_000_000;

/// An alternative with what all groups share.
struct Decider<'a> {
    candidates: &'a Candidates,
    demands: Vec<u64>,
    patterns: Vec<Numbers>,
    /// The sets of roles that records can play, and for each kind of candidates which of them.
    classes: Vec<Numbers>,
    class_of: Vec<Option<u32>>,
    /// How far apart the records may be, where no other condition than that binds the roles.
    crowd: Option<Apart>,
    states: Option<States>,
    effort: &'a Effort<'a>,
}

/// Adds to `bound` for each candidate the patterns that it stands for in some match of the alternative.
pub(super) fn decide(
    candidates: &Candidates,
    alternative: &Alternative,
    bound: &mut [Numbers],
    effort: &Effort<'_>,
) -> Result<(), Refused> {
    let demands: Vec<u64> = alternative.roles.iter().map(|role| role.count).collect();
    let playable = |kind: &Numbers| {
        let roles = alternative.roles.iter().enumerate().filter(|(_, role)| role.patterns & kind != 0);
        roles.fold(0, |all, (number, _)| all | 1 << number)
    };
    let mut classes: Vec<Numbers> = Vec::new();
    let mut known: HashMap<Numbers, u32> = HashMap::default();
    let class_of = candidates.kinds.sets.iter().map(playable).map(|roles: Numbers| {
        (roles != 0).then(|| {
            *known.entry(roles).or_insert_with(|| {
                classes.push(roles);
                classes.len() as u32 - 1
            })
        })
    });
    let class_of = class_of.collect();
    let patterns = alternative.roles.iter().map(|role| role.patterns).collect();
    let mut decider = Decider { candidates, demands, patterns, classes, class_of, crowd: crowd(alternative), states: None, effort };
    // More records than there are cannot be bound, and there may be thousands of millions of them.
    if !decider.enough(&mut decider.events(0..candidates.all.len())) {
        return Ok(());
    }
    if decider.crowd.is_none() {
        decider.states = Some(States::new(alternative, effort)?);
    }
    let everything: Vec<usize> = (0..alternative.roles.len()).collect();
    let (whole, inner): (Vec<&Common>, Vec<&Common>) = alternative.commons.iter().partition(|c| c.roles == everything);
    let mut fields: Vec<usize> = whole.iter().flat_map(|c| &c.fields).copied().collect();
    fields.sort_unstable();
    fields.dedup();
    let mut memory = effort.allowance.lend("the groups of an observation expression");
    if whole.is_empty() {
        let events: Vec<Event> = decider.events(0..candidates.all.len()).collect();
        memory.grow(size_of_val(events.as_slice()))?;
        return decider.values(&events, &inner, bound);
    }
    let combinations = candidates.combinations(&fields, effort)?;
    let mut groups: Vec<(u32, u32)> = Vec::new();
    for (number, one) in (0_u32..).zip(&candidates.all) {
        let of = combinations.get(one.values as usize).map_or(&[][..], Vec::as_slice);
        effort.spend(of.len())?;
        if groups.len() + of.len() > groups.capacity() {
            memory.grow((groups.len() + of.len()).max(1024) * 2 * size_of::<(u32, u32)>())?;
        }
        groups.extend(of.iter().map(|group| (*group, number)));
    }
    groups.sort_unstable();
    for group in groups.chunk_by(|a, b| a.0 == b.0) {
        let events: Vec<Event> = decider.events(group.iter().map(|(_, number)| *number as usize)).collect();
        decider.values(&events, &inner, bound)?;
    }
    Ok(())
}

/// If roles have no order, and no stretch of time but one around all of them: how long that is.
fn crowd(alternative: &Alternative) -> Option<Apart> {
    let mut apart = Apart::Unlimited;
    for span in &alternative.spans {
        let all = span.members.len() == alternative.roles.len()
            && span.members.iter().zip(&alternative.roles).all(|((_, n), role)| *n == role.count);
        if !all {
            return None;
        }
        apart = match apart {
            Apart::Nanos(nanos) => Apart::Nanos(nanos.min(span.nanos)),
            Apart::Unlimited => Apart::Nanos(span.nanos),
        };
    }
    alternative.orders.is_empty().then_some(apart)
}

impl Decider<'_> {
    /// The candidates of these numbers that can play a role.
    fn events(&self, which: impl Iterator<Item = usize>) -> impl Iterator<Item = Event> {
        which.filter_map(|number| {
            let one: &Candidate = self.candidates.all.get(number)?;
            let class = self.class_of.get(one.kind as usize).copied().flatten()?;
            Some(Event { time: one.time, candidate: number as u32, class })
        })
    }

    /// Whether each role alone has as many records as it needs.
    fn enough(&self, events: &mut dyn Iterator<Item = Event>) -> bool {
        let mut counts: Vec<u64> = vec![0; self.classes.len()];
        for event in events {
            if let Some(count) = counts.get_mut(event.class as usize) {
                *count += 1;
            }
        }
        self.demands.iter().enumerate().all(|(role, demand)| {
            let can = self.classes.iter().zip(&counts).filter(|(roles, _)| *roles & (1 << role) != 0);
            can.fold(0, |all, (_, count)| all + count) >= *demand
        })
    }

    /// Decides a group for every choice of values for the BYs inside of it.
    fn values(&self, events: &[Event], inner: &[&Common], bound: &mut [Numbers]) -> Result<(), Refused> {
        if !self.enough(&mut events.iter().copied()) {
            return Ok(());
        }
        if inner.is_empty() {
            return self.group(events, &self.classes, bound);
        }
        let mut choices: Vec<(Combinations, Vec<u32>)> = Vec::new();
        let mut tried = events.len();
        for common in inner {
            let combinations = self.candidates.combinations(&common.fields, self.effort)?;
            let of = |event: &Event| combinations_of(&combinations, self.candidates, event);
            let mut values: Vec<u32> = events.iter().flat_map(of).copied().collect();
            values.sort_unstable();
            values.dedup();
            tried = tried.saturating_mul(values.len());
            if tried > MOST_TRIED {
                return Err(Hard::Groups.into());
            }
            choices.push((combinations, values));
        }
        let total = choices.iter().map(|(_, values)| values.len()).product::<usize>();
        for choice in 0..total {
            self.choice(events, inner, &choices, choice, bound)?;
        }
        Ok(())
    }

    /// Decides a group for one choice: records play a role inside of a BY only if they have the value that was chosen for it.
    fn choice(
        &self,
        events: &[Event],
        inner: &[&Common],
        choices: &[(Combinations, Vec<u32>)],
        mut choice: usize,
        bound: &mut [Numbers],
    ) -> Result<(), Refused> {
        self.effort.spend(events.len())?;
        let mut chosen = Vec::with_capacity(choices.len());
        for (combinations, values) in choices {
            chosen.push((combinations, values.get(choice % values.len().max(1)).copied()));
            choice /= values.len().max(1);
        }
        let mut classes: Vec<Numbers> = Vec::new();
        let mut known: HashMap<Numbers, u32> = HashMap::default();
        let mut narrowed = Vec::with_capacity(events.len());
        for event in events {
            let mut roles = self.classes.get(event.class as usize).copied().unwrap_or(0);
            for (common, (combinations, value)) in inner.iter().zip(&chosen) {
                let has = combinations_of(combinations, self.candidates, event).iter().any(|v| Some(*v) == *value);
                if !has {
                    roles &= !common.roles.iter().fold(0, |all, role| all | 1 << role);
                }
            }
            if roles != 0 {
                let class = *known.entry(roles).or_insert_with(|| {
                    classes.push(roles);
                    classes.len() as u32 - 1
                });
                narrowed.push(Event { class, ..*event });
            }
        }
        self.group(&narrowed, &classes, bound)
    }

    /// Decides events that no BY tells apart any more.
    fn group(&self, events: &[Event], classes: &[Numbers], bound: &mut [Numbers]) -> Result<(), Refused> {
        let can: Numbers = events.iter().filter_map(|e| classes.get(e.class as usize)).fold(0, |all, one| all | one);
        if numbers(can).count() < self.demands.len() {
            return Ok(());
        }
        let mut out = Use { bound, roles: &self.patterns };
        match (&self.crowd, &self.states) {
            (Some(apart), _) => {
                let crowd = Crowd { demands: &self.demands, apart: *apart, classes };
                crowd.decide(events, self.effort, &mut out)
            }
            (None, Some(states)) => Course { states, classes, effort: self.effort }.decide(events, &mut out),
            (None, None) => Ok(()),
        }
    }
}

/// The combinations of values of an event.
fn combinations_of<'c>(combinations: &'c Combinations, candidates: &Candidates, event: &Event) -> &'c [u32] {
    let values = candidates.all.get(event.candidate as usize).map(|one| one.values as usize);
    values.and_then(|at| combinations.get(at)).map_or(&[], Vec::as_slice)
}
