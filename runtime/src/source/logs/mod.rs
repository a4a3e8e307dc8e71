//! Log files: which formats are read, what is counted as bad, and the stream of blocks that parsers get.
//!
//! Bytes become records in three steps. [`open`] takes off gzip and zstd, several times too. The first format of [`FORMATS`]
//! that knows the beginning of the text cuts all of it into pieces: blocks of lines, each an ECS document in JSON, and lines
//! that are none. `source/store/ingest` parses the blocks. A format whose records are no ECS documents makes them of its
//! records before it hands a block on: nothing behind it knows formats.
//!
//! Whatever cannot be read is counted and named by file and position; nothing is dropped silently. A file that gives no record
//! is not empty: `judge` says what it looks like ([`file_kind`]), and whether the source can be asked at all.

mod action;
mod answer;
mod bulk;
mod elements;
mod file_kind;
mod format;
mod inputs;
mod judge;
mod lines;
mod open;
mod piece;
mod report;
mod seam;
mod spare;

pub(crate) use action::{BulkAction, action};
pub(crate) use answer::SavedAnswers;
pub use format::{LogFormat, ReadOptions};
pub use inputs::{Input, Listing, list};
pub(crate) use judge::{FileFindings, judge};
pub(crate) use piece::{Block, Emit, Layout, Piece};
pub use report::{BadLine, BadReason, LeftOut, NAMED_BAD_LINES, ReadReport};
pub(crate) use spare::Spare;

use super::SourceError;
use file_kind::FileKind;
use format::LogReading;
use std::io::Read;

/// Every format. The first one that takes the beginning of a text reads it; a document a line is what all else is.
pub const FORMATS: [&LogFormat; 5] = [&elements::ARRAY, &elements::RESPONSES, &elements::VALUES, &bulk::BULK, &lines::LINES];

/// What reading a file to its end gave beside its pieces.
pub(crate) struct FileRead {
    /// How many lines, or elements, it has.
    pub(crate) lines: u64,
    /// What it looks like, should it give no record.
    pub(crate) kind: &'static FileKind,
}

/// Reads a file from its beginning to its end. The bytes of blocks may be given to `spare` after use.
pub(crate) fn read(input: &Input, options: &ReadOptions, spare: &Spare, emit: &mut Emit<'_>) -> Result<FileRead, SourceError> {
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
) -> Result<FileRead, SourceError> {
    let mut reader = open::decompress(reader, name)?;
    let sniffed = format::sniff(&mut reader, name, &FORMATS)?;
    let lines = match sniffed.format {
        Some(format) => (format.read)(&mut reader, &LogReading { name, options, spare }, emit)?,
        None => 0,
    };
    Ok(FileRead { lines, kind: sniffed.kind })
}

#[cfg(test)]
mod tests;
