//! How many records are usual, and whether tonight's are far fewer.

use serde::{Deserialize, Serialize};

/// The nights that say what is usual.
const NIGHTS: usize = 7;
/// Below this part of the usual number, records are few. A feed that has fewer than so many has no such part.
const PART: u64 = 10;

/// The numbers of records of one feed, night after night.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Feed {
    /// Those of the last nights in which it was as usual, the oldest first.
    pub usual: Vec<u64>,
    /// The number of nights in a row in which there were few.
    pub low: usize,
}

/// A feed with far fewer records than usual.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Few {
    /// The `event.dataset`, empty for records without one; `None`: all records of the source.
    pub dataset: Option<String>,
    /// The number of records in the last 24 hours.
    pub records: u64,
    /// The median of the last nights.
    pub usual: u64,
}

impl Feed {
    /// The median of the nights before.
    pub(super) fn median(&self) -> Option<u64> {
        let mut sorted = self.usual.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().saturating_sub(1) / 2).copied()
    }

    /// The usual number when there are far fewer records tonight. After seven such nights that is what is usual, so that a
    /// feed which was ended is not told forever.
    pub(super) fn few(&self, records: u64) -> Option<u64> {
        self.median().filter(|usual| *usual >= PART && records.saturating_mul(PART) < *usual && self.low < NIGHTS)
    }

    /// Adds the records of a night.
    pub(super) fn add(&mut self, records: u64) {
        if self.few(records).is_some() {
            self.low += 1;
            return;
        }
        if self.low >= NIGHTS {
            self.usual.clear();
        }
        self.low = 0;
        self.usual.push(records);
        let excess = self.usual.len().saturating_sub(NIGHTS);
        self.usual.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(nights: &[u64]) -> String {
        let mut feed = Feed::default();
        let mut told = String::new();
        for records in nights {
            told.push(if feed.few(*records).is_some() { '!' } else { '.' });
            feed.add(*records);
        }
        told
    }

    #[test]
    fn a_tenth_of_the_median_is_few() {
        assert_eq!(told(&[100, 90, 2_000, 10, 8]), "....!", "the median of four is the lower of two");
        assert_eq!(told(&[100, 0, 100, 11, 100]), ".!...");
    }

    #[test]
    fn few_records_are_told_for_seven_nights_and_are_usual_then() {
        assert_eq!(told(&[50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]), ".!!!!!!!...");
        assert_eq!(told(&[50, 0, 0, 50, 0]), ".!!.!");
    }

    #[test]
    fn a_feed_that_comes_now_and_then_is_told_no_more() {
        assert_eq!(told(&[20, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0]), ".!!!!!!!....");
        assert_eq!(told(&[9, 0, 9, 0]), "....", "and one that never has much is not told at all");
    }
}
