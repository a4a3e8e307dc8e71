//! Diagnostics for programs: one stable object each.

use super::place::{capped, ends};
use super::{Diagnostic, Severity};
use crate::source::{Position, SourceSet, Span};
use serde::Serialize;

/// A diagnostic as programs read it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Object<'a> {
    code: &'static str,
    slug: &'static str,
    #[cfg_attr(test, schemars(extend("enum" = ["error", "warning", "advice"])))]
    severity: &'static str,
    message: &'a str,
    file: &'a str,
    start: Place,
    end: Place,
    label: &'a str,
    labels: Vec<LabelObject<'a>>,
    notes: &'a [String],
    help: Vec<HelpObject<'a>>,
}

/// A place. Lines and columns count from 1, columns in characters. `byte` counts from 0 in the file or, for a huntbook, in its
/// code cells joined by newlines.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<usize>,
    line: usize,
    column: usize,
    byte: u32,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LabelObject<'a> {
    file: &'a str,
    start: Place,
    end: Place,
    text: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct HelpObject<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    replace: Option<Replacement<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Replacement<'a> {
    file: &'a str,
    start: Place,
    end: Place,
    with: &'a str,
}

/// All diagnostics as a JSON array, one object a line; at most 50 of one file, then one object `{"file", "more"}`.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    let mut lines = Vec::new();
    for (id, shown, more) in capped(diagnostics, sources) {
        lines.extend(shown.into_iter().map(|d| value(d, sources).to_string()));
        if more > 0 {
            lines.push(serde_json::json!({ "file": sources.get(id).name, "more": more }).to_string());
        }
    }
    if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// One diagnostic as a JSON object.
pub fn value(diagnostic: &Diagnostic, sources: &SourceSet) -> serde_json::Value {
    let span = diagnostic.primary.span;
    let (start, end) = places(sources, span);
    let label = |l: &'_ super::Label| -> (Place, Place) { places(sources, l.span) };
    let object = Object {
        code: diagnostic.code.id,
        slug: diagnostic.code.slug,
        severity: severity(diagnostic.severity),
        message: &diagnostic.message,
        file: &sources.get(span.source).name,
        start,
        end,
        label: &diagnostic.primary.text,
        labels: diagnostic
            .secondary
            .iter()
            .map(|l| {
                let (start, end) = label(l);
                LabelObject { file: &sources.get(l.span.source).name, start, end, text: &l.text }
            })
            .collect(),
        notes: &diagnostic.notes,
        help: diagnostic
            .helps
            .iter()
            .map(|h| HelpObject { text: &h.text, replace: h.replace.as_ref().map(|(s, with)| replacement(sources, *s, with)) })
            .collect(),
    };
    serde_json::to_value(object).unwrap_or_default()
}

fn replacement<'a>(sources: &'a SourceSet, span: Span, with: &'a str) -> Replacement<'a> {
    let (start, end) = places(sources, span);
    Replacement { file: &sources.get(span.source).name, start, end, with }
}

fn places(sources: &SourceSet, span: Span) -> (Place, Place) {
    let place = |p: Position, byte| Place { cell: p.cell, line: p.line, column: p.column, byte };
    let (start, end) = ends(sources, span);
    (place(start, span.start), place(end, span.end))
}

/// The word for a level.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_the_documentation_is_that_of_the_types() {
        crate::testing::assert_schema::<Object<'_>>("diagnostic", "A diagnostic of huntc");
    }
}
