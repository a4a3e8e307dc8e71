//! Lines of another format, each made into a document in ECS on a line of the same number.

use super::flat_record::{FlatRecord, each_value};
use super::format::LogReading;
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

/// The first line of a text as an object, for recognising a format.
pub(super) fn first_object(line: &[u8]) -> Option<Map<String, Value>> {
    if !line.starts_with(b"{") {
        return None;
    }
    serde_json::from_slice(line).ok()
}

/// Hands over all values of an object with their dotted names.
pub(super) fn flat(object: &Map<String, Value>, take: &mut dyn FnMut(&str, Value)) {
    for (key, value) in object {
        each_value(key.clone(), value.clone(), take);
    }
}
