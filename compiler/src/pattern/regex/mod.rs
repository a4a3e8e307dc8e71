//! MATCHES: PCRE, found anywhere in the value; dot matches newlines, classes are ASCII, `(?i)` folds ASCII letters.
//!
//! A pattern is parsed into a tree without flags. From that tree come the local matcher (`engine`) and the regular
//! expression that servers get (`lucene`), so both mean the same by construction.

mod ast;
mod class;
mod engine;
mod lucene;
mod parse;
mod pieces;
mod states;
#[cfg(test)]
mod tests;

pub use lucene::{Lucene, LuceneLeaf};

use engine::Engine;
use std::fmt;

/// A MATCHES pattern, ready to match and to be printed for Lucene.
#[derive(Clone, Debug)]
pub struct Regex {
    node: ast::RegexNode,
    engine: Engine,
}

/// Why a pattern is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegexError {
    /// A headline as diagnostics have it.
    pub message: String,
    /// Where, in bytes from the start of the pattern.
    pub offset: usize,
}

/// What is said of a pattern that would take too much memory.
const TOO_LARGE: &str = "the expression is too large";

impl RegexError {
    /// Whether the pattern can be read, but would take too much memory.
    pub fn is_too_large(&self) -> bool {
        self.message == TOO_LARGE
    }
}

impl fmt::Display for RegexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RegexError {}

/// A value took too many steps to match: the answer is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MatchError;

impl fmt::Display for MatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the regular expression takes too many steps on a value")
    }
}

impl std::error::Error for MatchError {}

impl Regex {
    /// Reads a pattern. `fold`: as if it began with `(?i)`.
    pub fn parse(pattern: &str, fold: bool) -> Result<Self, RegexError> {
        let node = parse::parse(pattern, fold)?;
        let engine = Engine::new(&node)?;
        Ok(Self { node, engine })
    }

    /// Whether the pattern is found anywhere in a value.
    pub fn is_match(&self, value: &str) -> Result<bool, MatchError> {
        self.engine.is_match(value)
    }

    /// The query that finds the values on which the pattern is found, or more of them where Lucene cannot say it.
    pub fn lucene(&self) -> Lucene {
        lucene::translate(&self.node)
    }
}

/// Whether the automaton of a LIKE pattern is one that servers take.
pub(super) fn wildcard_is_small(pattern: &str) -> bool {
    use pieces::Re;
    let row = Re::row(pattern.chars().map(|c| match c {
        '%' => Re::anything(),
        '_' => Re::Set(ast::Set::any()),
        c => Re::Set(ast::Set::one(c)),
    }));
    states::are_few(&row)
}
