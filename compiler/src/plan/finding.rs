//! What a night reports of a hunt: one variable, what makes two of its entities the same finding, and what is told of each.

use super::NodeId;
use crate::check::hir::{Attr, Column, Predicate, VarId};
use crate::source::SourceId;

/// The finding of a hunt, before it is lowered.
#[derive(Clone, Debug)]
pub struct FindingFacts {
    /// The variable whose entities are the findings.
    pub var: VarId,
    /// Fewer entities are no finding.
    pub at_least: u64,
    /// Entities with equal values here are one finding. Empty: each identity is one.
    pub key: Vec<Column>,
    /// Where the host stands, and the user.
    pub who: [Option<Attr>; 2],
    /// For each condition whose text was given: what it hides, `None` where it has a fault.
    pub hiding: Vec<(SourceId, Option<Predicate>)>,
}

/// The finding of a hunt, as the plan computes it.
#[derive(Clone, Debug)]
pub struct FindingOutput {
    /// Which variable it is, and what is needed of it.
    pub facts: FindingFacts,
    /// The columns of the variable's last DISP, otherwise those that DISP would show.
    pub columns: Vec<Column>,
    /// The table of the variable, creation records included.
    pub node: NodeId,
    /// For each condition without a fault, the table of what it hides.
    pub hidden: Vec<(SourceId, NodeId)>,
}

impl FindingOutput {
    /// The nodes that must be computed for it.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        std::iter::once(self.node).chain(self.hidden.iter().map(|(_, node)| *node))
    }

    /// The attributes that its tables must carry.
    pub(super) fn attrs(&self) -> impl Iterator<Item = Attr> {
        let shown = self.facts.key.iter().chain(&self.columns).map(|column| column.attr.clone());
        shown.chain(self.facts.who.iter().flatten().cloned())
    }
}
