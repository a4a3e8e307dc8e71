//! Why a filter of a variable left nothing, found out from the variable's rows without a request.

use super::super::Run;
use super::blame::{failing, shown, spelled, together, with_others};
use super::evidence::{Evidence, Ground};
use super::filled::filled;
use super::refer;
use super::write::{range as written, window};
use crate::matching::Ladder;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::hints::{NOTHING_NEAR, OUTSIDE_WINDOW};
use huntc_compiler::plan::{Names, NodeId, Op, Predicate, StatementFacts};
use huntc_compiler::time::TimeRange;

impl Run<'_> {
    /// Why the filter that produced a table left nothing; `predicate` is its condition as written.
    pub(super) fn why_filter(
        &self,
        statement: &StatementFacts,
        node: NodeId,
        predicate: &Predicate,
        range: Option<TimeRange>,
    ) -> Option<Diagnostic> {
        let node = self.job.plan.node(self.filter_of(node)?);
        let input = self.table(*node.inputs.first()?).ok()?;
        let references = self.references(node).ok()?;
        if refer::explains(predicate, &references) {
            return None;
        }
        let predicate = &filled(predicate, &references);
        let evidence = Evidence {
            catalog: self.job.catalog,
            references: &references,
            ladder: Ladder::Nowhere,
            centre: node.entity?,
            ground: Ground::Table(&input),
        };
        let names = Names { catalog: self.job.catalog, vars: self.job.plan, centre: node.entity };
        let passed = evidence.seen(predicate)?;
        if let (Some(within), true) = (range, passed.count() > 0) {
            let hint = Diagnostic::new(&OUTSIDE_WINDOW, statement.span, "the condition holds outside the time range only");
            let (first, last) = passed.span()?;
            let hint = hint.label(window(within)).note(format!("{} from {first} to {last}", evidence.count(passed.count())));
            return Some(hint.help(format!("`{}` finds them", written(first, last))));
        }
        let missing = failing(&evidence, predicate);
        if let Some(hint) = spelled(names, &evidence, predicate, &missing, &evidence) {
            return Some(hint);
        }
        let Some(first) = missing.first() else { return together(names, &evidence, &evidence, predicate, statement.span) };
        let place = first.tests().first().map_or(statement.span, |t| t.span);
        let message = format!("{} to choose from, but none with `{}`", evidence.count(input.entity_count()), shown(names, first));
        let hint = Diagnostic::new(&NOTHING_NEAR, place, message).label("finds nothing");
        Some(with_others(names, &evidence, predicate, hint, &[place]))
    }

    /// The filter that produced a table, if it is what left nothing.
    fn filter_of(&self, node: NodeId) -> Option<NodeId> {
        let found = self.job.plan.node(node);
        let empty = self.table(node).is_ok_and(|t| t.row_count() == 0 && !t.partial);
        match &found.op {
            _ if !empty => None,
            Op::Filter { .. } => Some(node),
            Op::First(_) | Op::Transform(_) | Op::Sort { .. } | Op::Slice { .. } | Op::Project(_) => {
                self.filter_of(*found.inputs.first()?)
            }
            _ => None,
        }
    }
}
