//! The pieces that a file is cut into: blocks of lines to parse, and bad lines.

use super::answer::AnswerFacts;
use super::log_clock::LogClock;
use super::report::BadReason;
use crate::source::SourceError;
use crate::source::repair::Flaw;

/// What the lines of a block are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layout {
    /// One document on each line.
    Lines,
    /// Pairs of lines: an action, then its document.
    Bulk,
    /// Elements of a larger JSON value, one on each line. Positions count elements and not lines.
    Elements,
    /// As elements, but documents in ECS that their reader has made: they are taken as they are.
    Documents,
}

/// Some whole lines of a file.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) layout: Layout,
    /// The number of its first line in the file, from 0.
    pub(crate) first: u64,
    /// The lines. Each ends with a line feed, except perhaps the last one of the file.
    pub(crate) bytes: Vec<u8>,
}

/// What reading one file hands on.
pub(crate) enum Piece {
    Block(Block),
    /// The number of a line, from 0, that the reader itself found to be bad.
    Bad(u64, BadReason),
    /// The number of a record, of which the reader itself mended a value.
    Mended(u64, Flaw),
    /// What events say of the clock of their log, if the reader itself made their documents.
    Clock(LogClock),
    /// The end of a search response.
    Answer(AnswerFacts),
}

/// Receives the pieces of a file in order. An error ends the reading.
pub(crate) type Emit<'a> = dyn FnMut(Piece) -> Result<(), SourceError> + 'a;
