//! Grammars that several commands share, built once for a parser.

use super::ast::Operands;
use super::clause::{Clause, clause};
use super::expression::{Computed, value};
use super::grammar::P;
use super::{literal, observation, pattern};
use crate::source::Span;

/// The shared grammars.
pub(crate) struct Parts<'t> {
    /// Any clause.
    pub clause: P<'t, (Clause, Span)>,
    /// A value or a list of values.
    pub operand: P<'t, Operands>,
    /// An expression or a merge.
    pub value: P<'t, Computed>,
}

impl Parts<'_> {
    pub(crate) fn new() -> Self {
        let operand = literal::operand();
        let clause = clause(observation::observation(pattern::pattern(operand.clone())));
        let value = value(&clause);
        Self { clause, operand, value }
    }
}
