//! `FIND process CREATED BY v`: one step along a relation, through the records of a data source.

use crate::source::Span;
use crate::syntax::ast::{Count, Ident, Observation, TimeSpan};

/// The syntax of FIND.
#[derive(Clone, PartialEq, Debug)]
pub struct Find {
    /// Wanted type.
    pub entity: Ident,
    /// Relation word as written.
    pub relation: Ident,
    /// Where BY stands, if written.
    pub by: Option<Span>,
    /// The input.
    pub variable: Ident,
    /// `DEPTH n`: follow the relation n times; `DEPTH *` is as far as it goes.
    pub depth: Option<Depth>,
    /// WHERE.
    pub filter: Option<Observation>,
    /// START/STOP or LAST.
    pub span: Option<TimeSpan>,
    /// LIMIT.
    pub limit: Option<Count>,
}

/// How often FIND follows its relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Depth {
    /// Steps; `None`: as far as it goes.
    pub steps: Option<u64>,
    /// Where.
    pub span: Span,
}
