//! What the state keeps of a source.

use super::feeds::Feed;
use super::late::CountedWindows;
use super::source::SourceHealth;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A source. Its key in the database is its name. Instants are nanoseconds since the epoch.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceRecord {
    /// The run that asked it last.
    pub at: i64,
    /// The field by which nights look at it; `None`: `@timestamp`.
    pub clock: Option<String>,
    /// The time of its newest record, of those before now.
    pub newest: Option<i64>,
    /// The run whose records were the last to be added to what is usual.
    pub usual_at: Option<i64>,
    /// All its records.
    pub all: Feed,
    /// Its records by `event.dataset`; those without one under the empty name.
    pub datasets: BTreeMap<String, Feed>,
    /// The hosts that sent in the last seven nights, with the time of their newest record.
    pub hosts: BTreeMap<String, i64>,
    /// The windows of the last seven nights, with the number of records in them.
    pub counted: CountedWindows,
    /// How it was in that run.
    pub health: SourceHealth,
}
