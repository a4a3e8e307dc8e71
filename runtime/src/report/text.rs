//! Text for the terminal: the summary of a run, and what all texts have in common.

use super::model::{HuntReport, ParameterReport, RequestStatus, SourceReport, Status, VariableReport};
use super::sanitize::terminal;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

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

/// Whether a hunt did what it should: `failed`, and that figures are lower bounds.
pub fn headline_word(hunt: &HuntReport) -> String {
    let incomplete = if hunt.complete { "" } else { "\nincomplete: figures above are lower bounds" };
    format!("{}{incomplete}", hunt.status.word())
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
    if !source.passed_over.is_empty() {
        parts.push(format!("{} not searched", indices(&source.passed_over)));
    }
    if !source.clocks.is_empty() {
        parts.push("Windows events logged by a clock that is not UTC".to_owned());
    }
    parts
}

/// How many indices a server passes over: `2 closed indices`, `1 closed index and 1 frozen index`.
pub fn indices(passed_over: &[(String, &'static str)]) -> String {
    let mut by_why: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, why) in passed_over {
        *by_why.entry(why).or_default() += 1;
    }
    let noun = |n: u64| if n == 1 { "index" } else { "indices" };
    let parts: Vec<String> = by_why.into_iter().map(|(why, n)| format!("{n} {why} {}", noun(n))).collect();
    parts.join(" and ")
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

/// A number with its noun: `1 row`, `12 rows`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// A time in seconds: `0.021 s`.
pub fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{run, variable};

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
        source `host101`: 1 line skipped as unreadable, 1 file left out: no record in it, 1 closed index not searched, Windows events logged by a clock that is not UTC, 1 record with a value that was mended
        | VARIABLE | TYPE    | ENTITIES | RECORDS | UNIDENTIFIED |    TIME |
        |----------|---------|----------|---------|--------------|---------|
        | tasks#1  | process |        2 |       4 |            1 | 0.012 s |
        | tasks    | process |        7 |      14 |            1 | 0.012 s |
        | nt       | process |   failed |  failed |            1 | 0.012 s |
        ");
    }
}
