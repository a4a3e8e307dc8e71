//! Log files: which formats are read, what is counted as bad, and the stream of blocks that parsers get.
//!
//! A file is plain, gzip (several members too) or zstd, told apart by its first bytes, and holds one of: a JSON document
//! a line (ECS NDJSON, `elasticdump` hits), a `_bulk` body, search responses (`{"hits":{"hits":[…]}}`), a JSON array, or
//! pretty-printed JSON values. Whatever cannot be read is counted and named by file and position; nothing is dropped
//! silently.

mod bulk;
mod elements;
mod inputs;
mod lines;
mod open;
mod sniff;
mod spare;

pub(crate) use bulk::{Action, action};
pub use inputs::{Input, list};
pub(crate) use spare::Spare;

use super::SourceError;
use std::io::Read;

/// How files are read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// A longer line is counted as bad; its bytes are not kept.
    pub max_line: usize,
    /// Bytes of a block; a block holds whole lines, so it may be longer.
    pub block: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { max_line: 64 << 20, block: 256 << 10 }
    }
}

/// Why a line is no record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum BadReason {
    /// Not JSON.
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
pub struct BadLine {
    /// The file, as named by the user.
    pub file: String,
    /// Line, or number of the hit in a search response; from 1.
    pub line: u64,
    /// Why.
    pub reason: BadReason,
}

/// How many bad lines a report names.
pub const NAMED_BAD_LINES: usize = 20;

/// What a reading found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReadReport {
    /// Records read.
    pub records: u64,
    /// The first bad lines, in order.
    pub bad: Vec<BadLine>,
    /// How many lines were bad.
    pub bad_total: u64,
}

/// What the lines of a block are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layout {
    /// A document a line.
    Lines,
    /// An action line, then its document.
    Bulk,
    /// Elements of a bigger JSON value, one a line, counted instead of lines.
    Elements,
}

/// Some whole lines of a file.
#[derive(Debug)]
pub(crate) struct Block {
    /// What they are.
    pub(crate) layout: Layout,
    /// Number of the first line in the file, from 0.
    pub(crate) first: u64,
    /// The lines; each but the file's last ends with a line feed.
    pub(crate) bytes: Vec<u8>,
}

/// What reading one file hands on.
pub(crate) enum Piece {
    /// Lines to parse.
    Block(Block),
    /// A line, counted from 0, that the reader itself had to give up.
    Bad(u64, BadReason),
}

/// Takes the pieces of a file, in order; an error ends the reading.
pub(crate) type Emit<'a> = dyn FnMut(Piece) -> Result<(), SourceError> + 'a;

/// Reads a file from its beginning to its end and returns how many lines (or elements) it has. The bytes of blocks may be
/// given to `spare` after use.
pub(crate) fn read(input: &Input, options: &ReadOptions, spare: &Spare, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    let reader = open::open(input)?;
    read_from(reader, &input.name, options, spare, emit)
}

/// As [`read`], from any stream.
pub(crate) fn read_from(
    reader: Box<dyn Read + '_>,
    name: &str,
    options: &ReadOptions,
    spare: &Spare,
    emit: &mut Emit<'_>,
) -> Result<u64, SourceError> {
    let mut reader = open::decompress(reader, name)?;
    match sniff::sniff(&mut reader, name)? {
        sniff::Format::Empty => Ok(0),
        sniff::Format::Lines => lines::cut(&mut reader, Layout::Lines, name, options, spare, emit),
        sniff::Format::Bulk => lines::cut(&mut reader, Layout::Bulk, name, options, spare, emit),
        sniff::Format::Elements(wanted) => elements::cut(&mut reader, wanted, name, options, spare, emit),
    }
}

#[cfg(test)]
mod tests;
