//! Whole hunts from process start to exit, over log files and over a store.

use super::data::Data;
use super::measure::{Outcome, child};
use super::rows::{Bound::AtMost, Effort, Limit, Row};
use std::path::Path;

/// Two GET, two FIND, three DISP, GROUP, SORT.
const HUNT: &str = include_str!("hunt.hf");

/// The rows of this file.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "hunt over a log of 10,000",
        effort: Effort::Median,
        limits: &[Limit { unit: "CPU ms", bound: AtMost(40.0) }, Limit { unit: "MB peak", bound: AtMost(40.0) }],
        measure: |data| hunted(data, &data.log(10_000)?),
    },
    Row {
        name: "hunt over a log of 100,000",
        effort: Effort::Median,
        limits: &[Limit { unit: "CPU ms", bound: AtMost(400.0) }, Limit { unit: "MB peak", bound: AtMost(150.0) }],
        measure: |data| hunted(data, &data.log(100_000)?),
    },
    Row {
        name: "hunt on a store",
        effort: Effort::Median,
        limits: &[Limit { unit: "CPU ms", bound: AtMost(100.0) }],
        measure: |data| hunted(data, &data.store(data.records)?),
    },
];

fn hunted(data: &Data, source: &Path) -> Outcome<Vec<f64>> {
    let hunt = data.path("hunt.hf");
    std::fs::write(&hunt, HUNT)?;
    let source = format!("host101={}", source.display());
    let cost = child(&data.huntc, &["run", &hunt.display().to_string(), "--source", &source], |_| Ok(()))?;
    Ok(vec![cost.cpu * 1e3, cost.peak])
}
