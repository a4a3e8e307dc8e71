//! Events at one instant, and what is told of events.

use super::distinct::{Numbers, Supply};
use huntc_compiler::time::Instant;

/// A record that can play roles of an alternative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) time: Instant,
    /// The record: its place among the candidates.
    pub(super) candidate: u32,
    /// Which roles it can play: a number of a class of records.
    pub(super) class: u32,
}

/// What is told of events.
pub(super) struct Use<'a> {
    /// For each candidate the patterns that it stands for in some match.
    pub(super) bound: &'a mut [Numbers],
    /// For each role its patterns.
    pub(super) roles: &'a [Numbers],
}

impl Use<'_> {
    /// The event plays these roles in some match.
    pub(super) fn tell(&mut self, event: &Event, roles: Numbers) {
        let patterns = super::distinct::numbers(roles).filter_map(|role| self.roles.get(role));
        let patterns = patterns.fold(0, |all, one| all | one);
        if let Some(bound) = self.bound.get_mut(event.candidate as usize) {
            *bound |= patterns;
        }
    }
}

/// All events of one instant.
pub(super) struct Moment<'a> {
    pub(super) time: Instant,
    pub(super) events: &'a [Event],
    /// The roles that some of them can play.
    pub(super) roles: Numbers,
    /// The classes of records, and how many there are of each.
    pub(super) supplies: Vec<Supply>,
    /// The numbers of these classes.
    pub(super) classes: Vec<u32>,
}

impl<'a> Moment<'a> {
    /// Reads one into the place of another. `classes`: for each class of records the roles that they can play.
    pub(super) fn read(&mut self, events: &'a [Event], classes: &[Numbers]) {
        let roles = |class: u32| classes.get(class as usize).copied().unwrap_or(0);
        self.events = events;
        self.time = events.first().map_or(Instant(0), |e| e.time);
        self.supplies.clear();
        self.classes.clear();
        if let [one] = events {
            self.classes.push(one.class);
            self.supplies.push((roles(one.class), 1));
        } else {
            let mut all: Vec<u32> = events.iter().map(|e| e.class).collect();
            all.sort_unstable();
            for same in all.chunk_by(|a, b| a == b) {
                self.classes.extend(same.first());
                self.supplies.extend(same.first().map(|class| (roles(*class), same.len() as u64)));
            }
        }
        self.roles = self.supplies.iter().fold(0, |all, (roles, _)| all | roles);
    }

    /// One without events.
    pub(super) fn none() -> Self {
        Self { time: Instant(0), events: &[], roles: 0, supplies: Vec::new(), classes: Vec::new() }
    }
}
