//! What is told of statements beside their nodes: what they bind, and the condition under which they find something.

use crate::check::hir::{Hunt, Observed, Predicate, Step, StepKind, Test, VarId};
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

impl Statement {
    /// What is told of a checked statement.
    pub(super) fn of(step: &Step) -> Self {
        Self { number: step.statement, span: step.span, binds: binds(&step.kind), condition: condition(&step.kind) }
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

fn binds(kind: &StepKind) -> Vec<Binding> {
    let one = |out: &VarId, inputs: Vec<VarId>| vec![Binding { out: *out, inputs }];
    match kind {
        StepKind::GetSource { out, .. } | StepKind::New { out, .. } | StepKind::Load { out, .. } => one(out, Vec::new()),
        StepKind::GetVariable { out, input, .. } | StepKind::Group { out, input, .. } => one(out, vec![*input]),
        StepKind::Find { out, find } => one(out, vec![find.input]),
        StepKind::Assign { out, expression } => one(out, vec![expression.input]),
        StepKind::Merge { out, inputs } => one(out, inputs.clone()),
        StepKind::Join { out, left, right, .. } => one(out, vec![*left, *right]),
        StepKind::Apply { inputs, outs, .. } => {
            outs.iter().zip(inputs).map(|(out, input)| Binding { out: *out, inputs: vec![*input] }).collect()
        }
        StepKind::Save { .. }
        | StepKind::Disp { .. }
        | StepKind::Info { .. }
        | StepKind::Describe { .. }
        | StepKind::Explain { .. } => Vec::new(),
    }
}

fn condition(kind: &StepKind) -> Option<Condition> {
    Some(match kind {
        StepKind::GetSource { pattern, limit, .. } => Condition::Pattern { pattern: pattern.clone(), limit: *limit },
        StepKind::GetVariable { input, filter, range, limit, .. } => {
            Condition::Held { input: *input, filter: filter.clone(), range: *range, limit: *limit }
        }
        StepKind::Find { find, .. } => Condition::Related { input: find.input, filter: find.filter.clone(), limit: find.limit },
        StepKind::Assign { expression, .. } | StepKind::Disp { expression, .. } => {
            Condition::Held { input: expression.input, filter: expression.filter.clone(), range: None, limit: None }
        }
        _ => return None,
    })
}

/// For each variable, whether process slots without identity are counted for it.
pub(super) fn counts_unidentified(hunt: &Hunt, statements: &[Statement]) -> Vec<bool> {
    let mut counts = vec![false; hunt.vars.len()];
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
