//! CSV tables with `#` comments, whose cells know their place.

use std::borrow::Cow;
use std::fmt;

/// What is wrong with a cell of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The table, or the file that the user gave.
    pub table: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// A headline as diagnostics have it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.table, self.line, self.column, self.message)
    }
}

/// One value of a row.
#[derive(Clone, Debug)]
pub(super) struct CsvCell<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl CsvCell<'_> {
    /// The words in the cell.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split_ascii_whitespace()
    }
}

/// Splits a file into its tables, which stand one below the other: the number of lines before each, and its text. A table
/// begins with its header, whose first cell is one of `firsts`.
pub(super) fn parts<'a>(text: &'a str, firsts: &[&str]) -> Vec<(usize, &'a str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut starts = vec![(0, 0)];
    let (mut at, mut headers) = (0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let first = line.split(',').next().unwrap_or("").trim();
        if firsts.contains(&first) {
            headers += 1;
            // Lines before the first header belong to the first table.
            if headers > 1 {
                starts.push((number, at));
            }
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).map(|(_, at)| *at).chain([text.len()]);
    starts.iter().zip(ends).map(|((number, at), end)| (*number, &text[*at..end])).collect()
}

/// Reads a table whose header must be `columns`; every row has that many cells. Rows that cannot be read are left out
/// and reported.
pub(super) fn read<'a, const N: usize>(
    table: &str,
    text: &'a str,
    columns: [&str; N],
    problems: &mut Vec<Problem>,
) -> Vec<[CsvCell<'a>; N]> {
    read_part(table, (0, text), columns, problems)
}

/// As [`read`], for a table that begins after `before` lines of its file.
pub(super) fn read_part<'a, const N: usize>(
    table: &str,
    (before, text): (usize, &'a str),
    columns: [&str; N],
    problems: &mut Vec<Problem>,
) -> Vec<[CsvCell<'a>; N]> {
    let mut rows = Vec::new();
    let mut header = false;
    for (number, line) in text.lines().enumerate().map(|(n, line)| (before + n, line)) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let cells = cells(line, number + 1);
        let mut report = |column, message| problems.push(Problem { table: table.to_owned(), line: number + 1, column, message });
        let count = cells.len();
        let Ok(row) = <[CsvCell<'a>; N]>::try_from(cells) else {
            report(1, format!("{count} cells where the columns are {}", columns.join(",")));
            continue;
        };
        if header {
            rows.push(row);
        } else if let Some((cell, wanted)) = row.iter().zip(columns).find(|(cell, wanted)| cell.text != *wanted) {
            report(cell.column, format!("column `{}` where `{wanted}` belongs", cell.text));
            return rows;
        } else {
            header = true;
        }
    }
    rows
}

/// The cells of one line, trimmed. A cell may be in double quotes, but not hold a line break.
fn cells(line: &str, number: usize) -> Vec<CsvCell<'_>> {
    let mut column = 1;
    let mut cell = |raw: &str, text: Cow<'_, str>| {
        let lead = raw.chars().take_while(|c| c.is_whitespace()).count();
        let start = column + lead;
        column += raw.chars().count() + 1;
        (text.trim().to_owned(), start)
    };
    if !line.contains('"') {
        return line
            .split(',')
            .map(|raw| {
                let (_, column) = cell(raw, Cow::Borrowed(""));
                CsvCell { text: Cow::Borrowed(raw.trim()), line: number, column }
            })
            .collect();
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    if !reader.read_record(&mut record).unwrap_or(false) {
        return Vec::new();
    }
    record
        .iter()
        .zip(quoted_parts(line))
        .map(|(text, raw)| {
            let (text, column) = cell(raw, Cow::Borrowed(text));
            CsvCell { text: Cow::Owned(text), line: number, column }
        })
        .collect()
}

/// The raw text of each cell of a line with quotes.
fn quoted_parts(line: &str) -> Vec<&str> {
    let mut inside = false;
    line.split(|c| {
        inside ^= c == '"';
        c == ',' && !inside
    })
    .collect()
}
