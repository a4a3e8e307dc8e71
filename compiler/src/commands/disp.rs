//! `DISP v ATTR name, pid`: a table in the report.

use crate::check::hir::StepKind;
use crate::check::{Checked, Checker};
use crate::syntax::ast::Expression;

/// The syntax of DISP.
#[derive(Clone, PartialEq, Debug)]
pub struct Disp {
    /// What to show.
    pub expression: Expression,
}

impl Disp {
    /// Clauses and columns.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let (expression, _) = cx.expression(&self.expression, "DISP")?;
        let expression = expression?;
        let columns = cx.displayed(&expression);
        cx.step(StepKind::Disp { expression, columns });
        Ok(())
    }
}
