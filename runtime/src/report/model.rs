//! The outcome of a run, as every report format shows it (semantics.md §7).

use huntc_compiler::diag::Diagnostic;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::{Instant, Window};
use huntc_compiler::value::Value;
use std::time::Duration;

/// The outcome of a run: all its huntflows, in the order of the command line.
#[derive(Debug)]
pub struct RunReport {
    /// The one "now" of the run.
    pub now: Instant,
    /// One for each file.
    pub hunts: Vec<HuntReport>,
    /// What the spans of diagnostics point into.
    pub sources: SourceSet,
    /// Wall time of the whole run.
    pub elapsed: Duration,
}

/// The outcome of one huntflow.
#[derive(Debug)]
pub struct HuntReport {
    /// The path as given.
    pub file: String,
    /// How it went.
    pub status: Status,
    /// Whether every figure is whole.
    pub complete: bool,
    /// One for each binding, in order.
    pub variables: Vec<VariableReport>,
    /// DISP, INFO, DESCRIBE and EXPLAIN, in order.
    pub displays: Vec<Display>,
    /// What was asked of sources, in plan order.
    pub requests: Vec<RequestReport>,
    /// The sources that it names, by name.
    pub sources: Vec<SourceReport>,
    /// From the compiler and the run, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Wall time.
    pub elapsed: Duration,
}

impl HuntReport {
    /// A report of a hunt that has no figures.
    pub fn without_results(file: &str, status: Status, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            file: file.to_owned(),
            status,
            complete: false,
            variables: Vec::new(),
            displays: Vec::new(),
            requests: Vec::new(),
            sources: Vec::new(),
            diagnostics,
            elapsed: Duration::ZERO,
        }
    }

    /// Whether the hunt found something: a DISP that shows a row; in a hunt without DISP, a last variable that is
    /// not empty.
    pub fn has_findings(&self) -> bool {
        let mut tables = self.displays.iter().filter(|d| d.command == "DISP").peekable();
        if tables.peek().is_none() {
            return self.variables.last().is_some_and(|v| v.entities.unwrap_or(0) > 0);
        }
        tables.any(|d| d.missing.is_none() && !d.rows.is_empty())
    }
}

/// A source that a hunt names, and what of it could not be read.
#[derive(Clone, Debug, Default)]
pub struct SourceReport {
    /// As bound.
    pub name: String,
    /// How many records it holds, where it was read to its end.
    pub records: Option<u64>,
    /// Lines that are no records, in files that give some.
    pub skipped: u64,
    /// The first of them, with file and reason.
    pub skipped_lines: Vec<String>,
    /// Files of a folder that give no record, and what they look like.
    pub left_out: Vec<(String, String)>,
    /// Why it is a part of an answer only.
    pub part: Option<String>,
}

/// How a huntflow went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// All of it.
    Ok,
    /// A statement failed at run time; the rest is there.
    Failed,
    /// It did not compile; nothing was sent.
    Error,
    /// A part is missing, and the user allowed it.
    Partial,
    /// Ctrl-C.
    Interrupted,
}

impl Status {
    /// As in `report.json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
        }
    }
}

/// One binding of a variable. Figures are `None` where the statement failed or was skipped.
#[derive(Debug)]
pub struct VariableReport {
    /// As written.
    pub name: String,
    /// Counts bindings of the name from 1.
    pub version: u32,
    /// Entity type; of a GROUP result the grouped type.
    pub entity: String,
    /// Whether rows are groups: then there are no keys.
    pub grouped: bool,
    /// Distinct identities (groups of a GROUP result).
    pub entities: Option<u64>,
    /// Distinct records among the counted sightings.
    pub records: Option<u64>,
    /// Process slots that satisfied the pattern without an identity.
    pub unidentified: Option<u64>,
    /// Which rungs identified processes, with counts: `[("entity_id", 34)]`.
    pub rungs: Vec<(String, u64)>,
    /// The search window.
    pub window: Window,
    /// URIs of the sources.
    pub sources: Vec<String>,
    /// With `--keys`: one key for each entity, sorted.
    pub keys: Option<Vec<Vec<Option<Value>>>>,
    /// Whether the figures are whole.
    pub complete: bool,
    /// Time from the start of the run until it was ready.
    pub elapsed: Duration,
}

/// A table, or facts, that a statement shows.
#[derive(Debug)]
pub struct Display {
    /// Number of the statement in its file, from 1.
    pub statement: u32,
    /// The command: `DISP`, `INFO`, `DESCRIBE`, `EXPLAIN`.
    pub command: &'static str,
    /// Name of the variable that it shows.
    pub variable: String,
    /// Column headers; for facts `["", ""]`-like pairs have headers too (`fact`, `value`).
    pub columns: Vec<String>,
    /// Rows in order. `None` is null.
    pub rows: Vec<Vec<Option<Value>>>,
    /// Rows before OFFSET and LIMIT, duplicates removed.
    pub total: u64,
    /// `None`: shown; else why there is no table (a failed input).
    pub missing: Option<String>,
    /// Whether the rows are whole.
    pub complete: bool,
    /// Where the table is a tree: its lines, for people. Programs get `rows`. Empty otherwise.
    pub tree: Vec<Branch>,
}

/// A line of a tree.
#[derive(Debug)]
pub struct Branch {
    /// Number of the row, from 0.
    pub row: usize,
    /// The lines in front of its first column.
    pub mark: String,
    /// How many entities that look the same it stands for.
    pub count: u64,
}

/// A row as people read it.
pub struct DisplayLine<'d> {
    /// The row.
    pub row: &'d [Option<Value>],
    /// What stands in front of its first column in a tree.
    pub mark: &'d str,
    /// How many entities of a tree the line stands for.
    pub count: u64,
}

impl DisplayLine<'_> {
    /// What stands behind the first column in a tree: ` ×3`.
    pub fn times(&self) -> String {
        if self.count > 1 { format!(" \u{d7}{}", self.count) } else { String::new() }
    }
}

impl Display {
    /// The rows as people read them: of a tree its lines, in which a row may stand several times.
    pub fn lines(&self) -> Vec<DisplayLine<'_>> {
        if self.tree.is_empty() {
            return self.rows.iter().map(|row| DisplayLine { row, mark: "", count: 1 }).collect();
        }
        let lines = self.tree.iter();
        lines.filter_map(|b| Some(DisplayLine { row: self.rows.get(b.row)?, mark: &b.mark, count: b.count })).collect()
    }

    /// How many entities a tree has, where it has more than rows.
    pub fn entities_of_tree(&self) -> Option<u64> {
        Some(self.tree.iter().map(|b| b.count).sum()).filter(|n| *n > self.rows.len() as u64)
    }
}

/// How a request went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestStatus {
    /// It was answered.
    Ok,
    /// It was not.
    Failed,
    /// It was not sent: nothing could match.
    Skipped,
}

impl RequestStatus {
    /// As in `report.json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One request as it was sent (holes filled), or not sent.
#[derive(Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct RequestReport {
    /// Plan node, `n3`, and chunk: `n3.0`.
    pub id: String,
    /// URI of the source.
    pub source: String,
    /// What the plan asks it for, in words.
    pub purpose: String,
    pub window: Window,
    /// Query body as JSON, without the window.
    pub query: serde_json::Value,
    pub fields: Vec<String>,
    /// Whether every hit was wanted.
    pub exact: bool,
    pub status: RequestStatus,
    pub records: u64,
    pub pages: u64,
    /// Tries after the first.
    pub retries: u64,
    /// Wall time.
    pub elapsed: Duration,
    /// Whether all of it came.
    pub complete: bool,
}
