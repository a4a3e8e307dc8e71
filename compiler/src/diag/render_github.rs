//! Diagnostics as annotations of a GitHub workflow: one `::error file=…,line=…::message` line each.

use super::place::{capped, ends, printable};
use super::{Diagnostic, Severity};
use crate::source::SourceSet;
use std::fmt::Write;

/// All diagnostics as workflow commands; at most 50 of one file.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    let mut out = String::new();
    for (id, shown, more) in capped(diagnostics, sources) {
        for diagnostic in shown {
            one(diagnostic, sources, &mut out);
        }
        if more > 0 {
            let _ = writeln!(out, "::notice file={}::{more} more", property(&sources.get(id).name));
        }
    }
    out
}

fn one(diagnostic: &Diagnostic, sources: &SourceSet, out: &mut String) {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let span = diagnostic.primary.span;
    let (start, end) = ends(sources, span);
    let file = property(&sources.get(span.source).name);
    // Columns are only allowed where the annotation stays on one line.
    let columns = if start.line == end.line { format!(",col={},endColumn={}", start.column, end.column) } else { String::new() };
    let title = property(&format!("{} {}", diagnostic.code.id, diagnostic.code.slug));
    let cell = start.cell.map_or_else(String::new, |cell| format!("cell {cell}, line {}: ", start.line));
    let message = data(&format!("{cell}{}", diagnostic.in_words()));
    let _ = writeln!(out, "::{level} file={file},line={},endLine={}{columns},title={title}::{message}", start.line, end.line);
}

/// A text as a part of a workflow command, which a line end would end.
fn data(text: &str) -> String {
    // The text is split first, so that a `\r` before a line end counts as an unsafe character too.
    let lines: Vec<_> = text.split('\n').map(|line| printable(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// A value of a property, where `:` and `,` are special too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
