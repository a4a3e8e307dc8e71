//! The text of a huntflow: every stage runs, every place lies in the text, what is printed is read back.

use huntc_compiler::backend::elastic::show;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::{Compilation, Compiled, compile};
use huntc_compiler::diag::{Diagnostic, Severity, render_github, render_json, render_text};
use huntc_compiler::options::Options;
use huntc_compiler::plan;
use huntc_compiler::program::{format, print};
use huntc_compiler::source::{SourceId, SourceSet, Span};
use huntc_compiler::syntax::lexer;
use huntc_compiler::time::Instant;
use huntc_compiler::tree_text::tree_text;

/// A huntflow.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (sources, id, compilation) = compiled(text);
    places(&compilation.diagnostics, text);
    rendered(&compilation.diagnostics, &sources);
    lexer::listing(&sources, id);
    tree_text(&compilation.program);
    stages(&compilation);
    // What cannot be read, and a parameter without a value, have no text of their own.
    let whole = |d: &Diagnostic| d.severity != Severity::Error || !["K00", "K06"].iter().any(|kind| d.code.id.starts_with(kind));
    if compilation.diagnostics.iter().all(whole) {
        printed(&compilation, text);
        formatted(text);
    }
}

fn compiled(text: &str) -> (SourceSet, SourceId, Compilation) {
    let mut sources = SourceSet::default();
    let id = sources.add_text("fuzz.hf", text);
    let now = Instant::parse("2020-10-23T00:00:00Z").unwrap();
    let compilation = compile(&sources, id, Catalog::builtin(), &Options::at(now));
    (sources, id, compilation)
}

/// Diagnostics in every format.
pub(super) fn rendered(diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    // Colours part the words that stand on both sides of them.
    let text = [true, false].map(|color| render_text::render(diagnostics, sources, color)).concat();
    let json = render_json::render(diagnostics, sources);
    format!("{text}{json}{}", render_github::render(diagnostics, sources))
}

/// Every place that a diagnostic names is a part of the text.
pub(super) fn places(diagnostics: &[Diagnostic], text: &str) {
    let inside = |span: Span| text.get(span.start as usize..span.end as usize).is_some();
    for diagnostic in diagnostics {
        let others = diagnostic.secondary.iter().map(|l| l.span);
        let fixes = diagnostic.helps.iter().filter_map(|h| h.replace.as_ref()).map(|(span, _)| *span);
        for span in std::iter::once(diagnostic.primary.span).chain(others).chain(fixes) {
            assert!(inside(span), "{} at {span:?} of {text:?}", diagnostic.code.id);
        }
    }
}

/// Every stage can be shown.
fn stages(compilation: &Compilation) {
    let Some(compiled) = &compilation.compiled else { return };
    let Compiled { hunt, plan: built } = compiled;
    let catalog = Catalog::builtin();
    tree_text(hunt);
    plan::show::plan(built, catalog);
    plan::graph::dot(built, catalog);
    let shown = show::requests(&compiled.requests(catalog), built);
    assert!(!shown.contains("NaN"), "{shown}");
}

/// The canonical text says what the text says.
fn printed(compilation: &Compilation, text: &str) {
    let once = print::program(&compilation.program);
    let (_, _, back) = compiled(&once);
    let unread = back.diagnostics.iter().find(|d| d.severity == Severity::Error && d.code.id.starts_with("K00"));
    assert!(unread.is_none(), "{text:?} is printed as {once:?}: {unread:?}");
    assert_eq!(print::program(&back.program), once, "{text:?}");
}

/// Formatting is stable, and fails only where the text cannot be read.
fn formatted(text: &str) {
    let format = |text: &str| {
        let mut sources = SourceSet::default();
        let id = sources.add_text("fuzz.hf", text);
        format(&sources, id)
    };
    match format(text) {
        Ok(once) => assert_eq!(format(&once).ok().as_ref(), Some(&once), "{text:?}"),
        Err(found) => panic!("{text:?} cannot be formatted: {found:?}"),
    }
}
