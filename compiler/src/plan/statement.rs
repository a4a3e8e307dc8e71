//! What is told of statements beside their nodes: what they bind, and the condition under which they find something.

use crate::check::hir::{Expression, Observed, Predicate, Test, VarId};
use crate::source::Span;
use crate::time::TimeRange;

/// One statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Number in the file, from 1.
    pub number: u32,
    /// The whole statement.
    pub span: Span,
    /// The variables that it binds.
    pub binds: Vec<Binding>,
    /// What an entity must satisfy to be found or kept.
    pub condition: Option<Condition>,
}

/// A variable that a statement binds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// The variable.
    pub out: VarId,
    /// It is empty where one of these is.
    pub inputs: Vec<VarId>,
}

/// What an entity must satisfy to be found or kept by a statement, as it is written.
#[derive(Clone, Debug)]
pub enum Condition {
    /// GET from data sources.
    Pattern {
        /// Of records.
        pattern: Observed,
        /// LIMIT.
        limit: Option<u64>,
    },
    /// FIND.
    Related {
        /// Where the relation begins.
        input: VarId,
        /// WHERE.
        filter: Predicate,
        /// LIMIT.
        limit: Option<u64>,
    },
    /// WHERE on what a variable holds.
    Held {
        /// The variable.
        input: VarId,
        /// WHERE.
        filter: Predicate,
        /// An explicit time range.
        range: Option<TimeRange>,
        /// LIMIT of entities.
        limit: Option<u64>,
    },
}

impl Condition {
    /// The condition of an expression. What OFFSET and LIMIT cut off is no condition.
    pub(crate) fn of(expression: &Expression) -> Self {
        Self::Held { input: expression.input, filter: expression.filter.clone(), range: None, limit: None }
    }
}

impl Statement {
    /// Whether it finds all that a source has of something: what could not be identified among it is counted then.
    pub(super) fn finds_all(&self) -> bool {
        match &self.condition {
            Some(Condition::Pattern { limit, .. } | Condition::Related { limit, .. }) => limit.is_none(),
            _ => false,
        }
    }

    /// The comparisons of its condition.
    pub fn tests(&self) -> Vec<&Test> {
        match &self.condition {
            None => Vec::new(),
            Some(Condition::Pattern { pattern, .. }) => pattern.single().into_iter().flat_map(Predicate::tests).collect(),
            Some(Condition::Related { filter, .. } | Condition::Held { filter, .. }) => filter.tests(),
        }
    }
}

impl Observed {
    /// The patterns of single records, in the order of the plan's scans.
    pub fn single(&self) -> Vec<&Predicate> {
        match self {
            Self::One(predicate) => vec![predicate],
            Self::And(parts) | Self::Or(parts) | Self::FollowedBy(parts) => parts.iter().flat_map(Self::single).collect(),
            Self::Within(inner, _) | Self::Repeats(inner, _) | Self::Between(inner, _) => inner.single(),
        }
    }
}
