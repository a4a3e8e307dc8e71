//! A plan as a graph: Graphviz (`--emit dot`) and Mermaid (`--emit mermaid`).

use super::{Op, Plan, show};
use crate::catalog::Catalog;
use std::fmt::Write;

/// Most characters of a label; the plan's text form is not cut.
const LABEL: usize = 90;

/// The plan in the DOT language of Graphviz.
pub fn dot(plan: &Plan, catalog: &Catalog) -> String {
    let mut out = "digraph hunt {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n".to_owned();
    for (id, node) in plan.iter() {
        let style = if asks(&node.op) { ", style=bold" } else { "" };
        let text = short(&format!("{id:?}: {}", show::label(node, plan, catalog)));
        let _ = writeln!(out, "  {id:?} [label=\"{}\"{style}];", text.replace('\\', "\\\\").replace('"', "\\\""));
        for input in &node.inputs {
            let _ = writeln!(out, "  {input:?} -> {id:?};");
        }
    }
    out.push_str("}\n");
    out
}

/// The plan as a flowchart of Mermaid.
pub fn mermaid(plan: &Plan, catalog: &Catalog) -> String {
    let mut out = "flowchart LR\n".to_owned();
    for (id, node) in plan.iter() {
        let text = short(&format!("{id:?}: {}", show::label(node, plan, catalog)));
        let (open, close) = if asks(&node.op) { ("[[", "]]") } else { ("[", "]") };
        let _ = writeln!(out, "  {id:?}{open}\"{}\"{close}", escaped(&text));
        for input in &node.inputs {
            let _ = writeln!(out, "  {input:?} --> {id:?}");
        }
    }
    out
}

/// Whether a node asks a source.
fn asks(op: &Op) -> bool {
    matches!(op, Op::Scan(_) | Op::Pivot(_) | Op::CreationRecords { .. })
}

fn short(text: &str) -> String {
    if text.chars().count() <= LABEL {
        return text.to_owned();
    }
    text.chars().take(LABEL - 1).chain(['…']).collect()
}

/// A label for Mermaid, which reads character entities: everything special is written as one.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '<' | '>' | '&' | '#' | '`' | '\\' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
