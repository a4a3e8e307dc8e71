//! Matches in the course of time, for expressions with an order or with WITHIN inside of brackets: forwards it is found out what
//! can have been bound before each instant, backwards what can be bound after it, and where the two meet which records make
//! them meet.

use super::distinct::{Numbers, numbers, suffices_with};
use super::effort::{Effort, Hard, Refused};
use super::moments::{Event, Moment, Use};
use super::states::States;
use crate::allowance::{Allowance, Lent};
use huntc_compiler::time::Instant;
use std::collections::BTreeMap;

/// What grows, for messages.
const WAYS: &str = "the ways to match of an observation expression";
/// The most ways in which the open stretches of a state can have begun.
const MOST_BEGINNINGS: usize = 1_000;
/// So many instants are gone through at least before the state of things is put down again.
const LEG: usize = 1_024;

/// A way to decide an alternative.
pub(super) struct Course<'a> {
    pub(super) states: &'a States,
    /// For each class of records the roles that they can play.
    pub(super) classes: &'a [Numbers],
    pub(super) effort: &'a Effort<'a>,
}

/// Whether a state can be reached, and when its open stretches can have begun: the time of each copy of WITHIN that is begun and
/// not complete, in order, for one beginning after the other. None of them is as late as another in all times, since what is
/// possible after an earlier beginning is possible after a later one. On the way back times are negated.
#[derive(Clone, Default)]
struct Front {
    reached: bool,
    begun: Vec<i64>,
}

/// What changed in the instants of a leg: states with what they had before.
struct Changes<'a> {
    /// For each instant how many changes came before it.
    starts: Vec<usize>,
    fronts: Vec<(u32, Front)>,
    /// What they take, and what came in their place.
    memory: Lent<'a>,
}

impl Course<'_> {
    /// Tells which events are part of a match.
    pub(super) fn decide(&self, events: &[Event], out: &mut Use<'_>) -> Result<(), Refused> {
        let mut memory = self.effort.allowance.lend(WAYS);
        let instants: Vec<&[Event]> = events.chunk_by(|a, b| a.time == b.time).collect();
        memory.grow(size_of_val(instants.as_slice()))?;
        let leg = LEG.max(instants.len().isqrt());
        let mut fronts = self.begin(0);
        let mut put_down: Vec<Vec<Front>> = Vec::new();
        let mut changes = Changes::none(self.effort.allowance);
        let mut moment = Moment::none();
        for instants in instants.chunks(leg) {
            memory.grow(fronts.iter().map(Front::bytes).sum())?;
            put_down.push(fronts.clone());
            changes = Changes::none(self.effort.allowance);
            for events in instants {
                moment.read(events, self.classes);
                self.forwards(&moment, &mut fronts, &mut changes)?;
            }
        }
        let whole = self.states.whole();
        if !fronts.get(whole as usize).is_some_and(|front| front.reached) {
            return Ok(());
        }
        let mut back = self.begin(whole);
        let mut last = true;
        for instants in instants.chunks(leg).rev() {
            let begin = put_down.pop().unwrap_or_default();
            // The changes of the last leg are still there.
            if !std::mem::take(&mut last) {
                fronts = begin;
                changes = Changes::none(self.effort.allowance);
                for events in instants {
                    moment.read(events, self.classes);
                    self.forwards(&moment, &mut fronts, &mut changes)?;
                }
            }
            for events in instants.iter().rev() {
                moment.read(events, self.classes);
                changes.undo(&mut fronts);
                self.meet(&moment, &fronts, &back, out)?;
                self.backwards(&moment, &mut back, &mut changes.memory)?;
            }
        }
        Ok(())
    }

    /// Nothing but one state is reached.
    fn begin(&self, state: u32) -> Vec<Front> {
        let mut fronts = vec![Front::default(); self.states.len()];
        if let Some(front) = fronts.get_mut(state as usize) {
            front.reached = true;
        }
        fronts
    }

    /// What is reached when the instant is over. A record is used once, so every way begins before the instant.
    fn forwards(&self, moment: &Moment<'_>, fronts: &mut [Front], changes: &mut Changes<'_>) -> Result<(), Refused> {
        changes.starts.push(changes.fronts.len());
        for (state, new) in self.steps(moment, fronts, false)? {
            let width = self.states.live(state).len();
            let Some(front) = fronts.get_mut(state as usize).filter(|front| !front.has(&new, width)) else { continue };
            changes.memory.grow(size_of::<(u32, Front)>() + front.bytes() + new.bytes())?;
            changes.fronts.push((state, front.clone()));
            front.unite(&new, width)?;
        }
        Ok(())
    }

    /// What can be bound from this instant on.
    fn backwards(&self, moment: &Moment<'_>, back: &mut [Front], memory: &mut Lent<'_>) -> Result<(), Refused> {
        for (state, new) in self.steps(moment, back, true)? {
            let width = self.states.live(state).len();
            if let Some(front) = back.get_mut(state as usize).filter(|front| !front.has(&new, width)) {
                memory.grow(new.bytes())?;
                front.unite(&new, width)?;
            }
        }
        Ok(())
    }

    /// The states that records of this instant lead to, each with the times at which its open stretches began.
    fn steps(&self, moment: &Moment<'_>, fronts: &[Front], back: bool) -> Result<BTreeMap<u32, Front>, Refused> {
        let now = if back { moment.time.0.saturating_neg() } else { moment.time.0 };
        let (mut found, mut next) = (BTreeMap::<u32, Front>::new(), Vec::new());
        for (from, front) in (0_u32..).zip(fronts).filter(|(_, front)| front.reached) {
            self.states.reach(from, moment, back, self.effort, &mut next)?;
            for to in &next {
                let width = self.states.live(*to).len();
                for begun in front.each(self.states.live(from).len()) {
                    self.effort.spend(1)?;
                    if let Some(begun) = self.carried(begun, (from, *to), now) {
                        found.entry(*to).or_default().add(&begun, width)?;
                    }
                }
            }
        }
        Ok(found)
    }

    /// The times at which the open stretches of the second state began; `None` if a stretch becomes too long.
    fn carried(&self, begun: &[i64], (from, to): (u32, u32), now: i64) -> Option<Vec<i64>> {
        let (before, after) = (self.states.live(from), self.states.live(to));
        let fits = |copy: &u16, begun: i64| self.limits(*copy).is_some_and(|limit| now.saturating_sub(begun) <= limit);
        if !before.iter().zip(begun).all(|(copy, begun)| fits(copy, *begun)) {
            return None;
        }
        let time = |copy: &u16| before.iter().position(|b| b == copy).and_then(|at| begun.get(at)).copied().unwrap_or(now);
        Some(after.iter().map(time).collect())
    }

    fn limits(&self, copy: u16) -> Option<i64> {
        self.states.limits.get(usize::from(copy)).copied()
    }

    /// Tells which events of an instant lead from what is bound before it to what is bound after it.
    fn meet(&self, moment: &Moment<'_>, fronts: &[Front], back: &[Front], out: &mut Use<'_>) -> Result<(), Refused> {
        let mut told: Vec<Numbers> = vec![0; moment.supplies.len()];
        let mut supplies = moment.supplies.clone();
        let mut next = Vec::new();
        for (from, front) in (0_u32..).zip(fronts).filter(|(_, front)| front.reached) {
            self.states.reach(from, moment, false, self.effort, &mut next)?;
            for to in &next {
                let Some(rest) = back.get(*to as usize).filter(|rest| rest.reached) else { continue };
                let mut demands = self.states.between(from, *to);
                let roles = demands.iter().enumerate().filter(|(_, n)| **n > 0).fold(0, |all, (role, _)| all | 1 << role);
                let news = moment.supplies.iter().zip(&told).any(|((can, _), told)| can & roles & !told != 0);
                if !news || !self.compatible((from, front), (*to, rest), moment.time)? {
                    continue;
                }
                for (class, told) in told.iter_mut().enumerate() {
                    let can = supplies.get(class).map_or(0, |(can, _)| *can);
                    for role in numbers(can & roles & !*told) {
                        self.effort.spend(supplies.len())?;
                        if suffices_with(&mut demands, &mut supplies, class, role) {
                            *told |= 1 << role;
                        }
                    }
                }
            }
        }
        for event in moment.events {
            let class = moment.classes.binary_search(&event.class).ok();
            out.tell(event, class.and_then(|at| told.get(at)).copied().unwrap_or(0));
        }
        Ok(())
    }

    /// Whether some beginning before an instant fits some end after it.
    fn compatible(&self, (from, front): (u32, &Front), (to, back): (u32, &Front), now: Instant) -> Result<bool, Refused> {
        let (before, after) = (self.states.live(from), self.states.live(to));
        for begun in front.each(before.len()) {
            for ended in back.each(after.len()) {
                self.effort.spend(1)?;
                let end = |copy: &u16| {
                    after.iter().position(|a| a == copy).and_then(|at| ended.get(at)).map_or(now.0, |e| e.saturating_neg())
                };
                let start =
                    |copy: &u16| before.iter().position(|b| b == copy).and_then(|at| begun.get(at)).copied().unwrap_or(now.0);
                let fits = |copy: &u16| self.limits(*copy).is_some_and(|limit| end(copy).saturating_sub(start(copy)) <= limit);
                if before.iter().chain(after).all(fits) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

impl Front {
    /// Each beginning; of a state without open stretches one without times.
    fn each(&self, width: usize) -> impl Iterator<Item = &[i64]> {
        let none: &[i64] = &[];
        let empty = (width == 0 && self.reached).then_some(none);
        empty.into_iter().chain(self.begun.chunks(width.max(1)))
    }

    /// Whether a beginning is known that is as late in all times.
    fn beats(&self, begun: &[i64], width: usize) -> bool {
        self.reached && self.each(width).any(|known| known.iter().zip(begun).all(|(k, b)| k >= b))
    }

    /// Whether all beginnings of another one are known, or beaten.
    fn has(&self, other: &Self, width: usize) -> bool {
        other.each(width).all(|begun| self.beats(begun, width))
    }

    /// Adds the beginnings of another one.
    fn unite(&mut self, other: &Self, width: usize) -> Result<(), Refused> {
        other.each(width).try_for_each(|begun| self.add(begun, width))
    }

    /// Adds a beginning that is not beaten, and forgets those that it beats.
    fn add(&mut self, begun: &[i64], width: usize) -> Result<(), Refused> {
        if self.beats(begun, width) {
            return Ok(());
        }
        self.reached = true;
        if width > 0 {
            let beaten = |known: &[i64]| known.iter().zip(begun).all(|(k, b)| k <= b);
            let kept: Vec<i64> = self.begun.chunks(width).filter(|known| !beaten(known)).flatten().copied().collect();
            self.begun = kept;
            self.begun.extend(begun);
            if self.begun.len() > MOST_BEGINNINGS * width {
                return Err(Hard::Spans.into());
            }
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(self.begun.as_slice())
    }
}

impl<'a> Changes<'a> {
    fn none(allowance: &'a Allowance) -> Self {
        Self { starts: Vec::new(), fronts: Vec::new(), memory: allowance.lend(WAYS) }
    }

    /// Takes back what changed in the last instant.
    fn undo(&mut self, fronts: &mut [Front]) {
        let start = self.starts.pop().unwrap_or(0);
        for (state, before) in self.fronts.drain(start..).rev() {
            if let Some(front) = fronts.get_mut(state as usize) {
                *front = before;
            }
        }
    }
}
