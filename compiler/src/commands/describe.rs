//! `DESCRIBE v.attr`: statistics of one attribute.

use crate::check::hir::{self, Column};
use crate::check::{Checked, Checker};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::UNEXPECTED;
use crate::plan::{Lowering, OutputKind};
use crate::syntax::Parts;
use crate::syntax::ast::{AttrPath, Ident};
use crate::syntax::clause::clauses;
use crate::syntax::errors::fault::{Expect, Tokens};
use crate::syntax::grammar::{Extra, Input, P, Stop, command_keyword, expected, look, one_variable, report, required};
use crate::syntax::literal::reference_parts;
use crate::syntax::print;
use crate::syntax::token::{Flags, Keyword};
use crate::syntax::walk::Walk;
use chumsky::Parser;
use chumsky::primitive::custom;

/// The syntax of DESCRIBE.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "fields are the parts of the statement")]
pub struct Describe {
    pub variable: Ident,
    pub attribute: AttrPath,
}

/// `DESCRIBE v.attr`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Describe>> {
    command_keyword(Keyword::Describe)
        .ignore_then(required(operand(), Stop::Clause))
        .then_ignore(one_variable("DESCRIBE"))
        .then_ignore(clauses(&parts.clause, "DESCRIBE", &[]))
        .map(|operand| match operand {
            Some(Some((variable, attribute))) => Some(Describe { variable, attribute }),
            _ => None,
        })
        .boxed()
}

impl Describe {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("DESCRIBE ");
        print::ident(&self.variable, out);
        out.push('.');
        print::attribute(&self.attribute, out);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.dotted(&mut self.variable, &mut self.attribute);
    }

    /// Checks that the variable has the attribute.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let input = cx.resolve(&self.variable)?;
        let attr = cx.attribute(input, &self.attribute)?.attr;
        cx.step(hir::DescribeStep { input, column: Column { header: self.attribute.text.clone(), attr } });
        Ok(())
    }
}

/// `v.attr`; a variable alone is reported.
fn operand<'t>() -> impl Parser<'t, Tokens<'t>, Option<(Ident, AttrPath)>, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let Some(token) = look(input, 0).filter(|t| t.may_name() && !t.has(Flags::BEFORE_EQ)) else {
            return Err(expected(input, Expect::Variable));
        };
        input.skip();
        let parts = reference_parts(input, token);
        if parts.is_none() {
            let found = Diagnostic::new(&UNEXPECTED, token.span, "DESCRIBE takes one attribute of a variable");
            report(input, found.fix("name the attribute", token.span.after(), ".name"));
        }
        Ok(parts)
    })
}

impl hir::DescribeStep {
    /// Shows the column of the full table.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let node = cx.full(self.input);
        cx.output(self.input, Some(node), OutputKind::Describe(self.column.clone()));
    }
}
