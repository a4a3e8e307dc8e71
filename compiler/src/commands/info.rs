//! `INFO v`: what is known about a variable.

use crate::check::hir;
use crate::check::{Checked, Checker};
use crate::plan::{Lowering, OutputKind};
use crate::syntax::Parts;
use crate::syntax::ast::Ident;
use crate::syntax::clause::clauses;
use crate::syntax::grammar::{P, Stop, command_keyword, one_variable, required, variable};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use crate::syntax::walk::Walk;
use chumsky::Parser;

/// The syntax of INFO.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "fields are the parts of the statement")]
pub struct Info {
    pub variable: Ident,
}

/// `INFO v`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Info>> {
    command_keyword(Keyword::Info)
        .ignore_then(required(variable(), Stop::Clause))
        .then_ignore(one_variable("INFO"))
        .then_ignore(clauses(&parts.clause, "INFO", &[]))
        .map(|variable| variable.map(|variable| Info { variable }))
        .boxed()
}

impl Info {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("INFO ");
        print::ident(&self.variable, out);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.ident(&mut self.variable);
    }

    /// Checks that the variable is bound.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let input = cx.resolve(&self.variable)?;
        cx.step(hir::InfoStep { input });
        Ok(())
    }
}

impl hir::InfoStep {
    /// Shows the figures of the raw table.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let node = cx.raw(self.input);
        cx.output(self.input, Some(node), OutputKind::Info);
    }
}
