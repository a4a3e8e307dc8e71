//! What a hunt asks, as its author wrote it: the text in its order, with what each word is, and the prose of a huntbook.

use huntc_compiler::plan::SourceId;

/// The text of a hunt.
#[derive(Clone, Debug)]
pub struct HuntText {
    /// Its number among the texts of the run.
    pub source: SourceId,
    /// The title of the front matter.
    pub title: Option<String>,
    /// The severity of the front matter.
    pub severity: Option<&'static str>,
    /// The techniques of the front matter.
    pub attack: Vec<String>,
    /// The parts, in their order.
    pub parts: Vec<TextPart>,
}

/// A part of the text.
#[derive(Clone, Debug)]
pub enum TextPart {
    /// A cell of prose, in Markdown.
    Prose(String),
    /// A statement with the comments in front of it, or what stands behind the last one.
    Code(CodePart),
}

/// Some lines of a huntflow.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct CodePart {
    /// The number of its statement, from 1; `None` where there is none.
    pub statement: Option<u32>,
    /// The number of its first line, in the file or in its cell.
    pub line: usize,
    /// The number of its cell, in huntbooks.
    pub cell: Option<usize>,
    /// Where it begins and ends in the text, in bytes.
    pub place: (u32, u32),
    pub pieces: Vec<InkedText>,
}

/// A piece of text of one ink.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct InkedText {
    pub ink: TextInk,
    pub text: String,
}

/// What a piece of text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "variants are what they are called")]
pub enum TextInk {
    Plain,
    Comment,
    Keyword,
    Literal,
    Mark,
}
