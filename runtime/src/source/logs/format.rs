//! What a format of log files is, and how the format of a text is told by its beginning.

use super::file_kind::{self, FileKind};
use super::open::broken;
use super::piece::Emit;
use super::spare::Spare;
use crate::source::SourceError;
use std::io::{Cursor, Read};

/// A format of log files: one file each in this folder, and one entry in [`super::FORMATS`].
pub struct LogFormat {
    /// A word for it.
    pub name: &'static str,
    /// Whether a text that begins so is of this format.
    pub(super) sniff: fn(&Beginning<'_>) -> bool,
    /// Cuts a stream into pieces, up to its end; answers how many lines, or elements, it has.
    pub(super) read: fn(&mut dyn Read, &LogReading<'_>, &mut Emit<'_>) -> Result<u64, SourceError>,
}

/// What a format may look at.
pub(super) struct Beginning<'a> {
    /// The first bytes of the text, without blanks in front.
    pub text: &'a [u8],
    /// The first line, without blanks around it; empty where only blanks were found.
    pub first_line: &'a [u8],
}

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

/// What the formats have to know of one reading.
pub(super) struct LogReading<'a> {
    /// The file, as the user named it.
    pub name: &'a str,
    pub options: &'a ReadOptions,
    pub spare: &'a Spare,
}

/// Bytes that are looked at.
const PREFIX: u64 = 64 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What the beginning of a text says.
pub(super) struct Sniffed<'f> {
    /// The format that takes it; none where it is blank, or of a kind that no format takes.
    pub format: Option<&'f LogFormat>,
    /// What it looks like, should it give no record.
    pub kind: &'static FileKind,
}

/// Finds the format and takes a byte order mark off; the reader stands at the beginning again. A text of blanks has none.
pub(super) fn sniff<'a, 'f>(
    reader: &mut Box<dyn Read + 'a>,
    name: &str,
    formats: &[&'f LogFormat],
) -> Result<Sniffed<'f>, SourceError> {
    let mut prefix = Vec::new();
    reader.by_ref().take(PREFIX).read_to_end(&mut prefix).map_err(|e| broken(name, &e))?;
    let kind = file_kind::of(&prefix);
    if prefix.starts_with(BOM) {
        prefix.drain(..BOM.len());
    }
    let text = prefix.trim_ascii_start();
    let first_line = memchr::memchr(b'\n', text).map_or(text, |end| &text[..end]).trim_ascii_end();
    // Behind a prefix of blanks more may follow.
    let ended = first_line.is_empty() && (prefix.len() as u64) < PREFIX - BOM.len() as u64;
    let beginning = Beginning { text, first_line };
    let none = ended || kind.foreign;
    let format = if none { None } else { formats.iter().find(|format| (format.sniff)(&beginning)).copied() };
    let rest = std::mem::replace(reader, Box::new(std::io::empty()));
    *reader = Box::new(Cursor::new(prefix).chain(rest));
    Ok(Sniffed { format, kind })
}
