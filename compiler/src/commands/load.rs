//! `LOAD path AS process`: entities from a CSV or JSON file.

use crate::check::hir::{self, Birth, Shape};
use crate::check::{Checked, Checker, Draft, file_format};
use crate::diag::codes::types::MISSING_TYPE;
use crate::diag::{Diagnostic, Reported};
use crate::plan::{Full, Lowering, Op};
use crate::syntax::Parts;
use crate::syntax::ast::{Ident, Path};
use crate::syntax::clause::clauses;
use crate::syntax::errors::fault::Expect;
use crate::syntax::grammar::{P, Stop, command_keyword, entity, keyword, path, required};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use crate::syntax::walk::Walk;
use chumsky::Parser;

/// The syntax of LOAD.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Load {
    pub path: Path,
    /// The type after AS; it is needed where nothing else tells the type of the file.
    pub entity: Option<Ident>,
}

/// `LOAD path [AS TYPE]`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Load>> {
    let typed = keyword(Keyword::As).ignore_then(required(entity(), Stop::Clause)).or_not();
    command_keyword(Keyword::Load)
        .ignore_then(required(path(Expect::File, false), Stop::Clause))
        .then(typed)
        .then_ignore(clauses(&parts.clause, "LOAD", &[]))
        .map(|(path, entity)| match (path, entity) {
            (Some(path), None) => Some(Load { path, entity: None }),
            (Some(path), Some(Some(entity))) => Some(Load { path, entity: Some(entity) }),
            _ => None,
        })
        .boxed()
}

impl Load {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("LOAD ");
        print::path(&self.path, out);
        print::clause("AS", self.entity.as_ref(), out, print::ident);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.path(&mut self.path);
        self.entity.iter_mut().for_each(|e| walk.ident(e));
    }

    /// Checks file format and type. The type comes from AS, from what this huntflow saved there, from the file, or from how it
    /// is used.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let format = file_format(cx, &self.path);
        let entity = match &self.entity {
            Some(word) => cx.entity(word)?,
            None => match cx.saved(&self.path.text) {
                Some(entity) => entity,
                None => return Err(self.missing_type(cx)),
            },
        };
        let mut draft =
            Draft { window: cx.command_line_window(), sources: cx.named_sources(), ..Draft::entities(entity, Birth::Load) };
        if let Shape::Entities { open, .. } = &mut draft.shape {
            *open = true;
        }
        let out = cx.bind(draft);
        format?;
        cx.step(hir::LoadStep { out, path: self.path.text.clone() });
        Ok(())
    }

    fn missing_type(&self, cx: &mut Checker<'_>) -> Reported {
        // A statement that could not be read may be the SAVE that tells the type.
        if cx.unread_before() {
            return cx.told();
        }
        let diagnostic = Diagnostic::new(&MISSING_TYPE, self.path.span, "LOAD does not tell the entity type of the file")
            .label("of which type?")
            .note("no `type` column of the file could be read before the hunt")
            .fix("name the type", self.path.span.after(), format!(" AS {}", cx.catalog.example_type()));
        cx.report(diagnostic)
    }
}

impl hir::LoadStep {
    /// Adds the file's rows, or those that this huntflow saved there before.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let path = self.path.clone();
        let (op, inputs) = match cx.saved.get(&path) {
            Some((table, columns)) => (Op::Reload { path, columns: columns.clone() }, vec![*table]),
            None => (Op::Load { path }, vec![]),
        };
        let node = cx.node(op, cx.entity(self.out), inputs);
        cx.bind(self.out, &[], node, Full::Raw);
    }
}
