//! Analytics that APPLY calls: look-up tables, external commands that read and write JSON, one object a line, and those of Kestrel:
//! containers, and functions of Python.

mod arguments;
mod container;
mod contract;
mod conversation;
mod display;
mod exchange;
mod lookup;
mod offline;
mod python;
mod updated;

pub(crate) use contract::value;
pub use contract::{AnalyticAnswer, AnalyticCall, AnalyticDisplay, AnalyticRows, Deviations, DisplayKind, InputFacts};
pub use offline::{read_offline, read_table_offline};

use crate::config::analytic::Action;
use crate::config::trust;
use crate::metered_file::Meter;
use crate::process_group;
use crate::source::SourceError;
use contract::{failed, program};
use conversation::{AnswerFields, AnswerLine, Finished, Talk, converse};
use foldhash::HashSet;
use huntc_compiler::diag::codes;
use huntc_compiler::value::Value;
use lookup::{LookedUp, look_up};
use serde_json::{Map, Value as Json};
use std::path::Path;
use std::process::{Command, Stdio};

/// Asks an analytic about the rows of some tables.
pub fn apply(call: &AnalyticCall<'_>, tables: &[AnalyticRows]) -> Result<AnalyticAnswer, SourceError> {
    let answer = match &call.binding.action {
        Action::Lookup { table: path, key } => {
            let tables = tables.iter().map(|table| lookup(call, path, key, table)).collect::<Result<_, _>>();
            tables.map(|tables| AnalyticAnswer { tables, ..AnalyticAnswer::default() })
        }
        Action::Exec(command) => exec(call, command, tables),
        Action::Container(image) => container::run(call, image, tables),
        Action::Python(function) => python::run(call, function, tables),
        Action::Untrusted { file, .. } => {
            let error = SourceError::new(
                &codes::run::ANALYTIC_NOT_CONFIGURED,
                format!("the configuration that binds {:?} is not trusted", call.binding.uri),
            );
            Err(error.note(format!("bound in {}", file.display())).help(trust::way_out(file)))
        }
    };
    answer.map_err(|e| if e.helps.is_empty() { e.help("`huntc explain K1002` says what an analytic must answer") } else { e })
}

/// Bytes that a cell takes, roughly.
const CELL: usize = 2 * size_of::<Option<Value>>();

/// Looks each row up in a CSV or JSON table: the row whose key column equals the attribute `key`.
fn lookup(call: &AnalyticCall<'_>, path: &Path, key: &str, table: &AnalyticRows) -> Result<AnalyticRows, SourceError> {
    let Some(own) = table.names.iter().position(|n| n == key) else {
        return Err(failed(call, format_args!("the rows have no attribute {key:?}"))
            .help("correct `key` in huntc.toml: an attribute that the variable has"));
    };
    let value = |row: &Vec<Option<Value>>| row.get(own).cloned().flatten().map(|v| v.to_string());
    let wanted: HashSet<String> = table.rows.iter().filter_map(value).collect();
    let meter = Meter::new(call.allowance, "a look-up table");
    let LookedUp { header, key: at, hits } = look_up(path, key, &wanted, &meter).map_err(|e| match meter.spent() {
        Some(spent) => spent.into(),
        None => failed(call, format_args!("its table {} cannot be read", path.display()))
            .note(e.to_string())
            .help("correct `lookup` in huntc.toml; its path starts at the folder of that file"),
    })?;
    meter.grow(CELL.saturating_mul(header.len()).saturating_mul(table.rows.len()))?;
    let names: Vec<String> = header.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, n)| n.clone()).collect();
    let find = |row: &Vec<Option<Value>>| {
        let hit = value(row).and_then(|v| hits.get(&v));
        let cell = |i: usize| hit.and_then(|r| r.get(i)).filter(|t| !t.is_empty()).map(|t| Value::text(t.as_str()));
        (0..header.len()).filter(|i| *i != at).map(cell).collect()
    };
    Ok(AnalyticRows { rows: table.rows.iter().map(find).collect(), names })
}

/// Runs a command. Its standard input gets one JSON object a line for each row: `table`, `row`, and the attributes
/// under `data`. It must answer one object a line on its standard output for each row, either in the same order, or
/// with `row` (and `table`) naming the row.
fn exec(call: &AnalyticCall<'_>, command: &[String], tables: &[AnalyticRows]) -> Result<AnalyticAnswer, SourceError> {
    let Some((program, arguments)) = command.split_first() else { return Err(failed(call, "its command is empty")) };
    let folder = std::path::absolute(&call.binding.folder).unwrap_or_else(|_| call.binding.folder.clone());
    let child = process_group::lead(&mut Command::new(self::program(program, &folder)))
        .args(arguments)
        .current_dir(&folder)
        .env_clear()
        .envs(call.binding.environment.variables())
        .envs(arguments::of_command(call)?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| {
            failed(call, "the command cannot be started")
                .note(format!("{program}: {e}"))
                .note(format!("it starts in {}, the folder of the configuration", folder.display()))
                .help("correct `exec` in huntc.toml; `huntc analytics` shows what is bound")
        })?;
    let rows = tables.iter().map(|table| table.rows.len()).sum();
    let talk = Talk {
        allowance: call.allowance,
        timeout: call.binding.timeout,
        most: rows,
        failed: &|what: &dyn std::fmt::Display| failed(call, what),
    };
    let Finished { answers, status, complaint } = converse(&talk, child, lines(tables))?;
    if let Some(status) = status.filter(|status| !status.success()) {
        return Err(failed(call, format_args!("the command ended with {status}"))
            .note(complaint.trim_end())
            .help("`huntc analytics` shows the command; what it wrote to standard error is above"));
    }
    columns(call, &answers, tables)
}

fn lines(tables: &[AnalyticRows]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        for (at, row) in table.rows.iter().enumerate() {
            let data: Map<String, Json> =
                table.names.iter().zip(row).map(|(n, v)| (n.clone(), serde_json::to_value(v).unwrap_or_default())).collect();
            let line = serde_json::json!({ "table": number, "row": at, "data": data });
            out.extend_from_slice(line.to_string().as_bytes());
            out.push(b'\n');
        }
    }
    out
}

/// The answers as columns; every row must be answered. An answer without `row` is for the row that was sent in its
/// place. One with `row` but without `table` is for the first table.
fn columns(call: &AnalyticCall<'_>, answers: &[AnswerLine], tables: &[AnalyticRows]) -> Result<AnalyticAnswer, SourceError> {
    let sent: Vec<(usize, usize)> = (0..).zip(tables).flat_map(|(n, t)| (0..t.rows.len()).map(move |row| (n, row))).collect();
    let mut by_row: Vec<Vec<Option<&AnswerLine>>> = tables.iter().map(|t| vec![None; t.rows.len()]).collect();
    // A value that is no number names no row.
    let number = |answer: &AnswerLine, key: &str| {
        Some(answer.fields.get(key)?.as_u64().map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX)))
    };
    let named =
        |table: usize, row: usize| if tables.len() > 1 { format!("row {row} of table {table}") } else { format!("row {row}") };
    for (at, answer) in answers.iter().enumerate() {
        let (table, row) = match (number(answer, "row"), sent.get(at)) {
            (Some(row), _) => (number(answer, "table").unwrap_or(0), row),
            (None, Some(place)) => *place,
            (None, None) => (0, at),
        };
        let Some(slot @ None) = by_row.get_mut(table).and_then(|rows| rows.get_mut(row)) else {
            let row = named(table, row);
            return Err(failed(call, format_args!("it answered {row}, which was not asked or is answered twice")));
        };
        *slot = Some(answer);
    }
    if let Some((table, row)) = sent.iter().find(|(table, row)| by_row[*table][*row].is_none()) {
        let (row, rows) = (named(*table, *row), tables[*table].rows.len());
        return Err(failed(call, format_args!("{row} of {rows} was not answered")));
    }
    let tables = by_row.into_iter().map(|answers| answered(call, answers.into_iter().flatten())).collect::<Result<_, _>>()?;
    let mended = answers.iter().filter_map(|answer| Some((answer.number as u64, answer.flaw?))).collect();
    Ok(AnalyticAnswer { tables, mended, ..AnalyticAnswer::default() })
}

/// The columns of one table: those that are declared, then the others that answers have.
fn answered<'a>(call: &AnalyticCall<'_>, answers: impl Iterator<Item = &'a AnswerLine>) -> Result<AnalyticRows, SourceError> {
    let data = |answer: &AnswerLine| match answer.fields.get("data") {
        Some(Json::Object(data)) => data.clone(),
        _ => answer.fields.iter().filter(|(k, _)| *k != "row" && *k != "table").map(|(k, v)| (k.clone(), v.clone())).collect(),
    };
    let data: Vec<AnswerFields> = answers.map(data).collect();
    let mut names: Vec<String> = call.binding.outputs.clone().unwrap_or_default();
    let mut known: HashSet<String> = names.iter().cloned().collect();
    for name in data.iter().flat_map(Map::keys) {
        if known.insert(name.clone()) {
            names.push(name.clone());
        }
    }
    // Rows that each have names of their own make a table of many cells, nearly all of them empty.
    call.allowance.take((data.len() * names.len() * size_of::<Option<Value>>()) as u64, "the columns of an analytic's answer")?;
    let rows = data.iter().map(|d| names.iter().map(|n| d.get(n).and_then(value)).collect()).collect();
    Ok(AnalyticRows { names, rows })
}

#[cfg(test)]
mod tests;
