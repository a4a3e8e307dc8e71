//! `SORT v BY attr`: a variable with its rows in another order.

use crate::check::hir::{Expression, Predicate, StepKind};
use crate::check::{Checked, Checker};
use crate::syntax::Parts;
use crate::syntax::ast::{Command, Ident, SortBy};
use crate::syntax::clause::{clauses, sort_by};
use crate::syntax::grammar::{P, Stop, keyword, need, opener, variable};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use chumsky::Parser;

/// The syntax of SORT.
#[derive(Clone, PartialEq, Debug)]
pub struct Sort {
    /// The variable.
    pub variable: Ident,
    /// The order.
    pub by: SortBy,
}

/// `SORT v BY attr [ASC|DESC]`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Command> {
    let body = variable().then_ignore(keyword(Keyword::By)).then(sort_by());
    opener(Keyword::Sort)
        .ignore_then(need(body, Stop::Clause))
        .then_ignore(clauses(&parts.clause, "SORT", &[]))
        .map(|body| body.map_or(Command::Error, |(variable, by)| Command::Sort(Sort { variable, by })))
        .boxed()
}

impl Sort {
    /// Writes the statement's text behind the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("SORT ");
        print::ident(&self.variable, out);
        print::clause("BY", Some(&self.by), out, print::sort_by);
    }
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
