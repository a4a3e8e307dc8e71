//! Single records as they stand in a source: what a report shows behind a row.

use huntc_compiler::time::Instant;

/// A record of which the document is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WantedRecord {
    /// The id that it came with.
    pub id: u64,
    /// Its `@timestamp`.
    pub time: Option<Instant>,
}

/// A record as it stands in its source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordDocument {
    /// `index/_id`, or the file and the line.
    pub name: String,
    /// The whole record; `None` where only its name is known.
    pub text: Option<String>,
}

/// For each wanted record what is known of it.
pub type RecordDocuments = Vec<Option<RecordDocument>>;
