//! `SAVE v TO path`: a variable's rows into a CSV or JSON file.

use crate::check::hir::{self, Attr, Column, Shape, VarId};
use crate::check::{Checked, Checker, file_format};
use crate::plan::{Lowering, OutputKind};
use crate::syntax::Parts;
use crate::syntax::ast::{Ident, Path};
use crate::syntax::clause::clauses;
use crate::syntax::errors::fault::Expect;
use crate::syntax::grammar::{P, Stop, command_keyword, keyword, path, required, variable};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use crate::syntax::walk::Walk;
use chumsky::Parser;

/// The syntax of SAVE.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "fields are the parts of the statement")]
pub struct Save {
    pub variable: Ident,
    pub path: Path,
}

/// `SAVE v TO path`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Save>> {
    let body = variable().then_ignore(keyword(Keyword::To)).then(path(Expect::File, false));
    command_keyword(Keyword::Save)
        .ignore_then(required(body, Stop::Clause))
        .then_ignore(clauses(&parts.clause, "SAVE", &[]))
        .map(|body| body.map(|(variable, path)| Save { variable, path }))
        .boxed()
}

impl Save {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("SAVE ");
        print::ident(&self.variable, out);
        print::clause("TO", Some(&self.path), out, print::path);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.ident(&mut self.variable);
        walk.path(&mut self.path);
    }

    /// Checks the variable and the file format.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let format = file_format(cx, &self.path);
        let input = cx.resolve(&self.variable)?;
        cx.saves(&self.path.text, input);
        format?;
        cx.step(hir::SaveStep { input, path: self.path.text.clone() });
        Ok(())
    }
}

impl hir::SaveStep {
    /// Writes the full table. A later LOAD of the same file gets what is written here.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let node = cx.full(self.input);
        let columns = columns(cx, self.input);
        cx.saved.insert(self.path.clone(), (node, columns.clone()));
        cx.output(self.input, Some(node), OutputKind::Save { path: self.path.clone(), columns });
    }
}

/// The columns that SAVE writes: those that DISP shows and, where ATTR chose none, those of the identity. So LOAD gives the
/// same entities.
fn columns(cx: &Lowering<'_>, var: VarId) -> Vec<Column> {
    let mut columns = hir::all_columns(cx.hunt, cx.catalog, var);
    if let Shape::Entities { entity, kept: None, .. } = &cx.hunt.vars[var.0 as usize].shape {
        for id in &cx.catalog.get(*entity).identity.key {
            let (header, attr) = (cx.catalog.attribute(*entity, *id).name.clone(), Attr::Catalog(*id));
            if !columns.iter().any(|c| c.attr == attr) {
                columns.push(Column { header, attr });
            }
        }
    }
    columns
}
