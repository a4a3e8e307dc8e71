//! Diagnostics: one type for every message about the user's input, one registry of codes, one renderer per format.

pub mod codes;
mod place;
pub mod render_github;
pub mod render_json;
pub mod render_text;
pub mod suggest;
#[cfg(test)]
mod tests;

pub use crate::unsafe_char::is_unsafe;

use crate::source::Span;
use foldhash::HashSet;
use std::fmt;
use std::fmt::Write as _;

/// How bad a diagnostic is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Severity {
    /// Worth knowing; never changes an exit status.
    Advice,
    /// Probably not what was meant; the hunt still runs.
    Warning,
    /// Nothing of this file runs.
    Error,
}

/// A kind of diagnostic: declared once in [`codes`], with a page that `huntc explain` prints.
pub struct Code {
    /// `K` and four digits: `K0201`.
    pub id: &'static str,
    /// The code in words: `unknown-attribute`.
    pub slug: &'static str,
    /// Default level; lints may be moved by `--allow|--warn|--deny`.
    pub severity: Severity,
    /// Whether `--allow|--warn|--deny` may move it. Errors that stop compilation are no lints.
    pub lint: bool,
    /// One line for lists.
    pub title: &'static str,
    /// Markdown: what, why, an example, the way out.
    pub page: &'static str,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.slug)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// A place with a short text under it.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Label {
    pub span: Span,
    /// What the message says there; may be empty.
    pub text: String,
}

/// A way out, with a replacement that can be pasted where there is one.
#[derive(Clone, Debug)]
pub struct Help {
    /// A sentence.
    pub text: String,
    /// A span, and the text that is to replace it.
    pub replace: Option<(Span, String)>,
}

/// One message about one mistake.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Diagnostic {
    pub code: &'static Code,
    /// The level after lint settings.
    pub severity: Severity,
    /// The headline: stands alone, lower case, no final point, at most 100 characters.
    pub message: String,
    /// The place of the mistake.
    pub primary: Label,
    /// At most two further places.
    pub secondary: Vec<Label>,
    /// Facts that explain the message.
    pub notes: Vec<String>,
    /// What the user can do about it.
    pub helps: Vec<Help>,
}

impl Diagnostic {
    /// All that it says, as text: its message, its label, its notes, its ways out. Nothing is escaped.
    pub fn in_words(&self) -> String {
        let mut text = self.message.clone();
        if !self.primary.text.is_empty() {
            let _ = write!(text, " ({})", self.primary.text);
        }
        for note in &self.notes {
            let _ = write!(text, "\nnote: {note}");
        }
        for help in &self.helps {
            let with = help.replace.as_ref().map_or_else(String::new, |(_, with)| format!(": {}", with.trim()));
            let _ = write!(text, "\nhelp: {}{with}", help.text);
        }
        text
    }

    /// A diagnostic of `code` at `span`, with an empty label.
    pub fn new(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    /// Sets the text under the primary span.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds a further place, with the text under it.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a way out in words.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.into(), replace: None });
        self
    }

    /// Adds a way out that can be pasted: replace `span` by `with`.
    #[must_use]
    pub fn fix(mut self, text: impl Into<String>, span: Span, with: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.into(), replace: Some((span, with.into())) });
        self
    }
}

/// Most characters of a headline.
const HEADLINE: usize = 100;

/// Most places kept as unread: every later diagnostic is compared with each of them, and of a file only fifty are shown.
const MOST_UNREAD: usize = 1000;

/// The most mistakes that are told of one text. Whoever writes more of them writes no huntflow.
pub(crate) const MOST_TOLD: usize = 10_000;

/// Proof that an error was reported: only a [`Sink`] makes one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reported(());

/// Levels that the user moved, by code id or slug.
#[derive(Clone, Debug, Default)]
pub struct LintLevels {
    /// Code and level; `None` is `--allow`. The last entry for a code counts.
    pub levels: Vec<(String, Option<Severity>)>,
}

/// Collects the diagnostics of one compilation.
#[derive(Debug, Default)]
pub struct Sink {
    lints: LintLevels,
    diagnostics: Vec<Diagnostic>,
    seen: HashSet<(&'static str, Span)>,
    /// What could not be read.
    unread: Vec<Span>,
}

/// Whether a code belongs to the lexer or the parser.
fn of_reading(code: &Code) -> bool {
    code.id.starts_with("K00")
}

impl Sink {
    /// A sink with the user's lint levels.
    pub fn new(lints: LintLevels) -> Self {
        Self { lints, ..Self::default() }
    }

    /// Takes a diagnostic. It is dropped if the user allows it, if its place could not be read anyway, or if one with the same
    /// code stands at the same place.
    pub fn report(&mut self, mut diagnostic: Diagnostic) -> Reported {
        let code = diagnostic.code;
        if diagnostic.message.chars().count() > HEADLINE {
            // Only names that the user wrote can be so long.
            diagnostic.message = diagnostic.message.chars().take(HEADLINE - 1).chain(['…']).collect();
        }
        if code.lint {
            let moved = self.lints.levels.iter().rev().find(|(n, _)| n.eq_ignore_ascii_case(code.id) || n == code.slug);
            match moved {
                Some((_, None)) => return Reported(()),
                Some((_, Some(level))) => diagnostic.severity = *level,
                None => {}
            }
        }
        if self.unread_at(&diagnostic) {
            return Reported(());
        }
        if self.seen.insert((code.id, diagnostic.primary.span)) {
            if of_reading(code) && diagnostic.severity == Severity::Error {
                self.unread(diagnostic.primary.span);
            }
            match self.diagnostics.len() {
                ..MOST_TOLD => self.diagnostics.push(diagnostic),
                MOST_TOLD => self.diagnostics.push(
                    Diagnostic::new(&codes::syntax::TOO_MANY, diagnostic.primary.span, "from here on nothing more is told")
                        .help("mend what stands before, or look whether this is a huntflow"),
                ),
                _ => {}
            }
        }
        Reported(())
    }

    /// Whether something from the start of `from` to the byte `to` could not be read.
    pub(crate) fn unread_within(&self, from: Span, to: u32) -> bool {
        self.unread.iter().any(|span| span.source == from.source && span.start < to && from.start < span.end.max(span.start + 1))
    }

    /// Whether the diagnostic of a later pass is about a place that could not be read: then it is the same mistake again.
    fn unread_at(&self, diagnostic: &Diagnostic) -> bool {
        let here = diagnostic.primary.span;
        let touches = |span: &Span| span.source == here.source && span.start <= here.end && here.start <= span.end;
        !of_reading(diagnostic.code) && self.unread.iter().any(touches)
    }

    /// Notes a place around a reported mistake about which later passes report nothing.
    pub(crate) fn unread(&mut self, span: Span) {
        if self.unread.len() < MOST_UNREAD {
            self.unread.push(span);
        }
    }

    /// The proof for a tree node that an earlier pass could not read and has reported to this sink.
    pub fn told(&self) -> Reported {
        debug_assert!(self.has_errors(), "an error node without an error");
        Reported(())
    }

    /// Whether an error was reported.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// All diagnostics, by place.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|d| (d.primary.span, d.code.id));
        self.diagnostics
    }
}
