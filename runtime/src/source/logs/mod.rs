//! Log files: which formats are read, what is counted as bad, and the stream of blocks that parsers get.
//!
//! Bytes become records in three steps. [`open`] takes off gzip and zstd, several times too. The first format of [`FORMATS`]
//! that knows the beginning of the text cuts all of it into pieces: blocks of lines, each an ECS document in JSON, and lines
//! that are none. `source/store/ingest` parses the blocks. A format whose records are no ECS documents makes them of its
//! records before it hands a block on: nothing behind it knows formats.
//!
//! Whatever cannot be read is counted and named by file and position; nothing is dropped silently.

mod action;
mod bulk;
mod elements;
mod format;
mod inputs;
mod lines;
mod open;
mod piece;
mod report;
mod spare;

pub(crate) use action::{BulkAction, action};
pub use format::{LogFormat, ReadOptions};
pub use inputs::{Input, list};
pub(crate) use piece::{Block, Emit, Layout, Piece};
pub use report::{BadLine, BadReason, NAMED_BAD_LINES, ReadReport};
pub(crate) use spare::Spare;

use super::SourceError;
use format::LogReading;
use std::io::Read;

/// Every format. The first one that takes the beginning of a text reads it; a document a line is what all else is.
pub const FORMATS: [&LogFormat; 5] = [&elements::ARRAY, &elements::RESPONSES, &elements::VALUES, &bulk::BULK, &lines::LINES];

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
    match format::sniff(&mut reader, name, &FORMATS)? {
        Some(format) => (format.read)(&mut reader, &LogReading { name, options, spare }, emit),
        None => Ok(0),
    }
}

#[cfg(test)]
mod tests;
