//! `DESCRIBE v.attr`: statistics of one attribute.

use crate::check::hir::{Column, StepKind};
use crate::check::{Checked, Checker};
use crate::syntax::ast::{AttrPath, Ident};

/// The syntax of DESCRIBE.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Describe {
    /// The variable.
    pub variable: Ident,
    /// The attribute.
    pub attribute: AttrPath,
}

impl Describe {
    /// The variable has the attribute.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let input = cx.resolve(&self.variable)?;
        let attr = cx.attribute(input, &self.attribute)?.attr;
        cx.step(StepKind::Describe { input, column: Column { header: self.attribute.text.clone(), attr } });
        Ok(())
    }
}
