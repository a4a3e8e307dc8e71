//! Lines of another format, each made into a document in ECS on a line of the same number.

use super::flat_record::FlatRecord;
use super::format::{Beginning, LogReading};
use super::lines;
use super::piece::{Block, Emit, Layout, Piece};
use super::report::BadReason;
use crate::source::SourceError;
use crate::source::repair::{self, Flaw, Repaired};
use serde_json::{Map, Value};
use std::borrow::Cow;
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
    each(reader, reading, emit, &mut |line, out| match String::from_utf8_lossy(line) {
        Cow::Borrowed(_) => convert(line, out).map(|()| None),
        Cow::Owned(mended) => {
            let before = out.len();
            convert(mended.as_bytes(), out)?;
            Ok((out.len() > before).then_some(Flaw::NoCharacter))
        }
    })
}

/// As [`Convert`]; says which value it mended first.
type Mend<'c> = dyn FnMut(&[u8], &mut Vec<u8>) -> Result<Option<Flaw>, BadReason> + 'c;

fn each(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>, convert: &mut Mend<'_>) -> Result<u64, SourceError> {
    lines::cut(reader, Layout::Lines, reading, &mut |piece| {
        let Piece::Block(Block { layout, first, bytes }) = piece else { return emit(piece) };
        let mut out = reading.spare.take(bytes.len());
        let mut told = Vec::new();
        for (line, number) in bytes.split_inclusive(|byte| *byte == b'\n').zip(first..) {
            // Blanks at the end may be the last value.
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            let start = out.len();
            let found = if text.trim_ascii().is_empty() {
                Ok(None)
            } else if text.len() > reading.options.max_line {
                // As one that does not end in its block.
                Err(BadReason::TooLong)
            } else {
                convert(text, &mut out)
            };
            match found {
                Ok(flaw) => told.extend(flaw.map(|flaw| Piece::Mended(number, flaw))),
                Err(reason) => {
                    out.truncate(start);
                    told.push(Piece::Bad(number, reason));
                }
            }
            out.push(b'\n');
        }
        reading.spare.give(bytes);
        told.into_iter().try_for_each(&mut *emit)?;
        emit(Piece::Block(Block { layout, first, bytes: out }))
    })
}

/// What an object is in ECS; nothing where it is no record of the format.
pub(super) type FoundRecord = Result<Option<FlatRecord>, BadReason>;

/// As [`each_line`], of lines that are JSON objects, once single values of them are mended. What is none, or is no record of the
/// format, is left as it is, and judged by the parser.
pub(super) fn each_object(
    reader: &mut dyn Read,
    reading: &LogReading<'_>,
    emit: &mut Emit<'_>,
    convert: &mut dyn FnMut(&Map<String, Value>) -> FoundRecord,
) -> Result<u64, SourceError> {
    each(reader, reading, emit, &mut |line, out| {
        if let Some((object, flaw)) = object(line)
            && let Some(record) = convert(&object)?
        {
            record.write(out);
            return Ok(flaw);
        }
        out.extend_from_slice(line);
        Ok(None)
    })
}

/// A line as an object, and the first of its values that had to be mended: who writes one value must not hide its record.
fn object(line: &[u8]) -> Option<(Map<String, Value>, Option<Flaw>)> {
    if let Ok(object) = serde_json::from_slice(line) {
        return Some((object, None));
    }
    let Repaired { json, flaws } = repair::json_within(line, DEEPEST)?;
    let (_, flaw) = flaws.first()?;
    Some((serde_json::from_str(&json).ok()?, Some(*flaw)))
}

/// How deep values may be nested: what reads them goes no deeper than 128.
pub(super) const DEEPEST: usize = 120;

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
    objects.filter_map(object).any(|(object, _)| is_one(&object))
}
