//! `EXPLAIN v`: the plan and the requests behind a variable, in the report.

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

/// The syntax of EXPLAIN.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "fields are the parts of the statement")]
pub struct Explain {
    pub variable: Ident,
}

/// `EXPLAIN v`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Explain>> {
    command_keyword(Keyword::Explain)
        .ignore_then(required(variable(), Stop::Clause))
        .then_ignore(one_variable("EXPLAIN"))
        .then_ignore(clauses(&parts.clause, "EXPLAIN", &[]))
        .map(|variable| variable.map(|variable| Explain { variable }))
        .boxed()
}

impl Explain {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("EXPLAIN ");
        print::ident(&self.variable, out);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.ident(&mut self.variable);
    }

    /// Checks that the variable is bound.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let input = cx.resolve(&self.variable)?;
        cx.step(hir::ExplainStep { input });
        Ok(())
    }
}

impl hir::ExplainStep {
    /// Adds an output without a node, since nothing is computed for it.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        cx.output(self.input, None, OutputKind::Explain);
    }
}
