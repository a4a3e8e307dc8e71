//! Reads tables of a TOML document. Unknown keys and wrong values become diagnostics at their place.

use super::size::size;
use super::time::{duration, duration_or_zero};
use super::trust::is_below;
use huntc_compiler::diag::codes::config::{BAD_SETTING, UNKNOWN_SETTING};
use huntc_compiler::diag::{Diagnostic, suggest};
use huntc_compiler::source::{SourceId, Span};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::{DeTable, DeValue};

/// The state that all tables of one document share.
pub(super) struct Document<'d> {
    /// The text that spans point into, with secrets masked.
    pub id: SourceId,
    /// The folder that relative paths start from.
    pub base: &'d Path,
    /// Whether the file may run, send, and write outside of its folder.
    pub trusted: bool,
    /// What it asks for and does not get: what it is, in words, and its place.
    pub off: Vec<(String, Span)>,
    /// The faults found so far.
    pub problems: Vec<Diagnostic>,
}

/// A value with its place in the document.
pub(super) struct Located<T> {
    pub value: T,
    pub span: Span,
}

/// One table of the document.
pub(super) struct TomlTable<'t, 'i> {
    entries: &'t DeTable<'i>,
    /// The name in messages: `[sources.host101]`.
    pub name: String,
    /// The place of the table.
    pub span: Span,
    /// Whether this is the whole document.
    top: bool,
}

impl Document<'_> {
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.id, range.start, range.end)
    }

    /// Whether the file may do what needs trust. If not, it is noted.
    pub(super) fn allows(&mut self, span: Span, what: impl FnOnce() -> String) -> bool {
        if !self.trusted {
            self.off.push((what(), span));
        }
        self.trusted
    }

    /// Whether the file may do what needs trust, without a note.
    pub(super) fn is_trusted(&self) -> bool {
        self.trusted
    }

    /// Reports a wrong value.
    pub(super) fn bad(&mut self, span: Span, what: impl Into<String>, wanted: impl Into<String>) {
        let problem = Diagnostic::new(&BAD_SETTING, span, what).label(wanted);
        self.problems.push(problem);
    }

    /// A value as a table; any other value is reported.
    pub(super) fn table<'t, 'i>(&mut self, value: &'t toml::Spanned<DeValue<'i>>, name: String) -> Option<TomlTable<'t, 'i>> {
        let span = self.span(value.span());
        if let DeValue::Table(entries) = value.get_ref() {
            Some(TomlTable { entries, name, span, top: false })
        } else {
            self.bad(span, format!("`{name}` is not a table"), "a table is needed here");
            None
        }
    }
}

impl<'t, 'i> TomlTable<'t, 'i> {
    pub(super) fn of_document(root: &'t toml::Spanned<DeTable<'i>>, document: &Document<'_>) -> Self {
        Self { entries: root.get_ref(), name: "the configuration".to_owned(), span: document.span(root.span()), top: true }
    }

    /// All entries, sorted by key.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'t str, Range<usize>, &'t toml::Spanned<DeValue<'i>>)> + use<'t, 'i> {
        self.entries.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value))
    }

    /// Reports every key that is not in `known`.
    pub(super) fn only(&self, document: &mut Document<'_>, known: &[&str]) {
        for (key, at, _) in self.entries() {
            if known.contains(&key) {
                continue;
            }
            let span = document.span(at);
            let mut problem =
                Diagnostic::new(&UNKNOWN_SETTING, span, format!("{} has no key `{key}`", self.name)).label("unknown key");
            problem = match suggest::best(key, known.iter().copied()) {
                Some(near) => problem.fix("the nearest key is", span, near),
                None => problem.help(format!("the keys are {}", suggest::either(known))),
            };
            document.problems.push(problem);
        }
    }

    pub(super) fn value(&self, key: &str) -> Option<&'t toml::Spanned<DeValue<'i>>> {
        self.entries.get(key)
    }

    /// The table below a key.
    pub(super) fn table(&self, document: &mut Document<'_>, key: &str) -> Option<TomlTable<'t, 'i>> {
        let name = if self.top { format!("[{key}]") } else { key.to_owned() };
        document.table(self.value(key)?, name)
    }

    /// The text of a key.
    pub(super) fn text(&self, document: &mut Document<'_>, key: &str) -> Option<Located<&'t str>> {
        let value = self.value(key)?;
        let span = document.span(value.span());
        if let DeValue::String(text) = value.get_ref() {
            Some(Located { value: text, span })
        } else {
            document.bad(span, format!("`{key}` is not text"), "text in quotes is needed here");
            None
        }
    }

    /// The path of a key, relative to the folder of the file.
    pub(super) fn path(&self, document: &mut Document<'_>, key: &str) -> Option<PathBuf> {
        let found = self.text(document, key)?;
        Some(document.base.join(found.value))
    }

    /// The path of a key that is written to. Outside of the folder of the file that needs trust.
    pub(super) fn path_of_output(&self, document: &mut Document<'_>, key: &str) -> Option<PathBuf> {
        let found = self.text(document, key)?;
        let path = document.base.join(found.value);
        let allowed = is_below(document.base, &path)
            || document.allows(found.span, || format!("`{key}` of {}: writes to {}", self.name, path.display()));
        allowed.then_some(path)
    }

    /// One text or a list of texts. With `commas`, commas separate texts too.
    pub(super) fn texts(&self, document: &mut Document<'_>, key: &str, commas: bool) -> Option<Vec<String>> {
        let value = self.value(key)?;
        let span = document.span(value.span());
        let texts = match value.get_ref() {
            DeValue::String(text) => vec![text.to_string()],
            DeValue::Array(values) => {
                let text =
                    |v: &toml::Spanned<DeValue<'_>>| if let DeValue::String(t) = v.get_ref() { Some(t.to_string()) } else { None };
                values.iter().map(text).collect::<Option<Vec<_>>>().unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let split = |t: String| if commas { t.split(',').map(|p| p.trim().to_owned()).collect() } else { vec![t] };
        let texts: Vec<String> = texts.into_iter().flat_map(split).filter(|t: &String| !t.is_empty()).collect();
        if texts.is_empty() {
            document.bad(span, format!("`{key}` is not a list of texts"), "a list such as [\"a\", \"b\"] is needed here");
            return None;
        }
        Some(texts)
    }

    /// The `true` or `false` of a key.
    pub(super) fn boolean(&self, document: &mut Document<'_>, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        if let DeValue::Boolean(value) = value.get_ref() {
            return Some(*value);
        }
        document.bad(document.span(value.span()), format!("`{key}` is not a boolean"), "`true` or `false` is needed here");
        None
    }

    /// The whole number of a key, which must be in `range`.
    pub(super) fn number(&self, document: &mut Document<'_>, key: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let value = self.value(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|n| range.contains(n));
        if number.is_none() {
            let wanted = format!("a whole number from {} to {} is needed here", range.start(), range.end());
            document.bad(document.span(value.span()), format!("`{key}` is not in its range"), wanted);
        }
        number
    }

    /// The length of time of a key, with its unit, or `"0"`.
    pub(super) fn duration_or_zero(&self, document: &mut Document<'_>, key: &str) -> Option<Duration> {
        self.time(document, key, duration_or_zero)
    }

    /// The length of time of a key, with its unit.
    pub(super) fn duration(&self, document: &mut Document<'_>, key: &str) -> Option<Duration> {
        self.time(document, key, duration)
    }

    /// The amount of memory of a key, with its unit.
    pub(super) fn size(&self, document: &mut Document<'_>, key: &str) -> Option<u64> {
        let value = self.value(key)?;
        let bytes = if let DeValue::String(text) = value.get_ref() { size(text) } else { None };
        if bytes.is_none() {
            document.bad(
                document.span(value.span()),
                format!("`{key}` is not an amount of memory"),
                "an amount such as \"512MiB\" or \"2GiB\" is needed here",
            );
        }
        bytes
    }

    fn time(&self, document: &mut Document<'_>, key: &str, read: impl Fn(&str) -> Option<Duration>) -> Option<Duration> {
        let value = self.value(key)?;
        let time = if let DeValue::String(text) = value.get_ref() { read(text) } else { None };
        if time.is_none() {
            document.bad(
                document.span(value.span()),
                format!("`{key}` is not a time"),
                "a time such as \"90s\" or \"24h\" is needed here",
            );
        }
        time
    }
}
