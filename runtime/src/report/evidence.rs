//! The records behind the rows of a table, as a report shows them.

use huntc_compiler::time::Instant;

/// The records behind a row.
#[derive(Clone, Debug, Default)]
pub struct RowEvidence {
    /// How many there are.
    pub records: u64,
    /// Whether these are sightings: a record counts once for each slot in which it has what the row stands for.
    pub sightings: bool,
    /// The first of them.
    pub shown: Vec<RecordEvidence>,
}

/// A record behind a row.
#[derive(Clone, Debug)]
pub struct RecordEvidence {
    /// The id that it has in the run.
    pub id: u64,
    /// Its `@timestamp`.
    pub time: Option<Instant>,
    /// `index/_id`, or file and line; `None` where the source no longer knows the record.
    pub name: Option<String>,
    /// The record as it stands in the source; `None` where it was not read again.
    pub document: Option<String>,
}
