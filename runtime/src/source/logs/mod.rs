//! Log files: the formats that are read, the lines that count as bad, and the blocks that parsers get.
//!
//! Bytes become records in three steps. [`open`] removes gzip and zstd, repeatedly if needed. The first format of
//! [`FORMATS`] that recognises the beginning of the text cuts all of it into pieces: blocks of lines, each an ECS
//! document in JSON, and bad lines. `source/store/ingest` parses the blocks. A format whose records are no ECS
//! documents must convert them before it emits a block: nothing behind it knows formats.
//!
//! Whatever cannot be read is counted, and reported by file and line; nothing is dropped silently. A file without records
//! is not an empty file: `judge` decides whether the source can be used, and [`file_kind`] says what the file looks like.

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
mod single_lines;
mod spare;
mod stix;

pub(crate) use action::{BulkAction, action};
pub(crate) use answer::SavedAnswers;
pub(crate) use elements::MENDED_FEED;
pub use format::{LogFormat, ReadOptions};
pub use inputs::{Input, Listing, list};
pub(crate) use judge::{FileFindings, judge};
pub(crate) use piece::{Block, Emit, Layout, Piece};
pub use report::{BadLine, BadReason, LeftOut, MendedLine, NAMED_BAD_LINES, ReadReport};
pub(crate) use single_lines::lines_of;
pub(crate) use spare::Spare;

use super::SourceError;
use file_kind::FileKind;
use format::LogReading;
use std::io::Read;

/// All formats. The first one that recognises the beginning of a text reads it; the last one takes every text.
pub const FORMATS: [&LogFormat; 6] =
    [&stix::BUNDLES, &elements::ARRAY, &elements::RESPONSES, &elements::VALUES, &bulk::BULK, &lines::LINES];

/// The result of reading a file completely, beside its pieces.
pub(crate) struct FileRead {
    /// The number of its lines (or elements).
    pub(crate) lines: u64,
    /// What the file looks like, in case that it has no record.
    pub(crate) kind: &'static FileKind,
}

/// Reads a file completely. The buffers of blocks may be given to `spare` after use.
pub(crate) fn read(input: &Input, options: &ReadOptions, spare: &Spare, emit: &mut Emit<'_>) -> Result<FileRead, SourceError> {
    let reader = open::open(input)?;
    read_from(reader, &input.name, options, spare, emit)
}

/// As [`read`], for any stream.
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
