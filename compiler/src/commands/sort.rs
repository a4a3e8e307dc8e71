//! `SORT v BY attr`: a variable with its rows in another order.

use crate::check::hir::{Expression, Predicate, StepKind};
use crate::check::{Checked, Checker};
use crate::syntax::ast::{Ident, SortBy};

/// The syntax of SORT.
#[derive(Clone, PartialEq, Debug)]
pub struct Sort {
    /// The variable.
    pub variable: Ident,
    /// The order.
    pub by: SortBy,
}

impl Sort {
    /// The variable has the attribute.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let input = cx.resolve(&self.variable)?;
        let sort = cx.attribute(input, &self.by.attribute).map(|found| (found.attr, self.by.ascending));
        let draft = cx.inherit(input, "sort");
        let out = cx.bind(draft);
        let expression = Expression {
            input,
            filter: Predicate::TRUE,
            transformer: None,
            sort: Some(sort?),
            offset: 0,
            limit: None,
            columns: None,
        };
        cx.step(StepKind::Assign { out, expression });
        Ok(())
    }
}
