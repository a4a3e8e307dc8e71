//! How the sources of a night are: whether they answer, up to when they have records, and whether these are as many, of as
//! many feeds and hosts, as usual. What a night could not see is said before what it found.

mod feeds;
mod late;
mod record;
mod source;
mod survey;

pub use feeds::Few;
pub use record::SourceRecord;
pub use source::{HostGone, SourceHealth};
pub(super) use survey::{HuntPlan, Surveyed, remember, survey};

use crate::report::model::{HuntReport, VariableReport};
use crate::report::text::count;
use std::collections::BTreeMap;

/// The health of a night.
#[derive(Clone, Debug, Default)]
pub struct NightHealth {
    /// The sources, sorted by name.
    pub sources: Vec<SourceHealth>,
    /// Files of hunts with the number of process sightings that they left out for want of an entity id.
    pub left_out: BTreeMap<String, u64>,
    /// Files of hunts with the number of sightings that count because a comparison could not be decided on them.
    pub undecided: BTreeMap<String, u64>,
    /// Sources with the number of records of which a value was mended, and the first of them.
    pub mended: BTreeMap<String, (u64, String)>,
}

impl NightHealth {
    /// The health as lines for people; none when all is as usual.
    pub fn lines(&self, now: i64) -> Vec<String> {
        let mut lines: Vec<String> = self.sources.iter().flat_map(|source| source.lines(now)).collect();
        for (source, (total, first)) in &self.mended {
            let records = count(*total, "record");
            lines.push(format!("source `{source}`: {records} with a value that was mended, the first of them {first}"));
        }
        lines.extend(sightings(&self.left_out, "process sighting", "without entity id left out by"));
        lines.extend(sightings(&self.undecided, "sighting", "taken for a match, since a comparison could not be decided, by"));
        lines
    }

    /// Whether somebody should look: a source is away, silent, lacks records or hosts, or cannot be read whole.
    pub fn is_well(&self) -> bool {
        self.sources.iter().all(SourceHealth::is_well)
    }

    /// Whether every source was read completely.
    pub fn is_read_whole(&self) -> bool {
        self.sources.iter().all(|source| source.unread.is_empty())
    }
}

/// How many sightings met something in which hunts, as a line.
fn sightings(of_hunts: &BTreeMap<String, u64>, noun: &str, what: &str) -> Option<String> {
    let total = count(of_hunts.values().sum(), noun);
    let (file, most) = of_hunts.iter().max_by_key(|(_, n)| **n)?;
    Some(match of_hunts.len() {
        1 => format!("{total} {what} `{file}`"),
        hunts => format!("{total} {what} {}, {most} of them by `{file}`", count(hunts as u64, "hunt")),
    })
}

/// A figure of the variables of hunts, where it is not zero; of a hunt over several windows the greatest.
pub(super) fn of_variables(reports: &[HuntReport], figure: fn(&VariableReport) -> Option<u64>) -> BTreeMap<String, u64> {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for report in reports {
        let sum: u64 = report.variables.iter().filter_map(figure).sum();
        if sum > 0 {
            let most = all.entry(report.file.clone()).or_default();
            *most = (*most).max(sum);
        }
    }
    all
}

/// The sources of hunts of which records were mended: the greatest number, with the first of these records.
pub(super) fn mended(reports: &[HuntReport]) -> BTreeMap<String, (u64, String)> {
    let mut all: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for source in reports.iter().flat_map(|report| &report.sources) {
        let Some(first) = source.mended_lines.first() else { continue };
        let most = all.entry(source.name.clone()).or_default();
        if most.0 < source.mended {
            *most = (source.mended, first.clone());
        }
    }
    all
}
