//! Weights: sightings that stand for several records at once, because a source counted them.

use super::{Sighting, Table};
use foldhash::{HashMap, HashSet};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// For how many records the sightings of a record's id stand; an id that is not named stands for one. Where tuples stand for
/// all records, those that were read beside them, for their times, stand for none.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    of: Arc<HashMap<u64, u64>>,
    /// Whether some count the slots of records each by itself, so that a record may stand in several.
    by_slot: bool,
}

impl Weights {
    /// The weights of these ids.
    pub fn new(weights: HashMap<u64, u64>, by_slot: bool) -> Self {
        Self { of: Arc::new(weights), by_slot }
    }

    /// How many records a sighting stands for.
    pub fn of(&self, record: u64) -> u64 {
        self.of.get(&record).copied().unwrap_or(1)
    }

    /// Whether a record may be counted once for each of its slots.
    pub fn by_slot(&self) -> bool {
        self.by_slot
    }

    /// Of two tables in one.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if other.of.is_empty() || Arc::ptr_eq(&self.of, &other.of) {
            return self.clone();
        }
        if self.of.is_empty() {
            return other.clone();
        }
        let both = self.of.iter().chain(other.of.iter()).map(|(id, weight)| (*id, *weight)).collect();
        Self::new(both, self.by_slot || other.by_slot)
    }
}

impl Table {
    /// The milliseconds that would have to be known more exactly, where times may be cut to them, for entities and their values
    /// to be in order: those in which several entities were first seen, or in which one has different values.
    pub fn unclear_millis(&self) -> BTreeSet<i64> {
        let mut unclear = BTreeSet::new();
        let mut firsts: HashSet<i64> = HashSet::default();
        for entity in self.entities() {
            let first = entity.first_time().map(Instant::millis_floor);
            unclear.extend(first.filter(|first| !firsts.insert(*first)));
            let mut before: Option<Sighting> = None;
            for sighting in entity.sightings() {
                let millis = sighting.time().map(Instant::millis_floor);
                let alike = |other: Sighting| (0..self.columns.len()).all(|c| entity.held(&sighting, c) == entity.held(&other, c));
                let same = before.filter(|before| before.time().map(Instant::millis_floor) == millis);
                unclear.extend(millis.filter(|_| same.is_some_and(|same| !alike(same))));
                before = Some(sighting);
            }
        }
        unclear
    }

    /// Whether the values of every row are known though no sighting has a time: no two sightings of an entity have
    /// different values of one attribute.
    pub fn is_settled(&self) -> bool {
        self.entities().all(|entity| {
            (0..self.columns.len()).all(|column| {
                let mut first: Option<&Value> = None;
                entity.sightings().all(|sighting| {
                    let value = entity.held(&sighting, column);
                    first = first.or(value);
                    value.is_none() || value == first
                })
            })
        })
    }
}
