//! Diagnostics for people: the source line with marks below it, notes, ways out.

use super::place::{capped, one_line, place, printable};
use super::{Diagnostic, Severity};
use crate::source::{SourceId, SourceSet, Span};
use ariadne::{Cache, CharSet, Color, Config, IndexType, Label, Report, ReportKind, Source};
use foldhash::HashMap;
use std::fmt::{self, Write};
use std::ops::Range;

/// All diagnostics as text, by file; at most 50 of one file.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceSet, color: bool) -> String {
    let mut texts = Texts { sources, read: HashMap::default() };
    let mut out = String::new();
    for (id, shown, more) in capped(diagnostics, sources) {
        for diagnostic in shown {
            one(diagnostic, &mut texts, color, &mut out);
        }
        if more > 0 {
            let _ = writeln!(out, "{}: {more} more", one_line(&sources.get(id).name));
        }
    }
    out
}

/// `2 errors, 1 warning`; empty where there is neither.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let words = |n: usize, word: &str| (n > 0).then(|| format!("{n} {word}{}", if n == 1 { "" } else { "s" }));
    let parts = [words(count(Severity::Error), "error"), words(count(Severity::Warning), "warning")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn one(diagnostic: &Diagnostic, texts: &mut Texts<'_>, color: bool, out: &mut String) {
    let spans = std::iter::once(diagnostic.primary.span).chain(diagnostic.secondary.iter().take(2).map(|label| label.span));
    if spans.into_iter().any(|span| texts.is_huge(span)) {
        return without_snippet(diagnostic, texts, out);
    }
    let kind = match diagnostic.severity {
        Severity::Error => ReportKind::Error,
        Severity::Warning => ReportKind::Warning,
        Severity::Advice => ReportKind::Advice,
    };
    let config =
        Config::default().with_color(color).with_index_type(IndexType::Byte).with_char_set(CharSet::Unicode).with_tab_width(4);
    let primary = texts.mark(diagnostic.primary.span);
    // The configuration comes first: ariadne filters labels by it when they are added.
    let mut report = Report::build(kind, primary.clone())
        .with_config(config)
        .with_code(diagnostic.code.id)
        .with_message(one_line(&diagnostic.message))
        .with_label(
            Label::new(primary)
                .with_message(one_line(&diagnostic.primary.text))
                .with_color(tint(diagnostic.severity))
                .with_order(0),
        );
    for label in diagnostic.secondary.iter().take(2) {
        let mark = Label::new(texts.mark(label.span)).with_message(one_line(&label.text)).with_color(Color::Cyan).with_order(1);
        report = report.with_label(mark);
    }
    for note in &diagnostic.notes {
        report.add_note(printable(note));
    }
    for help in &diagnostic.helps {
        let replacement = help.replace.as_ref().filter(|(_, text)| !text.trim().is_empty());
        match replacement {
            // `write AND` says already what to write.
            Some((_, text)) if help.text.strip_prefix("write ").is_some_and(|t| t.trim_matches('`') == text.trim()) => {
                report.add_help(printable(&help.text));
            }
            Some((_, text)) => report.add_help(printable(&format!("{}: `{}`", help.text, text.trim()))),
            None => report.add_help(printable(&help.text)),
        }
    }
    let mut bytes = Vec::new();
    if report.finish().write(&mut *texts, &mut bytes).is_ok() {
        for line in String::from_utf8_lossy(&bytes).lines() {
            push_line(line.trim_end(), color, out);
        }
    } else {
        // Never in practice: writing into memory does not fail.
        without_snippet(diagnostic, texts, out);
    }
}

/// A diagnostic without the line that it is about.
fn without_snippet(diagnostic: &Diagnostic, texts: &Texts<'_>, out: &mut String) {
    let level = match diagnostic.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Advice => "Advice",
    };
    let _ = writeln!(out, "[{}] {level}: {}", diagnostic.code.id, one_line(&diagnostic.message));
    let _ = writeln!(out, "   ╭─[ {} ]", place(texts.sources, diagnostic.primary.span));
    out.push_str("   │ … (cut) the line is too long to be shown\n");
    for note in &diagnostic.notes {
        let _ = writeln!(out, "   │ Note: {}", printable(note));
    }
    for help in &diagnostic.helps {
        let _ = writeln!(out, "   │ Help: {}", printable(&help.text));
    }
    out.push_str("───╯\n");
}

fn tint(severity: Severity) -> Color {
    match severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Advice => Color::Blue,
    }
}

/// The most bytes of a line that is looked at to show a part of it; that is done anew for each diagnostic.
const HUGE_LINE: usize = 100_000;

/// The most characters of a line. A line of megabytes would hide what stands around it; place and message stay.
const LONGEST_LINE: usize = 4_000;

fn push_line(line: &str, color: bool, out: &mut String) {
    match line.char_indices().nth(LONGEST_LINE) {
        None => out.push_str(line),
        Some((at, _)) => {
            let reset = if color { "\u{1b}[0m" } else { "" };
            let _ = write!(out, "{}{reset}… (cut)", line.get(..at).unwrap_or_default());
        }
    }
    out.push('\n');
}

/// A text, or one cell of a huntbook, whose lines count from 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct TextId(SourceId, usize);

/// A range of bytes inside such a text.
#[derive(Clone)]
struct Mark(TextId, Range<usize>);

impl ariadne::Span for Mark {
    type SourceId = TextId;

    fn source(&self) -> &TextId {
        &self.0
    }

    fn start(&self) -> usize {
        self.1.start
    }

    fn end(&self) -> usize {
        self.1.end
    }
}

/// The texts as they are shown.
struct Texts<'a> {
    sources: &'a SourceSet,
    read: HashMap<TextId, Source>,
}

impl Texts<'_> {
    fn mark(&self, span: Span) -> Mark {
        let source = self.sources.get(span.source);
        let cell = source.cells.iter().rposition(|c| c.start <= span.start).unwrap_or(0);
        let begin = source.cells.get(cell).map_or(0, |c| c.start as usize);
        let length = self.range(TextId(span.source, cell)).len();
        let end = (span.end as usize).saturating_sub(begin).min(length);
        Mark(TextId(span.source, cell), (span.start as usize).saturating_sub(begin).min(end)..end)
    }

    /// Whether a line is too long to be shown.
    fn is_huge(&self, span: Span) -> bool {
        let text = self.sources.get(span.source).text.as_bytes();
        let near = |at: u32, from: usize, to: usize| {
            let at = (at as usize).min(text.len());
            let before = text.get(at.saturating_sub(from)..at).unwrap_or_default();
            let behind = text.get(at..(at + to).min(text.len())).unwrap_or_default();
            before.len() + behind.len() >= HUGE_LINE
                && memchr::memchr(b'\n', before).is_none()
                && memchr::memchr(b'\n', behind).is_none()
        };
        near(span.start, HUGE_LINE, 0) || near(span.start, 0, HUGE_LINE) || near(span.start, HUGE_LINE / 2, HUGE_LINE / 2)
    }

    /// The bytes of a cell, or of the whole text where there are no cells.
    fn range(&self, id: TextId) -> Range<usize> {
        let source = self.sources.get(id.0);
        let start = source.cells.get(id.1).map_or(0, |c| c.start as usize);
        let end = source.cells.get(id.1 + 1).map_or(source.text.len(), |c| c.start as usize);
        start..end.max(start).min(source.text.len())
    }
}

impl Cache<TextId> for Texts<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &TextId) -> Result<&Source, impl fmt::Debug> {
        let text = self.sources.get(id.0).text.get(self.range(*id)).unwrap_or_default();
        Ok::<_, fmt::Error>(self.read.entry(*id).or_insert_with(|| Source::from(printable(text).into_owned())))
    }

    fn display<'a>(&self, id: &'a TextId) -> Option<impl fmt::Display + 'a> {
        let source = self.sources.get(id.0);
        let cell = source.cells.get(id.1).map_or_else(String::new, |c| format!(":cell {}", c.number));
        Some(format!("{}{cell}", one_line(&source.name)))
    }
}
