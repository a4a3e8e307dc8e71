//! Lines that are no records, and what a reading found.

/// Why a line is no record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum BadReason {
    /// No JSON at all.
    Malformed,
    /// JSON, but not an object.
    NotAnObject,
    /// No `@timestamp`.
    NoTimestamp,
    /// `@timestamp` is neither a date nor milliseconds since the epoch.
    UnreadableTimestamp,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// Objects or arrays nested deeper than 256.
    TooDeep,
    /// Field names that take more memory than a record's may.
    TooManyFields,
    /// Longer than the limit.
    TooLong,
    /// An action of a `_bulk` body is needed here.
    NoAction,
    /// An action without its document.
    NoDocument,
    /// The file ends inside a JSON value.
    Truncated,
    /// A search response that holds no hits, an error for example.
    NoHits,
}

impl BadReason {
    /// In words, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Malformed => "not valid JSON",
            Self::NotAnObject => "not a JSON object",
            Self::NoTimestamp => "no @timestamp",
            Self::UnreadableTimestamp => "@timestamp cannot be read as a time",
            Self::InvalidUtf8 => "not valid UTF-8",
            Self::TooDeep => "nested deeper than 256",
            Self::TooManyFields => "too many or too long field names",
            Self::TooLong => "longer than the limit of a line",
            Self::NoAction => "not an action line of a bulk body",
            Self::NoDocument => "an action without its document",
            Self::Truncated => "the file ends inside a JSON value",
            Self::NoHits => "a search response without hits",
        }
    }
}

/// A line that is no record.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct BadLine {
    /// The file, as named by the user.
    pub file: String,
    /// Line, or number of the hit in a search response; from 1.
    pub line: u64,
    pub reason: BadReason,
}

/// How many bad lines a report names.
pub const NAMED_BAD_LINES: usize = 20;

/// What a reading found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct ReadReport {
    pub records: u64,
    /// The first bad lines, in order.
    pub bad: Vec<BadLine>,
    /// How many lines were bad.
    pub bad_total: u64,
}
