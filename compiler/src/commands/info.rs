//! `INFO v`: what is known about a variable.

use crate::check::hir::StepKind;
use crate::check::{Checked, Checker};
use crate::syntax::ast::Ident;

/// The syntax of INFO.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Info {
    /// The variable.
    pub variable: Ident,
}

impl Info {
    /// The variable is known.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let input = cx.resolve(&self.variable)?;
        cx.step(StepKind::Info { input });
        Ok(())
    }
}
