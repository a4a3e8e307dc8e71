//! The first rows of a log whose columns nobody has explained, for a proposal of what they are.

use super::archive::UnpackLimits;
use super::flat_record::flat;
use super::format::ReadOptions;
use super::{Input, LogEntry, Piece, Spare, each_entry, open, read, read_value, table, utf16};
use crate::allowance::Allowance;
use crate::source::SourceError;
use huntc_compiler::diag::codes::store::NO_RECORDS;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Columns with some of their values, in the order in which they come first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SampledColumns {
    /// The columns of a table, or the dotted paths of JSON.
    pub columns: Vec<(String, Vec<String>)>,
    /// What the log is where it is read as it is: its documents have `@timestamp`, or its format is known.
    pub known: bool,
}

/// Rows that are looked at, bytes of a table that are, and the most columns.
const ROWS: usize = 200;
const BYTES: u64 = 1 << 20;
const COLUMNS: usize = 2_000;
/// The longest value that is kept.
const LONGEST: usize = 200;

/// Looks at the first log that a path leads to; of an archive or a folder that is the first that has a row.
pub fn sampled_columns(path: &Path) -> Result<SampledColumns, SourceError> {
    let mut found = SampledColumns::default();
    let allowance = Allowance::default();
    for input in super::list(&[path.to_owned()])?.inputs {
        let limits = UnpackLimits::default();
        let read = each_entry(&input, limits, &allowance, &mut |entry| {
            if let LogEntry::Log(log, reader) = entry {
                found = of_log(log, reader)?;
            }
            if found.columns.is_empty() { Ok(()) } else { Err(SourceError::cancelled()) }
        });
        match read {
            _ if !found.columns.is_empty() => return Ok(found),
            Err(error) => return Err(error),
            Ok(()) => {}
        }
    }
    Err(SourceError::new(&NO_RECORDS, format!("{} has neither a table with a header nor JSON objects", path.display())))
}

fn of_log(log: &Input, reader: Box<dyn Read + '_>) -> Result<SampledColumns, SourceError> {
    let mut reader = utf16::utf8(reader).map_err(|e| open::broken(&log.name, &e))?;
    let mut head = Vec::new();
    reader.by_ref().take(BYTES).read_to_end(&mut head).map_err(|e| open::broken(&log.name, &e))?;
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    if !text.starts_with(b"{") && !text.starts_with(b"[") {
        return Ok(of_table(text));
    }
    let mut rows = Vec::new();
    // What is cut off behind the last whole document is no fault here.
    let options = ReadOptions { block: 1, ..ReadOptions::default() };
    let _cut = read(Box::new(text), &log.name, &options, &Spare::default(), &mut |piece| {
        if let Piece::Block(block) = piece {
            let lines = block.bytes.split(|byte| *byte == b'\n');
            rows.extend(lines.filter_map(|line| serde_json::from_slice::<Map<String, Value>>(line).ok()));
        }
        if rows.len() < ROWS { Ok(()) } else { Err(SourceError::cancelled()) }
    });
    let mut columns = ColumnsInOrder::default();
    for row in &rows {
        let row = match row.get("_source") {
            Some(Value::Object(source)) => source,
            _ => row,
        };
        // Of a row with too many names those in front are enough to propose a table.
        let _ = flat(row, &mut |path, value| columns.push(path, read_value::text(&value).unwrap_or_default()));
    }
    Ok(columns.done())
}

fn of_table(text: &[u8]) -> SampledColumns {
    let mut columns = ColumnsInOrder::default();
    let Some((delimiter, names)) = table::header(text) else { return columns.done() };
    for name in &names {
        columns.push(name, String::new());
    }
    let text = if text.starts_with(b"sep=") { text.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default() } else { text };
    let mut csv = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text);
    for row in csv.byte_records().filter_map(Result::ok).take(ROWS) {
        for (name, cell) in names.iter().zip(&row) {
            columns.push(name, String::from_utf8_lossy(cell).into_owned());
        }
    }
    columns.done()
}

#[derive(Default)]
struct ColumnsInOrder {
    columns: Vec<(String, Vec<String>)>,
    places: BTreeMap<String, usize>,
}

impl ColumnsInOrder {
    fn push(&mut self, name: &str, value: String) {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None if self.columns.len() == COLUMNS || name.is_empty() => return,
            None => {
                self.columns.push((name.to_owned(), Vec::new()));
                self.places.insert(name.to_owned(), self.columns.len() - 1);
                self.columns.len() - 1
            }
        };
        if let Some((_, values)) = self.columns.get_mut(place)
            && !value.trim().is_empty()
            && value.len() <= LONGEST
        {
            values.push(value);
        }
    }

    fn done(self) -> SampledColumns {
        SampledColumns { known: self.places.contains_key("@timestamp"), columns: self.columns }
    }
}
