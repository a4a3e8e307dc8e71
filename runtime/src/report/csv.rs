//! One CSV file for each display (RFC 4180): null is an empty cell, lists are JSON, formulas are neutralised.

use super::model::Display;
use super::sanitize::csv_cell;
use huntc_compiler::value::Value;
use std::borrow::Cow;
use std::io::Write;

/// Writes a display. With `raw`, cells that a spreadsheet would run as formulas stay as they are.
pub fn write(display: &Display, raw: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let rows = display.rows.iter().map(|row| {
        let cells = (0..display.columns.len()).map(|i| match row.get(i) {
            Some(Some(value)) => cell(value, raw),
            _ => String::new(),
        });
        cells.collect()
    });
    write_table(display.columns.iter().map(String::as_str), rows, raw, out)
}

/// Writes a table whose cells are harmless already. `raw` is for its header.
pub(crate) fn write_table<'a>(
    header: impl Iterator<Item = &'a str>,
    rows: impl Iterator<Item = Vec<String>>,
    raw: bool,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    writer.write_record(header.map(|c| guard(c, raw).into_owned()))?;
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
        write(display, raw, &mut out).unwrap();
        String::from_utf8(out).unwrap()
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
