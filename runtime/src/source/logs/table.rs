//! Tables with a header: CSV with `,`, `;`, tab or `|`. Their columns become fields as the source's [`ColumnTable`] say; a table whose
//! header has `@timestamp` needs none, since its columns have the names of ECS.

use super::columns::ColumnTable;
use super::converted::NumberedLines;
use super::format::{Beginning, LogFormat, LogReading};
use super::open::{CarriedError, broken};
use super::piece::{Emit, Piece};
use super::read_value::iso;
use super::report::BadReason;
use crate::source::SourceError;
use crate::source::repair::Flaw;
use huntc_compiler::diag::codes::store::UNREADABLE_LOG;
use huntc_compiler::time::Instant;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};

/// Tables whose columns are known.
pub(super) const TABLE: LogFormat = LogFormat { name: "table", sniff, read };

/// What may stand between cells.
pub(super) const DELIMITERS: [u8; 4] = *b",;\t|";

fn sniff(beginning: &Beginning<'_>) -> bool {
    if beginning.text.starts_with(b"{") || beginning.text.starts_with(b"[") {
        return false;
    }
    let Some((_, header)) = header(beginning.text) else { return false };
    match beginning.columns {
        Some(columns) => header.iter().any(|column| columns.names(column)),
        None => header.iter().any(|column| column == "@timestamp"),
    }
}

/// What stands between the cells of a table that begins so, and the names of its columns. A first line of spreadsheets says it:
/// `sep=;`.
pub(super) fn header(text: &[u8]) -> Option<(u8, Vec<String>)> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let said = said(text);
    let text = said.map_or(text, |(_, rest)| rest);
    let names = |delimiter: u8| -> (bool, Vec<String>) {
        let mut csv = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text);
        let mut rows = csv.byte_records().filter_map(Result::ok);
        let first = rows.next().unwrap_or_default();
        // Between the right ones all rows have as many cells, and no quote stands alone.
        let even = rows.next().is_none_or(|second| second.len() == first.len());
        let names: Vec<String> = first.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        (even && !names.iter().any(|name| name.contains('"')), names)
    };
    let delimiters = said.map_or(DELIMITERS.to_vec(), |(delimiter, _)| vec![delimiter]);
    let all = delimiters.into_iter().map(|delimiter| (delimiter, names(delimiter))).filter(|(_, (_, names))| names.len() > 1);
    // Of several that part it the first one that makes the most of it.
    let best = all.rev().max_by_key(|(_, (even, names))| (*even, names.len()));
    best.map(|(delimiter, (_, names))| (delimiter, names))
}

/// A table of LOAD: what stands between its cells, and its text as UTF-8.
pub fn opened_table<'a>(file: impl Read + 'a) -> std::io::Result<(u8, Box<dyn Read + 'a>)> {
    let mut file = BufReader::new(super::utf16::utf8(Box::new(file))?);
    let mut head = Vec::new();
    file.by_ref().take(LOOKED_AT).read_to_end(&mut head)?;
    // SAVE writes commas, whatever stands in the names behind.
    let own = head.starts_with(b"type,");
    let delimiter = if own { b',' } else { header(&head).map_or(b',', |(delimiter, _)| delimiter) };
    let skipped = said(&head).map_or(0, |(_, rest)| head.len() - rest.len());
    Ok((delimiter, Box::new(std::io::Cursor::new(head.split_off(skipped)).chain(file))))
}

/// What `sep=;` says, and what follows it.
fn said(text: &[u8]) -> Option<(u8, &[u8])> {
    let rest = text.strip_prefix(b"sep=")?;
    let (delimiter, rest) = rest.split_first().filter(|(byte, _)| DELIMITERS.contains(byte))?;
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
    Some((*delimiter, rest.strip_prefix(b"\n")?))
}

/// Bytes at the beginning that are looked at for what stands between cells.
const LOOKED_AT: u64 = 64 << 10;

fn read(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    let failed = |e: std::io::Error| broken(reading.name, &e);
    let mut reader = BufReader::new(reader);
    let mut head = Vec::new();
    reader.by_ref().take(LOOKED_AT).read_to_end(&mut head).map_err(failed)?;
    let (delimiter, _) = header(&head).unwrap_or((b',', Vec::new()));
    let mut reader = BufReader::new(std::io::Cursor::new(head).chain(reader));
    // White space in front was passed over when the format was recognised.
    let before = skipped_lines(&mut reader).map_err(failed)?;
    let left = Cell::new(0);
    let most = reading.options.max_line.saturating_add(LOOKED_AT as usize);
    left.set(most);
    let mut csv = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(RowLimit { reader, left: &left });
    let none = ColumnTable::default();
    let columns = reading.options.columns.as_deref().unwrap_or(&none);
    let (mut header, mut row) = (None::<Vec<String>>, csv::ByteRecord::new());
    let mut lines = NumberedLines::default();
    loop {
        left.set(most);
        let more = csv.read_byte_record(&mut row).map_err(|e| failed(csv_fault(e)))?;
        if !more {
            break;
        }
        let number = before + row.position().map_or(0, csv::Position::line).saturating_sub(1);
        let Some(names) = &header else {
            header = Some(row.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect());
            continue;
        };
        if row.len() != names.len() {
            emit(Piece::Bad(number, BadReason::OtherColumns))?;
            continue;
        }
        if row.iter().any(|cell| std::str::from_utf8(cell).is_err()) {
            emit(Piece::Mended(number, Flaw::NoCharacter))?;
        }
        let texts = row.iter().map(String::from_utf8_lossy);
        let shown = names.iter().zip(texts.clone()).find(|(name, _)| *name == "@timestamp").and_then(|(_, text)| shown_time(&text));
        let cells = names.iter().zip(texts).filter_map(|(name, text)| match &shown {
            Some(time) if name == "@timestamp" && columns.time.is_none() => Some((name.as_str(), Value::from(time.as_str()))),
            // So Kibana shows that a record has no such field.
            Some(_) if text.trim() == "-" => None,
            _ => Some((name.as_str(), Value::from(text))),
        });
        lines.put(number, columns.record(cells));
        lines.hand_on(reading.options.block, emit)?;
    }
    lines.hand_on(0, emit)?;
    Ok(before + csv.position().line().saturating_sub(1))
}

/// A time as Kibana shows it, in its tables too: `Oct 22, 2020 @ 06:58:00.462`.
fn shown_time(text: &str) -> Option<String> {
    let time = strtime::BrokenDownTime::parse("%b %d, %Y @ %H:%M:%S%.f", text.trim()).ok()?.to_datetime().ok()?;
    let stamp = time.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(iso(Instant(i64::try_from(stamp.as_nanosecond()).ok()?)))
}

/// Passes over blank lines and `sep=;`, and says how many lines that are.
fn skipped_lines(reader: &mut impl BufRead) -> std::io::Result<u64> {
    let mut lines = 0;
    loop {
        let text = reader.fill_buf()?;
        let blank = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let blank = text.get(..blank).and_then(|blank| memchr::memrchr(b'\n', blank)).map_or(0, |at| at + 1);
        let separator = said(text.get(blank..).unwrap_or_default()).map_or(0, |(_, rest)| text.len() - blank - rest.len());
        if blank + separator == 0 {
            return Ok(lines);
        }
        lines += memchr::memchr_iter(b'\n', text.get(..blank + separator).unwrap_or_default()).count() as u64;
        reader.consume(blank + separator);
    }
}

fn csv_fault(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

/// Refuses a row that never ends, as one is behind a quote that nobody closes.
struct RowLimit<'l, R> {
    reader: R,
    left: &'l Cell<usize>,
}

impl<R: Read> Read for RowLimit<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let Some(left) = self.left.get().checked_sub(read) else {
            let error = SourceError::new(&UNREADABLE_LOG, "a row of the table never ends")
                .note("a quote that stands open takes everything behind it")
                .help("close the quote, or double those in a cell: `\"\"`");
            return Err(CarriedError::as_io(error));
        };
        self.left.set(left);
        Ok(read)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Kibana's export: its times, and its sign for what is absent.
    #[test]
    fn tables_of_kibana_are_read() {
        let text = "\"@timestamp\",\"host.name\",\"source.ip\"\n\"Oct 22, 2020 @ 06:58:00.462\",WS5,\" - \"\n\"Mar 5, 2021 @ 16:00:00.000\",\"-\",\"10.0.0.5\"\n\
            2020-10-22T06:58:00Z,-,x\n";
        let (options, spare) = (super::super::ReadOptions::default(), super::super::Spare::default());
        let mut found = Vec::new();
        read(&mut text.as_bytes(), &LogReading { name: "f", options: &options, spare: &spare }, &mut |piece| {
            let Piece::Block(block) = piece else { return Err(SourceError::cancelled()) };
            let lines = String::from_utf8(block.bytes).unwrap();
            found.extend(lines.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str::<Value>(line).unwrap()));
            Ok(())
        })
        .unwrap();
        let wanted = serde_json::json!([
            {"@timestamp": "2020-10-22T06:58:00.462Z", "host.name": "WS5"},
            {"@timestamp": "2021-03-05T16:00:00Z", "source.ip": "10.0.0.5"},
            // Elsewhere it is a text.
            {"@timestamp": "2020-10-22T06:58:00Z", "host.name": "-", "source.ip": "x"},
        ]);
        assert_eq!(Value::from(found), wanted);
    }

    #[test]
    fn the_delimiter_is_found_out() {
        let found = |text: &str| header(text.as_bytes()).map(|(delimiter, names)| (char::from(delimiter), names.join("/")));
        for (text, delimiter, names) in [
            ("a,b,c\n1,2,3\n", ',', "a/b/c"),
            ("a;\"b,c,d\";e\n", ';', "a/b,c,d/e"),
            ("a\tb\n", '\t', "a/b"),
            ("a|b|c\r\n", '|', "a/b/c"),
            ("\u{feff}a,b\n", ',', "a/b"),
            ("sep=;\r\na;b,c,d\n", ';', "a/b,c,d"),
            ("\"a b\", c\n", ',', "a b/c"),
        ] {
            assert_eq!(found(text), Some((delimiter, names.to_owned())), "{text:?}");
        }
        assert_eq!(found("alone\n"), None);
        assert_eq!(found(""), None);
    }
}
