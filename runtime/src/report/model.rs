//! The results of a run, as every report format shows them (semantics.md §7).

use super::evidence::RowEvidence;
use super::hunt_text::HuntText;
use super::sightings::SightingsReport;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::plan::graph::GraphNode;
use huntc_compiler::request::PastedSearch;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::{Instant, Window};
use huntc_compiler::value::Value;
use std::time::Duration;

/// The results of a run.
#[derive(Debug)]
pub struct RunReport {
    /// The instant that all statements took as "now".
    pub now: Instant,
    /// One report for each huntflow, in the order of the command line.
    pub hunts: Vec<HuntReport>,
    /// The texts that the spans of diagnostics point into.
    pub sources: SourceSet,
    /// Duration of the whole run.
    pub elapsed: Duration,
}

/// The results of one huntflow.
#[derive(Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct HuntReport {
    /// The path as the user gave it.
    pub file: String,
    /// What it asks, as its author wrote it; `None` where the text cannot be read.
    pub text: Option<HuntText>,
    pub status: Status,
    /// Whether no figure lacks records.
    pub complete: bool,
    /// The parameters that it was run with, in the order of their declarations.
    pub parameters: Vec<ParameterReport>,
    /// One report for each binding of a variable, in the order of the statements.
    pub variables: Vec<VariableReport>,
    /// The displays of DISP, INFO, DESCRIBE and EXPLAIN, in the order of the statements.
    pub displays: Vec<Display>,
    /// What analytics show, in the order of the statements.
    pub attachments: Vec<Attachment>,
    /// The plan, node by node. The inputs of each come before it.
    pub nodes: Vec<NodeReport>,
    /// When and where the entities of the variables were seen.
    pub sightings: SightingsReport,
    /// The requests to sources, in the order of the plan's nodes.
    pub requests: Vec<RequestReport>,
    /// The sources that the huntflow names, sorted by name.
    pub sources: Vec<SourceReport>,
    /// The diagnostics of the compiler and of the run, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Duration of the run of this huntflow.
    pub elapsed: Duration,
}

impl HuntReport {
    /// The report of a hunt without any results.
    pub fn without_results(file: &str, status: Status, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            file: file.to_owned(),
            text: None,
            status,
            complete: false,
            parameters: Vec::new(),
            variables: Vec::new(),
            displays: Vec::new(),
            attachments: Vec::new(),
            nodes: Vec::new(),
            sightings: SightingsReport::default(),
            requests: Vec::new(),
            sources: Vec::new(),
            diagnostics,
            elapsed: Duration::ZERO,
        }
    }

    /// Whether the hunt found something: a DISP shows a row or, in a hunt without DISP, the last variable is not empty.
    pub fn has_findings(&self) -> bool {
        let mut tables = self.displays.iter().filter(|d| d.command == "DISP").peekable();
        if tables.peek().is_none() {
            return self.variables.last().is_some_and(|v| v.entities.unwrap_or(0) > 0);
        }
        tables.any(|d| d.missing.is_none() && !d.rows.is_empty())
    }
}

/// A parameter of a hunt.
#[derive(Clone, Debug)]
pub struct ParameterReport {
    /// The name as the hunt declares it.
    pub name: String,
    /// One value, or a list.
    pub value: Value,
    /// Who gave it: `default`, `huntc.toml`, `--set`.
    pub from: &'static str,
}

/// A source of a hunt, and what could not be read in it.
#[derive(Clone, Debug, Default)]
pub struct SourceReport {
    /// The name that it is bound to.
    pub name: String,
    /// The number of its records, if all of it was read.
    pub records: Option<u64>,
    /// The number of bad lines, in files that have records.
    pub skipped: u64,
    /// The first bad lines, each with its place and reason.
    pub skipped_lines: Vec<String>,
    /// The number of records of which a value was mended.
    pub mended: u64,
    /// The first of them, each with its place and what was done.
    pub mended_lines: Vec<String>,
    /// Files of a folder that have no record, each with what it looks like.
    pub left_out: Vec<(String, String)>,
    /// Why the files are only a part of an answer, if they say so.
    pub part: Option<String>,
    /// The first files whose Windows events were logged by another clock than UTC, each with what that means.
    pub clocks: Vec<String>,
    /// The indices of a cluster that requests went to.
    pub indices: Vec<String>,
    /// Those that its patterns stand for and that requests did not go to, each with why: `closed`, `frozen`.
    pub passed_over: Vec<(String, &'static str)>,
}

/// The status of a huntflow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Everything was computed.
    Ok,
    /// A statement failed while running; the results of the others are there.
    Failed,
    /// The huntflow has errors, so nothing was sent.
    Error,
    /// Records are missing because a partial answer was accepted.
    Partial,
    /// The run was interrupted by Ctrl-C.
    Interrupted,
}

impl Status {
    /// The name of the status in `report.json`.
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

/// One binding of a variable. Figures are `None` when its statement failed or was skipped.
#[derive(Debug)]
pub struct VariableReport {
    /// The name as the huntflow writes it.
    pub name: String,
    /// Number of the statement that binds it, from 1.
    pub statement: u32,
    /// Counts the bindings of the name, from 1.
    pub version: u32,
    /// The entity type; of a GROUP result, the type that was grouped.
    pub entity: String,
    /// Whether the rows are groups, which have no keys.
    pub grouped: bool,
    /// Number of entities; of a GROUP result, number of groups.
    pub entities: Option<u64>,
    /// Number of distinct records among the counted sightings.
    pub records: Option<u64>,
    /// Number of process slots without an identity that satisfy the pattern.
    pub unidentified: Option<u64>,
    /// Sightings, or rows, that are there because a comparison could not be decided.
    pub undecided: Option<u64>,
    /// How many processes each rung of the ladder identified: `[("entity_id", 34)]`.
    pub rungs: Vec<(String, u64)>,
    /// The window that was searched; `None`: all times.
    pub window: Window,
    /// URIs of the sources that it comes from.
    pub sources: Vec<String>,
    /// With `--keys`: the key of each entity, sorted.
    pub keys: Option<Vec<Vec<Option<Value>>>>,
    /// Whether the figures lack no records.
    pub complete: bool,
    /// Time from the start of the run until the variable was computed.
    pub elapsed: Duration,
}

/// A node of the plan, as it ran.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct NodeReport {
    /// What it does, and what it is called.
    pub node: GraphNode,
    pub status: NodeStatus,
    /// Entities, or groups, of its table; `None` where it has no table.
    pub entities: Option<u64>,
    /// For one that asks a source the records that came, for others those that a variable's figures count; `None` where
    /// nobody counted.
    pub records: Option<u64>,
    /// When it began, and when it was done, both counted from the beginning of the run.
    pub time: Option<(Duration, Duration)>,
}

/// What became of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeStatus {
    /// It has its table.
    Ok,
    /// It has a table that lacks records.
    Partial,
    /// It has none, by its own fault.
    Failed,
    /// It was not computed: nothing needs it, an input failed, or the run was interrupted.
    Skipped,
}

impl NodeStatus {
    /// The name of the status in pictures.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// A table or facts that a statement shows.
#[derive(Debug)]
pub struct Display {
    /// Number of the statement in its huntflow, from 1.
    pub statement: u32,
    /// `DISP`, `INFO`, `DESCRIBE` or `EXPLAIN`.
    pub command: &'static str,
    /// Name of the variable that is shown.
    pub variable: String,
    /// Headers of the columns. Facts have headers too: `fact` and `value`.
    pub columns: Vec<String>,
    /// The rows in their order; a `None` is null.
    pub rows: Vec<Vec<Option<Value>>>,
    /// Number of rows before OFFSET and LIMIT, without duplicates.
    pub total: u64,
    /// Why there is no table, for example because an input failed; `None` when there is one.
    pub missing: Option<String>,
    /// Whether no records are missing.
    pub complete: bool,
    /// The lines of a tree, for people; programs use `rows`. Empty when the table is no tree.
    pub tree: Vec<Branch>,
    /// For the first rows the records behind each; empty where nobody asked for them, or where rows stand for no records.
    pub evidence: Vec<RowEvidence>,
}

/// A page or a picture that an analytic made, or what it printed. All of it may be an attacker's.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Number of the statement in its huntflow, from 1.
    pub statement: u32,
    /// URI of the analytic.
    pub analytic: String,
    /// The name of its file, as the analytic gave it.
    pub name: String,
    /// What it is.
    pub kind: AttachmentKind,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What an attachment is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the other kinds are what they are called")]
pub enum AttachmentKind {
    Html,
    Svg,
    Png,
    Jpeg,
    /// What an analytic printed.
    Log,
}

impl AttachmentKind {
    /// The end of its file's name.
    pub fn ending(self) -> &'static str {
        match self {
            // A drawing can run a script as a page can, so it stands in one.
            Self::Html | Self::Svg => "html",
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Log => "log",
        }
    }

    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Self::Html => "text/html",
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Log => "text/plain",
        }
    }
}

/// A line of a tree.
#[derive(Debug)]
pub struct Branch {
    /// Place of its row in the display, from 0.
    pub row: usize,
    /// The tree lines in front of its first column.
    pub mark: String,
    /// How many entities that look the same share the line.
    pub count: u64,
    /// How many lines stand above it up to the one that the tree begins with.
    pub depth: usize,
    /// The other variables that hold one of its entities, by name.
    pub held_by: Vec<String>,
}

/// A row in the form that people read.
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct DisplayLine<'d> {
    pub row: &'d [Option<Value>],
    /// The tree lines in front of its first column; empty when the display is no tree.
    pub mark: &'d str,
    /// How many entities that look the same share the line.
    pub count: u64,
}

impl DisplayLine<'_> {
    /// The text after the first column of a shared line: ` ×3`. Empty for one entity.
    pub fn times(&self) -> String {
        if self.count > 1 { format!(" \u{d7}{}", self.count) } else { String::new() }
    }
}

impl Display {
    /// The rows in the form that people read. In a tree these are its lines, and a row may occur several times.
    pub fn lines(&self) -> Vec<DisplayLine<'_>> {
        if self.tree.is_empty() {
            return self.rows.iter().map(|row| DisplayLine { row, mark: "", count: 1 }).collect();
        }
        let lines = self.tree.iter();
        lines.filter_map(|b| Some(DisplayLine { row: self.rows.get(b.row)?, mark: &b.mark, count: b.count })).collect()
    }

    /// How many entities a tree has; `None` unless there are more than rows.
    pub fn entities_of_tree(&self) -> Option<u64> {
        Some(self.tree.iter().map(|b| b.count).sum()).filter(|n| *n > self.rows.len() as u64)
    }
}

/// The status of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestStatus {
    /// The source answered.
    Ok,
    /// The source did not answer.
    Failed,
    /// The request was not sent, because nothing could match.
    Skipped,
}

impl RequestStatus {
    /// The name of the status in `report.json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One request with its holes filled, sent or not.
#[derive(Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct RequestReport {
    /// Plan node and number of the chunk: `n3.0`.
    pub id: String,
    /// Number of the statement that first asked, from 1.
    pub statement: u32,
    /// URI of the source.
    pub source: String,
    /// What the plan needs it for, in words.
    pub purpose: String,
    pub window: Window,
    /// Where it can be pasted; `None` for a source that is no cluster.
    pub place: Option<RequestPlace>,
    /// The searches of clusters that it became; none where nobody wanted them, or where no cluster was asked.
    pub sent: Vec<PastedSearch>,
    /// The query as JSON, without the window.
    pub query: serde_json::Value,
    pub fields: Vec<String>,
    /// Whether the query matches only records that are meant.
    pub exact: bool,
    pub status: RequestStatus,
    pub records: u64,
    pub pages: u64,
    /// Into how many tuples the source counted its records; `None` where they were read.
    pub tuples: Option<u64>,
    /// Why the source did not count them though it was asked to, so that they were read.
    pub uncounted: Option<String>,
    /// Number of tries after the first.
    pub retries: u64,
    /// Time from sending the request until its last record.
    pub elapsed: Duration,
    /// Whether no records are missing.
    pub complete: bool,
}

/// Where a request can be pasted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestPlace {
    /// The address of the cluster, without credentials.
    pub url: String,
    /// The index expression.
    pub index: String,
    /// The address of Kibana, where one is configured.
    pub kibana: Option<String>,
}
