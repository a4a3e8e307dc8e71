//! The records of the state, JSON in the database. New fields keep the schema version; a change of meaning raises it.
//! Instants are nanoseconds since the epoch.

use huntc_compiler::time::{Instant, TimeRange};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A hunt. Its key in the database is its path below the folder of huntflows.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct HuntRecord {
    /// Where its first window begins.
    pub begun: i64,
    /// For each source, the end of the last window that was searched completely.
    pub done: BTreeMap<String, i64>,
    /// The number of reports that included runs of it.
    pub look: u64,
    /// Windows that were searched, but not reported yet.
    pub open: Vec<Span>,
    /// The last windows that were searched, in the order of the runs.
    pub recent: Vec<Looked>,
    /// For each source, the windows that were searched before records came late into them.
    #[serde(default)]
    pub again: BTreeMap<String, Vec<Span>>,
    /// What makes two of its findings the same, by name.
    #[serde(default)]
    pub key: Vec<String>,
    /// Of a hunt with `first-seen`: what was there before this instant was looked at for comparison only.
    #[serde(default)]
    pub known_before: Option<i64>,
    /// For how long its findings must be remembered, in nanoseconds.
    #[serde(default)]
    pub memory: i64,
    /// Name of the variable that is the finding.
    pub variable: String,
    /// Entity type of that variable.
    pub entity: String,
    /// Title of its front matter.
    pub title: String,
    /// The number of nights in a row in which it was not searched up to now.
    pub failures: u32,
    /// Status in the last report.
    pub status: String,
    /// Why it was not searched up to now.
    pub reason: Option<String>,
    /// The run of the last report.
    pub last_at: Option<i64>,
    /// The number of findings in the last report, without those that are gone.
    pub present: u64,
}

/// Start and stop in nanoseconds since the epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Span(pub i64, pub i64);

impl From<TimeRange> for Span {
    fn from(range: TimeRange) -> Self {
        Self(range.start.0, range.stop.0)
    }
}

impl Span {
    /// Start and stop as reports write them.
    pub fn texts(self) -> [String; 2] {
        [Instant(self.0).to_string(), Instant(self.1).to_string()]
    }
}

/// A window, and when it was searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Looked {
    pub span: Span,
    /// The instant that the run took as "now".
    pub at: i64,
}

/// A finding of a hunt. Its key in the database is the hunt's name and the identity.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct KeyRecord {
    /// The key as in reports.
    pub key: serde_json::Value,
    /// The instant of the run that found it first.
    pub first_at: i64,
    /// The instant of the run that found it last.
    pub last_at: i64,
    /// Time of its first record.
    pub first_event: Option<i64>,
    /// Time of its last record.
    pub last_event: Option<i64>,
    /// The number of the report for which it was found last; see [`HuntRecord::look`].
    pub look: u64,
    /// Whether a report has called it new, or need not.
    pub told: bool,
    /// The number of the report that told it last.
    #[serde(default)]
    pub told_at: Option<u64>,
    /// The number of reports that list it.
    #[serde(default)]
    pub nights: u64,
    /// The end of what was looked at when it was found last: its last record, or the end of the window for groups.
    #[serde(default)]
    pub until: Option<i64>,
    /// It was told before, stayed away for long, and came back: until when it was there.
    #[serde(default)]
    pub again: Option<i64>,
    /// Hosts on which it was seen last.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Users as whom it was seen last.
    #[serde(default)]
    pub users: Vec<String>,
    /// The columns that the hunt displays of it, with their headers.
    #[serde(default)]
    pub face: Vec<(String, serde_json::Value)>,
    /// The most entities that it stood for in one window of the last report.
    #[serde(default)]
    pub entities: u64,
    /// The conditions of suppressions that hide all of it.
    #[serde(default)]
    pub hidden: Vec<String>,
}

/// An entity of a finding that has a key. Its key in the database is the hunt's name and the identity of the entity.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MemberRecord {
    /// The identity of the finding.
    pub finding: String,
    /// The instant of the run that found it last.
    pub last_at: i64,
}

/// An entry of the list of suppressions, since it is there. It is known by its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SuppressionRecord {
    /// The first run that had it.
    pub since: i64,
    /// The number of nights in a row in which its hunts were looked at and it hid nothing.
    pub idle: u32,
}

/// A night. Its key in the database is the name of its report folder.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct NightRecord {
    /// The instant that the run took as "now".
    pub at: i64,
    /// Path of the report folder.
    pub folder: String,
    /// Whether only a part of the hunts was run.
    #[serde(default)]
    pub part: bool,
    /// Whether the report was published and the state was brought up to date.
    pub published: bool,
    /// What the report says. Kept from before it is published until the state is up to date.
    pub publication: Option<Publication>,
    /// The outcome of each hunt.
    pub hunts: Vec<HuntNight>,
    /// The number of records that sources gave; `None` in nights of older versions.
    #[serde(default)]
    pub records: Option<u64>,
}

/// The outcome of a hunt in a night.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct HuntNight {
    /// The path below the folder of huntflows.
    pub hunt: String,
    /// The status as in `nightly.json`.
    pub status: String,
    /// Why it was not searched up to now.
    pub reason: Option<String>,
    /// The windows that were searched.
    pub windows: Vec<Span>,
    /// The number of findings that are new.
    pub new: u64,
    /// The number that came back after a long time.
    #[serde(default)]
    pub again: u64,
    /// The number that was found before, and again.
    pub continuing: u64,
    /// The number that was found by the runs before, and not by these.
    pub gone: u64,
    /// The number that a suppression covers.
    pub suppressed: u64,
}

/// What publishing a report changes in the state.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Publication {
    /// The checksum of the report: the folder that it is given out as may hold one of another state.
    #[serde(default)]
    pub checksum: Option<String>,
    pub hunts: Vec<HuntPublication>,
    /// The suppressions, as they stand after it.
    #[serde(default)]
    pub suppressions: BTreeMap<String, SuppressionRecord>,
    /// The notifications to send, with their ids.
    pub notifications: Vec<(String, Notification)>,
}

/// What publishing a report changes for one hunt.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct HuntPublication {
    /// The entry in the history.
    pub night: HuntNight,
    /// Whether the report includes a run of it.
    pub looked: bool,
    /// Whether it was searched up to now.
    pub whole: bool,
    /// Identities of the findings that the report calls new, or back.
    pub told: Vec<String>,
    /// Title of its front matter.
    pub title: String,
}

/// A message that is waiting to be delivered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Notification {
    /// `command`, `webhook` or `mail`.
    pub channel: String,
    /// When it was made.
    pub at: i64,
    /// The message, as JSON text.
    pub body: String,
    /// The number of tries so far.
    pub tries: u32,
}
