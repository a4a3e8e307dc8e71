//! Building a plan: equal operators over equal inputs become one node.

use super::demand;
use super::lower::Lowering;
use super::statement::{self, Statement};
use super::{Node, NodeId, Op, Output, Plan, Variable};
use crate::catalog::{Catalog, EntityId};
use crate::check::hir::{Hunt, VarId};
use crate::options::Options;
use crate::source::Span;
use rustc_hash::FxHashMap;

/// The plan of a checked hunt. With `options.lean`, variables that no output needs are left out.
pub fn build(hunt: &Hunt, catalog: &Catalog, options: &Options) -> Plan {
    let mut lowering = Lowering::new(hunt, catalog, Builder::default());
    for step in &hunt.steps {
        lowering.step(step);
    }
    let (builder, nodes) = lowering.finish();
    let statements: Vec<Statement> = hunt.steps.iter().map(Statement::of).collect();
    let counts = statement::counts_unidentified(hunt, &statements);
    let vars = hunt.vars.iter().zip(nodes).zip(counts);
    let mut plan = Plan {
        sources: hunt.sources.clone(),
        vars: vars.map(|((var, node), counts_unidentified)| Variable { var: var.clone(), node, counts_unidentified }).collect(),
        statements,
        nodes: builder.nodes,
        outputs: builder.outputs,
        identity: options.process_identity,
    };
    if options.lean {
        prune(&mut plan);
    }
    demand::fill(&mut plan, hunt, catalog);
    plan
}

/// Forgets the figures of variables that no output needs. Their nodes stay in the plan but nothing asks for them.
fn prune(plan: &mut Plan) {
    let needed = plan.behind(plan.outputs.iter().filter_map(|o| o.node));
    for var in &mut plan.vars {
        var.node = var.node.filter(|NodeId(i)| needed[*i as usize]);
    }
}

/// Collects nodes.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    seen: FxHashMap<String, NodeId>,
    /// What is shown or written.
    pub(super) outputs: Vec<Output>,
}

/// Where a node comes from.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    /// Number of the statement.
    pub(super) statement: u32,
    /// The statement.
    pub(super) span: Span,
}

impl Builder {
    /// The node of `op` over `inputs`, an old one where it is equal.
    pub(super) fn node(
        &mut self,
        op: Op,
        entity: Option<EntityId>,
        inputs: Vec<NodeId>,
        references: Vec<(VarId, NodeId)>,
        origin: Origin,
    ) -> NodeId {
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
            origin: origin.span,
            statement: origin.statement,
        });
        self.seen.insert(key, id);
        id
    }
}
