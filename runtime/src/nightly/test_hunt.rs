//! The tests that hunts carry: `HUNT.test/` beside `HUNT.hf` has records and the rows that the hunt must find in them.

use super::discover::HuntFile;
use super::face::cell;
use super::finding::FoundEntities;
use crate::own_files;
use crate::report::sanitize::{csv_cell, csv_cell_as_it_was, terminal as safe};
use crate::source::{SourceError, regular_file};
use huntc_compiler::diag::codes::config::FILE_NOT_WRITTEN;
use huntc_compiler::diag::codes::nightly::BAD_HUNT_TEST;
use huntc_compiler::time::{Instant, SECOND, TimeRange};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The records of every source that has no file of its own.
const RECORDS: &str = "records.ndjson";
const EXPECTED: &str = "expected.csv";

/// The folder of a hunt's test.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct HuntTest(PathBuf);

/// A table of texts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct TextTable {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// How what was found differs from what was expected; rows have the expected columns.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the other field is what it is called")]
pub struct Difference {
    pub columns: Vec<String>,
    /// Rows that were expected and not found.
    pub missing: Vec<Vec<String>>,
    /// Rows that were found and not expected.
    pub unexpected: Vec<Vec<String>>,
}

fn bad(path: &Path, reason: impl std::fmt::Display) -> SourceError {
    SourceError::new(&BAD_HUNT_TEST, format!("the test of a hunt has a fault: `{}` {reason}", path.display()))
}

/// The test of a hunt, if it has one.
pub fn of(hunt: &HuntFile) -> Option<HuntTest> {
    let folder = hunt.path.with_extension("test");
    folder.is_dir().then_some(HuntTest(folder))
}

/// The folders of tests beside these hunts to which no hunt belongs any more.
pub fn orphans(hunts: &[HuntFile]) -> Vec<PathBuf> {
    let known: BTreeSet<PathBuf> = hunts.iter().map(|hunt| hunt.path.with_extension("test")).collect();
    let folders: BTreeSet<&Path> = hunts.iter().filter_map(|hunt| hunt.path.parent()).collect();
    let entries = folders.into_iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|e| e == "test") && path.is_dir() && !known.contains(path));
    found.sort();
    found
}

/// The error of a test to which no hunt belongs.
pub fn orphaned(folder: &Path) -> SourceError {
    let hunt = folder.with_extension("hf");
    bad(folder, format_args!("belongs to no hunt: there is no `{}`", hunt.display())).help("rename it with its hunt, or remove it")
}

impl HuntTest {
    /// The file with the records of a source.
    pub fn records_of(&self, source: &str) -> Result<PathBuf, SourceError> {
        let own = self.0.join(format!("{source}.ndjson"));
        let shared = self.0.join(RECORDS);
        [own, shared].into_iter().find(|path| path.is_file()).ok_or_else(|| {
            bad(&self.0, format_args!("has no records for the data source `{source}`"))
                .help(format!("write them into `{RECORDS}`, or into `{source}.ndjson` where several sources differ"))
        })
    }

    /// The time of all records in these files: the window of the test. Its end is its "now".
    pub fn window(files: &BTreeSet<PathBuf>) -> Result<TimeRange, SourceError> {
        let (mut first, mut last) = (None, None);
        for path in files {
            let text = regular_file::read_text(path).map_err(|e| bad(path, format_args!("cannot be read: {e}")))?;
            // What is no record here is told when the hunt reads it.
            let documents = text.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
            for time in documents.filter_map(|d| Instant::parse(d.get("@timestamp")?.as_str()?)) {
                first = Some(first.map_or(time, |f: Instant| f.min(time)));
                last = Some(last.map_or(time, |l: Instant| l.max(time)));
            }
        }
        match (first, last) {
            (Some(start), Some(last)) => Ok(TimeRange::new(start, last.plus(SECOND))),
            _ if files.is_empty() => Ok(TimeRange::new(Instant(0), Instant(SECOND))),
            _ => Err(bad(&self::shown(files), "has no record with a time in `@timestamp`")
                .help("write one ECS record a line: those that the hunt must find, and those that it must not")),
        }
    }

    /// The rows that the hunt must find; `None` when nobody has written them yet.
    pub fn expected(&self) -> Result<Option<TextTable>, SourceError> {
        let path = self.0.join(EXPECTED);
        let text = match regular_file::read_text(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(bad(&path, format_args!("cannot be read: {e}"))),
        };
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let mut read = || -> Result<TextTable, csv::Error> {
            let columns = reader.headers()?.iter().map(str::to_owned).collect();
            let rows = reader.records().map(|row| Ok(row?.iter().map(|cell| csv_cell_as_it_was(cell).into_owned()).collect()));
            Ok(TextTable { columns, rows: rows.collect::<Result<_, csv::Error>>()? })
        };
        read().map(Some).map_err(|e| bad(&path, format_args!("is no CSV table: {e}")))
    }

    /// Compares what was found with what was expected, without regard to the order of rows.
    pub fn compare(&self, expected: &TextTable, found: &FoundEntities) -> Result<Difference, SourceError> {
        let found = self.columns_of(&table(found), &expected.columns)?;
        let mut missing = Vec::new();
        let mut unexpected = found.rows;
        for row in &expected.rows {
            match unexpected.iter().position(|other| other == row) {
                Some(at) => drop(unexpected.remove(at)),
                None => missing.push(row.clone()),
            }
        }
        Ok(Difference { columns: expected.columns.clone(), missing, unexpected })
    }

    /// Writes what was found as what is expected, with the columns of `header`; all, where it is `None`.
    pub fn update(&self, found: &FoundEntities, header: Option<&[String]>) -> Result<(), SourceError> {
        let found = table(found);
        if header.is_none() && found.rows.is_empty() {
            return Err(bad(&self.0, "has no finding whose columns could be written")
                .help(format!("add a record that the hunt must find, or write the header of `{EXPECTED}` yourself")));
        }
        let table = self.columns_of(&found, header.unwrap_or(&found.columns))?;
        let mut out = Vec::new();
        let columns = table.columns.iter().map(String::as_str);
        let rows = table.rows.iter().map(|row| row.iter().map(|cell| guarded(cell).into_owned()).collect());
        let path = self.0.join(EXPECTED);
        let written = crate::report::csv::write_table(columns, rows, crate::report::csv::CsvForm::default(), &mut out);
        written.and_then(|()| own_files::replace(&path, |file| file.write_all(&out))).map_err(|e| {
            let shown = path.display();
            SourceError::new(&FILE_NOT_WRITTEN, format!("`{shown}` cannot be written")).note(format!("the reason: {e}"))
        })
    }

    /// The rows of the finding, with these columns.
    fn columns_of(&self, found: &TextTable, columns: &[String]) -> Result<TextTable, SourceError> {
        // What found nothing has no columns.
        if found.rows.is_empty() {
            return Ok(TextTable { columns: columns.to_vec(), rows: Vec::new() });
        }
        let place = |column: &String| {
            found.columns.iter().position(|c| c == column).ok_or_else(|| {
                bad(&self.0.join(EXPECTED), format_args!("has a column `{column}`, which the finding has not"))
                    .help(format!("its columns are {}", found.columns.join(", ")))
            })
        };
        let places = columns.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let cells = |row: &Vec<String>| places.iter().map(|at| row.get(*at).cloned().unwrap_or_default()).collect();
        Ok(TextTable { columns: columns.to_vec(), rows: found.rows.iter().map(cells).collect() })
    }
}

/// A finding as a table of texts: the columns that the hunt displays, and the hosts and users of each row.
fn table(found: &FoundEntities) -> TextTable {
    let shown = found.entities.first().map(|entity| entity.face.iter().map(|(header, _)| header.clone()));
    let columns: Vec<String> = shown.into_iter().flatten().chain(["hosts", "users"].map(str::to_owned)).collect();
    let rows = found.entities.iter().map(|entity| {
        let who = [&entity.hosts, &entity.users].map(|names| names.join(", "));
        entity.face.iter().map(|(_, value)| cell(value)).chain(who).collect()
    });
    TextTable { columns, rows: rows.collect() }
}

/// The one file, or the folder of several.
fn shown(files: &BTreeSet<PathBuf>) -> PathBuf {
    match files.first() {
        Some(first) if files.len() > 1 => first.parent().map_or_else(|| first.clone(), Path::to_path_buf),
        Some(first) => first.clone(),
        None => PathBuf::new(),
    }
}

impl Difference {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty()
    }

    /// The rows, each with a sign: `-` expected and not found, `+` found and not expected.
    pub fn text(&self) -> String {
        let line = |sign: char, cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|c| quoted(c)).collect();
            format!("  {sign} {}\n", safe(&cells.join(",")))
        };
        let mut out = line(' ', &self.columns);
        for row in &self.missing {
            out.push_str(&line('-', row));
        }
        for row in &self.unexpected {
            out.push_str(&line('+', row));
        }
        let _ = writeln!(out, "    (- expected, not found; + found, not expected)");
        out
    }
}

/// A cell that no spreadsheet runs; numbers stay.
fn guarded(cell: &str) -> Cow<'_, str> {
    if cell.parse::<f64>().is_ok() { Cow::Borrowed(cell) } else { csv_cell(cell) }
}

/// A cell as `expected.csv` has it, so that a line can be pasted there.
fn quoted(cell: &str) -> String {
    let cell = guarded(cell);
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.into_owned() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::nightly::finding::FoundEntity;
    use serde_json::json;

    fn found(rows: &[(&str, i64)]) -> FoundEntities {
        let cell = |header: &str, value: Json| (header.to_owned(), value);
        let entity = |(name, pid): &(&str, i64)| FoundEntity {
            hosts: vec!["a".to_owned(), "b".to_owned()],
            face: vec![cell("name", json!(name)), cell("pid", json!(pid)), cell("user", Json::Null)],
            ..FoundEntity::default()
        };
        FoundEntities { entities: rows.iter().map(entity).collect(), ..FoundEntities::default() }
    }

    fn test(expected: &str) -> (tempfile::TempDir, HuntTest) {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(temp.path().join(EXPECTED), expected).unwrap();
        let test = HuntTest(temp.path().to_path_buf());
        (temp, test)
    }

    #[test]
    fn rows_are_compared_as_often_as_they_come_in_any_order() {
        let (_temp, test) = test("# why\nname,pid\nb.exe,2\na.exe,1\na.exe,1\n");
        let expected = test.expected().unwrap().unwrap();
        let same = test.compare(&expected, &found(&[("a.exe", 1), ("b.exe", 2), ("a.exe", 1)])).unwrap();
        assert!(same.is_none(), "{same:?}");
        let other = test.compare(&expected, &found(&[("a.exe", 1), ("c,\u{1b}.exe", 2)])).unwrap();
        assert_eq!(
            other.text(),
            "    name,pid\n  - b.exe,2\n  - a.exe,1\n  + \"c,\\u{1b}.exe\",2\n    (- expected, not found; + found, not expected)\n"
        );
    }

    #[test]
    fn what_is_written_is_what_is_expected() {
        let (temp, test) = test("user,name\n");
        let found = found(&[("a,\"b\".exe", 1), ("=c", 2)]);
        let header = test.expected().unwrap().unwrap().columns;
        test.update(&found, Some(&header)).unwrap();
        assert_eq!(test.expected().unwrap().unwrap().columns, ["user", "name"], "the header stays");
        assert!(test.compare(&test.expected().unwrap().unwrap(), &found).unwrap().is_none());
        std::fs::remove_file(temp.path().join(EXPECTED)).unwrap();
        assert_eq!(test.expected().unwrap(), None);
        test.update(&found, None).unwrap();
        assert_eq!(test.expected().unwrap().unwrap().columns, ["name", "pid", "user", "hosts", "users"]);
        assert_eq!(test.expected().unwrap().unwrap().rows[1], ["=c", "2", "", "a, b", ""]);
        std::fs::remove_file(temp.path().join(EXPECTED)).unwrap();
        assert!(test.update(&FoundEntities::default(), None).is_err(), "a header that nobody knows");
    }

    #[test]
    fn faults_are_told() {
        let (temp, test) = test("name,nmae\n");
        let fault = test.compare(&test.expected().unwrap().unwrap(), &found(&[("a", 1)])).unwrap_err();
        assert!(fault.message.contains("`nmae`") && fault.helps[0].contains("name, pid, user, hosts, users"), "{fault:?}");
        std::fs::write(temp.path().join(EXPECTED), "a,b\n1\n").unwrap();
        assert_eq!(test.expected().unwrap_err().code.id, "K0880");
        assert_eq!(test.records_of("lab").unwrap_err().code.id, "K0880");
        let records = temp.path().join(RECORDS);
        std::fs::write(&records, "{\"@timestamp\":\"never\"}\nx\n").unwrap();
        let files = BTreeSet::from([test.records_of("lab").unwrap()]);
        assert_eq!(HuntTest::window(&files).unwrap_err().code.id, "K0880");
        std::fs::write(&records, "{\"@timestamp\":\"2026-01-01T00:00:00Z\"}\n{\"@timestamp\":\"2026-01-02T00:00:00Z\"}\n").unwrap();
        let window = HuntTest::window(&files).unwrap();
        assert_eq!(window.stop.to_string(), "2026-01-02T00:00:01.000Z");
    }
}
