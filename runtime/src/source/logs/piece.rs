//! What reading one file hands on: blocks of lines to parse, and lines that are given up.

use super::answer::AnswerFacts;
use super::report::BadReason;
use crate::source::SourceError;

/// What the lines of a block are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layout {
    /// A document a line.
    Lines,
    /// An action line, then its document.
    Bulk,
    /// Elements of a bigger JSON value, one a line, counted instead of lines.
    Elements,
}

/// Some whole lines of a file.
#[derive(Debug)]
pub(crate) struct Block {
    /// What they are.
    pub(crate) layout: Layout,
    /// Number of the first line in the file, from 0.
    pub(crate) first: u64,
    /// The lines; each but the file's last ends with a line feed.
    pub(crate) bytes: Vec<u8>,
}

/// What reading one file hands on.
pub(crate) enum Piece {
    /// Lines to parse.
    Block(Block),
    /// A line, counted from 0, that the reader itself had to give up.
    Bad(u64, BadReason),
    /// A search answer came to its end.
    Answer(AnswerFacts),
}

/// Takes the pieces of a file, in order; an error ends the reading.
pub(crate) type Emit<'a> = dyn FnMut(Piece) -> Result<(), SourceError> + 'a;
