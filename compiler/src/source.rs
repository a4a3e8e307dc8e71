//! Source texts and positions in them: every span is a byte range of one registered text.

use std::fmt;
use std::sync::Arc;

/// Index of a text in its [`SourceSet`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceId(pub u16);

/// A byte range of one source text. `start..end` lie on character borders.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Span {
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span `start..end` of `source`.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        Self { source, start: start as u32, end: end as u32 }
    }

    /// The smallest span that covers both; `other` must lie in the same source.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span right after this one, where something is missing.
    #[must_use]
    pub fn after(self) -> Self {
        Self { start: self.end, ..self }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// One text: a huntflow, the code of a huntbook, a configuration file, or a command line.
#[derive(Clone, Debug)]
pub struct Source {
    /// As the user wrote it on the command line.
    pub name: String,
    /// The text that spans index into. Of a huntbook: its code cells joined by newlines.
    pub text: Arc<str>,
    /// For a huntbook: where each code cell begins in `text`, with its number in the notebook (from 1).
    pub cells: Vec<Cell>,
    /// For a huntbook: the cells of other languages among its huntflow, which `text` does not have.
    pub left_out: Vec<LeftOut>,
    /// For a huntbook: its Markdown cells, which `text` does not have.
    pub prose: Vec<Prose>,
}

/// A Markdown cell of a huntbook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prose {
    /// Number among all cells of the notebook, from 1.
    pub number: usize,
    /// Its Markdown.
    pub text: String,
}

/// A cell of a huntbook that begins with the magic of another language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// Number among all cells of the notebook, from 1.
    pub number: usize,
    /// Where it would begin in the text.
    pub start: u32,
    /// `%%bash`
    pub magic: String,
}

/// A code cell of a huntbook inside [`Source::text`].
#[derive(Clone, Debug)]
pub struct Cell {
    /// Place among all cells of the notebook, from 1.
    pub number: usize,
    /// Byte offset of its first character.
    pub start: u32,
}

/// A position for people: line and column count characters from 1; `cell` is set in huntbooks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// [`Cell::number`], in huntbooks.
    pub cell: Option<usize>,
    /// Line in the file, or in the cell.
    pub line: usize,
    /// Column in characters.
    pub column: usize,
}

/// All texts of one compilation.
#[derive(Clone, Debug, Default)]
pub struct SourceSet {
    sources: Vec<Source>,
}

impl SourceSet {
    /// Registers a text. Spans and ids have 32 and 16 bits: callers must refuse texts of 4 GiB and more, and more than 65,536
    /// texts.
    pub fn add(&mut self, source: Source) -> SourceId {
        let id = SourceId(self.sources.len() as u16);
        self.sources.push(source);
        id
    }

    /// Registers a plain text under a name.
    pub fn add_text(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        self.add(Source { name: name.into(), text: text.into(), cells: Vec::new(), left_out: Vec::new(), prose: Vec::new() })
    }

    /// The source with this id; ids come from this set.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.sources[usize::from(id.0)]
    }

    /// All sources, in the order of registration.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.sources.iter().enumerate().map(|(i, s)| (SourceId(i as u16), s))
    }

    /// The text under a span.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Where a byte offset stands, for people.
    pub fn position(&self, source: SourceId, offset: u32) -> Position {
        let source = self.get(source);
        let (cell, base) = source.cells.iter().rev().find(|c| c.start <= offset).map_or((None, 0), |c| (Some(c.number), c.start));
        let before = source.text.get(base as usize..offset as usize).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Position { cell, line, column }
    }
}
