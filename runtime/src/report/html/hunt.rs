//! A hunt on the page: its verdict, its figures, what failed, and what it found.

use super::statement::{DiagnosticView, PartView, RequestView, VariableView};
use crate::report::hunt_text::TextPart;
use crate::report::model::{Attachment, Display, HuntReport, RequestStatus, RunReport, SourceReport, Status};
use crate::report::names::{attachment_name, display_stem};
use crate::report::page::markdown::markdown;
use crate::report::page::table::{PageRow, TableRows, TableView};
use crate::report::page::{Html, PictureView, counted, grouped, ticked};
use crate::report::pictures;
use crate::report::text::{parameters, seconds, unread};
use huntc_compiler::diag::Severity;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// The most rows of a table on the page; the CSV file has all.
pub(super) const ROWS: usize = 50_000;
/// The most files that are named of those that have no record.
const FILES: usize = 2_000;

/// A hunt as the template gets it.
#[derive(Serialize)]
pub(super) struct HuntView {
    id: String,
    title: String,
    file: String,
    severity: Option<&'static str>,
    attack: Vec<String>,
    verdict: Verdict,
    complete: bool,
    parameters: String,
    figures: Vec<Figure>,
    failures: Vec<DiagnosticView>,
    missing: Vec<MissingTable>,
    unread: Vec<Unread>,
    /// Tables with rows.
    findings: Vec<TableView>,
    /// What analytics show.
    attachments: Vec<AttachmentView>,
    /// Tables without rows.
    empty: Vec<EmptyTable>,
    /// What is said above them.
    nothing: &'static str,
    timeline: Option<PictureView>,
    processes: Option<PictureView>,
    matrix: Option<PictureView>,
    plan: Option<PictureView>,
    parts: Vec<PartView>,
    /// Diagnostics that are of no statement.
    told: Vec<DiagnosticView>,
    variables: Vec<VariableView>,
    sources: Vec<SourceView>,
    requests: Vec<RequestView>,
}

/// What came of the hunt, in a sentence.
#[derive(Serialize)]
struct Verdict {
    class: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Figure {
    label: &'static str,
    value: String,
}

/// A statement whose table is missing.
#[derive(Serialize)]
struct MissingTable {
    command: &'static str,
    variable: String,
    reason: Html,
}

/// What could not be read of a source.
#[derive(Serialize)]
struct Unread {
    what: String,
    lines: Vec<String>,
}

/// What an analytic shows, or printed.
#[derive(Serialize)]
struct AttachmentView {
    statement: u32,
    heading: String,
    file: String,
    frame: Option<String>,
    picture: Option<String>,
    printed: Option<String>,
}

impl AttachmentView {
    fn of(attachment: &Attachment, file: String) -> Self {
        Self {
            statement: attachment.statement,
            heading: format!("{}: {}", attachment.analytic, attachment.name),
            file,
            frame: attachment.frame(),
            picture: attachment.picture(),
            printed: attachment.printed(),
        }
    }
}

#[derive(Serialize)]
struct EmptyTable {
    variable: String,
    statement: u32,
    why: String,
}

#[derive(Serialize)]
struct SourceView {
    name: String,
    records: String,
    indices: String,
}

impl HuntView {
    /// The hunt at this place of a run.
    pub(super) fn of(run: &RunReport, at: usize) -> Option<Self> {
        let hunt = run.hunts.get(at)?;
        let id = format!("h{}", at + 1);
        let text = hunt.text.as_ref();
        let diagnostics: Vec<DiagnosticView> =
            hunt.diagnostics.iter().map(|d| DiagnosticView::of(d, &run.sources, text.map(|text| text.source))).collect();
        let (failures, told): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(|d| d.level == Severity::Error);
        let mut tables: Vec<(&Display, TableView)> = Vec::new();
        for (number, display) in hunt.displays.iter().enumerate().filter(|(_, d)| d.missing.is_none()) {
            tables.push((display, display_table(run, at, number, format!("{id}-t{}", number + 1))?));
        }
        let shows = |display: &Display| display.command == "DISP";
        let (disp, facts): (Vec<_>, Vec<_>) = tables.into_iter().partition(|(display, _)| shows(display));
        let (findings, empty): (Vec<_>, Vec<_>) = disp.into_iter().partition(|(display, _)| !display.rows.is_empty());
        let last: BTreeMap<&str, u32> = hunt.variables.iter().map(|v| (v.name.as_str(), v.version)).collect();
        let variables: Vec<VariableView> = hunt.variables.iter().map(|v| VariableView::of(v, &last)).collect();
        let requests: Vec<RequestView> = (1..).zip(&hunt.requests).map(|(n, r)| RequestView::of(r, &id, n)).collect();
        let mut by_statement: BTreeMap<u32, Vec<RequestView>> = BTreeMap::new();
        for request in &requests {
            by_statement.entry(request.statement).or_default().push(request.clone());
        }
        let mut parts = Vec::new();
        let mut told = told;
        let mut facts: Vec<(u32, TableView)> = facts.into_iter().map(|(display, table)| (display.statement, table)).collect();
        for part in text.map(|text| text.parts.as_slice()).unwrap_or_default() {
            parts.push(match part {
                TextPart::Prose(prose) => PartView::prose(markdown(prose)),
                TextPart::Code(code) => {
                    let mut view = PartView::code(code);
                    view.take_variables(&variables);
                    view.take_requests(&by_statement);
                    view.failed = failures.iter().any(|d| view.holds(d));
                    view.told = told.extract_if(.., |d| view.holds(d)).collect();
                    view.facts =
                        facts.extract_if(.., |(statement, _)| view.statement == Some(*statement)).map(|(_, t)| t).collect();
                    let here = |display: &&Display| view.statement == Some(display.statement);
                    view.missing = hunt.displays.iter().filter(here).filter_map(|d| d.missing.as_deref()).map(ticked).collect();
                    let own = findings.iter().filter(|(display, _)| view.statement == Some(display.statement));
                    view.tables = own.map(|(_, table)| (table.id.clone(), table.count.clone()).into()).collect();
                    view
                }
            });
        }
        let mut findings: Vec<TableView> = findings.into_iter().map(|(_, table)| table).collect();
        // Without a text there is no statement beside which facts could stand.
        findings.extend(facts.into_iter().map(|(_, table)| table));
        let empty = empty.into_iter().map(|(display, _)| empty_table(display)).collect();
        let attachments = hunt.attachments.iter().enumerate();
        let attachments = attachments.filter_map(|(n, a)| Some(AttachmentView::of(a, attachment_name(run, at, n)?))).collect();
        Some(Self {
            title: text.and_then(|text| text.title.clone()).unwrap_or_else(|| stem(&hunt.file)),
            file: hunt.file.clone(),
            severity: text.and_then(|text| text.severity),
            attack: text.map(|text| text.attack.clone()).unwrap_or_default(),
            verdict: verdict(hunt),
            complete: hunt.complete,
            parameters: parameters(hunt),
            figures: figures(hunt),
            missing: hunt.displays.iter().filter_map(missing).collect(),
            unread: hunt.sources.iter().filter_map(unread_of).collect(),
            nothing: if hunt.complete { "Nothing found" } else { "Nothing found in what could be read" },
            sources: hunt.sources.iter().map(source).collect(),
            timeline: pictures::timeline(&hunt.sightings).map(Into::into),
            processes: pictures::processes(&hunt.displays).map(Into::into),
            matrix: pictures::matrix(&hunt.sightings).map(Into::into),
            plan: pictures::plan(&hunt.nodes).map(Into::into),
            id,
            failures,
            findings,
            attachments,
            empty,
            parts,
            told,
            variables,
            requests,
        })
    }

    /// Its title.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// The style of its tables.
    pub(super) fn rules(&self) -> String {
        let facts = self.parts.iter().flat_map(|part| &part.facts);
        self.findings.iter().chain(facts).map(|table| table.rules.as_str()).collect()
    }
}

/// A display as a table.
fn display_table(run: &RunReport, hunt: usize, number: usize, id: String) -> Option<TableView> {
    let display = run.hunts.get(hunt)?.displays.get(number)?;
    let tree = !display.tree.is_empty();
    let lines = display.lines();
    let rows = lines.iter().take(ROWS).zip(0_usize..).map(|(line, at)| {
        // In a tree the lines are in another order than the rows.
        let row = display.tree.get(at).map_or(at, |branch| branch.row);
        PageRow {
            cells: line.row.iter().map(Option::as_ref).collect(),
            mark: line.mark,
            times: line.times(),
            evidence: display.evidence.get(row),
        }
    });
    let rows = TableRows { headers: display.columns.iter().map(String::as_str).collect(), rows: rows.collect(), tree };
    let mut table = TableView::of(id, &rows);
    table.heading.clone_from(&display.variable);
    table.variable.clone_from(&display.variable);
    table.aside = format!("{}, statement {}", display.command, display.statement);
    let shown = display.rows.len() as u64;
    table.count = if shown == display.total {
        counted(shown, "row")
    } else {
        format!("{} of {}", grouped(shown), counted(display.total, "row"))
    };
    if let Some(entities) = display.entities_of_tree() {
        let _ = write!(table.count, " of {entities} entities");
    }
    if !display.complete {
        table.count.push_str(", incomplete");
        "Incomplete: more may exist.".clone_into(&mut table.note);
    }
    let more = lines.len().saturating_sub(ROWS) as u64;
    if more > 0 {
        table.cut = counted(more, "row");
        table.note =
            format!("{}The first {} of {}.", with_blank(&table.note), grouped(ROWS as u64), counted(lines.len() as u64, "row"));
    }
    table.picture = pictures::tree(display).map(Into::into);
    table.csv = display_stem(run, hunt, number).map_or_else(String::new, |stem| format!("{stem}.csv"));
    Some(table)
}

fn with_blank(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text} ") }
}

/// What a reader wants to know first. Nothing is called nothing unless everything was seen.
fn verdict(hunt: &HuntReport) -> Verdict {
    let tables: Vec<&Display> = hunt.displays.iter().filter(|d| d.command == "DISP" && !d.rows.is_empty()).collect();
    let rows: u64 = tables.iter().map(|d| d.rows.len() as u64).sum();
    let found = match tables.as_slice() {
        [] if hunt.has_findings() => hunt
            .variables
            .last()
            .map_or_else(String::new, |v| format!("{} found: {}.", counted(v.entities.unwrap_or(0), v.entity.as_str()), v.name)),
        [] => String::new(),
        [one] => format!("{} found: {}.", counted(rows, "row"), one.variable),
        several => format!("{} found in {}.", counted(rows, "row"), counted(several.len() as u64, "table")),
    };
    let (class, text) = match (hunt.status, found.as_str()) {
        (Status::Error, _) => ("bad", "The hunt has errors: nothing was asked.".to_owned()),
        (Status::Failed, "") => ("bad", "The hunt failed. What it could look at shows nothing.".to_owned()),
        (Status::Failed, found) => ("bad", format!("The hunt failed in part. {found}")),
        (Status::Interrupted, "") => ("bad", "The hunt was interrupted before it found anything.".to_owned()),
        (Status::Interrupted, found) => ("bad", format!("The hunt was interrupted. {found}")),
        (Status::Ok | Status::Partial, "") if hunt.complete => ("good", "Nothing found.".to_owned()),
        (Status::Ok | Status::Partial, "") => ("warn", "Nothing found in what could be read.".to_owned()),
        (Status::Ok | Status::Partial, found) if hunt.complete => ("", found.to_owned()),
        (Status::Ok | Status::Partial, found) => ("warn", format!("{found} There may be more.")),
    };
    Verdict { class, text }
}

fn figures(hunt: &HuntReport) -> Vec<Figure> {
    if hunt.status == Status::Error {
        return Vec::new();
    }
    let number = grouped;
    let sent = hunt.requests.iter().filter(|r| r.status != RequestStatus::Skipped).count() as u64;
    let read: u64 = hunt.requests.iter().map(|r| r.records).sum();
    let values = [
        ("status", hunt.status.word().to_owned()),
        ("variables", number(hunt.variables.len() as u64)),
        ("requests", number(sent)),
        ("records read", number(read)),
        ("time", seconds(hunt.elapsed)),
    ];
    values.into_iter().map(|(label, value)| Figure { label, value }).collect()
}

fn missing(display: &Display) -> Option<MissingTable> {
    let reason = ticked(display.missing.as_ref()?);
    Some(MissingTable { command: display.command, variable: display.variable.clone(), reason })
}

fn empty_table(display: &Display) -> EmptyTable {
    let why = match (display.total, display.complete) {
        (0, true) => String::new(),
        (0, false) => "incomplete".to_owned(),
        (total, _) => format!("0 of {} by LIMIT and OFFSET", counted(total, "row")),
    };
    EmptyTable { variable: display.variable.clone(), statement: display.statement, why }
}

fn unread_of(source: &SourceReport) -> Option<Unread> {
    let what = unread(source)?;
    let files = source.left_out.iter().take(FILES).map(|(file, looks_like)| format!("{file}: {looks_like}"));
    let indices = source.passed_over.iter().take(FILES).map(|(index, why)| format!("{index}: {why}"));
    Some(Unread {
        what,
        lines: source
            .skipped_lines
            .iter()
            .chain(&source.mended_lines)
            .chain(&source.clocks)
            .cloned()
            .chain(files)
            .chain(indices)
            .collect(),
    })
}

fn source(source: &SourceReport) -> SourceView {
    SourceView {
        name: source.name.clone(),
        records: source.records.map_or_else(String::new, grouped),
        indices: source.indices.join(", "),
    }
}

fn stem(file: &str) -> String {
    let stem = Path::new(file).file_stem().map_or_else(|| file.to_owned(), |s| s.to_string_lossy().into_owned());
    if file == "-" { "Standard input".to_owned() } else { stem }
}
