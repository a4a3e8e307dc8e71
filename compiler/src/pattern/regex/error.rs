//! Why a pattern cannot be used, or a value cannot be decided.

use std::fmt;

/// Why a text cannot be read as a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegexError {
    /// A headline as diagnostics have it.
    pub message: String,
    /// Where, in bytes from the start of the pattern.
    pub offset: usize,
}

/// What is said of a pattern that would take too much memory.
pub(super) const TOO_LARGE: &str = "the expression is too large";

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
