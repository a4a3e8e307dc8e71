//! `GROUP v BY attr WITH COUNT(attr)`: rows counted and summed by keys.

use crate::source::Span;
use crate::syntax::ast::{AttrPath, Ident};

/// The syntax of GROUP.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// The variable.
    pub variable: Ident,
    /// BY.
    pub keys: Vec<Key>,
    /// WITH; `None`: aggregates of every other shown attribute.
    pub aggregates: Option<Vec<Aggregate>>,
}

/// A grouping key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// An attribute.
    Attr(AttrPath),
    /// `BIN(attr, n unit)`
    Bin {
        /// What is binned.
        attribute: AttrPath,
        /// Bin size: a count, or nanoseconds with a unit. `None`: reported.
        size: Option<i64>,
        /// Whether a unit was written.
        time: bool,
        /// The whole key.
        span: Span,
    },
}

/// `COUNT(attr) AS name`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aggregate {
    /// The function.
    pub function: Function,
    /// Its argument.
    pub attribute: AttrPath,
    /// AS.
    pub alias: Option<Ident>,
    /// The whole aggregate.
    pub span: Span,
}

/// Aggregate functions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Function {
    Min,
    Max,
    Sum,
    Avg,
    Count,
    NUnique,
}

impl Function {
    /// Lower-case word, as in default column names (`count_pid`).
    pub fn word(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Count => "count",
            Self::NUnique => "nunique",
        }
    }
}
