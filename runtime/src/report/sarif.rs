//! SARIF 2.1.0, for programs that collect what checkers find: diagnostics of huntflows, and what hunts found.

use super::model::{Display, HuntReport, RunReport, Status};
use super::sanitize::json_text;
use huntc_compiler::diag::{Code, Diagnostic, Severity};
use huntc_compiler::source::{SourceSet, Span};
use huntc_compiler::value::Value;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A log with one run.
#[derive(Default)]
pub struct SarifLog {
    /// By id.
    rules: BTreeMap<String, Rule>,
    results: Vec<Found>,
    notifications: Vec<Notification>,
    /// Whether something was not looked at.
    lacks: bool,
}

/// What a hunt says of itself.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct HuntFacts {
    /// The path as the user gave it: the id of its rule.
    pub file: String,
    pub title: Option<String>,
    /// One of the words of front matter.
    pub severity: Option<&'static str>,
    /// Ids of techniques.
    pub attack: Vec<String>,
    /// The places of its statements.
    pub statements: Vec<Span>,
}

/// One thing that a hunt found.
#[derive(Debug)]
pub struct HuntFinding {
    /// What it looks like.
    pub text: String,
    /// What makes it the same thing at another time.
    pub identity: String,
    /// The place of the statement that shows it.
    pub place: Option<Span>,
    /// What programs read of it.
    pub properties: Map<String, Json>,
}

#[derive(Serialize)]
struct LogDocument<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'static str,
    invocations: [Invocation<'a>; 1],
    results: &'a [Found],
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    rules: Vec<&'a Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    tool_execution_notifications: &'a [Notification],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    short_description: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Message>,
    default_configuration: Configuration,
    #[serde(skip_serializing_if = "Map::is_empty")]
    properties: Map<String, Json>,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: String,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    properties: Map<String, Json>,
}

#[derive(Serialize)]
struct Notification {
    #[serde(skip_serializing_if = "Option::is_none")]
    descriptor: Option<Descriptor>,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
struct Descriptor {
    id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are those of SARIF")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

/// Lines and columns count from 1; the end column is one past the last character.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    description: Message,
    artifact_changes: [ArtifactChange; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: Artifact,
    replacements: [Replaced; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replaced {
    deleted_region: Region,
    inserted_content: Message,
}

impl SarifLog {
    /// What a check found.
    pub fn of_check(diagnostics: &[Diagnostic], sources: &SourceSet) -> Self {
        let mut log = Self::default();
        for diagnostic in diagnostics {
            log.rules.entry(diagnostic.code.id.to_owned()).or_insert_with(|| rule_of(diagnostic.code));
            log.results.push(mistake(diagnostic, sources));
        }
        log
    }

    /// What hunts found: each row of a DISP; of a hunt without DISP its last variable. `facts` are those of the hunts, in their
    /// order.
    pub fn of_run(run: &RunReport, facts: &[HuntFacts]) -> Self {
        let mut log = Self::default();
        for (hunt, facts) in run.hunts.iter().zip(facts) {
            log.hunt(facts);
            log.lacks |= !hunt.complete || !matches!(hunt.status, Status::Ok);
            if !matches!(hunt.status, Status::Ok) {
                log.notify(
                    if hunt.status == Status::Partial { "warning" } else { "error" },
                    &format!("{}: {}", hunt.file, hunt.status.word()),
                );
            }
            log.tell(&hunt.diagnostics, &run.sources);
            for finding in findings(hunt, facts) {
                log.find(facts, finding, &run.sources);
            }
        }
        log
    }

    /// Makes a hunt known, whether it found something or not.
    pub fn hunt(&mut self, facts: &HuntFacts) {
        let title = facts.title.clone().unwrap_or_else(|| facts.file.clone());
        let mut properties = Map::new();
        let tags: Vec<Json> = std::iter::once("security").chain(facts.attack.iter().map(String::as_str)).map(Json::from).collect();
        properties.insert("tags".to_owned(), Json::from(tags));
        if let Some(severity) = facts.severity {
            properties.insert("severity".to_owned(), severity.into());
            if let Some(score) = score(severity) {
                properties.insert("security-severity".to_owned(), score.into());
            }
        }
        let rule = Rule {
            id: facts.file.clone(),
            name: None,
            short_description: Message { text: literal(&title) },
            help: None,
            default_configuration: Configuration { level: level_of(facts.severity) },
            properties,
        };
        self.rules.insert(facts.file.clone(), rule);
    }

    /// Adds what a hunt found.
    pub fn find(&mut self, facts: &HuntFacts, finding: HuntFinding, sources: &SourceSet) {
        let place = finding.place.map_or_else(|| location(&facts.file), |span| location_of(span, sources));
        self.results.push(Found {
            rule_id: facts.file.clone(),
            level: level_of(facts.severity),
            message: Message { text: literal(&finding.text) },
            locations: vec![place],
            related_locations: Vec::new(),
            fixes: Vec::new(),
            partial_fingerprints: [("huntcFinding/v1", digest(&format!("{}\n{}", facts.file, finding.identity)))].into(),
            properties: finding.properties,
        });
    }

    /// Adds a line about the run itself: what could not be seen.
    pub fn notify(&mut self, level: &'static str, text: &str) {
        self.notifications.push(Notification {
            descriptor: None,
            level,
            message: Message { text: literal(text) },
            locations: Vec::new(),
        });
    }

    /// Says that something was not looked at.
    pub fn lacks(&mut self) {
        self.lacks = true;
    }

    fn tell(&mut self, diagnostics: &[Diagnostic], sources: &SourceSet) {
        self.notifications.extend(diagnostics.iter().map(|diagnostic| Notification {
            descriptor: Some(Descriptor { id: diagnostic.code.id }),
            level: level(diagnostic.severity),
            message: Message { text: said(diagnostic, sources) },
            locations: vec![location_of(diagnostic.primary.span, sources)],
        }));
    }

    /// The document.
    pub fn text(&self) -> String {
        let run = Run {
            tool: Tool {
                driver: Driver { name: "huntc", version: env!("CARGO_PKG_VERSION"), rules: self.rules.values().collect() },
            },
            column_kind: "unicodeCodePoints",
            invocations: [Invocation { execution_successful: !self.lacks, tool_execution_notifications: &self.notifications }],
            results: &self.results,
        };
        let document = LogDocument { schema: SCHEMA, version: "2.1.0", runs: [run] };
        // Writing to memory does not fail.
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        format!("{}\n", json_text(&text))
    }
}

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

fn rule_of(code: &Code) -> Rule {
    Rule {
        id: code.id.to_owned(),
        name: Some(code.slug),
        short_description: Message { text: literal(code.title) },
        help: Some(Message { text: literal(code.page.trim_end()) }),
        default_configuration: Configuration { level: level(code.severity) },
        properties: Map::new(),
    }
}

fn mistake(diagnostic: &Diagnostic, sources: &SourceSet) -> Found {
    let related = diagnostic.secondary.iter().map(|label| {
        let message = (!label.text.is_empty()).then(|| Message { text: literal(&label.text) });
        Location { message, ..location_of(label.span, sources) }
    });
    Found {
        rule_id: diagnostic.code.id.to_owned(),
        level: level(diagnostic.severity),
        message: Message { text: said(diagnostic, sources) },
        locations: vec![location_of(diagnostic.primary.span, sources)],
        related_locations: related.collect(),
        fixes: fixes(diagnostic, sources),
        partial_fingerprints: BTreeMap::new(),
        properties: Map::new(),
    }
}

/// The replacements that its helps give. In a huntbook nobody could tell where.
fn fixes(diagnostic: &Diagnostic, sources: &SourceSet) -> Vec<Fix> {
    let replacement = |help: &huntc_compiler::diag::Help| {
        let (span, with) = help.replace.as_ref()?;
        let deleted_region = region(*span, sources)?;
        let artifact_location = Artifact { uri: uri(&sources.get(span.source).name) };
        let inserted_content = Message { text: with.clone() };
        let change = ArtifactChange { artifact_location, replacements: [Replaced { deleted_region, inserted_content }] };
        Some(Fix { description: Message { text: literal(&help.text) }, artifact_changes: [change] })
    };
    diagnostic.helps.iter().filter_map(replacement).collect()
}

/// A diagnostic in words: its cell, its message, its notes, its ways out.
fn said(diagnostic: &Diagnostic, sources: &SourceSet) -> String {
    let cell = cell(diagnostic.primary.span, sources).map_or_else(String::new, |cell| format!("{cell}: "));
    literal(&format!("{cell}{}", diagnostic.in_words()))
}

/// The findings of a hunt, as [`HuntReport::has_findings`] counts them.
fn findings(hunt: &HuntReport, facts: &HuntFacts) -> Vec<HuntFinding> {
    let place = |statement: u32| facts.statements.get((statement as usize).checked_sub(1)?).copied();
    let displays: Vec<&Display> = hunt.displays.iter().filter(|display| display.command == "DISP").collect();
    if displays.is_empty() {
        let last = hunt.variables.last().filter(|variable| variable.entities.unwrap_or(0) > 0);
        let finding = last.map(|variable| HuntFinding {
            text: format!("{}: {} {}", variable.name, variable.entities.unwrap_or(0), variable.entity),
            identity: variable.name.clone(),
            place: facts.statements.last().copied(),
            properties: Map::new(),
        });
        return finding.into_iter().collect();
    }
    let shown = displays.iter().flat_map(|display| display.rows.iter().map(move |row| (display, row)));
    let finding = |(display, row): (&&Display, &Vec<Option<Value>>)| {
        let cells: Vec<(&String, &Value)> =
            display.columns.iter().zip(row).filter_map(|(column, value)| Some((column, value.as_ref()?))).collect();
        let texts: Vec<String> = cells.iter().map(|(column, value)| format!("{column}: {value}")).collect();
        let columns: Map<String, Json> =
            cells.iter().map(|(column, value)| ((*column).clone(), serde_json::to_value(value).unwrap_or_default())).collect();
        let identity = format!("{}\n{}", display.variable, texts.join("\n"));
        let text = format!("{}: {}", display.variable, texts.join(", "));
        let properties = Map::from_iter([("columns".to_owned(), Json::Object(columns))]);
        HuntFinding { text, identity, place: place(display.statement), properties }
    };
    shown.map(finding).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

/// The level of a hunt's findings; without a word about it a warning.
fn level_of(severity: Option<&str>) -> &'static str {
    match severity {
        Some("critical" | "high") => "error",
        Some("low" | "informational") => "note",
        _ => "warning",
    }
}

/// The score by which GitHub sorts, from 0.1 to 10.
fn score(severity: &str) -> Option<&'static str> {
    match severity {
        "critical" => Some("9.5"),
        "high" => Some("8.0"),
        "medium" => Some("5.5"),
        "low" => Some("3.0"),
        _ => None,
    }
}

fn location(file: &str) -> Location {
    let physical_location = PhysicalLocation { artifact_location: Artifact { uri: uri(file) }, region: None };
    Location { physical_location, logical_locations: Vec::new(), message: None }
}

/// A place. In a huntbook lines count in the cell and not in the file, so there is no region.
fn location_of(span: Span, sources: &SourceSet) -> Location {
    let mut location = location(&sources.get(span.source).name);
    location.physical_location.region = region(span, sources);
    location.logical_locations.extend(cell(span, sources).map(|name| LogicalLocation { fully_qualified_name: name }));
    location
}

fn region(span: Span, sources: &SourceSet) -> Option<Region> {
    let (start, end) = (sources.position(span.source, span.start), sources.position(span.source, span.end));
    let region = Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column };
    start.cell.is_none().then_some(region)
}

fn cell(span: Span, sources: &SourceSet) -> Option<String> {
    let start = sources.position(span.source, span.start);
    start.cell.map(|cell| format!("cell {cell}, line {}", start.line))
}

/// What a path may hold as it is.
const PATH: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// The address of a file: relative as its path is, or with its scheme.
fn uri(file: &str) -> String {
    let path = utf8_percent_encode(file, &PATH);
    if file.starts_with('/') { format!("file://{path}") } else { path.to_string() }
}

/// Text in which no link and no placeholder is meant: data of records could hold either.
fn literal(text: &str) -> String {
    let text = text.replace('{', "{{").replace('}', "}}");
    if text.contains("](") { text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]") } else { text }
}

fn digest(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
