//! The report of reading files: how many records, and which lines are none.

use crate::source::SourceError;
use crate::source::repair::Flaw;
use huntc_compiler::diag::codes::store::PART_OF_AN_ANSWER;

/// Why a line is no record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum BadReason {
    /// It is no JSON.
    Malformed,
    /// It is JSON, but no object.
    NotAnObject,
    /// It has no `@timestamp`.
    NoTimestamp,
    /// `@timestamp` is neither a date nor milliseconds since the epoch.
    UnreadableTimestamp,
    /// It has bytes that are not UTF-8.
    InvalidUtf8,
    /// Its objects or arrays are nested deeper than 256.
    TooDeep,
    /// Its field names take more memory than allowed.
    TooManyFields,
    /// It is longer than allowed.
    TooLong,
    /// A bulk body should have an action in this place.
    NoAction,
    /// It is an action without a document.
    NoDocument,
    /// The file ends inside a JSON value.
    Truncated,
    /// A chunk of an event log of which not all can be read.
    DamagedChunk,
    /// A record of an event log that cannot be read.
    DamagedRecord,
    /// It is a search response without hits, for example an error.
    NoHits,
    /// It is a STIX bundle in which nothing was observed.
    NoObservedData,
    /// It is an observed-data without a time.
    NoFirstObserved,
    /// It is an observed-data without objects.
    NoObjects,
    /// It is an observed-data that stands for more records than are made of one.
    TooManyRecords,
    /// It is an object that is another one than the object of the same id before it.
    OtherObject,
    /// It has another number of columns than its table.
    OtherColumns,
    /// It is no line of the audit log, among lines that are.
    NoAuditLine,
    /// It begins an entry of the journal in which something is no field.
    NoJournalField,
}

impl BadReason {
    /// The reason as words, for people.
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
            Self::DamagedChunk => "a damaged chunk of an event log: some of its records are lost",
            Self::DamagedRecord => "a damaged record of an event log",
            Self::NoHits => "a search response without hits",
            Self::NoObservedData => "a STIX bundle without observed-data",
            Self::NoFirstObserved => "an observed-data without a readable first_observed",
            Self::NoObjects => "an observed-data without objects",
            Self::TooManyRecords => "an observed-data that stands for more records than are made of one; the others are left out",
            Self::OtherObject => "an object with the id of another object",
            Self::OtherColumns => "another number of columns than the header",
            Self::NoAuditLine => "no line of an audit log",
            Self::NoJournalField => "an entry of the journal that is cut or damaged",
        }
    }
}

impl std::fmt::Display for BadLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason.text())
    }
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

/// A line that is no record.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct BadLine {
    /// The file as the user named it.
    pub file: String,
    /// The number of the line, or of the hit in a search response; from 1.
    pub line: u64,
    pub reason: BadReason,
}

/// A line of which a value was mended.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "as above")]
pub struct MendedLine {
    pub file: String,
    pub line: u64,
    pub flaw: Flaw,
}

impl std::fmt::Display for MendedLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.flaw.text())
    }
}

/// The most bad lines, and the most mended ones, that a report names.
pub const NAMED_BAD_LINES: usize = 20;

/// The report of reading files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct ReadReport {
    pub records: u64,
    /// The first bad lines, in order.
    pub bad: Vec<BadLine>,
    /// How many lines were bad, in files that give records.
    pub bad_total: u64,
    /// The first records of which a value was mended, in order.
    pub mended: Vec<MendedLine>,
    /// How many there are.
    pub mended_total: u64,
    /// What folders hold that gives no record, by path.
    pub left_out: Vec<LeftOut>,
    /// Why the files are only a part of an answer, should they say so.
    pub part: Option<String>,
    /// Whether the part was taken on purpose when a store was made of it.
    pub part_taken: bool,
}

impl ReadReport {
    /// Whether records may be missing.
    pub fn is_whole(&self) -> bool {
        self.bad_total == 0 && self.part.is_none() && !self.left_out.iter().any(|l| l.holds_records)
    }

    /// Adds what the reading of other files of the source found.
    pub(crate) fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.bad_total += other.bad_total;
        self.bad.extend(other.bad);
        self.bad.truncate(NAMED_BAD_LINES);
        self.mended_total += other.mended_total;
        self.mended.extend(other.mended);
        self.mended.truncate(NAMED_BAD_LINES);
        self.left_out.extend(other.left_out);
        // A part that nobody has taken on purpose is told first.
        if other.part.is_some() && (self.part.is_none() || self.part_taken) {
            (self.part, self.part_taken) = (other.part, other.part_taken);
        }
    }

    /// The error of files that say that they are a part of an answer only.
    pub(crate) fn refuse_part(&self) -> Result<(), SourceError> {
        let Some(why) = self.part.as_ref().filter(|_| !self.part_taken) else { return Ok(()) };
        Err(SourceError::new(&PART_OF_AN_ANSWER, why.as_str())
            .help("save the whole answer: a larger `size`, or all pages; `--allow-partial` takes the part"))
    }
}

/// Something in a folder that gives no record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The file, with the folder that was named.
    pub file: String,
    /// What it looks like.
    pub what: &'static str,
    /// Whether it may hold records that are missed then.
    pub holds_records: bool,
    /// Its first bad line.
    pub bad: Option<BadLine>,
}
