//! Weights: sightings that stand for several records at once, because a source counted them.

use super::Table;
use foldhash::HashMap;
use huntc_compiler::value::Value;
use std::sync::Arc;

/// For how many records the sightings of a record's id stand; an id that is not named stands for one. Where tuples stand for
/// all records, those that were read beside them, for their times, stand for none.
#[derive(Clone, Debug, Default)]
pub struct Weights(Arc<HashMap<u64, u64>>);

impl Weights {
    /// The weights of these ids.
    pub fn new(weights: HashMap<u64, u64>) -> Self {
        Self(Arc::new(weights))
    }

    /// How many records a sighting stands for.
    pub fn of(&self, record: u64) -> u64 {
        self.0.get(&record).copied().unwrap_or(1)
    }

    /// Of two tables in one.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if other.0.is_empty() || Arc::ptr_eq(&self.0, &other.0) {
            return self.clone();
        }
        if self.0.is_empty() {
            return other.clone();
        }
        Self::new(self.0.iter().chain(other.0.iter()).map(|(id, weight)| (*id, *weight)).collect())
    }
}

impl Table {
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
