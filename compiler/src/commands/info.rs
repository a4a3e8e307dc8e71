//! `INFO v`: what is known about a variable.

use crate::check::hir::StepKind;
use crate::check::{Checked, Checker};
use crate::syntax::Parts;
use crate::syntax::ast::{Command, Ident};
use crate::syntax::clause::clauses;
use crate::syntax::grammar::{P, Stop, need, only, opener, variable};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use chumsky::Parser;

/// The syntax of INFO.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Info {
    /// The variable.
    pub variable: Ident,
}

/// `INFO v`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Command> {
    opener(Keyword::Info)
        .ignore_then(need(variable(), Stop::Clause))
        .then_ignore(only("INFO"))
        .then_ignore(clauses(&parts.clause, "INFO", &[]))
        .map(|variable| variable.map_or(Command::Error, |variable| Command::Info(Info { variable })))
        .boxed()
}

impl Info {
    /// Writes the statement's text behind the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("INFO ");
        print::ident(&self.variable, out);
    }
}

impl Info {
    /// The variable is known.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let input = cx.resolve(&self.variable)?;
        cx.step(StepKind::Info { input });
        Ok(())
    }
}
