//! Where a diagnostic stands, for every renderer: names, cells and lines, and texts that a terminal can take.

use super::codes::syntax::TOO_MANY;
use crate::source::{Position, SourceId, SourceSet, Span};
use crate::unsafe_char::is_unsafe;
use std::borrow::Cow;

/// Most diagnostics that a renderer shows of one file.
pub(super) const CAP: usize = 50;

/// Both ends of a span as lines and columns.
pub(super) fn ends(sources: &SourceSet, span: Span) -> (Position, Position) {
    (sources.position(span.source, span.start), sources.position(span.source, span.end))
}

/// `hunt.hf:3:14`, in a huntbook `hunt.ipynb:cell 2:3:14`.
pub(super) fn place(sources: &SourceSet, span: Span) -> String {
    let start = sources.position(span.source, span.start);
    let cell = start.cell.map_or_else(String::new, |cell| format!("cell {cell}:"));
    format!("{}:{cell}{}:{}", one_line(&sources.get(span.source).name), start.line, start.column)
}

/// Splits diagnostics by file, in the order of the files, and says how many of each are beyond the cap.
pub(super) fn capped<'d>(
    diagnostics: &'d [super::Diagnostic],
    sources: &SourceSet,
) -> Vec<(SourceId, Vec<&'d super::Diagnostic>, usize)> {
    let mut files: Vec<(SourceId, Vec<&super::Diagnostic>, usize)> = sources.iter().map(|(id, _)| (id, Vec::new(), 0)).collect();
    for diagnostic in diagnostics {
        if let Some((_, shown, more)) = files.iter_mut().find(|(id, _, _)| *id == diagnostic.primary.span.source) {
            // That more is not even counted must be seen.
            if shown.len() < CAP || diagnostic.code == &TOO_MANY { shown.push(diagnostic) } else { *more += 1 }
        }
    }
    files.retain(|(_, shown, _)| !shown.is_empty());
    files
}

/// Whether a character is unsafe and none that the renderer lays out itself: line ends and tabs.
fn hostile(c: char) -> bool {
    is_unsafe(c) && !matches!(c, '\n' | '\t')
}

/// A text with every unsafe character replaced by a safe one of as many bytes, so that spans stay right. The `\r` of a line end
/// becomes a blank.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => out.push(' '),
            c if !hostile(c) => out.push(c),
            c => out.push_str(match c.len_utf8() {
                1 => "?",
                2 => "\u{bf}",
                3 => "\u{fffd}",
                _ => "\u{fffd}?",
            }),
        }
    }
    Cow::Owned(out)
}

/// As [`printable`], for a name or a message, which has one line: a line end in the name of a file would begin a message that
/// nobody wrote.
pub(super) fn one_line(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_keep_their_length() {
        for text in [
            "a\u{1b}[31mb",
            "x\u{202e}y",
            "\u{85}",
            "\u{e0041}",
            "a\r\nb\rc",
            "\u{200b}",
            "a\u{3164}",
            "\u{1160}",
            "\u{fe0f}",
            "\u{ffa0}",
        ] {
            let safe = printable(text);
            assert_eq!(safe.len(), text.len(), "{text:?}");
            assert!(!safe.contains(|c| c != '\n' && is_unsafe(c)), "{safe:?}");
        }
        assert_eq!(printable("a\r\nb"), "a \nb");
        assert!(matches!(printable("tab\tand é"), Cow::Borrowed(_)));
    }

    #[test]
    fn places_in_huntbooks_name_the_cell() {
        let mut sources = SourceSet::default();
        let cells = vec![crate::source::Cell { number: 2, start: 0 }, crate::source::Cell { number: 5, start: 4 }];
        let id = sources.add(crate::source::Source {
            name: "h.ipynb".into(),
            text: "a=b\nx\ny".into(),
            cells,
            left_out: Vec::new(),
            prose: Vec::new(),
        });
        assert_eq!(place(&sources, Span::new(id, 6, 7)), "h.ipynb:cell 5:2:1");
    }
}
