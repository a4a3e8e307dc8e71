//! Diagnostics for a sink: hostile characters that a message or a source text carries are made harmless first.

use super::sanitize::{same_length, terminal_lines};
use huntc_compiler::diag::{Diagnostic, Help, Label};
use huntc_compiler::source::{Source, SourceSet};

/// A copy of the texts in which every character may go to a terminal; byte offsets are the same.
pub fn safe_sources(sources: &SourceSet) -> SourceSet {
    let mut safe = SourceSet::default();
    for (_, source) in sources.iter() {
        safe.add(Source {
            name: super::sanitize::terminal(&source.name).into_owned(),
            text: match same_length(&source.text) {
                std::borrow::Cow::Borrowed(_) => source.text.clone(),
                std::borrow::Cow::Owned(text) => text.into(),
            },
            cells: source.cells.clone(),
        });
    }
    safe
}

/// A copy of a diagnostic in which every character may go to a terminal.
pub fn safe(diagnostic: &Diagnostic) -> Diagnostic {
    let text = |t: &String| terminal_lines(t).into_owned();
    let label = |l: &Label| Label { span: l.span, text: text(&l.text) };
    Diagnostic {
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: text(&diagnostic.message),
        primary: label(&diagnostic.primary),
        secondary: diagnostic.secondary.iter().map(label).collect(),
        notes: diagnostic.notes.iter().map(text).collect(),
        helps: diagnostic
            .helps
            .iter()
            .map(|h| Help { text: text(&h.text), replace: h.replace.as_ref().map(|(s, t)| (*s, text(t))) })
            .collect(),
    }
}

/// A diagnostic as reports list it.
pub fn json(diagnostic: &Diagnostic, sources: &SourceSet) -> serde_json::Value {
    let place = |span: huntc_compiler::source::Span, offset| {
        let p = sources.position(span.source, offset);
        serde_json::json!({ "cell": p.cell, "line": p.line, "column": p.column, "byte": offset })
    };
    let span = diagnostic.primary.span;
    serde_json::json!({
        "code": diagnostic.code.id,
        "slug": diagnostic.code.slug,
        "message": diagnostic.message,
        "file": sources.get(span.source).name,
        "start": place(span, span.start),
        "end": place(span, span.end),
    })
}
