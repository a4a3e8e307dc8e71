//! Roles without an order among them: any records that lie close enough together, each used once.

use super::distinct::{Numbers, Supply, numbers, suffices, suffices_with};
use super::effort::{Effort, Refused};
use super::moments::{Event, Use};
use foldhash::HashMap;
use huntc_compiler::time::Instant;
use std::rc::Rc;

/// The most answers that are remembered.
const MOST_REMEMBERED: usize = 10_000;

/// Roles that are played in any order within a stretch of time.
pub(super) struct Crowd<'a> {
    /// How many records play each role.
    pub(super) demands: &'a [u64],
    pub(super) apart: Apart,
    /// For each class of records the roles that they can play.
    pub(super) classes: &'a [Numbers],
}

/// How far apart the first and the last record may be.
#[derive(Clone, Copy)]
pub(super) enum Apart {
    Unlimited,
    Nanos(i64),
}

/// For each class of records the roles that one of them can play.
type Playable = Rc<[Numbers]>;

/// The records of one class in time, and those of them in the stretch that is looked at.
#[derive(Default)]
struct Lane {
    events: Vec<usize>,
    from: usize,
    to: usize,
    /// For each role up to where it is known that the events can play it.
    told: Vec<usize>,
}

impl Crowd<'_> {
    /// Tells which events are part of a match. Every match lies in a stretch of that length that begins at an event, so it is enough to
    /// look at those that do not lie inside of another one. Both ends of these only move on, so every event comes and goes once.
    /// What can be played by whom in a stretch depends on how many records of each class it has, and not on more of them than all
    /// roles together need.
    pub(super) fn decide(&self, events: &[Event], effort: &Effort<'_>, out: &mut Use<'_>) -> Result<(), Refused> {
        let mut lanes: Vec<Lane> = Vec::new();
        let mut places: HashMap<u32, usize> = HashMap::default();
        for (at, event) in events.iter().enumerate() {
            let place = *places.entry(event.class).or_insert_with(|| {
                lanes.push(Lane { told: vec![0; self.demands.len()], ..Lane::default() });
                lanes.len() - 1
            });
            if let Some(lane) = lanes.get_mut(place) {
                lane.events.push(at);
            }
        }
        let classes: Vec<u32> = {
            let mut all: Vec<(u32, usize)> = places.iter().map(|(class, place)| (*class, *place)).collect();
            all.sort_unstable_by_key(|(_, place)| *place);
            all.into_iter().map(|(class, _)| class).collect()
        };
        let place_of = |event: &Event| places.get(&event.class).copied().unwrap_or(0);
        let need = self.demands.iter().fold(0_u64, |all, one| all.saturating_add(*one));
        let mut remembered: HashMap<Vec<u64>, Playable> = HashMap::default();
        let (mut begin, mut end) = (0, 0);
        while let Some(first) = events.get(begin) {
            let last = match self.apart {
                Apart::Unlimited => Instant(i64::MAX),
                Apart::Nanos(nanos) => first.time.plus(nanos),
            };
            let before = end;
            while let Some(event) = events.get(end).filter(|e| e.time <= last) {
                if let Some(lane) = lanes.get_mut(place_of(event)) {
                    lane.to += 1;
                }
                end += 1;
            }
            if end > before {
                let counts: Vec<u64> = lanes.iter().map(|lane| ((lane.to - lane.from) as u64).min(need)).collect();
                effort.spend(counts.len())?;
                let playable = if let Some(known) = remembered.get(&counts) {
                    Rc::clone(known)
                } else {
                    let found = self.playable(&classes, &counts, effort)?;
                    if remembered.len() >= MOST_REMEMBERED {
                        remembered.clear();
                    }
                    remembered.insert(counts, Rc::clone(&found));
                    found
                };
                for (lane, roles) in lanes.iter_mut().zip(playable.iter()) {
                    for role in numbers(*roles) {
                        let Some(told) = lane.told.get_mut(role) else { continue };
                        let new = lane.events.get((*told).max(lane.from)..lane.to).unwrap_or_default();
                        effort.spend(new.len())?;
                        new.iter().filter_map(|at| events.get(*at)).for_each(|event| out.tell(event, 1 << role));
                        *told = lane.to;
                    }
                }
            }
            // The next stretch begins behind all events of this instant.
            while let Some(event) = events.get(begin).filter(|e| e.time == first.time) {
                if let Some(lane) = lanes.get_mut(place_of(event)) {
                    lane.from += 1;
                }
                begin += 1;
            }
        }
        Ok(())
    }

    /// What records of each class can play, if there are so many of each.
    fn playable(&self, classes: &[u32], counts: &[u64], effort: &Effort<'_>) -> Result<Playable, Refused> {
        let roles = |class: &u32| self.classes.get(*class as usize).copied().unwrap_or(0);
        let mut supplies: Vec<Supply> = classes.iter().map(roles).zip(counts.iter().copied()).collect();
        let mut demands = self.demands.to_vec();
        let nothing = || supplies.iter().map(|_| 0).collect();
        if !suffices(&demands, &supplies) {
            return Ok(nothing());
        }
        let mut playable = Vec::with_capacity(supplies.len());
        for class in 0..supplies.len() {
            let mut found = 0;
            for role in numbers(supplies.get(class).map_or(0, |(roles, _)| *roles)) {
                effort.spend(demands.len() * supplies.len())?;
                if suffices_with(&mut demands, &mut supplies, class, role) {
                    found |= 1 << role;
                }
            }
            playable.push(found);
        }
        Ok(playable.into())
    }
}
