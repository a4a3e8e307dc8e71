//! `DISP v ATTR name, pid`: a table in the report.

use crate::check::hir::StepKind;
use crate::check::{Checked, Checker};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::ONE_ONLY;
use crate::syntax::Parts;
use crate::syntax::ast::{Command, Expression};
use crate::syntax::expression::Value;
use crate::syntax::grammar::{P, Stop, need, only, opener};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use chumsky::Parser;

/// The syntax of DISP.
#[derive(Clone, PartialEq, Debug)]
pub struct Disp {
    /// What to show.
    pub expression: Expression,
}

/// `DISP expression`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Command> {
    opener(Keyword::Disp)
        .ignore_then(need(parts.value.clone(), Stop::Statement))
        .then_ignore(only("DISP"))
        .validate(|value, _, emitter| match value {
            Some(Value::Expression(expression)) => Command::Disp(Disp { expression: *expression }),
            Some(Value::Merge(variables, _)) => {
                if let (Some(first), Some(last)) = (variables.first(), variables.last()) {
                    let found = Diagnostic::new(&ONE_ONLY, first.span.to(last.span), "DISP shows one variable, not a merge");
                    emitter.emit(found.help("bind the merge first: `both = a + b`").into());
                }
                Command::Error
            }
            _ => Command::Error,
        })
        .boxed()
}

impl Disp {
    /// Writes the statement's text behind the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("DISP ");
        print::expression(&self.expression, out);
    }
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
