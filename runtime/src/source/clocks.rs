//! The time that the records of each event category cover; it shows clocks that disagree.

use super::{Column, Scalar};
use huntc_compiler::time::Instant;
use std::collections::BTreeMap;

/// The field with the category of a record.
pub(super) const CATEGORY: &str = "event.category";

/// Figures about the records of one category.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clock {
    /// A value of `event.category`.
    pub category: String,
    /// The number of records with that value.
    pub records: u64,
    /// Time of the earliest record.
    pub first: Instant,
    /// Time of the latest record.
    pub last: Instant,
}

/// Collects figures by category; records are added in parts.
#[derive(Default)]
pub(super) struct Clocks(BTreeMap<String, Clock>);

impl Clocks {
    /// Adds records: their times in nanoseconds, and the column of their categories.
    pub(super) fn add(&mut self, times: &[i64], categories: &Column) {
        for (row, time) in times.iter().enumerate() {
            let time = Instant(*time);
            for category in categories.values(row) {
                let Scalar::Text(category) = category else { continue };
                match self.0.get_mut(category.as_ref()) {
                    Some(clock) => {
                        clock.records += 1;
                        clock.first = clock.first.min(time);
                        clock.last = clock.last.max(time);
                    }
                    None => self.insert(Clock { category: category.to_string(), records: 1, first: time, last: time }),
                }
            }
        }
    }

    fn insert(&mut self, clock: Clock) {
        self.0.insert(clock.category.clone(), clock);
    }

    /// The figures, sorted by category.
    pub(super) fn finish(self) -> Vec<Clock> {
        self.0.into_values().collect()
    }
}
