//! One CSV file for each display (RFC 4180): null is an empty cell, lists are JSON, formulas are neutralised.

use super::model::Display;
use super::sanitize::csv_cell;
use huntc_compiler::value::Value;
use std::borrow::Cow;
use std::io::Write;

/// How CSV files are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CsvForm {
    /// Whether cells that a spreadsheet would run as formulas stay as they are.
    pub raw: bool,
    /// What stands between cells, a character of ASCII.
    pub separator: u8,
    /// Whether a byte-order mark stands in front, by which Excel knows UTF-8.
    pub bom: bool,
}

impl Default for CsvForm {
    fn default() -> Self {
        Self { raw: false, separator: b',', bom: false }
    }
}

/// Writes a display.
pub fn write(display: &Display, form: CsvForm, out: &mut dyn Write) -> std::io::Result<()> {
    let raw = form.raw;
    let rows = display.rows.iter().map(|row| {
        let cells = (0..display.columns.len()).map(|i| match row.get(i) {
            Some(Some(value)) => cell(value, raw),
            _ => String::new(),
        });
        cells.collect()
    });
    write_table(display.columns.iter().map(String::as_str), rows, form, out)
}

/// Writes a table whose cells are harmless already.
pub(crate) fn write_table<'a>(
    header: impl Iterator<Item = &'a str>,
    rows: impl Iterator<Item = Vec<String>>,
    form: CsvForm,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    if form.bom {
        out.write_all("\u{feff}".as_bytes())?;
    }
    let mut writer = csv::WriterBuilder::new().delimiter(form.separator).from_writer(out);
    writer.write_record(header.map(|c| guard(c, form.raw).into_owned()))?;
    for row in rows {
        writer.write_record(row)?;
    }
    writer.flush()
}

/// The text of a value. Numbers and times cannot be formulas, so `-3` stays a number.
fn cell(value: &Value, raw: bool) -> String {
    match value {
        Value::Text(_) | Value::List(_) => guard(&value.to_string(), raw).into_owned(),
        _ => value.to_string(),
    }
}

fn guard(text: &str, raw: bool) -> Cow<'_, str> {
    if raw { Cow::Borrowed(text) } else { csv_cell(text) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::tests::display;

    fn text(display: &Display, raw: bool) -> String {
        let mut out = Vec::new();
        write(display, CsvForm { raw, ..CsvForm::default() }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn spreadsheets_get_the_separator_and_the_mark_that_they_want() {
        let rows = vec![vec![Some(Value::text("a;b,c")), Some(Value::text("x;=1+1"))]];
        let mut out = Vec::new();
        write(&display("x", &["name", "b"], rows), CsvForm { separator: b';', bom: true, raw: false }, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\u{feff}name;b\n\"a;b,c\";\"x;'=1+1\"\n");
    }

    #[test]
    fn cells_and_headers_that_a_spreadsheet_would_run_are_neutralised() {
        let rows = vec![
            vec![Some(Value::text("=cmd|' /C calc'!A0")), Some(Value::Int(-3)), None],
            vec![
                Some(Value::text("a,\"b\"\r\nc")),
                Some(Value::Float(0.5)),
                Some(Value::List([Value::Int(1), Value::text("x")].into())),
            ],
        ];
        let table = display("x", &["@name", "pid", "list"], rows);
        assert_eq!(text(&table, false), "'@name,pid,list\n'=cmd|' /C calc'!A0,-3,\n\"a,\"\"b\"\"\r\nc\",0.5,\"[1,\"\"x\"\"]\"\n");
        assert!(text(&table, true).starts_with("@name,pid,list\n=cmd|"));
    }

    #[test]
    fn an_empty_display_has_its_header() {
        assert_eq!(text(&display("x", &["name", "pid"], Vec::new()), false), "name,pid\n");
    }

    #[test]
    fn a_row_that_is_null_throughout_stays_a_row() {
        let one = display("x", &["name"], vec![vec![None], vec![Some(Value::text(""))]]);
        let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(std::io::Cursor::new(text(&one, false)));
        assert_eq!(reader.records().map(Result::unwrap).count(), 2);
    }
}
