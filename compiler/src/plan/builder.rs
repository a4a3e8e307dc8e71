//! Collects nodes: equal operators over equal inputs become one node.

use super::{Detail, Node, NodeId, Op, Output};
use crate::catalog::EntityId;
use crate::check::hir::VarId;
use crate::source::Span;
use foldhash::HashMap;

/// The nodes and outputs collected so far.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    seen: HashMap<String, NodeId>,
    pub(super) outputs: Vec<Output>,
}

/// Where a node comes from.
#[derive(Clone, Copy)]
pub(super) struct NodeOrigin {
    pub(super) statement: u32,
    pub(super) span: Span,
}

impl Builder {
    /// The node of `op` over `inputs`: an existing one if it is equal, else a new one.
    pub(super) fn node(
        &mut self,
        op: Op,
        entity: Option<EntityId>,
        inputs: Vec<NodeId>,
        references: Vec<(VarId, NodeId)>,
        origin: NodeOrigin,
    ) -> NodeId {
        // The key is the debug text, which shows everything. `==` would not do: 3 equals 3.0, but prints otherwise.
        let key = format!("{op:?}{entity:?}{inputs:?}{references:?}");
        if let Some(id) = self.seen.get(&key) {
            return *id;
        }
        let id = NodeId(self.nodes.len() as u32);
        let mut all = inputs;
        all.extend(references.iter().map(|(_, node)| *node));
        self.nodes.push(Node {
            op,
            inputs: all,
            references,
            entity,
            columns: Vec::new(),
            detail: Detail::default(),
            origin: origin.span,
            statement: origin.statement,
        });
        self.seen.insert(key, id);
        id
    }
}
