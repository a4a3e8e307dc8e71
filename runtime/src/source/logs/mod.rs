//! Log files: the formats that are read, the lines that count as bad, and the blocks that parsers get.
//!
//! Bytes become records in three steps. [`each_entry`] removes compressions, repeatedly if needed, and goes through archives: each of
//! their members is a log of its own. The first format of [`FORMATS`] that recognises the beginning of the text cuts all of it into pieces: blocks of lines, each an ECS
//! document in JSON, and bad lines. `source/store/ingest` parses the blocks. A format whose records are no ECS
//! documents must convert them before it emits a block: nothing behind it knows formats. Only Windows events are converted line by
//! line by those who parse, through [`event_of_block`]: their wrappings are mixed within files, and take longer than the cutting.
//!
//! Whatever cannot be read is counted, and reported by file and line; nothing is dropped silently. A file without records
//! is not an empty file: `judge` decides whether the source can be used, and [`file_kind`] says what the file looks like.

mod action;
mod answer;
mod archive;
mod auditd;
mod bulk;
mod columns;
mod converted;
mod distinguished_name;
mod elements;
mod field_table;
mod file_kind;
mod flat_record;
mod format;
mod hit;
mod inputs;
mod journald;
mod judge;
mod lines;
mod log_clock;
mod open;
mod piece;
mod question_name;
mod read_value;
mod report;
mod sample;
mod seam;
mod single_lines;
mod spare;
mod stix;
mod suricata;
mod table;
mod url_parts;
mod utf16;
mod windows;
mod zeek;

pub(crate) use action::{BulkAction, action};
pub(crate) use answer::SavedAnswers;
pub use archive::UnpackLimits;
pub(crate) use archive::{LogEntry, each_entry};
pub use columns::{ColumnTable, TimeColumn, TimeForm};
pub(crate) use elements::MENDED_FEED;
pub use format::{FileSettings, LogFormat, ReadOptions};
pub(crate) use hit::with_source;
pub use inputs::{Input, Listing, list};
pub(crate) use judge::{FileFindings, judge};
pub use log_clock::{ClockFault, LogTimeOffset};
pub(crate) use piece::{Block, Emit, Layout, Piece};
pub use report::{BadLine, BadReason, LeftOut, MendedLine, NAMED_BAD_LINES, ReadReport};
pub use sample::{SampledColumns, sampled_columns};
pub(crate) use single_lines::{WantedLines, file_of, lines_of};
pub(crate) use spare::Spare;
pub use table::opened_table;
pub use utf16::utf8;
pub(crate) use windows::event_of_block;

use super::SourceError;
use file_kind::FileKind;
use format::LogReading;
use std::io::Read;

/// All formats. The first one that recognises the beginning of a text reads it; the last one takes every text.
pub const FORMATS: &[&LogFormat] = &[
    &windows::EVTX,
    &windows::EVENTS_XML,
    &stix::BUNDLES,
    &elements::ARRAY,
    &elements::RESPONSES,
    &elements::VALUES,
    &bulk::BULK,
    &zeek::ZEEK_TSV,
    &zeek::ZEEK_JSON,
    &suricata::SURICATA,
    &journald::JOURNALD,
    &journald::JOURNAL_EXPORT,
    &auditd::AUDITD,
    &table::TABLE,
    &lines::LINES,
];

/// The result of reading a file completely, beside its pieces.
pub(crate) struct FileRead {
    /// The number of its lines (or elements).
    pub(crate) lines: u64,
    /// What the file looks like, in case that it has no record.
    pub(crate) kind: &'static FileKind,
}

/// Reads a log completely. The buffers of blocks may be given to `spare` after use.
pub(crate) fn read(
    reader: Box<dyn Read + '_>,
    name: &str,
    options: &ReadOptions,
    spare: &Spare,
    emit: &mut Emit<'_>,
) -> Result<FileRead, SourceError> {
    let mut reader = utf16::utf8(open::decompress(reader, name)?).map_err(|e| open::broken(name, &e))?;
    let sniffed = format::sniff(&mut reader, name, FORMATS, options.columns.as_deref())?;
    let lines = match sniffed.format {
        Some(format) => {
            let reading = LogReading { name, options, spare };
            match &options.columns {
                // Rows of tables have their fields already.
                Some(columns) if format.name != table::TABLE.name => {
                    (format.read)(&mut reader, &reading, &mut |piece| emit(columns.piece(piece, spare)))?
                }
                _ => (format.read)(&mut reader, &reading, emit)?,
            }
        }
        None => 0,
    };
    Ok(FileRead { lines, kind: sniffed.kind })
}

#[cfg(test)]
mod tests;
