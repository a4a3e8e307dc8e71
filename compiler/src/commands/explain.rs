//! `EXPLAIN v`: the plan and the requests behind a variable, in the report.

use crate::syntax::ast::Ident;

/// The syntax of EXPLAIN.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explain {
    /// The variable.
    pub variable: Ident,
}
