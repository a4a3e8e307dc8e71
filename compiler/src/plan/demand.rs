//! Demand: which attributes each node must carry for the nodes and outputs that use it.

use super::{Node, NodeId, Op, Plan};
use crate::catalog::{Catalog, EntityId, Rule};
use crate::check::hir::{Attr, Operand, Predicate, Shape, TestOp, VarId, shown_columns};
use std::collections::BTreeSet;

type Attrs = BTreeSet<Attr>;

/// The field of the record that names its host.
pub const HOST: &str = "host.name";

/// Fills in the columns of every node. `hosts`: the nodes of variables carry the host, where DISP would show it.
pub(super) fn fill(plan: &mut Plan, catalog: &Catalog, hosts: bool) {
    let mut wanted: Vec<Attrs> = vec![Attrs::new(); plan.nodes.len()];
    for output in &plan.outputs {
        let Some(NodeId(i)) = output.node else { continue };
        wanted[i as usize].extend(output.kind.columns().iter().map(|c| c.attr.clone()));
    }
    if let Some(finding) = &plan.finding {
        for NodeId(i) in finding.nodes() {
            wanted[i as usize].extend(finding.attrs());
        }
    }
    for variable in plan.vars.iter().filter(|variable| hosts && variable.var.binding) {
        if let (Some(NodeId(i)), Shape::Entities { entity, .. }) = (variable.node, &variable.var.shape) {
            let host = shown_columns(catalog, *entity).into_iter().filter(|column| column.header == HOST);
            wanted[i as usize].extend(host.map(|column| column.attr));
        }
    }
    for i in (0..plan.nodes.len()).rev() {
        let own = std::mem::take(&mut wanted[i]);
        let node = &plan.nodes[i];
        for (input, attrs) in inputs(node, &own, plan, catalog) {
            wanted[input.0 as usize].extend(attrs);
        }
        wanted[i] = own;
    }
    for (node, attrs) in plan.nodes.iter_mut().zip(wanted) {
        node.columns = attrs.into_iter().collect();
    }
}

/// What a node asks of each of its inputs, given what is asked of it.
fn inputs(node: &Node, own: &Attrs, plan: &Plan, catalog: &Catalog) -> Vec<(NodeId, Attrs)> {
    let mut asked: Vec<(NodeId, Attrs)> = Vec::new();
    let tables = &node.inputs[..node.inputs.len() - node.references.len()];
    let mut of_tables = own.clone();
    let mut ask_tables = true;
    match &node.op {
        Op::Filter { predicate, .. } => of_tables.extend(tested(predicate, node.entity, catalog)),
        Op::Sort { attr, .. } => {
            of_tables.insert(attr.clone());
        }
        Op::Compute(columns) => {
            // Backwards: what a later one is computed from may be what an earlier one makes.
            for column in columns.iter().rev() {
                of_tables.remove(&Attr::Added(column.name.clone()));
                of_tables.insert(column.attr.clone());
            }
        }
        Op::Group { keys, aggregates } => {
            of_tables = keys.iter().map(|k| k.attr.clone()).chain(aggregates.iter().filter_map(|a| a.attr.clone())).collect();
        }
        Op::Project(columns) => {
            let kept: Attrs = columns.iter().map(|c| c.attr.clone()).collect();
            // Fields of the record can be read whatever ATTR left: a finding has its host.
            of_tables = own.iter().filter(|attr| kept.contains(attr) || matches!(attr, Attr::Record(_))).cloned().collect();
        }
        Op::Observe { shape, .. } => of_tables.extend(shape.fields().into_iter().cloned()),
        Op::Reload { columns, .. } => of_tables = columns.iter().map(|c| c.attr.clone()).collect(),
        Op::Join { by, .. } => {
            ask_tables = false;
            asked.extend(join(node, own, by, plan, catalog));
        }
        Op::Apply { .. } => {
            ask_tables = false;
            asked.extend(tables.iter().map(|table| (*table, shown(plan.node(*table).entity, catalog))));
        }
        Op::Pick(_) => {
            ask_tables = false;
            asked.extend(tables.first().map(|table| (*table, own.clone())));
        }
        Op::Pivot(_) => ask_tables = false,
        Op::Walk(_) => {
            ask_tables = false;
            asked.extend(tables.iter().skip(1).map(|step| (*step, own.clone())));
        }
        _ => {}
    }
    if ask_tables {
        asked.extend(tables.iter().map(|t| (*t, of_tables.clone())));
    }
    for (var, input) in &node.references {
        asked.push((*input, referred(&node.op, *var)));
    }
    asked
}

/// Attributes of the node's type that a predicate tests; for a type with registry keys, those of the identity too.
fn tested(predicate: &Predicate, entity: Option<EntityId>, catalog: &Catalog) -> Attrs {
    let mut attrs: Attrs = predicate.tests().into_iter().filter(|t| Some(t.entity) == entity).map(|t| t.attr.clone()).collect();
    if let Some(entity) = entity {
        let kind = catalog.get(entity);
        let by_path = kind.attributes.iter().flat_map(|a| a.access.iter().flatten()).any(|a| a.rule == Rule::RegistryKey);
        if by_path && !attrs.is_empty() {
            attrs.extend(kind.identity.key.iter().map(|k| Attr::Catalog(*k)));
        }
    }
    attrs
}

/// The attributes of a variable to which a node refers.
fn referred(op: &Op, var: VarId) -> Attrs {
    let mut attrs = Attrs::new();
    let mut take = |operands: &[Operand]| {
        for operand in operands {
            if let Operand::Reference(v, attr) = operand
                && *v == var
            {
                attrs.insert(attr.clone());
            }
        }
    };
    let mut of = |predicate: &Predicate| {
        for test in predicate.tests() {
            if let TestOp::OneOf(operands) = &test.op {
                take(operands);
            }
        }
    };
    match op {
        Op::Scan(scan) => of(&scan.predicate),
        Op::Pivot(pivot) => of(&pivot.filter),
        Op::Filter { predicate, .. } => of(predicate),
        Op::Apply { arguments, .. } => arguments.iter().for_each(|(_, operands)| take(operands)),
        _ => {}
    }
    attrs
}

fn join(node: &Node, own: &Attrs, by: &[(Attr, Attr)], plan: &Plan, catalog: &Catalog) -> Vec<(NodeId, Attrs)> {
    let [left, right] = node.inputs[..] else { return Vec::new() };
    let mut of_left: Attrs = own.clone();
    let mut of_right: Attrs = own.iter().filter_map(|a| same_named(a, node.entity, plan.node(right).entity, catalog)).collect();
    for (a, b) in by {
        of_left.insert(a.clone());
        of_right.insert(b.clone());
    }
    vec![(left, of_left), (right, of_right)]
}

/// The attribute of the same name on another type; an added column where that type has none.
pub fn same_named(attr: &Attr, from: Option<EntityId>, to: Option<EntityId>, catalog: &Catalog) -> Option<Attr> {
    if from == to {
        return Some(attr.clone());
    }
    let name = match attr {
        Attr::Catalog(id) => catalog.attribute(from?, *id).name.as_str(),
        Attr::Added(name) => name,
        Attr::Record(_) | Attr::Sighting(_) => return Some(attr.clone()),
    };
    Some(catalog.get(to?).attribute(name).map_or_else(|| Attr::Added(name.to_owned()), Attr::Catalog))
}

/// Every attribute that tables of a type show by default: analytics get whole rows.
fn shown(entity: Option<EntityId>, catalog: &Catalog) -> Attrs {
    entity.map_or_else(Attrs::new, |entity| shown_columns(catalog, entity).into_iter().map(|column| column.attr).collect())
}
