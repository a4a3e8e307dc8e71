//! `SORT v BY attr`: a variable with its rows in another order.

use crate::check::hir::{self, Birth};
use crate::check::{Checked, Checker};
use crate::plan::{Full, Lowering, Op};
use crate::syntax::Parts;
use crate::syntax::ast::{Ident, SortBy};
use crate::syntax::clause::{clauses, sort_by};
use crate::syntax::grammar::{P, Stop, command_keyword, keyword, required, variable};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use crate::syntax::walk::{self, Walk};
use chumsky::Parser;

/// The syntax of SORT.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "fields are the parts of the statement")]
pub struct Sort {
    pub variable: Ident,
    pub by: SortBy,
}

/// `SORT v BY attr [ASC|DESC]`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Sort>> {
    let body = variable().then_ignore(keyword(Keyword::By)).then(sort_by());
    command_keyword(Keyword::Sort)
        .ignore_then(required(body, Stop::Clause))
        .then_ignore(clauses(&parts.clause, "SORT", &[]))
        .map(|body| body.map(|(variable, by)| Sort { variable, by }))
        .boxed()
}

impl Sort {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("SORT ");
        print::ident(&self.variable, out);
        print::clause("BY", Some(&self.by), out, print::sort_by);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.ident(&mut self.variable);
        walk::sort_by(&mut self.by, walk);
    }

    /// Checks that the variable has the attribute.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let input = cx.resolve(&self.variable)?;
        let sort = cx.sort_by(input, &self.by);
        let draft = cx.inherit(input, Birth::Sort);
        let out = cx.bind(draft);
        let (attr, ascending) = sort?;
        cx.step(hir::SortStep { out, input, attr, ascending });
        Ok(())
    }
}

impl hir::SortStep {
    /// Puts the full table into another order.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let table = cx.full(self.input);
        let op = Op::Sort { attr: self.attr.clone(), ascending: self.ascending };
        let node = cx.node(op, cx.entity(self.input), vec![table]);
        cx.bind(self.out, &[self.input], node, Full::Raw);
    }
}
