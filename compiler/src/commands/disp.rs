//! `DISP v ATTR name, pid`: a table in the report.

use crate::syntax::ast::Expression;

/// The syntax of DISP.
#[derive(Clone, PartialEq, Debug)]
pub struct Disp {
    /// What to show.
    pub expression: Expression,
}
