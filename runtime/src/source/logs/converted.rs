//! Lines of another format, each made into a document in ECS on a line of the same number.

use super::flat_record::FlatRecord;
use super::format::{Beginning, LogReading};
use super::lines;
use super::piece::{Block, Emit, Layout, Piece};
use super::report::BadReason;
use crate::source::SourceError;
use serde_json::{Map, Value};
use std::io::Read;

/// Appends the document that a line is to `out`; nothing where a line is none, as comments are.
pub(super) type Convert<'c> = dyn FnMut(&[u8], &mut Vec<u8>) -> Result<(), BadReason> + 'c;

/// Reads a stream line by line. Returns how many lines it has.
pub(super) fn each_line(
    reader: &mut dyn Read,
    reading: &LogReading<'_>,
    emit: &mut Emit<'_>,
    convert: &mut Convert<'_>,
) -> Result<u64, SourceError> {
    lines::cut(reader, Layout::Lines, reading, &mut |piece| {
        let Piece::Block(Block { layout, first, bytes }) = piece else { return emit(piece) };
        let mut out = reading.spare.take(bytes.len());
        let mut bad = Vec::new();
        for (line, number) in bytes.split_inclusive(|byte| *byte == b'\n').zip(first..) {
            let text = line.trim_ascii_end();
            let start = out.len();
            if let Err(reason) = if text.is_empty() { Ok(()) } else { convert(text, &mut out) } {
                out.truncate(start);
                bad.push((number, reason));
            }
            out.push(b'\n');
        }
        reading.spare.give(bytes);
        bad.into_iter().try_for_each(|(number, reason)| emit(Piece::Bad(number, reason)))?;
        emit(Piece::Block(Block { layout, first, bytes: out }))
    })
}

/// As [`each_line`], of lines that are JSON objects. What is none, or is no record of the format, is left as it is, and judged by
/// the parser.
pub(super) fn each_object(
    reader: &mut dyn Read,
    reading: &LogReading<'_>,
    emit: &mut Emit<'_>,
    convert: &mut dyn FnMut(&Map<String, Value>) -> Option<FlatRecord>,
) -> Result<u64, SourceError> {
    each_line(reader, reading, emit, &mut |line, out| {
        let object = serde_json::from_slice::<Map<String, Value>>(line).ok();
        match object.as_ref().and_then(&mut *convert) {
            Some(record) => record.write(out),
            None => out.extend_from_slice(line),
        }
        Ok(())
    })
}

/// Documents on the lines where their records stand; lines between them are blank.
#[derive(Default)]
pub(super) struct NumberedLines {
    /// The number of the line that comes next.
    next: u64,
    out: Vec<u8>,
}

impl NumberedLines {
    /// Writes a record on a line behind all that were written.
    pub(super) fn put(&mut self, number: u64, record: FlatRecord) {
        while self.next < number {
            self.out.push(b'\n');
            self.next += 1;
        }
        record.write(&mut self.out);
        self.out.push(b'\n');
        self.next += 1;
    }

    /// Hands on what was written, if that is so much.
    pub(super) fn hand_on(&mut self, least: usize, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        if self.out.is_empty() || self.out.len() < least {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.out);
        let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        emit(Piece::Block(Block { layout: Layout::Lines, first: self.next - lines, bytes }))
    }
}

/// The lines at the beginning of a text by which a format is recognised: the first one may be cut, or of another format.
const FIRST: usize = 4;

/// The first lines of a text that are not blank.
pub(super) fn first_lines<'b>(beginning: &Beginning<'b>) -> impl Iterator<Item = &'b [u8]> {
    let lines = beginning.text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.is_empty()).take(FIRST)
}

/// Whether one of the first lines of a text is an object of a format.
pub(super) fn begins_with(beginning: &Beginning<'_>, is_one: fn(&Map<String, Value>) -> bool) -> bool {
    let objects = first_lines(beginning).filter(|line| line.starts_with(b"{"));
    objects.filter_map(|line| serde_json::from_slice(line).ok()).any(|object| is_one(&object))
}
