//! `SAVE v TO path`: a variable's rows into a CSV or JSON file.

use crate::check::hir::StepKind;
use crate::check::{Checked, Checker, file_format};
use crate::syntax::Parts;
use crate::syntax::ast::{Command, Ident, Path};
use crate::syntax::clause::clauses;
use crate::syntax::fault::Expect;
use crate::syntax::grammar::{P, Stop, keyword, need, opener, path, variable};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use chumsky::Parser;

/// The syntax of SAVE.
#[derive(Clone, PartialEq, Debug)]
pub struct Save {
    /// The variable.
    pub variable: Ident,
    /// The file.
    pub path: Path,
}

/// `SAVE v TO path`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Command> {
    let body = variable().then_ignore(keyword(Keyword::To)).then(path(Expect::File, false));
    opener(Keyword::Save)
        .ignore_then(need(body, Stop::Clause))
        .then_ignore(clauses(&parts.clause, "SAVE", &[]))
        .map(|body| body.map_or(Command::Error, |(variable, path)| Command::Save(Save { variable, path })))
        .boxed()
}

impl Save {
    /// Writes the statement's text behind the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("SAVE ");
        print::ident(&self.variable, out);
        print::clause("TO", Some(&self.path), out, print::path);
    }
}

impl Save {
    /// The variable is known, and so is the file format.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let format = file_format(cx, &self.path);
        let input = cx.resolve(&self.variable)?;
        cx.saves(&self.path.text, input);
        format?;
        cx.step(StepKind::Save { input, path: self.path.text.clone() });
        Ok(())
    }
}
