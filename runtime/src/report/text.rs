//! Text for the terminal: displays with their number of rows, and the summary of a run.

use super::model::{Display, HuntReport, ParameterReport, RequestStatus, SourceReport, Status, VariableReport};
use super::sanitize::{terminal, terminal_cell, unlike_marks};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use huntc_compiler::value::Value;
use std::fmt::Write as _;
use std::time::Duration;

/// A display: caption, header, rows, number of rows. `width` is that of the terminal; with `None` nothing is wrapped.
pub fn display(display: &Display, width: Option<u16>) -> String {
    let mut out = format!("{} {} (statement {})\n", display.command, terminal(&display.variable), display.statement);
    if let Some(reason) = &display.missing {
        let _ = writeln!(out, "no table: {}", terminal(reason));
        return out;
    }
    let mut table = table(width);
    table.set_header(display.columns.iter().map(|c| terminal_cell(c).into_owned()));
    let tree = !display.tree.is_empty();
    for line in display.lines() {
        table.add_row((0..display.columns.len()).map(|column| {
            let text = line.row.get(column).and_then(Option::as_ref).map_or_else(String::new, cell);
            if tree && column == 0 { format!("{}{}{}", line.mark, unlike_marks(&text), line.times()) } else { text }
        }));
    }
    align_numbers(&mut table, &display.rows, usize::from(tree)..display.columns.len());
    out.push_str(&table.trim_fmt());
    let _ = writeln!(out, "\n{}", row_count(display));
    out
}

/// The summary of a hunt: its headline, and one row for each variable.
pub fn summary(hunt: &HuntReport, width: Option<u16>) -> String {
    let mut out = headline(hunt);
    if hunt.variables.is_empty() {
        return out;
    }
    let beside: Vec<(&str, Figure)> =
        BESIDE.into_iter().filter(|(_, figure)| hunt.variables.iter().any(|v| figure(v) > Some(0))).collect();
    let mut table = table(width);
    let mut header = vec!["VARIABLE", "TYPE", "ENTITIES", "RECORDS", "TIME"];
    header.splice(4..4, beside.iter().map(|(name, _)| *name));
    table.set_header(header);
    for (i, variable) in hunt.variables.iter().enumerate() {
        let last = !hunt.variables[i + 1..].iter().any(|v| v.name == variable.name);
        table.add_row(summary_row(variable, last, &beside));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    out.push_str(&table.trim_fmt());
    out.push('\n');
    out
}

/// As in `days = 7, host = web01 (--set)`.
pub fn parameters(hunt: &HuntReport) -> String {
    let one = |p: &ParameterReport| match p.from {
        "default" => format!("{} = {}", p.name, p.value),
        from => format!("{} = {} ({from})", p.name, p.value),
    };
    hunt.parameters.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// As in `hunts/flow.hf: ok, 4 variables, 3 requests, 0.021 s`.
pub fn headline(hunt: &HuntReport) -> String {
    if hunt.status == Status::Error {
        return format!("{}: error, nothing was sent\n", terminal(&hunt.file));
    }
    let records: u64 = hunt.requests.iter().map(|r| r.records).sum();
    let mut out = format!(
        "{}: {}, {}, {} ({} read), {}\n",
        terminal(&hunt.file),
        hunt.status.word(),
        count(hunt.variables.len() as u64, "variable"),
        count(hunt.requests.iter().filter(|r| r.status != RequestStatus::Skipped).count() as u64, "request"),
        count(records, "record"),
        seconds(hunt.elapsed)
    );
    if !hunt.complete {
        out.push_str("incomplete: figures below are lower bounds\n");
    }
    if !hunt.parameters.is_empty() {
        let _ = writeln!(out, "parameters: {}", terminal(&parameters(hunt)));
    }
    for source in hunt.sources.iter().filter_map(unread) {
        let _ = writeln!(out, "{}", terminal(&source));
    }
    out
}

/// What of a source could not be read, or not as it was, in a line; none where there is nothing of that.
pub fn unread(source: &SourceReport) -> Option<String> {
    let mut parts = unread_parts(source);
    parts.extend(mended(source));
    (!parts.is_empty()).then(|| format!("source `{}`: {}", source.name, parts.join(", ")))
}

/// What of a source could not be read.
pub fn unread_parts(source: &SourceReport) -> Vec<String> {
    let mut parts = Vec::new();
    if source.skipped > 0 {
        parts.push(format!("{} skipped as unreadable", count(source.skipped, "line")));
    }
    if !source.left_out.is_empty() {
        parts.push(format!("{} left out: no record in it", count(source.left_out.len() as u64, "file")));
    }
    parts.extend(source.part.clone());
    parts
}

/// Of how many records of a source a value was mended; none where of none.
pub fn mended(source: &SourceReport) -> Option<String> {
    (source.mended > 0).then(|| format!("{} with a value that was mended", count(source.mended, "record")))
}

/// A figure of a variable.
type Figure = fn(&VariableReport) -> Option<u64>;

/// Figures that have a column where one of them is not zero.
const BESIDE: [(&str, Figure); 2] = [("UNIDENTIFIED", |v| v.unidentified), ("UNDECIDED", |v| v.undecided)];

fn summary_row(variable: &VariableReport, last: bool, beside: &[(&str, Figure)]) -> Vec<Cell> {
    let name = terminal(&variable.name);
    let name = if last { name.into_owned() } else { format!("{name}#{}", variable.version) };
    let kind = if variable.grouped { format!("{} groups", variable.entity) } else { variable.entity.clone() };
    let mark = if variable.complete { "" } else { "+" };
    let figure = |n: Option<u64>| n.map_or_else(|| "failed".to_owned(), |n| format!("{n}{mark}"));
    let mut row = vec![name, terminal(&kind).into_owned(), figure(variable.entities), figure(variable.records)];
    row.extend(beside.iter().map(|(_, figure)| figure(variable).map_or_else(String::new, |n| n.to_string())));
    row.push(seconds(variable.elapsed));
    row.into_iter().map(Cell::new).collect()
}

fn row_count(display: &Display) -> String {
    let shown = display.rows.len() as u64;
    let mut line = if shown == display.total { count(shown, "row") } else { format!("{shown} of {}", count(display.total, "row")) };
    if let Some(entities) = display.entities_of_tree() {
        let _ = write!(line, " of {entities} entities");
    }
    if !display.complete {
        line.push_str(" (incomplete: more may exist)");
    }
    line
}

/// A number with its noun: `1 row`, `12 rows`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// A time in seconds: `0.021 s`.
pub fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

/// The text of a value on one line, without anything that a terminal would obey.
fn cell(value: &Value) -> String {
    terminal_cell(&value.to_string()).into_owned()
}

/// A table in the common style.
pub fn table(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    match width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table
}

fn align_numbers(table: &mut Table, rows: &[Vec<Option<Value>>], columns: std::ops::Range<usize>) {
    for i in columns {
        let mut values = rows.iter().filter_map(|r| r.get(i).and_then(Option::as_ref)).peekable();
        let numbers = values.peek().is_some() && values.all(|v| matches!(v, Value::Int(_) | Value::Float(_)));
        if let (true, Some(column)) = (numbers, table.column_mut(i)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::Branch;
    use crate::report::sanitize::is_unsafe;
    use crate::report::tests::{display as sample, run, variable};

    #[test]
    fn a_display_has_caption_header_rows_and_count() {
        let text = display(&run(&["x.hf"]).hunts[0].displays[0], None);
        insta::assert_snapshot!(text, @r"
        DISP tasks (statement 2)
        | name                             |  pid |
        |----------------------------------|------|
        | <script>\u{202e}exe.gpj\u{1b}[2J | 4824 |
        | =cmd|' /C calc'!A0               |      |
        2 rows
        ");
        assert!(!text.chars().any(|c| is_unsafe(c) && c != '\n'));
    }

    #[test]
    fn a_long_value_wraps_at_the_terminals_width_only() {
        let table = sample("x", &["command_line"], vec![vec![Some(Value::text("long ".repeat(60)))]]);
        assert!(display(&table, Some(60)).lines().all(|l| l.chars().count() <= 60));
        assert!(display(&table, None).lines().any(|l| l.len() > 250));
    }

    fn branch(row: usize, mark: &str, count: u64) -> Branch {
        Branch { row, mark: mark.to_owned(), count, depth: mark.chars().count() / 3, held_by: Vec::new() }
    }

    #[test]
    fn trees_are_drawn_and_limits_are_counted() {
        let rows = ["a", "b"].map(|n| vec![Some(Value::text(n))]).to_vec();
        let mut table = sample("x", &["name"], rows);
        table.tree = vec![branch(1, "", 1), branch(0, "└─ ", 1)];
        table.total = 7;
        table.complete = false;
        insta::assert_snapshot!(display(&table, None), @r"
        DISP x (statement 2)
        | name |
        |------|
        | b    |
        | └─ a |
        2 of 7 rows (incomplete: more may exist)
        ");
        table.missing = Some("`p` failed".to_owned());
        assert_eq!(display(&table, None), "DISP x (statement 2)\nno table: `p` failed\n");
    }

    #[test]
    fn a_line_of_a_tree_may_stand_for_several_entities() {
        let rows = ["a", "b ×7"].map(|n| vec![Some(Value::text(n)), Some(Value::Int(1))]).to_vec();
        let mut table = sample("x", &["name", "n"], rows);
        table.tree = vec![branch(0, "", 1), branch(1, "└─ ", 3), branch(0, "", 2)];
        insta::assert_snapshot!(display(&table, None), @r"
        DISP x (statement 2)
        | name            | n |
        |-----------------|---|
        | a               | 1 |
        | └─ b \u{d7}7 ×3 | 1 |
        | a ×2            | 1 |
        2 rows of 6 entities
        ");
    }

    #[test]
    fn a_name_cannot_draw_branches_of_its_own() {
        let rows = ["a", "└─ lsass.exe\n│  b"].map(|n| vec![Some(Value::text(n))]).to_vec();
        let mut table = sample("x", &["name"], rows);
        table.tree = vec![branch(0, "", 1), branch(1, "└─ ", 1)];
        let text = display(&table, None);
        assert!(text.contains(r"| └─ \u{2514}\u{2500} lsass.exe\n\u{2502}  b |"), "{text}");
    }

    #[test]
    fn the_summary_marks_earlier_bindings_and_failures() {
        let mut run = run(&["flow.hf"]);
        let hunt = &mut run.hunts[0];
        hunt.variables.push(variable("tasks", 7));
        hunt.variables.push(variable("nt", 0));
        hunt.variables[2].entities = None;
        hunt.variables[2].records = None;
        insta::assert_snapshot!(summary(hunt, None), @r"
        flow.hf: ok, 3 variables, 1 request (4 records read), 0.020 s
        source `host101`: 1 line skipped as unreadable, 1 file left out: no record in it, 1 record with a value that was mended
        | VARIABLE | TYPE    | ENTITIES | RECORDS | UNIDENTIFIED |    TIME |
        |----------|---------|----------|---------|--------------|---------|
        | tasks#1  | process |        2 |       4 |            1 | 0.012 s |
        | tasks    | process |        7 |      14 |            1 | 0.012 s |
        | nt       | process |   failed |  failed |            1 | 0.012 s |
        ");
    }
}
