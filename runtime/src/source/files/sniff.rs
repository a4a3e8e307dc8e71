//! Tells the formats of a text apart by its beginning.

use super::elements::{Wanted, is_response};
use super::open::broken;
use super::{Action, action};
use crate::source::SourceError;
use huntc_compiler::diag::codes::store::UNREADABLE_LOG;
use std::io::{Cursor, Read};

/// What a text holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// Nothing.
    Empty,
    /// A document a line.
    Lines,
    /// Actions and documents.
    Bulk,
    /// A bigger value.
    Elements(Wanted),
}

/// Bytes that are looked at.
const PREFIX: u64 = 64 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Finds the format and takes a byte order mark off; the reader stands at the beginning again.
pub(super) fn sniff<'a>(reader: &mut Box<dyn Read + 'a>, name: &str) -> Result<Format, SourceError> {
    let mut prefix = Vec::new();
    reader.by_ref().take(PREFIX).read_to_end(&mut prefix).map_err(|e| broken(name, &e))?;
    if prefix.starts_with(b"\xff\xfe") || prefix.starts_with(b"\xfe\xff") {
        return Err(SourceError::new(&UNREADABLE_LOG, format!("{name} is UTF-16, not UTF-8"))
            .note("PowerShell's `>` and Out-File write UTF-16")
            .help("convert it: `iconv -f UTF-16 -t UTF-8 FILE > FILE.ndjson`"));
    }
    if prefix.starts_with(BOM) {
        prefix.drain(..BOM.len());
    }
    let format = of(&prefix);
    let rest = std::mem::replace(reader, Box::new(std::io::empty()));
    *reader = Box::new(Cursor::new(prefix).chain(rest));
    Ok(format)
}

fn of(prefix: &[u8]) -> Format {
    let text = prefix.trim_ascii_start();
    let first = memchr::memchr(b'\n', text).map_or(text, |end| &text[..end]).trim_ascii_end();
    match first.first() {
        // Blank as far as it was looked at; more may follow.
        None if prefix.len() as u64 >= PREFIX - BOM.len() as u64 => Format::Lines,
        None => Format::Empty,
        Some(b'[') => Format::Elements(Wanted::Array),
        Some(b'{') if is_response(text) => Format::Elements(Wanted::Hits),
        // A pretty-printer's first line. Only this exact form: a broken first line of NDJSON must not take the lines
        // behind it along.
        Some(b'{') if first == b"{" => Format::Elements(Wanted::Values),
        Some(b'{') if matches!(action(first), Some(Action::Write { .. } | Action::Change(_))) => Format::Bulk,
        Some(_) => Format::Lines,
    }
}
