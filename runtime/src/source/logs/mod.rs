//! Log files: the formats that are read, the lines that count as bad, and the blocks that parsers get.
//!
//! Bytes become records in three steps. [`open`] removes gzip and zstd, repeatedly if needed. The first format of
//! [`FORMATS`] that recognises the beginning of the text cuts all of it into pieces: blocks of lines, each an ECS
//! document in JSON, and bad lines. `source/store/ingest` parses the blocks. A format whose records are no ECS
//! documents must convert them before it emits a block: nothing behind it knows formats.
//!
//! Whatever cannot be read is counted, and reported by file and line; nothing is dropped silently.

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

/// All formats. The first one that recognises the beginning of a text reads it; the last one takes every text.
pub const FORMATS: [&LogFormat; 5] = [&elements::ARRAY, &elements::RESPONSES, &elements::VALUES, &bulk::BULK, &lines::LINES];

/// Reads a file completely, and returns how many lines (or elements) it has. The buffers of blocks may be given to
/// `spare` after use.
pub(crate) fn read(input: &Input, options: &ReadOptions, spare: &Spare, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
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
) -> Result<u64, SourceError> {
    let mut reader = open::decompress(reader, name)?;
    match format::sniff(&mut reader, name, &FORMATS)? {
        Some(format) => (format.read)(&mut reader, &LogReading { name, options, spare }, emit),
        None => Ok(0),
    }
}

#[cfg(test)]
mod tests;
