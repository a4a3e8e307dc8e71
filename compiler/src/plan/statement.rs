//! Facts about statements that no node holds: what they bind, and the condition under which they find something.

use crate::check::hir::{Observed, Predicate, Selection, Test, VarId};
use crate::source::Span;
use crate::time::TimeRange;

/// What is known of one statement.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct StatementFacts {
    /// Number in the file, from 1.
    pub number: u32,
    pub span: Span,
    pub binds: Vec<Binding>,
    /// What an entity must satisfy to be found or kept.
    pub condition: Option<Condition>,
}

/// A variable that a statement binds.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Binding {
    pub out: VarId,
    /// The variable is empty if one of these is.
    pub inputs: Vec<VarId>,
}

/// What an entity must satisfy to be found or kept by a statement, as it is written.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the others are what they are called")]
pub enum Condition {
    /// GET from data sources: tested on records.
    Pattern { pattern: Observed, limit: Option<u64> },
    /// FIND: tested on the entities that are found.
    Related {
        /// The variable that the relation starts from.
        input: VarId,
        filter: Predicate,
        limit: Option<u64>,
    },
    /// WHERE on the rows of a variable.
    Held {
        input: VarId,
        filter: Predicate,
        /// An explicit time range.
        range: Option<TimeRange>,
        /// LIMIT, where it counts entities rather than rows.
        limit: Option<u64>,
    },
}

impl Condition {
    /// WHERE of an expression over a variable.
    pub(crate) fn of_rows(rows: &Selection) -> Self {
        Self::Held { input: rows.input, filter: rows.filter.clone(), range: None, limit: None }
    }
}

impl StatementFacts {
    /// The comparisons of its condition.
    pub fn tests(&self) -> Vec<&Test> {
        match &self.condition {
            None => Vec::new(),
            Some(Condition::Pattern { pattern, .. }) => pattern.single().into_iter().flat_map(Predicate::tests).collect(),
            Some(Condition::Related { filter, .. } | Condition::Held { filter, .. }) => filter.tests(),
        }
    }
}

/// For each variable, whether process slots without identity are counted for it.
pub(super) fn counts_unidentified(vars: usize, statements: &[StatementFacts]) -> Vec<bool> {
    let mut counts = vec![false; vars];
    for statement in statements {
        let all = match &statement.condition {
            Some(Condition::Pattern { limit, .. } | Condition::Related { limit, .. }) => limit.is_none(),
            _ => false,
        };
        for binding in &statement.binds {
            counts[binding.out.0 as usize] = all;
        }
    }
    counts
}
