//! A statement on the page, and what came of it: variables, requests, tables, and what is said of it.

use crate::report::hunt_text::{CodePart, TextInk};
use crate::report::model::{RequestReport, VariableReport};
use crate::report::page::table::TableView;
use crate::report::page::{Html, counted, grouped, ticked};
use crate::report::requests::{PastedRequest, pasted};
use crate::report::sanitize::html_lines;
use crate::report::text::seconds;
use huntc_compiler::diag::{Diagnostic, Severity};
use huntc_compiler::plan::SourceId;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Window;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A part of the hunt's text: prose, or a statement.
#[derive(Default, Serialize)]
pub(super) struct PartView {
    prose: Option<Html>,
    line: String,
    pub statement: Option<u32>,
    pieces: Vec<Piece>,
    pub failed: bool,
    variables: Vec<VariableView>,
    pub tables: Vec<TableLink>,
    /// Why there is no table of it.
    pub missing: Vec<Html>,
    requests: Vec<RequestView>,
    requests_text: String,
    pub told: Vec<DiagnosticView>,
    pub facts: Vec<TableView>,
    #[serde(skip)]
    place: (u32, u32),
}

#[derive(Serialize)]
struct Piece {
    ink: &'static str,
    text: Html,
}

/// A link to a table.
#[derive(Serialize)]
pub(super) struct TableLink {
    id: String,
    text: String,
}

impl From<(String, String)> for TableLink {
    fn from((id, text): (String, String)) -> Self {
        Self { id, text }
    }
}

impl PartView {
    pub(super) fn prose(html: Html) -> Self {
        Self { prose: Some(html), ..Self::default() }
    }

    pub(super) fn code(code: &CodePart) -> Self {
        let ink = |ink| match ink {
            TextInk::Plain => "",
            TextInk::Comment => "c",
            TextInk::Keyword => "k",
            TextInk::Literal => "l",
            TextInk::Mark => "m",
        };
        let text = |text: &str| Html(html_lines(&text.replace('\t', "    ")));
        let pieces = code.pieces.iter().map(|piece| Piece { ink: ink(piece.ink), text: text(&piece.text) });
        Self {
            line: code.line.to_string(),
            statement: code.statement,
            pieces: pieces.collect(),
            place: code.place,
            ..Self::default()
        }
    }

    /// Whether a diagnostic is about it.
    pub(super) fn holds(&self, diagnostic: &DiagnosticView) -> bool {
        self.prose.is_none() && diagnostic.of_hunt && (self.place.0..=self.place.1).contains(&diagnostic.start)
    }

    /// Takes the variables that it binds.
    pub(super) fn take_variables(&mut self, all: &[VariableView]) {
        let Some(own) = self.statement else { return };
        // They are in the order of the statements.
        let from = all.partition_point(|v| v.statement < own);
        self.variables = all.iter().skip(from).take_while(|v| v.statement == own).cloned().collect();
    }

    /// Takes the requests that it was the first to need.
    pub(super) fn take_requests(&mut self, all: &BTreeMap<u32, Vec<RequestView>>) {
        self.requests = self.statement.and_then(|own| all.get(&own)).cloned().unwrap_or_default();
        let records: u64 = self.requests.iter().map(|r| r.records).sum();
        let noun = counted(self.requests.len() as u64, "request");
        self.requests_text = format!("{noun}, {} read", counted(records, "record"));
    }
}

/// A variable, and what is in it.
#[derive(Clone, Serialize)]
pub(super) struct VariableView {
    statement: u32,
    name: String,
    version: u32,
    /// Whether a later statement binds the name anew.
    earlier: bool,
    entity: String,
    entities: Option<u64>,
    /// As in `7 processes in 19 records`.
    found: String,
    figures: Vec<String>,
    remarks: Vec<String>,
    window: String,
    sources: String,
    time: String,
}

impl VariableView {
    pub(super) fn of(variable: &VariableReport, last: &BTreeMap<&str, u32>) -> Self {
        let figure = |n: Option<u64>| n.map_or_else(|| "failed".to_owned(), grouped);
        let more = if variable.complete { "" } else { "at least " };
        let many = if variable.entities == Some(1) { "entity" } else { "entities" };
        let noun = if variable.grouped { format!("groups of {}", variable.entity) } else { format!("{} {many}", variable.entity) };
        let records = variable.records.map_or_else(String::new, |n| format!(" in {}", counted(n, "record")));
        let remarks = [
            (variable.unidentified, "seen without an identity, left out"),
            (variable.undecided, "where a comparison could not be decided"),
        ];
        Self {
            statement: variable.statement,
            name: variable.name.clone(),
            version: variable.version,
            earlier: last.get(variable.name.as_str()).is_some_and(|last| variable.version < *last),
            entity: variable.entity.clone(),
            entities: variable.entities,
            found: format!("{more}{} {noun}{records}", figure(variable.entities)),
            figures: vec![
                figure(variable.entities),
                figure(variable.records),
                figure(variable.unidentified),
                figure(variable.undecided),
            ],
            remarks: remarks
                .iter()
                .filter_map(|(n, what)| n.filter(|n| *n > 0).map(|n| format!("{} {what}", counted(n, "sighting"))))
                .collect(),
            window: window(variable.window),
            sources: variable.sources.join(", "),
            time: seconds(variable.elapsed),
        }
    }
}

/// A request of the hunt.
#[derive(Clone, Serialize)]
pub(super) struct RequestView {
    id: String,
    anchor: String,
    pub statement: u32,
    source: String,
    purpose: String,
    window: String,
    figures: String,
    records: u64,
    status: &'static str,
    searches: Vec<SearchView>,
}

/// A request to paste.
#[derive(Clone, Serialize)]
struct SearchView {
    heading: String,
    console: Html,
    curl: Html,
    folded: Html,
    left_out: usize,
    discover: Option<String>,
}

impl SearchView {
    fn of(request: PastedRequest) -> Self {
        let lines = |text: &str| Html(html_lines(text.trim_end()));
        Self {
            console: lines(&request.search.console()),
            curl: lines(&request.search.curl()),
            folded: lines(&request.folded),
            heading: request.search.heading,
            left_out: request.left_out,
            discover: request.discover,
        }
    }
}

impl RequestView {
    pub(super) fn of(request: &RequestReport, hunt: &str, number: usize) -> Self {
        let mut figures =
            format!("{}, {}, {}", counted(request.records, "record"), counted(request.pages, "page"), seconds(request.elapsed));
        if let Some(tuples) = request.tuples {
            let _ = write!(figures, ", counted as {}", counted(tuples, "tuple"));
        }
        if let Some(why) = &request.uncounted {
            let _ = write!(figures, ", read since they were not counted: {}", why.trim_start_matches("source "));
        }
        if request.retries > 0 {
            let _ = write!(figures, ", tried {} more", counted(request.retries, "time"));
        }
        if !request.complete {
            figures.push_str(", incomplete");
        }
        Self {
            id: request.id.clone(),
            anchor: format!("{hunt}-r{number}"),
            statement: request.statement,
            source: request.source.clone(),
            purpose: request.purpose.clone(),
            window: window(request.window),
            figures,
            records: request.records,
            status: request.status.word(),
            searches: pasted(request).into_iter().map(SearchView::of).collect(),
        }
    }
}

fn window(window: Window) -> String {
    window.map_or_else(|| "all times".to_owned(), |w| format!("{} to {}", w.start.to_seconds_text(), w.stop.to_seconds_text()))
}

/// A diagnostic as the page shows it.
#[derive(Serialize)]
pub(super) struct DiagnosticView {
    severity: &'static str,
    code: &'static str,
    message: Html,
    place: String,
    notes: Vec<Html>,
    helps: Vec<HelpView>,
    #[serde(skip)]
    pub level: Severity,
    /// Where it begins in the text of the hunt.
    #[serde(skip)]
    start: u32,
    #[serde(skip)]
    of_hunt: bool,
}

#[derive(Serialize)]
struct HelpView {
    text: Html,
    replace: Option<String>,
}

impl DiagnosticView {
    pub(super) fn of(diagnostic: &Diagnostic, sources: &SourceSet, text: Option<SourceId>) -> Self {
        let span = diagnostic.primary.span;
        let at = sources.position(span.source, span.start);
        let cell = at.cell.map_or_else(String::new, |c| format!("cell {c}, "));
        let help = |help: &huntc_compiler::diag::Help| HelpView {
            text: ticked(&help.text),
            replace: help.replace.as_ref().map(|(_, with)| with.clone()),
        };
        Self {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Advice => "note",
            },
            code: diagnostic.code.id,
            message: ticked(&diagnostic.message),
            place: format!("{}, {cell}line {}", sources.get(span.source).name, at.line),
            notes: diagnostic.notes.iter().map(|note| ticked(note)).collect(),
            helps: diagnostic.helps.iter().map(help).collect(),
            level: diagnostic.severity,
            start: span.start,
            of_hunt: text == Some(span.source),
        }
    }
}
