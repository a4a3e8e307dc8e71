//! The text of a hunt for its report: statement by statement, with what each word is, and the prose between them.

use crate::report::hunt_text::{CodePart, HuntText, InkedText, TextInk, TextPart};
use huntc_compiler::front_matter::FrontMatter;
use huntc_compiler::program::Program;
use huntc_compiler::program::highlight::{Ink, inks};
use huntc_compiler::source::{SourceId, SourceSet, Span};

/// The text of a hunt in parts.
pub(super) fn hunt_text(texts: &SourceSet, id: SourceId, program: &Program, front_matter: &FrontMatter) -> HuntText {
    let source = texts.get(id);
    let inks = inks(id, &source.text);
    // Counted once: a text may have as many statements as lines.
    let line_ends: Vec<usize> = source.text.match_indices('\n').map(|(at, _)| at).collect();
    let lines_before = |at: usize| line_ends.partition_point(|end| *end < at);
    let part = |statement: Option<u32>, start: usize, end: usize| {
        let text = source.text.get(start..end).unwrap_or_default();
        // Blank lines around a part are none of it.
        let blank: usize = text.split_inclusive('\n').take_while(|line| line.trim().is_empty()).map(str::len).sum();
        let (start, end) = (start + blank, start + text.trim_end().len());
        if start >= end {
            return None;
        }
        let cell =
            source.cells.partition_point(|cell| cell.start as usize <= start).checked_sub(1).and_then(|at| source.cells.get(at));
        let line = lines_before(start) - lines_before(cell.map_or(0, |cell| cell.start as usize)) + 1;
        let pieces = pieces(&source.text, &inks, start, end);
        Some(CodePart { statement, line, cell: cell.map(|cell| cell.number), place: (start as u32, end as u32), pieces })
    };
    let mut codes: Vec<CodePart> = Vec::new();
    let mut from = 0;
    for (statement, number) in program.statements.iter().zip(1..) {
        // What stands behind a statement on its line is a comment on it.
        let end = statement.span.end as usize;
        let line_end = source.text.get(end..).and_then(|rest| rest.find('\n')).map_or(source.text.len(), |at| end + at);
        let next = program.statements.get(number as usize).map_or(line_end, |next| next.span.start as usize);
        let end = line_end.min(next).max(end);
        // A cell is a part of its own: what a cell says before its first statement is not of the cell before.
        let before = from..=statement.span.start as usize;
        let first = source.cells.partition_point(|cell| (cell.start as usize) < from);
        let cells = source.cells.get(first..).unwrap_or_default().iter().map(|cell| cell.start as usize);
        let borders = cells.take_while(|at| before.contains(at)).filter(|at| *at > 0);
        for border in borders {
            codes.extend(part(None, from, border));
            from = border;
        }
        codes.extend(part(Some(number), from, end));
        from = end;
    }
    codes.extend(part(None, from, source.text.len()));
    HuntText {
        source: id,
        title: front_matter.title.clone(),
        severity: front_matter.severity.map(huntc_compiler::front_matter::FindingSeverity::word),
        attack: front_matter.attack.clone(),
        parts: with_prose(codes, source.prose.iter().map(|prose| (prose.number, prose.text.as_str()))),
    }
}

/// Puts cells of prose between those of code.
fn with_prose<'a>(codes: Vec<CodePart>, prose: impl Iterator<Item = (usize, &'a str)>) -> Vec<TextPart> {
    let mut parts = Vec::new();
    let mut prose = prose.peekable();
    for code in codes {
        while let Some((_, text)) = prose.next_if(|(number, _)| code.cell.is_some_and(|cell| *number < cell)) {
            parts.push(TextPart::Prose(text.to_owned()));
        }
        parts.push(TextPart::Code(code));
    }
    parts.extend(prose.map(|(_, text)| TextPart::Prose(text.to_owned())));
    parts
}

fn pieces(text: &str, inks: &[(Span, Ink)], start: usize, end: usize) -> Vec<InkedText> {
    let mut pieces: Vec<InkedText> = Vec::new();
    let mut push = |ink: TextInk, from: usize, to: usize| {
        if let Some(text) = text.get(from..to).filter(|text| !text.is_empty()) {
            pieces.push(InkedText { ink, text: text.to_owned() });
        }
    };
    let mut at = start;
    let first = inks.partition_point(|(span, _)| (span.end as usize) <= start);
    for (span, ink) in inks.get(first..).unwrap_or_default() {
        let (from, to) = ((span.start as usize).max(at), (span.end as usize).min(end));
        if from >= end {
            break;
        }
        push(TextInk::Plain, at, from);
        push(inked(*ink), from, to);
        at = to.max(at);
    }
    push(TextInk::Plain, at, end);
    pieces
}

fn inked(ink: Ink) -> TextInk {
    match ink {
        Ink::Comment => TextInk::Comment,
        Ink::Keyword => TextInk::Keyword,
        Ink::Literal => TextInk::Literal,
        Ink::Mark => TextInk::Mark,
    }
}
