//! `EXPLAIN v`: the plan and the requests behind a variable, in the report.

use crate::check::hir::StepKind;
use crate::check::{Checked, Checker};
use crate::syntax::ast::Ident;

/// The syntax of EXPLAIN.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explain {
    /// The variable.
    pub variable: Ident,
}

impl Explain {
    /// The variable is known.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let input = cx.resolve(&self.variable)?;
        cx.step(StepKind::Explain { input });
        Ok(())
    }
}
