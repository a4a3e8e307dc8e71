//! A walk over whole huntflows.

use super::{Program, Statement};
use crate::parameter::Fill;
use crate::source::Span;
use crate::syntax::ast::Ident;
use crate::syntax::walk::Walk;

/// Walks a program.
pub(crate) fn program(program: &mut Program, walk: &mut impl Walk) {
    for one in &mut program.statements {
        statement(one, walk);
    }
}

/// Puts the values of parameters where their names stand.
pub(crate) fn fill(program: &mut Program, fill: &mut Fill<'_>) {
    self::program(program, fill);
}

/// Walks a statement.
pub(crate) fn statement(statement: &mut Statement, walk: &mut impl Walk) {
    if let Some(target) = &mut statement.target {
        walk.ident(target);
    }
    statement.command.walk(walk);
    walk.span(&mut statement.span);
}

/// Sets every place to 0 and relation words to upper case, so that programs that say the same are equal.
pub(crate) struct Erase;

impl Walk for Erase {
    fn span(&mut self, span: &mut Span) {
        (span.start, span.end) = (0, 0);
    }

    fn relation(&mut self, relation: &mut Ident) {
        relation.text.make_ascii_uppercase();
        self.ident(relation);
    }
}
