//! The result of lowering a condition, and the context that it needs.

use crate::catalog::{Catalog, EntityId};
use crate::check::hir::VarId;
use crate::plan::{NodeId, Plan};
use crate::request::{Hole, Query};

/// A query and whether it says exactly what was asked.
pub(super) struct Lowered {
    pub(super) query: Query<Hole>,
    pub(super) exact: bool,
}

impl Lowered {
    pub(super) fn exact(query: Query<Hole>) -> Self {
        Self { query, exact: true }
    }

    pub(super) fn superset(query: Query<Hole>) -> Self {
        Self { query, exact: false }
    }

    fn join(parts: Vec<Self>, combine: impl FnOnce(Vec<Query<Hole>>) -> Query<Hole>) -> Self {
        let exact = parts.iter().all(|p| p.exact);
        Self { query: combine(parts.into_iter().map(|p| p.query).collect()), exact }
    }

    /// The conjunction of the parts; exact if every part is.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        Self::join(parts, Query::all)
    }

    /// The disjunction of the parts; exact if every part is.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        Self::join(parts, Query::any)
    }
}

/// What lowering a condition needs to know.
pub(super) struct Context<'a> {
    pub(super) catalog: &'a Catalog,
    /// Variables that references name, with the node that fills them.
    pub(super) references: &'a [(VarId, NodeId)],
    /// The plan whose nodes fill holes.
    pub(super) plan: &'a Plan,
}

impl Context<'_> {
    /// Type of a node's rows.
    pub(super) fn entity_of(&self, node: NodeId) -> Option<EntityId> {
        self.plan.node(node).entity
    }
}
