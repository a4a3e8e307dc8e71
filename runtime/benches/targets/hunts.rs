//! Whole hunts from process start to exit, over log files and over a store.

use super::data::Data;
use super::limit::{Bound::AtMost, Limit};
use super::measure::{Cost, Outcome, child};
use super::rows::{Effort, Row};
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
    Row {
        name: "observations of all records",
        effort: Effort::Median,
        limits: ABOVE_THE_GETS,
        measure: |data| observed(data, &data.store(data.records)?, [FEW, "name NOT IN ('svchost.exe', 'cmd.exe', 'reg.exe')"]),
    },
    Row {
        name: "observations, 100,000 satisfy both",
        effort: Effort::Median,
        limits: ABOVE_THE_GETS,
        measure: |data| observed(data, &data.store(100_000)?, ["pid >= 0", "name LIKE '%.exe'"]),
    },
];

/// What a sequence of two observations may cost above the GETs of both.
const ABOVE_THE_GETS: &[Limit] = &[
    Limit { unit: "× the time of the two GETs", bound: AtMost(2.0) },
    Limit { unit: "MB peak over theirs", bound: AtMost(200.0) },
];

/// Names that about a quarter of the records have.
const FEW: &str = "name IN ('svchost.exe', 'cmd.exe', 'reg.exe')";

/// What a sequence of two observations on one host costs above the GETs of both.
fn observed(data: &Data, source: &Path, [a, b]: [&str; 2]) -> Outcome<Vec<f64>> {
    let from = "GET process FROM stixshifter://host101 WHERE";
    let apart = costs(data, source, &format!("a = {from} [{a}]\nb = {from} [{b}]\n"))?;
    let together = costs(data, source, &format!("x = {from} ([{a}] FOLLOWEDBY [{b}]) WITHIN 300 SECONDS BY host.name\n"))?;
    Ok(vec![together.cpu / apart.cpu, together.peak - apart.peak])
}

fn hunted(data: &Data, source: &Path) -> Outcome<Vec<f64>> {
    let cost = costs(data, source, HUNT)?;
    Ok(vec![cost.cpu * 1e3, cost.peak])
}

/// What a hunt over one source costs.
fn costs(data: &Data, source: &Path, text: &str) -> Outcome<Cost> {
    let hunt = data.path("hunt.hf");
    std::fs::write(&hunt, text)?;
    let source = format!("host101={}", source.display());
    child(&data.huntc, &["run", &hunt.display().to_string(), "--source", &source], |_| Ok(()))
}
