//! What the lowering of all commands shares: the tables of variables, and nodes over them.
//!
//! A variable has up to two tables: the *raw* one holds the sightings that count, which is all that figures, keys and
//! FIND need; the *full* one adds the creation records of its processes, which rows, filters and references need
//! (semantics.md §4). The full one is built only when something asks for it, so no request is sent for nothing.

use super::builder::{Builder, NodeOrigin};
use super::statement::counts_unidentified;
use super::{
    Binding, Condition, FindingFacts, FindingOutput, NodeId, Op, Output, OutputKind, Plan, StatementFacts, Variable, demand, detail,
};
use crate::catalog::{Catalog, EntityId};
use crate::check::hir::{Column, Hunt, Predicate, Selection, SourceRef, Step, VarId};
use crate::options::Options;
use crate::source::{SourceId, Span};
use crate::time::{RangeClock, TimeRange, Window};
use foldhash::HashMap;

/// How to get a variable's full table.
#[derive(Clone)]
pub(crate) enum Full {
    /// The raw table is the full one.
    Raw,
    /// Ask these sources for the creation records of the processes in the raw table.
    WithCreationRecords(Vec<(SourceRef, Window)>),
    /// The full table of another variable.
    Of(VarId),
    /// The union of the full tables of other variables.
    UnionOf(Vec<VarId>),
    /// It is built already.
    Node(NodeId),
}

struct Tables {
    raw: NodeId,
    full: Full,
}

/// The state of lowering one hunt.
pub(crate) struct Lowering<'a> {
    pub(crate) hunt: &'a Hunt,
    pub(crate) catalog: &'a Catalog,
    /// What the hunt has saved so far, by file: the table and its columns.
    pub(crate) saved: HashMap<String, (NodeId, Vec<Column>)>,
    builder: Builder,
    statements: Vec<StatementFacts>,
    tables: Vec<Option<Tables>>,
    finding: Option<FindingOutput>,
    origin: NodeOrigin,
}

impl<'a> Lowering<'a> {
    /// A lowering before its first statement.
    pub(crate) fn new(hunt: &'a Hunt, catalog: &'a Catalog) -> Self {
        let nowhere = NodeOrigin { statement: 0, span: Span::new(SourceId(0), 0, 0) };
        Self {
            hunt,
            catalog,
            saved: HashMap::default(),
            builder: Builder::default(),
            statements: Vec::with_capacity(hunt.steps.len()),
            tables: (0..hunt.vars.len()).map(|_| None).collect(),
            finding: None,
            origin: nowhere,
        }
    }

    /// Begins a statement.
    pub(crate) fn begin(&mut self, step: &Step) {
        self.origin = NodeOrigin { statement: step.statement, span: step.span };
        self.statements.push(StatementFacts { number: step.statement, span: step.span, binds: Vec::new(), condition: None });
    }

    /// The plan. With `options.lean`, variables that no output needs are not computed.
    pub(crate) fn finish(self, options: &Options) -> Plan {
        let raw = self.tables.iter().map(|t| t.as_ref().map(|t| t.raw));
        let counts = counts_unidentified(self.hunt.vars.len(), &self.statements);
        let vars = self.hunt.vars.iter().zip(raw).zip(counts);
        let Builder { nodes, outputs, .. } = self.builder;
        let mut plan = Plan {
            sources: self.hunt.sources.clone(),
            vars: vars.map(|((var, node), counts_unidentified)| Variable { var: var.clone(), node, counts_unidentified }).collect(),
            statements: self.statements,
            nodes,
            outputs,
            finding: self.finding,
            identity: options.process_identity,
        };
        if options.lean {
            prune(&mut plan);
        }
        demand::fill(&mut plan, self.catalog, options.hosts);
        detail::fill(&mut plan, self.catalog);
        plan
    }

    /// Binds a variable to its tables. If one of `inputs` is empty, so is the variable.
    pub(crate) fn bind(&mut self, out: VarId, inputs: &[VarId], raw: NodeId, full: Full) {
        if let Some(statement) = self.statements.last_mut() {
            statement.binds.push(Binding { out, inputs: inputs.to_vec() });
        }
        self.tables[out.0 as usize] = Some(Tables { raw, full });
    }

    /// Notes what an entity must satisfy to be found or kept by the statement.
    pub(crate) fn condition(&mut self, condition: Condition) {
        if let Some(statement) = self.statements.last_mut() {
            statement.condition = Some(condition);
        }
    }

    /// Adds something that the statement shows or writes.
    pub(crate) fn output(&mut self, var: VarId, node: Option<NodeId>, kind: OutputKind) {
        let NodeOrigin { statement, span } = self.origin;
        self.builder.outputs.push(Output { statement, span, var, node, kind });
    }

    /// Adds the finding, behind the last statement.
    pub(crate) fn finding(&mut self, facts: FindingFacts) {
        let var = facts.var;
        let node = self.full(var);
        let hiding = facts.hiding.iter().filter_map(|(id, predicate)| Some((*id, predicate.as_ref()?)));
        let hidden = hiding.map(|(id, predicate)| (id, self.filter(var, predicate, None))).collect();
        let columns = self.last_displayed(var).unwrap_or_else(|| self.hunt.vars[var.0 as usize].shape.columns(self.catalog));
        self.finding = Some(FindingOutput { facts, columns, node, hidden });
    }

    /// The columns that the last DISP of a variable shows; `None` without one.
    fn last_displayed(&self, var: VarId) -> Option<Vec<Column>> {
        self.builder.outputs.iter().rev().filter(|o| o.var == var).find_map(|o| match &o.kind {
            OutputKind::Disp { columns, .. } => Some(columns.clone()),
            _ => None,
        })
    }

    /// The entity type of a variable's rows, or of what was grouped.
    pub(crate) fn entity(&self, var: VarId) -> EntityId {
        self.hunt.vars[var.0 as usize].shape.entity()
    }

    /// A node over tables.
    pub(crate) fn node(&mut self, op: Op, entity: EntityId, inputs: Vec<NodeId>) -> NodeId {
        self.builder.node(op, Some(entity), inputs, Vec::new(), self.origin)
    }

    /// A node that also refers to other variables.
    pub(crate) fn node_with(
        &mut self,
        op: Op,
        entity: impl Into<Option<EntityId>>,
        inputs: Vec<NodeId>,
        mut references: Vec<VarId>,
    ) -> NodeId {
        references.sort_unstable();
        references.dedup();
        let references = references.into_iter().map(|v| (v, self.full(v))).collect();
        self.builder.node(op, entity.into(), inputs, references, self.origin)
    }

    /// The table of the sightings that count.
    pub(crate) fn raw(&self, var: VarId) -> NodeId {
        // The checker lets no variable be used before it is bound, so the table is there; node 0 exists whenever any variable
        // does.
        self.tables[var.0 as usize].as_ref().map_or(NodeId(0), |t| t.raw)
    }

    /// The table with creation records; it is built when something asks for it first.
    pub(crate) fn full(&mut self, var: VarId) -> NodeId {
        // Variables of variables of variables may be many, so those that wait for others stand in a list and not on the stack.
        let mut open = vec![var];
        while let Some(var) = open.last().copied() {
            let waits = self.needed(var).iter().rev().filter(|v| self.built(**v).is_none()).copied().collect::<Vec<_>>();
            if waits.is_empty() {
                self.build(var);
                open.pop();
            } else {
                open.extend(waits);
            }
        }
        self.built(var).unwrap_or(NodeId(0))
    }

    /// The variables whose tables with creation records that of a variable is made of.
    fn needed(&self, var: VarId) -> &[VarId] {
        match self.tables[var.0 as usize].as_ref().map(|t| &t.full) {
            Some(Full::Of(other)) => std::slice::from_ref(other),
            Some(Full::UnionOf(vars)) => vars,
            _ => &[],
        }
    }

    /// The table with creation records of a variable, if it was built. A variable without any has the first node.
    fn built(&self, var: VarId) -> Option<NodeId> {
        match &self.tables[var.0 as usize] {
            None => Some(NodeId(0)),
            Some(Tables { raw, full: Full::Raw }) => Some(*raw),
            Some(Tables { full: Full::Node(node), .. }) => Some(*node),
            Some(_) => None,
        }
    }

    /// Builds the table with creation records of a variable, after those that it is made of.
    fn build(&mut self, var: VarId) {
        let Some(Tables { raw, full }) = &self.tables[var.0 as usize] else { return };
        let (raw, entity) = (*raw, self.entity(var));
        let node = match full.clone() {
            Full::Raw | Full::Node(_) => return,
            Full::Of(other) => self.built(other).unwrap_or(raw),
            Full::WithCreationRecords(places) => {
                let with = |node, (source, window)| self.node(Op::CreationRecords { source, window }, entity, vec![node]);
                places.into_iter().fold(raw, with)
            }
            Full::UnionOf(vars) => {
                let inputs = vars.iter().filter_map(|v| self.built(*v)).collect();
                self.node(Op::Union, entity, inputs)
            }
        };
        if let Some(tables) = &mut self.tables[var.0 as usize] {
            tables.full = Full::Node(node);
        }
    }

    /// Binds a variable to the union of `parts`, the tables of several sources. Processes get creation records from the same
    /// sources.
    pub(crate) fn bind_asked(
        &mut self,
        out: VarId,
        inputs: &[VarId],
        entity: EntityId,
        mut parts: Vec<NodeId>,
        limit: Option<u64>,
        places: &[(SourceRef, Window)],
    ) {
        let all = if parts.len() == 1 { parts.remove(0) } else { self.node(Op::Union, entity, parts) };
        let node = self.first(all, entity, limit);
        let ladder = self.catalog.get(entity).identity.ladder;
        self.bind(out, inputs, node, if ladder { Full::WithCreationRecords(places.to_vec()) } else { Full::Raw });
    }

    /// Applies LIMIT of GET and FIND.
    pub(crate) fn first(&mut self, node: NodeId, entity: EntityId, limit: Option<u64>) -> NodeId {
        match limit {
            Some(n) => self.node(Op::First(n), entity, vec![node]),
            None => node,
        }
    }

    /// The rows of a variable that satisfy a condition and lie in a range.
    pub(crate) fn filter(&mut self, input: VarId, predicate: &Predicate, range: Option<TimeRange>) -> NodeId {
        let table = self.full(input);
        self.filter_table(table, self.entity(input), predicate, range)
    }

    fn filter_table(&mut self, table: NodeId, entity: EntityId, predicate: &Predicate, range: Option<TimeRange>) -> NodeId {
        // Tables have no times of arrival. Their rows were asked for by them already.
        let range = range.filter(|range| range.clock == RangeClock::Event);
        if *predicate == Predicate::TRUE && range.is_none() {
            return table;
        }
        let predicate = predicate.without_spans();
        let references = predicate.references();
        self.node_with(Op::Filter { predicate, range }, entity, vec![table], references)
    }

    /// The rows of an expression after WITH, WHERE, transformer and SORT.
    pub(crate) fn rows_of(&mut self, expression: &Selection) -> NodeId {
        let entity = self.entity(expression.input);
        let mut node = self.full(expression.input);
        if !expression.computed.is_empty() {
            node = self.node(Op::Compute(expression.computed.clone()), entity, vec![node]);
        }
        node = self.filter_table(node, entity, &expression.filter, None);
        if let Some(transformer) = expression.transformer {
            node = self.node(Op::Transform(transformer), entity, vec![node]);
        }
        if let Some((attr, ascending)) = &expression.sort {
            node = self.node(Op::Sort { attr: attr.clone(), ascending: *ascending }, entity, vec![node]);
        }
        node
    }
}

/// Forgets the figures of variables that no output needs. Their nodes stay in the plan but nothing asks for them.
fn prune(plan: &mut Plan) {
    let needed = plan.reachable_from(plan.shown());
    for var in &mut plan.vars {
        var.node = var.node.filter(|NodeId(i)| needed[*i as usize]);
    }
}
