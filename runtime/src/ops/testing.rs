//! Runs statements over tables with the operators of this folder.

#![allow(clippy::panic, clippy::unwrap_used)]

use super::{compute, filter, group, join, new, observe, order, union};
use crate::allowance::Allowance;
use crate::matching::References;
use crate::table::Table;
use crate::testing::plan;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::plan::{Node, NodeId, Op};
use huntc_compiler::value::Value;
use std::fmt::Write;
use std::sync::Arc;

/// The table of `x` in a hunt whose variables `v` and `w` hold the `given` tables. The patterns of a GET from a source
/// find these tables in turn.
pub(super) fn run(hunt: &str, given: &[&Table]) -> Table {
    let catalog = Catalog::builtin();
    let mut text = String::new();
    for (name, table) in ["v", "w"].into_iter().zip(given) {
        let _ = writeln!(text, "{name} = LOAD {name}.csv AS {}", catalog.get(table.entity.unwrap()).name);
    }
    let plan = plan(&format!("{text}{hunt}\nDISP x"));
    let mut given = given.iter();
    let mut patterns = given.clone();
    let mut done: Vec<Arc<Table>> = Vec::new();
    for node in &plan.nodes {
        let inputs: Vec<Arc<Table>> = node.inputs.iter().map(|NodeId(n)| done[*n as usize].clone()).collect();
        let table = match &node.op {
            Op::Load { .. } => Table::clone(given.next().unwrap()),
            Op::Scan(_) => Table::clone(patterns.next().unwrap()),
            _ => step(node, &inputs, catalog),
        };
        done.push(Arc::new(table));
    }
    let NodeId(last) = plan.vars.last().and_then(|v| v.node).unwrap();
    Table::clone(&done[last as usize])
}

fn step(node: &Node, inputs: &[Arc<Table>], catalog: &Catalog) -> Table {
    match (&node.op, inputs) {
        (Op::New { columns, rows }, _) => new::table(node.entity.unwrap(), columns, rows, catalog),
        (Op::Union, _) => union::union(inputs, node.entity, &node.columns),
        (Op::Observe { shape, sources }, _) => {
            let observed = observe::Observed { shape, inputs, sources: *sources };
            observe::observe(observed, node.entity, &node.columns, &Allowance::default()).unwrap()
        }
        (Op::Join { by, within }, [left, right]) => {
            let pairing = join::Pairing { by, within: *within, columns: &node.columns };
            join::join(left, right, &pairing, catalog, &Allowance::default()).unwrap()
        }
        (Op::Filter { predicate, range }, [input, referred @ ..]) => {
            filter::filter(input, predicate, *range, catalog, &references(node, referred), &Allowance::default()).unwrap().0
        }
        (Op::Compute(columns), [input]) => compute::compute(input, columns, &Allowance::default()).unwrap().0,
        (Op::Group { keys, aggregates }, [input]) => group::group(input, keys, aggregates),
        (Op::First(n), [input]) => union::first(input, *n),
        (Op::Transform(transformer), [input]) => order::transform(input, *transformer),
        (Op::Sort { attr, ascending }, [input]) => order::sort(input, attr, *ascending),
        (Op::Slice { offset, limit }, [input]) => order::slice(input, *offset, *limit),
        (Op::Project(_) | Op::CreationRecords { .. }, [input]) => Table::clone(input),
        (other, _) => panic!("no operator of this module: {other:?}"),
    }
}

/// The values of every column that a node's condition refers to.
fn references(node: &Node, tables: &[Arc<Table>]) -> References {
    let of = |((var, _), table): (&(_, NodeId), &Arc<Table>)| {
        let values = |attr| table.column(attr).into_iter().flatten().collect::<Vec<Value>>();
        let sets = table.columns.iter().map(|attr| ((*var, attr.clone()), values(attr).into_iter().collect()));
        sets.collect::<Vec<_>>()
    };
    node.references.iter().zip(tables).flat_map(of).collect()
}

/// Whether `x` holds an entity, when `v` holds one entity with one sighting.
pub(super) fn passes(table: &Table, condition: &str) -> bool {
    run(&format!("x = v WHERE {condition}"), &[table]).entity_count() == 1
}
