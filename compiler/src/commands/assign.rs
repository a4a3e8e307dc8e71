//! `x = v WHERE … ATTR … SORT BY … LIMIT …`: a variable with clauses.

use crate::check::hir::{self, Birth, Predicate};
use crate::check::{Checked, Checker, Draft};
use crate::plan::{Condition, Full, Lowering, Op};
use crate::syntax::ast::Expression;
use crate::syntax::print;
use crate::syntax::walk::{self, Walk};

/// The syntax of an assignment.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "fields are the parts of the statement")]
pub struct Assign {
    pub expression: Expression,
}

impl Assign {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        print::expression(&self.expression, out);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk::expression(&mut self.expression, walk);
    }

    /// Checks the clauses and columns.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let (typed, draft) = cx.expression(&self.expression, "an assignment")?;
        let out = cx.bind(Draft { born: Birth::Assign, ..draft });
        cx.step(hir::AssignStep { out, expression: typed? });
        Ok(())
    }
}

impl hir::AssignStep {
    /// The rows, then OFFSET and LIMIT, then ATTR. Without any clause both variables have the same tables.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let e = &self.expression;
        cx.condition(Condition::of_rows(e));
        let all = e.computed.is_empty()
            && e.filter == Predicate::TRUE
            && e.transformer.is_none()
            && e.sort.is_none()
            && e.limit.is_none()
            && e.offset == 0;
        if all && e.columns.is_none() {
            let raw = cx.raw(e.input);
            cx.bind(self.out, &[e.input], raw, Full::Of(e.input));
            return;
        }
        let mut node = cx.rows_of(e);
        let entity = cx.entity(e.input);
        if e.limit.is_some() || e.offset > 0 {
            node = cx.node(Op::Slice { offset: e.offset, limit: e.limit }, entity, vec![node]);
        }
        if let Some(columns) = &e.columns {
            node = cx.node(Op::Project(columns.clone()), entity, vec![node]);
        }
        cx.bind(self.out, &[e.input], node, Full::Raw);
    }
}
