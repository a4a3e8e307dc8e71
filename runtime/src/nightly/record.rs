//! What the state keeps, as JSON in the database. Fields may be added; a change of meaning raises the schema version.

use huntc_compiler::time::{Instant, TimeRange};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A hunt, by its path below the folder of huntflows.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct HuntRecord {
    /// Where its first look begins.
    pub begun: i64,
    /// For each source, the end of the last window that was looked at whole.
    pub done: BTreeMap<String, i64>,
    /// Number of looks that were reported.
    pub look: u64,
    /// Windows that were looked at and are not yet in a report.
    pub open: Vec<Span>,
    /// Windows looked at, the newest last.
    pub recent: Vec<Looked>,
    /// Columns of the findings' rows.
    pub columns: Vec<String>,
    /// The variable that is the finding.
    pub variable: String,
    /// The entity type of that variable.
    pub entity: String,
    /// `title` of the front matter.
    pub title: String,
    /// Nights in a row in which it was not looked at whole.
    pub failures: u32,
    /// Status at the last run.
    pub status: String,
    /// Why it was not looked at.
    pub reason: Option<String>,
    /// The last run that reported it.
    pub last_at: Option<i64>,
    /// Findings that the last look saw.
    pub present: u64,
}

/// Start and stop in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Span(pub i64, pub i64);

impl From<TimeRange> for Span {
    fn from(range: TimeRange) -> Self {
        Self(range.start.0, range.stop.0)
    }
}

impl Span {
    /// Both instants as reports write them.
    pub fn texts(self) -> [String; 2] {
        [Instant(self.0).to_string(), Instant(self.1).to_string()]
    }
}

/// A window, and the clock of the run that looked at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Looked {
    /// What was looked at.
    pub span: Span,
    /// The run's clock.
    pub at: i64,
}

/// A finding of a hunt, by its identity.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KeyRecord {
    /// As in reports.
    pub key: serde_json::Value,
    /// The run that found it first.
    pub first_at: i64,
    /// The run that found it last.
    pub last_at: i64,
    /// Time of its first record.
    pub first_event: Option<i64>,
    /// Time of its last record.
    pub last_event: Option<i64>,
    /// Number of the look that saw it last.
    pub look: u64,
    /// Whether a report called it new.
    pub told: bool,
    /// Its row, until a report called it new.
    pub row: Option<Vec<serde_json::Value>>,
}

/// A run, by the name of its report folder.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct NightRecord {
    /// The run's clock.
    pub at: i64,
    /// The report folder.
    pub folder: String,
    /// Whether the report was given out, and the state knows.
    pub published: bool,
    /// What the report says, from before it is given out until the state knows.
    pub publication: Option<Publication>,
    /// How each hunt went.
    pub hunts: Vec<HuntNight>,
}

/// How a hunt went in a night.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct HuntNight {
    /// Its path below the folder.
    pub hunt: String,
    /// As in `nightly.json`.
    pub status: String,
    /// Why it was not looked at.
    pub reason: Option<String>,
    /// Windows looked at.
    pub windows: Vec<Span>,
    /// Findings by kind.
    pub new: u64,
    /// Seen before, and again.
    pub continuing: u64,
    /// Seen by the look before, and not again.
    pub gone: u64,
    /// Findings that a suppression covers.
    pub suppressed: u64,
}

/// What giving out a report changes.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Publication {
    /// For each hunt.
    pub hunts: Vec<HuntPublication>,
    /// Notifications to send, with their ids.
    pub notifications: Vec<(String, Notification)>,
}

/// What giving out a report changes for a hunt.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct HuntPublication {
    /// How it went.
    pub night: HuntNight,
    /// Whether a look of it is reported.
    pub looked: bool,
    /// Whether it was looked at up to the present.
    pub whole: bool,
    /// Identities that the report calls new.
    pub told: Vec<String>,
    /// `title` of the front matter.
    pub title: String,
}

/// A message that waits to be delivered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Notification {
    /// `command` or `webhook`.
    pub channel: String,
    /// When it came to be.
    pub at: i64,
    /// The message as JSON.
    pub body: String,
    /// Tries so far.
    pub tries: u32,
}
