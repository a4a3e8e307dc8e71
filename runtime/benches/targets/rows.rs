//! Rows of the table of targets: what is measured, and what it must come to.

use super::data::Data;
use super::limit::{Limit, median};
use super::measure::Outcome;

/// A row.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) effort: Effort,
    /// What is measured, in the order of what `measure` returns.
    pub(super) limits: &'static [Limit],
    pub(super) measure: fn(&Data) -> Outcome<Vec<f64>>,
}

/// How often a row is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Five times; the median counts.
    Median,
    /// Once, and only with `--large`.
    Large,
}

impl Row {
    /// The figures of the row.
    pub(super) fn figures(&self, data: &Data) -> Outcome<Vec<f64>> {
        let times = if self.effort == Effort::Large { 1 } else { 5 };
        let samples = (0..times).map(|_| (self.measure)(data)).collect::<Outcome<Vec<_>>>()?;
        let median = |index: usize| {
            let column = samples.iter().filter_map(|sample| sample.get(index).copied()).collect();
            median(column).ok_or_else(|| format!("{} has no figure in {}", self.name, self.limits[index].unit))
        };
        Ok((0..self.limits.len()).map(median).collect::<Result<_, _>>()?)
    }
}
