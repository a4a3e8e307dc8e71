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

use crate::report::model::HuntReport;
use crate::report::text::count;
use std::collections::BTreeMap;

/// The health of a night.
#[derive(Clone, Debug, Default)]
pub struct NightHealth {
    /// The sources, sorted by name.
    pub sources: Vec<SourceHealth>,
    /// Files of hunts with the number of process sightings that they left out for want of an entity id.
    pub left_out: BTreeMap<String, u64>,
}

impl NightHealth {
    /// The health as lines for people; none when all is as usual.
    pub fn lines(&self, now: i64) -> Vec<String> {
        let mut lines: Vec<String> = self.sources.iter().flat_map(|source| source.lines(now)).collect();
        let total: u64 = self.left_out.values().sum();
        if let Some((file, most)) = self.left_out.iter().max_by_key(|(_, n)| **n) {
            let sightings = count(total, "process sighting");
            lines.push(match self.left_out.len() {
                1 => format!("{sightings} without entity id left out by `{file}`"),
                hunts => {
                    format!("{sightings} without entity id left out by {}, {most} of them by `{file}`", count(hunts as u64, "hunt"))
                }
            });
        }
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

/// The process sightings that hunts left out; of a hunt over several windows the most in one.
pub(super) fn left_out(reports: &[HuntReport]) -> BTreeMap<String, u64> {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for report in reports {
        let left: u64 = report.variables.iter().filter_map(|variable| variable.unidentified).sum();
        if left > 0 {
            let most = all.entry(report.file.clone()).or_default();
            *most = (*most).max(left);
        }
    }
    all
}
