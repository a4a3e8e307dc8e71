//! Which time the records of each event category cover: clocks that disagree show here.

use super::{Column, Scalar};
use huntc_compiler::time::Instant;
use std::collections::BTreeMap;

/// The field that tells the category of a record.
pub(super) const CATEGORY: &str = "event.category";

/// The records of one category.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clock {
    /// A value of `event.category`.
    pub category: String,
    /// Records that have it.
    pub records: u64,
    /// Time of the earliest.
    pub first: Instant,
    /// Time of the latest.
    pub last: Instant,
}

/// Adds records one part after the other.
#[derive(Default)]
pub(super) struct Clocks(BTreeMap<String, Clock>);

impl Clocks {
    /// Adds records: their times, and the column of their categories.
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

    /// By category.
    pub(super) fn finish(self) -> Vec<Clock> {
        self.0.into_values().collect()
    }
}
