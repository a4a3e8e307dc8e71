//! Rows of the table of targets: what is measured, and what it must come to.

use super::data::Data;
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
    /// Likewise, where there is a server.
    Server,
    /// Once, and only with `--large`.
    Large,
}

/// What a figure must come to.
pub(super) struct Limit {
    pub(super) unit: &'static str,
    pub(super) bound: Bound,
}

/// See [`Limit`].
#[derive(Clone, Copy)]
pub(super) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    pub(super) fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {}", shown(*most)),
            Self::AtLeast(least) => write!(f, "≥ {}", shown(*least)),
        }
    }
}

/// A figure with as many digits as mean something.
pub(super) fn shown(figure: f64) -> String {
    if figure >= 1000.0 {
        let whole = format!("{figure:.0}");
        let groups: Vec<&str> = whole.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
        return groups.join(",");
    }
    if figure >= 100.0 { format!("{figure:.0}") } else { format!("{figure:.2}") }
}

impl Row {
    /// The figures of the row.
    pub(super) fn figures(&self, data: &Data) -> Outcome<Vec<f64>> {
        let times = if self.effort == Effort::Large { 1 } else { 5 };
        let samples = (0..times).map(|_| (self.measure)(data)).collect::<Outcome<Vec<_>>>()?;
        let median = |index: usize| {
            let mut column: Vec<f64> = samples.iter().filter_map(|sample| sample.get(index).copied()).collect();
            column.sort_by(f64::total_cmp);
            column
                .get(column.len() / 2)
                .copied()
                .ok_or_else(|| format!("{} has no figure in {}", self.name, self.limits[index].unit))
        };
        Ok((0..self.limits.len()).map(median).collect::<Result<_, _>>()?)
    }
}
