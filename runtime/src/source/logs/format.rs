//! Formats of log files, and how the format of a text is recognised by its beginning.

use super::archive::UnpackLimits;
use super::columns::ColumnTable;
use super::file_kind::{self, FileKind};
use super::log_clock::LogTimeOffset;
use super::open::broken;
use super::piece::Emit;
use super::spare::Spare;
use crate::source::SourceError;
use std::io::{Cursor, Read};
use std::sync::Arc;

/// A format of log files. Each has one file in this folder and one entry in [`super::FORMATS`].
#[expect(missing_docs, reason = "the name of a format is what it is called")]
pub struct LogFormat {
    pub name: &'static str,
    /// Whether a text with this beginning has this format.
    pub(super) sniff: fn(&Beginning<'_>) -> bool,
    /// Cuts a stream into pieces, up to its end. Returns how many lines, or elements, it has.
    pub(super) read: fn(&mut dyn Read, &LogReading<'_>, &mut Emit<'_>) -> Result<u64, SourceError>,
}

/// The part of a text by which formats are recognised.
pub(super) struct Beginning<'a> {
    /// The first bytes of the text, without white space in front.
    pub text: &'a [u8],
    /// The first line, without white space around it; empty when only white space was found.
    pub first_line: &'a [u8],
    /// What the source says of columns.
    pub columns: Option<&'a ColumnTable>,
}

/// How files are cut into blocks.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The most bytes of a line. A longer line is reported as bad, and its bytes are not kept.
    pub max_line: usize,
    /// Bytes of a block. A block has whole lines, so it may be longer.
    pub block: usize,
    /// What archives may unpack to.
    pub unpack: UnpackLimits,
    /// What the columns of tables, and the values of other JSON, are.
    pub columns: Option<Arc<ColumnTable>>,
    /// What is added to when Windows events were logged.
    pub log_time_offset: LogTimeOffset,
}

/// What a configuration says of the files of a source.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "as in the options of reading")]
pub struct FileSettings {
    pub columns: Option<Arc<ColumnTable>>,
    pub log_time_offset: LogTimeOffset,
}

impl ReadOptions {
    /// The defaults, but for what is said of the files.
    pub fn of(settings: &FileSettings) -> Self {
        Self { columns: settings.columns.clone(), log_time_offset: settings.log_time_offset, ..Self::default() }
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            max_line: 64 << 20,
            block: 256 << 10,
            unpack: UnpackLimits::default(),
            columns: None,
            log_time_offset: LogTimeOffset::default(),
        }
    }
}

/// What formats need to know about one reading.
pub(super) struct LogReading<'a> {
    /// The file as the user named it.
    pub name: &'a str,
    pub options: &'a ReadOptions,
    pub spare: &'a Spare,
}

/// How many bytes formats may look at.
const PREFIX: u64 = 64 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// How many bytes a first line may have that is looked at whole.
const LONGEST_FIRST: usize = 16 << 20;

/// Whether a text begins with an object on a line that does not end in it.
fn begins_unfinished_object(prefix: &[u8]) -> bool {
    let text = prefix.strip_prefix(BOM).unwrap_or(prefix).trim_ascii_start();
    text.starts_with(b"{") && memchr::memchr(b'\n', text).is_none()
}

/// What the beginning of a text shows.
pub(super) struct Sniffed<'f> {
    /// The format of the text; `None` for white space, and for kinds of files that no format reads.
    pub format: Option<&'f LogFormat>,
    /// What the file looks like, in case that it has no record.
    pub kind: &'static FileKind,
}

/// Recognises the format, and removes a byte-order mark. Afterwards the reader is at the beginning of the text again. A
/// text of white space has no format.
pub(super) fn sniff<'a, 'f>(
    reader: &mut Box<dyn Read + 'a>,
    name: &str,
    formats: &[&'f LogFormat],
    columns: Option<&ColumnTable>,
) -> Result<Sniffed<'f>, SourceError> {
    let (mut prefix, mut whole) = (Vec::new(), PREFIX as usize);
    reader.by_ref().take(PREFIX).read_to_end(&mut prefix).map_err(|e| broken(name, &e))?;
    // A stranger may have written a long value into the first record: it is looked at whole.
    while prefix.len() >= whole && prefix.len() < LONGEST_FIRST && begins_unfinished_object(&prefix) {
        let more = prefix.len();
        whole = 2 * more;
        reader.by_ref().take(more as u64).read_to_end(&mut prefix).map_err(|e| broken(name, &e))?;
    }
    let kind = file_kind::of(&prefix);
    if prefix.starts_with(BOM) {
        prefix.drain(..BOM.len());
    }
    let text = prefix.trim_ascii_start();
    let first_line = memchr::memchr(b'\n', text).map_or(text, |end| &text[..end]).trim_ascii_end();
    // After a whole prefix of white space the text may still go on.
    let ended = first_line.is_empty() && prefix.len() < whole - BOM.len();
    let beginning = Beginning { text, first_line, columns };
    let none = ended || kind.foreign;
    let format = if none { None } else { formats.iter().find(|format| (format.sniff)(&beginning)).copied() };
    let rest = std::mem::replace(reader, Box::new(std::io::empty()));
    *reader = Box::new(Cursor::new(prefix).chain(rest));
    Ok(Sniffed { format, kind })
}
