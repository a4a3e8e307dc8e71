//! `report.json`, version 1 (semantics.md §7), `requests.ndjson`, and one JSON file for each display.
//!
//! Keys are in the order of the fields of the structs here, so that the same run gives the same bytes.

use super::model::{Attachment, Display, HuntReport, RequestReport, RunReport, SourceReport, VariableReport};
use super::names::{attachment_name, display_stem};
use super::sanitize::{self, SafeJson};
use huntc_compiler::diag::render_json;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Window;
use huntc_compiler::value::Value;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::io::Write;
use std::time::Duration;

/// Version of the format. New keys keep it; a change of meaning raises it.
pub const SCHEMA: u32 = 1;

/// Writes `report.json`. `files` says whether a report folder has files for each display; then their names are in it.
pub fn write(run: &RunReport, files: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let hunts = run.hunts.iter().enumerate().map(|(i, h)| hunt(run, i, h, files)).collect();
    let document = Document { schema: SCHEMA, huntc: env!("CARGO_PKG_VERSION"), now: run.now.to_string(), hunts };
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Layout::default());
    document.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Writes `requests.ndjson`: each request on a line, with the name of its huntflow.
pub fn write_requests(run: &RunReport, out: &mut dyn Write) -> std::io::Result<()> {
    for hunt in &run.hunts {
        for request in &hunt.requests {
            let line = RequestLine { file: &hunt.file, request: request_json(request) };
            out.write_all(&sanitize::json_line(&line)?)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// Writes a display as an array of objects, each row on a line.
pub fn write_display(display: &Display, out: &mut dyn Write) -> std::io::Result<()> {
    out.write_all(b"[")?;
    for (i, row) in display.rows.iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        out.write_all(&sanitize::json_line(&RowObject { columns: &display.columns, row })?)?;
    }
    out.write_all(if display.rows.is_empty() { b"]\n" } else { b"\n]\n" })
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Document<'a> {
    /// Version of the format. New keys keep it; a change of meaning raises it.
    schema: u32,
    /// Version of the program.
    huntc: &'static str,
    /// The instant that all statements took as "now".
    now: String,
    hunts: Vec<Hunt<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Hunt<'a> {
    /// The path as the user gave it.
    file: &'a str,
    #[cfg_attr(test, schemars(extend("enum" = ["ok", "failed", "error", "partial", "interrupted"])))]
    status: &'static str,
    /// Whether no figure lacks records.
    complete: bool,
    elapsed_ms: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Parameter<'a>>,
    variables: Vec<Variable<'a>>,
    displays: Vec<Table<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attached<'a>>,
    sources: Vec<Source<'a>>,
    requests: Vec<Request<'a>>,
    #[cfg_attr(test, schemars(with = "Vec<tests::DiagnosticSchema>"))]
    diagnostics: Vec<serde_json::Value>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Parameter<'a> {
    name: &'a str,
    #[cfg_attr(test, schemars(with = "tests::AnyValue"))]
    value: &'a Value,
    /// Who gave it: `default`, `huntc.toml` or a flag.
    from: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Variable<'a> {
    name: &'a str,
    /// Counts the bindings of the name, from 1.
    version: u32,
    #[serde(rename = "type")]
    entity: &'a str,
    /// Whether its rows are groups.
    grouped: bool,
    /// Figures are null where the statement failed or was skipped.
    entities: Option<u64>,
    records: Option<u64>,
    /// Process slots without an identity that satisfy the pattern.
    unidentified: Option<u64>,
    /// Sightings that are there because a comparison could not be decided.
    undecided: Option<u64>,
    /// How many processes each way to tell them apart identified.
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, u64>"))]
    rungs: Rungs<'a>,
    /// From and to; null: all times.
    window: Option<[String; 2]>,
    sources: &'a [String],
    complete: bool,
    /// From the start of the run.
    elapsed_ms: u64,
    /// With `--keys`: the key of each entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<Vec<tests::RowSchema>>"))]
    keys: Option<&'a [Vec<Option<Value>>]>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Source<'a> {
    name: &'a str,
    records: Option<u64>,
    skipped: u64,
    skipped_lines: &'a [String],
    mended: u64,
    mended_lines: &'a [String],
    left_out: Vec<LeftOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    clocks: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    indices: &'a [String],
    /// The indices that patterns stand for and that requests did not go to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passed_over: Vec<PassedOver<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PassedOver<'a> {
    index: &'a str,
    #[cfg_attr(test, schemars(extend("enum" = ["closed", "frozen"])))]
    why: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LeftOut<'a> {
    file: &'a str,
    looks_like: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Table<'a> {
    /// Number of the statement in its huntflow, from 1.
    statement: u32,
    #[cfg_attr(test, schemars(extend("enum" = ["DISP", "INFO", "DESCRIBE", "EXPLAIN"])))]
    command: &'static str,
    variable: &'a str,
    /// The file beside the report that has its rows too.
    #[serde(skip_serializing_if = "Option::is_none")]
    csv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<String>,
    /// Rows before OFFSET and LIMIT.
    total: u64,
    complete: bool,
    /// Why there is no table.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a str>,
    columns: &'a [String],
    #[cfg_attr(test, schemars(with = "Vec<tests::RowSchema>"))]
    rows: &'a [Vec<Option<Value>>],
}

/// What an analytic shows, or printed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Attached<'a> {
    /// Number of the statement in its huntflow, from 1.
    statement: u32,
    analytic: &'a str,
    /// The name that the analytic gave it.
    name: &'a str,
    #[cfg_attr(test, schemars(extend("enum" = ["text/html", "image/svg+xml", "image/png", "image/jpeg", "text/plain"])))]
    media: &'static str,
    bytes: u64,
    /// The file beside the report that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Request<'a> {
    id: &'a str,
    source: &'a str,
    purpose: &'a str,
    window: Option<[String; 2]>,
    query: &'a serde_json::Value,
    fields: &'a [String],
    /// Whether the query matches only records that are meant; others are tested again.
    exact: bool,
    #[cfg_attr(test, schemars(extend("enum" = ["ok", "failed", "skipped"])))]
    status: &'static str,
    records: u64,
    /// Into how many tuples the source counted its records.
    #[serde(skip_serializing_if = "Option::is_none")]
    tuples: Option<u64>,
    /// Why the source did not count its records, so that they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    uncounted: Option<&'a str>,
    pages: u64,
    retries: u64,
    elapsed_ms: u64,
    complete: bool,
}

#[derive(Serialize)]
struct RequestLine<'a> {
    file: &'a str,
    #[serde(flatten)]
    request: Request<'a>,
}

fn hunt<'a>(run: &'a RunReport, index: usize, hunt: &'a HuntReport, files: bool) -> Hunt<'a> {
    let table = |(i, display): (usize, &'a Display)| {
        let stem = if files && display.missing.is_none() { display_stem(run, index, i) } else { None };
        table_json(display, stem.as_deref())
    };
    let attached = |(i, attachment): (usize, &'a Attachment)| Attached {
        statement: attachment.statement,
        analytic: &attachment.analytic,
        name: &attachment.name,
        media: attachment.kind.media(),
        bytes: attachment.bytes.len() as u64,
        file: if files { attachment_name(run, index, i) } else { None },
    };
    Hunt {
        file: &hunt.file,
        status: hunt.status.word(),
        complete: hunt.complete,
        elapsed_ms: millis(hunt.elapsed),
        parameters: hunt.parameters.iter().map(|p| Parameter { name: &p.name, value: &p.value, from: p.from }).collect(),
        variables: hunt.variables.iter().map(variable).collect(),
        displays: hunt.displays.iter().enumerate().map(table).collect(),
        attachments: hunt.attachments.iter().enumerate().map(attached).collect(),
        sources: hunt.sources.iter().map(source_json).collect(),
        requests: hunt.requests.iter().map(request_json).collect(),
        diagnostics: diagnostics_json(hunt, &run.sources),
    }
}

fn diagnostics_json(hunt: &HuntReport, sources: &SourceSet) -> Vec<serde_json::Value> {
    hunt.diagnostics.iter().map(|d| render_json::value(d, sources)).collect()
}

fn source_json(source: &SourceReport) -> Source<'_> {
    Source {
        name: &source.name,
        records: source.records,
        skipped: source.skipped,
        skipped_lines: &source.skipped_lines,
        mended: source.mended,
        mended_lines: &source.mended_lines,
        left_out: source.left_out.iter().map(|(file, looks_like)| LeftOut { file, looks_like }).collect(),
        part: source.part.as_deref(),
        clocks: &source.clocks,
        indices: &source.indices,
        passed_over: source.passed_over.iter().map(|(index, why)| PassedOver { index, why }).collect(),
    }
}

fn variable(variable: &VariableReport) -> Variable<'_> {
    Variable {
        name: &variable.name,
        version: variable.version,
        entity: &variable.entity,
        grouped: variable.grouped,
        entities: variable.entities,
        records: variable.records,
        unidentified: variable.unidentified,
        undecided: variable.undecided,
        rungs: Rungs(&variable.rungs),
        window: window(variable.window),
        sources: &variable.sources,
        complete: variable.complete,
        elapsed_ms: millis(variable.elapsed),
        keys: variable.keys.as_deref(),
    }
}

fn table_json<'a>(display: &'a Display, stem: Option<&str>) -> Table<'a> {
    Table {
        statement: display.statement,
        command: display.command,
        variable: &display.variable,
        csv: stem.map(|s| format!("{s}.csv")),
        json: stem.map(|s| format!("{s}.json")),
        total: display.total,
        complete: display.complete,
        missing: display.missing.as_deref(),
        columns: &display.columns,
        rows: &display.rows,
    }
}

fn request_json(request: &RequestReport) -> Request<'_> {
    Request {
        id: &request.id,
        source: &request.source,
        purpose: &request.purpose,
        window: window(request.window),
        query: &request.query,
        fields: &request.fields,
        exact: request.exact,
        status: request.status.word(),
        records: request.records,
        tuples: request.tuples,
        uncounted: request.uncounted.as_deref(),
        pages: request.pages,
        retries: request.retries,
        elapsed_ms: millis(request.elapsed),
        complete: request.complete,
    }
}

fn window(window: Window) -> Option<[String; 2]> {
    window.map(|range| [range.start.to_string(), range.stop.to_string()])
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Writes the counts as an object: `{"entity_id":34}`.
struct Rungs<'a>(&'a [(String, u64)]);

impl Serialize for Rungs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(rung, count)| (rung, count)))
    }
}

/// Writes a row as an object: headers are the keys, in the order of the columns, and a missing cell is null.
struct RowObject<'a> {
    columns: &'a [String],
    row: &'a [Option<Value>],
}

impl Serialize for RowObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for (i, column) in self.columns.iter().enumerate() {
            map.serialize_entry(column, &self.row.get(i).and_then(Option::as_ref))?;
        }
        map.end()
    }
}

/// Puts everything down to the rows of tables on lines of its own, so that reports can be read and compared. What is
/// nested deeper stays on one line.
#[derive(Default)]
struct Layout {
    depth: usize,
    empty: bool,
}

/// The levels on lines of their own: document, hunts, hunt, displays, display, rows.
const BROKEN: usize = 6;

impl Layout {
    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> std::io::Result<()> {
        self.depth += 1;
        self.empty = true;
        writer.write_all(bracket)
    }

    fn item<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        self.empty = false;
        if !first {
            writer.write_all(b",")?;
        }
        self.line(writer)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> std::io::Result<()> {
        let broken = self.depth <= BROKEN && !self.empty;
        self.depth -= 1;
        self.empty = false;
        if broken {
            newline(writer, self.depth)?;
        }
        writer.write_all(bracket)
    }

    fn line<W: ?Sized + Write>(&self, writer: &mut W) -> std::io::Result<()> {
        if self.depth <= BROKEN { newline(writer, self.depth) } else { Ok(()) }
    }
}

fn newline<W: ?Sized + Write>(writer: &mut W, depth: usize) -> std::io::Result<()> {
    writer.write_all(b"\n")?;
    (0..depth).try_for_each(|_| writer.write_all(b" "))
}

impl serde_json::ser::Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        self.item(writer, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        self.item(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> std::io::Result<()> {
        SafeJson.write_string_fragment(writer, fragment)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
