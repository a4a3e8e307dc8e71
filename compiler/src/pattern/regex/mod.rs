//! MATCHES: PCRE, found anywhere in the value; dot matches newlines, classes are ASCII, `(?i)` folds ASCII letters.
//!
//! A pattern is parsed into a tree without flags. From that tree come the local matcher (`engine`) and the regular
//! expression that servers get (`lucene`), so both mean the same by construction.

mod ast;
mod class;
mod engine;
mod error;
mod lucene;
mod parse;
mod pieces;
mod states;
#[cfg(test)]
mod tests;

pub use error::{MatchError, RegexError};
pub use lucene::{Lucene, LuceneLeaf};

use engine::Engine;
use error::TOO_LARGE;

/// The most bytes of a pattern. Longer ones compile to nothing that may be kept, but take memory until that is known.
const LONGEST: usize = 1 << 20;

/// A MATCHES pattern, ready to match and to be printed for Lucene.
#[derive(Clone, Debug)]
pub struct Regex {
    node: ast::RegexNode,
    engine: Engine,
}

impl Regex {
    /// Reads a pattern. `fold`: as if it began with `(?i)`.
    pub fn parse(pattern: &str, fold: bool) -> Result<Self, RegexError> {
        if pattern.len() > LONGEST {
            return Err(RegexError { message: TOO_LARGE.to_owned(), offset: 0 });
        }
        let node = parse::parse(pattern, fold)?;
        let engine = Engine::new(&node, false)?;
        Ok(Self { node, engine })
    }

    /// Whether the pattern is found anywhere in a value.
    pub fn is_match(&self, value: &str) -> Result<bool, MatchError> {
        self.engine.is_match(value)
    }

    /// The pattern as a query. Where Lucene cannot express it, the query finds more values.
    pub fn lucene(&self) -> Lucene {
        lucene::translate(&self.node)
    }

    /// A query for a text that every match holds: for values of which the pattern sees a part only.
    pub fn required(&self) -> Option<LuceneLeaf> {
        lucene::required(&self.node)
    }
}

/// An expression that says what its first group finds: EXTRACT.
#[derive(Clone, Debug)]
pub struct Extractor {
    engine: Engine,
}

impl Extractor {
    /// Reads a pattern, as [`Regex::parse`] does.
    pub fn parse(pattern: &str) -> Result<Self, RegexError> {
        if pattern.len() > LONGEST {
            return Err(RegexError { message: TOO_LARGE.to_owned(), offset: 0 });
        }
        Ok(Self { engine: Engine::new(&parse::parse(pattern, false)?, true)? })
    }

    /// What the first group found where the pattern is found first in a value; without a group, all that it found.
    pub fn first_group<'v>(&self, value: &'v str) -> Result<Option<&'v str>, MatchError> {
        self.engine.first_group(value)
    }
}

/// Whether servers take a LIKE pattern, by the size of its automaton.
pub(super) fn wildcard_is_small(pattern: &str) -> bool {
    use pieces::Re;
    let row = Re::row(pattern.chars().map(|c| match c {
        '%' => Re::anything(),
        '_' => Re::Set(ast::Set::any()),
        c => Re::Set(ast::Set::one(c)),
    }));
    states::are_few(&row)
}
