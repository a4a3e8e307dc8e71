//! Statements to plan nodes.
//!
//! A variable has up to two tables: the *raw* one holds the sightings that count, which is all that figures, keys and
//! FIND need; the *full* one adds the creation records of its processes, which rows, filters and references need
//! (semantics.md §4). The full one is built only when something asks for it, so no request is sent for nothing.

use super::build::{Builder, Origin};
use super::{NodeId, Observe, Op, Output, OutputKind, Pivot, Scan};
use crate::catalog::{Catalog, EntityId};
use crate::check::hir::{self, Column, Expression, Hunt, Observed, Operand, Predicate, Shape, SourceRef, Step, StepKind, VarId};
use crate::source::{SourceId, Span};
use crate::time::Window;
use rustc_hash::FxHashMap;

/// How to get a variable's full table.
#[derive(Clone)]
enum Full {
    /// The raw one has all.
    Raw,
    /// Ask for the creation records of the raw one.
    Starts(Vec<(SourceRef, Window)>),
    /// The full table of another variable.
    Of(VarId),
    /// The union of the full tables of others.
    UnionOf(Vec<VarId>),
    /// Built.
    Node(NodeId),
}

struct Tables {
    raw: NodeId,
    full: Full,
}

/// The state of lowering one hunt.
pub(super) struct Lowering<'a> {
    hunt: &'a Hunt,
    catalog: &'a Catalog,
    builder: Builder,
    tables: Vec<Option<Tables>>,
    origin: Origin,
    /// What the hunt has saved so far, by file.
    saved: FxHashMap<String, (NodeId, Vec<Column>)>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(hunt: &'a Hunt, catalog: &'a Catalog, builder: Builder) -> Self {
        let nowhere = Origin { statement: 0, span: Span::new(SourceId(0), 0, 0) };
        Self {
            hunt,
            catalog,
            builder,
            tables: (0..hunt.vars.len()).map(|_| None).collect(),
            origin: nowhere,
            saved: FxHashMap::default(),
        }
    }

    /// What SAVE writes: what DISP shows, and where ATTR chose nothing also what makes the identity, so that LOAD gives the
    /// same entities.
    fn saved_columns(&self, var: VarId) -> Vec<Column> {
        let mut columns = hir::all_columns(self.hunt, self.catalog, var);
        if let Shape::Entities { entity, kept: None, .. } = &self.hunt.vars[var.0 as usize].shape {
            for id in &self.catalog.get(*entity).identity.key {
                let (header, attr) = (self.catalog.attribute(*entity, *id).name.clone(), hir::Attr::Catalog(*id));
                if !columns.iter().any(|c| c.attr == attr) {
                    columns.push(Column { header, attr });
                }
            }
        }
        columns
    }

    pub(super) fn finish(self) -> (Builder, Vec<Option<NodeId>>) {
        (self.builder, self.tables.iter().map(|t| t.as_ref().map(|t| t.raw)).collect())
    }

    /// Lowers one statement.
    pub(super) fn step(&mut self, step: &Step) {
        self.origin = Origin { statement: step.statement, span: step.span };
        match &step.kind {
            StepKind::GetSource { out, entity, sources, pattern, limit } => {
                self.get_source(*out, *entity, sources, pattern, *limit);
            }
            StepKind::GetVariable { out, input, filter, range, limit } => {
                let node = self.filter(*input, filter, *range);
                let node = self.first(node, self.entity(*input), *limit);
                self.bind(*out, node, Full::Raw);
            }
            StepKind::Find { out, find } => self.find(*out, find),
            StepKind::New { out, entity, columns, rows } => {
                let node = self.node(Op::New { columns: columns.clone(), rows: rows.clone() }, *entity, vec![]);
                self.bind(*out, node, Full::Raw);
            }
            StepKind::Load { out, path, .. } => {
                let (op, inputs) = match self.saved.get(path) {
                    Some((table, columns)) => (Op::Reload { path: path.clone(), columns: columns.clone() }, vec![*table]),
                    None => (Op::Load { path: path.clone() }, vec![]),
                };
                let node = self.node(op, self.entity(*out), inputs);
                self.bind(*out, node, Full::Raw);
            }
            StepKind::Save { input, path } => {
                let node = self.full(*input);
                let columns = self.saved_columns(*input);
                self.saved.insert(path.clone(), (node, columns.clone()));
                self.output(*input, Some(node), OutputKind::Save { path: path.clone(), columns });
            }
            StepKind::Merge { out, inputs } => self.merge(*out, inputs),
            StepKind::Assign { out, expression } => self.assign(*out, expression),
            StepKind::Group { out, input, keys, aggregates } => {
                let table = self.full(*input);
                let op = Op::Group { keys: keys.clone(), aggregates: aggregates.clone() };
                let node = self.node(op, self.entity(*input), vec![table]);
                self.bind(*out, node, Full::Raw);
            }
            StepKind::Join { out, left, right, by } => {
                let inputs = vec![self.full(*left), self.full(*right)];
                let node = self.node(Op::Join { by: by.clone() }, self.entity(*left), inputs);
                self.bind(*out, node, Full::Raw);
            }
            StepKind::Apply { analytic, inputs, outs, arguments } => self.apply(analytic, inputs, outs, arguments),
            StepKind::Disp { expression, columns } => {
                let node = self.rows_of(expression);
                let kind = OutputKind::Disp { columns: columns.clone(), offset: expression.offset, limit: expression.limit };
                self.output(expression.input, Some(node), kind);
            }
            StepKind::Info { input } => {
                let node = self.raw(*input);
                self.output(*input, Some(node), OutputKind::Info);
            }
            StepKind::Describe { input, column } => {
                let node = self.full(*input);
                self.output(*input, Some(node), OutputKind::Describe(column.clone()));
            }
            StepKind::Explain { input } => self.output(*input, None, OutputKind::Explain),
        }
    }

    fn bind(&mut self, out: VarId, raw: NodeId, full: Full) {
        self.tables[out.0 as usize] = Some(Tables { raw, full });
    }

    fn output(&mut self, var: VarId, node: Option<NodeId>, kind: OutputKind) {
        let Origin { statement, span } = self.origin;
        self.builder.outputs.push(Output { statement, span, var, node, kind });
    }

    fn entity(&self, var: VarId) -> EntityId {
        let (Shape::Entities { entity, .. } | Shape::Groups { of: entity, .. }) = &self.hunt.vars[var.0 as usize].shape;
        *entity
    }

    fn node(&mut self, op: Op, entity: EntityId, inputs: Vec<NodeId>) -> NodeId {
        self.builder.node(op, Some(entity), inputs, Vec::new(), self.origin)
    }

    /// A node whose predicate may refer to other variables.
    fn node_with(&mut self, op: Op, entity: EntityId, inputs: Vec<NodeId>, predicates: &[&Predicate]) -> NodeId {
        let mut vars: Vec<VarId> = predicates.iter().flat_map(|p| references(p)).collect();
        vars.sort_unstable();
        vars.dedup();
        let references = vars.into_iter().map(|v| (v, self.full(v))).collect();
        self.builder.node(op, Some(entity), inputs, references, self.origin)
    }

    fn raw(&self, var: VarId) -> NodeId {
        // The checker binds before use, so the table is there; node 0 exists whenever any variable does.
        self.tables[var.0 as usize].as_ref().map_or(NodeId(0), |t| t.raw)
    }

    fn full(&mut self, var: VarId) -> NodeId {
        let Some(tables) = &self.tables[var.0 as usize] else { return NodeId(0) };
        let raw = tables.raw;
        let node = match tables.full.clone() {
            Full::Raw => raw,
            Full::Node(node) => node,
            Full::Of(other) => self.full(other),
            Full::Starts(places) => {
                let entity = self.entity(var);
                places.into_iter().fold(raw, |node, (source, window)| self.node(Op::Starts { source, window }, entity, vec![node]))
            }
            Full::UnionOf(vars) => {
                let inputs = vars.into_iter().map(|v| self.full(v)).collect();
                let entity = self.entity(var);
                self.node(Op::Union, entity, inputs)
            }
        };
        if let Some(tables) = &mut self.tables[var.0 as usize] {
            tables.full = Full::Node(node);
        }
        node
    }

    /// Whether variables of this type hold creation records.
    fn starts(&self, entity: EntityId, places: &[(SourceRef, Window)]) -> Full {
        if self.catalog.get(entity).identity.ladder { Full::Starts(places.to_vec()) } else { Full::Raw }
    }

    fn union(&mut self, entity: EntityId, mut inputs: Vec<NodeId>) -> NodeId {
        if inputs.len() == 1 { inputs.remove(0) } else { self.node(Op::Union, entity, inputs) }
    }

    fn first(&mut self, node: NodeId, entity: EntityId, limit: Option<u64>) -> NodeId {
        match limit {
            Some(n) => self.node(Op::First(n), entity, vec![node]),
            None => node,
        }
    }

    fn get_source(
        &mut self,
        out: VarId,
        entity: EntityId,
        sources: &[(SourceRef, Window)],
        pattern: &Observed,
        limit: Option<u64>,
    ) {
        let parts = sources.iter().map(|(source, window)| self.observed(entity, *source, *window, pattern)).collect();
        let node = self.union(entity, parts);
        let node = self.first(node, entity, limit);
        self.bind(out, node, self.starts(entity, sources));
    }

    /// The table of an observation expression in one source.
    fn observed(&mut self, entity: EntityId, source: SourceRef, window: Window, pattern: &Observed) -> NodeId {
        if let Observed::One(predicate) = pattern {
            return self.scan(entity, source, window, predicate);
        }
        let mut scans = Vec::new();
        let shape = self.observe(entity, source, window, pattern, &mut scans);
        self.node(Op::Observe(shape), entity, scans)
    }

    fn scan(&mut self, entity: EntityId, source: SourceRef, window: Window, predicate: &Predicate) -> NodeId {
        let predicate = without_spans(predicate);
        let op = Op::Scan(Scan { source, window, predicate: predicate.clone() });
        self.node_with(op, entity, vec![], &[&predicate])
    }

    fn observe(
        &mut self,
        entity: EntityId,
        source: SourceRef,
        window: Window,
        pattern: &Observed,
        scans: &mut Vec<NodeId>,
    ) -> Observe {
        let mut all = |this: &mut Self, parts: &[Observed]| -> Vec<Observe> {
            parts.iter().map(|p| this.observe(entity, source, window, p, scans)).collect()
        };
        match pattern {
            Observed::One(predicate) => {
                let node = self.scan(entity, source, window, predicate);
                scans.push(node);
                Observe::One(scans.len() - 1)
            }
            Observed::And(parts) => Observe::And(all(self, parts)),
            Observed::Or(parts) => Observe::Or(all(self, parts)),
            Observed::FollowedBy(parts) => Observe::FollowedBy(all(self, parts)),
            Observed::Within(part, nanos) => Observe::Within(Box::new(self.observe(entity, source, window, part, scans)), *nanos),
            Observed::Repeats(part, n) => Observe::Repeats(Box::new(self.observe(entity, source, window, part, scans)), *n),
            Observed::Between(part, range) => {
                let narrowed =
                    Some(window.map_or(*range, |w| crate::time::TimeRange {
                        start: w.start.max(range.start),
                        stop: w.stop.min(range.stop),
                    }));
                self.observe(entity, source, narrowed, part, scans)
            }
        }
    }

    fn find(&mut self, out: VarId, find: &hir::Find) {
        let input = self.raw(find.input);
        let input_entity = self.entity(find.input);
        let filter = without_spans(&find.filter);
        let parts = find
            .sources
            .iter()
            .map(|(source, window)| {
                let pivot = Pivot {
                    source: *source,
                    window: *window,
                    relation: find.relation.clone(),
                    input: input_entity,
                    pivots: find.pivots.clone(),
                    filter: filter.clone(),
                    depth: find.depth,
                };
                self.node_with(Op::Pivot(pivot), find.entity, vec![input], &[&filter])
            })
            .collect();
        let node = self.union(find.entity, parts);
        let node = self.first(node, find.entity, find.limit);
        self.bind(out, node, self.starts(find.entity, &find.sources));
    }

    fn filter(&mut self, input: VarId, predicate: &Predicate, range: Option<crate::time::TimeRange>) -> NodeId {
        let table = self.full(input);
        if *predicate == Predicate::TRUE && range.is_none() {
            return table;
        }
        let predicate = without_spans(predicate);
        let op = Op::Filter { predicate: predicate.clone(), range };
        self.node_with(op, self.entity(input), vec![table], &[&predicate])
    }

    fn merge(&mut self, out: VarId, inputs: &[VarId]) {
        let raws = inputs.iter().map(|v| self.raw(*v)).collect();
        let node = self.node(Op::Union, self.entity(out), raws);
        self.bind(out, node, Full::UnionOf(inputs.to_vec()));
    }

    fn assign(&mut self, out: VarId, expression: &Expression) {
        let e = expression;
        let copy = e.filter == Predicate::TRUE && e.transformer.is_none() && e.sort.is_none() && e.limit.is_none() && e.offset == 0;
        if copy && e.columns.is_none() {
            let raw = self.raw(e.input);
            self.bind(out, raw, Full::Of(e.input));
            return;
        }
        let mut node = self.rows_of(e);
        let entity = self.entity(e.input);
        if e.limit.is_some() || e.offset > 0 {
            node = self.node(Op::Slice { offset: e.offset, limit: e.limit }, entity, vec![node]);
        }
        if let Some(columns) = &e.columns {
            node = self.node(Op::Project(columns.clone()), entity, vec![node]);
        }
        self.bind(out, node, Full::Raw);
    }

    /// WHERE, transformer and SORT of an expression.
    fn rows_of(&mut self, expression: &Expression) -> NodeId {
        let entity = self.entity(expression.input);
        let mut node = self.filter(expression.input, &expression.filter, None);
        if let Some(transformer) = expression.transformer {
            node = self.node(Op::Transform(transformer), entity, vec![node]);
        }
        if let Some((attr, ascending)) = &expression.sort {
            node = self.node(Op::Sort { attr: attr.clone(), ascending: *ascending }, entity, vec![node]);
        }
        node
    }

    fn apply(&mut self, analytic: &str, inputs: &[VarId], outs: &[VarId], arguments: &[(String, Vec<Operand>)]) {
        let tables: Vec<NodeId> = inputs.iter().map(|v| self.full(*v)).collect();
        let mut vars: Vec<VarId> = arguments.iter().flat_map(|(_, v)| v).filter_map(reference).collect();
        vars.sort_unstable();
        vars.dedup();
        let references: Vec<(VarId, NodeId)> = vars.into_iter().map(|v| (v, self.full(v))).collect();
        for (pick, (input, out)) in inputs.iter().zip(outs).enumerate() {
            let op = Op::Apply {
                analytic: analytic.to_owned(),
                arguments: arguments.to_vec(),
                tables: tables.len() as u32,
                pick: pick as u32,
            };
            let node = self.builder.node(op, Some(self.entity(*input)), tables.clone(), references.clone(), self.origin);
            self.bind(*out, node, Full::Raw);
            self.output(*out, Some(node), OutputKind::Apply);
        }
    }
}

/// The variable that an operand refers to.
fn reference(operand: &Operand) -> Option<VarId> {
    match operand {
        Operand::Reference(var, _) => Some(*var),
        Operand::Value(_) => None,
    }
}

/// The variables that a predicate refers to.
fn references(predicate: &Predicate) -> Vec<VarId> {
    let operands = predicate.tests().into_iter().filter_map(|t| match &t.op {
        hir::TestOp::OneOf(operands) => Some(operands),
        _ => None,
    });
    operands.flatten().filter_map(reference).collect()
}

/// The predicate with all spans alike, so that equal conditions at different places make equal nodes.
fn without_spans(predicate: &Predicate) -> Predicate {
    match predicate {
        Predicate::And(parts) => Predicate::And(parts.iter().map(without_spans).collect()),
        Predicate::Or(parts) => Predicate::Or(parts.iter().map(without_spans).collect()),
        Predicate::Test(test) => {
            let mut test = test.clone();
            test.span = Span::new(SourceId(0), 0, 0);
            Predicate::Test(test)
        }
    }
}
