//! `DISP v ATTR name, pid`: a table in the report.

use crate::check::hir;
use crate::check::{Checked, Checker};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::ONE_ONLY;
use crate::plan::{Condition, Lowering, OutputKind};
use crate::syntax::Parts;
use crate::syntax::ast::Expression;
use crate::syntax::expression::Computed;
use crate::syntax::grammar::{P, Stop, command_keyword, one_variable, required};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use crate::syntax::walk::{self, Walk};
use chumsky::Parser;

/// The syntax of DISP.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "fields are the parts of the statement")]
pub struct Disp {
    pub expression: Expression,
}

/// `DISP expression`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Disp>> {
    command_keyword(Keyword::Disp)
        .ignore_then(required(parts.value.clone(), Stop::Statement))
        .then_ignore(one_variable("DISP"))
        .validate(|value, _, emitter| match value {
            Some(Computed::Expression(expression)) => Some(Disp { expression: *expression }),
            Some(Computed::Merge(variables, _)) => {
                if let (Some(first), Some(last)) = (variables.first(), variables.last()) {
                    let found = Diagnostic::new(&ONE_ONLY, first.span.to(last.span), "DISP shows one variable, not a merge");
                    emitter.emit(found.help("bind the merge first: `both = a + b`").into());
                }
                None
            }
            _ => None,
        })
        .boxed()
}

impl Disp {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("DISP ");
        print::expression(&self.expression, out);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk::expression(&mut self.expression, walk);
    }

    /// Checks the clauses and columns.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let (expression, _) = cx.expression(&self.expression, "DISP")?;
        let expression = expression?;
        let columns = cx.displayed(&expression);
        cx.step(hir::DispStep { expression, columns });
        Ok(())
    }
}

impl hir::DispStep {
    /// Shows the rows; OFFSET and LIMIT count what is left when repeated rows are dropped.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        cx.condition(Condition::of_rows(&self.expression));
        let node = cx.rows_of(&self.expression);
        let (offset, limit) = (self.expression.offset, self.expression.limit);
        cx.output(self.expression.input, Some(node), OutputKind::Disp { columns: self.columns.clone(), offset, limit });
    }
}
