//! What a hunt shows, as outputs of the cells of its huntbook (nbformat 4).
//!
//! No output has a time of the run in it, so that the same results leave the same notebook.

use super::hunt_text::{CodePart, HuntText, TextPart};
use super::model::{Display, HuntReport, Status, VariableReport};
use super::pictures::{plan_of_dry_run, timeline_as_file};
use super::rows::{self, Screen};
use super::sanitize::{html, unlike_marks};
use super::text::{count, headline_word};
use huntc_compiler::diag::codes::hints::is_hint;
use huntc_compiler::diag::codes::syntax::CELL_LEFT_OUT;
use huntc_compiler::diag::{Diagnostic, Severity, render_text};
use huntc_compiler::plan::graph::GraphNode;
use huntc_compiler::source::SourceSet;
use huntc_compiler::value::Value;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The cells of a huntbook, by number among all cells, from 1.
struct HuntbookCells {
    /// By the number of the statement.
    statements: BTreeMap<u32, usize>,
    /// The first and the last one of the huntflow.
    ends: (usize, usize),
}

impl HuntbookCells {
    fn of(text: Option<&HuntText>) -> Self {
        let mut cells = Self { statements: BTreeMap::new(), ends: (usize::MAX, 1) };
        for part in text.map(|text| text.parts.as_slice()).unwrap_or_default() {
            let TextPart::Code(CodePart { statement, cell: Some(cell), .. }) = part else { continue };
            cells.ends = (cells.ends.0.min(*cell), cells.ends.1.max(*cell));
            cells.statements.extend(statement.map(|statement| (statement, *cell)));
        }
        Self { ends: (cells.ends.0.min(cells.ends.1), cells.ends.1), ..cells }
    }

    fn of_statement(&self, statement: u32) -> usize {
        self.statements.get(&statement).copied().unwrap_or(self.ends.1)
    }
}

/// The beginning of the name of each of our errors: these have no metadata.
const ERROR: &str = "huntc ";
/// The key in the metadata of our outputs.
const MARK: &str = "huntc";

/// Whether huntc wrote an output.
pub fn is_own(output: &Json) -> bool {
    let error = output["output_type"] == "error" && output["ename"].as_str().is_some_and(|name| name.starts_with(ERROR));
    error || output["metadata"].get(MARK).is_some()
}

/// The outputs of each cell: what is wrong with it, what its statements show, and its variables. A table has `most` rows.
pub fn cell_outputs(hunt: &HuntReport, sources: &SourceSet, most: usize) -> BTreeMap<usize, Vec<Json>> {
    let cells = HuntbookCells::of(hunt.text.as_ref());
    let mut outputs: BTreeMap<usize, Vec<Json>> = BTreeMap::new();
    for diagnostic in hunt.diagnostics.iter().filter(|d| d.severity > Severity::Advice || is_hint(d.code)) {
        let cell = cell_of(diagnostic, sources).unwrap_or(cells.ends.0);
        outputs.entry(cell).or_default().push(told(diagnostic, sources));
    }
    for display in &hunt.displays {
        outputs.entry(cells.of_statement(display.statement)).or_default().push(shown(display, most));
    }
    let mut variables: BTreeMap<usize, Vec<&VariableReport>> = BTreeMap::new();
    for variable in &hunt.variables {
        variables.entry(cells.of_statement(variable.statement)).or_default().push(variable);
    }
    for (cell, variables) in variables {
        outputs.entry(cell).or_default().push(figures(&variables));
    }
    if hunt.status != Status::Ok || !hunt.complete {
        outputs.entry(cells.ends.1).or_default().push(output(&headline_word(hunt), None));
    }
    // A hunt that was not run has no plan.
    outputs.entry(cells.ends.1).or_default().extend(drawn(hunt));
    outputs
}

/// The timeline of what was seen, and the plan without the times of this run.
fn drawn(hunt: &HuntReport) -> Vec<Json> {
    let picture = |image: &str, text: &str| {
        let mut drawn = output(text, None);
        drawn["data"]["image/svg+xml"] = lines(image);
        drawn
    };
    let mut drawn: Vec<Json> = timeline_as_file(&hunt.sightings).map(|(image, text)| picture(&image, &text)).into_iter().collect();
    let nodes: Vec<GraphNode> = hunt.nodes.iter().map(|node| node.node.clone()).collect();
    if !nodes.is_empty() {
        drawn.push(picture(&plan_of_dry_run(&nodes), &format!("plan: {}", count(nodes.len() as u64, "node"))));
    }
    drawn
}

/// The cell that a diagnostic is about; `None` where it is about none, as of the configuration.
fn cell_of(diagnostic: &Diagnostic, sources: &SourceSet) -> Option<usize> {
    let span = diagnostic.primary.span;
    if diagnostic.code == &CELL_LEFT_OUT {
        let left_out = sources.get(span.source).left_out.iter().find(|cell| cell.start == span.start);
        return left_out.map(|cell| cell.number);
    }
    sources.position(span.source, span.start).cell
}

/// An output as Jupyter shows it, with a form that needs no browser.
fn output(text: &str, page: Option<&str>) -> Json {
    let mut data = serde_json::Map::new();
    if let Some(page) = page {
        data.insert("text/html".to_owned(), lines(page));
    }
    data.insert("text/plain".to_owned(), lines(text));
    json!({ "data": data, "metadata": { MARK: { "version": env!("CARGO_PKG_VERSION") } }, "output_type": "display_data" })
}

/// A text as notebooks hold it: a list of lines with their ends.
fn lines(text: &str) -> Json {
    text.trim_end_matches('\n').split_inclusive('\n').collect()
}

fn told(diagnostic: &Diagnostic, sources: &SourceSet) -> Json {
    let text = render_text::render(std::slice::from_ref(diagnostic), sources, false);
    if diagnostic.severity < Severity::Error {
        return output(&text, None);
    }
    let name = format!("{ERROR}{} {}", diagnostic.code.id, diagnostic.code.slug);
    let traceback: Vec<&str> = text.lines().collect();
    json!({ "ename": name, "evalue": diagnostic.message, "output_type": "error", "traceback": traceback })
}

fn shown(display: &Display, most: usize) -> Json {
    let text = rows::display(display, Screen { columns: Some(100), rows: most, ascii: false });
    output(&text, Some(&table(display, most)))
}

/// Jupyter aligns cells to the right; texts are read from the left.
const CELL: &str = " style=\"text-align:left;white-space:pre-wrap\"";
const LINES: &str = " style=\"text-align:left;white-space:pre;font-family:monospace\"";

/// A table for the browser. Columns without a value are left out, and named below it.
fn table(display: &Display, most: usize) -> String {
    let mut out = format!("<p>{} <b>{}</b></p>\n", display.command, html(&display.variable));
    if let Some(reason) = &display.missing {
        let _ = writeln!(out, "<p>no table: {}</p>", html(reason));
        return out;
    }
    let has_value = |column: &usize| display.rows.iter().any(|row| row.get(*column).is_some_and(Option::is_some));
    let (kept, empty): (Vec<usize>, Vec<usize>) = (0..display.columns.len()).partition(has_value);
    let header = |column: &usize| display.columns.get(*column).map_or_else(String::new, |header| html(header).into_owned());
    let numbers: Vec<usize> = kept.iter().copied().filter(|column| is_of_numbers(display, *column)).collect();
    let tree = !display.tree.is_empty();
    let lines = display.lines();
    if !kept.is_empty() {
        out.push_str("<table>\n<thead><tr>");
        if tree {
            out.push_str("<th>tree</th>");
        }
        for column in &kept {
            let _ = write!(out, "<th{CELL}>{}</th>", header(column));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for line in lines.iter().take(most) {
            out.push_str("<tr>");
            if tree {
                let _ = write!(out, "<td{LINES}>{}{}</td>", line.mark, line.times().trim_start());
            }
            for column in &kept {
                out.push_str(&cell(line.row.get(*column).and_then(Option::as_ref), numbers.contains(column)));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n");
    }
    let shown = if lines.len() > most { format!(", of which {most} are shown") } else { String::new() };
    let lacks = if display.complete { "" } else { " (incomplete: more may exist)" };
    let _ = writeln!(out, "<p>{}{shown}{lacks}</p>", count(display.total, "row"));
    if !empty.is_empty() && !lines.is_empty() {
        let _ = writeln!(out, "<p>no value in: {}</p>", empty.iter().map(header).collect::<Vec<_>>().join(", "));
    }
    out
}

fn is_of_numbers(display: &Display, column: usize) -> bool {
    let mut values = display.rows.iter().filter_map(|row| row.get(column)?.as_ref());
    values.all(|value| matches!(value, Value::Int(_) | Value::Float(_)))
}

fn cell(value: Option<&Value>, number: bool) -> String {
    match value {
        None => "<td></td>".to_owned(),
        Some(value) if number => format!("<td>{value}</td>"),
        Some(value) => format!("<td{CELL}>{}</td>", html(&unlike_marks(&value.to_string()))),
    }
}

/// The variables that a cell binds.
fn figures(variables: &[&VariableReport]) -> Json {
    let (mut text, mut page) = (String::new(), String::from("<table>\n<thead><tr>"));
    for header in ["variable", "type", "entities", "records"] {
        let _ = write!(page, "<th>{header}</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for variable in variables {
        let mark = if variable.complete { "" } else { "+" };
        let figure = |n: Option<u64>| n.map_or_else(|| "failed".to_owned(), |n| format!("{n}{mark}"));
        let kind = if variable.grouped { format!("{} groups", variable.entity) } else { variable.entity.clone() };
        let (entities, records) = (figure(variable.entities), figure(variable.records));
        let _ = writeln!(text, "{}: {kind}, entities {entities}, records {records}", super::sanitize::terminal(&variable.name));
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{entities}</td><td>{records}</td></tr>",
            html(&variable.name),
            html(&kind)
        );
    }
    page.push_str("</tbody>\n</table>\n");
    output(&text, Some(&page))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
